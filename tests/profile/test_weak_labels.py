"""Weak labels: against brute force, and what must hold of every pair of texts."""

import numpy as np
import pytest

from idiolect.data import Event, Population
from idiolect.errors import DataError, SettingError
from idiolect.profile.weak_labels import author_pairs, summary_labels, word_labels


def test_each_snippet_takes_the_most_similar_passage_that_is_left() -> None:
    similarity = np.array([[0.1, 0.9, 0.3], [0.2, 0.8, 0.7], [0.9, 0.9, 0.9]])
    assert summary_labels(similarity) == [1, 2, 0]
    assert summary_labels(similarity[:, :2]) == [1, 0], "no passage is left for the third"
    assert summary_labels(np.zeros((2, 0))) == []


@pytest.mark.parametrize("seed", range(10))
def test_summary_labels_equal_a_plain_loop(seed: int) -> None:
    similarity = np.random.default_rng(seed).normal(size=(6, 9)).round(1)
    left, expected = list(range(9)), []
    for row in similarity:
        best = max(left, key=lambda n: (row[n], -n))
        left.remove(best)
        expected.append(best)
    assert summary_labels(similarity) == expected


def test_words_of_the_past_by_matches_then_idf() -> None:
    past = ["boat", "sail", "boat", "rope", "mast"]
    written = ["sail", "sail", "boat", "rope", "ship"]
    idf = {"boat": 1.0, "sail": 1.0, "rope": 2.0}
    assert word_labels(past, written, idf) == ["sail", "rope", "boat"]
    also = {("boat", "ship"), ("mast", "ship")}
    found = word_labels(past, written, idf, lambda a, b: a == b or (a, b) in also)
    assert found == ["boat", "sail", "rope", "mast"] or found == ["sail", "boat", "rope", "mast"]
    assert found.index("boat") < found.index("rope") < found.index("mast")


def test_half_the_pairs_are_by_one_author_and_none_is_a_text_with_itself() -> None:
    population = Population.of(Event(f"u{n % 5}", "x", id=f"u{n % 5}-{n}") for n in range(23))
    pairs = author_pairs(population, 200, np.random.default_rng(1))
    assert sum(pair.same for pair in pairs) == 100
    assert all((p.first[:2] == p.second[:2]) == p.same for p in pairs)
    assert all(p.first != p.second for p in pairs)
    assert {p.first[:2] for p in pairs} == {f"u{n}" for n in range(5)}
    assert pairs == author_pairs(population, 200, np.random.default_rng(1))


def test_pairs_need_two_texts_of_somebody_and_somebody_else() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(DataError, match="0 users with two texts among 2"):
        author_pairs(Population.of([Event("a", "x"), Event("b", "y")]), 2, rng)
    with pytest.raises(DataError, match="1 users with two texts among 1"):
        author_pairs(Population.of([Event("a", "x"), Event("a", "y")]), 2, rng)
    with pytest.raises(SettingError, match="pairs=0"):
        author_pairs(Population.of([Event("a", "x")]), 0, rng)


def test_pairs_are_of_what_people_wrote(talked_over) -> None:  # type: ignore[no-untyped-def]
    population = Population.of(Event(f"u{n % 5}", "x", id=f"u{n % 5}-{n}") for n in range(23))
    one, two = (
        author_pairs(p, 50, np.random.default_rng(1)) for p in (population, talked_over(population))
    )
    assert one == two
