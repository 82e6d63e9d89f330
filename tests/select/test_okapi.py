"""Okapi BM25 against rank_bm25, and the default mode against its definition."""

import math

import numpy as np
import pytest
from rank_bm25 import BM25Okapi

from idiolect.data import Event, Item, Message, Population, Request, View
from idiolect.errors import SettingError
from idiolect.select import (
    Okapi,
    OkapiIndex,
    all_words,
    asked_title_and_description,
    asked_words,
    okapi_scores,
    title_and_description,
)
from idiolect.select.ranking import best_first


def random_corpus(rng: np.random.Generator) -> tuple[list[list[str]], list[str]]:
    """Zipf words; often one or two documents, some of them empty, repeated terms in the query."""
    size = int(rng.choice([1, 2, 3, 5, 17, 60]))
    lengths = rng.integers(0, 30, size)
    lengths[0] = max(lengths[0], 1)  # rank_bm25 divides by zero where all documents are empty
    documents = [[f"w{n}" for n in rng.zipf(1.3, length) % 50] for length in lengths]
    return documents, [f"w{n}" for n in rng.zipf(1.3, 12) % 60]


@pytest.mark.parametrize("seed", range(8))
def test_published_scores_and_order_equal_rank_bm25(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(50):
        documents, query = random_corpus(rng)
        theirs = BM25Okapi(documents).get_scores(query)
        ours = okapi_scores(documents, query, published=True)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9)
        # rank_bm25 takes argsort(scores)[::-1], unstable in numpy; made stable it is "last first".
        assert best_first(ours).tolist() == np.argsort(theirs, kind="stable")[::-1].tolist()


def test_published_settings_equal_rank_bm25() -> None:
    documents, query = random_corpus(np.random.default_rng(3))
    theirs = BM25Okapi(documents, k1=1.2, b=0.4, epsilon=0.1).get_scores(query)
    ours = okapi_scores(documents, query, published=True, k1=1.2, b=0.4, epsilon=0.1)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9)


def test_published_mode_can_punish_a_match_and_the_default_never_does() -> None:
    documents, query = [["good", "film"], ["good", "book"]], ["good", "film"]
    alone = [["film"]]
    assert BM25Okapi(alone).get_scores(["film"])[0] < 0
    assert okapi_scores(alone, ["film"], published=True)[0] < 0
    assert okapi_scores(alone, ["film"])[0] > 0
    assert (okapi_scores(documents, query) > 0).all()


def test_default_scores_are_their_definition() -> None:
    documents = [["a", "b", "a"], ["b", "c"], ["c", "c", "c", "d"]]
    mean = 3.0
    expected = []
    for document in documents:
        total = 0.0
        for term in ["a", "c", "c", "unknown"]:
            holding = sum(term in other for other in documents)
            idf = math.log(1 + (3 - holding + 0.5) / (holding + 0.5))
            count = document.count(term)
            total += idf * count * 2.5 / (count + 1.5 * (0.25 + 0.75 * len(document) / mean))
        expected.append(total)
    np.testing.assert_allclose(okapi_scores(documents, ["a", "c", "c", "unknown"]), expected)


@pytest.mark.parametrize("published", [False, True])
def test_nothing_to_search_or_to_ask(published: bool) -> None:
    assert okapi_scores([], ["a"], published=published).shape == (0,)
    assert okapi_scores([[], []], ["a"], published=published).tolist() == [0, 0]
    assert okapi_scores([["a"], ["b"]], [], published=published).tolist() == [0, 0]


def test_an_index_answers_many_queries() -> None:
    documents, _ = random_corpus(np.random.default_rng(4))
    index = OkapiIndex.of(documents)
    for query in (["w1", "w2"], ["w1", "w1"], ["none"]):
        assert index.scores(query).tolist() == okapi_scores(documents, query).tolist()


