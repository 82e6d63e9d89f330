import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error, root_mean_squared_error

from idiolect.errors import DataError, SettingError
from idiolect.measure import TextMetric, label_metrics, rating_metrics

LABELS = ["sci-fi", "comedy", "true story", "classic"]


def by_name(metrics: tuple[TextMetric, ...]) -> dict[str, TextMetric]:
    return {metric.name: metric for metric in metrics}


@pytest.mark.parametrize("seed", range(5))
def test_accuracy_and_macro_f1_are_scikit_learns_with_unknown_labels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    metrics = by_name(label_metrics(LABELS))
    # The last label never occurs, neither given nor right.
    real = rng.choice(LABELS[:3], 200).tolist()
    made = rng.choice([*LABELS[:3], " comedy\n", "Comedy", "", "horror"], 200).tolist()
    classes = [LABELS.index(t.strip()) if t.strip() in LABELS else -1 for t in made]
    truth = [LABELS.index(t) for t in real]
    expected = f1_score(truth, classes, labels=range(4), average="macro", zero_division=0)
    assert metrics["macro_f1"].corpus(made, real) == pytest.approx(expected, abs=1e-12)
    found = metrics["accuracy"].score(made, real)
    assert found.mean() == pytest.approx(accuracy_score(truth, classes))
    assert metrics["unparsed"].score(made, real).mean() == np.mean(np.array(classes) == -1)
    assert metrics["unparsed"].score(made, real).mean() > 0.2


@pytest.mark.parametrize("seed", range(5))
def test_mae_and_rmse_are_scikit_learns_under_the_farther_end_rule(seed: int) -> None:
    rng = np.random.default_rng(seed)
    metrics = by_name(rating_metrics())
    real = rng.integers(1, 6, 200)
    made = rng.choice(["1", " 4.5 ", "5", "7", "three", "", "4/5"], 200).tolist()
    # As LaMP's evaluation has it: from the middle the high end is taken.
    taken = []
    for text, gold in zip(made, real, strict=True):
        try:
            taken.append(float(text))
        except ValueError:
            taken.append(1.0 if abs(1 - gold) > abs(5 - gold) else 5.0)
    golds = [str(n) for n in real]
    assert metrics["mae"].score(made, golds).mean() == pytest.approx(
        mean_absolute_error(real, taken), abs=1e-12
    )
    assert metrics["rmse"].corpus(made, golds) == pytest.approx(
        root_mean_squared_error(real, taken), abs=1e-12
    )
    unread = np.isin(made, ["three", "", "4/5"])
    np.testing.assert_array_equal(metrics["unparsed"].score(made, golds), unread)


def test_the_rules_by_hand() -> None:
    metrics = by_name(rating_metrics())
    assert metrics["mae"].score(["x"] * 5, ["1", "2", "3", "4", "5"]).tolist() == [4, 3, 2, 3, 4]
    assert metrics["mae"].score(["nan", "inf"], ["5", "1"]).tolist() == [4, 4]
    labels = by_name(label_metrics(("[1]", "[2]")))
    assert labels["accuracy"].score(["[1]", "1", " [2] ", None], ["[1]"] * 4).tolist()[:3] == [
        1,
        0,
        0,
    ]
    assert np.isnan(labels["accuracy"].score([None], ["[1]"])[0])


@pytest.mark.parametrize("name", ["macro_f1", "rmse"])
def test_corpus_figures_have_intervals_over_users(name: str) -> None:
    rng = np.random.default_rng(0)
    users = np.repeat(np.arange(20), 10)
    right = rng.random(20)[users] > rng.random(200)
    if name == "macro_f1":
        metric = by_name(label_metrics(LABELS))[name]
        real = rng.choice(LABELS, 200)
        made = np.where(right, real, "comedy").tolist()
    else:
        metric = by_name(rating_metrics())[name]
        real = rng.integers(1, 6, 200).astype(str)
        made = np.where(right, real, "3").tolist()
    low, high = metric.corpus_interval(made, real.tolist(), users, np.random.default_rng(0))
    drawn = []
    for _ in range(300):
        rows = (rng.integers(20, size=20)[:, None] * 10 + np.arange(10)).ravel()
        drawn.append(metric.corpus([made[n] for n in rows], real[rows].tolist()))
    spread = np.std(drawn)
    assert [low, high] == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=spread / 2)
    # Rows of one user stand and fall together: single rows would give a narrower one.
    alone = metric.corpus_interval(made, real.tolist(), np.arange(200), np.random.default_rng(0))
    assert high - low > 1.2 * (alone[1] - alone[0])


def test_answers_outside_the_list_are_errors() -> None:
    with pytest.raises(DataError, match=r"1 answers that are none of the 4 labels: 'horror'"):
        by_name(label_metrics(LABELS))["accuracy"].score(["comedy"], ["horror"])
    for gold in ("six", "6", "nan"):
        with pytest.raises(DataError, match=rf"no rating from 1 to 5: '{gold}'"):
            by_name(rating_metrics())["mae"].score(["1"], [gold])
    for labels in (["a"], ["a", "a "]):
        with pytest.raises(SettingError, match="two or more different"):
            label_metrics(labels)
    with pytest.raises(SettingError, match="low=5"):
        rating_metrics(5, 1)
