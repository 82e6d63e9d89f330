from itertools import chain, groupby, permutations, product

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss, roc_auc_score

from idiolect.errors import DataError, SettingError
from idiolect.measure import calibration, recalibrate


def made(seed: int, rows: int = 300, steps: int = 20) -> tuple[np.ndarray, ...]:
    """Overconfident certainties that do tell right from wrong, of 30 unlike users."""
    rng = np.random.default_rng(seed)
    users = rng.integers(30, size=rows)
    sure = np.round(rng.random(rows) * steps) / steps
    chance = 0.25 + 0.4 * sure + rng.normal(0, 0.15, 30)[users]
    return sure, rng.random(rows) < chance, users


def plain_ece(sure: np.ndarray, right: np.ndarray, bins: int) -> float:
    total = 0.0
    for n in range(bins):
        low, high = n / bins, (n + 1) / bins
        here = (sure > low + 1e-12) & (sure <= high + 1e-12) | ((n == 0) & (sure <= 0))
        if here.any():
            total += here.mean() * abs(sure[here].mean() - right[here].mean())
    return total


@pytest.mark.parametrize("seed", range(3))
def test_figures_are_scikit_learns_or_plain(seed: int) -> None:
    sure, right, users = made(seed)
    found = calibration(sure, right, users, np.random.default_rng(0), bins=10, draws=50)
    assert found.brier.value == pytest.approx(brier_score_loss(right, sure), abs=1e-12)
    assert found.auroc.value == pytest.approx(roc_auc_score(right, sure), abs=1e-12)
    assert found.ece.value == pytest.approx(plain_ece(sure, right, 10), abs=1e-12)
    assert found.accuracy.value == pytest.approx(right.mean())
    (above,) = found.above
    assert above.share.value == pytest.approx((sure >= 0.8).mean())
    assert above.accuracy.value == pytest.approx(right[sure >= 0.8].mean())
    for figure in (found.brier, found.auroc, found.ece, found.aurc, above.accuracy):
        assert figure.low < figure.high
        assert (figure.users, figure.rows) == (30, 300)


def test_area_and_curve_are_means_over_orders_of_equally_certain_rows() -> None:
    rng = np.random.default_rng(0)
    for _ in range(10):
        sure, right = rng.choice([0.2, 0.5, 0.9], 7), rng.random(7) < 0.5
        order = sorted(range(7), key=lambda n: -sure[n])
        groups = [list(g) for _, g in groupby(order, key=lambda n: sure[n])]
        areas = [
            np.mean(np.cumsum(~right[list(chain.from_iterable(one))]) / np.arange(1, 8))
            for one in product(*map(permutations, groups))
        ]
        found = calibration(sure, right, np.arange(7), rng, draws=0)
        assert found.aurc.value == pytest.approx(np.mean(areas), abs=1e-12)
        for threshold, coverage, risk in zip(
            found.curve.threshold, found.curve.coverage, found.curve.risk, strict=True
        ):
            assert coverage == pytest.approx((sure >= threshold).mean())
            assert risk == pytest.approx((~right[sure >= threshold]).mean())


@pytest.mark.parametrize("name", ["auroc", "ece", "aurc", "brier"])
def test_intervals_are_those_of_users_drawn_anew(name: str) -> None:
    sure, right, users = made(4)
    rng = np.random.default_rng(1)
    figure = getattr(calibration(sure, right, users, rng, draws=400), name)
    drawn = []
    for _ in range(300):
        rows = np.concatenate([np.flatnonzero(users == u) for u in rng.integers(30, size=30)])
        again = calibration(sure[rows], right[rows], users[rows], rng, draws=0)
        drawn.append(getattr(again, name).value)
    spread = np.std(drawn)
    ends = [figure.low, figure.high]
    assert ends == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.6 * spread)


def test_isotonic_is_scikit_learns_on_other_users_and_lowers_ece() -> None:
    sure, right, users = made(5, rows=3000)
    found = recalibrate(sure, right, users, np.random.default_rng(0), draws=0)
    held = users[found.rows]
    train = ~np.isin(users, held)
    assert found.fitted_users == 15
    assert set(users[train]).isdisjoint(held)
    isotonic = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
    expected = isotonic.fit(sure[train], right[train]).predict(sure[found.rows])
    np.testing.assert_allclose(found.certainty, expected, atol=1e-12)
    assert found.after.ece.value < found.before.ece.value / 2
    assert found.after.brier.value < found.before.brier.value
    assert found.before.auroc.value == pytest.approx(
        roc_auc_score(right[found.rows], sure[found.rows])
    )


def test_what_cannot_be_known_says_so() -> None:
    sure, right, users = made(0)
    rng = np.random.default_rng(0)
    always = calibration(sure, right | True, users, rng, thresholds=(2.0,), draws=20)
    assert np.isnan(always.auroc.value)
    assert always.auroc.note == "undefined on these rows"
    assert always.above[0].share.value == 0
    assert np.isnan(always.above[0].accuracy.value)
    assert "one user" in calibration(sure, right, users * 0, rng).ece.note


def test_bad_certainties() -> None:
    sure, right, users = made(0)
    rng = np.random.default_rng(0)
    with pytest.raises(DataError, match=r"from 0 to 100; .*divide percentages by 100"):
        calibration(sure * 100, right, users, rng)
    with pytest.raises(DataError, match=r"1 rows without a finite certainty \(rows 3\)"):
        calibration(np.where(np.arange(300) == 3, np.nan, sure), right, users, rng)
    with pytest.raises(DataError, match=r"299 of right"):
        calibration(sure, right[1:], users, rng)
    with pytest.raises(DataError, match="other than 0 and 1"):
        calibration(sure, right + 1, users, rng)
    with pytest.raises(DataError, match="no row of certainty"):
        calibration(sure[:0], right[:0], users[:0], rng)
    with pytest.raises(SettingError, match="bins=0"):
        calibration(sure, right, users, rng, bins=0)
    with pytest.raises(SettingError, match="draws=-1"):
        calibration(sure, right, users, rng, draws=-1)
    with pytest.raises(SettingError, match="level=1"):
        calibration(sure, right, users, rng, level=1, draws=2)
    with pytest.raises(DataError, match="one user; two or more"):
        recalibrate(sure, right, users * 0, rng)
