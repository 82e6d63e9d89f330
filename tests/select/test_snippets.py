"""Documents by their best snippet: against a brute-force definition, and with planted passages."""

import numpy as np
import pytest

from idiolect.data import Event, Item, Population, Request
from idiolect.embed import words
from idiolect.errors import SettingError
from idiolect.lm import Entry
from idiolect.select import (
    BySnippet,
    Okapi,
    beginning,
    best_of_each,
    in_snippets,
    okapi_scores,
    within,
)
from idiolect.testing.standins import Hashing

LONG = " ".join(f"weather{n % 7}" for n in range(400))


def test_pieces_are_short_lose_no_word_and_cut_none() -> None:
    pieces = in_snippets(LONG, 100)
    assert max(map(len, pieces)) <= 100
    assert " ".join(pieces) == LONG
    assert in_snippets("  \n ") == []
    assert in_snippets("x" * 30, 20) == ["x" * 20, "x" * 10]


@pytest.mark.parametrize("seed", range(20))
def test_a_document_scores_as_its_best_retrieved_snippet(seed: int) -> None:
    rng = np.random.default_rng(seed)
    documents, snippets = int(rng.integers(1, 8)), int(rng.integers(1, 40))
    scores, of = rng.normal(size=snippets), rng.integers(0, documents, snippets)
    kept = int(rng.integers(1, snippets + 1))
    retrieved = sorted(range(snippets), key=lambda n: -scores[n])[:kept]
    expected = [
        max((scores[n] for n in retrieved if of[n] == d), default=-np.inf) for d in range(documents)
    ]
    np.testing.assert_array_equal(best_of_each(scores, of.tolist(), documents, kept), expected)


def planted(encoder: bool) -> list[str]:
    """A long text with one telling passage, among shorter ones with a word of the request."""
    half = LONG[: len(LONG) // 2]
    events = [
        Event("u", f"{half} the violin case was lined with green velvet {half}", id="passage"),
        *(Event("u", f"green weather{n} weather2 weather3", id=f"short{n}") for n in range(5)),
    ]
    view = Population.of(events).as_of(Request("u", "violin case green velvet lined"))
    by_snippet = BySnippet(Hashing(4096) if encoder else None, events=1, length=60)
    return by_snippet(view).events.ids


@pytest.mark.parametrize("encoder", [True, False])
def test_one_telling_passage_makes_a_long_text_relevant(encoder: bool) -> None:
    assert planted(encoder) == ["passage"]


def test_without_an_encoder_it_is_bm25_over_snippets() -> None:
    texts = ["a b c. " * 20 + "rare word", "rare " * 3, "c d e f"]
    view = Population.of(Event("u", text, id=str(n)) for n, text in enumerate(texts)).as_of(
        Request("u", "rare word")
    )
    pieces = [(n, piece) for n, text in enumerate(texts) for piece in in_snippets(text, 40)]
    scores = okapi_scores([words(p) for _, p in pieces], words("rare word"))
    best = [max(s for s, (n, _) in zip(scores, pieces, strict=True) if n == d) for d in range(3)]
    expected = [str(n) for n in sorted(range(3), key=lambda d: -best[d])]
    chosen = BySnippet(length=40, snippets=len(pieces))(view)
    assert chosen.events.ids == expected
    assert chosen.reasons[0].startswith("best snippet")


def test_passages_are_snippets_best_first() -> None:
    view = Population.of([Event("u", f"{LONG} red herring", id="one")]).as_of(
        Request("u", "red herring")
    )
    found = BySnippet(length=50, snippets=2).passages(view)
    assert len(found) == 2
    assert "herring" in found[0].text
    assert found[0].event == "one"


def test_short_texts_are_ranked_as_by_documents() -> None:
    events = [Event("u", text, id=text) for text in ("red fish", "blue bird", "red bird")]
    view = Population.of(events).as_of(Request("u", "red bird"))
    assert BySnippet()(view).events.ids == Okapi()(view).events.ids


def test_nothing_to_cut() -> None:
    view = Population.of([Event("v", "somebody else")]).as_of(Request("u", "x"))
    assert BySnippet()(view).note == "no events: nothing to choose"
    with pytest.raises(SettingError, match="snippets=0"):
        BySnippet(snippets=0)


def test_the_beginning_is_what_is_given_then_the_thing_then_the_query() -> None:
    request = Request(
        "u",
        "Write it.",
        item=Item("i", "Lamp", "a lamp"),
        given={"title": "Bright", "rating": 4.0, "text": "It shone"},
    )
    assert beginning(request) == "Bright It shone Lamp. a lamp Write it."
    assert beginning(Request("u", "y" * 400)) == "y" * 150


@pytest.mark.parametrize("characters", [1, 9, 10, 11, 12, 25, 500])
def test_texts_are_cut_where_their_join_would_be(characters: int) -> None:
    texts = [Entry("a" * 10), Entry("b" * 5), Entry(""), Entry("c" * 20)]
    joined = "\n".join(entry.text for entry in within(texts, characters))
    whole = "\n".join(entry.text for entry in texts)
    assert joined.rstrip("\n") == whole[:characters].rstrip("\n")
