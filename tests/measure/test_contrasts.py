from itertools import product

import numpy as np
import pytest
from scipy import stats

from idiolect.measure import contrasts

RNG = np.random.default_rng


def reviews(seed: int, items: int = 6, people: int = 5) -> tuple[np.ndarray, ...]:
    rng = RNG(seed)
    item = np.repeat(np.arange(items), people)
    values = rng.normal(size=(len(item), 3)) + item[:, None]
    return values, item, np.tile(np.arange(people) == 0, items)


def test_effect_is_the_mean_distance_from_the_others_in_pooled_deviations() -> None:
    values = np.array([[5.0], [1.0], [3.0], [10.0], [4.0]])
    item, mine = np.array([0, 0, 0, 1, 1]), np.array([1, 0, 0, 1, 0], dtype=bool)
    found = contrasts(values, item, mine, 10, RNG(0))
    # Distances 5 − 2 and 10 − 4; squares about 3 and 7: (4 + 4 + 0) + (9 + 9), 2 + 1 free.
    assert found.effect[0] == pytest.approx(4.5 / np.sqrt(26 / 3))
    assert (found.own_mean[0], found.reference_mean[0]) == (7.5, 3.0)
    assert (found.texts[0], found.reference_texts[0]) == (2, 3)
    assert found.percentile[0] == 100


def test_percentile_is_scipys_mean_percentile_of_score() -> None:
    values, item, mine = reviews(1)
    values = values.round()
    by_item = [
        stats.percentileofscore(
            values[(item == i) & ~mine, 0], values[(item == i) & mine, 0][0], kind="mean"
        )
        for i in range(6)
    ]
    assert contrasts(values, item, mine, 10, RNG(0)).percentile[0] == pytest.approx(
        np.mean(by_item)
    )


def test_p_equals_the_full_enumeration_of_authors() -> None:
    values, item, mine = reviews(2, items=4, people=4)
    values[mine] += 1
    groups = [np.flatnonzero(item == i) for i in range(4)]

    def distance(chosen: tuple[int, ...]) -> np.ndarray:
        apart = [
            values[one] - values[[row for row in rows if row != one]].mean(axis=0)
            for one, rows in zip(chosen, groups, strict=True)
        ]
        return np.abs(np.mean(apart, axis=0))

    observed = distance(tuple(np.flatnonzero(mine)))
    every = np.array([distance(chosen) for chosen in product(*groups)])
    exact = (every >= observed - 1e-12).mean(axis=0)
    found = contrasts(values, item, mine, 20_000, RNG(0)).p
    np.testing.assert_allclose(found, exact, atol=0.012)


def test_p_is_uniform_when_authors_mean_nothing() -> None:
    p = [contrasts(*reviews(seed), 400, RNG(seed)).p for seed in range(200)]
    assert stats.kstest(np.concatenate(p), "uniform").pvalue > 0.01


def test_a_draw_as_far_as_the_user_counts_whatever_its_rounding() -> None:
    item, mine = np.zeros(2, dtype=int), np.array([True, False])
    for low in (0.1, 0.7, 1 / 3):  # of two people each is as far from the other
        assert contrasts(np.array([[low], [1.1]]), item, mine, 50, RNG(0)).p[0] == 1


def test_no_p_is_below_one_in_draws_plus_one() -> None:
    values, item, mine = reviews(7, items=20)
    values[mine] += 99
    assert contrasts(values, item, mine, 99, RNG(0)).p.tolist() == [0.01, 0.01, 0.01]


def test_what_does_not_vary_has_no_effect_and_what_is_absent_is_left_out() -> None:
    values, item, mine = reviews(3)
    values[:, 0] = item
    values[[0, 6], 1] = np.nan
    found = contrasts(values, item, mine, 50, RNG(0))
    assert np.isnan(found.effect[0])
    assert np.isnan(found.p[0])
    # The own text of item 0 is absent, and one other of item 1.
    assert found.texts.tolist() == [6, 5, 6]
    assert found.reference_texts.tolist() == [24, 19, 24]
    keep = np.isfinite(values[:, 1]) & (item > 0)
    alone = contrasts(values[keep], item[keep], mine[keep], 50, RNG(0))
    assert found.effect[1] == pytest.approx(alone.effect[1])


def test_nothing_to_compare_is_all_unknown() -> None:
    values, item, mine = reviews(4)
    found = contrasts(values, item, np.zeros_like(mine), 10, RNG(0))
    assert np.isnan(found.effect).all()
    assert not found.texts.any()


def test_groups_are_tested_by_whole_users() -> None:
    rng, by_user, by_text = RNG(5), [], []
    item, user = np.repeat(np.arange(30), 20), np.tile(np.arange(20), 30)
    mine = user < 6
    for _ in range(60):
        habits = rng.normal(size=(20, 1))
        values = habits[user] + rng.normal(size=(600, 1))
        by_user.append(contrasts(values, item, mine, 100, rng, user).p[0])
        shift = contrasts(values, item, mine, 100, rng, np.arange(600)).p[0]
        by_text.append(shift)
    assert np.mean(np.array(by_user) <= 0.05) < 0.12
    assert np.mean(np.array(by_text) <= 0.05) > 0.5


def test_a_difference_between_groups_is_found() -> None:
    rng = RNG(6)
    item, user = np.repeat(np.arange(20), 16), np.tile(np.arange(16), 20)
    values = rng.normal(size=(320, 2)) + item[:, None]
    values[user < 6, 0] += 1
    found = contrasts(values, item, user < 6, 1000, rng, user)
    assert found.p[0] < 0.01
    assert found.effect[0] == pytest.approx(1 / np.sqrt(1 + 0.25 * 15 / 16), abs=0.2)
    assert abs(found.effect[1]) < 0.3
