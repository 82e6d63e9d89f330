"""What others' reviews of a product tell of a user's own: PGraphRAG's idea without a model.

    python benchmarks/pgraphrag.py [FOLDER]

FOLDER holds `amazon_dev.json.gz`, `amazon_test.json.gz` and `gap_dev.json.gz` (default:
`peer_reviews` in IDIOLECT_DATA). The target is each user's first review; views are uncut, as in the
authors' code. Own reviews of the target's product and copies of its text are taken out.

Two traps. Cold start: nine users in ten have no other review, so "own" is mostly the fallback (the
mean of all ratings); figures are given for all and for those with a history. And every user's
target lies in the file, so other users' targets are neighbours of this one: nothing here is a
forecast, since nobody knows which review came first.

*Ratings.* Errors of the own mean, the neighbours' mean, the mean of both, all three unshrunk; of
one random review; of constants (the mean of all is what the mode `none` knows); and of the shrunk
means of `difference.rating`, whose constants `benchmarks/rating.py` chose on these same files. Own
reviews and neighbours are all, or the first k by BM25 with title and text of the target, which a
user who asks for a rating has written already.

*Titles.* Which of ten titles is the user's? Those whose words weigh most (BM25 over the ten) in the
review's text, in reviews that are shown, or in both, each text counting the same. The other nine
are titles of reviews of other products, or of the same. Equal scores share the point.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from record import ROOT, difference, figure, record, rounded

from idiolect.bench.loaders.pgraphrag import SCALE
from idiolect.bench.loaders.pgraphrag import pgraphrag as load
from idiolect.data import Event, Events, View
from idiolect.difference import OwnMean, PeersMean, RelativeRating
from idiolect.floor import Extractive
from idiolect.measure.meteor import tokens
from idiolect.recipes.generate.pgraphrag import given_side, pgraphrag, title_and_text
from idiolect.select import Okapi, OkapiIndex, Random

FILES = ("amazon_dev", "amazon_test", "gap_dev")
KS = (1, 2, 4, 8)
CANDIDATES = 10
SEED, DRAWS = 0, 4_999
#: What is compared in pairs, worse first as one would guess.
AGAINST = ("neighbours, all", "neighbours, shrunk")
FLOOR = 300

Floats = NDArray[np.float64]


def terms(text: str) -> tuple[str, ...]:
    """As the recipe cuts them."""
    return tokens(text.lower())


@dataclass(frozen=True)
class Case:
    """One target and what is near it."""

    view: View
    target: Event
    own: Events
    neighbours: Events

    def ranked(self) -> tuple[Events, Events]:
        """The first eight of either, best first."""
        rank = Okapi(max(KS), title_and_text, given_side, terms=terms)
        return rank(self.view, self.own).events, rank(self.view, self.neighbours).events


def cases(folder: Path, name: str, task: str) -> Iterator[Case]:
    """The targets of one file, by its order of users."""
    source, split = name.split("_")
    found = load(folder, source=source, split=split, task=task)  # type: ignore[arg-type]
    for example in found.examples:
        view, target = found.view(example), found.population.event(example)
        places = zip(view.own.items, view.own.texts, strict=True)
        other = [
            n for n, (item, text) in enumerate(places)
            if item != target.item and text != target.text
        ]  # fmt: skip
        own = view.own.take(other)
        peers = view.peers(target.item or "")
        copies = [n for n, text in enumerate(peers.texts) if text != target.text or not text]
        yield Case(view.instead(own), target, own, peers.take(copies))


def rated(case: Case) -> dict[str, float]:
    """Every prediction of a target's rating."""
    everybody = case.view.mean_rating
    mine, theirs = case.own.ratings, case.neighbours.ratings
    own = float(mine.mean()) if len(mine) else everybody
    near = float(theirs.mean()) if len(theirs) else everybody
    known = [part for part, there in ((own, len(mine)), (near, len(theirs))) if there]
    chance = Random(1, SEED)(case.view, case.view.others).events.ratings
    best_own, best = (events.ratings for events in case.ranked())
    found = {
        "always 5": 5.0,
        "mean of all": everybody,
        "one random review": float(chance[0]),
        "own": own,
        "neighbours, all": near,
        "both": float(np.mean(known)) if known else everybody,
        "own, shrunk": OwnMean()(case.view, case.target.item or "").value,
        "neighbours, shrunk": PeersMean()(case.view, case.target.item or "").value,
        "own relative to neighbours, shrunk": RelativeRating(scale=SCALE)(
            case.view, case.target.item or ""
        ).value,
    }
    for k in KS:
        found[f"own, {k}"] = float(best_own[:k].mean()) if len(best_own) else everybody
        found[f"neighbours, {k}"] = float(best[:k].mean()) if len(best) else everybody
        shown = [r for part in (best_own[:k], best[:k]) if len(part) for r in [part.mean()]]
        found[f"both, {k}"] = float(np.mean(shown)) if shown else everybody
    return found