def view(texts: list[str], query: str, item: Item | None = None, **given: str) -> View:
    events = [Event("u", text, item=f"i{n}", title=f"t{n}") for n, text in enumerate(texts)]
    people = Population.of([*events, Event("v", "x", item="i0")], [Item("i0", "Hut", "a wood hut")])
    return people.as_of(Request("u", query, item=item, given=given))


def test_the_best_match_comes_first_with_its_reason() -> None:
    chosen = Okapi(2)(view(["Noisy, but cheap", "Great VIEW!", "view great", "dull"], "great view"))
    assert chosen.events.texts[0] in {"Great VIEW!", "view great"}
    assert chosen.events.texts == ["view great", "Great VIEW!"]  # equal scores: the newer first
    assert chosen.reasons[0].startswith("BM25 ")
    assert chosen.reasons[1].endswith("rank 2 of 4")
    assert chosen.note == ""


def test_published_terms_keep_their_case_and_punctuation() -> None:
    here = view(["Great VIEW!", "great view", "dull", "dull", "dull"], "great view")
    assert Okapi(1, published=True)(here).events.texts == ["great view"]
    assert (
        sum(score.startswith("BM25 0.00") for score in Okapi(5, published=True)(here).reasons) == 4
    )
    assert sum(score.startswith("BM25 0.00") for score in Okapi(5)(here).reasons) == 3


def test_words_of_any_script_are_found() -> None:
    here = view(["очень ШУМНО тут", "部屋は静かです", "calm"], "шумно")
    assert Okapi(1)(here).events.texts == ["очень ШУМНО тут"]
    assert Okapi(1)(view(["部屋は静かです", "calm"], "静か")).events.texts == ["部屋は静かです"]


def test_equal_scores_are_newest_first_and_said_so() -> None:
    chosen = Okapi(2)(view(["a", "b", "c"], "nothing like it"))
    assert chosen.events.texts == ["c", "b"]
    assert chosen.note == "all 3 events have the same BM25: newest first"
    asked_nothing = Okapi(2)(view(["a", "b", "c"], ""))
    assert asked_nothing.events.texts == ["c", "b"]
    assert asked_nothing.note == "", "where nothing is asked, that nothing matches limits nothing"


def test_too_few_events_are_all_chosen_and_said_so() -> None:
    chosen = Okapi(8)(view(["one a", "two b", "two b c d"], "two"))
    assert len(chosen) == 3
    assert chosen.note == "only 3 events: nothing to choose"
    single = Okapi(8)(view(["one"], "two"))
    assert (len(single), single.note) == (1, "only 1 event: nothing to choose")


@pytest.mark.parametrize("published", [False, True])
def test_no_history_is_an_empty_choice(published: bool) -> None:
    people = Population.of([Event("v", "x")])
    chosen = Okapi(published=published)(people.as_of(Request("u", "anything")))
    assert (len(chosen), chosen.reasons) == (0, ())
    assert chosen.note == "no events: nothing to choose"


def test_only_the_given_events_are_searched() -> None:
    here = view(["great view", "dull", "a view"], "great view")
    assert Okapi(1)(here, here.own[1:]).events.texts == ["a view"]


def test_what_is_indexed_and_asked() -> None:
    hut = Item("h", "Hut", "a wood hut")
    event = Event("u", "loved it", title="Fine")
    assert all_words(event, hut) == "Fine Hut a wood hut loved it"
    assert all_words(Event("u", "loved it"), None) == "loved it"
    assert title_and_description(event, hut) == "Fine a wood hut"
    asked = Request(
        "u", "write", (Message("user", "please"),), hut, given={"title": "Top", "rating": 3}
    )
    assert asked_words(asked) == "write\nplease Top Hut a wood hut"
    assert asked_title_and_description(asked) == "Top a wood hut"
    assert asked_words(Request("u")) == asked_title_and_description(Request("u")) == ""


def test_a_count_below_one_is_refused() -> None:
    with pytest.raises(SettingError, match=r"Found events=0; give at least 1\."):
        Okapi(0)
