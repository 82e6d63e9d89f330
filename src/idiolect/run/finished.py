"""What runs left, read back: the answers of a folder or of a file of lines, and what they were."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from idiolect.errors import DataError, SettingError

Row = Mapping[str, Any]
#: What may differ between runs of one recipe.
_APART = ("settings", "model", "encoder", "seed")


@dataclass(frozen=True)
class Finished:
    """What one run left.

    Attributes:
        name: What it is called in the comparison.
        path: Where it was read from.
        rows: Event → its last line, in the order of the requests.
        manifest: What the run was; empty for lines without one.
    """

    name: str
    path: Path
    rows: Mapping[str, Row]
    manifest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """The recipe with its settings, as far as the run says; else the name of its file."""
        for key in ("method", "recipe"):
            if key in self.manifest:
                return str(self.manifest[key])
        told = {row.get("method") for row in self.rows.values()}
        return str(told.pop()) if len(told) == 1 and None not in told else self.path.stem

    @property
    def lm(self) -> str:
        """Name of the model."""
        return str(self.manifest.get("model", "not stated"))


def finished(name: str, path: Path) -> Finished:
    """What one run left.

    Args:
        name: What to call it; empty to name it by what it was, see `named`.
        path: A folder of `idiolect run --out`, or lines of replies.

    Raises:
        DataError: It is neither, a line is none of a run's, or a request stands there twice.
    """
    if not path.is_dir():
        return Finished(name, path, _lines(path))
    try:
        manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            f"Found no manifest.json in '{path}', so it is no run's folder; give what `idiolect "
            "run --out FOLDER` made."
        ) from None
    except ValueError as error:
        raise DataError(f"Found '{path / 'manifest.json'}', which is no JSON ({error}).") from None
    lines = path / "results.jsonl"
    lines = lines if lines.is_file() else path / "output.jsonl"
    if not lines.is_file():
        raise DataError(f"Found no results.jsonl in '{path}': nothing was run there; run it first.")
    return Finished(name, path, _lines(lines, torn=True), manifest)


def _lines(path: Path, *, torn: bool = False) -> dict[str, Row]:
    """Event → its line; of a journal the last one, in the order of the requests.

    Args:
        path: Lines of replies.
        torn: A last line without an end was being written when the run ended: it is none.
    """
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(keepends=True), 1):
        if torn and not line.endswith("\n"):
            break
        try:
            row = json.loads(line)
            row["event"] = row["event"] if "event" in row else row["id"]
            if not isinstance(row["event"], str) or "reply" not in row:
                raise KeyError("event")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"Found {line[:60]!r} in line {number} of '{path}'; each line is JSON with 'event' "
                f"or 'id' of a held-out event, and 'reply', as `idiolect run --out` writes it "
                f"({error!r})."
            ) from None
        rows.append(row)
    found: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: row.get("at", 0)):
        if row["event"] in found and "at" not in row:
            raise DataError(f"Found {row['event']!r} twice in '{path}'; give one line a request.")
        found[row["event"]] = row
    return found


def same(runs: Sequence[Finished]) -> None:
    """Refuses runs over different data or requests.

    Raises:
        SettingError: The manifests of two say so.
    """
    told = [run for run in runs if run.manifest]
    for what, key in (("data", "data"), ("requests", "requests")):
        kinds = {json.dumps(run.manifest.get(key), sort_keys=True) for run in told}
        if len(kinds) > 1:
            shown = "; ".join(f"'{run.path}': {short(run.manifest.get(key))}" for run in told)
            raise SettingError(
                f"Found runs over different {what} ({shown}); only runs over the same can be "
                "compared. Run them again on one table with the same --last, --at-least and "
                "--limit."
            )


def short(value: Any) -> str:
    """A fingerprint of a manifest in words."""
    if isinstance(value, Mapping):
        return f"{value.get('count')} of {value.get('fingerprint')}"
    return str(value)


def named(runs: Sequence[Finished]) -> list[Finished]:
    """Each run by its method, and by what sets it apart from others of that method."""
    called = [run if run.name else replace(run, name=_told_apart(run, runs)) for run in runs]
    times = Counter(run.name for run in called)
    return [
        run if times[run.name] == 1 or not run.manifest else replace(run, name=run.path.name)
        for run in called
    ]


def _told_apart(run: Finished, others: Sequence[Finished], but: str = "") -> str:
    """The method, and the facts but one that differ among these runs of it."""
    alike = [_facts(other) for other in others if other.method == run.method]
    apart = [
        f"{key}={value}"
        for key, value in _facts(run).items()
        if key != but and any(other.get(key) != value for other in alike)
    ]
    return " ".join([run.method, *apart])


def _facts(run: Finished) -> dict[str, Any]:
    """What a run was, flat: settings by their name."""
    told = {key: run.manifest.get(key) for key in _APART}
    return {**(told.pop("settings") or {}), **told}


def repeats(runs: Sequence[Finished]) -> dict[str, tuple[str, ...]]:
    """Runs that are the same but for their seed."""
    alike: dict[str, list[Finished]] = {}
    for run in runs:
        if run.manifest:
            rest = {key: value for key, value in run.manifest.items() if key != "seed"}
            alike.setdefault(json.dumps(rest, sort_keys=True), []).append(run)
    found: dict[str, tuple[str, ...]] = {}
    for group in alike.values():
        if len({run.manifest.get("seed") for run in group}) == len(group) > 1:
            name = _told_apart(group[0], runs, but="seed")
            found[name] = tuple(run.name for run in group)
    return found
