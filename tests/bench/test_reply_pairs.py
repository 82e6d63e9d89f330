"""Pairs: which reply stands first, and whether that decided."""

import numpy as np
import pytest

from idiolect.bench.benchmark import Benchmark
from idiolect.bench.examples import Examples
from idiolect.bench.pairs import FIRST, PAIR, PAIR_METRICS, SECOND, Order, consistency, draw, shown
from idiolect.data import Event, Request
from idiolect.errors import DataError

MANY = [f"general/easy/{n}" for n in range(2000)]


def asked(order: Order, pairs: int = 4) -> Benchmark:
    found = Examples("pairs")
    for n in range(pairs):
        for pair in shown(str(n), "good", "bad", order):
            request = Request(f"u{n % 2}", options=pair.options, given=pair.replies)
            found.add(pair.id, request, pair.gold, {PAIR: str(n)})
    return found.benchmark([Event("u0", "x")], PAIR_METRICS)


def test_the_draw_is_even_and_depends_on_the_id_alone() -> None:
    first = np.array([draw(name, 2) for name in MANY])
    # Three standard errors of a fair coin; neighbours in the file tell nothing of each other.
    assert abs(first.mean() - 0.5) < 3 * 0.5 / len(MANY) ** 0.5
    assert abs((first[1:] == first[:-1]).mean() - 0.5) < 3 * 0.5 / len(MANY) ** 0.5
    assert first.tolist() == [draw(name, 2) for name in MANY]


def test_swapped_is_the_other_way_and_the_gold_moves_along() -> None:
    for name in MANY[:50]:
        (drawn,), (swapped,) = (
            tuple(shown(name, "good", "bad", order)) for order in ("drawn", "swapped")
        )
        assert drawn.replies[drawn.gold] == swapped.replies[swapped.gold] == "good"
        assert {drawn.gold, swapped.gold} == {FIRST, SECOND}


def test_taking_the_first_is_right_half_of_the_time_and_never_consistent() -> None:
    found = asked("both")
    first = dict.fromkeys(found.examples, FIRST)
    assert found.score(first)["double_brackets"].value == 0.5
    assert consistency(found, first).value == 0
    right = {name: found.references[name].text for name in found.examples}
    assert consistency(found, right).value == found.score(right)["double_brackets"].value == 1


def test_always_wrong_is_consistent_and_no_verdict_is_not() -> None:
    found = asked("both")
    wrong = {
        name: SECOND if found.references[name].text == FIRST else FIRST for name in found.examples
    }
    assert consistency(found, wrong).value == 1
    silent = dict.fromkeys(found.examples, "I cannot tell.")
    assert consistency(found, silent).value == 0
    assert found.score(silent)["double_brackets_unparsed"].value == 1


def test_pairs_asked_once_have_no_consistency() -> None:
    found = asked("drawn")
    with pytest.raises(DataError, match="order='both'"):
        consistency(found, dict.fromkeys(found.examples, FIRST))
