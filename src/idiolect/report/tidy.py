"""A comparison as plain tables: JSON for programs, one row a score for data frames; and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from idiolect.errors import DataError, SettingError
from idiolect.run.arm import COSTS
from idiolect.run.comparison import Comparison

if TYPE_CHECKING:
    import polars as pl

#: How files of scores may end.
ENDINGS = (".csv", ".parquet", ".jsonl")
#: What the column `better` says of a metric, as `TextMetric.higher_is_better` has it.
BETTER: Mapping[str, bool | None] = MappingProxyType({"higher": True, "lower": False, "": None})
_TEXTS = ("example", "user", "method", "history", "metric", "better", "failed")
_NUMBERS = ("value", *COSTS)


@dataclass(frozen=True)
class ScoredRow:
    """One example of one method.

    Attributes:
        values: Metric → figure; NaN where there is none.
        failed: Why there is no answer; empty where there is one.
        costs: As in `COSTS`; NaN where not known.
    """

    values: Mapping[str, float]
    failed: str
    costs: tuple[float, ...]


@dataclass(frozen=True)
class Scored:
    """A file of scores, read back.

    Attributes:
        users: Example → whose it is.
        metrics: Metric → `higher`, `lower` or nothing: what is better.
        arms: Method and history → example → what came of it.
        lm: Name of the model; `not stated` where the file has none.
    """

    users: Mapping[str, str]
    metrics: Mapping[str, str]
    arms: Mapping[tuple[str, str], Mapping[str, ScoredRow]]
    lm: str


def plain(found: Comparison) -> dict[str, Any]:
    """A comparison's tables as plain values; NaN becomes None."""
    tests = {
        family: [
            {
                "metric": metric.name,
                "method": test.method,
                "against": test.against,
                "gain": test.paired.difference,
                "low": test.paired.low,
                "high": test.paired.high,
                "p": test.paired.p,
                "p_corrected": test.p,
                "users": test.paired.users,
                "rows": test.paired.rows,
            }
            for metric in found.metrics
            for test in make(metric.name)
        ]
        for family, make in (("methods", found.tests), ("controls", found.controlled))
    }
    whole = {
        "benchmark": found.benchmark.name,
        "lm": found.lm,
        "requests": len(found.requests),
        "users": len(set(found.users)),
        "seed": found.seed,
        "summary": found.summary().to_dicts(),
        "tests": tests,
        "detectable": {m.name: found.detectable(m.name) for m in found.metrics},
        "noise_floor": {
            method: {m.name: found.noise_floor(method, m.name) for m in found.metrics}
            for method in found.noise
        },
        "canary": {
            method: {
                "requests": seen.examples,
                "failed": seen.failed,
                "shown": seen.shown,
                "late": seen.late,
            }
            for method, seen in found.canaries.items()
        },
        "between_seeds": {
            method: {m.name: found.between(method, m.name).tolist() for m in found.metrics}
            for method in found.repeats
        },
        "scores": found.rows().to_dict(as_series=False),
    }
    cleaned: dict[str, Any] = _no_nan(whole)
    return cleaned


def write_json(found: Comparison, path: Path) -> None:
    """`plain` as a file."""
    path.write_text(json.dumps(plain(found), indent=1, ensure_ascii=False), encoding="utf-8")


def write_scores(found: Comparison, path: Path) -> None:
    """Every score, one row each; CSV, Parquet or JSON lines by the file's name.

    Raises:
        SettingError: The name ends in something else.
    """
    scores = found.rows()
    if path.suffix == ".csv":
        scores.write_csv(path)
    elif path.suffix == ".parquet":
        scores.write_parquet(path)
    elif path.suffix == ".jsonl":
        scores.write_ndjson(path)
    else:
        raise SettingError(f"Found {path.name!r}; scores go to {', '.join(ENDINGS)}.")


def read_scores(path: Path) -> Scored:
    """Scores as `write_scores` or `write_json` wrote them.

    Raises:
        DataError: The file is none of these, is cut short, or has a figure twice.
        SettingError: Its name ends in something else.
    """
    import polars as pl

    lm = "not stated"
    try:
        if path.suffix == ".json":
            whole = json.loads(path.read_text(encoding="utf-8"))
            lm, frame = whole["lm"], pl.DataFrame(whole["scores"], infer_schema_length=None)
        elif path.suffix == ".csv":
            # Everything as text first: an id that looks like a number stays as it is.
            frame = pl.read_csv(path, infer_schema=False)
            frame = frame.with_columns(
                pl.col(name).replace("", None) for name in _NUMBERS if name in frame.columns
            )
        elif path.suffix == ".parquet":
            frame = pl.read_parquet(path)
        elif path.suffix == ".jsonl":
            frame = pl.read_ndjson(path, infer_schema_length=None)
        else:
            raise SettingError(
                f"Found {path.name!r}; scores are read from .json, {', '.join(ENDINGS)}."
            )
        frame = frame.select(
            *(pl.col(name).cast(pl.String) for name in _TEXTS),
            *(pl.col(name).cast(pl.Float64) for name in _NUMBERS),
        )
    except (ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
        if isinstance(error, SettingError):
            raise
        raise DataError(
            f"Found '{path}', which holds no scores as `compare --scores` or `--json` writes them "
            f"({str(error).splitlines()[0]}); columns {', '.join((*_TEXTS, *_NUMBERS))} are needed."
        ) from None
    return _scored(path, frame, lm)


def _scored(path: Path, frame: pl.DataFrame, lm: str) -> Scored:
    import polars as pl

    keys = ("example", "method", "history", "metric")
    empty = frame.select(pl.any_horizontal(pl.col(*keys, "user").is_null()).sum()).item()
    twice = frame.height - frame.unique(keys).height
    if not frame.height or empty or twice:
        raise DataError(
            f"Found {frame.height:,} rows in '{path}', {empty:,} of them without an example, user, "
            f"method, history or metric and {twice:,} twice; write the file again."
        )
    frame = frame.with_columns(pl.col("better", "failed").fill_null(""))
    metrics = dict(frame.select("metric", "better").unique(maintain_order=True).iter_rows())
    users = dict(frame.select("example", "user").unique(maintain_order=True).iter_rows())
    arms: dict[tuple[str, str], dict[str, ScoredRow]] = {}
    by = ("method", "history", "example")
    for (method, history, example), rows in frame.group_by(by, maintain_order=True):
        values = dict(rows.select("metric", pl.col("value").fill_null(float("nan"))).iter_rows())
        lacking = [name for name in metrics if name not in values]
        if lacking:
            raise DataError(
                f"Found no {', '.join(lacking)} of {example!r} by {method!r} in '{path}'; the file "
                "is cut short: write it again."
            )
        first = rows.row(0, named=True)
        costs = tuple(float("nan") if first[n] is None else first[n] for n in COSTS)
        row = ScoredRow(values, first["failed"], costs)
        arms.setdefault((str(method), str(history)), {})[str(example)] = row
    return Scored(users, metrics, arms, lm)


def _no_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _no_nan(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_no_nan(v) for v in value]
    return None if isinstance(value, float) and value != value else value
