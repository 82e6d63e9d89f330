"""Verdicts that were given before, as JSON lines: judging without a model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from idiolect.data import Event, View
from idiolect.errors import DataError
from idiolect.measure.judge.pairwise import Preference, agreed
from idiolect.roles import Verdict

Given = TypeVar("Given")
#: Request, and the text or texts that were judged.
Key = tuple[str, ...]
_SHOWN = 80


@dataclass(frozen=True)
class _Stored(Generic[Given]):
    """Verdicts by what they are about.

    Attributes:
        verdicts: By the id of the request and the judged texts.
    """

    verdicts: Mapping[Key, Given]

    def _of(self, view: View, *texts: str) -> Given:
        name = asked_id(view)
        if (name, *texts) in self.verdicts:
            return self.verdicts[name, *texts]
        other = any(key[0] == name for key in self.verdicts)
        shown = ", ".join(repr(text[:_SHOWN]) for text in texts)
        raise DataError(
            f"Found no stored verdict on {shown} for the request {name!r}"
            + (", only on other texts" if other else "")
            + f" ({len(self.verdicts)} are stored); replay verdicts on these very texts."
        )


def asked_id(view: View) -> str:
    """What stored verdicts call a request: its event, else its user and words."""
    request = view.request
    return request.event or f"{request.user}: {request.words}"


class ReplayJudge(_Stored[Verdict]):
    """Stored verdicts on single texts.

    A line is an object with `id` (of the request's event), `output` (the text), `value` (null
    where the judge failed, then with `why`), and where known `why`, `certainty` (0..1) and `label`.
    """

    def __call__(self, view: View, output: str, reference: Event | None = None) -> Verdict:
        """The stored verdict.

        Raises:
            DataError: There is none on this text for this request.
        """
        return self._of(view, output)

    @classmethod
    def read(cls, path: Path, sample: int = 0) -> ReplayJudge:
        """The verdicts of a file.

        Args:
            path: Of the file.
            sample: Which asking: lines with this `sample`; 0 where a line has none.

        Raises:
            DataError: A line is none, says something twice, or fails without a reason.
        """
        found: dict[Key, Verdict] = {}
        for number, row in _lines(path, ("id", "output", "value"), sample):
            value = _number(row, "value", path, number)
            why = str(row.get("why") or "")
            if value is None and not why:
                raise _bad(path, number, "no value and no `why`", "say why there is none")
            sure = _number(row, "certainty", path, number)
            if sure is not None and not 0 <= sure <= 1:
                raise _bad(path, number, f"certainty={sure!r}", "give a share from 0 to 1")
            verdict = Verdict(value, why, sure, str(row.get("label") or ""))
            _put(found, (str(row["id"]), str(row["output"])), verdict, path, number)
        return cls(found)


class ReplayPairs(_Stored[Preference]):
    """Stored preferences between two texts.

    A line is an object with `id`, `a`, `b`, and `said`: what was preferred where `a` stood first
    and, where that was asked, where `b` did, each `a`, `b` or `tie`. `said` is empty where the
    judge failed, then with `why`. `certainty` (0..1) where known.
    """

    def __call__(self, view: View, a: str, b: str, reference: Event | None = None) -> Preference:
        """The stored preference.

        Raises:
            DataError: There is none on this pair for this request.
        """
        return self._of(view, a, b)

    @classmethod
    def read(cls, path: Path, sample: int = 0) -> ReplayPairs:
        """The preferences of a file.

        Args:
            path: Of the file.
            sample: As for `ReplayJudge.read`.

        Raises:
            DataError: A line is none, says something twice, or fails without a reason.
        """
        found: dict[Key, Preference] = {}
        for number, row in _lines(path, ("id", "a", "b", "said"), sample):
            said, why = row["said"], str(row.get("why") or "")
            if not isinstance(said, Sequence) or not set(said) <= {"a", "b", "tie"}:
                raise _bad(path, number, f"said={said!r}", "list a, b or tie, one an order")
            if not said and not why:
                raise _bad(path, number, "no answer and no `why`", "say why there is none")
            sure = _number(row, "certainty", path, number)
            made = agreed(tuple(said), sure) if said else Preference(None, why)
            key = (str(row["id"]), str(row["a"]), str(row["b"]))
            _put(found, key, made, path, number)
        return cls(found)


def samples(path: Path) -> tuple[int, ...]:
    """Which askings a file of verdicts holds, in order.

    Raises:
        DataError: A line is no verdict.
    """
    return tuple(sorted({int(row.get("sample", 0)) for _, row in _lines(path, ("id",))}))


def line(
    view: View, texts: tuple[str, ...], said: Verdict | Preference, sample: int = 0
) -> dict[str, Any]:
    """A verdict on one text, or on two, as it is stored."""
    named = ("output",) if isinstance(said, Verdict) else ("a", "b")
    row: dict[str, Any] = {"id": asked_id(view), **dict(zip(named, texts, strict=True))}
    if isinstance(said, Verdict):
        row |= {"value": said.value, "label": said.label}
    else:
        row["said"] = list(said.said)
    return row | {"why": said.why, "certainty": said.certainty, "sample": sample}


def _lines(
    path: Path, needs: Sequence[str], sample: int | None = None
) -> list[tuple[int, Mapping[str, Any]]]:
    found = []
    # Only a line feed ends a line: a judged text may hold other separators.
    for number, written in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if not written.strip():
            continue
        try:
            row = json.loads(written)
        except json.JSONDecodeError:
            row = None
        missing = [name for name in needs if not isinstance(row, Mapping) or name not in row]
        if missing:
            raise _bad(path, number, repr(written[:_SHOWN]), f"give an object with {list(needs)}")
        if sample is None or row.get("sample", 0) == sample:
            found.append((number, row))
    if not found:
        raise DataError(
            f"Found no verdict in '{path}'"
            + (f" with `sample` {sample}" if sample else "")
            + "; give one JSON object a line."
        )
    return found


def _number(row: Mapping[str, Any], name: str, path: Path, line: int) -> float | None:
    value = row.get(name)
    if value is None:
        return None
    # A bool is an int to Python, and NaN is no number of anything.
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise _bad(path, line, f"{name}={value!r}", "give a number, or null for a failure")
    return float(value)


def _put(found: dict[Key, Given], key: Key, value: Given, path: Path, line: int) -> None:
    if key in found:
        raise _bad(path, line, f"a second verdict on the same text for {key[0]!r}", "keep one")
    found[key] = value


def _bad(path: Path, line: int, what: str, do: str) -> DataError:
    return DataError(f"Found {what} in line {line} of '{path}'; {do}.")
