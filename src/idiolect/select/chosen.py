"""What a selector returns: events, why each was chosen, and whether there was a choice at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from idiolect.data import Event, Events, View


@dataclass(frozen=True)
class Chosen:
    """Selected events.

    Attributes:
        events: The selection, best first.
        reasons: Why each was chosen, one a event.
        note: Empty, or why there was nothing to choose (too few candidates, equal texts).
    """

    events: Events
    reasons: tuple[str, ...] = ()
    note: str = ""

    def __len__(self) -> int:
        return len(self.events)


class Selector(Protocol):
    """Which of a user's own events matter for the view's request."""

    def __call__(self, view: View, events: Events | None = None) -> Chosen:
        """The chosen ones among `events`, oldest first; by default all own events."""
        ...


class Representatives(Protocol):
    """Who stands for the others on the item of one own event."""

    def __call__(self, own: Event, view: View) -> Chosen:
        """The chosen ones among `view.peers(own.item)`."""
        ...
