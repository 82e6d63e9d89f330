from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from idiolect.data import Population, Request
from idiolect.difference import RATING, Measure, Measured, measure_group
from idiolect.errors import SettingError
from idiolect.measure import FEATURES, contrasts, measure
from idiolect.testing import Town, Truth, town
from idiolect.testing.town import HABITS
from idiolect.testing.town.truth import effects

#: Without VADER, which takes half of the time.
FAST = tuple(f for f in FEATURES if not f.name.startswith("sentiment"))


@pytest.fixture(scope="module")
def here() -> Town:
    return town(users=40, texts=24, seed=3)


@pytest.fixture(scope="module")
def truth(here: Town) -> Truth:
    return here.truth(250, FAST)


def test_a_seed_makes_one_town() -> None:
    first, again, other = (town(users=12, texts=10, seed=seed) for seed in (1, 1, 2))
    assert first.population.frame.equals(again.population.frame)
    assert first.people == again.people
    assert not first.population.frame.equals(other.population.frame)


def test_people_are_the_same_however_much_they_write() -> None:
    assert town(texts=8).people == town(texts=24).people


def test_everybody_writes_as_much_and_every_place_has_enough_others(here: Town) -> None:
    frame = here.population.frame
    assert set(frame.group_by("user").len()["len"]) == {24}
    assert frame.group_by("item").len()["len"].min() >= 9
    assert frame.group_by("user", "item").len()["len"].max() == 1
    assert frame["text"].n_unique() == len(frame)
    assert set(frame["rating"]) == {1, 2, 3, 4, 5}
    assert here.population.timed


def test_choosy_people_keep_to_their_kind_of_place() -> None:
    def kinds(choosy: float) -> float:
        here = town(seed=1, choosy=choosy)
        kind = {place.id: place.kind for place in here.places}
        each = [here.population.events_of(name).items for name in here.population.users]
        return float(np.mean([len({kind[str(item)] for item in items}) for items in each]))

    assert kinds(4) < kinds(0) - 1


def test_things_have_names_and_descriptions(here: Town) -> None:
    items = [here.population.item(place.id) for place in here.places]
    assert len({item.title for item in items}) == len(items)
    assert all(item.description for item in items)


def test_strong_habits_move_their_features(here: Town, truth: Truth) -> None:
    for habit, (feature, sign) in HABITS.items():
        if feature not in truth.features:
            continue
        strong = [truth.of(p.name, feature) for p in here.people if p.strength(habit) >= 1]
        without = [truth.of(p.name, feature) for p in here.people if p.strength(habit) <= 0]
        assert sign * (np.mean(strong) - np.mean(without)) > 0.2, habit


def test_truth_is_what_contrasts_gives_on_the_same_texts(here: Town) -> None:
    frame = here.population.frame
    values = np.column_stack([measure(frame["text"].to_list(), FAST), frame["rating"].to_numpy()])
    _, item = np.unique(frame["item"].to_numpy(), return_inverse=True)
    user = here.population.by_user.codes
    cube = np.full((item.max() + 1, 40, values.shape[1]), np.nan)
    cube[item, user] = values
    sizes = contrasts(values, item, user == 7, 1, np.random.default_rng(0))
    mine = np.unique(item[user == 7])
    # The user's own places only, as `contrasts` has it.
    np.testing.assert_allclose(effects(cube)[7] > 0, sizes.effect > 0)
    alone = effects(cube[mine])[7]
    np.testing.assert_allclose(alone, sizes.effect, rtol=1e-6)


def test_planted_differences_are_found_again_and_little_else(here: Town, truth: Truth) -> None:
    measured = Measured(FAST, draws=1000)
    found = {
        name: measured(here.population.as_of(Request(name))).found for name in here.population.users
    }
    score = truth.score(found)
    assert score.large > 50
    assert score.precision >= 0.9
    assert score.recall >= 0.9


def test_under_permuted_authors_discoveries_stay_at_the_nominal_rate(here: Town) -> None:
    frame = here.population.frame
    _, item = np.unique(frame["item"].to_numpy(), return_inverse=True)
    measured, rng, some, words = Measured(FAST, draws=600), np.random.default_rng(0), 0, 0
    for _ in range(4):
        user = frame["user"].to_numpy().copy()
        for number in range(item.max() + 1):
            user[item == number] = rng.permutation(user[item == number])
        population = Population(frame.with_columns(user=pl.Series(user.tolist())))
        for name in population.users:
            result = measured(population.as_of(Request(name)))
            some += any(one.q <= 0.05 for one in result.measures)
            words += bool(result.terms)
    # 8 of 160 are to be expected; 15 or more happen once in a hundred times.
    assert some <= 14
    assert words <= 14


def test_a_planted_district_is_found_as_a_group() -> None:
    here = town(users=48, texts=24, seed=1)
    harbour = here.population.groups("district")["Harbour"]
    found = {m.feature: m for m in measure_group(here.population, harbour).measures}
    assert found["numbers"].q <= 0.05
    assert found["numbers"].effect >= 0.6


def test_the_score_counts_as_it_says() -> None:
    truth = Truth(("a", "b"), ("x", "y", "z"), np.array([[1.2, 0.1, 0.5], [-1.5, 2.0, np.nan]]), 9)

    def found(feature: str, effect: float) -> Measure:
        return Measure(feature, "", effect, 0, 0, 0, 0, 0, 0, 0, 0)

    score = truth.score(
        {"a": [found("x", 0.9), found("y", 0.7), found("z", 0.8)], "b": [found("x", 0.9)]}
    )
    assert (score.right, score.false, score.between, score.large) == (1, 2, 1, 3)
    assert score.precision == pytest.approx(1 / 3)
    assert score.recall == pytest.approx(1 / 3)
    assert replace(score, right=0) != score
    assert truth.of("b", "y") == 2.0
    assert RATING.name in town(users=12, texts=9, seed=0).truth(20, FAST).features


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"users": 1}, "users = 1"),
        ({"users": 8}, "8 users"),
        ({"texts": 30, "places": 20}, "20 places"),
        ({"users": 20, "texts": 10, "places": 100}, "100 places"),
    ],
)
def test_a_town_that_cannot_be_is_refused(settings: dict[str, int], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        town(**settings)
