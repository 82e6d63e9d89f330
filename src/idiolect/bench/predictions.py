"""What was written for a benchmark's examples, kept line by line, so that a run can go on.

Beside each file of predictions lies a manifest: recipe, settings, model, data, versions. A file is
only continued under the same manifest.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from idiolect.errors import DataError, SettingError

Manifest = Mapping[str, Any]


class Predictions:
    """One JSON line for each example that was tried; the last line of an example counts.

    Args:
        path: The file of lines; it is made, with its folder, where it is not there.
        manifest: How they are made: text, numbers, lists and mappings of these.

    Attributes:
        path: As given.
        manifest: As given.
        rows: Example → its line.

    Raises:
        SettingError: The file was made otherwise; the difference is shown.
        DataError: The file cannot be read.
    """

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path, self.manifest, self._lock = path, manifest, threading.Lock()
        self.rows: dict[str, dict[str, Any]] = {}
        beside = path.with_suffix(".manifest.json")
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
            beside.write_text(told + "\n", encoding="utf-8")
        if path.is_file():
            self.rows = {row["id"]: row for row in _whole_lines(path)}

    @property
    def texts(self) -> dict[str, str]:
        """Example → what was written; without those that failed."""
        return {name: row["text"] for name, row in self.rows.items() if row["failure"] is None}

    @property
    def failures(self) -> dict[str, str]:
        """Example → why nothing was written."""
        return {n: row["failure"] for n, row in self.rows.items() if row["failure"] is not None}

    def add(self, name: str, *, text: str, failure: str | None = None, **facts: Any) -> None:
        """Writes a line at once; a run that ends here has it.

        Args:
            name: The example.
            text: What was written.
            failure: Why nothing was; None where something was.
            **facts: Whatever else is worth keeping: calls, tokens, seconds.
        """
        row = {"id": name, "text": text, "failure": failure, **facts}
        with self._lock:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
            self.rows[name] = row


def _same(beside: Path, manifest: Manifest) -> None:
    there = dict(_flat(json.loads(beside.read_text(encoding="utf-8"))))
    now = dict(_flat(json.loads(json.dumps(manifest))))
    changed = [
        f"{name}: {there.get(name, 'nothing')!r} there, {now.get(name, 'nothing')!r} now"
        for name in sorted(there.keys() | now.keys())
        if there.get(name) != now.get(name)
    ]
    if changed:
        raise SettingError(
            f"Found '{beside}', which was made otherwise ({'; '.join(changed)}); mixed predictions "
            "would be of no method. Give another --out, or the same settings as there."
        )


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, value


def _whole_lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a file; one that was being written when a run ended is taken off.

    Raises:
        DataError: A whole line is no prediction.
    """
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        with path.open("r+b") as file:
            file.truncate(len(whole))
    rows = []
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            row = json.loads(line)
            if not {"id", "text", "failure"} <= row.keys():
                raise ValueError("no id, text or failure in it")
        except (ValueError, AttributeError) as error:
            raise DataError(
                f"Found line {number} of '{path}' that is no prediction ({error}); delete the line "
                "to have that example tried again, or give another --out."
            ) from None
        rows.append(row)
    return rows
