"""The last prompt of most text recipes: write for the request with what is known of the user."""

from __future__ import annotations

from collections.abc import Callable

from idiolect.data import Request
from idiolect.lm import (
    Prompt,
    Sampling,
    Text,
    conversation,
    given,
    item,
    own,
    profile,
    query,
)
from idiolect.profile.profile import Profile


def writing(
    instruction: str, sampling: Sampling | None = None
) -> Callable[[Request, Profile], Prompt]:
    """Makes the writing prompt: item, own texts, profile, given facts, conversation, request.

    The order is DPL's; sections without content are left out.
    """

    def prompt(request: Request, user: Profile) -> Prompt:
        return Prompt(
            instruction,
            item(request.item),
            own(user.examples),
            profile(user.summary, user.evidence),
            given(request),
            conversation(request.messages),
            query(request),
            expects=Text("writing"),
            sampling=sampling,
            stage="write",
        )

    return prompt
