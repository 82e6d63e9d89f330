"""One SQLite file of replies and of what they cost, safe under threads and several processes.

Replies can be deleted (by size, age, or the events that they were made from); the ledger is only
ever added to, and holds no words. A claim says that a process is paying for a reply right now.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import sqlite3
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from idiolect.errors import DataError, SettingError

Result = TypeVar("Result")
Outcome = Literal["paid", "cached", "failed"]

# "idio": says that a SQLite file is ours.
_OURS, _VERSION = 0x6964696F, 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS replies (
    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, model TEXT NOT NULL, stage TEXT NOT NULL,
    text TEXT NOT NULL, prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL,
    seconds REAL NOT NULL, more TEXT NOT NULL, made REAL NOT NULL,
    used REAL NOT NULL, bytes INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS replies_used ON replies (used);
CREATE TABLE IF NOT EXISTS sources (
    event TEXT NOT NULL, reply INTEGER NOT NULL REFERENCES replies (id) ON DELETE CASCADE,
    PRIMARY KEY (event, reply)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sources_reply ON sources (reply);
CREATE TABLE IF NOT EXISTS claims (
    key BLOB PRIMARY KEY, owner TEXT NOT NULL, expires REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger (
    id INTEGER PRIMARY KEY, time REAL NOT NULL, model TEXT NOT NULL, stage TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('paid', 'cached', 'failed')), error TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, cost REAL,
    retries INTEGER NOT NULL, seconds REAL NOT NULL, key BLOB);
CREATE TRIGGER IF NOT EXISTS ledger_kept BEFORE DELETE ON ledger
    BEGIN SELECT RAISE (ABORT, 'the ledger is only added to'); END;
CREATE TRIGGER IF NOT EXISTS ledger_unchanged BEFORE UPDATE ON ledger
    BEGIN SELECT RAISE (ABORT, 'the ledger is only added to'); END;
"""
_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_UNWRITABLE = {
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_PERM,
}  # fmt: skip
_TABLES = {".csv", ".tsv", ".json", ".jsonl", ".parquet", ".gz", ".txt", ".md", ".py"}
_BUSY = 30.0  # seconds that a write waits for other processes' writes


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
        events: Ids of the events that its prompt was made from.
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
        error: The kind of error of a failed call, or `empty`.
        prompt_tokens: Of the reply; those of cached ones were not paid again.
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


