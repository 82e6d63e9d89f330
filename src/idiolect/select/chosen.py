"""What a selector returns: events, why each was chosen, and whether there was a choice at all."""

from __future__ import annotations

from dataclasses import dataclass

from idiolect.data import Events


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
