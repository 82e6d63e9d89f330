"""Where a run stands, while it goes and at its end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from idiolect.words import many

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from idiolect.run import Progress

#: Different reasons for failures that are shown; all are counted.
_REASONS = 3


@dataclass
class Tally:
    """What the results so far add up to; the results themselves are not held.

    Attributes:
        total: Requests.
        before: Of these, how many were done before.
        start: When the run began or went on, by `time.perf_counter`.
        only: The result where there is but one request.
    """

    total: int
    before: int = 0
    start: float = field(default_factory=time.perf_counter)
    done: int = 0
    calls: int = 0
    retries: int = 0
    cached: int = 0
    tokens: int = 0
    cost: float | None = None
    why: Counter[str] = field(default_factory=Counter)
    trace: str = ""
    only: Mapping[str, Any] | None = None

    @property
    def failed(self) -> int:
        """Requests without an answer."""
        return self.why.total()

    @property
    def progress(self) -> Progress:
        """Where the run stands."""
        from idiolect.run import Progress

        return Progress(
            self.before + self.done, self.total, self.failed, self.calls, self.tokens,
            time.perf_counter() - self.start, self.retries, self.cached, self.cost, self.before,
        )  # fmt: skip

    def add(self, row: Mapping[str, Any]) -> None:
        """Counts a result."""
        self.done += 1
        self.only = row if self.total == 1 else None
        self.calls += row["calls"]
        self.retries += row["retries"]
        self.cached += row["cached"]
        self.tokens += row["tokens"]
        if "cost" in row:
            self.cost = (self.cost or 0.0) + row["cost"]
        if row["failure"] is not None:
            self.why[row["failure"]] += 1
        self.trace = self.trace or row.get("trace", "")

    def tell(self, remarks: Console) -> None:
        """Says counts, and each reason for failure once, the most frequent first."""
        parts = [
            f"{many(self.done, 'request')}, {self.failed:,} failed; {many(self.calls, 'call')}",
            f"{self.retries:,} retries",
            f"{many(self.tokens, 'token')}.",
        ]
        remarks.print(", ".join(parts))
        if self.total > 1:
            remarks.print(self._table())
        if self.trace:
            remarks.print(self.trace, style="dim", markup=False)
        begin = "Error: " if self.failed == self.done else ""
        for reason, times in self.why.most_common(_REASONS):
            said = f"{begin}{times:,} of {many(self.done, 'request')} failed with {reason}"
            remarks.print(said, style="red", markup=False, soft_wrap=True)
            begin = ""
        if len(self.why) > _REASONS:
            remarks.print(f"… and for {len(self.why) - _REASONS:,} other reasons.")

    def _table(self) -> Table:
        from rich.table import Table

        figures = {
            "answered": f"{self.done - self.failed:,}",
            "failed": f"{self.failed:,}",
            "left": f"{self.total - self.done:,}",
            "calls": f"{self.calls:,}",
            "from cache": f"{self.cached:,}",
            "retries": f"{self.retries:,}",
            "tokens": f"{self.tokens:,}",
            "cost": "–" if self.cost is None else f"{self.cost:,.4f}",
            "seconds": f"{time.perf_counter() - self.start:,.1f}",
        }
        table = Table(*figures, box=None, header_style="dim")
        for column in table.columns:
            column.justify = "right"
        table.add_row(*figures.values())
        return table


class Bar:
    """A line of progress: rate, calls, tokens, cache hits, cost, failures, time left."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        self._bar = Progress(
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TextColumn("{task.fields[rate]:.1f}/s"),
            TextColumn("{task.fields[calls]} calls"),
            TextColumn("{task.fields[tokens]:,} tokens"),
            TextColumn("{task.fields[cached]} cached"),
            TextColumn("{task.fields[cost]}"),
            TextColumn("{task.fields[failed]} failed"),
            TextColumn("{task.fields[left]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        nothing: dict[str, Any] = dict.fromkeys(("rate", "calls", "tokens", "cached", "failed"), 0)
        self._task = self._bar.add_task("", total=None, cost="", left="", **nothing)

    def __enter__(self) -> Bar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self, now: Progress) -> None:
        """Shows where the run stands."""
        self._bar.update(
            self._task,
            completed=now.done,
            total=now.total,
            rate=now.rate,
            calls=now.calls,
            tokens=now.tokens,
            failed=now.failed,
            cached=now.cached,
            cost="" if now.cost is None else f"cost {now.cost:,.4f}",
            left="" if now.left == float("inf") else f"{timedelta(seconds=round(now.left))} left",
        )
