"""All events and items, columnar, indexed by user and item; and what one request may see of them.

Rows are kept in time order (ties keep the order of the table), so a row number is a position in
time and every cut is one binary search. A recipe never holds a `Population`: it gets a `View`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from idiolect.data.event import Event, Item, Request
from idiolect.data.events import Events
from idiolect.data.frames import (
    COLUMNS,
    ITEM_COLUMNS,
    LEVELS,
    by_people,
    checked_items,
    event_table,
    made_event,
    ordered,
)
from idiolect.data.index import Index, Rowed, Rows
from idiolect.data.once import Once
from idiolect.data.times import as_time, from_micros, micros
from idiolect.errors import DataError, MissingExtraError, UnknownNameError

if TYPE_CHECKING:
    import polars as pl

    from idiolect.data.view import View

#: Facts of a held-out event that come with its request, as in DPL.
GIVEN = ("item", "rating", "title")


class Population:
    """All events and items.

    Args:
        frame: One row an event; see `COLUMNS`. Needs `user`. `id` defaults to the row number.
        items: One row an item, with `id` and, where known, title, description, image; further
            columns become attributes.

    Raises:
        DataError: It is no polars frame, a column is missing, an id occurs twice, or only some
            events have a time.
    """

    def __init__(self, frame: pl.DataFrame, items: pl.DataFrame | None = None) -> None:
        self.frame = ordered(frame)
        #: What was fitted on events of this population; goes with it.
        self._fitted = Once()
        self.items = None if items is None else checked_items(items)
        self.by_user = Index.of(self.frame["user"])
        self.by_item = Index.of(self.frame["item"]) if "item" in self.frame.columns else None
        self.timed = "time" in self.frame.columns
        #: Microseconds since 1970 of each row, ascending; None without times.  # (rows,)
        self.times: NDArray[np.int64] | None = (
            self.frame["time"].dt.epoch("us").to_numpy() if self.timed else None
        )

    @classmethod
    def of(cls, events: Iterable[Event], items: Iterable[Item] = ()) -> Population:
        """A population made of events, for small data and tests."""
        import polars as pl

        things = [
            {name: getattr(item, name) for name in ITEM_COLUMNS} | dict(item.attributes)
            for item in items
        ]
        table = pl.DataFrame(things, infer_schema_length=None) if things else None
        return cls(event_table(list(events), map(str, count())), table)

    def __len__(self) -> int:
        return self.frame.height

    def __repr__(self) -> str:
        items = len(self.by_item.names) if self.by_item else 0
        return f"<Population: {len(self):,} events, {len(self.users):,} users, {items:,} items>"

    @property
    def users(self) -> list[str]:
        """All users, sorted."""
        return self.by_user.names

    @property
    def columns(self) -> list[str]:
        """The columns there are."""
        return self.frame.columns

    @cached_property
    def _row_of_id(self) -> Rowed:
        return Rowed(self.frame["id"])

    @cached_property
    def _row_of_item(self) -> Rowed | None:
        return None if self.items is None else Rowed(self.items["id"])

    @cached_property
    def _folds(self) -> NDArray[np.int8]:
        """A quarter for each row, by a hash of its id."""
        # crc32, so that the quarters are the same on every machine and with every library.
        quarters = (crc32(name.encode()) % 4 for name in self.frame["id"])
        return np.fromiter(quarters, dtype=np.int8, count=len(self))

    @cached_property
    def _by_people(self) -> NDArray[np.bool_] | None:
        """Which rows their user did, and no program put there; None where all are."""
        return by_people(self.frame)

    @property
    def by_people(self) -> Population:
        """What people did, and nothing else: what figures of people are made from.

        Without an assistant's and a system's turns, and without what a program put in; who has
        only such events is not there. The same object where there are none.

        Raises:
            DataError: Nobody did anything.
        """
        return self if self._by_people is None else self._deeds

    @cached_property
    def _deeds(self) -> Population:
        theirs = self._by_people
        if theirs is None or not theirs.any():
            raise DataError(
                f"Found {len(self):,} events, all of them an assistant's or a system's turns or "
                "put in by a program (columns 'role', 'recalled', 'injected'); bring some that "
                "people did."
            )
        return self.keep(theirs)

    @cached_property
    def _done(self) -> Rows | None:
        """The rows that people did, ascending; None where that is all."""
        return None if self._by_people is None else np.flatnonzero(self._by_people)

    @cached_property
    def _first_rows(self) -> Rows:
        """Where each user's own doing begins; past the end for who did nothing.  # (users,)"""
        users, done = self.by_user, self._done
        if done is None:
            return users.order[users.starts[:-1]]
        first = np.full(len(users.names), len(self))
        np.minimum.at(first, users.codes[done], done)
        return first

    @cached_property
    def _levels(self) -> NDArray[np.int8] | None:
        """Who may read each row: 0 everybody, 1 its group, 2 its author."""
        if "audience" not in self.frame.columns:
            return None
        import polars as pl

        audience = self.frame["audience"].fill_null("public")
        levels: NDArray[np.int8] = audience.replace_strict(LEVELS, return_dtype=pl.Int8).to_numpy()
        return levels

    @cached_property
    def _rating_totals(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Sum and number of the public ratings before each row.  # (rows + 1,) each"""
        ratings = Events(self, np.arange(len(self))).ratings
        public = ~np.isnan(ratings)
        if self._levels is not None:
            public &= self._levels == 0
        if self._by_people is not None:
            public &= self._by_people
        kept = np.where(public, ratings, 0.0)
        return np.append(0.0, np.cumsum(kept)), np.append(0.0, np.cumsum(public))

    def made(self, rows: Rows) -> list[Event]:
        """The events of these rows."""
        return [made_event(row) for row in self.frame[rows].to_dicts()]

    def row(self, event: str) -> int:
        """The row of an event id.

        Raises:
            UnknownNameError: No event has this id.
        """
        row = self._row_of_id.find(event)
        if row is None:
            raise UnknownNameError("event", event, self.frame["id"][:2000].to_list())
        return row

    def event(self, event: str) -> Event:
        """The event of this id."""
        return self.made(np.array([self.row(event)]))[0]

    def item(self, name: str) -> Item:
        """The item of this id; only the id where no item table knows it."""
        row = None if self._row_of_item is None else self._row_of_item.find(name)
        if row is None or self.items is None:
            return Item(name)
        known = {k: v for k, v in self.items.row(row, named=True).items() if v is not None}
        own = {k: known.pop(k) for k in ITEM_COLUMNS if k in known}
        return Item(**own, attributes=known)

    def events_of(self, user: str) -> Events:
        """All events under a user's name, oldest first, a program's among them (`by_people`).

        Raises:
            UnknownNameError: Nobody has this name.
        """
        if user not in self.by_user.code:
            raise UnknownNameError("user", user, self.users)
        return Events(self, self.by_user.rows(user))

    def as_of(self, request: Request) -> View:
        """What may be known when `request` is made.

        Own events come before the target by position, or before the request's time; other people's
        happened strictly earlier. Without times, everything but the target. The view's request is
        of the target's time, whatever time it came with: what is checked against it is cut alike.

        Raises:
            UnknownNameError: The request stands for an event that is not there.
            DataError: It stands for somebody else's event.
        """
        from idiolect.data.view import View

        mine = self.by_user.rows(request.user)
        end = len(self)
        if request.event is not None:
            row = self.row(request.event)
            if self.frame["user"][row] != request.user:
                raise DataError(
                    f"Event {request.event!r} is by {self.frame['user'][row]!r}, but the request "
                    f"is for {request.user!r}; a request stands for an event of its own user."
                )
            if self.times is None:
                mine = mine[mine != row]
            else:
                mine, end = mine[mine < row], int(np.searchsorted(self.times, self.times[row]))
                request = replace(request, time=from_micros(int(self.times[row])))
        elif request.time is not None and self.times is not None:
            end = int(np.searchsorted(self.times, micros(request.time)))
            mine = mine[mine < end]
            request = replace(request, time=as_time(request.time))
        return View(self, request, mine, end)

    def uncut(self, request: Request) -> View:
        """Published mode: own history up to the target, *all* of the others, also later ones.

        Only for reproducing papers whose code reads this way; everything else uses `as_of`.

        Raises:
            UnknownNameError: As for `as_of`.
            DataError: As for `as_of`.
        """
        from idiolect.data.view import View

        cut = self.as_of(request)
        return View(self, cut.request, cut._mine.rows, len(self), published=True)

    def request(self, event: str, give: Iterable[str] = GIVEN) -> Request:
        """The request that a held-out event answers, with some of its facts given."""
        return self.requests(np.array([self.row(event)]), give)[0]

    def requests(self, rows: Rows, give: Iterable[str] = GIVEN) -> list[Request]:
        """The requests that held-out events answer, by row number.

        Args:
            rows: Of the held-out events.
            give: Facts of the event that come with the request; without `item` the request does
                not say what it is about, as where the item is the answer.

        Raises:
            UnknownNameError: A fact is to be given that no event has.
        """
        facts = tuple(give)
        for name in facts:
            if name not in COLUMNS:
                raise UnknownNameError("fact of an event", name, COLUMNS)
        shown = Events(self, rows).items if "item" in facts else []
        things = {name: self.item(name) for name in set(shown) if name is not None}
        return [
            Request(
                user=event.user,
                item=things.get(event.item or ""),
                time=event.time,
                options=event.options,
                given={
                    name: value
                    for name in facts
                    if name != "item" and (value := getattr(event, name)) is not None
                },
                event=event.id,
            )
            for event in self.made(rows)
        ]

    def groups(self, attribute: str) -> dict[str, tuple[str, ...]]:
        """Users by their most frequent value of a column (ties: the first in the alphabet).

        Of what they did: a program's rows under a user's name put nobody into a group.

        Raises:
            UnknownNameError: There is no such column.
            DataError: Nobody did anything.
        """
        import polars as pl

        if attribute not in self.frame.columns:
            raise UnknownNameError("column", attribute, self.frame.columns)
        counted = (
            self.by_people.frame.select("user", pl.col(attribute).cast(pl.String).alias("value"))
            .drop_nulls()
            .group_by("user", "value")
            .len()
            .sort(["user", "len", "value"], descending=[False, True, False])
            .unique("user", keep="first", maintain_order=True)
        )
        found: dict[str, list[str]] = {}
        for user, value, _ in counted.sort(["value", "user"]).iter_rows():
            found.setdefault(value, []).append(user)
        return {value: tuple(users) for value, users in found.items()}

    def append(self, events: Iterable[Event]) -> Population:
        """A new population with further events; at equal times they come after those here."""
        import polars as pl

        new = list(events)
        if not new:
            return self
        free = (str(n) for n in count(len(self)) if self._row_of_id.find(str(n)) is None)
        more = event_table(new, free)
        return Population(pl.concat([self.frame, more], how="diagonal_relaxed"), self.items)

    def keep(self, rows: Rows | NDArray[np.bool_]) -> Population:
        """A new population of these rows only (numbers or a mask); ids and items stay."""
        chosen = np.flatnonzero(rows) if rows.dtype == bool else np.sort(rows)
        return Population(self.frame[chosen], self.items)

    def to_polars(self) -> pl.DataFrame:
        """The events as a polars frame."""
        return self.frame

    def to_pandas(self) -> Any:
        """The events as a pandas frame.

        Raises:
            MissingExtraError: pandas or pyarrow is not installed.
        """
        try:
            return self.frame.to_pandas()
        except ModuleNotFoundError:
            raise MissingExtraError("to_pandas", "pandas") from None

    @classmethod
    def from_pandas(cls, frame: Any, items: Any = None) -> Population:
        """A population of a pandas frame with a row for each event, and one for the items.

        Raises:
            MissingExtraError: pandas or pyarrow is not installed.
            DataError: As for a polars frame.
        """
        import polars as pl

        try:
            events = pl.from_pandas(frame)
            things = None if items is None else pl.from_pandas(items)
        except ModuleNotFoundError:
            raise MissingExtraError("from_pandas", "pandas") from None
        return cls(events, things)
