"""What a personalized judge's verbal certainty is worth, on the authors' stored verdicts.

Dong et al. 2024 (arXiv 2406.11657) published what their judges said: an answer, a certainty from 1
to 100, and what the person had preferred. For each of their files: accuracy, accuracy where the
certainty is at least 80, calibration before and after an isotonic map fitted on other people, and
whether the judge favours a place. Rows without an answer or a certainty are counted apart. Nobody
is asked. A person is known by their persona sentences; where a file has none, rows count as
independent, which they are not (`users` is null).

    python benchmarks/certainty.py FOLDER      (`outputs/` of dong-river/Personalized-Judge; without
                                                it, nothing is measured)
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from idiolect.measure.calibration import calibration, recalibrate
from idiolect.measure.rates import rate

OUT = Path(__file__).parent.parent / "results" / "certainty.json"
SPLITS = 20


def stored(path: Path) -> list[dict[str, Any]]:
    """The rows of a file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def number(said: object) -> float:
    """A certainty as a share; NaN where it is none."""
    try:
        value = float(str(said))
    except ValueError:
        return float("nan")
    return value / 100 if 1 <= value <= 100 else float("nan")


def measured(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures of one file."""
    sure = np.array([number(row["certainty"]) for row in rows])
    known = np.array([row["answer"] in ("A", "B", "C") for row in rows])
    right = np.array([row["answer"] == row["ground_truth"] for row in rows])
    users = np.array([json.dumps(row["user_info"], sort_keys=True) for row in rows])
    nobody = len(set(users)) == 1
    if nobody:
        users = np.arange(len(rows)).astype(str)
    made = known & ~np.isnan(sure)
    firsts = np.array([{"A": 1.0, "B": 0.0}.get(row["answer"], np.nan) for row in rows])
    truth = np.array([{"A": 1.0, "B": 0.0}.get(row["ground_truth"], np.nan) for row in rows])
    first = rate(firsts[known], users[known], 0.99)
    found: dict[str, Any] = {
        "rows": len(rows),
        "users": None if nobody else len(set(users)),
        "failures": int((~known).sum()),
        "without_certainty": int((known & np.isnan(sure)).sum()),
        "accuracy": round(float(right[known].mean()), 3),
        # Where the judge says the first more often than it was right to.
        "first_said": [round(v, 3) for v in (first.value, first.low, first.high)],
        "first_was_right": round(float(np.nanmean(truth)), 3),
    }
    if made.sum() < 50 or len(set(sure[made])) < 2:
        return found
    rng = np.random.default_rng(0)
    whole = calibration(sure[made], right[made], users[made], rng)
    again = [
        recalibrate(sure[made], right[made], users[made], np.random.default_rng(seed), draws=0)
        for seed in range(SPLITS)
    ]
    above = whole.above[0]

    def told(figure: Any) -> list[float | None]:
        return [None if v != v else round(v, 3) for v in (figure.value, figure.low, figure.high)]

    return found | {
        "judged_accuracy": told(whole.accuracy),
        "share_at_80": round(above.share.value, 3),
        "accuracy_at_80": told(above.accuracy),
        "auroc": told(whole.auroc),
        "ece": told(whole.ece),
        f"ece_before_mean_of_{SPLITS}": round(np.mean([a.before.ece.value for a in again]), 3),
        f"ece_after_mean_of_{SPLITS}": round(np.mean([a.after.ece.value for a in again]), 3),
        f"auroc_after_mean_of_{SPLITS}": round(np.mean([a.after.auroc.value for a in again]), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?")
    folder = parser.parse_args().folder
    if folder is None:
        print("Nothing measured: give the folder `outputs` of dong-river/Personalized-Judge.")
        return
    files = sorted(folder.glob("*.jsonl"))
    found = {}
    for path in files:
        found[path.stem] = measured(stored(path))
        print(path.stem, json.dumps(found[path.stem]))
    OUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
