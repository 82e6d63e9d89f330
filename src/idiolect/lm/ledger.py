"""One file of replies and of what they cost, safe under threads and several processes.

Replies can be deleted (by size, age, or the events that they were made from); the ledger is only
ever added to, and holds no words. A claim says that a process is paying for a reply right now.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from idiolect.lm import accounts
from idiolect.lm.accounts import Size, Totals
from idiolect.lm.claims import Claims
from idiolect.lm.database import Database, warn, writing

Outcome = Literal["paid", "cached", "failed"]
#: Seconds for which a claim holds unless it is renewed: so long others wait for a lost machine.
LEASE = 30.0


@dataclass(frozen=True)
class Stored:
    """A reply in the file, or one to be stored.

    Attributes:
        key: Digest of everything that decides the reply.
        model: Who replied.
        stage: Of the prompt.
        text: The words.
        prompt_tokens: As the model counted them.
        completion_tokens: Likewise.
        seconds: How long the call took.
        more: What else belongs to the reply, as JSON.
        events: Ids of the events that its prompt was made from, or that it asks in place of.
    """

    key: bytes
    model: str
    stage: str
    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    more: str = ""
    events: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """A line of the ledger: one prompt and how it ended.

    Attributes:
        model: Who was asked.
        stage: Of the prompt.
        outcome: `paid`, `cached` or `failed`.
        error: The kind of error of a failed call, `empty`, or `abandoned` by who asked.
        prompt_tokens: As the model counted them; those of cached ones were not paid again.
        completion_tokens: Likewise.
        cost: By the price table; None where it has no price of the model.
        retries: Calls that failed on the way.
        seconds: Wall time.
        key: Of the reply; None where the call cannot be cached.
        time: When it ended, in seconds since 1970.
    """

    model: str
    stage: str
    outcome: Outcome
    error: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    retries: int = 0
    seconds: float = 0.0
    key: bytes | None = None
    time: float = field(default_factory=time.time)


class Ledger:
    """The file.

    Args:
        path: Where it is; made where there is none.
        existing: Refuse to make a file, and to set a corrupt one aside.
        lease: Seconds after which a claim counts as given up, unless its process renews it; one
            whose process is seen to be gone counts at once. Machines' clocks must agree within it.
        say: Told, once each, of a corrupt file that was set aside and of what could not be written.

    Raises:
        SettingError: The path is a folder, a table, another program's database, or cannot be
            opened; or the lease is not above 0.
        DataError: With `existing`, there is no such file or it is corrupt.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        existing: bool = False,
        lease: float = LEASE,
        say: Callable[[str], None] = warn,
    ) -> None:
        self.path, self.existing, self.lease = Path(path), existing, lease
        self._database = Database(self.path, existing=existing, say=say)
        self._claims = Claims(self.path, lease, self._database.unwritable)

    def close(self) -> None:
        """Closes the file; it may be used again."""
        self._claims.close()
        self._database.close()

    def find(self, keys: Sequence[bytes], newer: float = 0.0) -> dict[bytes, Stored]:
        """Stored replies by key, those made after `newer`."""
        return self._database.do(lambda db: _find(db, keys, newer), {})

    def claim(
        self, keys: Sequence[bytes], newer: float = 0.0
    ) -> tuple[dict[bytes, Stored], list[bytes]]:
        """Replies that are there by now, and which of the others are this caller's to pay for.

        What is in neither is being paid for by somebody else. Where the file cannot be written,
        everything is the caller's. A claim is renewed until it is released.
        """

        def work(db: sqlite3.Connection) -> tuple[dict[bytes, Stored], list[bytes]]:
            with writing(db):
                there = _find(db, keys, newer)
                return there, [
                    key for key in keys if key not in there and self._claims.take(db, key)
                ]

        there, mine = self._database.do(work, ({}, list(keys)))
        self._claims.hold(mine)
        return there, mine

    def paused(self, key: bytes | None) -> AbstractContextManager[None]:
        """A block within which a claim is not renewed: it is not the model that is awaited."""
        return self._claims.paused(key)

    def release(self, keys: Sequence[bytes]) -> None:
        """Gives up claims."""
        self.add([], release=keys)

    def add(
        self,
        lines: Iterable[Line],
        replies: Iterable[Stored] = (),
        release: Sequence[bytes] = (),
        used: Sequence[bytes] = (),
    ) -> bool:
        """Adds to the ledger, stores replies and gives up claims, all or nothing.

        Returns:
            False where the file could not be written, which was said.
        """
        rows, stored = list(lines), list(replies)

        def work(db: sqlite3.Connection) -> bool:
            with writing(db):
                for reply in stored:
                    _store(db, reply)
                db.executemany(
                    "INSERT INTO ledger (model, stage, outcome, error, prompt_tokens, "
                    "completion_tokens, cost, retries, seconds, key, time) VALUES "
                    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [tuple(vars(line).values()) for line in rows],
                )
                now = time.time()
                db.executemany(
                    "UPDATE replies SET used = ? WHERE key = ?", [(now, key) for key in used]
                )
                self._claims.give_up(db, release)
            return True

        self._claims.let_go(release)
        return self._database.do(work, False)

    def forget(self, events: Iterable[str]) -> int:
        """Deletes every reply that was made from any of these events; says how many.

        Their words are overwritten in the file. Call it when no run is using the file: a reply
        in flight is stored when it comes.
        """
        ids = list(events)

        def work(db: sqlite3.Connection) -> int:
            with writing(db):
                before = db.execute("SELECT count(*) FROM replies").fetchone()[0]
                db.executemany(
                    "DELETE FROM replies WHERE id IN (SELECT reply FROM sources WHERE event = ?)",
                    [(event,) for event in ids],
                )
                after = db.execute("SELECT count(*) FROM replies").fetchone()[0]
            # The log beside the file would still show what was deleted.
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return int(before - after)

        return self._database.do(work)

    def prune(
        self, max_bytes: int | None = None, max_age: float | None = None, *, shrink: bool = False
    ) -> int:
        """Deletes replies, the longest unused first, until limits hold; says how many.

        Args:
            max_bytes: Of all replies' words and event ids.
            max_age: Seconds since a reply was made.
            shrink: Give the space back to the disk, which rewrites the file.
        """

        def work(db: sqlite3.Connection) -> int:
            gone = 0
            with writing(db):
                if max_age is not None:
                    gone += db.execute(
                        "DELETE FROM replies WHERE made < ?", (time.time() - max_age,)
                    ).rowcount
                if max_bytes is not None:
                    gone += db.execute(
                        "DELETE FROM replies WHERE id IN (SELECT id FROM (SELECT id, sum(bytes) "
                        "OVER (ORDER BY used DESC, id DESC) AS so_far FROM replies) "
                        "WHERE so_far > ?)",
                        (max_bytes,),
                    ).rowcount
            if shrink:
                db.execute("VACUUM")
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return gone

        return self._database.do(work, 0)

    def totals(self, since: float = 0.0) -> list[Totals]:
        """The ledger's sums by model, from a time on (seconds since 1970)."""
        return self._database.do(lambda db: accounts.totals(db, since))

    def size(self) -> Size:
        """What the file holds."""
        return self._database.do(lambda db: accounts.size(db, self._database.files))

    def replies(self) -> Iterator[dict[str, Any]]:
        """Every reply with its events, as plain values."""
        return accounts.replies(self._database)

    def lines(self) -> Iterator[dict[str, Any]]:
        """Every line of the ledger, as plain values."""
        return accounts.lines(self._database)