def ratings(found: Sequence[Case]) -> dict[str, Any]:
    """Errors of all predictions: all users, and those who have a history."""
    users = np.array([case.view.request.user for case in found])
    truth = np.array([case.target.rating for case in found], dtype=float)
    made = [rated(case) for case in found]
    off = {name: np.array([one[name] for one in made]) - truth for name in made[0]}
    groups = {
        "all users": np.ones(len(found), dtype=bool),
        "users with a history": np.array([len(case.own) > 0 for case in found]),
    }
    result: dict[str, Any] = {}
    for group, at in groups.items():
        wrong = {name: np.abs(values[at]) for name, values in off.items()}
        result[group] = {
            "users": int(at.sum()),
            "mae": {name: figure(values, users[at]) for name, values in wrong.items()},
            "rmse": {name: rounded(np.sqrt((v[at] ** 2).mean())) for name, v in off.items()},
            "mae minus that of": {
                base: {
                    name: difference(values, wrong[base], users[at], SEED, DRAWS)
                    for name, values in wrong.items()
                    if name != base
                }
                for base in AGAINST
            },
        }
    return result


def choices(found: Sequence[Case], rng: np.random.Generator) -> dict[str, Any]:
    """How often the right title has the highest score, from what is shown."""
    titled = [case for case in found if (case.target.title or "").strip() and case.target.text]
    names = [case.target.title or "" for case in titled]
    points: dict[str, dict[str, list[float]]] = {"other products": {}, "the same product": {}}
    users: dict[str, list[str]] = {name: [] for name in points}
    history: dict[str, list[bool]] = {name: [] for name in points}
    for at, case in enumerate(titled):
        same = {t for t in case.neighbours.column("title") if t}
        elsewhere = (
            names[n] for n in rng.permutation(len(titled))
            if n != at and titled[n].target.item != case.target.item
        )  # fmt: skip
        pools = {
            "other products": _different(names[at], elsewhere),
            "the same product": _different(names[at], rng.permutation(sorted(same)).tolist()),
        }
        chance = Random(1, SEED)(case.view, case.view.others).events
        mine, theirs = case.ranked()
        for pool, wrong in pools.items():
            if len(wrong) < CANDIDATES - 1:
                continue
            index = OkapiIndex.of([terms(title) for title in (names[at], *wrong)])
            users[pool].append(case.view.request.user)
            history[pool].append(len(case.own) > 0)
            for way, score in _scores(index, case.target.text, chance, mine, theirs).items():
                points[pool].setdefault(way, []).append(_point(score))
    return {pool: _accuracy(points[pool], users[pool], history[pool]) for pool in points}


def _different(title: str, others: Any) -> list[str]:
    """The first nine titles that differ from the right one, and from each other."""
    found: dict[str, str] = {}
    for other in others:
        if other.strip() and other.casefold() != title.casefold():
            found.setdefault(other.casefold(), other)
        if len(found) == CANDIDATES - 1:
            break
    return list(found.values())


