"""Drift: a planted change is found; the population's, a topic's, and runs of like texts are not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import numpy as np
import polars as pl
import pytest
from scipy.signal import lfilter

from idiolect.data import Event, Population
from idiolect.difference import Measured, measure_drift
from idiolect.difference.changes import (
    Crowd,
    changes,
    crowd_of,
    deviation,
    late_minus_early,
    shuffled,
    studentized,
)
from idiolect.errors import DataError, UnknownNameError
from idiolect.report.differ import EXPLAINED, differ_over_time
from idiolect.testing import town
from idiolect.testing.town import Town, Truth

RNG = np.random.default_rng
START = datetime(2024, 1, 1, tzinfo=UTC)
#: Enough draws that one feature of thirty can be found.
FAST = Measured(draws=1000)


@pytest.fixture(scope="module")
def made() -> Town:
    return town(users=40, texts=32, seed=31)


@pytest.fixture(scope="module")
def truth(made: Town) -> Truth:
    return made.truth(150)


def middle(population: Population) -> datetime:
    return population.frame["time"].median()  # type: ignore[return-value]


def spliced(population: Population, before: str, after: str) -> Population:
    """One person's early texts and another's late ones, as if by the first."""
    user, late = pl.col("user"), pl.col("time") >= middle(population)
    kept = ~user.is_in([before, after]) | (late & (user == after)) | (~late & (user == before))
    rows = population.frame.filter(kept).with_columns(user.replace(after, before))
    return Population(rows, population.items)


@pytest.mark.parametrize("within", [True, False])
def test_nobody_drifts_where_nothing_was_planted(made: Town, within: bool) -> None:
    p, some = [], 0
    for user in made.population.users:
        result = measure_drift(made.population, user, within_items=within, measured=FAST)
        p += [m.p for m in result.measurements.measures]
        some += any(m.q <= 0.05 for m in result.measurements.measures)
        assert result.others == 39
    # Three claims in one are rarer than one by chance.
    assert np.mean(np.array(p) <= 0.05) < 0.055
    assert some <= 5  # of 40; at most 2 expected


@pytest.mark.parametrize("within", [True, False])
def test_a_planted_change_is_found_at_its_time(made: Town, truth: Truth, within: bool) -> None:
    names = [p.name for p in made.people]
    due = hit = wrong = 0
    for before, after in zip(names[::2], names[1::2], strict=True):
        population = spliced(made.population, before, after)
        result = measure_drift(
            population, before, split=middle(made.population), within_items=within, measured=FAST
        )
        found = {m.feature: m.effect for m in result.measurements.found}
        for feature in truth.features:
            planted = truth.of(after, feature) - truth.of(before, feature)
            due += abs(planted) >= 1.2
            hit += abs(planted) >= 1.2 and found.get(feature, 0) * planted > 0
            wrong += feature in found and found[feature] * planted < 0.3 * abs(found[feature])
    assert due > 60
    assert hit / due > 0.75
    assert wrong / (hit + wrong) < 0.08


def marked(population: Population, which: pl.Expr) -> Population:
    """Every full stop of these texts becomes an exclamation mark."""
    text = pl.col("text")
    loud = text.str.replace_all(".", "!", literal=True)
    rows = population.frame.with_columns(pl.when(which).then(loud).otherwise(text).alias("text"))
    return Population(rows, population.items)


@pytest.mark.parametrize("within", [True, False])
def test_what_everybody_changed_is_not_the_persons_drift(made: Town, within: bool) -> None:
    late = pl.col("time") >= middle(made.population)
    population, found = marked(made.population, late), []
    for user in population.users[:20]:
        result = measure_drift(
            population,
            user,
            split=middle(made.population),
            within_items=within,
            measured=FAST,
        )
        assert result.others_change["exclamations"] > 1
        found.append("exclamations" in {m.feature for m in result.measurements.found})
    assert sum(found) <= 2


@pytest.mark.parametrize("within", [True, False])
def test_who_stays_as_before_while_everybody_moves_did_not_drift(made: Town, within: bool) -> None:
    late = pl.col("time") >= middle(made.population)
    for user in made.population.users[:12]:
        population = marked(made.population, late & (pl.col("user") != user))
        result = measure_drift(population, user, within_items=within, measured=FAST)
        loud = [m for m in result.measurements.measures if m.feature == "exclamations"]
        assert all(result.measurements.standing(m) == "chance" for m in loud)


def test_who_moves_while_nobody_does_drifted(made: Town) -> None:
    user = next(p.name for p in made.people if not p.strength("exclamation marks"))
    late = pl.col("time") >= middle(made.population)
    population = marked(made.population, late & (pl.col("user") == user))
    result = measure_drift(population, user, split=middle(made.population), measured=FAST)
    loud = {m.feature: m for m in result.measurements.found}["exclamations"]
    assert loud.effect > 1
    assert abs(result.others_change["exclamations"]) < 0.3
    assert loud.quotes
    later = population.frame.filter(late & (pl.col("user") == user))["text"].to_list()
    assert all(any(quote in text for text in later) for quote in loud.quotes)
    assert "more exclamation marks than earlier, beside others" in result.measurements.sentence(
        loud
    )
    # Out of their right order the same texts show nothing.
    own, texts = population.frame["user"] == user, population.frame["text"].to_numpy().copy()
    texts[own.to_numpy()] = RNG(1).permutation(texts[own.to_numpy()])
    shuffled = Population(population.frame.with_columns(pl.Series("text", texts)), population.items)
    again = measure_drift(shuffled, user, split=middle(made.population), measured=FAST)
    assert "exclamations" not in {m.feature for m in again.measurements.found}


QUIET = ("The soup was warm and good.", "The room was big. The door was old.", "It was a fine day.")


def goers() -> list[Event]:
    """Bars make everybody loud, some more; Ann goes to museums first, and then to bars."""
    rng, rows = RNG(2), []
    for place in range(40):
        bar = place >= 20
        for user in ["ann", *(f"u{n}" for n in range(12))]:
            text = " ".join(
                s.replace(".", "!") if rng.random() < (0.8 if bar else 0.1) else s
                for s in QUIET[: int(rng.integers(2, 4))]
            )
            day = place if user == "ann" else int(rng.integers(40))
            rows.append(
                Event(user, text, f"p{place}", START + timedelta(days=day), id=f"{user}-{place}")
            )
    return rows


def test_a_change_of_topics_is_not_the_persons_drift() -> None:
    found = differ_over_time(Population.of(goers()), "ann", measured=FAST)
    assert "exclamations" not in {m.feature for m in found.measurements.found}
    assert "exclamations" in {m.feature for m in found.overall.found}
    assert {one.feature: one.why for one in found.changed}["exclamations"] == EXPLAINED


def test_who_stays_as_before_while_half_the_others_move_did_not_drift() -> None:
    # Everybody writes about a thing on its day, so others at any time are others at that time.
    rng, rows = RNG(6), []
    for place in range(40):
        for n, user in enumerate(["ann", *(f"u{n:02}" for n in range(12))]):
            chance = 0.9 if place >= 20 and n > 6 else 0.1
            texts = [s.replace(".", "!") if rng.random() < chance else s for s in QUIET]
            day = START + timedelta(days=place)
            rows.append(Event(user, " ".join(texts), f"p{place}", day, id=f"{user}-{place}"))
    population = Population.of(rows)
    drifted = 0
    for user in ["ann", *(f"u{n:02}" for n in range(6))]:
        found = measure_drift(population, user, measured=FAST).measurements
        loud = {m.feature: m for m in found.measures}["exclamations"]
        assert loud.effect < -0.5
        drifted += found.standing(loud) != "chance"
    assert drifted <= 1
    mover = measure_drift(population, "u08", measured=FAST).measurements
    assert "exclamations" in {m.feature for m in mover.found}


def test_runs_of_like_texts_are_not_taken_for_drift() -> None:
    rng, settings = RNG(9), Measured(draws=200)
    late, nobody = np.arange(60) >= 30, Crowd(0, np.zeros(40), np.zeros(40))
    runs, plain = [], []
    for _ in range(25):
        noise = rng.normal(size=(160, 40))
        x = lfilter([1], [1, -0.3], noise, axis=0)[100:]
        runs.append(changes(x, x, late, nobody, settings).p <= 0.05)
        gap = np.abs(late_minus_early(x[None], 30)[0])
        orders = np.array([rng.permutation(60) for _ in range(200)])
        plain.append((np.abs(late_minus_early(x[orders], 30)) >= gap).mean(axis=0) <= 0.05)
    assert np.mean(plain) > 0.11, "shuffling alone would have been wrong here"
    assert np.mean(runs) < 0.09


def test_shuffling_is_exact_where_texts_are_exchangeable() -> None:
    x = RNG(0).normal(size=(6, 4))
    x[:, 3] = [0, 0, 0, 0, 0, 2]  # one text in six
    observed = np.abs(studentized(late_minus_early(x[None], 3), deviation(x[None], 3)))[0]
    every = x[np.array(list(permutations(range(6))))]
    sizes = np.abs(studentized(late_minus_early(every, 3), deviation(every, 3)))
    exact = (sizes >= observed * (1 - 1e-9)).mean(axis=0)
    sampled = shuffled(x, 3, observed, Measured(draws=20_000))
    np.testing.assert_allclose(sampled, exact, atol=0.015)
    assert exact[3] == 1


def test_the_deviation_is_the_double_sum_of_autocovariances() -> None:
    x, early, n = RNG(1).normal(size=(30, 1)).cumsum(axis=0), 12, 30
    weight = np.where(np.arange(n) < early, -1 / early, 1 / (n - early))
    left = x[:, 0] - np.where(np.arange(n) < early, x[:early].mean(), x[early:].mean())
    lags = 3  # the cube root of 30
    total = sum(
        max(0.0, 1 - abs(i - j) / (lags + 1)) * weight[i] * weight[j] * left[i] * left[j]
        for i in range(n)
        for j in range(n)
    )
    assert deviation(x[None], early)[0, 0] == pytest.approx(total**0.5)


def test_the_crowds_change_is_that_of_each_against_themselves() -> None:
    # A crowd whose loud members come late changes as a whole, though none of them does.
    user = np.repeat([0, 1, 2, 3], [4, 2, 1, 6])
    late = np.array([0, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0], dtype=bool)
    apart = np.where(user == 3, 9.0, 1.0)[:, None] + np.zeros((13, 2))
    apart[late, 1] += [2, 2, 2, 2, 2, 2, 2, 2]
    crowd = crowd_of(apart, user, late)
    assert crowd.people == 3  # the third has no early text
    np.testing.assert_allclose(crowd.change, [0, 2])
    np.testing.assert_allclose(crowd.error, 0, atol=1e-12)


def diary(days: list[int], user: str = "ann") -> list[Event]:
    return [
        Event(user, QUIET[n % 3], f"p{n}", START + timedelta(days=day), float(n), id=f"{user}{n}")
        for n, day in enumerate(days)
    ]


def with_peers(rows: list[Event], peers: int = 6) -> Population:
    others = [
        Event(
            f"peer{p}", QUIET[p % 3], e.item, (e.time or START) + timedelta(hours=p), 3.0 + p % 2,
            id=f"{p}-{e.id}",
        )
        for p in range(peers)
        for e in rows
    ]  # fmt: skip
    return Population.of([*rows, *others])


def test_half_splits_where_times_allow() -> None:
    result = measure_drift(with_peers(diary([0, 1, 2, 3, 4, 4, 4, 4])), "ann")
    assert result.split == START + timedelta(days=4)
    assert result.measurements.reference == ("ann0", "ann1", "ann2", "ann3")
    assert result.measurements.own == ("ann4", "ann5", "ann6", "ann7")
    late = measure_drift(with_peers(diary([0, 0, 0, 0, 0, 0, 1, 2])), "ann")
    assert late.split == START + timedelta(days=1)
    assert "2 later and 6 earlier texts can be compared; at least 3" in late.measurements.note
    assert late.measurements.measures == ()


def test_a_rating_that_rises_is_told_by_its_figures() -> None:
    result = measure_drift(with_peers(diary([*range(30)])), "ann", measured=FAST)
    rating = {m.feature: m for m in result.measurements.measures}["rating"]
    assert rating.own_mean == pytest.approx(np.mean(range(15, 30)))
    assert rating.own_mean - rating.reference_mean == pytest.approx(15)
    assert (rating.percentile, rating.texts, rating.reference_texts) == (100, 15, 15)
    assert rating.p == pytest.approx(1 / 1001, abs=0.01)
    assert len(result.times) == 30
    assert list(result.times) == sorted(result.times)


def test_texts_on_one_thing_and_side_count_once() -> None:
    rows = diary([*range(12)])
    more = [replace(rows[11], id=f"more{n}", rating=99.0) for n in range(3)]
    result = measure_drift(with_peers([*rows, *more]), "ann", split=START + timedelta(days=6))
    rating = {m.feature: m for m in result.measurements.measures}["rating"]
    assert (rating.items, rating.texts) == (6, 9)
    assert rating.own_mean == pytest.approx(np.mean([6, 7, 8, 9, 10, (11 + 3 * 99) / 4]))


def test_few_others_on_both_sides_are_not_taken_off() -> None:
    result = measure_drift(with_peers(diary([*range(20)]), peers=3), "ann", measured=FAST)
    assert result.others == 0
    assert set(result.others_change.values()) == {0.0}
    assert "only 3 others have such texts on both sides of the split" in result.measurements.note


def test_private_texts_of_others_are_not_read() -> None:
    rows = diary([*range(12)])
    population = with_peers(rows)
    secret = [
        Event("spy", "Zanzibar! " * 9, e.item, e.time, 5.0, id=f"spy{e.id}", audience="self")
        for e in rows
    ]
    told = Population.of([*population.made(np.arange(len(population))), *secret])
    one, two = (measure_drift(p, "ann", measured=FAST) for p in (population, told))
    assert one.measurements == two.measurements


def test_what_cannot_be_compared_is_refused() -> None:
    rows = diary([*range(8)])
    with pytest.raises(UnknownNameError, match="no user 'bob'"):
        measure_drift(with_peers(rows), "bob")
    with pytest.raises(DataError, match="no column 'time'"):
        measure_drift(Population.of([replace(e, time=None) for e in rows]), "ann")
    with pytest.raises(DataError, match="--no-topic-control"):
        measure_drift(Population.of([replace(e, item=None) for e in rows]), "ann")
    with pytest.raises(DataError, match="0 comparable texts of 'ann' at 0 times"):
        measure_drift(Population.of(rows), "ann")
    with pytest.raises(DataError, match=r"all 8 texts of 'ann' on one side of 2030-01-01; give"):
        measure_drift(with_peers(rows), "ann", split=datetime(2030, 1, 1, tzinfo=UTC))
    alone = measure_drift(Population.of(rows), "ann", within_items=False)
    assert alone.others == 0
    assert "only 0 others" in alone.measurements.note


def test_the_same_seed_gives_the_same_figures(made: Town) -> None:
    user = made.population.users[0]
    one, two = (measure_drift(made.population, user, measured=FAST) for _ in range(2))
    assert one.measurements == two.measurements
    other = measure_drift(made.population, user, measured=replace(FAST, seed=1))
    assert [m.effect for m in other.measurements.measures] == [
        m.effect for m in one.measurements.measures
    ]


@pytest.mark.parametrize("within", [True, False])
def test_what_programs_put_under_names_changes_no_figure(made: Town, talked_over, within) -> None:  # type: ignore[no-untyped-def]
    plain, user = made.population, made.population.users[3]
    one, two = (
        differ_over_time(p, user, topic_control=within, measured=FAST)
        for p in (plain, talked_over(plain))
    )
    assert one.measurements.measures
    assert (one.to_json(), one.lead) == (two.to_json(), two.lead)
    drifts = [measure_drift(p, user, measured=FAST) for p in (plain, talked_over(plain))]
    assert drifts[0].times == drifts[1].times
    np.testing.assert_array_equal(drifts[0].deviations, drifts[1].deviations)
    with pytest.raises(UnknownNameError, match="no user 'bot'"):
        measure_drift(talked_over(plain), "bot")
