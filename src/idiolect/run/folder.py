"""A run's folder: what the run is, what it has so far, and what came of it.

- `manifest.json`: everything the output depends on. Another manifest is refused.
- `results.jsonl`: one line a request, appended as soon as it is there and on the disk at once, with
  what it took (seconds, retries, cache hits, cost).
- `output.jsonl`: all results in the order of the requests, once all are there, without what differs
  from run to run. A model that always says the same gives the same bytes, however often the run
  was ended and went on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from idiolect.data import Population
from idiolect.errors import SettingError
from idiolect.journal import Journal, Row, written
from idiolect.lm import Ledger, Price, Spent
from idiolect.lm.accounts import Totals
from idiolect.run.runner import Outcome

#: What differs between runs that say the same.
VARIES = ("at", "retries", "seconds", "cached", "paid", "cost", "trace")
#: The cache in a run's folder, unless another is given.
REPLIES = "replies.sqlite"


def result(outcome: Outcome, population: Population, price: Price | None = None) -> Row:
    """An outcome as one JSON line says it.

    Args:
        outcome: Of one request.
        population: Where the request is from.
        price: Of the model; None where it is not known.
    """
    request, failure, use = outcome.request, outcome.failure, outcome.use
    row: Row = {
        "user": request.user,
        "event": request.event,
        "item": request.item.id if request.item else None,
        "reply": outcome.text,
        "truth": population.event(request.event).text if request.event else None,
        "calls": len(outcome.calls),
        "retries": outcome.retries,
        "tokens": outcome.tokens,
        "seconds": round(outcome.seconds, 3),
        "cached": use.cached,
        "paid": {"calls": use.calls, "tokens": use.prompt_tokens + use.completion_tokens},
        "notes": list(getattr(outcome.answer, "notes", ())),
        "failure": None if failure is None else f"{failure.kind}: {failure.message}",
    }
    if failure is None and not outcome.text:
        from idiolect.profile import Profile, to_markdown  # costly to load, and seldom needed

        learned = isinstance(outcome.answer, Profile)
        row["answer"] = to_markdown(outcome.answer) if learned else str(outcome.answer)
    if failure is not None and failure.trace:
        row["trace"] = failure.trace
    if price is not None:
        row["cost"] = price.of(use.prompt_tokens, use.completion_tokens)
    return row


class RunFolder:
    """The folder of one run; only one process may write to it at a time.

    Args:
        path: The folder; made where it is not there.
        manifest: What the run is; see `manifest`.
        total: How many requests it has.
        ledger: Of the cache that the run uses; None where it uses none.
        price: Of the model, for calls that had none when they were made.

    Attributes:
        path: As given.
        total: As given.
        torn: Bytes of a last line that was cut off when a run ended and was taken away.
        spent: What the run had cost when it was opened: by the ledger since the run began, or by
            its results where they tell of more. Without a ledger, calls of requests that were in
            work when the run ended are not in it. With one that other runs use as well, theirs
            since this run began are.
        lost: Calls that were in flight when it ended, at most: they may have been paid for, and
            nothing was recorded. Known where the ledger lies in this folder.

    Raises:
        SettingError: The folder is of another run (the difference is shown), of a run that is
            being written, or cannot be written.
        DataError: Its files are broken.
    """

    def __init__(
        self,
        path: Path,
        manifest: Mapping[str, Any],
        total: int,
        *,
        ledger: Ledger | None = None,
        price: Price | None = None,
    ) -> None:
        usable(path)
        self.path, self.total = path, total
        self._journal = Journal(
            path / "results.jsonl",
            path / "manifest.json",
            manifest,
            ("at", "user", "failure", "paid"),
            alone=True,
        )
        self.torn, self.spent, self.lost = self._journal.torn, Spent(), 0
        # Where each request's last line begins; -1 for none.  # (requests,)
        self._begins = np.full(total, -1, dtype=np.int64)
        self._failed = np.zeros(total, dtype=bool)
        try:
            for begin, row in self._journal.rows():
                self._note(begin, row)
                self.spent = _more(self.spent, row)
            if ledger is not None:
                self._account(ledger, price)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def todo(self) -> list[int]:
        """Positions of the requests that have no answer; one that failed is asked again."""
        todo: list[int] = np.flatnonzero((self._begins < 0) | self._failed).tolist()
        return todo

    @property
    def complete(self) -> bool:
        """True where every request has a line, answered or failed."""
        return bool((self._begins >= 0).all())

    def add(self, at: int, row: Mapping[str, Any]) -> None:
        """Keeps the result of the request at a position."""
        line = {"at": at, **row}
        self._note(self._journal.add(line), line)

    def rows(self) -> Iterator[Row]:
        """The last line of each request that has one, in order."""
        begins = self._begins[self._begins >= 0].tolist()
        # No line may be there yet, and then no file.
        return self._journal.at(begins) if begins else iter(())

    def finish(self) -> Path | None:
        """Writes `output.jsonl` whole, or not at all where requests have no line yet.

        Raises:
            SettingError: It could not be written: the disk may be full.
        """
        if not self.complete:
            return None
        path = self.path / "output.jsonl"
        written(path, (_told(row) for row in self.rows()))
        return path

    def close(self) -> None:
        """Lets another process go on with the run."""
        self._journal.close()

    def _note(self, begin: int, row: Mapping[str, Any]) -> None:
        at = row["at"]
        if not (isinstance(at, int) and 0 <= at < self.total):
            raise SettingError(
                f"Found a result for request {at!r} of {self.total:,} in '{self._journal.path}'; "
                "the file is of another run: give another --out."
            )
        self._begins[at], self._failed[at] = begin, row["failure"] is not None

    def _account(self, ledger: Ledger, price: Price | None) -> None:
        """Adds what the ledger knows and no result tells of."""
        own = ledger.path.parent.resolve() == self.path.resolve()
        began = 0.0 if own else (self.path / "manifest.json").stat().st_mtime
        known = _sum(ledger.totals(began), price)
        self.spent = Spent(
            max(self.spent.calls, known.calls),
            max(self.spent.tokens, known.tokens),
            max(self.spent.cost, known.cost),
        )
        self.lost = ledger.size().claims if own else 0


def _told(row: Mapping[str, Any]) -> str:
    """The line of the output that a result makes."""
    told = {name: value for name, value in row.items() if name not in VARIES}
    return json.dumps(told, ensure_ascii=False) + "\n"


def _more(spent: Spent, row: Mapping[str, Any]) -> Spent:
    """What was spent, with a result."""
    paid = row["paid"]
    cost = spent.cost + row.get("cost", 0.0)
    return Spent(spent.calls + paid["calls"], spent.tokens + paid["tokens"], cost)


def _sum(totals: Iterable[Totals], price: Price | None) -> Spent:
    """What a ledger's lines come to; all by one price where some had none."""
    calls, tokens, cost = 0, 0, 0.0
    for one in totals:
        calls += one.paid + one.failed
        tokens += one.prompt_tokens + one.completion_tokens
        now = price.of(one.prompt_tokens, one.completion_tokens) if price and one.unpriced else 0.0
        cost += max(one.cost, now)
    return Spent(calls, tokens, cost)


def usable(path: Path) -> None:
    """Refuses, before any cost, a path that cannot be a run's folder.

    Raises:
        SettingError: It is a file or under one, protected, or a folder of something else.
    """
    if path.exists() and not path.is_dir():
        raise SettingError(
            f"Found the file '{path}' where a run's folder is to be; give a folder, or a path that "
            "ends in .jsonl for a file."
        )
    there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    if not there.is_dir():
        raise SettingError(f"Found the file '{there}', in which no folder can be made for a run.")
    if not os.access(there, os.W_OK):
        raise SettingError(
            f"Found that you may not write to '{path}'; change its permissions, or give another "
            "path."
        )
    # A run that was ended before its manifest was there may have left a cache.
    ours = ("manifest.json", REPLIES)
    if path.is_dir() and not (path / ours[0]).exists():
        others = [file.name for file in path.iterdir() if not file.name.startswith(ours)]
        if others:
            raise SettingError(
                f"Found that the folder '{path}' has files ({', '.join(sorted(others)[:3])}) and "
                "no manifest.json, so it is no run's; give a new or empty folder."
            )
