"""Results of a run in the order of its requests, in a file or printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idiolect.cli.options import stdout

if TYPE_CHECKING:
    from rich.console import Console

    from idiolect.run import Job


class Ordered:
    """Takes results in any order, and writes or prints them in the order of the requests.

    Args:
        out: A file of JSON lines; None prints.
        job: What is run.
        headed: Say whose and about what each printed result is.
    """

    def __init__(self, out: Path | None, job: Job, *, headed: bool) -> None:
        self._file = None if out is None else out.open("w", encoding="utf-8")
        self._job, self._headed, self._next = job, headed, 0
        self._early: dict[int, Mapping[str, Any]] = {}

    def add(self, at: int, row: Mapping[str, Any]) -> None:
        """Tells the result of the request at a position, when those before it are told."""
        self._early[at] = row
        while self._next in self._early:
            self._tell(self._next, self._early.pop(self._next))
            self._next += 1

    def close(self) -> None:
        """Tells those whose predecessors never came, as after the end of a budget."""
        for at in sorted(self._early):
            self._tell(at, self._early[at])
        if self._file is not None:
            self._file.close()

    def _tell(self, at: int, row: Mapping[str, Any]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(row, ensure_ascii=False) + "\n")
        else:
            about = self._job.requests[at].item
            printed(row, stdout(), (about.name if about else "") if self._headed else None)


def printed(row: Mapping[str, Any], out: Console, head: str | None) -> None:
    """Prints one result, under a heading where there is one."""
    from rich.markup import escape

    if head is not None:
        out.print(f"[bold]{escape(row['user'])}[/bold] [dim]{escape(head)}[/dim]")
    for note in row["notes"]:
        out.print(f"[yellow]! {escape(note)}[/yellow]")
    if row["failure"] is None:
        out.print(row["reply"] or row["answer"], markup=False)
    elif head is not None:
        out.print("nothing: it failed", style="red")
    if head is not None:
        out.print()
