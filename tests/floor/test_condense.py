"""Summing up: counts of what recurs, habits that can be recounted, a typical sentence."""

import pytest

from idiolect.errors import CapabilityError
from idiolect.floor import Extractive
from idiolect.floor.said import quoted_words, statements
from idiolect.lm import Entry, Prompt, Section, Text, own, peers
from idiolect.measure import FEATURES

WORDING = {f.name: (f.more, f.less) for f in FEATURES}
MORE_MARKS, FEWER_MARKS = WORDING["exclamations"]
LONGER, SHORTER = WORDING["sentence_length"]


def summed(told: list[Entry], texts: list[str] | None = None) -> list[str]:
    prompt = Prompt(
        "Sum up.",
        Section("differences", tuple(told)),
        own([Entry(t) for t in texts or []]),
        expects=Text("summary"),
    )
    return Extractive().one(prompt).value.splitlines()


def about(thing: str, said: str) -> Entry:
    return Entry(said, (("about", thing),))


def test_every_wording_is_read_back() -> None:
    """No wording contains another, so each is found alone."""
    for feature in FEATURES:
        assert statements(f"Here one {feature.more}, we see.") == [(feature, 1)]
        assert statements(feature.less.capitalize()) == [(feature, -1)]


def test_quoted_single_words() -> None:
    assert quoted_words("names “splendid” (3) and “Tea”; typical: “A whole sentence.”") == [
        "splendid",
        "tea",
    ]


def test_what_comes_back_is_counted() -> None:
    told = [about(str(n), f"writing: {MORE_MARKS} (1 against 0); {LONGER}") for n in range(3)]
    told += [about("x", f"writing: {SHORTER}."), about("y", f"writing: {FEWER_MARKS}.")]
    told += [about("z", f"writing: {SHORTER}."), about("w", f"writing: {SHORTER}.")]
    assert summed(told) == [f"{MORE_MARKS} (in 3 of 7 comparisons)"]


def test_what_happened_once_is_left_out() -> None:
    told = [about("a", MORE_MARKS), about("b", LONGER)]
    assert summed(told) == ["nothing came back over 2 comparisons"]
    assert summed(told[:1]) == [f"{MORE_MARKS} (in 1 of 1 comparisons)"]


def test_words_that_come_back() -> None:
    told = [about(str(n), f"semantic: alone mentions “tea”, “w{n}”.") for n in range(2)]
    assert "mentions what the others do not: “tea”" in summed(told)


def test_what_is_said_of_everything_stands() -> None:
    told = [Entry("Uses more commas than others: 2 against 1."), Entry("Loves tea.")]
    assert summed(told) == [entry.text for entry in told]


def test_habits() -> None:
    texts = [
        "Tea is good.",
        "I drink tea all day. Really good.",
        "No tea today, only milk, alas, no.",
    ]
    lines = summed([], texts)
    # Words: 3, 7, 7 a text (median 7); 3, 5, 2, 7 a sentence (median 4).
    assert lines[0] == "about 7 words a text and 4 a sentence (in 3 texts)"
    assert lines[1] == "comes back to “tea”, “good”"
    assert lines[2].startswith("typical: “")


def test_the_typical_sentence_is_the_central_one() -> None:
    texts = [
        "The green tea was hot and fresh.",
        "The green tea was fresh and strong.",
        "The green tea was hot and strong and fresh.",
        "My neighbour bought a red bicycle yesterday.",
    ]
    assert summed([], texts)[-1] == "typical: “The green tea was hot and strong and fresh.”"


def test_other_sections_are_extracted_from() -> None:
    prompt = Prompt(
        "Sum up.", Section("item", (Entry("Tea is hot tea. Tea."),)), expects=Text("summary")
    )
    assert Extractive().one(prompt).value == "Tea is hot tea."
    with pytest.raises(CapabilityError, match="found no text"):
        Extractive().one(Prompt("Sum up.", expects=Text("summary")))


def test_other_peoples_sentences_are_never_extracted() -> None:
    others = peers([Entry("Tea is hot tea."), Entry("Tea is good.")])
    with pytest.raises(CapabilityError, match="not by other people; show it differences or own"):
        Extractive().one(Prompt("Sum up.", others, expects=Text("summary")))
    item = Section("item", (Entry("A tea house by the river."),))
    shown = Extractive().one(Prompt("Sum up.", others, item, expects=Text("summary")))
    assert shown.value == "A tea house by the river."
