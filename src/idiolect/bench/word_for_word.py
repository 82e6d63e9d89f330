"""Things known by their words alone, and what stands word for word where it should not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from idiolect.data import Event, Item, Request


def thing(description: str, title: str = "") -> Item:
    """A thing that only its words identify: equal descriptions are one item.

    Of two titles of one description the first to be read stays.
    """
    words = description.strip()
    return Item(hashlib.sha256(words.encode()).hexdigest()[:16], title or None, words or None)


def leaks(
    requests: Iterable[Request], golds: Iterable[Event], events: Sequence[Event]
) -> tuple[str, ...]:
    """Notes on what histories give away, and on histories that share events.

    Args:
        requests: Their words, or those of their items, are looked for in the user's own history.
        golds: What was really written; those without words, and choices, are not looked for.
        events: All histories.
    """
    wanted = [(g.user, g.text.strip()) for g in golds if g.chosen is None and g.rating is None]
    texts = {text for _, text in wanted if text}
    users: dict[str, set[str]] = {}
    shared: dict[tuple[object, ...], list[str]] = {}
    met: set[tuple[str, str | None]] = set()
    for event in events:
        text = event.text.strip()
        met |= {(event.user, text), (event.user, event.item)}
        if text in texts:
            users.setdefault(text, set()).add(event.user)
        if text:
            shared.setdefault((text, event.item, event.title), []).append(event.user)
    again = [(r.user, r.item.id if r.item else r.query.strip()) for r in requests]
    own = sum(user in users.get(text, ()) for user, text in wanted)
    other = sum(bool(users.get(text, set()) - {user}) for user, text in wanted)
    several = sum(len(whose) for whose in shared.values() if len(set(whose)) > 1)
    return told(
        (sum(one in met for one in again), "requests are about something that stands word for word "
         "in the user's own history"),
        (own, "gold texts stand word for word in the user's own history"),
        (other, "gold texts stand word for word in another user's history; methods that read other "
         "users can copy them"),
        (several, f"of {len(events):,} events stand in several users' histories: users may be one "
         "person, who is then compared with themselves"),
    )  # fmt: skip


def told(*counts: tuple[int, str]) -> tuple[str, ...]:
    """A note for each count above 0."""
    return tuple(f"{count:,} {what}." for count, what in counts if count)
