"""Important words by counting: planted words, the order, and the IDF against its definition."""

import math
from datetime import UTC, datetime, timedelta

from idiolect.data import Event, Population, Request
from idiolect.measure.keywords import Idf, inverse_frequencies, key_words, occurring

START = datetime(2024, 1, 1, tzinfo=UTC)


def test_words_that_come_back_and_that_not_everybody_uses() -> None:
    texts = ["The kiln glazed the bowl", "a glazed bowl, the kiln and a glazed pot 1999 1999"]
    idf = {"glazed": 3.0, "bowl": 1.4, "kiln": 2.0, "pot": 4.0}
    # bowl is everybody's, pot stands there once, the numbers are no words, "the" is grammar
    assert key_words(texts, idf) == ["glazed", "kiln"]


def test_the_order_is_frequency_then_idf_then_first_use() -> None:
    texts = ["ash oak elm fir ash oak elm fir ash"]
    idf = {"ash": 1.5, "oak": 2.0, "elm": 3.0, "fir": 2.0}
    assert key_words(texts, idf) == ["ash", "elm", "oak", "fir"]
    assert key_words(texts, idf, most=2) == ["ash", "elm"]
    assert key_words(texts, idf, least_idf=1.6) == ["elm", "oak", "fir"]


def test_named_words_that_occur_and_that_do_not() -> None:
    named = ["Kiln", "the", "kiln", "lava", "bowl", "LAVA", "hot kiln"]
    texts = ["The kiln.", "A BOWL, the bowls"]
    assert occurring(named, texts) == (["Kiln", "bowl"], ["the", "lava", "hot kiln"])
    assert occurring([], texts) == ([], [])


def test_at_most_twenty() -> None:
    assert len(key_words([" ".join(f"w{chr(97 + n)} w{chr(97 + n)}" for n in range(26))], {})) == 20


def test_idf_is_its_definition() -> None:
    found = inverse_frequencies(["ash oak", "ash", "elm ash", ""])
    assert found == {"ash": math.log(4 / 3), "oak": math.log(4), "elm": math.log(4)}
    assert inverse_frequencies([]) == {}


def test_idf_of_a_view_sees_nothing_later_and_is_counted_once() -> None:
    population = Population.of(
        Event(f"u{n % 4}", f"word{n}x common", time=START + timedelta(hours=n)) for n in range(32)
    )
    idf = Idf()
    view = population.as_of(Request("u0", "x", time=START + timedelta(hours=16)))
    known = idf(view)
    assert "word1x" not in known or known["word1x"] > 0
    seen = {word for event in view.snapshot().events for word in event.text.split()}
    assert set(known) <= {word.lower() for word in seen}
    assert not any(word in known for word in ("word16x", "word31x"))
    assert idf(view) is known
