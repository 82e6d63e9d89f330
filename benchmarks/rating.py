"""Does expressing a user relative to peers predict ratings better than the user alone?

    python benchmarks/rating.py [FOLDER]

FOLDER holds `amazon_dev.json.gz`, `amazon_test.json.gz` and `gap_dev.json.gz` (product reviews;
default: `peer_reviews` in IDIOLECT_DATA). The target is each user's first review. Users count who
reviewed another product too; peers are other people's reviews of the same product. The user's
other reviews of the target product, and copies of the target's text, are taken out: they would
give the answer away.

Shrinkage is chosen on the two other files, each weighing the same. The user alone is measured
twice: shrunk as much as the deviation is, so that the peers are all that differs; and with the
shrinkage that suits it best. Absolute error is kind to bold guesses where most ratings are the
highest (it is least at the median), so the root of the squared error stands beside it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from product_reviews import with_a_past
from record import ROOT, record, rounded

from idiolect.data import View
from idiolect.difference import OwnMean, PeersMean, RatesItems, RelativeRating
from idiolect.measure import bootstrap

FILES = ("amazon_dev", "amazon_test", "gap_dev")
GRID = (0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0)
SCALE = (1.0, 5.0)
DRAWS, SEED = 10_000, 0
ALONE = "user alone, shrunk as much as the deviation"
TUNED = "user alone, shrinkage chosen for itself"
PEERS = "peers' mean alone"
RELATIVE = "user relative to peers"

Errors = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """One user's target: what may be known, what it is about, and the rating given."""

    view: View
    item: str
    truth: float


def cases(path: Path) -> list[Case]:
    """The targets of one file, by its order of users."""
    population, targets = with_a_past(path)
    found = []
    for name, _ in targets:
        event = population.event(name)
        if event.item is not None and event.rating is not None:
            view = population.as_of(population.request(name, give=()))
            found.append(Case(view, event.item, event.rating))
    return found


def errors(rater: RatesItems, among: Iterable[Case]) -> Errors:
    """Absolute error of each prediction.  # (cases,)"""
    return np.array([abs(rater(c.view, c.item).value - c.truth) for c in among])


def gained(gain: Errors, users: list[str]) -> dict[str, float]:
    """Mean gain with its 95 % percentile interval, users drawn with replacement."""
    low, high = bootstrap(gain, np.array(users), np.random.default_rng(SEED), draws=DRAWS)
    return {
        "mean": rounded(gain.mean()),
        "low": rounded(low),
        "high": rounded(high),
        "users": len(set(users)),
    }


Setting = tuple[float, ...]
Table = dict[Setting, dict[str, Errors]]


def tried(
    make: Callable[..., RatesItems], settings: Iterable[Setting], among: Mapping[str, list[Case]]
) -> Table:
    """Errors of a method under each setting, on each file."""
    return {s: {f: errors(make(*s), found) for f, found in among.items()} for s in settings}


def best(table: Table, files: Iterable[str]) -> Setting:
    """The setting of least mean error, each file weighing the same."""
    names = list(files)
    return min(table, key=lambda s: np.mean([table[s][f].mean() for f in names]))


def measured(among: Mapping[str, list[Case]]) -> dict[str, Any]:
    """All figures: chosen constants, errors and paired gains, for each file and pooled."""
    single = [(k,) for k in GRID]
    alone = tried(OwnMean, single, among)
    peers = tried(PeersMean, single, among)
    both = tried(lambda p, o: RelativeRating(p, o, SCALE), product(GRID, GRID), among)
    chosen: dict[str, dict[str, Setting]] = {ALONE: {}, TUNED: {}, PEERS: {}, RELATIVE: {}}
    for held in [*among, "all files"]:
        rest = [f for f in among if f != held]
        chosen[TUNED][held] = best(alone, rest)
        chosen[PEERS][held] = best(peers, rest)
        chosen[RELATIVE][held] = best(both, rest)
        chosen[ALONE][held] = chosen[RELATIVE][held][1:]
    tables = {ALONE: alone, TUNED: alone, PEERS: peers, RELATIVE: both}
    error = {n: {f: t[chosen[n][f]][f] for f in among} for n, t in tables.items()}
    users = {f: [c.view.request.user for c in found] for f, found in among.items()}
    groups = {**{f: [f] for f in among}, "pooled": list(among)}
    result: dict[str, Any] = {"constants": chosen, "mae": {}, "rmse": {}, "gain": {}}
    for group, files in groups.items():
        joined = {name: np.concatenate([e[f] for f in files]) for name, e in error.items()}
        who = [user for f in files for user in users[f]]
        result["mae"][group] = {n: rounded(e.mean()) for n, e in joined.items()}
        result["rmse"][group] = {n: rounded(np.sqrt((e**2).mean())) for n, e in joined.items()}
        result["gain"][group] = {
            f"over {name}": gained(joined[name] - joined[RELATIVE], who)
            for name in (ALONE, TUNED, PEERS)
        }
    return result


def main() -> None:
    data = Path(os.environ.get("IDIOLECT_DATA", ROOT.parent / "shared" / "data"))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else data / "peer_reviews"
    found = {name: cases(folder / f"{name}.json.gz") for name in FILES}
    result = {
        "grid": GRID,
        "scale that relative predictions are kept to": SCALE,
        "chosen by": "mean over the two other files of their mean absolute error",
        "interval": f"95 %, percentile bootstrap over users, {DRAWS} draws, seed {SEED}",
        "targets": {name: len(c) for name, c in found.items()},
        **measured(found),
    }
    what = "error of predicted ratings: user alone, peers alone, user relative to peers"
    record("rating", what, result, "numpy")


if __name__ == "__main__":
    main()
