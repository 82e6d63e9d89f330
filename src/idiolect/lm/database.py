"""A SQLite file of ours: opened, kept usable by threads and processes, set aside when corrupt."""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from idiolect.errors import DataError, SettingError

Result = TypeVar("Result")

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


def warn(message: str) -> None:
    """Says something as a Python warning."""
    warnings.warn(message, RuntimeWarning, stacklevel=2)


@contextmanager
def writing(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction that holds the only right to write from its beginning."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk has already ended it
            db.execute("ROLLBACK")
        raise


class Database:
    """The file, with one connection a process.

    Args:
        path: Where it is; made where there is none.
        existing: Refuse to make a file, and to set a corrupt one aside.
        say: Told, once each, of a corrupt file that was set aside and of what could not be written.

    Raises:
        SettingError: The path is a folder, a table, another program's database, or cannot be
            opened.
        DataError: With `existing`, there is no such file or it is corrupt.
    """

    def __init__(self, path: Path, *, existing: bool, say: Callable[[str], None]) -> None:
        self.path, self.existing, self.say = path, existing, say
        self._lock = threading.Lock()
        self._unwritable = False
        if existing and not path.is_file():
            raise DataError(f"Found no file {str(path)!r}; give the path of a cache.")
        if path.is_dir() or path.suffix in _TABLES:
            raise SettingError(
                f"Found {str(path)!r} where a cache's file is needed; give a path of its own, "
                "for example replies.sqlite."
            )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self._lock:
                self._open()
        except sqlite3.OperationalError as error:
            raise SettingError(
                f"Found {str(path)!r}, which cannot be opened as a cache ({error}); check "
                "the path, its permissions and the space that is left there."
            ) from None

    def __del__(self) -> None:
        if hasattr(self, "_connection"):  # it was opened
            self._connection.close()

    @property
    def files(self) -> tuple[Path, ...]:
        """The file, and what SQLite keeps beside it."""
        beside = (self.path.with_name(f"{self.path.name}-{end}") for end in ("wal", "shm"))
        return (self.path, *beside)

    def close(self) -> None:
        """Closes the file; it may be used again."""
        with self._lock:
            self._connection.close()
            self._pid = 0

    def do(self, work: Callable[[sqlite3.Connection], Result], instead: Any = ...) -> Result:
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
                self.unwritable(error)
                return instead  # type: ignore[no-any-return]

    def unwritable(self, error: sqlite3.DatabaseError) -> None:
        """Says, once, that what is paid for from here on may not be kept."""
        if not self._unwritable:
            self._unwritable = True
            self.say(
                f"The cache {str(self.path)!r} cannot be written ({error}), so replies from "
                "here on may not be kept, and their calls may lack in its ledger; the run goes "
                "on. Make space there."
            )

    def _open(self) -> None:
        try:
            self._connection = _connect(self.path)
        except sqlite3.DatabaseError as error:
            if _code(error) not in _CORRUPT:
                raise
            self._set_aside(error)
            self._connection = _connect(self.path)
        self._pid = os.getpid()

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
        for file in self.files:
            with suppress(FileNotFoundError):
                file.rename(f"{aside}{file.name.removeprefix(self.path.name)}")
        self.say(
            f"The cache {str(self.path)!r} is corrupt ({error}); it was set aside as "
            f"{str(aside)!r}, and a new one was begun. Replies in it are paid for again."
        )


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
            with writing(db):
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


def _code(error: sqlite3.Error) -> int:
    """The primary code, without what SQLite adds to it."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
