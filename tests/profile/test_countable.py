"""Counted summaries: planted figures, and a brute-force count that shares no code."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import regex

from idiolect.data import Event, Population, Request
from idiolect.profile.countable import TRAITS, countable, labels, lengths, scores, traits

START = datetime(2024, 1, 1, tzinfo=UTC)


def own(rows):
    events = [
        Event("u", time=START + timedelta(days=n), id=f"e{n}", **row) for n, row in enumerate(rows)
    ]
    population = Population.of([*events, Event("other", "X", id="x", time=START)])
    return population.as_of(Request("u")).own


def by_name(found):
    return {each.name: each for each in found}


def test_the_dominant_label_and_of_equals_the_one_given_last():
    tags = ["war", "love", "love", "war", "sci-fi", None]
    found = labels(own([{"chosen": tag} for tag in tags]))
    assert [(each.value, each.times) for each in found] == [("war", 2), ("love", 2), ("sci-fi", 1)]
    assert found[0].events == ("e0", "e3")
    assert {each.among for each in found} == {5}, "a text without a label does not count"
    assert found[0].text == "label “war”: in 2 of 5 texts"


def test_the_most_common_scores_on_both_sides_of_the_middle():
    events = own([{"rating": r} for r in (5, 4, 5, 2, 1, 2, 3, None)])
    assert [(s.value, s.times) for s in scores(events)] == [
        ("2", 2), ("5", 2), ("3", 1), ("1", 1), ("4", 1),
    ]  # fmt: skip
    assert [s.value for s in scores(events, middle=3)] == ["5", "2"]
    assert [s.value for s in scores(own([{"rating": 4.5}]), middle=3)] == ["4.5"]
    near = scores(own([{"rating": 1234567}, {"rating": 1234568}]))
    assert [s.value for s in near] == ["1234568", "1234567"], "no two scores are taken for one"


@pytest.mark.parametrize("seed", range(5))
def test_random_labels_and_scores_equal_a_counter(seed):
    draw = random.Random(seed)
    rows = [{"chosen": draw.choice("abcde"), "rating": draw.randint(1, 5)} for _ in range(60)]
    events = own(rows)
    assert {c.value: c.times for c in labels(events)} == Counter(r["chosen"] for r in rows)
    counts = Counter(str(r["rating"]) for r in rows)
    found = scores(events)
    assert {c.value: c.times for c in found} == counts
    assert found[0].times == max(counts.values())
    good = {k: n for k, n in counts.items() if int(k) > 3}
    assert scores(events, middle=3)[0].times == max(good.values())


TWEET = "omg THIS is SO good!!! 😀 @ann look: https://a.example/x #win #fun… right?"


def test_planted_surface_traits():
    found = by_name(traits(own([{"text": TWEET}, {"text": "Fine. I agree"}, {"text": " "}])))
    planted = {
        "words in capitals": (2, 1),
        "sentences that begin in lower case": (3, 1),
        "exclamation marks": (3, 1),
        "question marks": (1, 1),
        "dots in a row": (1, 1),
        "hashtags": (2, 1),
        "mentions": (1, 1),
        "links": (1, 1),
        "emoji": (1, 1),
        "no mark at the end": (1, 1),
    }
    assert set(planted) == set(TRAITS)
    for name, figures in planted.items():
        each = found[name]
        assert (each.times, len(each.events)) == figures, name
        assert each.among == 2, "an empty text is none"
    assert found["no mark at the end"].events == ("e1",)
    assert found["exclamation marks"].text == "exclamation marks: in 1 of 2 texts, 3 times"


def test_marks_and_words_of_links_are_not_the_users():
    links = ("https://a.example/x?b=1&c=2#top", "http://b.example/@ann!", "www.c.example/NEWS...")
    found = by_name(traits(own([{"text": f"We read {link}."} for link in links])))
    assert found["links"].times == len(links)
    silent = set(TRAITS) - {"links", "dots in a row", "exclamation marks"}
    assert not any(found[name].times for name in silent)
    assert found["exclamation marks"].times == found["dots in a row"].times == 1, "after the link"
    assert lengths(own([{"text": f"We read {link}"} for link in links]))[0].times == 6


EMOJI = (
    "😀",
    "👍🏽",
    "👨\u200d👩\u200d👧",
    "❤️\u200d🔥",
    "🇩🇪",
    "1️⃣",
    "⭐",
    "✔️",
    "🏴\U000e0067\U000e007f",
    "⌚",
)


@pytest.mark.parametrize("seed", range(5))
def test_an_emoji_counts_once_as_it_is_seen(seed):
    """Against the grapheme clusters of another library."""
    draw = random.Random(seed)
    text = "".join(draw.choice([*EMOJI, " a ", "1", "★", "é", " © ", " 🇫🇷🇮🇹 "]) for _ in range(60))
    picture = regex.compile(r"\p{Emoji_Presentation}|\p{RI}|.\ufe0f|\p{Emoji_Modifier}|🏴")
    clusters = [each for each in regex.findall(r"\X", text) if picture.search(each)]
    assert by_name(traits(own([{"text": text}])))["emoji"].times == len(clusters)


@pytest.mark.parametrize("seed", range(5))
def test_random_surfaces_equal_a_count_letter_by_letter(seed):
    draw = random.Random(seed)
    words = ["Go", "NOW", "now", "A", "BBC", "I", "x1"]
    texts = [
        " ".join(draw.choice(words) + draw.choice(["", "", "!", "?", "!!"]) for _ in range(12))
        for _ in range(20)
    ]
    found = by_name(traits(own([{"text": text} for text in texts])))
    for name, mark in {"exclamation marks": "!", "question marks": "?"}.items():
        assert found[name].times == sum(letter == mark for text in texts for letter in text)
        assert len(found[name].events) == sum(mark in text for text in texts)
    loud = [sum(word.strip("!?") in ("NOW", "BBC") for word in text.split()) for text in texts]
    assert found["words in capitals"].times == sum(loud)
    assert len(found["words in capitals"].events) == sum(map(bool, loud))
    silent = [f"e{n}" for n, text in enumerate(texts) if text[-1].isalnum()]
    assert list(found["no mark at the end"].events) == silent


def test_lengths_and_what_is_worth_a_line():
    events = own([{"text": t, "chosen": "x"} for t in ("one", "one two three.", "a b!")])
    assert lengths(events)[0].text == "2 words a text (median; 1 to 3)"
    lines = [each.text for each in countable(events)]
    assert lines[0] == "label “x”: in 3 of 3 texts"
    assert "hashtags" not in "".join(lines), "what never occurs is not said"
    assert countable(own([{"text": ""}])) == ()


def test_a_count_is_a_claim_that_cites_its_texts():
    events = own([{"text": "WOW"}, {"text": "meh."}])
    claim = by_name(countable(events))["words in capitals"].claim
    assert claim.confidence == 1
    assert claim.own == ("e0",)
    assert by_name(countable(events))["words in capitals"].entry.events == ("e0",)