def _find(db: sqlite3.Connection, keys: Sequence[bytes], newer: float) -> dict[bytes, Stored]:
    found = {}
    for begin in range(0, len(keys), 500):  # SQLite takes a limited number of values
        some = keys[begin : begin + 500]
        marks = ", ".join("?" * len(some))
        rows = db.execute(
            "SELECT key, model, stage, text, prompt_tokens, completion_tokens, seconds, "
            f"more FROM replies WHERE key IN ({marks}) AND made >= ?",
            (*some, newer),
        )
        found.update({row[0]: Stored(*row) for row in rows})
    return found


def _store(db: sqlite3.Connection, reply: Stored) -> None:
    now = time.time()
    size = sum(len(part.encode()) for part in (reply.text, reply.more, *reply.events))
    db.execute("DELETE FROM replies WHERE key = ?", (reply.key,))
    number = db.execute(
        "INSERT INTO replies (key, model, stage, text, prompt_tokens, completion_tokens, seconds, "
        "more, made, used, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            reply.key, reply.model, reply.stage, reply.text, reply.prompt_tokens,
            reply.completion_tokens, reply.seconds, reply.more, now, now, size,
        ),
    ).lastrowid  # fmt: skip
    db.executemany(
        "INSERT INTO sources VALUES (?, ?)", [(event, number) for event in set(reply.events)]
    )
