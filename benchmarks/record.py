"""What every benchmark does with its figures: says where they come from, and keeps them."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Collection, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import idiolect
from idiolect.measure import estimate, paired

ROOT = Path(__file__).resolve().parent.parent


def rounded(value: float) -> float:
    """A figure as the files hold it."""
    return round(float(value), 4)


def figure(values: NDArray[np.float64], users: NDArray[np.str_]) -> dict[str, float]:
    """A mean with its 95 % interval, users taken for independent."""
    found = estimate(values, users)
    return {"mean": rounded(found.mean), "low": rounded(found.low), "high": rounded(found.high)}


def difference(
    a: NDArray[np.float64], b: NDArray[np.float64], users: NDArray[np.str_], seed: int, draws: int
) -> dict[str, float]:
    """The mean of a − b, its interval, and how likely it is by chance."""
    found = paired(a, b, users, np.random.default_rng(seed), draws=draws)
    return {
        "difference": rounded(found.difference),
        "low": rounded(found.low),
        "high": rounded(found.high),
        "p": rounded(found.p),
    }


def record(
    name: str,
    what: str,
    found: Mapping[str, Any],
    *packages: str,
    out: Path | None = None,
    hidden: Collection[str] = (),
) -> None:
    """Writes ``results/NAME.json`` and prints it.

    Args:
        name: Of the benchmark.
        what: What was measured, in a sentence.
        found: The figures, and settings that they depend on.
        packages: Whose versions matter, beside this one's.
        out: Another file.
        hidden: Figures that are too long to be printed.
    """
    told = {
        "what": what,
        "command": f"python benchmarks/{name}.py",
        "versions": {
            "idiolect": idiolect.__version__,
            **{one: version(one) for one in packages},
            "python": platform.python_version(),
        },
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, shared; load "
        f"{os.getloadavg()[0]:.1f} at the end",
        **found,
    }
    path = out or ROOT / "results" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    shown = {key: value for key, value in told.items() if key not in hidden}
    print(json.dumps(shown, indent=1, ensure_ascii=False))
    print(f"Written to {path}.")
