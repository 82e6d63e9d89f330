"""Groups: what was planted is found, random groups are alike, topics drop out."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from idiolect.data import Event, Population
from idiolect.difference import Measure, Measured, Measurements, measure_group
from idiolect.errors import DataError, UnknownNameError
from idiolect.measure import contrasts
from idiolect.report.differ import (
    ABSENT,
    EXPLAINED,
    HIDDEN,
    PARTLY,
    SURER,
    TURNED,
    UNSURE,
    Apart,
    differ_group,
)
from idiolect.testing import town

RNG = np.random.default_rng
QUIET = (
    "The soup was warm and the bread was fresh.",
    "The waiter was quick but the room was loud.",
    "A table near the window is the best choice.",
    "The fish was fine and the price was fair.",
)
LOUD = tuple(text.replace(".", "!") for text in QUIET)


@pytest.fixture(scope="module")
def people() -> Population:
    return town(users=48, texts=16, seed=21).population


@pytest.mark.parametrize("seed", [21, 22, 23])
def test_what_was_planted_in_a_district_is_found(seed: int) -> None:
    made = town(users=48, texts=16, seed=seed)
    harbour = [p.name for p in made.people if p.district == "Harbour"]
    found = {m.feature: m for m in measure_group(made.population, harbour).found}
    assert found["numbers"].effect > 0.6
    assert found["numbers"].quotes
    assert any(character.isdigit() for character in found["numbers"].quotes[0])


def test_random_groups_differ_by_no_more_than_chance(people: Population) -> None:
    rng, measured = RNG(4), Measured(draws=1000)
    p, some = [], 0
    for _ in range(60):
        members = rng.choice(people.users, 14, replace=False)
        result = measure_group(people, members, measured=measured)
        p += [m.p for m in result.measures]
        some += any(m.q <= 0.05 for m in result.measures)
    assert 0.03 < np.mean(np.array(p) <= 0.05) < 0.07
    assert some <= 8  # of 60; 3 expected, P(more than 8) < .01


def test_a_group_of_one_busy_member_and_idle_ones_is_no_surer_than_that_member() -> None:
    # A few busy people and many idle ones, each with habits of their own and no group effect.
    rng, wrong, blind = RNG(8), [], []
    user = np.repeat(np.arange(320), np.where(np.arange(320) < 20, 120, 4))
    for _ in range(150):
        item = rng.integers(40, size=len(user))
        values = rng.normal(size=(320, 3))[user] + rng.normal(size=(len(user), 3))
        members = [rng.integers(20), *rng.choice(np.arange(20, 320), 9, replace=False)]
        mine = np.isin(user, members)
        wrong.append(contrasts(values, item, mine, 150, rng, user).p <= 0.05)
        blind.append(_any_ten(values, user, mine, rng) <= 0.05)
    assert 0.02 < np.mean(wrong) < 0.09
    assert np.mean(blind) > 0.12, "exchanging anybody for anybody would have been wrong here"


def _any_ten(values, user, mine, rng):  # type: ignore[no-untyped-def]
    counts = np.bincount(user)
    sums = np.stack([np.bincount(user, column) for column in values.T], axis=1)

    def mean(members):  # type: ignore[no-untyped-def]
        return sums[members].sum(axis=0) / counts[members].sum()

    drawn = [mean(rng.choice(len(counts), 10, replace=False)) for _ in range(150)]
    return (np.abs(drawn) >= np.abs(mean(np.unique(user[mine])))).mean(axis=0)


def topical(only_other: bool) -> Population:
    """Everybody is loud in bars and quiet in museums; the group goes to bars most of the time."""
    rows, rng = [], RNG(3)
    for user in range(24):
        for place in range(24):
            bar, member = place % 2 == 0, user < 12
            rare = rng.random() < (0 if only_other else 0.3)
            if bar == member or rare:
                text = (LOUD if bar else QUIET)[int(rng.integers(4))]
                name, side = f"{'bar' if bar else 'museum'}-{place}", "ab"[member]
                rows.append(Event(f"u{user:02}", text, name, extra={"side": side}))
    return Population.of(rows)


def test_a_group_that_writes_about_other_things_is_found_out_by_topic_control() -> None:
    found = differ_group(topical(only_other=False), "side", "b")
    assert "exclamations" not in {m.feature for m in found.measurements.found}
    loud = next(m for m in found.overall.measures if m.feature == "exclamations")
    assert found.overall.standing(loud) == "found"
    assert loud.effect > 0.6
    changed = {one.feature: one.why for one in found.changed}
    # On one thing everybody is as loud, so that nothing varies within it.
    assert changed["exclamations"] in {EXPLAINED, ABSENT}
    assert "Topic control changes the verdict on" in found.topic
    without = differ_group(topical(only_other=False), "side", "b", topic_control=False)
    assert "exclamations" in {m.feature for m in without.measurements.found}
    assert "without topic control" in without.compared


def test_topics_that_leave_something_explain_only_that() -> None:
    rng, rows = RNG(5), []
    for user in range(40):
        for place in range(40):
            bar, member = place < 20, user < 20
            if rng.random() < (0.8 if bar == member else 0.4):
                chance = 0.55 if bar else 0.15  # of each mark; who writes plays no part
                text = " ".join(
                    LOUD[n] if rng.random() < chance else QUIET[n] for n in rng.permutation(4)
                )
                rows.append(Event(f"u{user}", text, f"p{place}", extra={"side": "ab"[member]}))
    found = differ_group(Population.of(rows), "side", "b")
    loud = {m.feature: m for m in found.overall.measures}["exclamations"]
    assert loud.q <= 0.05
    assert loud.effect > 0.4
    assert found.within is not None
    left = {m.feature: m for m in found.within.measures}["exclamations"]
    assert abs(left.effect) < 0.15
    assert left.p > 0.05


def test_a_group_that_shares_nothing_cannot_be_compared_on_the_same_things() -> None:
    found = differ_group(topical(only_other=True), "side", "b")
    assert not found.measurements.measures
    assert "0 members and 0 others can be compared" in found.measurements.note
    assert found.topic.startswith("On the same things nothing can be compared")
    assert "exclamations" in {m.feature for m in found.overall.found}


def test_overall_figures_are_those_of_plain_statistics(people: Population) -> None:
    members = people.users[:20]
    result = measure_group(people, members, within_items=False)
    frame = people.frame
    inside = frame.filter(pl.col("user").is_in(members))["rating"].to_numpy()
    outside = frame.filter(~pl.col("user").is_in(members))["rating"].to_numpy()
    rating = next(m for m in result.measures if m.feature == "rating")
    assert rating.own_mean == pytest.approx(inside.mean())
    assert rating.reference_mean == pytest.approx(outside.mean())
    spread = np.concatenate([inside, outside]).std(ddof=1)
    assert rating.effect == pytest.approx((inside.mean() - outside.mean()) / spread)
    share = stats.mannwhitneyu(inside, outside).statistic / (len(inside) * len(outside))
    assert rating.percentile == pytest.approx(100 * share)
    assert (rating.texts, rating.reference_texts) == (len(inside), len(outside))
    assert result.than == "the rest"


def test_another_group_is_all_that_a_group_is_compared_with(people: Population) -> None:
    districts = people.groups("district")
    names = {"inside": districts["Harbour"], "outside": districts["Hillside"]}
    found = differ_group(people, "district", "Harbour", against="Hillside")
    users = dict(people.frame.select("id", "user").iter_rows())
    assert {users[name] for name in found.measurements.reference} <= set(names["outside"])
    assert {users[name] for name in found.measurements.own} <= set(names["inside"])
    assert found.title == "What sets Harbour apart from Hillside"
    sentence = found.measurements.sentence(found.measurements.measures[0])
    assert "than Hillside on the same things" in sentence
    both = measure_group(people, people.users[:20], against=people.users[10:])
    assert {users[name] for name in both.reference} <= set(people.users[20:])


@pytest.mark.parametrize(("members", "others"), [(4, 20), (20, 4)])
def test_too_few_people_make_a_note_and_no_claim(
    people: Population, members: int, others: int
) -> None:
    result = measure_group(
        people,
        people.users[:members],
        against=people.users[members : members + others],
        within_items=False,
    )
    assert result.measures == ()
    assert result.differences() == ()
    said = f"{members} members and {others} others can be compared; with fewer than 5 people"
    assert said in result.note


def test_texts_about_nothing_are_compared_overall() -> None:
    rows = [
        Event(f"u{user}", (LOUD if user < 6 else QUIET)[n % 4], extra={"side": "ab"[user < 6]})
        for user in range(14)
        for n in range(6)
    ]
    population = Population.of(rows)
    result = measure_group(population, [f"u{n}" for n in range(6)], within_items=False)
    loud = next(m for m in result.measures if m.feature == "exclamations")
    assert (loud.texts, loud.reference_texts, loud.own_mean, loud.reference_mean) == (36, 48, 1, 0)
    found = differ_group(population, "side", "b", topic_control=False)
    assert found.within is None
    assert found.topic.startswith("No column says what the texts are about")
    with pytest.raises(DataError, match="--no-topic-control"):
        differ_group(population, "side", "b")


def test_unknown_columns_and_groups_are_named_with_what_there_is(people: Population) -> None:
    with pytest.raises(UnknownNameError, match=r"no column 'distrct'\. Did you mean 'district'"):
        differ_group(people, "distrct", "Harbour")
    sizes = {name: len(users) for name, users in people.groups("district").items()}
    listed = ", ".join(
        f"{name} ({size})" for name, size in sorted(sizes.items(), key=lambda one: -one[1])
    )
    with pytest.raises(UnknownNameError) as raised:
        differ_group(people, "district", "Habour")
    assert "Did you mean 'Harbour'?" in str(raised.value)
    assert f"Known: {listed}." in str(raised.value)
    with pytest.raises(UnknownNameError, match="called 'Nowhere'"):
        differ_group(people, "district", "Harbour", against="Nowhere")


def test_a_group_needs_others() -> None:
    population = Population.of([Event(f"u{n}", "hello", "a") for n in range(6)])
    with pytest.raises(DataError, match="against 0 others"):
        measure_group(population, ["u1", "u2"], against=["u1"])


def test_the_table_holds_both_ways_the_one_asked_for_first(people: Population) -> None:
    found = differ_group(people, "district", "Harbour")
    frame = found.frame()
    ways = frame["compared"].unique(maintain_order=True).to_list()
    assert ways == ["same things", "overall"]
    assert frame.height == len(found.within.measures) + len(found.overall.measures)  # type: ignore[union-attr]
    assert sum(texts for _, texts in found.people) == len(found.measurements.own)


@pytest.mark.real
def test_a_house_style_is_found_among_critics(real_data) -> None:  # type: ignore[no-untyped-def]
    from idiolect.data import read

    columns = {"user": "critic", "item": "movie", "text": "review", "time": "date"}
    critics = read(str(real_data / "rotten" / "reviews.csv.gz"), columns).population
    measured = Measured(draws=1000)
    found = differ_group(critics, "publisher", "Common Sense Media", measured=measured)
    lengths = found.measurements.measures
    length = next(m for m in lengths if m.feature == "length")
    assert found.measurements.standing(length) == "found"
    members = set(critics.groups("publisher")["Common Sense Media"])
    words = critics.frame.with_columns(words=pl.col("text").str.split(" ").list.len())
    short = words.filter(pl.col("user").is_in(list(members)))["words"].mean()
    usual = words.filter(~pl.col("user").is_in(list(members)))["words"].mean()
    assert short < usual / 2  # counted apart  # type: ignore[operator]
    assert length.own_mean == pytest.approx(short, rel=0.15)


@pytest.mark.parametrize(
    ("overall", "within", "why"),
    [
        ((0.9, 0.01), (0.8, 0.01), None),
        ((0.9, 0.2), (0.4, 0.2), None),
        ((0.9, 0.01), (0.2, 0.01), EXPLAINED),
        ((0.9, 0.01), (-0.5, 0.4), EXPLAINED),
        ((-0.9, 0.01), (-0.5, 0.01), PARTLY),
        ((-0.9, 0.01), (-0.8, 0.2), UNSURE),
        ((0.9, 0.01), None, ABSENT),
        ((0.1, 0.9), (0.9, 0.01), HIDDEN),
        (None, (0.9, 0.01), HIDDEN),
        ((-0.5, 0.01), (-0.9, 0.01), SURER),
        ((-0.9, 0.01), (0.9, 0.01), TURNED),
    ],
)
def test_what_topic_control_says_of_a_feature(overall, within, why) -> None:  # type: ignore[no-untyped-def]
    def figures(pair) -> Measurements:  # type: ignore[no-untyped-def]
        if pair is None:
            return Measurements("g", (Measure("dashes", "writing", 0, 50, 1, 1, 0, 0, 9, 9, 9),))
        effect, q = pair
        both = [("length", effect, q), ("dashes", 0.0, 1.0)]
        made = [Measure(name, "writing", d, 50, p, p, 0, 0, 9, 9, 9) for name, d, p in both]
        return Measurements("g", tuple(made))

    found = Apart("t", "l", figures(within), figures(overall), True, {})
    assert [one.why for one in found.changed] == ([] if why is None else [why])
    assert ("the verdict is the same" in found.topic) == (why is None)
    assert why is None or f"on 1 of 2 features: 1 {why}." in found.topic


@pytest.mark.parametrize("within", [True, False])
def test_what_programs_put_under_names_changes_no_figure(people, talked_over, within) -> None:  # type: ignore[no-untyped-def]
    fast, both = Measured(draws=200), talked_over(people)
    members = people.groups("district")["Harbour"]
    one, two = (
        measure_group(p, members, within_items=within, measured=fast) for p in (people, both)
    )
    assert one.measures
    assert one == two
    one, two = (
        differ_group(p, "district", "Harbour", topic_control=within, measured=fast)
        for p in (people, both)
    )
    assert (one.to_json(), one.lead, one.people) == (two.to_json(), two.lead, two.people)
    assert both.groups("district") == people.groups("district"), "nobody is put into a group"
    with pytest.raises(DataError, match="1 of 1 members of 'group' without events, first 'bot'"):
        measure_group(both, ["bot"])
