"""Who is paying for which reply right now: claims in the file, kept alive while calls last.

A claim ends after a lease, so that one of a process that is gone keeps nobody waiting for long. As
long as a call lasts, a thread renews its claim, so that it is not paid for twice however long it
takes.
"""

from __future__ import annotations

import os
import secrets
import socket
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from idiolect.errors import SettingError

#: Renewals in one lease: one may be late, or fail.
_BEATS = 3


@dataclass
class _Mine:
    """What one process has claimed; after a fork, the child begins with nothing."""

    pid: int = field(default_factory=os.getpid)
    owner: str = field(default_factory=lambda: f"{_place()}|{os.getpid()}|{secrets.token_hex(4)}")
    held: set[bytes] = field(default_factory=set)
    paused: set[bytes] = field(default_factory=set)
    stop: threading.Event | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class Claims:
    """The claims of a file, as seen by one process.

    Args:
        path: The file.
        lease: Seconds for which a claim holds unless it is renewed.
        unwritable: Told why claims could not be renewed.

    Raises:
        SettingError: The lease is not above 0.
    """

    def __init__(
        self, path: Path, lease: float, unwritable: Callable[[sqlite3.DatabaseError], None]
    ) -> None:
        if not lease > 0:
            raise SettingError(f"Found lease={lease!r}; give more than 0 seconds.")
        self.path, self.lease, self.unwritable = path, lease, unwritable
        self._last = _Mine()

    @property
    def _mine(self) -> _Mine:
        if self._last.pid != os.getpid():
            self._last = _Mine()
        return self._last

    def take(self, db: sqlite3.Connection, key: bytes) -> bool:
        """Claims a key within a transaction; False while somebody else has it."""
        now, mine = time.time(), self._mine
        row = db.execute("SELECT owner, expires FROM claims WHERE key = ?", (key,)).fetchone()
        if row is not None:
            owner, expires = row
            # One of our own that is not held is left over from when it could not be given up.
            ours = owner == mine.owner and key not in mine.held
            if not (ours or expires < now or _gone(owner)):
                return False
        claim = (key, mine.owner, now + self.lease)
        db.execute("INSERT OR REPLACE INTO claims VALUES (?, ?, ?)", claim)
        return True

    def give_up(self, db: sqlite3.Connection, keys: Iterable[bytes]) -> None:
        """Ends claims of this process within a transaction."""
        owner = self._mine.owner
        db.executemany(
            "DELETE FROM claims WHERE key = ? AND owner = ?", [(key, owner) for key in keys]
        )

    def hold(self, keys: Iterable[bytes]) -> None:
        """Keeps claims alive from here on."""
        mine = self._mine
        with mine.lock:
            mine.held.update(keys)
            if mine.held and mine.stop is None:
                mine.stop = threading.Event()
                threading.Thread(
                    target=_beat,
                    args=(weakref.ref(self), mine.stop, self.lease / _BEATS),
                    name="claims",
                    daemon=True,
                ).start()

    def let_go(self, keys: Iterable[bytes]) -> None:
        """Keeps claims alive no longer; without any, the thread ends."""
        mine = self._mine
        with mine.lock:
            mine.held.difference_update(keys)
            if not mine.held:
                self._end(mine)

    def close(self) -> None:
        """Ends the thread; claims that are still held run out."""
        mine = self._mine
        with mine.lock:
            mine.held.clear()
            self._end(mine)

    @contextmanager
    def paused(self, key: bytes | None) -> Iterator[None]:
        """Does not keep a claim alive meanwhile: what waits for a reader may wait forever."""
        mine = self._mine
        if key is not None:
            mine.paused.add(key)
        try:
            yield
        finally:
            if key is not None:
                mine.paused.discard(key)

    def renew(self) -> None:
        """Lets the claims of calls in flight begin their lease anew."""
        mine = self._mine
        with mine.lock:
            keys = mine.held - mine.paused
        if not keys:
            return
        # A connection of its own: the other one's lock may be held by a thread at a fork.
        uri = f"{self.path.resolve().as_uri()}?mode=rw"
        try:
            with closing(sqlite3.connect(uri, uri=True, timeout=self.lease / _BEATS)) as db, db:
                db.executemany(
                    "UPDATE claims SET expires = ? WHERE key = ? AND owner = ?",
                    [(time.time() + self.lease, key, mine.owner) for key in keys],
                )
        except sqlite3.DatabaseError as error:
            self.unwritable(error)

    def _end(self, mine: _Mine) -> None:
        if mine.stop is not None:
            mine.stop.set()
            mine.stop = None


def _beat(claims: weakref.ref[Claims], stop: threading.Event, seconds: float) -> None:
    """Renews until it is stopped, or nobody has the claims any more."""
    while not stop.wait(seconds) and (alive := claims()) is not None:
        alive.renew()
        del alive


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
