"""What a model writes where the user wrote, so that the two can be compared."""

from __future__ import annotations

from collections.abc import Sequence

from idiolect.data import Event, Events, Item, Request
from idiolect.lm import LanguageModel, Sampling
from idiolect.profile.profile import Profile
from idiolect.profile.writing import writing


def past_request(event: Event, about: Item | None) -> Request:
    """What was asked for when the user wrote: the thing, rating and title; never the text."""
    facts = {"rating": event.rating, "title": event.title}
    known = {name: value for name, value in facts.items() if value is not None}
    return Request(event.user, item=about, given=known, event=event.id)


def about_nothing(events: Events) -> str:
    """A note on past texts of which nothing tells what was asked for; empty where there is none.

    A draft in place of such a text is about anything, so a difference from it says little.
    """
    pairs = zip(events, events.about, strict=True)
    blank = sum(not event.title and not (about and about.words) for event, about in pairs)
    if not blank:
        return ""
    return (
        f"of {blank} of {len(events)} past texts no title or thing is known: drafts in their place "
        "are about anything"
    )


def drafted(
    lm: LanguageModel,
    wording: str,
    events: Events,
    told: Sequence[str] = ("",),
    *,
    sampling: Sampling | None = None,
) -> list[list[str]]:
    """For each of some profiles, what the model writes in place of each event; all side by side.

    Args:
        lm: Who writes.
        wording: The instruction.
        events: Past texts of the user; the model sees what they are about, not the texts.
        told: What it is told of the user; empty for nothing.
        sampling: How replies are drawn.

    Returns:
        Texts, one row a profile.  # (profiles, events)
    """
    draft = writing(wording, sampling)
    past = [past_request(event, about) for event, about in zip(events, events.about, strict=True)]
    replies = lm.reply(
        draft(request, Profile(request.user, summary)).replace(stage="draft")
        for summary in told
        for request in past
    )
    texts = [str(reply.value) for reply in replies]
    return [texts[row * len(past) : (row + 1) * len(past)] for row in range(len(told))]
