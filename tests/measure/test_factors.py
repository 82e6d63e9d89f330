from itertools import combinations

import numpy as np
import pytest
from scipy.stats import kendalltau, pearsonr, spearmanr

from idiolect.errors import DataError
from idiolect.measure import agreement, factor_influence

NAMES = ("length", "warmth", "novelty", "noise")


def planted(
    weights: list[float], seed: int, users: int = 30, pairs: int = 40
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Preferences by a weighted sum of factors; each user adds a leaning of their own."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(users), pairs)
    apart = rng.normal(size=(len(who), len(weights)))
    own = rng.normal(0, 0.3, (users, len(weights)))[who]
    utility = (apart * (np.array(weights) + own)).sum(axis=1) + rng.logistic(size=len(who))
    return apart, np.sign(utility), who


@pytest.mark.parametrize("seed", range(5))
def test_over_all_pairs_of_scored_texts_it_is_scipys_tau_b(seed: int) -> None:
    rng = np.random.default_rng(seed)
    factor, score = rng.integers(0, 5, (2, 25)).astype(float)
    pairs = np.array(list(combinations(range(25), 2)))
    apart = factor[pairs[:, 0]] - factor[pairs[:, 1]]
    liked = score[pairs[:, 0]] - score[pairs[:, 1]]
    found = factor_influence(apart[:, None], liked, np.arange(len(pairs)), ["f"], draws=0)
    assert found.values[0] == pytest.approx(kendalltau(factor, score).statistic, abs=1e-12)
    # Which text of a pair comes first does not matter: gold files put the preferred one first.
    first = np.sign(liked) + (liked == 0)
    turned = factor_influence(
        (apart * first)[:, None], liked * first, np.arange(len(pairs)), ["f"], draws=0
    )
    assert turned.values[0] == pytest.approx(found.values[0], abs=1e-12)


def test_planted_factors_are_found_in_order() -> None:
    apart, liked, users = planted([1.5, 0.7, -0.7, 0.0], 0)
    found = factor_influence(apart, liked, users, NAMES)
    length, warmth, novelty, noise = found.taus.values()
    assert length.value > warmth.value > noise.value > novelty.value
    assert warmth.low > 0 > novelty.high
    assert noise.low < 0 < noise.high
    assert length.users == 30


def test_intervals_are_over_users() -> None:
    apart, liked, users = planted([0.0, 0.0, 0.0, 0.0], 1, users=10, pairs=100)
    clustered = factor_influence(apart, liked, users, NAMES, draws=400)
    alone = factor_influence(apart, liked, np.arange(len(users)), NAMES, draws=400)
    wide, narrow = (
        np.mean([one.high - one.low for one in found.taus.values()]) for found in (clustered, alone)
    )
    assert wide > 1.3 * narrow


def test_agreement_is_scipys_correlations_with_intervals_over_users() -> None:
    apart, people, users = planted([1.5, 0.7, -0.7, 0.0], 2)
    _, model, _ = planted([1.5, 0.7, -0.7, 0.0], 2)
    rng = np.random.default_rng(0)
    model = np.where(rng.random(len(model)) < 0.3, -model, model)
    one = factor_influence(apart, people, users, NAMES)
    other = factor_influence(apart[:, ::-1], model, users, NAMES[::-1])
    found = agreement(one, other)
    turned = other.values[::-1]
    assert found.spearman.value == pytest.approx(spearmanr(one.values, turned).statistic)
    assert found.kendall.value == pytest.approx(kendalltau(one.values, turned).statistic)
    assert found.pearson.value == pytest.approx(pearsonr(one.values, turned).statistic)
    assert found.pearson.value > 0.95
    assert found.pearson.low > 0.8
    assert found.together
    contrary = factor_influence(-apart, people, users + 50, NAMES)
    against = agreement(one, contrary)
    assert against.spearman.high < 0
    assert not against.together


def test_bad_factors() -> None:
    apart, liked, users = planted([1.0, 0.0, 0.0, 0.0], 0, users=3)
    with pytest.raises(DataError, match=r"shape \(120, 4\) and factors \['a'\]"):
        factor_influence(apart, liked, users, ["a"])
    with pytest.raises(DataError, match=r"1 rows without a finite differences \(rows 0\)"):
        factor_influence(np.where(np.arange(120)[:, None] < 1, np.nan, apart), liked, users, NAMES)
    flat = factor_influence(apart * [1, 1, 1, 0], liked, users, NAMES, draws=20)
    assert np.isnan(flat.values[3])
    whole = factor_influence(apart, liked, users, NAMES, draws=20)
    with pytest.raises(DataError, match=r"no tau for \['noise'\]"):
        agreement(whole, flat)
    with pytest.raises(DataError, match="the same ones, at least three"):
        agreement(whole, factor_influence(apart[:, :1], liked, users, ["length"], draws=20))
