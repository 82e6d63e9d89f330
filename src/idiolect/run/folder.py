"""A run's folder: what the run is, what it has so far, and what came of it.

- `manifest.json`: everything the output depends on. Another manifest is refused.
- `results.jsonl`: one line a request, appended as soon as it is there and on the disk at once, with
  what it took (seconds, retries, cache hits, cost).
- `output.jsonl`: all results in the order of the requests, once all are there, without what differs
  from run to run. A model that always says the same gives the same bytes, however often the run
  was ended and went on.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from idiolect.data import Population, Request
from idiolect.errors import SettingError
from idiolect.journal import Journal, Row
from idiolect.lm import Endpoint, LanguageModel, Price, Spent
from idiolect.run.runner import Assembly, Outcome

#: What differs between runs that say the same.
VARIES = ("at", "retries", "seconds", "cached", "paid", "cost", "trace")
#: The cache in a run's folder, unless another is given.
REPLIES = "replies.sqlite"
#: Packages whose version may change what is written.
_PACKAGES = ("idiolect", "numpy", "scikit-learn")
#: Rows that are read at one time for a fingerprint.
_AT_ONCE = 10_000


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
        row["answer"] = str(outcome.answer)
    if failure is not None and failure.trace:
        row["trace"] = failure.trace
    if price is not None:
        row["cost"] = price.of(use.prompt_tokens, use.completion_tokens)
    return row


def manifest(assembly: Assembly, lm: LanguageModel, *, data: str) -> dict[str, Any]:
    """Everything that a method's output depends on but the requests.

    Args:
        assembly: The method.
        lm: The model. An endpoint counts by its model: a server that comes back at another
            address is the same.
        data: Fingerprint of the data.
    """
    recipe, encoder = assembly.recipe, assembly.supplies.get("encoder")
    return {
        "recipe": recipe.name,
        "source": hashlib.sha256(recipe.path.read_bytes()).hexdigest()[:16],
        "settings": {
            s.name: s.checked(recipe.name, assembly.settings.get(s.name, s.default))
            for s in recipe.settings
        },
        "model": lm.model if isinstance(lm, Endpoint) else lm.name,
        "encoder": None if encoder is None else encoder.name,
        "data": data,
        "versions": {name: version(name) for name in _PACKAGES},
    }


def fingerprint(population: Population) -> str:
    """Of all events and items, whatever file they are from."""
    digest = hashlib.sha256()
    for frame in (population.frame, population.items):
        digest.update(b"table")
        if frame is not None:
            digest.update(json.dumps(frame.columns).encode())
            for part in frame.iter_slices(_AT_ONCE):
                digest.update(part.write_ndjson().encode())
    return digest.hexdigest()[:16]


def asked(requests: Iterable[Request]) -> dict[str, Any]:
    """How many requests there are, and their fingerprint."""
    digest, count = hashlib.sha256(), 0
    for request in requests:
        told = {f.name: getattr(request, f.name) for f in fields(Request)}
        told["item"] = request.item.id if request.item else None
        digest.update(json.dumps(told, default=_plain, sort_keys=True).encode())
        count += 1
    return {"count": count, "fingerprint": digest.hexdigest()[:16]}


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)


class RunFolder:
    """The folder of one run; only one process may write to it at a time.

    Args:
        path: The folder; made where it is not there.
        manifest: What the run is; see `manifest`.
        total: How many requests it has.

    Attributes:
        path: As given.
        total: As given.
        torn: Bytes of a last line that was cut off when a run ended and was taken away.
        spent: What all results have cost; a call without a result is in the ledger alone.

    Raises:
        SettingError: The folder is of another run (the difference is shown), of a run that is
            being written, or cannot be written.
        DataError: Its files are broken.
    """

    def __init__(self, path: Path, manifest: Mapping[str, Any], total: int) -> None:
        usable(path)
        self.path, self.total = path, total
        self._journal = Journal(
            path / "results.jsonl",
            path / "manifest.json",
            manifest,
            ("at", "user", "failure", "paid"),
            alone=True,
        )
        self.torn, self.spent = self._journal.torn, Spent()
        # Where each request's last line begins; -1 for none.  # (requests,)
        self._begins = np.full(total, -1, dtype=np.int64)
        self._failed = np.zeros(total, dtype=bool)
        try:
            for begin, row in self._journal.rows():
                self._note(begin, row)
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
        for at in range(self.total):
            if self._begins[at] >= 0:
                yield self._journal.at(int(self._begins[at]))

    def finish(self) -> Path | None:
        """Writes `output.jsonl` whole, or not at all where requests have no line yet."""
        if not self.complete:
            return None
        path = self.path / "output.jsonl"
        part = path.with_name(path.name + ".part")
        with part.open("w", encoding="utf-8") as file:
            for row in self.rows():
                told = {name: value for name, value in row.items() if name not in VARIES}
                file.write(json.dumps(told, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
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
        self.spent = Spent(
            self.spent.calls + row["paid"]["calls"],
            self.spent.tokens + row["paid"]["tokens"],
            self.spent.cost + row.get("cost", 0.0),
        )


def usable(path: Path) -> None:
    """Refuses, before any cost, a path that cannot be a run's folder.

    Raises:
        SettingError: It is a file, in no folder, protected, or a folder of something else.
    """
    if path.exists() and not path.is_dir():
        raise SettingError(
            f"Found the file '{path}' where a run's folder is to be; give a folder, or a path that "
            "ends in .jsonl for a file."
        )
    if not path.parent.is_dir():
        raise SettingError(
            f"Found no folder '{path.parent}' to make '{path.name}' in; make it first, or give "
            "another path."
        )
    if not os.access(path if path.exists() else path.parent, os.W_OK):
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
