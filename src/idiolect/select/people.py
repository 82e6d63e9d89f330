"""Which people: those whose texts, taken together, are most like the user's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from idiolect.data import Events, View
from idiolect.data.index import Rows
from idiolect.embed import Encoder, unit
from idiolect.select.ranking import at_least_one


@dataclass(frozen=True)
class People:
    """Chosen people, by their events.

    Attributes:
        events: For each person, nearest first, all events that may be read, newest first.
        reasons: Why each was chosen, one a person.
        note: Empty, or why there was nothing to choose.
    """

    events: tuple[Events, ...] = ()
    reasons: tuple[str, ...] = ()
    note: str = ""

    def __len__(self) -> int:
        return len(self.events)


@dataclass(frozen=True)
class Neighbours:
    """The people whose latest texts have the highest cosine with the user's latest, as one text.

    Args:
        encoder: Cut at the view before it is used.
        neighbours: How many people at most.
        texts: How many of everybody's latest texts are compared.
        candidates: How many people are looked at: first those who did something with the most of
            the user's items, then those active last. Bounds the cost of a request.

    Raises:
        SettingError: A count is below 1.
    """

    encoder: Encoder
    neighbours: int = 3
    texts: int = 10
    candidates: int = 200

    def __post_init__(self) -> None:
        for name in ("neighbours", "texts", "candidates"):
            at_least_one(name, getattr(self, name))

    def __call__(self, view: View) -> People:
        """The nearest of the people whose events the requester may read."""
        mine = self._words(view.own[::-1])
        if not mine:
            return People(note="the user wrote nothing: nobody can be near")
        near = [events for events in self._candidates(view) if self._words(events)]
        if not near:
            return People(note="nobody else wrote anything: there are no neighbours")
        vectors = unit(self.encoder.at(view).encode([mine, *map(self._words, near)]))
        alike = vectors[1:] @ vectors[0]
        order = np.argsort(-alike, kind="stable")[: self.neighbours]
        few = len(near) < self.neighbours
        return People(
            tuple(near[at] for at in order),
            tuple(f"cosine {alike[at]:.2f}, nearest of {len(near)} people" for at in order),
            f"only {len(near)} of {self.neighbours} neighbours: nobody else wrote" if few else "",
        )

    def _candidates(self, view: View) -> list[Events]:
        others = view.others
        if not len(others):
            return []
        by_person = np.argsort(others.user_codes, kind="stable")
        people, starts = np.unique(others.user_codes[by_person], return_index=True)
        of_each = np.split(by_person, starts[1:])
        last = np.array([events[-1] for events in of_each])
        chosen = np.lexsort((-last, -_in_common(view, people)))[: self.candidates]
        return [others.take(of_each[at][::-1]) for at in chosen]

    def _words(self, newest_first: Events) -> str:
        """Titles and texts as one text."""
        latest = newest_first[: self.texts]
        pairs = zip(latest.column("title"), latest.texts, strict=True)
        return "\n".join(part for pair in pairs for part in pair if part)


def _in_common(view: View, people: Rows) -> Rows:
    """How many of the user's items each person has events on.  # (people,)"""
    mine, theirs = view.own.item_codes, view.others.item_codes
    shared = np.isin(theirs, mine[mine >= 0])
    pairs = np.stack([view.others.user_codes[shared], theirs[shared]])
    who = np.unique(pairs, axis=1)[0]
    return np.bincount(np.searchsorted(people, who), minlength=len(people))
