"""Overlap measures equal ResumeFlow's own functions on made texts; chunks equal theirs."""

import numpy as np
import pytest

from idiolect.measure.faithfulness import (
    chunk_cosine,
    chunks,
    faithfulness,
    jaccard,
    overlap,
    stems,
    tfidf_cosine,
)
from idiolect.measure.text import word_set
from idiolect.testing.standins import Hashing

#: Texts, and the authors' overlap coefficient, Jaccard similarity and cosine of them (Ztrimus/
#: ResumeFlow, MIT, with NLTK 3.9.1, its data and scikit-learn).
THEIRS = [
    (
        "Baked rye bread and managed four ovens. Trained two new bakers in Ghent.",
        "We seek a baker: rye bread, oven care, training of bakers.",
        (0.7142857142857143, 0.38461538461538464, 0.15331735112518743),
    ),
    (
        "Built data pipelines in Python; cut costs by 30%.",
        "Python engineer builds pipelines for data teams",
        (0.5, 0.3333333333333333, 0.23577033983032974),
    ),
    ("Repaired bicycles, sold lamps.", "Nurse wanted on a quiet ward", (0.0, 0.0, 0.0)),
    ("", "Something here", (0.0, 0.0, 0.0)),
    (
        "She doesn't sail; she can't swim, and that's why boats scare her.",
        "Sailing boats need swimmers who don't scare.",
        (0.6666666666666666, 0.5, 0.11446760068960028),
    ),
    (
        "Wrote reports about river levels. Measured floods weekly, plotted levels.",
        "Measured floods weekly, plotted levels. Wrote reports about river levels.",
        (1.0, 1.0, 1.0),
    ),
]
#: Those of NLTK's stop words that occur in these texts.
STOP = word_set("and in we a of by for on she does that s why her who do don here about")


@pytest.mark.parametrize(("one", "other", "theirs"), THEIRS)
def test_measures_equal_the_authors(one: str, other: str, theirs: tuple[float, ...]) -> None:
    ours = (overlap(one, other, STOP), jaccard(one, other, STOP), tfidf_cosine(one, other))
    assert ours == pytest.approx(theirs, abs=1e-12)


def test_with_our_own_stop_words_only_contractions_differ() -> None:
    for one, other, theirs in THEIRS:
        same = (overlap(one, other), jaccard(one, other)) == pytest.approx(theirs[:2], abs=1e-12)
        assert same == ("doesn't" not in one)


def test_letters_of_any_script_count() -> None:
    assert stems("Пекарь печёт хлеб 24/7!") == {"пекарь", "печёт", "хлеб"}
    assert overlap("хлеб и соль", "соль") == 1


def test_chunks_equal_the_authors() -> None:
    document = {
        "name": "Jo",
        "work": [{"role": "cook", "tags": ["a", "b"]}, {"role": "baker", "end": None}],
        "contact": {"mail": "x"},
    }
    assert list(chunks(document)) == [
        "name: Jo",
        "work_0.role: cook",
        "work_0.tags_0: a",
        "work_0.tags_1: b",
        "work_1.role: baker",
        "contact.mail: x",
    ]


def test_chunk_cosine_is_the_mean_over_all_pairs() -> None:
    one, other = {"a": "red", "b": "blue"}, {"a": "red", "c": "green"}
    vectors = Hashing(512).encode([*chunks(one), *chunks(other)])
    expected = np.mean([vectors[i] @ vectors[j] for i in (0, 1) for j in (2, 3)])
    assert chunk_cosine(Hashing(512), one, other) == pytest.approx(expected, abs=1e-6)
    assert chunk_cosine(Hashing(), {}, other) == 0


def test_faithfulness_is_of_the_three_pairs() -> None:
    found = faithfulness("baked rye bread", "baked bread, sold lamps", "rye bread wanted")
    assert found.preserved == pytest.approx(2 / 3)
    assert found.aligned == pytest.approx(2 / 3)
    assert found.before == pytest.approx(1 / 3)
    assert found.gained == pytest.approx(1 / 3)
