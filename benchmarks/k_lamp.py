"""Do aggregated entities foresee what a user writes about next as well as raw texts do?

    python benchmarks/k_lamp.py [FOLDER]

FOLDER holds `commits/commits.csv.gz` and `rotten/` (default: IDIOLECT_DATA). Entities are found by
a dictionary: for commit messages the names of the project's areas (the word before the subject's
colon, of at least `AREA` messages), for film reviews the films' directors (full name, or the last
one where it is long and belongs to one). What is asked for are the entities of a user's next text,
at the last `HELD` texts of each user that have one; nothing of the text is given. For commits a
second task gives the subject and asks for the entities of the body that the subject does not name.

Recall at `K` is the share of the wanted entities among `K`. `k_lamp` has the entities of its
store; the counts alone do not halve with time. Raw history is what `rag` would show, by BM25 or
the newest, its entities in order until there are `K`; and, at equal tokens, only in as many texts
as are no longer than the lines that `k_lamp` shows. *Everybody* has the entities that all others
mentioned most. Half lives are shown beside the default, which was not chosen on this data.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from record import rounded

from idiolect.data import Event, Population, Request, View
from idiolect.lm import estimate as tokens
from idiolect.measure import estimate
from idiolect.profile import Dictionary, Entities, Familiar
from idiolect.select import Okapi, Recency, Selector

ROOT = Path(__file__).resolve().parent.parent
AREA, LEAST_NAME, HELD, BEFORE, K = 5, 6, 10, 20, 10
HALF_LIVES = (30.0, 90.0, 365.0)
OURS = "k_lamp's entities (half life 90 days)"
#: A request, what is known, and the names wanted.
Case = tuple[View, Request, frozenset[str]]
Names = Callable[[View, Request], Sequence[str]]


def commits(path: Path) -> tuple[Population, Dictionary]:
    """Commit messages with their subject as the title, and the names of areas."""
    table = pl.read_csv(path)
    areas = Counter(table["area"].drop_nulls().to_list())
    frame = table.select(
        user="author",
        text=pl.col("body").fill_null(""),
        title="subject",
        time=pl.from_epoch("time").dt.replace_time_zone("UTC"),
    )
    return Population(frame), Dictionary.of(name for name, n in areas.items() if n >= AREA)


def reviews(folder: Path) -> tuple[Population, Dictionary]:
    """Film critics' blurbs, and the directors' names."""
    table = pl.read_csv(folder / "reviews.csv.gz")
    frame = table.select(
        user="critic",
        text=pl.col("review").fill_null(""),
        time=pl.col("date").str.to_date().cast(pl.Datetime).dt.replace_time_zone("UTC"),
    )
    cells = pl.read_csv(folder / "movies.csv.gz")["director"].drop_nulls().to_list()
    names = sorted({name.strip() for cell in cells for name in cell.split(",") if " " in name})
    last = Counter(name.split()[-1] for name in names)
    long = {n: n.split()[-1] for n in names if len(n.split()[-1]) >= LEAST_NAME}
    return Population(frame), Dictionary(
        {name: (long[name],) if name in long and last[long[name]] == 1 else () for name in names}
    )


def cases(population: Population, link: Dictionary, *, subject: bool) -> list[Case]:
    """The last texts of each user that mention something, with enough before them."""
    found: list[Case] = []
    for user in population.users:
        events = list(population.events_of(user))[BEFORE:]
        wanted: list[Case] = []
        for event in events[::-1]:
            names = _wanted(event, link, subject=subject)
            if names and len(wanted) < HELD:
                asked = (event.title or "") if subject else ""
                request = Request(user, asked, time=event.time, event=event.id)
                wanted.append((population.as_of(request), request, names))
        found += wanted
    return found


def _wanted(event: Event, link: Dictionary, *, subject: bool) -> frozenset[str]:
    if subject:
        return frozenset(link(event.text)) - frozenset(link(event.title or ""))
    return frozenset(link(f"{event.title or ''}\n{event.text}"))


def ours(link: Dictionary, half_life: float | None) -> Names:
    """The entities that `k_lamp` shows, but for those that the request names itself."""

    def names(view: View, request: Request) -> list[str]:
        given = set(link(request.query))
        store = Entities(request.user).add(view.own, link, items=False)
        ranked = Familiar(link, K + len(given), half_life)(store, request)
        return [one.entity.name for one in ranked if one.entity.name not in given][:K]

    return names


def raw(link: Dictionary, choose: Selector, *, equal: bool = False) -> Names:
    """The entities of past texts in the order in which they are shown."""

    def names(view: View, request: Request) -> list[str]:
        given = set(link(request.query))
        room = float("inf")
        if equal:
            store = Entities(request.user).add(view.own, link, items=False)
            shown = Familiar(link, K, 90.0)(store, request)
            room = sum(tokens(f"- {one.entity.text}\n") for one in shown)
        found: dict[str, None] = {}
        for event in choose(view).events:
            text = f"{event.title or ''}\n{event.text}"
            room -= tokens(text)
            if room < 0:
                break
            found |= dict.fromkeys(name for name in link(text) if name not in given)
        return list(found)[:K]

    return names


def everybody(link: Dictionary, population: Population) -> Names:
    """What other people mentioned most before the request."""
    times: dict[str, list[datetime]] = {}
    mine: dict[tuple[str, str], list[datetime]] = {}
    for user in population.users:
        for event in population.events_of(user):
            for name in link(f"{event.title or ''}\n{event.text}"):
                times.setdefault(name, []).append(event.time or datetime.min)
                mine.setdefault((user, name), []).append(event.time or datetime.min)
    for of in times.values():
        of.sort()

    def names(view: View, request: Request) -> list[str]:
        given, at = set(link(request.query)), request.time or datetime.max
        counts = {
            name: bisect_left(of, at) - bisect_left(mine.get((request.user, name), []), at)
            for name, of in times.items()
            if name not in given
        }
        return sorted(counts, key=lambda name: -counts[name])[:K]

    return names


def compared(population: Population, link: Dictionary, *, subject: bool) -> dict[str, Any]:
    """Recall of each method, and what `k_lamp` gains over it, users taken as a whole."""
    found = cases(population, link, subject=subject)
    users = np.array([request.user for _, request, _ in found])
    methods: dict[str, Names] = {
        OURS: ours(link, 90.0),
        "counts alone": ours(link, None),
        **{f"half life {days:g} days": ours(link, days) for days in HALF_LIVES if days != 90.0},
        "raw texts, newest first": raw(link, Recency(100)),
        "raw texts, newest first, equal tokens": raw(link, Recency(100), equal=True),
        "everybody": everybody(link, population),
    }
    if subject:
        methods |= {
            "raw texts, BM25": raw(link, Okapi(100)),
            "raw texts, BM25, equal tokens": raw(link, Okapi(100), equal=True),
        }
    recall = {
        name: np.array([len(w & set(of(view, request)[:K])) / len(w) for view, request, w in found])
        for name, of in methods.items()
    }
    result: dict[str, Any] = {
        "targets": len(found),
        "users": len(set(users)),
        "entities wanted, mean": rounded(sum(len(wanted) for *_, wanted in found) / len(found)),
        "recall": {name: rounded(values.mean()) for name, values in recall.items()},
        "gain of k_lamp": {},
    }
    for name, values in recall.items():
        if name != OURS:
            gain = estimate(recall[OURS] - values, users)
            result["gain of k_lamp"][f"over {name}"] = {
                "mean": rounded(gain.mean),
                "low": rounded(gain.low),
                "high": rounded(gain.high),
            }
    return result


def main() -> None:
    data = Path(os.environ.get("IDIOLECT_DATA", ROOT.parent / "shared" / "data"))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else data
    messages, areas = commits(folder / "commits" / "commits.csv.gz")
    blurbs, directors = reviews(folder / "rotten")
    result = {
        "what": f"recall at {K} of the entities of a user's next text",
        "versions": {"idiolect": version("idiolect"), "python": platform.python_version()},
        "interval": "95 %, of a mean over users (`measure.estimate`)",
        "names": {"areas": len(areas.names), "directors": len(directors.names)},
        "commits, nothing given": compared(messages, areas, subject=False),
        "commits, subject given": compared(messages, areas, subject=True),
        "film reviews, nothing given": compared(blurbs, directors, subject=False),
    }
    text = json.dumps(result, indent=1, ensure_ascii=False)
    (ROOT / "results" / "k_lamp.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
