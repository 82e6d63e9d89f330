"""The last prompt of most recipes: answer the request with what is known of the user."""

from __future__ import annotations

from collections.abc import Callable

from idiolect.data import Request
from idiolect.lm import (
    Choice,
    Expects,
    Number,
    Prompt,
    Sampling,
    Section,
    Text,
    conversation,
    given,
    item,
    options,
    own,
    profile,
    query,
)
from idiolect.profile.profile import Profile

#: In place of a recipe's wording where no text is asked for, but a choice or a number.
DECIDE = (
    "Answer what is asked as this user would. You see what it is about, the facts that are given, "
    "and, where it is known, what the user wrote before and what is believed of the user."
)


def writing(
    instruction: str, sampling: Sampling | None = None
) -> Callable[[Request, Profile], Prompt]:
    """Makes the last prompt: item, own texts, profile, given facts, conversation, request.

    The order is DPL's; sections without content are left out. A request with options or a scale is
    answered with one of these, whatever the recipe: the instruction is then `DECIDE`.
    """

    def prompt(request: Request, user: Profile) -> Prompt:
        expects = expected(request)
        return Prompt(
            instruction if isinstance(expects, Text) else DECIDE,
            item(request.item),
            own(user.examples),
            profile(user.summary, user.evidence),
            given(request),
            conversation(request.messages, request.event),
            query(request),
            options(request.options, request.event),
            expects=expects,
            sampling=sampling,
            stage="write",
        )

    return prompt


def asked(request: Request) -> tuple[Section, ...]:
    """What is asked, without anything of the user: item, given facts, conversation, request."""
    parts = (
        item(request.item),
        given(request),
        conversation(request.messages, request.event),
        query(request),
    )
    return tuple(part for part in parts if part is not None and part.entries)


def expected(request: Request) -> Expects:
    """What a request asks for: one of its options, a number within its scale, or a text."""
    if request.options:
        return Choice(request.options)
    return Text("writing") if request.scale is None else Number(*request.scale)
