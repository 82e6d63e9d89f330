"""Distinctive words: chances that can be worked out by hand, and what is no distinction."""

import numpy as np
import pytest

from idiolect.difference.terms import Term, distinctive


def found(own: list[set[str]], others: list[list[set[str]]], **settings: float) -> list[Term]:
    """Terms of one own text an item, each beside others' texts on it."""
    texts = [text for mine, rest in zip(own, others, strict=True) for text in (mine, *rest)]
    item = np.concatenate([np.full(1 + len(rest), n) for n, rest in enumerate(others)])
    mine = np.concatenate([[True] + [False] * len(rest) for rest in others])
    words = [frozenset(text) for text in texts]
    return list(distinctive(words, [f"t{n}" for n in range(len(words))], item, mine, **settings))


def test_the_chance_of_a_word_is_its_share_on_each_thing() -> None:
    filler = {"tea", "bread"}
    own = [{"zebra", *filler}] * 3
    others = [[filler] * 4, [filler] * 4, [filler] * 3 + [{"zebra", *filler}]]
    (term,) = found(own, others)
    # The own text has it by chance 1/5, 1/5 and 2/5 of the time; the only word that can be tested.
    assert term.p == pytest.approx(1 / 5 * 1 / 5 * 2 / 5)
    assert term.q == term.p
    assert (term.text, term.own_texts, term.own) == ("zebra", 3, ("t0", "t5", "t10"))
    assert term.expected == pytest.approx(4 / 5)


def test_a_word_in_one_text_is_not_distinctive_however_rare() -> None:
    others = [[{"tea"}] * 60] * 2
    assert found([{"zebra", "tea"}, {"tea"}], others) == []
    assert [term.text for term in found([{"zebra", "tea"}] * 2, others)] == ["zebra"]


def test_long_texts_do_not_make_all_their_words_distinctive() -> None:
    long = [{"zebra"} | {f"word{n}-{k}" for k in range(300)} for n in range(8)]
    others = [[{"zebra"}] + [{"tea"}] * 5] * 8
    assert found(long, others) == []
    assert [term.text for term in found([{"zebra"}] * 8, others)] == ["zebra"]


def test_at_most_so_many_words_are_kept_the_most_typical_first() -> None:
    own = [{"zebra", "yak"}] * 5 + [{"zebra"}] * 3
    others = [[{"tea"}] * 5] * 8
    assert [term.text for term in found(own, others)] == ["zebra", "yak"]
    assert [term.text for term in found(own, others, most=1)] == ["zebra"]
    assert found(own, others, most=0) == []
