"""From scores to a selection that can say why."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Events
from idiolect.data.index import Rows
from idiolect.errors import SettingError
from idiolect.select.chosen import Chosen


def at_least_one(name: str, value: int) -> None:
    """Check a count.

    Raises:
        SettingError: It is below 1.
    """
    if value < 1:
        raise SettingError(f"Found {name}={value!r}; give at least 1.")


def best_first(scores: NDArray[np.floating]) -> Rows:
    """Positions by falling score; of equal scores the last comes first.

    The order of rank_bm25, whose `argsort` leaves ties to the processor where this one is stable.
    """
    return np.argsort(scores, kind="stable")[::-1]


def few(found: int, wanted: int) -> str:
    """Why there is nothing to choose among so few events; empty where there is a choice."""
    if not found:
        return "no events: nothing to choose"
    if found > wanted:
        return ""
    return f"only {found} event{'s' if found > 1 else ''}: nothing to choose"


def top(events: Events, scores: NDArray[np.floating], wanted: int, measure: str) -> Chosen:
    """The `wanted` events of the highest score; equal scores newest first.

    Args:
        events: Oldest first.
        scores: One an event.  # (events,)
        wanted: How many.
        measure: What the scores are called in the reasons.
    """
    order = best_first(scores)[:wanted]
    notes = [few(len(events), wanted)]
    if len(events) > 1 and scores.min() == scores.max():
        notes.append(f"all {len(events)} events have the same {measure}: newest first")
    return Chosen(
        events.take(order),
        tuple(
            f"{measure} {scores[at]:.2f}, rank {rank} of {len(events)}"
            for rank, at in enumerate(order, start=1)
        ),
        "; ".join(note for note in notes if note),
    )
