"""JSON lines that are only ever appended, under a manifest that says how they are made.

What a run has written survives the run's end, however it ends; the same manifest continues it, and
another one is refused with the difference shown.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from idiolect.errors import DataError, SettingError

Manifest = Mapping[str, Any]
Row = dict[str, Any]


class Journal:
    """An append-only file of JSON lines with its manifest.

    Args:
        path: The file of lines; it is made, with its folder, where it is not there.
        beside: The file of the manifest.
        manifest: How the lines are made: text, numbers, lists and mappings of these.
        needs: What every line has.
        alone: Refuse a second process that writes at the same time (not on Windows).

    Attributes:
        path: As given.
        manifest: As given.
        torn: Bytes of a last line that was cut off and taken away; 0 for none.

    Raises:
        SettingError: The lines were made otherwise (the difference is shown), or somebody writes.
        DataError: The lines are there and their manifest is not, or it cannot be read.
    """

    def __init__(
        self,
        path: Path,
        beside: Path,
        manifest: Manifest,
        needs: Sequence[str] = (),
        *,
        alone: bool = False,
    ) -> None:
        self.path, self.manifest, self._needs = path, manifest, needs
        self._lock = threading.Lock()
        if beside.is_file():
            _same(beside, manifest)
        elif path.is_file():
            raise DataError(
                f"Found '{path}' without '{beside.name}', so nobody knows how it was made; give "
                "another folder, or move the file away."
            )
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            told = json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True)
            written(beside, (told, "\n"))
        # What is there is looked at only once nobody else can be writing to it.
        self._claim = _claimed(path) if alone else None
        self.torn = self._without_torn_line() if path.is_file() else 0

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Where each line begins, in bytes, and the line.

        Raises:
            DataError: A whole line is none of ours.
        """
        begin = 0
        if not self.path.is_file():
            return
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                yield begin, self._read(line, number)
                begin += len(line)

    def at(self, begins: Iterable[int]) -> Iterator[Row]:
        """The lines that begin at these bytes.

        Raises:
            DataError: One is none of ours.
        """
        with self.path.open("rb") as file:
            for begin in begins:
                file.seek(begin)
                yield self._read(file.readline(), None)

    def add(self, row: Mapping[str, Any]) -> int:
        """Appends a line, on the disk before this returns, and says where it begins.

        Raises:
            SettingError: It could not be written: the disk may be full. No part of it is left.
        """
        line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
        # Without a buffer, what could not be written is not tried again when the file is closed.
        with self._lock, self.path.open("ab", buffering=0) as file:
            begin = file.seek(0, os.SEEK_END)
            try:
                rest = memoryview(line)
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            except OSError as error:
                file.truncate(begin)
                raise _unwritable(self.path, error) from None
        return begin

    def close(self) -> None:
        """Lets others write."""
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None

    def _read(self, line: bytes, number: int | None) -> Row:
        try:
            row = json.loads(line)
            if not row.keys() >= set(self._needs):
                *some, last = self._needs
                raise ValueError(f"no {', '.join(some)} or {last} in it")
        except (ValueError, AttributeError) as error:
            where = "a line" if number is None else f"line {number}"
            raise DataError(
                f"Found {where} of '{self.path}' that was not written by this run ({error}); "
                "delete the line to have it made again, or give another --out."
            ) from None
        return dict(row)

    def _without_torn_line(self) -> int:
        """Takes a line off that was being written when a run ended."""
        with self.path.open("r+b") as file:
            size = end = file.seek(0, os.SEEK_END)
            while end:
                begin = max(0, end - 65_536)
                file.seek(begin)
                found = file.read(end - begin).rfind(b"\n")
                if found >= 0:
                    end = begin + found + 1
                    break
                end = begin
            if end < size:
                file.truncate(end)
        return size - end


def written(path: Path, text: Iterable[str]) -> None:
    """Writes a file whole or not at all.

    Raises:
        SettingError: It could not be written: the disk may be full. What was there before stays.
    """
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.writelines(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> SettingError:
    return SettingError(
        f"Found that '{path}' cannot be written ({error.strerror}); make room, and give the same "
        "command again: it goes on from there."
    )


def _claimed(path: Path) -> int | None:
    """A descriptor that holds the file's lock, which ends with the process, however it ends."""
    if sys.platform == "win32":
        return None
    import fcntl

    held = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        raise SettingError(
            f"Found that another run is writing to '{path}'; wait for it, or give another --out."
        ) from None
    return held


def _same(beside: Path, manifest: Manifest) -> None:
    try:
        there = dict(_flat(json.loads(beside.read_text(encoding="utf-8"))))
    except ValueError as error:
        raise DataError(
            f"Found '{beside}', which is no manifest ({error}); give another --out, or move the "
            "folder away."
        ) from None
    now = dict(_flat(json.loads(json.dumps(manifest))))
    changed = [
        f"{name}: {there.get(name, 'nothing')!r} there, {now.get(name, 'nothing')!r} now"
        for name in sorted(there.keys() | now.keys())
        if there.get(name) != now.get(name)
    ]
    if changed:
        raise SettingError(
            f"Found '{beside}', which was made otherwise ({'; '.join(changed)}); mixed results "
            "would be of no method. Give another --out, or the same settings as there."
        )


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, value
