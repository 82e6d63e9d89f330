"""What may be known at one request: never more than what was there before it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeVar

import numpy as np

from idiolect.data.event import Item, Request
from idiolect.data.events import Events
from idiolect.data.index import Rows
from idiolect.data.population import Population
from idiolect.data.times import from_micros

T = TypeVar("T")


@dataclass(frozen=True)
class Snapshot:
    """Events that something may be fitted on; equal ones have equal keys.

    Attributes:
        size: Only the first `size` rows; None means all.
        fold: Without this quarter of them (by a hash of the id); None leaves none out.
    """

    _population: Population
    size: int | None = None
    fold: int | None = None

    @property
    def key(self) -> str:
        """Says which events, for example ``"first 4096"``."""
        if self.fold is not None:
            return f"all but quarter {self.fold}"
        return "all" if self.size is None else f"first {self.size}"

    @property
    def events(self) -> Events:
        """The public ones among these events that people did, oldest first."""
        return self._apart[0]

    @property
    def heard(self) -> Events:
        """The public ones that a program put under people's names, oldest first."""
        return self._apart[1]

    @cached_property
    def _apart(self) -> tuple[Events, Events]:
        size = len(self._population) if self.size is None else self.size
        chosen = np.ones(size, dtype=bool)
        if self.fold is not None:
            chosen &= self._population._folds[:size] != self.fold
        if self._population._levels is not None:
            chosen &= self._population._levels[:size] == 0
        return _told_apart(Events(self._population, np.flatnonzero(chosen)))

    def once(self, maker: Hashable, make: Callable[[Snapshot], T]) -> T:
        """What a maker makes of this snapshot: made once, and kept as long as the population.

        Many threads may ask; who comes while it is made waits.

        Args:
            maker: Who makes it, with all settings: equal makers make the same.
            make: Of the snapshot.
        """
        return self._population._fitted((maker, self.key), lambda: make(self))

    @property
    def until(self) -> datetime | None:
        """The time of the last event; None without times or events."""
        times = self._population.times
        if times is None or not len(self.events):
            return None
        return from_micros(int(times[self.events.rows[-1]]))