def _scores(
    index: OkapiIndex, text: str, chance: Events, mine: Events, theirs: Events
) -> Mapping[str, Floats]:
    def mean(events: Events) -> Floats:
        """Of the scores by each shown review; the longer ones count no more."""
        pairs = zip(events.column("title"), events.texts, strict=True)
        each = [index.scores(terms(f"{title or ''} {said}")) for title, said in pairs]
        return np.mean(each, axis=0) if each else np.zeros(CANDIDATES)

    alone = index.scores(terms(text))
    found = {"none": alone, "random": alone + mean(chance)}
    for k in KS:
        own, near = mean(mine[:k]), mean(theirs[:k])
        found |= {
            f"user, {k}": alone + own,
            f"neighbour, {k}": alone + near,
            f"both, {k}": alone + own + near,
            f"user, {k}, without the text": own,
            f"neighbour, {k}, without the text": near,
            f"both, {k}, without the text": own + near,
        }
    return found


def _point(scores: Floats) -> float:
    """1 where the first is best alone; shared with those that equal it."""
    best = np.isclose(scores, scores.max(), rtol=0, atol=1e-12)
    return float(best[0] / best.sum())


def _accuracy(
    points: Mapping[str, list[float]], users: list[str], history: list[bool]
) -> dict[str, Any]:
    who, some = np.array(users), np.array(history)
    groups = {"all users": np.ones(len(who), dtype=bool), "users with a history": some}
    return {
        group: {
            "users": int(at.sum()),
            "accuracy": {way: figure(np.array(got)[at], who[at]) for way, got in points.items()},
            "accuracy minus that of none": {
                way: difference(
                    np.array(got)[at], np.array(points["none"])[at], who[at], SEED, DRAWS
                )
                for way, got in points.items()
                if way != "none" and not way.endswith("without the text")
            },
        }
        for group, at in groups.items()
    }


def on_the_floor(folder: Path, name: str) -> dict[str, Any]:
    """The recipe itself, asked for ratings on the model `extractive`."""
    source, split = name.split("_")
    asked = load(folder, source=source, split=split, task="rating")  # type: ignore[arg-type]
    found = {}
    for mode in ("none", "random", "user", "neighbour", "both"):
        some = asked.only(list(asked.examples)[:FLOOR])
        lm = Extractive()
        errors = []
        for example, request in some.examples.items():
            draft = pgraphrag(lm, mode=mode).write(some.view(example))
            assert request.event == example
            errors.append(abs(float(draft.value) - float(some.references[example].text)))
        found[mode] = figure(np.array(errors), some.users)
    return {"users": FLOOR, "mae": found}


def main() -> None:
    data = Path(os.environ.get("IDIOLECT_DATA", ROOT.parent / "shared" / "data"))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else data / "peer_reviews"
    what = "ratings and titles from own reviews, neighbours' reviews or both; no model"
    result: dict[str, Any] = {
        "interval": "95 %, t over users; p by flipping signs",
        "candidates": CANDIDATES,
    }
    every: list[Case] = []
    for name in FILES:
        for_rating = list(cases(folder, name, "rating"))
        every += for_rating
        for_title = list(cases(folder, name, "title"))
        result[name] = {
            "users": len(for_rating),
            "users with a history": sum(len(case.own) > 0 for case in for_rating),
            "users without neighbours": sum(not len(case.neighbours) for case in for_rating),
            "neighbours, median": float(np.median([len(c.neighbours) for c in for_rating])),
            "neighbours that are somebody's target": rounded(_targets(for_rating)),
            "ratings": ratings(for_rating),
            "titles": choices(for_title, np.random.default_rng(SEED)),
            "recipe on extractive": on_the_floor(folder, name),
        }
        print(name, "done", file=sys.stderr)
    result["pooled"] = {"ratings": ratings(every)}
    record("pgraphrag", what, result, "numpy", hidden=(*FILES, "pooled"))


def _targets(found: Sequence[Case]) -> float:
    """Share of the neighbours' reviews that are targets of other users."""
    ids = [name for case in found for name in case.neighbours.ids]
    return sum(name.endswith("/0") for name in ids) / max(len(ids), 1)


if __name__ == "__main__":
    main()
