from itertools import chain, groupby, permutations, product

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, ndcg_score

from idiolect.errors import DataError, SettingError, UnknownNameError
from idiolect.measure import ranking_metric

NAMES = [
    "recall@2",
    "precision@3",
    "hit@1",
    "hit@3",
    "mrr",
    "mrr@2",
    "map",
    "map@3",
    "ndcg",
    "ndcg@3",
]


def plain(name: str, ranking: list[str], gold: dict[str, float]) -> float:
    """As the figures are written down, of a ranking without ties."""
    kind, _, cut = name.partition("@")
    k = int(cut) if cut else max(len(ranking), len(gold))
    hits = [item in gold for item in ranking]
    if kind == "recall":
        return sum(hits[:k]) / len(gold)
    if kind == "precision":
        return sum(hits[:k]) / k
    if kind == "hit":
        return float(any(hits[:k]))
    if kind == "mrr":
        return next((1 / n for n, hit in enumerate(hits[:k], start=1) if hit), 0.0)
    if kind == "map":
        at = [sum(hits[:n]) / n for n in range(1, min(k, len(hits)) + 1) if hits[n - 1]]
        return sum(at) / len(gold)
    gains = [gold.get(item, 0) for item in ranking]
    best = sorted(gold.values(), reverse=True)
    dcg, ideal = (sum(g / np.log2(n + 2) for n, g in enumerate(s[:k])) for s in (gains, best))
    return float(dcg / ideal)


@pytest.mark.parametrize("name", NAMES)
def test_ties_give_the_mean_over_all_orders(name: str) -> None:
    rng = np.random.default_rng(len(name))
    seen = set()
    for _ in range(25):
        items = [f"i{n}" for n in range(6)]
        scores = rng.integers(0, 3, 6).astype(float)
        gold = {f"i{n}": float(rng.integers(1, 4)) for n in rng.permutation(8)[:3]}
        order = sorted(range(6), key=lambda n: -scores[n])
        groups = [[items[n] for n in g] for _, g in groupby(order, key=lambda n: scores[n])]
        orders = [list(chain.from_iterable(one)) for one in product(*map(permutations, groups))]
        expected = np.mean([plain(name, one, gold) for one in orders])
        found = ranking_metric(name).score(items, gold, scores.tolist())
        assert found == pytest.approx(expected, abs=1e-12)
        # Without scores the ranking stands as it is.
        assert ranking_metric(name).score(items, gold) == pytest.approx(plain(name, items, gold))
        seen.add(round(found, 6))
    assert len(seen) > 3


def test_ndcg_and_average_precision_are_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        gains = rng.integers(0, 4, 20).astype(float)
        gains[0] = 2
        scores = rng.integers(0, 8, 20).astype(float)
        items = [str(n) for n in range(20)]
        gold = dict(zip(items, gains, strict=True))
        for k in (5, 20):
            found = ranking_metric(f"ndcg@{k}").score(items, gold, scores.tolist())
            assert found == pytest.approx(ndcg_score([gains], [scores], k=k), abs=1e-12)
        untied = rng.permutation(20).astype(float)
        relevant = {item for item in items if gold[item]}
        found = ranking_metric("map").score(items, relevant, untied.tolist())
        assert found == pytest.approx(average_precision_score(gains > 0, untied), abs=1e-12)


def test_the_best_choice_of_alternatives_counts() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        ranking = [f"s{n}" for n in rng.permutation(8)[:5]]
        alternatives = [[f"s{n}" for n in rng.permutation(8)[:2]] for _ in range(3)]
        for name in ("recall@5", "ndcg@5"):
            every = [
                plain(name, ranking, dict.fromkeys(set(choice), 1.0))
                for choice in product(*alternatives)
            ]
            assert ranking_metric(name).best(ranking, alternatives) == pytest.approx(max(every))
    # One segment that answers both questions is one thing to find.
    assert ranking_metric("recall@1").best(["a", "b"], [["a", "c"], ["a", "d"]]) == 1


def test_what_is_not_ranked_is_missed_and_no_gold_is_undefined() -> None:
    for name in NAMES:
        assert ranking_metric(name).score([], ["a"]) == 0
        assert np.isnan(ranking_metric(name).score(["a"], []))
        assert np.isnan(ranking_metric(name).score(["a"], {"a": 0.0}))
    assert ranking_metric("recall@5").score(["a"], ["a", "b"]) == 0.5
    assert ranking_metric("precision@5").score(["a"], ["a"]) == 0.2
    assert ranking_metric("ndcg").score(["a"], ["a", "b"]) < 1


def test_bad_rankings() -> None:
    metric = ranking_metric("recall@5")
    with pytest.raises(DataError, match="'a' ranked twice"):
        metric.score(["a", "b", "a"], ["a"])
    with pytest.raises(DataError, match=r"gain -1.0 of 'b'"):
        metric.score(["a"], {"b": -1.0})
    with pytest.raises(DataError, match=r"2 scores, 1 of them NaN, for 2 items"):
        metric.score(["a", "b"], ["a"], [1.0, float("nan")])
    with pytest.raises(DataError, match=r"without any alternative \(numbers \[1\]\)"):
        metric.best(["a"], [["a"], []])
    with pytest.raises(SettingError, match=r"1,048,576 combinations"):
        metric.best(["a"], [["a", "b"]] * 20)


@pytest.mark.parametrize("name", ["recall", "recall@0", "ndgc@5", "mrr@x"])
def test_unknown_ranking_metrics(name: str) -> None:
    with pytest.raises(UnknownNameError, match=rf"ranking metric '{name}'"):
        ranking_metric(name)
