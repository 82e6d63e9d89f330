"""A comparison as plain tables: JSON for programs, one row a score for data frames."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from idiolect.errors import SettingError
from idiolect.run.compare import Comparison

#: How files of scores may end.
ENDINGS = (".csv", ".parquet", ".jsonl")


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


def _no_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _no_nan(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_no_nan(v) for v in value]
    return None if isinstance(value, float) and value != value else value
