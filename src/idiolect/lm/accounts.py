"""What a file of replies holds, and what each model was paid."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idiolect.lm.database import Database

_TOTALS = """
SELECT model, sum(outcome = 'paid'), sum(outcome = 'cached'), sum(outcome = 'failed'),
    sum(retries),
    sum(iif(outcome = 'cached', 0, prompt_tokens)),
    sum(iif(outcome = 'cached', 0, completion_tokens)),
    total(iif(outcome = 'cached', 0, cost)),
    sum(outcome <> 'cached' AND prompt_tokens + completion_tokens > 0 AND cost IS NULL)
FROM ledger WHERE time >= ? GROUP BY model ORDER BY model
"""
# Pages by id, so that a large file needs little memory.
_REPLIES = """
SELECT id, lower(hex(key)) AS key, model, stage, text, prompt_tokens, completion_tokens, seconds,
    more, made, used,
    (SELECT json_group_array(event) FROM sources WHERE reply = replies.id) AS events
FROM replies WHERE id > ? ORDER BY id LIMIT 500
"""
_LINES = """
SELECT id, time, model, stage, outcome, error, prompt_tokens, completion_tokens, cost, retries,
    seconds, lower(hex(key)) AS key
FROM ledger WHERE id > ? ORDER BY id LIMIT 500
"""


@dataclass(frozen=True)
class Totals:
    """The ledger of one model, summed.

    Attributes:
        model: Who was asked.
        paid: Prompts answered by the model.
        cached: Prompts answered from the file.
        failed: Prompts that got no answer, or an empty one.
        retries: Calls that failed on the way.
        prompt_tokens: Of all but the cached.
        completion_tokens: Likewise.
        cost: Likewise, where there was a price.
        unpriced: Calls with tokens that had none.
    """

    model: str
    paid: int
    cached: int
    failed: int
    retries: int
    prompt_tokens: int
    completion_tokens: int
    cost: float
    unpriced: int


@dataclass(frozen=True)
class Size:
    """What the file holds.

    Attributes:
        replies: How many.
        reply_bytes: Their words and event ids.
        file_bytes: The file, with what SQLite keeps beside it.
        oldest: When the oldest reply was made; None without replies.
        claims: Calls that processes say are in flight.
    """

    replies: int
    reply_bytes: int
    file_bytes: int
    oldest: float | None
    claims: int


def totals(db: sqlite3.Connection, since: float = 0.0) -> list[Totals]:
    """The ledger's sums by model, from a time on (seconds since 1970)."""
    return [Totals(*row) for row in db.execute(_TOTALS, (since,))]


def size(db: sqlite3.Connection, files: Iterable[Path]) -> Size:
    """What the file holds, on the disk in `files`."""
    count, held, oldest = db.execute(
        "SELECT count(*), coalesce(sum(bytes), 0), min(made) FROM replies"
    ).fetchone()
    claims = db.execute("SELECT count(*) FROM claims").fetchone()[0]
    return Size(count, held, sum(map(_length, files)), oldest, claims)


def replies(database: Database) -> Iterator[dict[str, Any]]:
    """Every reply with its events, as plain values."""
    for row in _rows(database, _REPLIES):
        more = json.loads(row.pop("more") or "{}")
        yield row | more | {"events": json.loads(row["events"])}


def lines(database: Database) -> Iterator[dict[str, Any]]:
    """Every line of the ledger, as plain values."""
    return _rows(database, _LINES)


def _rows(database: Database, query: str) -> Iterator[dict[str, Any]]:
    last = 0

    def page(db: sqlite3.Connection) -> list[dict[str, Any]]:
        found = db.execute(query, (last,))
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found]

    while rows := database.do(page):
        for row in rows:
            last = row.pop("id")
            yield row


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
