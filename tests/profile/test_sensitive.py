"""Sensitive matters: known as such, never inferred unless allowed, kept where they were stated."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from idiolect.data import Event, Population
from idiolect.lm import Scripted
from idiolect.profile import KINDS, Claim, Extract, Profile, Render, sensitive

#: Kind → sentences about a person, of that kind.
ABOUT = {
    "health": [
        "Was diagnosed with asthma.",
        "Takes medication for migraines.",
        "Is pregnant.",
        "Is disabled.",
        "Has chronic pain.",
        "Is deaf.",
    ],
    "beliefs": ["Goes to church on Sundays.", "Is an atheist.", "Prays before meals."],
    "politics": [
        "Votes for the greens.",
        "Is a conservative.",
        "Is a liberal.",
        "Is in a trade union.",
    ],
    "orientation": ["Is gay.", "Is a transgender person."],
    "origin": ["Came as a refugee.", "Is of Hispanic descent."],
    "class": [
        "Comes from a working-class home.",
        "Is in debt.",
        "Is indebted.",
        "Has a high income.",
    ],
    "crime": ["Has a criminal record.", "Was in prison.", "Was arrested.", "Stole a car."],
    "gender and age": ["Is a woman in her fifties.", "Is 34 years old."],
}
HARMLESS = [
    "Likes strong tea.", "Writes long sentences.", "Prefers the aisle seat.", "Owns a red bike.",
    "Is learning Greek.", "Answers with irony.", "Bakes bread on Sundays.", "Codes in Rust.",
    "Asks for sources.", "Enjoys galleries and managers' memoirs.", "Plays a straight bat.",
    "Reads about warranties.", "Writes with conviction.", "Has an arresting style.",
    "Reads the Chronicles of Narnia.", "Disables flaky tests.", "Pays off technical debt.",
    "Uses liberal amounts of commas.", "Makes conservative estimates.", "Buys fertilizer.",
    "Stole the show as Hamlet.", "Runs tools in privileged mode.", "Sells male connectors.",
    "Grows Roma tomatoes.", "Wants to democratize publishing.", "Collects jewels.",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), [(k, text) for k, of in ABOUT.items() for text in of])
def test_the_kind_is_known(kind: str, text: str) -> None:
    assert sensitive(text) == kind


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_harmless_is_left_alone(text: str) -> None:
    assert sensitive(text) == ""


def test_every_kind_is_tried() -> None:
    assert set(ABOUT) == set(KINDS)


def extracted(text: str, stated: bool, **settings: Any) -> Any:
    words = "I said this myself."
    event = Event("ann", words, time=datetime(2024, 1, 1, tzinfo=UTC), id="e1")
    reply = {
        "claims": [
            {"text": text, "dimension": "facts", "number": 1, "quote": words, "stated": stated,
             "polarity": "neutral", "confidence": 0.9, "days": None}
        ]
    }  # fmt: skip
    own = Population.of([event]).events_of("ann")
    return Extract(Scripted(json.dumps(reply)), **settings)(own)


@pytest.mark.parametrize("kind", ABOUT)
def test_inferred_ones_are_refused_and_stated_ones_kept(kind: str) -> None:
    text = ABOUT[kind][0]
    refused = extracted(text, stated=False)
    assert refused.claims == ()
    assert refused.refused == (f"{text!r} is about {kind} and was not stated",)
    (kept,) = extracted(text, stated=True).claims
    assert (kept.sensitive, kept.status) == (kind, "stated")
    (allowed,) = extracted(text, stated=False, allow_sensitive=True).claims
    assert (allowed.sensitive, allowed.status) == (kind, "inferred")


def test_and_are_not_told_unless_the_user_said_them() -> None:
    guessed = Claim("Is an atheist.", "facts", 0.9, sensitive="beliefs")
    profile = Profile("ann").add([guessed], "guessed")
    assert Render()(profile).text == ""
    assert Render()(profile).left_out["sensitive and only inferred"] == profile.claims
    assert Render()(profile.correct("c1", "Is an agnostic.")).text == "- Is an agnostic."
    assert Render(suppress_sensitive=False)(profile).text == "- Is an atheist."
