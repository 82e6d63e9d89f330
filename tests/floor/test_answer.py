"""Choosing by similarity, rating by neighbours."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from idiolect.data import Item, Request
from idiolect.difference import RelativeRating
from idiolect.floor import Extractive
from idiolect.lm import Choice, Entry, Number, Prompt, Section, item, options, own, peers, query

TEA = item(Item("t", "Green tea", "Leaves of green tea."))


def rated(body: str, rating: float | None, **facts: str) -> Entry:
    known = [] if rating is None else [("rating", f"{rating:g}")]
    return Entry(body, (*known, *facts.items()))


def chosen(among: tuple[str, ...], *sections: Section | None) -> str:
    prompt = Prompt("Choose.", *sections, options(among), expects=Choice(among))
    return Extractive().one(prompt).value


def number(*sections: Section | None, low: float = 1, high: float = 5) -> float:
    return Extractive().one(Prompt("Rate.", *sections, expects=Number(low, high))).value


def test_neighbours_that_carry_an_option_vote() -> None:
    texts = own(
        [
            rated("Hot green tea.", None, label="drink"),
            rated("A coat of wool.", None, label="clothes"),
            rated("A hat of wool.", None, label="clothes"),
        ]
    )
    among = ("clothes", "drink")
    assert chosen(among, TEA, texts) == "drink"
    assert chosen(among, texts, query(Request("a", "a scarf of wool"))) == "clothes"


def test_what_was_liked() -> None:
    among = ("wool coat", "green tea")
    assert chosen(among, own([rated("tea", 5), rated("wool", 1)])) == "green tea"
    assert chosen(among, own([rated("tea", 1), rated("wool", 5)])) == "wool coat"
    assert chosen(among, own([rated("some tea", None)])) == "green tea"


def test_without_history_the_request_decides_and_ties_go_first() -> None:
    assert chosen(("wool coat", "green tea"), TEA) == "green tea"
    assert chosen(("wool coat", "green tea")) == "wool coat"


def test_the_middle_only_without_anything() -> None:
    assert number(low=0, high=10) == 5
    assert number(TEA, own([rated("words", None)])) == 3
    assert number(own([rated("words", 2)])) == 2
    assert number(peers([rated("words", 2), rated("words", 3)])) == 2.5


def test_shrunk_to_peers() -> None:
    texts, others = own([rated("x", 1), rated("y", 1)]), peers([rated("z", 4)])
    k = RelativeRating().own_shrinkage
    assert number(texts, others) == pytest.approx((k * 4 + 2 * 1) / (k + 2), abs=1e-3)


def test_near_neighbours_weigh_more() -> None:
    texts = own([rated("green tea", 5), rated("wool coat", 1)])
    assert 4 < number(TEA, texts) < 5


def test_ratings_outside_the_range_are_another_scale() -> None:
    assert number(own([rated("x", 80), rated("y", 2)])) == 2


def test_the_ends_of_the_range_can_be_read() -> None:
    assert number(own([rated("x", 1e-7)]), low=1e-7, high=2e-7) == 1e-7


@pytest.mark.real
def test_real_ratings_beat_the_middle_and_the_own_mean(real_data: Path) -> None:
    """Users of one file with another review; the prompt shows up to 20 peers' ratings."""
    with gzip.open(real_data / "peer_reviews" / "amazon_test.json.gz") as file:
        users = json.load(file)
    by_product: dict[str, list[tuple[str, Entry]]] = {}
    for user in users:
        target = user["profile"][0]
        entry = rated(target["text"], target["rating"])
        by_product.setdefault(target["pid"], []).append((user["id"], entry))
    error = []
    for user in users:
        target, *past = user["profile"]
        past = [r for r in past if r["pid"] != target["pid"] and r["text"] != target["text"]]
        others = [e for who, e in by_product[target["pid"]] if who != user["id"]][:20]
        if past and others:
            shown = own([rated(r["text"], r["rating"]) for r in past])
            guesses = number(shown, peers(others)), number(shown), number()
            error.append([abs(guess - target["rating"]) for guess in guesses])
    both, alone, middle = np.mean(error, axis=0)
    assert len(error) > 80
    assert both < alone < middle