@dataclass(frozen=True)
class Totals:
    """The ledger of one model, summed.

    Attributes:
        model: Who was asked.
        paid: Prompts answered by the model.
        cached: Prompts answered from the file.
        failed: Prompts that got no answer, or an empty one.
        retries: Calls that failed on the way to an answer.
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


def warn(message: str) -> None:
    """Says something as a Python warning."""
    warnings.warn(message, RuntimeWarning, stacklevel=2)


class Ledger:
    """The file.

    Args:
        path: Where it is; made where there is none.
        existing: Refuse to make a file, and to set a corrupt one aside.
        lease: Seconds after which another process's claim counts as given up; one whose process
            is seen to be gone counts at once.
        say: Told, once each, of a corrupt file that was set aside and of what could not be written.

    Raises:
        SettingError: The path is a folder, a table, another program's database, or cannot be
            opened.
        DataError: With `existing`, there is no such file or it is corrupt.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        existing: bool = False,
        lease: float = 600.0,
        say: Callable[[str], None] = warn,
    ) -> None:
        self.path, self.existing, self.lease, self.say = Path(path), existing, lease, say
        self._lock = threading.Lock()
        self._said: set[str] = set()
        if existing and not self.path.is_file():
            raise DataError(f"Found no file {str(self.path)!r}; give the path of a cache.")
        if self.path.is_dir() or self.path.suffix in _TABLES:
            raise SettingError(
                f"Found {str(self.path)!r} where a cache's file is needed; give a path of its own, "
                "for example replies.sqlite."
            )
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._lock:
                self._open()
        except sqlite3.OperationalError as error:
            raise SettingError(
                f"Found {str(self.path)!r}, which cannot be opened as a cache ({error}); check "
                "the path, its permissions and the space that is left there."
            ) from None

    def __del__(self) -> None:
        if hasattr(self, "_connection"):  # it was opened
            self._connection.close()

    def close(self) -> None:
        """Closes the file; it may be used again."""
        with self._lock:
            self._connection.close()
            self._pid = 0

    def find(self, keys: Sequence[bytes], newer: float = 0.0) -> dict[bytes, Stored]:
        """Stored replies by key, those made after `newer`."""
        return self._do(lambda db: _find(db, keys, newer), {})

    def claim(
        self, keys: Sequence[bytes], newer: float = 0.0
    ) -> tuple[dict[bytes, Stored], list[bytes]]:
        """Replies that are there by now, and which of the others are this caller's to pay for.

        What is in neither is being paid for by somebody else. Where the file cannot be written,
        everything is the caller's. Callers of one `Ledger` agree among themselves who asks.
        """

        def work(db: sqlite3.Connection) -> tuple[dict[bytes, Stored], list[bytes]]:
            with _writing(db):
                there, now = _find(db, keys, newer), time.time()
                mine = []
                for key in keys:
                    if key in there:
                        continue
                    held = db.execute("SELECT owner, expires FROM claims WHERE key = ?", (key,))
                    row = held.fetchone()
                    # A claim of our own is left over from when it could not be given up.
                    if row is None or row[0] == self._owner or row[1] < now or _gone(row[0]):
                        db.execute(
                            "INSERT OR REPLACE INTO claims VALUES (?, ?, ?)",
                            (key, self._owner, now + self.lease),
                        )
                        mine.append(key)
            return there, mine

        return self._do(work, ({}, list(keys)))

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
            with _writing(db):
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
                db.executemany(
                    "DELETE FROM claims WHERE key = ? AND owner = ?",
                    [(key, self._owner) for key in release],
                )
            return True

        return self._do(work, False)

    def forget(self, events: Iterable[str]) -> int:
        """Deletes every reply that was made from any of these events; says how many.

        Their words are overwritten in the file. Call it when no run is using the file: a reply
        in flight is stored when it comes.
        """
        ids = list(events)

        def work(db: sqlite3.Connection) -> int:
            with _writing(db):
                before = db.execute("SELECT count(*) FROM replies").fetchone()[0]
                db.executemany(
                    "DELETE FROM replies WHERE id IN (SELECT reply FROM sources WHERE event = ?)",
                    [(event,) for event in ids],
                )
                after = db.execute("SELECT count(*) FROM replies").fetchone()[0]
            # The log beside the file would still show what was deleted.
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return int(before - after)

        return self._do(work)

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
            with _writing(db):
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

        return self._do(work, 0)

    def totals(self) -> list[Totals]:
        """The ledger's sums by model."""
        query = (
            "SELECT model, sum(outcome = 'paid'), sum(outcome = 'cached'), "
            "sum(outcome = 'failed'), sum(retries), "
            "sum(iif(outcome = 'cached', 0, prompt_tokens)), "
            "sum(iif(outcome = 'cached', 0, completion_tokens)), "
            "total(iif(outcome = 'cached', 0, cost)), "
            "sum(outcome <> 'cached' AND prompt_tokens + completion_tokens > 0 "
            "AND cost IS NULL) "
            "FROM ledger GROUP BY model ORDER BY model"
        )
        return self._do(lambda db: [Totals(*row) for row in db.execute(query)])

    def size(self) -> Size:
        """What the file holds."""

        def work(db: sqlite3.Connection) -> Size:
            count, total, oldest = db.execute(
                "SELECT count(*), coalesce(sum(bytes), 0), min(made) FROM replies"
            ).fetchone()
            claims = db.execute("SELECT count(*) FROM claims").fetchone()[0]
            return Size(count, total, sum(map(_length, _files(self.path))), oldest, claims)

        return self._do(work)

    def replies(self) -> Iterator[dict[str, Any]]:
        """Every reply with its events, as plain values."""
        query = (
            "SELECT lower(hex(key)) AS key, model, stage, text, prompt_tokens, completion_tokens, "
            "seconds, more, made, used, (SELECT json_group_array(event) FROM sources "
            "WHERE reply = replies.id) AS events FROM replies WHERE id > ? ORDER BY id LIMIT 500"
        )
        for row in self._rows(query, "replies"):
            more = json.loads(row.pop("more") or "{}")
            yield row | more | {"events": json.loads(row["events"])}

    def lines(self) -> Iterator[dict[str, Any]]:
        """Every line of the ledger, as plain values."""
        query = (
            "SELECT time, model, stage, outcome, error, prompt_tokens, completion_tokens, cost, "
            "retries, seconds, lower(hex(key)) AS key FROM ledger WHERE id > ? "
            "ORDER BY id LIMIT 500"
        )
        yield from self._rows(query, "ledger")

    def _rows(self, query: str, table: str) -> Iterator[dict[str, Any]]:
        """A query's rows in pages by id, so that a large file needs little memory."""
        paged = query.replace("SELECT ", "SELECT id AS row_id, ", 1)

        def page(after: int) -> list[dict[str, Any]]:
            def work(db: sqlite3.Connection) -> list[dict[str, Any]]:
                found = db.execute(paged, (after,))
                names = [column[0] for column in found.description]
                return [dict(zip(names, row, strict=True)) for row in found]

            return self._do(work)

        last = 0
        while rows := page(last):
            for row in rows:
                last = row.pop("row_id")
                yield row

    def _do(self, work: Callable[[sqlite3.Connection], Result], instead: Any = ...) -> Result:
        """`work` on the file; `instead` where the disk does not let it and the run should go on."""
        with self._lock:
            if self._pid != os.getpid():  # a connection must not cross a fork
                self._open()
            try:
                try:
                    return work(self._connection)
                except sqlite3.DatabaseError as error:
                    if _code(error) not in _CORRUPT:
                        raise
                    self._replace(error)
                    return work(self._connection)
            except sqlite3.DatabaseError as error:
                if instead is ... or _code(error) not in _UNWRITABLE:
                    raise
                self._once(
                    f"The cache {str(self.path)!r} cannot be written ({error}), so replies from "
                    "here on may not be kept, and their calls may lack in its ledger; the run goes "
                    "on. Make space there."
                )
                return instead  # type: ignore[no-any-return]

    def _open(self) -> None:
        try:
            self._connection = _connect(self.path)
        except sqlite3.DatabaseError as error:
            if _code(error) not in _CORRUPT:
                raise
            self._set_aside(error)
            self._connection = _connect(self.path)
        self._pid = os.getpid()
        self._owner = f"{_place()}|{self._pid}|{secrets.token_hex(4)}"

    def _replace(self, error: sqlite3.DatabaseError) -> None:
        self._connection.close()
        self._set_aside(error)
        self._open()

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        """Renames a corrupt file, unless another process has just done so."""
        if self.existing:
            raise DataError(
                f"Found {str(self.path)!r}, which is not a cache or is corrupt ({error}); a run "
                "sets it aside and begins a new one."
            ) from None
        with suppress(sqlite3.DatabaseError):
            fresh = _connect(self.path)
            try:
                if fresh.execute("PRAGMA quick_check(1)").fetchone() == ("ok",):
                    return
            finally:
                fresh.close()
        mark = time.strftime("%Y%m%dT%H%M%S")
        aside = self.path.with_name(f"{self.path.name}.corrupt-{mark}-{secrets.token_hex(2)}")
        for file in _files(self.path):
            with suppress(FileNotFoundError):
                file.rename(f"{aside}{file.name.removeprefix(self.path.name)}")
        self.say(
            f"The cache {str(self.path)!r} is corrupt ({error}); it was set aside as "
            f"{str(aside)!r}, and a new one was begun. Replies in it are paid for again."
        )

    def _once(self, message: str) -> None:
        if "unwritable" not in self._said:
            self._said.add("unwritable")
            self.say(message)


