"""EGISES against a double loop, planted behaviour, its interval and bad input."""

import math
from collections import Counter

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from idiolect.errors import DataError, SettingError
from idiolect.measure import METRICS, JensenShannon, egises, one_minus

WORDS = [f"w{n}" for n in range(12)]


def plain(one: str, other: str) -> float:
    a, b = Counter(one.split()), Counter(other.split())
    if not a or not b:
        return 1.0
    words = sorted(a | b)
    p, q = ([c[w] / c.total() for w in words] for c in (a, b))
    return round(float(jensenshannon(p, q, base=2)) ** 2, 4)


def sentence(rng: np.random.Generator) -> str:
    return " ".join(rng.choice(WORDS, rng.integers(1, 9)))


def crowd(rng: np.random.Generator, documents: int, users: int) -> list[tuple[str, str, str, str]]:
    """Output, reference, document, user; rows in no order."""
    rows = [
        (sentence(rng), sentence(rng), f"d{d}", f"u{u}")
        for d in range(documents)
        for u in rng.permutation(users)[: rng.integers(2, users)]
    ]
    return [rows[n] for n in rng.permutation(len(rows))]


def columns(rows: list[tuple[str, str, str, str]]) -> tuple[list[str], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))


def loops(rows: list[tuple[str, str, str, str]], texts: dict[str, str]) -> tuple[float, ...]:
    """EGISES, PerSEval and accuracy distance, simplified or weighted, as they are written down."""
    scores, levels, distances = [], [], []
    for document in sorted({row[2] for row in rows}):
        here = [row for row in rows if row[2] == document]
        apart = [plain(row[0], row[1]) for row in here]
        distances += apart
        degress = []
        for j, own in enumerate(here):
            sides = []
            for side in (1, 0):
                x = [plain(own[side], row[side]) for k, row in enumerate(here) if k != j]
                if texts:
                    whole = plain(own[side], texts[document])
                    power = [math.exp(one / whole if whole else 0) for one in x]
                    x = [one * e / sum(power) for one, e in zip(x, power, strict=True)]
                sides.append(x)
            pairs = zip(*sides, strict=True)
            degress.append(np.mean([(min(p) + 1e-5) / (max(p) + 1e-5) for p in pairs]))

        def s(x: float, a: float, b: float) -> float:
            return 1 / (1 + 10**a * math.exp(-(10**b) * x))

        low, mean = min(apart), float(np.mean(apart))
        edp = [
            1 - s(s(low / (1 - low + 1e-7), 4, 1) + s((d - low) / (mean - low + 1e-7), 4, 1), 3, 1)
            for d in apart
        ]
        scores.append(np.mean(degress))
        levels.append(np.mean([g * (e + 1e-7) for g, e in zip(degress, edp, strict=True)]))
    return 1 - float(np.mean(scores)), float(np.mean(levels)), float(np.mean(distances))


@pytest.mark.parametrize("weighted", [False, True])
def test_figures_are_those_of_plain_loops(weighted: bool) -> None:
    rng = np.random.default_rng(1)
    rows = crowd(rng, 12, 6)
    # An empty text, and an output that is its reference.
    rows[0] = ("", *rows[0][1:])
    rows[1] = (rows[1][1], *rows[1][1:])
    texts = {f"d{d}": " ".join(WORDS[: d + 2]) for d in range(12)} if weighted else {}
    found = egises(*columns(rows), rng, texts=texts or None, draws=0)
    values = found.egises.value, found.perseval.value, found.accuracy_distance.value
    assert values == pytest.approx(loops(rows, texts), abs=1e-12)
    assert found.distance[:2].tolist() == [1, 0]
    assert np.isnan(found.egises.low)
    assert "no draws" in found.egises.note


def test_divergence_is_scipys() -> None:
    rng = np.random.default_rng(0)
    one, other = [sentence(rng) for _ in range(300)], [sentence(rng) for _ in range(300)]
    p = np.array([[text.split().count(w) for w in WORDS] for text in one], dtype=float)
    q = np.array([[text.split().count(w) for w in WORDS] for text in other], dtype=float)
    expected = jensenshannon(p, q, axis=1, base=2) ** 2
    np.testing.assert_allclose(JensenShannon(digits=None)(one, other), expected, atol=1e-12)
    np.testing.assert_array_equal(JensenShannon()(["a b", "", ""], ["b a", "a", ""]), [0, 1, 1])
    assert JensenShannon(words=lambda text: text.lower().split())(["A"], ["a"])[0] == 0


