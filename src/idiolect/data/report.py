"""What a reader found: which rows were used, which were left out, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from idiolect.data.population import Population

#: How many rows are listed for each reason; all are counted.
LISTED = 1000
_WIDEST = 60


def _no_counts() -> Mapping[str, int]:
    return MappingProxyType({})


def _no_columns() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that could not be used.

    Attributes:
        row: Its number, the first data row being 1.
        column: Name of the column in the file.
        found: What stood there.
        why: Why it cannot be used; the same words for all rows of one kind.
    """

    row: int
    column: str
    found: str
    why: str

    def __str__(self) -> str:
        shown = self.found if len(self.found) <= _WIDEST else self.found[: _WIDEST - 1] + "…"
        return f"row {self.row:,}, {self.column}: {shown!r}"


@dataclass(frozen=True)
class Report:
    """What was read from one source.

    Attributes:
        source: File or repository.
        read: Rows found.
        used: Rows that are in the population.
        problems: Rows left out, in the order of the file, at most `LISTED` for each reason.
        counts: All rows left out, by reason; each row counts once, under its first reason.
        columns: Our name of each column and the file's.
        guessed: Those of our names whose column was guessed.
        notes: What else a reader should know.
        items: The report of the item table, if there was one.
    """

    source: str
    read: int
    used: int
    problems: tuple[Problem, ...] = ()
    counts: Mapping[str, int] = field(default_factory=_no_counts)
    columns: Mapping[str, str] = field(default_factory=_no_columns)
    guessed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    items: Report | None = None

    @property
    def left_out(self) -> int:
        """Rows that could not be used."""
        return self.read - self.used

    def lines(self, examples: int = 3) -> list[str]:
        """The report in words.

        Args:
            examples: Rows shown for each reason.
        """
        out = f"{self.left_out:,} left out" if self.left_out else "none left out"
        lines = [f"{self.source}: {self.read:,} rows read, {self.used:,} used, {out}."]
        said = {o: o if o == f else f"{o} = {f}" for o, f in self.columns.items()}
        plain = [words for ours, words in said.items() if ours not in self.guessed]
        guesses = [said[ours] for ours in self.guessed]
        if plain:
            lines.append(f"  Columns: {', '.join(plain)}.")
        if guesses:
            lines.append(
                f"  Guessed from the column names (name them yourself if one is wrong): "
                f"{', '.join(guesses)}."
            )
        for why, count in self.counts.items():
            lines.append(f"  Left out, {why}: {count:,} {'row' if count == 1 else 'rows'}")
            shown = [p for p in self.problems if p.why == why][:examples]
            lines += [f"    {problem}" for problem in shown]
            if count > len(shown):
                lines.append(f"    and {count - len(shown):,} more")
        lines += [f"  {note}" for note in self.notes]
        return lines + (self.items.lines(examples) if self.items else [])

    def __str__(self) -> str:
        return "\n".join(self.lines())


@dataclass(frozen=True)
class Loaded:
    """A population and the report of how it was read."""

    population: Population
    report: Report
