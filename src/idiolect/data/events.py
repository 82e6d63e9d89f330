"""Some events of a population, in a given order; each is made only when it is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from idiolect.data.event import Event, Item
from idiolect.data.index import Rows

if TYPE_CHECKING:
    import polars as pl

    from idiolect.data.population import Population

#: Events that are made at one time; more are made in turns, so that memory stays small.
_AT_ONCE = 4096


class Events(Sequence[Event]):
    """Some events of a population, in a given order; each is made only when it is looked at."""

    def __init__(self, population: Population, rows: Rows) -> None:
        self._population, self.rows = population, np.asarray(rows, dtype=np.intp)

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, at: int) -> Event: ...
    @overload
    def __getitem__(self, at: slice) -> Events: ...
    def __getitem__(self, at: int | slice) -> Event | Events:
        if isinstance(at, slice):
            return Events(self._population, self.rows[at])
        if len(self) <= _AT_ONCE:
            return self._made[at]
        return self._population.made(self.rows[[at]])[0]

    def __iter__(self) -> Iterator[Event]:
        if len(self) <= _AT_ONCE:
            yield from self._made
            return
        for start in range(0, len(self), _AT_ONCE):
            yield from self._population.made(self.rows[start : start + _AT_ONCE])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Events) or len(self) != len(other):
            return False
        return all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{len(self)} events>"

    @cached_property
    def _made(self) -> list[Event]:
        return self._population.made(self.rows)

    @property
    def frame(self) -> pl.DataFrame:
        """The events as a table."""
        return self._population.frame[self.rows]

    def column(self, name: str) -> list[Any]:
        """One column as a list; Nones where the data has no such column."""
        if name not in self._population.frame.columns:
            return [None] * len(self)
        return self._population.frame[name].gather(self.rows).to_list()

    @property
    def texts(self) -> list[str]:
        """The texts."""
        return self.column("text")

    @property
    def ids(self) -> list[str]:
        """The ids."""
        return self.column("id")

    @property
    def items(self) -> list[str | None]:
        """The ids of the items."""
        return self.column("item")

    @property
    def users(self) -> list[str]:
        """Who did each."""
        return self.column("user")

    @property
    def user_codes(self) -> NDArray[np.intp]:
        """The users as numbers, in the order of their names.  # (events,)"""
        return self._population.by_user.codes[self.rows].astype(np.intp)

    @property
    def item_codes(self) -> NDArray[np.intp]:
        """The items as numbers, −1 for none.  # (events,)"""
        index = self._population.by_item
        return np.full(len(self), -1) if index is None else index.codes[self.rows].astype(np.intp)

    @property
    def people(self) -> int:
        """How many users did these."""
        return len(np.unique(self.user_codes))

    @property
    def ratings(self) -> NDArray[np.float64]:
        """The ratings; NaN where there is none.  # (events,)"""
        return np.array([np.nan if r is None else r for r in self.column("rating")], dtype=float)

    @property
    def about(self) -> list[Item | None]:
        """The item of each event."""
        return [None if name is None else self._population.item(name) for name in self.items]

    @property
    def by_people(self) -> Events:
        """Those that their user did: no assistant's or system's turn, nothing a program put in."""
        theirs = self._population._by_people
        return self if theirs is None else Events(self._population, self.rows[theirs[self.rows]])

    def join(self, *others: Events) -> Events:
        """These events, then the others of the same population, in order."""
        rows = np.concatenate([self.rows, *(other.rows for other in others)])
        return Events(self._population, rows)

    def take(self, positions: Iterable[int]) -> Events:
        """The events at `positions`, in that order."""
        return Events(self._population, self.rows[np.fromiter(positions, dtype=np.intp)])
