"""Rows by name, compactly: an inverted list, and look-ups by a unique name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Index:
    """Rows by code: an inverted list in compressed form.

    Attributes:
        names: Sorted; position is the code.
        codes: Code of each row, −1 for none.  # (rows,)
        order: Row numbers grouped by code, ascending within.
        starts: Where each code's rows begin in `order`.  # (names + 1,)
    """

    names: list[str]
    code: Mapping[str, int]
    codes: NDArray[np.int32]
    order: Rows
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, column: pl.Series) -> Index:
        """The index of one column of names."""
        import polars as pl

        distinct = column.drop_nulls().unique().sort()
        names: list[str] = distinct.to_list()
        found = column.cast(pl.Enum(distinct)).to_physical().cast(pl.Int32)
        codes: NDArray[np.int32] = found.fill_null(-1).to_numpy()
        grouped = np.argsort(codes, kind="stable")
        grouped.setflags(write=False)
        unnamed = int((codes < 0).sum())
        counts = np.bincount(codes[codes >= 0], minlength=len(names))
        starts = np.concatenate([[0], np.cumsum(counts)])
        lookup = {name: number for number, name in enumerate(names)}
        return cls(names, lookup, codes, grouped[unnamed:], starts)

    def rows(self, name: str) -> Rows:
        """Row numbers of `name`, ascending; none where the name is unknown."""
        code = self.code.get(name)
        if code is None:
            return np.empty(0, dtype=np.intp)
        return self.order[self.starts[code] : self.starts[code + 1]]


class Rowed:
    """Row numbers by a unique name, without an object for each name.

    Hashes are sorted, so that a look-up is a binary search and a comparison.
    """

    def __init__(self, names: pl.Series) -> None:
        self._names = names
        hashes = names.hash().to_numpy()
        self._order = hashes.argsort()
        self._hashes = hashes[self._order]

    def find(self, name: str) -> int | None:
        """The row of `name`; None where it is unknown."""
        import polars as pl

        wanted = pl.Series([name], dtype=pl.String).hash().to_numpy()[0]
        first, end = self._hashes.searchsorted(wanted), self._hashes.searchsorted(wanted, "right")
        same = (int(row) for row in self._order[first:end])
        return next((row for row in same if self._names[row] == name), None)
