import numpy as np
import pytest
from scipy import stats

from idiolect.measure import (
    at_least,
    benjamini_hochberg,
    group_means,
    log_odds,
    pooled_sd,
)


def test_benjamini_hochberg_equals_scipys() -> None:
    p = np.random.default_rng(0).random(40) ** 3
    np.testing.assert_allclose(benjamini_hochberg(p), stats.false_discovery_control(p))


def test_benjamini_hochberg_leaves_out_tests_that_were_not_made() -> None:
    p = np.array([0.01, np.nan, 0.04, 0.03])
    q = benjamini_hochberg(p)
    np.testing.assert_allclose(q[[0, 2, 3]], stats.false_discovery_control(p[[0, 2, 3]]))
    assert np.isnan(q[1])


def test_pooled_sd_is_the_root_of_anovas_error_mean_square() -> None:
    rng = np.random.default_rng(1)
    groups = np.array([0] * 3 + [1] * 5 + [3] * 1 + [2] * 4)
    values = rng.normal(size=(13, 2)) + groups[:, None] * 10
    sides = [values[groups == g] for g in (0, 1, 2)]
    # scipy's F is the between mean square over this one.
    between = sum(len(s) * (s.mean(0) - np.concatenate(sides).mean(0)) ** 2 for s in sides) / 2
    np.testing.assert_allclose(pooled_sd(values, groups) ** 2, between / stats.f_oneway(*sides)[0])


def test_pooled_sd_needs_a_group_of_two() -> None:
    assert np.isnan(pooled_sd(np.ones((3, 1)), np.arange(3))).all()


def test_group_means_by_number() -> None:
    means = group_means(np.array([[1.0], [3.0], [8.0]]), np.array([0, 0, 2]))
    np.testing.assert_array_equal(means, [[2.0], [np.nan], [8.0]])


def test_log_odds_is_monroes_formula() -> None:
    own, other, prior = np.array([12, 3, 0.0]), np.array([4, 6, 9.0]), np.array([2, 2, 1.0])

    def one(w: int) -> float:
        def side(y: np.ndarray) -> float:
            return float(np.log((y[w] + prior[w]) / (y.sum() + prior.sum() - y[w] - prior[w])))

        variance = 1 / (own[w] + prior[w]) + 1 / (other[w] + prior[w])
        return (side(own) - side(other)) / variance**0.5

    np.testing.assert_allclose(log_odds(own, other, prior), [one(w) for w in range(3)])
    np.testing.assert_allclose(log_odds(other, own, prior), -log_odds(own, other, prior))


def test_at_least_equals_scipys_poisson_binomial() -> None:
    chances = np.random.default_rng(3).random((9, 4))
    counts = np.array([0, 3, 9, 10])
    poisson = [stats.poisson_binom.sf(k - 1, chances[:, n]) for n, k in enumerate(counts)]
    np.testing.assert_allclose(at_least(counts, chances), poisson, atol=1e-12)


def test_at_least_with_equal_chances_is_the_binomial_tail() -> None:
    tails = at_least(np.arange(6), np.full((5, 6), 0.3))
    np.testing.assert_allclose(tails, stats.binom.sf(np.arange(6) - 1, 5, 0.3))


@pytest.mark.parametrize("p", [[], [np.nan]])
def test_benjamini_hochberg_without_tests(p: list[float]) -> None:
    assert np.isnan(benjamini_hochberg(np.array(p))).all()
