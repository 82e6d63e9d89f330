"""Writing out of own sentences: nothing invented, near the request, of the user's length."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from idiolect.data import Item, Message, Population, Request, last_per_user
from idiolect.errors import CapabilityError
from idiolect.floor import Extractive
from idiolect.lm import (
    Entry,
    Prompt,
    Section,
    Text,
    conversation,
    entries,
    given,
    item,
    own,
    peers,
    profile,
    query,
)
from idiolect.measure import FEATURES
from idiolect.measure import Text as Cut

KETTLE = Item("k", "Steel kettle", "A kettle that boils water quickly. It whistles.")


def text(body: str, rating: float | None = None, about: str = "") -> Entry:
    facts = [("about", about)] if about else []
    facts += [("rating", f"{rating:g}")] if rating is not None else []
    return Entry(body, tuple(facts))


def written(*sections: Section | None) -> str:
    return Extractive().one(Prompt("Write.", *sections, expects=Text("writing"))).value


def words(body: str) -> list[str]:
    return Cut(body).lower


TEXTS = [
    text("The kettle boils fast. I love the handle. It will last for years."),
    text("This book put me to sleep. The author never gets anywhere. I gave up."),
    text("Shoes came in the wrong size. Sending them back was easy enough for me."),
]


def test_only_own_words_and_whole_sentences() -> None:
    theirs = peers([text("Gorgeous kettle, the best kettle that water ever boiled in.")])
    out = written(item(KETTLE), own(TEXTS), theirs, query(Request("ann", "Review the kettle")))
    sentences = {s for entry in TEXTS for s in Cut(entry.text).sentences}
    assert Cut(out).sentences
    assert set(Cut(out).sentences) <= sentences
    assert "gorgeous" not in out.lower()


def test_the_request_decides() -> None:
    about_kettle = written(item(KETTLE), own(TEXTS))
    about_book = written(item(Item("b", "A dull book", "Nothing happens.")), own(TEXTS))
    assert "The kettle boils fast." in about_kettle
    assert "The kettle boils fast." not in about_book
    assert "This book put me to sleep." in about_book


def test_the_last_message_is_a_request() -> None:
    said = conversation([Message("user", "shoes?"), Message("user", "What about that kettle?")])
    assert "The kettle boils fast." in written(own(TEXTS), said)


@pytest.mark.parametrize(("rating", "wanted"), [(5.0, "Lovely kettle."), (1.0, "Awful kettle.")])
def test_sentences_of_a_close_rating(rating: float, wanted: str) -> None:
    texts = own([text("Lovely kettle.", 5), text("Awful kettle.", 1)])
    assert written(item(KETTLE), texts, given(Request("ann", given={"rating": rating}))) == wanted


def test_of_about_the_median_length() -> None:
    """Ten sentences of five words each, in texts of 10, 20 and 20 words: 20 words are wanted."""
    sentences = [
        f"Kettle {a} is {b} today." for a, b in zip("abcdefghij", "klmnopqrst", strict=True)
    ]
    texts = [" ".join(sentences[:2]), " ".join(sentences[2:6]), " ".join(sentences[6:])]
    assert len(words(written(item(KETTLE), own([text(t) for t in texts])))) == 20


@pytest.mark.parametrize(("wording", "expected"), [("longer", 30), ("shorter", 10), ("other", 20)])
def test_the_profile_says_how_long(wording: str, expected: int) -> None:
    numbers = iter(range(100, 200))

    def body(sentences: int) -> str:
        return " ".join(
            f"Kettle a{next(numbers)} b{next(numbers)} is here." for _ in range(sentences)
        )

    texts = own([text(body(n)) for n in (1, 2, 4, 6, 8)])
    length = next(f for f in FEATURES if f.name == "length")
    said = {"longer": length.more, "shorter": length.less}.get(wording, "likes tea")
    assert len(words(written(item(KETTLE), texts, profile(f"This person {said}.")))) == expected


def test_the_profile_says_how() -> None:
    texts = own([text("The blue kettle works!"), text("The blue kettle works.")])
    marks = next(f for f in FEATURES if f.name == "exclamations")
    assert written(item(KETTLE), texts, profile(marks.more.capitalize())).endswith("!")
    assert written(item(KETTLE), texts, profile(marks.less.capitalize())).endswith(".")


def test_the_profile_names_words() -> None:
    texts = own([text("A kettle, plainly."), text("A kettle, splendid.")])
    assert written(item(KETTLE), texts) == "A kettle, plainly."
    assert written(item(KETTLE), texts, profile("Distinctive words: “splendid” (2)")) == (
        "A kettle, splendid."
    )


def test_no_repetition() -> None:
    again = ["The kettle boils water fast.", "The kettle boils water fast today."]
    texts = own([text(" ".join([*again, "My cat likes the noise."]))] * 3)
    out = written(item(Item("k", "kettle boils water fast cat")), texts, profile("likes tea"))
    assert out.count("The kettle boils water fast.") == 1


def test_the_order_of_the_sources() -> None:
    texts = own([text("Hello kettle. Middle kettle words. Goodbye kettle.")])
    assert written(item(KETTLE), texts) == "Hello kettle. Middle kettle words. Goodbye kettle."


def test_without_own_texts() -> None:
    facts = given(Request("ann", given={"rating": 5.0, "title": "Does its job"}))
    assert written(item(KETTLE), facts) == (
        "Does its job. Steel kettle: A kettle that boils water quickly."
    )
    assert written(query(Request("ann", "Write about tea"))) == "Write about tea"
    assert written(conversation([Message("user", "Hi"), Message("assistant", "Ho")])) == "Hi"


def test_other_people_do_not_write_for_the_user() -> None:
    theirs = peers([text("Canary sentences by somebody else.")])
    assert "canary" not in written(item(KETTLE), theirs).lower()
    with pytest.raises(CapabilityError, match=r"nothing to write from.*--lm openai"):
        written(theirs)


def test_thousands_of_sentences() -> None:
    rng = np.random.default_rng(0)
    names = [f"word{n}" for n in range(3000)]
    texts = [text(" ".join(rng.choice(names, 10)) + ".") for _ in range(4000)]
    out = written(item(KETTLE), own([*texts, text("A kettle of ten words or so, it is fine.")]))
    assert "A kettle of ten words or so, it is fine." in out


@pytest.mark.real
def test_nearer_to_the_real_text_than_another_own_text(real_data: Path) -> None:
    """ROUGE-1 of 150 held-out reviews; all 494 critics gave .124 against .103, ± .0034."""
    from rouge_score.rouge_scorer import RougeScorer

    score = RougeScorer(["rouge1"]).score
    reviews = pl.read_csv(real_data / "rotten" / "reviews.csv.gz").select(
        pl.col("movie").cast(pl.String).alias("item"),
        user="critic",
        time="date",
        rating="score",
        title="verdict",
        text="review",
    )
    films = pl.read_csv(real_data / "rotten" / "movies.csv.gz").select(
        pl.col("movie").cast(pl.String).alias("id"), description="synopsis"
    )
    population, rng, gains = Population(reviews, films), np.random.default_rng(0), []
    for request in last_per_user(population, at_least=12)[::3][:150]:
        view, truth = population.as_of(request), population.event(request.event).text
        out = written(item(request.item), own(entries(view.own)), given(request))
        another = view.own.texts[rng.integers(len(view.own))]
        gains.append(
            score(truth, out)["rouge1"].fmeasure - score(truth, another)["rouge1"].fmeasure
        )
    means = rng.choice(gains, (2000, len(gains))).mean(axis=1)
    assert np.quantile(means, 0.025) > 0
