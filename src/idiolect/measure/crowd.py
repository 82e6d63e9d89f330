"""Documents with several users each: their rows, pairs and distances, checked once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import DataError
from idiolect.measure.distances import Distance

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Name = tuple[Hashable, Hashable]

_SHOWN = 5


@dataclass(frozen=True)
class Table:
    """Rows, document after document.

    Args:
        outputs: What was written.  # (rows,)
        references: What the user wrote.  # (rows,)
        names: Document and user.  # (rows,)
        user: Number of the user.  # (rows,)
        starts: First row of each document.  # (documents,)
        sizes: Its rows.  # (documents,)
        order: Which given row each is.  # (rows,)
    """

    outputs: list[str]
    references: list[str]
    names: list[Name]
    user: Ints
    starts: Ints
    sizes: Ints
    order: Ints

    @classmethod
    def of(
        cls,
        outputs: Sequence[str | None],
        references: Sequence[str | None],
        documents: Sequence[Hashable],
        users: Sequence[Hashable],
    ) -> Table:
        """The rows, checked.

        Raises:
            DataError: Something is missing, or a document has one user, or one user twice.
        """
        sizes = [len(side) for side in (outputs, references, documents, users)]
        if len(set(sizes)) > 1 or not sizes[0]:
            raise DataError(
                "Found {} outputs, {} references, {} documents and {} users; give one of each for "
                "every row, and at least one row.".format(*sizes)
            )
        names = list(zip(documents, users, strict=True))
        for what, side in (("output", outputs), ("reference", references)):
            _refuse(
                [name for name, text in zip(names, side, strict=True) if text is None],
                f"rows without {what}",
                "Everybody's is needed, as users are compared with each other; make the missing "
                "ones, or leave their rows out and report how many.",
            )
        number: dict[Hashable, int] = {}
        person: dict[Hashable, int] = {}
        document = np.array([number.setdefault(d, len(number)) for d in documents], dtype=np.intp)
        user = np.array([person.setdefault(u, len(person)) for u in users], dtype=np.intp)
        _refuse(
            [name for name, times in Counter(names).items() if times > 1],
            "rows that repeat a document and user",
            "Give one output for each; score further samples apart.",
        )
        counts = np.bincount(document)
        _refuse(
            [name for name, size in zip(number, counts, strict=True) if size < 2],
            "documents with one user",
            "At least two are needed to see a difference; leave these documents out and report how "
            "many.",
        )
        order = np.argsort(document, kind="stable")
        made, real = ([str(side[n]) for n in order] for side in (outputs, references))
        starts = np.cumsum(counts) - counts
        return cls(made, real, [names[n] for n in order], user[order], starts, counts, order)

    def pairs(self) -> tuple[Ints, Ints]:
        """Rows of each ordered pair of users of a document, by the first's row."""
        start, size = (np.repeat(a, self.sizes) for a in (self.starts, self.sizes))
        rows = np.arange(len(self.user))
        first = np.repeat(rows, size - 1)
        step = np.arange(len(first)) - np.repeat(np.cumsum(size - 1) - (size - 1), size - 1)
        return first, start[first] + step + (step >= (rows - start)[first])


def _refuse(bad: Sequence[object], what: str, do: str) -> None:
    if bad:
        shown = ", ".join(map(repr, bad[:_SHOWN])) + (", …" if len(bad) > _SHOWN else "")
        raise DataError(f"Found {len(bad)} {what}: {shown}. {do}")


def documents_texts(texts: Mapping[Hashable, str], table: Table) -> list[str]:
    """The text of each row's document.

    Raises:
        DataError: There is none.
    """
    _refuse(
        list(dict.fromkeys(document for document, _ in table.names if document not in texts)),
        "documents without a text",
        "Give all of them in `texts`, or None for the simplified form.",
    )
    return [texts[document] for document, _ in table.names]


class Distances:
    """Distances between texts, each pair of different texts once.

    Args:
        distance: Of pairs of texts.
        table: Names texts in errors.
        undefined: What NaN counts as; None refuses it.
    """

    def __init__(self, distance: Distance, table: Table, undefined: float | None) -> None:
        self._distance, self._undefined = distance, undefined
        self._number: dict[str, int] = {}
        self._names: list[Name] = []
        self._table = table

    def texts(self, texts: Sequence[str]) -> Ints:
        """Their numbers; the first row that a text is of names it in errors."""
        for text, name in zip(texts, self._table.names, strict=True):
            if text not in self._number:
                self._number[text] = len(self._number)
                self._names.append(name)
        return np.array([self._number[text] for text in texts], dtype=np.intp)

    def __call__(self, asked: Sequence[tuple[Ints, Ints]]) -> list[Floats]:
        """Of each pair of text numbers, list by list.

        Raises:
            DataError: One is NaN or outside 0..1.
        """
        one, other = (np.concatenate(side) for side in zip(*asked, strict=True))
        texts = list(self._number)
        pairs, back = np.unique(one * len(texts) + other, return_inverse=True)
        left, right = np.divmod(pairs, len(texts))
        found = np.asarray(
            self._distance([texts[n] for n in left], [texts[n] for n in right]), dtype=float
        )
        missing = np.isnan(found)
        if self._undefined is not None:
            found = np.where(missing, self._undefined, found)
            missing = np.zeros(len(found), dtype=bool)
        bad = np.flatnonzero(missing | (found < -1e-9) | (found > 1 + 1e-9))
        _refuse(
            [(self._names[left[n]], self._names[right[n]], float(found[n])) for n in bad],
            "pairs of texts whose distance is not in 0..1 (document and user of each, distance)",
            "Give `undefined` to say what a NaN counts as (the authors: 1), or the metric's scale.",
        )
        ends = np.cumsum([len(side) for side, _ in asked])[:-1]
        return np.split(found[back.reshape(-1)], ends)