def _connect(path: Path) -> sqlite3.Connection:
    # Transactions are begun by hand, so that a claim is one.
    db = sqlite3.connect(path, timeout=_BUSY, isolation_level=None, check_same_thread=False)
    try:
        found = db.execute("PRAGMA application_id").fetchone()[0]
        version = db.execute("PRAGMA user_version").fetchone()[0]
        tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if found != _OURS and (tables or found):
            raise SettingError(
                f"Found {str(path)!r}, which is another program's database; give the cache a path "
                "of its own."
            )
        if version > _VERSION:
            raise SettingError(
                f"Found the cache {str(path)!r} of version {version}; this package reads up to "
                f"{_VERSION}. Upgrade it, or give another path."
            )
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA secure_delete = ON")
        _to_wal(db)
        # Survives a kill of the process; a power cut may take the last moments.
        db.execute("PRAGMA synchronous = NORMAL")
        if version < _VERSION:
            with _writing(db):
                for statement in _statements(_SCHEMA):
                    db.execute(statement)
                db.execute(f"PRAGMA application_id = {_OURS}")
                db.execute(f"PRAGMA user_version = {_VERSION}")
    except BaseException:
        db.close()
        raise
    return db


def _to_wal(db: sqlite3.Connection) -> None:
    """Switches to a write-ahead log; SQLite does not wait by itself for others who do the same."""
    until = time.monotonic() + _BUSY
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _statements(script: str) -> Iterator[str]:
    said = ""
    for part in script.split(";"):
        said += part + ";"
        if sqlite3.complete_statement(said):
            yield said
            said = ""


@contextmanager
def _writing(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction that holds the only right to write from its beginning."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk has already ended it
            db.execute("ROLLBACK")
        raise


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


def _code(error: sqlite3.Error) -> int:
    """The primary code, without what SQLite adds to it."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _files(path: Path) -> tuple[Path, ...]:
    return (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm"))


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _place() -> str:
    """The machine, and within it the world of process numbers (containers have their own)."""
    try:
        world = os.readlink("/proc/self/ns/pid")
    except OSError:
        world = ""
    return f"{socket.gethostname()}{world}"


def _gone(owner: str) -> bool:
    """True if the process that made a claim is seen not to run any more."""
    place, pid, _ = owner.rsplit("|", 2)
    # Elsewhere than on POSIX, signal 0 would end the process that is only looked for.
    if os.name != "posix" or place != _place():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    try:  # killed, and not yet seen by the process that began it
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] in ("Z", "X")
