"""What keeping knowledge saves on a stream of questions that come back, and what it costs.

    python benchmarks/eragent.py [FOLDER]

FOLDER holds film critics' `reviews.csv.gz` and `movies.csv.gz` (default: `rotten` in
IDIOLECT_DATA). Each of `USERS` critics asks about `FILMS` films, by the director and the first half
of the synopsis; then about all of them again, by the director and the second half. Documents are
critics' reviews with what they are about, found by BM25; the encoder is LSA. No language model is
asked: a scripted one passes the request on as the query, and a document answers if it is about the
film that is asked for, which is known. So the figures are of the trigger and the pool, not of a
model's judgement.

Calls are counted with the pool, and with every question asked as if it were the first. *Right*
means about the film that is asked for: documents of a covered question that are about other films
are the price of not searching. The first threshold is the authors'; their titles were those of web
pages and their encoder another one, so others stand beside it.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from idiolect.data import Population, Request, View
from idiolect.embed import Lsa
from idiolect.lm import Prompt, Scripted
from idiolect.measure import estimate
from idiolect.profile import Informed
from idiolect.recipes.generate.eragent import eragent

ROOT = Path(__file__).resolve().parent.parent
USERS, FILMS, LATEST = 20, 6, 1500
THRESHOLDS = (0.4, 0.6, 0.8)
ENCODER = Lsa()


def population(folder: Path) -> tuple[Population, dict[str, tuple[str, str]]]:
    """The latest reviews, and film → what asks for it, twice in other words."""
    movies = pl.read_csv(folder / "movies.csv.gz", schema_overrides={"movie": pl.String})
    movies = movies.drop_nulls(["synopsis", "director"])
    asked = {}
    for row in movies.iter_rows(named=True):
        words = row["synopsis"].split()
        halves = words[: len(words) // 2], words[len(words) // 2 :]
        first, second = (" ".join([row["director"], *half]) for half in halves)
        asked[row["movie"]] = (first, second)
    reviews = pl.read_csv(folder / "reviews.csv.gz", schema_overrides={"movie": pl.String})
    frame = (
        reviews.drop_nulls("review")
        .tail(LATEST)
        .select(
            user="critic",
            item="movie",
            text="review",
            time=pl.col("date").str.to_date().cast(pl.Datetime).dt.replace_time_zone("UTC"),
        )
    )
    items = movies.select(id="movie", description=pl.col("director") + ". " + pl.col("synopsis"))
    return Population(frame, items), asked


class Asking:
    """A scripted model that knows which film is asked for, and counts its calls by stage."""

    def __init__(self, items: dict[str, str | None]) -> None:
        self.items, self.film = items, ""
        self.lm = Scripted(
            {"update": "a critic", "rewrite": self._rewrite, "filter": self._filter, "write": "."}
        )

    def _rewrite(self, prompt: Prompt) -> str:
        words = prompt.section("query")[0].text
        return json.dumps({"question": words, "queries": [words]})

    def _filter(self, prompt: Prompt) -> str:
        (document,) = prompt.sections[0].entries
        return "entailment" if self.items[document.events[0]] == self.film else "neutral"


def streamed(
    people: Population,
    asked: dict[str, tuple[str, str]],
    user: str,
    threshold: float,
    *,
    keep: bool,
) -> list[dict[str, float]]:
    """Calls, searches and what came from the pool, question by question."""
    items = {event.id: event.item for name in people.users for event in people.events_of(name)}
    asking = Asking(items)
    # Every film that the user reviewed and others did too; asked after all of it happened.
    films = _films(people, asked, user)
    before: Informed | None = None
    rows = []
    for again in (False, True):
        for film in films:
            asking.film = film
            request = Request(user, asked[film][again])
            view: View = people.as_of(request)
            made = eragent(asking.lm, ENCODER, before=before, threshold=threshold)
            calls = len(asking.lm.prompts)
            known = made.learn(view, request)
            made.lm.one(made.prompt(request, known))
            shown = [e.events[0] for section in known.sources for e in section.entries]
            rows.append(
                {
                    "again": float(again),
                    "calls": float(len(asking.lm.prompts) - calls),
                    "searched": float(bool(known.searched)),
                    "shown": float(len(shown)),
                    "right": float(sum(items[name] == film for name in shown)),
                }
            )
            before = known if keep else None
    return rows


def _films(people: Population, asked: Mapping[str, object], user: str) -> list[str]:
    """The first films that a user reviewed and that can be asked for."""
    seen = dict.fromkeys(event.item for event in people.events_of(user))
    return [film for film in seen if film is not None and film in asked][:FILMS]


def figures(rows: list[dict[str, float]], users: list[str]) -> dict[str, Any]:
    """Means by question, users taken as a whole."""
    result: dict[str, Any] = {}
    for label, again in (("first time", 0.0), ("again, in other words", 1.0)):
        at = [n for n, row in enumerate(rows) if row["again"] == again]
        who = np.array([users[n] for n in at])
        part = {name: np.array([rows[n][name] for n in at]) for name in rows[0]}
        covered = part["searched"] == 0
        calls = estimate(part["calls"], who)
        result[label] = {
            "questions": len(at),
            "calls": [round(value, 3) for value in (calls.mean, calls.low, calls.high)],
            "covered by the pool": round(float(covered.mean()), 3),
            "covered with a right document": round(
                float((covered & (part["right"] > 0)).mean()), 3
            ),
            "documents of covered questions that are right": round(
                float(part["right"][covered].sum() / max(part["shown"][covered].sum(), 1)), 3
            ),
            "searched with a right document": round(
                float((~covered & (part["right"] > 0)).mean()), 3
            ),
        }
    return result


def main() -> None:
    data = Path(os.environ.get("IDIOLECT_DATA", ROOT.parent / "shared" / "data"))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else data / "rotten"
    people, asked = population(folder)
    able = [user for user in people.users if len(_films(people, asked, user)) == FILMS][:USERS]
    result: dict[str, Any] = {
        "what": "calls of eragent on questions that come back, with and without its pool",
        "versions": {"idiolect": version("idiolect"), "python": platform.python_version()},
        "interval": "95 %, of a mean over users (`measure.estimate`)",
        "users": len(able),
        "reviews": len(people),
    }
    for label, threshold, keep in (
        ("no pool", THRESHOLDS[0], False),
        *((f"pool, threshold {t}", t, True) for t in THRESHOLDS),
    ):
        rows, users = [], []
        for user in able:
            made = streamed(people, asked, user, threshold, keep=keep)
            rows += made
            users += [user] * len(made)
        result[label] = figures(rows, users)
    text = json.dumps(result, indent=1, ensure_ascii=False)
    (ROOT / "results" / "eragent.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
