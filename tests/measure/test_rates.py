"""Intervals of shares: Wilson's where rows are independent, wider or not where they are not."""

import numpy as np
import pytest
from scipy.stats import binomtest, t

from idiolect.measure.rates import rate


def test_one_row_a_user_is_close_to_wilson():
    """With many independent rows the effective number of rows is the number of rows."""
    hits = np.array([1.0] * 130 + [0.0] * 270)
    found = rate(hits, np.arange(400))
    wilson = binomtest(130, 400).proportion_ci(0.95, method="wilson")
    assert (found.low, found.high) == pytest.approx((wilson.low, wilson.high), abs=2e-3)
    assert found.value == 130 / 400


@pytest.mark.parametrize(("share", "low", "high"), [(1.0, None, 1.0), (0.0, 0.0, None)])
def test_all_or_nothing_is_not_sure(share, low, high):
    found = rate(np.full(32, share), np.arange(32), 0.99)
    z = t.ppf(0.995, 31)
    far = 32 / (32 + z**2)
    expected = (far, 1.0) if low is None else (0.0, 1 - far)
    assert (found.low, found.high) == pytest.approx(expected)
    assert high in (None, found.high)


def test_rows_of_one_user_are_no_new_users():
    once = rate(np.array([1.0, 0.0] * 10), np.arange(20))
    often = rate(np.repeat([1.0, 0.0] * 10, 50), np.repeat(np.arange(20), 50))
    assert often.high - often.low == pytest.approx(once.high - once.low, rel=0.02)
    assert (often.users, often.cases) == (20, 1000)


def test_failures_are_counted_apart():
    found = rate(np.array([1.0, np.nan, 0.0, 1.0, np.nan]), np.array(["a", "a", "b", "c", "d"]))
    assert found.value == pytest.approx(2 / 3)
    assert (found.users, found.cases, found.failures) == (3, 3, 2)


def test_one_user_has_no_interval():
    found = rate(np.array([1.0, 0.0]), np.array(["a", "a"]))
    assert found.value == 0.5
    assert np.isnan(found.low)
    assert np.isnan(rate(np.array([np.nan]), np.array(["a"])).value)


@pytest.mark.parametrize("p", [0.5, 0.9, 0.97])
def test_the_interval_covers(p):
    """32 users with two correlated rows each; nominal 99 %."""
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(1000):
        mine = rng.random(32) < p
        rows = np.repeat(mine, 2).astype(float)
        swap = rng.random(64) < 0.3
        rows[swap] = (rng.random(swap.sum()) < p).astype(float)
        found = rate(rows, np.repeat(np.arange(32), 2), 0.99)
        covered += found.low <= p <= found.high
    assert covered / 1000 >= 0.975