class View:
    """What may be known at one request, already cut.

    Attributes:
        request: The request that it was cut at.
        own: What the user did, oldest first: no other role's turn, nothing a program put in.
        heard: What else is under the user's name, oldest first: an assistant's and a system's
            turns, and what a program put in. Nothing of it is the user's.
        published: True if other people's later events are shown, as some papers' code does.
    """

    def __init__(
        self,
        population: Population,
        request: Request,
        mine: Rows,
        end: int,
        *,
        published: bool = False,
    ) -> None:
        self._population, self._end = population, end
        self.request, self.published = request, published
        self._mine = Events(population, mine)
        self._real = True
        self.own, self.heard = _told_apart(self._mine)

    def __repr__(self) -> str:
        return f"<View for {self.request.user!r}: {len(self.own)} own events>"

    @property
    def until(self) -> datetime | None:
        """The time of the last visible event of others; None without times or events."""
        times = self._population.times
        return None if times is None or not self._end else from_micros(int(times[self._end - 1]))

    @cached_property
    def _me(self) -> int:
        return self._population.by_user.code.get(self.request.user, -1)

    def _readable(self, candidates: Rows) -> Rows:
        """Those of these rows, ascending, that others did, in time, and open to the requester."""
        candidates = candidates[: candidates.searchsorted(self._end)]
        codes = self._population.by_user.codes[candidates]
        rows: Rows = candidates[codes != self._me]
        if (people := self._population._by_people) is not None:
            rows = rows[people[rows]]
        if not self._real:
            rows = rows[~np.isin(rows, self.own.rows)]
        levels = self._population._levels
        if levels is None or not len(rows):
            return rows
        open_rows = levels[rows] == 0
        grouped = np.flatnonzero(levels[rows] == 1)
        if len(grouped):
            mine = {thread for thread in self._mine.column("thread") if thread is not None}
            theirs = Events(self._population, rows[grouped]).column("thread")
            open_rows[grouped] = [thread in mine for thread in theirs]
        shown: Rows = rows[open_rows]
        return shown

    def peers(self, item: str, each: int = 1) -> Events:
        """Other people's events on an item, by user name: the latest `each` of each, oldest first.

        Only what the requester may read (`audience`) and only from before the request.
        """
        by_item = self._population.by_item
        if by_item is None:
            return Events(self._population, np.empty(0, dtype=np.intp))
        rows = self._readable(by_item.rows(item))
        codes = self._population.by_user.codes[rows]
        order = np.argsort(codes, kind="stable")
        grouped = codes[order]
        # Among those of one user: how many come after, itself among them.
        after = np.searchsorted(grouped, grouped, side="right") - np.arange(len(grouped))
        return Events(self._population, rows[order[after <= each]])

    def comparable(self, at_least: int = 1) -> Events:
        """Own events on items that at least this many other people have events on."""
        enough: dict[str | None, bool] = {None: False}
        for item in self.own.items:
            if item is not None and item not in enough:
                enough[item] = len(self.peers(item)) >= at_least
        return self.own.take(n for n, item in enumerate(self.own.items) if enough[item])

    @cached_property
    def others(self) -> Events:
        """All readable events of other people, oldest first."""
        return Events(self._population, self._readable(np.arange(self._end)))

    @cached_property
    def mean_rating(self) -> float:
        """Mean of the public ratings of other people that are visible; NaN where there are none.

        From running totals, so that its cost does not grow with the population.
        """
        totals, counts = self._population._rating_totals
        mine = self._population.by_user.rows(self.request.user)
        mine = mine[mine < self._end]
        count = counts[self._end] - (counts[mine + 1] - counts[mine]).sum()
        total = totals[self._end] - (totals[mine + 1] - totals[mine]).sum()
        return float(total / count) if count else float("nan")

    def history_of(self, user: str) -> Events:
        """What the requester may read of another user, oldest first.

        Raises:
            UnknownNameError: Nobody has this name.
        """
        return Events(self._population, self._readable(self._population.events_of(user).rows))

    @property
    def other_users(self) -> list[str]:
        """The names of all others who did something before the request, sorted."""
        users = self._population.users
        known = (users[n] for n in np.flatnonzero(self._population._first_rows < self._end))
        return [name for name in known if name != self.request.user]

    def instead(self, events: Events) -> View:
        """This view with other events in place of the user's, oldest first: a control.

        Nobody is compared with a text that now counts as own; what may be read stays as it was.
        """
        other = copy(self)
        for name in ("others", "mean_rating"):
            other.__dict__.pop(name, None)
        other._real = False
        other.own, other.heard = _told_apart(Events(self._population, np.unique(events.rows)))
        return other

    def item(self, name: str) -> Item:
        """The item of this id."""
        return self._population.item(name)

    def snapshot(self) -> Snapshot:
        """The public events that something may be fitted on, shared by many requests.

        With times: the first m events, m the greatest step of a grid (four a doubling) that is
        visible; so a run over many requests needs few fits, and removing anything from the request
        onward changes none. Without times, and in published mode: all events outside the target's
        quarter (by a hash of the id), for the same reason.
        """
        population, target = self._population, self.request.event
        by_time = population.timed and not self.published
        if target is None and (self.request.time is None or not by_time):
            return Snapshot(population)
        if by_time:
            return Snapshot(population, self._first_few())
        fold = int(population._folds[population.row(target or "")])
        return Snapshot(population, fold=fold)

    def _first_few(self) -> int:
        """Rows that hold as many visible deeds as the grid allows: programs' rows move no fit."""
        done = self._population._done
        if done is None:
            return _grid_floor(self._end)
        few = _grid_floor(int(done.searchsorted(self._end)))
        return int(done[few - 1]) + 1 if few else 0


def _told_apart(events: Events) -> tuple[Events, Events]:
    """What people did, and what else is under their names, oldest first."""
    theirs = events.by_people
    if len(theirs) == len(events):
        return events, events[:0]
    return theirs, Events(events._population, np.setdiff1d(events.rows, theirs.rows))


def _grid_floor(size: int) -> int:
    """The greatest step of a grid with four steps a doubling that is at most `size`."""
    if size < 1:
        return 0
    step = int(np.floor(4 * np.log2(size) + 1e-9))
    return int(2 ** (step / 4))