def test_following_users_exactly_is_best_and_one_output_for_all_is_worst() -> None:
    rng = np.random.default_rng(2)
    rows = crowd(rng, 20, 5)
    outputs, references, documents, users = columns(rows)
    perfect = egises(references, references, documents, users, rng)
    same = egises(["w1 w2"] * len(rows), references, documents, users, rng)
    random = egises(outputs, references, documents, users, rng)
    assert perfect.egises.value == pytest.approx(0, abs=1e-12)
    assert perfect.perseval.value > 0.9
    assert same.egises.value > 0.9 > random.egises.value
    # Responsiveness is not quality: random outputs respond, and PerSEval sees through them.
    assert random.perseval.value < perfect.perseval.value / 2


def test_any_metric_makes_a_distance() -> None:
    rng = np.random.default_rng(3)
    rows = crowd(rng, 4, 4)
    found = egises(*columns(rows), rng, distance=one_minus(METRICS["rougeL"]), draws=0)
    expected = 1 - METRICS["rougeL"].score(*columns(rows)[:2])
    np.testing.assert_allclose(found.distance, expected, atol=1e-12)
    scaled = one_minus(METRICS["sentence_bleu"], scale=100)
    assert 0 < egises(*columns(rows), rng, distance=scaled, draws=0).accuracy_distance.value <= 1
    for name in ("length_ratio", "bleu"):
        with pytest.raises(SettingError, match=rf"'{name}'.*figure of each row"):
            one_minus(METRICS[name])


def test_undefined_distances_are_refused_by_name_or_counted_as_said() -> None:
    rng = np.random.default_rng(3)
    rows = [("a b", "c", "d", "u1"), ("a c", "a b", "d", "u2")]
    bigrams = one_minus(METRICS["rouge2"])
    with pytest.raises(DataError, match=r"\('d', 'u1'\).*nan.*`undefined`"):
        egises(*columns(rows), rng, distance=bigrams, draws=0)
    found = egises(*columns(rows), rng, distance=bigrams, undefined=1.0, draws=0)
    assert found.distance.tolist() == [1, 1]
    with pytest.raises(DataError, match=r"not in 0\.\.1"):
        egises(*columns(rows), rng, distance=one_minus(METRICS["sentence_bleu"]), draws=0)


GOOD = [
    ("a", "b", "d1", "u1"),
    ("b", "a", "d1", "u2"),
    ("c", "a", "d2", "u1"),
    ("c", "b", "d2", "u3"),
]


@pytest.mark.parametrize(
    ("row", "value", "said"),
    [
        (2, (None, "a", "d2", "u1"), r"1 rows without output: \('d2', 'u1'\)"),
        (2, ("a", None, "d2", "u1"), r"1 rows without reference: \('d2', 'u1'\)"),
        (2, ("c", "a", "d3", "u1"), r"2 documents with one user: 'd3', 'd2'|'d2', 'd3'"),
        (1, ("b", "a", "d1", "u1"), r"repeat a document and user: \('d1', 'u1'\)"),
    ],
)
def test_bad_rows_are_named(row: int, value: tuple[str, str, str, str], said: str) -> None:
    rows = [*GOOD]
    rows[row] = value
    with pytest.raises(DataError, match=said):
        egises(*columns(rows), np.random.default_rng(0))


def test_other_bad_input() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(DataError, match=r"3 outputs, 4 references"):
        egises(["a"] * 3, *columns(GOOD)[1:], rng)
    with pytest.raises(DataError, match=r"documents without a text: 'd2'"):
        egises(*columns(GOOD), rng, texts={"d1": "a b"})
    with pytest.raises(SettingError, match="level=1"):
        egises(*columns(GOOD), rng, level=1)


def test_interval_holds_what_new_users_and_documents_would_give() -> None:
    rng = np.random.default_rng(0)

    def study() -> list[tuple[str, str, str, str]]:
        # Some users write as they please wherever they are, some as the document has it.
        stubborn = rng.random(12) < 0.5
        rows = []
        for d in range(15):
            shared = sentence(rng)
            for u in rng.permutation(12)[:4]:
                own = sentence(rng) if stubborn[u] else shared
                rows.append((own, sentence(rng), f"d{d}", f"u{u}"))
        return rows

    studies = [egises(*columns(study()), rng, draws=60) for _ in range(60)]
    truth = np.mean([one.egises.value for one in studies])
    held = np.mean([one.egises.low <= truth <= one.egises.high for one in studies])
    assert held >= 0.9
    assert np.mean([one.egises.high - one.egises.low for one in studies]) < 0.8
