"""Profiles: what they rest on, how they are kept, and what a prompt is told of them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from idiolect.data import Event, Item, Message, Population, Request
from idiolect.difference import Difference, Measure, Point
from idiolect.errors import DataError
from idiolect.lm import Entry, Sampling
from idiolect.profile import Claim, Profile, Span, claims, writing

MEASURE = Measure(
    "exclamations", "writing", 1.25, 91.5, 0.001, 0.0125, 0.5, 0.125, 9, 12, 40,
    ("Great!",), ("en",),
)  # fmt: skip
FOUND = (
    Difference("writing", "More marks.", "measured", ("a1", "a2"), ("b1",), MEASURE, note="few"),
    Difference(
        "emotional",
        "Warmer.",
        "told",
        ("a3",),
        ("b2",),
        about="An inn",
        reasons=("near",),
        points=(Point("irony", "saying the opposite", "often"),),
    ),
)
PROFILE = Profile(
    "ann",
    "Writes “loudly” — always.",
    (
        Claim(
            "More marks.",
            "writing",
            0.9875,
            spans=(Span("a1", "Great!", 3), Span("a2")),
            reference=("b1",),
            learned_at=datetime(2024, 5, 1, tzinfo=UTC),
        ),
        Claim("Likes tea.", "semantic", 1.0, "stated"),
    ),
    FOUND,
    (Entry("Great! Came again.", (("rating", "5"),), ("a4",)),),
    ("only 3 texts",),
    ("a5", "a1"),
)


def test_json_is_read_back_equal() -> None:
    assert Profile.from_json(PROFILE.to_json()) == PROFILE
    assert Profile.from_json(Profile("bob").to_json()) == Profile("bob")


def edited(**changes: Any) -> str:
    return json.dumps(json.loads(PROFILE.to_json()) | changes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the whole text: invalid json"),
        ("[]", "the whole text: input should be an object"),
        ("{}", "user: field required"),
        (edited(user=7), "user: input should be a valid string"),
        (edited(claims=[5]), r"claims\.0: input should be an object"),
        (edited(notes="short"), "notes: input should be a valid array"),
        (edited(sumary="x"), "sumary: unexpected keyword argument"),
        (
            edited(claims=[{"text": "t", "dimension": "d", "confidence": 1.0, "staus": "stated"}]),
            r"claims\.0\.staus: unexpected keyword argument",
        ),
        (
            edited(claims=[{"text": "t", "dimension": "d", "confidence": 1.0, "status": "sure"}]),
            r"claims\.0\.status: input should be 'stated', 'inferred', 'corrected' or 'suppressed'",
        ),
        (
            edited(claims=[{"text": "t", "dimension": "d", "confidence": "high"}]),
            r"claims\.0\.confidence: input should be a valid number",
        ),
    ],
)
def test_what_is_no_profile_is_refused(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Profile.from_json(text)


def test_evidence_is_all_that_it_rests_on_each_once() -> None:
    assert PROFILE.evidence == ("a4", "a1", "a2", "b1", "a3", "b2", "a5")


def test_claims_are_the_measured_differences_with_their_evidence() -> None:
    texts = [Event("ann", "Plain.", id="a1"), Event("ann", "Oh. Great! Yes.", id="a2")]
    assert claims(FOUND, Population.of(texts).events_of("ann")) == (
        Claim(
            "More marks.",
            "writing",
            confidence=0.9875,  # 1 - q, not 1 - p
            spans=(Span("a2", "Great!", 4), Span("a1")),
            reference=("b1",),
        ),
    )


def test_the_writing_prompt_shows_all_that_is_known_in_order() -> None:
    request = Request(
        "ann",
        "Say it short.",
        (Message("user", "Hello."),),
        Item("i", "Inn", "By the river."),
        given={"rating": 4.0, "title": "Nice"},
    )
    sampling = Sampling(temperature=0.5)
    prompt = writing("Write.", sampling)(request, PROFILE)
    assert [section.kind for section in prompt.sections] == [
        "item", "own", "profile", "given", "conversation", "query",
    ]  # fmt: skip
    assert prompt.section("own") == PROFILE.examples
    assert prompt.section("profile") == (Entry(PROFILE.summary, events=PROFILE.evidence),)
    assert prompt.section("given")[0].facts == (("rating", "4"), ("title", "Nice"))
    assert prompt.section("conversation")[0].text == "Hello."
    assert prompt.section("query")[0].text == "Say it short."
    assert prompt.sampling == sampling
    assert prompt.events == ("a4", "a1", "a2", "b1", "a3", "b2", "a5")


def test_nothing_known_leaves_the_instruction() -> None:
    assert writing("Write.")(Request("ann"), Profile("ann")).sections == ()
