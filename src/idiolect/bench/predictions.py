"""What was written for a benchmark's examples, kept line by line, so that a run can go on.

Beside each file of predictions lies a manifest: recipe, settings, model, data, versions. A file is
only continued under the same manifest.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from idiolect.journal import Journal, Manifest


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
        beside = path.with_suffix(".manifest.json")
        self._lines = Journal(path, beside, manifest, ("id", "text", "failure"))
        self.rows: dict[str, dict[str, Any]] = {row["id"]: row for _, row in self._lines.rows()}

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
            self._lines.add(row)
            self.rows[name] = row
