"""How far do profiles tell people apart? Profiles from a language model, intsum, dpl_measured.

    python benchmarks/distinctiveness.py [FOLDER]

FOLDER holds `llm_profiles/profiles.jsonl.gz`, `rotten/reviews.csv.gz` and `rotten/movies.csv.gz`
(default: IDIOLECT_DATA). Critics with at least AT_LEAST reviews; the last HELD of each are held
out, profiles are learned at the first of these by the recipes on the model `extractive`. Outputs
are what the recipes write on films that several of these critics review among the held-out.

The extractive model is no language model: figures are of the pipes, not of the methods' quality.
"""

from __future__ import annotations

import gzip
import json
import os
import platform
import re
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Population, Request, last_per_user, read
from idiolect.embed import Lsa
from idiolect.embed.lsa import FittedLsa
from idiolect.floor import Extractive
from idiolect.measure import FEATURES, measure, paired
from idiolect.measure.distinctiveness import (
    Reidentified,
    Spread,
    nearest_other,
    ranked,
    reidentified,
    spread,
)
from idiolect.measure.output_spread import effective_number, output_spread
from idiolect.profile import Profile
from idiolect.recipes.generate.dpl_measured import dpl_measured
from idiolect.recipes.generate.intsum import intsum
from idiolect.recipes.generate.plain import plain

ROOT = Path(__file__).resolve().parent.parent
AT_LEAST, HELD, SEED, SHARED, WRITTEN = 40, 5, 0, 3, 150
FIELDS = ("traits", "attributes", "preferences", "routines")

Floats = NDArray[np.float64]


def written_by_a_model(path: Path) -> dict[str, Any]:
    """The figures of profiles that a language model wrote without comparing users."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    found: dict[str, Any] = {"profiles": len(rows)}
    for name in FIELDS:
        in_order = spread([tuple(row[name]) for row in rows])
        found[name] = figures(in_order) | {
            "distinct whatever the order": spread([frozenset(row[name]) for row in rows]).distinct,
            "distinct whatever the order and case": spread(
                [frozenset(value.strip().lower() for value in row[name]) for row in rows]
            ).distinct,
        }
    traits = Counter(trait for row in rows for trait in row["traits"])
    found["profiles with a trait"] = dict(traits.most_common(6))
    both = sum({"agreeable", "conscientious"} <= set(row["traits"]) for row in rows)
    found["agreeable and conscientious"] = both
    found["agreeable and conscientious, whatever the case"] = sum(
        {"agreeable", "conscientious"} <= {trait.lower() for trait in row["traits"]} for row in rows
    )
    texts = {row["user"]: row["user_profile"] for row in rows}
    encoder = Lsa().fit(list(texts.values()))
    found["nearest other profile, LSA cosine"] = _mean(nearest_other(texts, encoder))
    vectors = encoder.encode(list(texts.values())).astype(float)
    near = np.sort(vectors @ vectors.T, axis=1)
    found["100th nearest profile, LSA cosine"] = _mean(near[:, -101])
    asked = {row["user"]: [", ".join(row["preferences"] + row["routines"])] for row in rows}
    stated = {row["user"]: ", ".join(row["traits"] + row["attributes"]) for row in rows}
    found["found by the profile text from preferences and routines"] = shown(
        reidentified(texts, asked, encoder)
    )
    found["found by traits and attributes from preferences and routines"] = shown(
        reidentified(stated, asked, encoder)
    )
    return found


def figures(found: Spread) -> dict[str, float]:
    """A spread as numbers."""
    return {
        "distinct": found.distinct,
        "share of the most frequent": round(found.top, 4),
        "entropy, bits": round(found.entropy, 3),
        "possible, bits": round(found.most, 3),
        "effective number": round(found.effective, 1),
    }


def shown(found: Reidentified) -> dict[str, Any]:
    """A re-identification as numbers."""
    rate, rank = found.rate, found.mean_rank
    return {
        "rate": [round(v, 4) for v in (rate.mean, rate.low, rate.high)],
        "chance": round(found.chance, 4),
        "mean rank": [round(v, 1) for v in (rank.mean, rank.low, rank.high)],
        "mean rank by chance": (len(found.users) + 1) / 2,
        "users": rate.users,
    }


def _mean(values: Floats) -> float:
    return round(float(np.nanmean(values)), 4)


def learned(people: Population, requests: Sequence[Request]) -> dict[str, dict[str, Profile]]:
    """Recipe → user → profile, learned at each request."""
    lm = Extractive()
    recipes = {"intsum": intsum(lm), "dpl_measured": dpl_measured(lm)}
    return {
        name: {r.user: recipe.learn(people.as_of(r), r) for r in requests}
        for name, recipe in recipes.items()
    }


def skeleton(text: str) -> str:
    """A profile without its numbers and quoted words: what it says of anybody, in words."""
    return re.sub(r"[+-]?\d+(?:[.,]\d+)*", "#", re.sub(r"[“\"][^”\"]*[”\"]", "“…”", text))


def by_measuring(profiles: Mapping[str, Profile], held_out: Mapping[str, list[str]]) -> Floats:
    """Nearness of measured claims to held-out texts: cosine of effects and standardized features.

    A profile that describes shares no words with the texts; this reads what it claims instead.
    """
    users = list(profiles)
    effects = np.zeros((len(users), len(FEATURES)))
    places = {feature.name: n for n, feature in enumerate(FEATURES)}
    for row, user in enumerate(users):
        for found in profiles[user].differences:
            if found.measure is not None and found.measure.feature in places:
                effects[row, places[found.measure.feature]] = found.measure.effect
    rows = np.array([np.nanmean(_quiet(measure(held_out[user])), axis=0) for user in users])
    rows = np.nan_to_num((rows - rows.mean(axis=0)) / np.maximum(rows.std(axis=0), 1e-9))
    lengths = [np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-12) for v in (rows, effects)]
    near: Floats = (rows / lengths[0]) @ (effects / lengths[1]).T
    return near


def _quiet(values: Floats) -> Floats:
    """A feature that no text of a user has counts as 0."""
    none = np.isnan(values).all(axis=0)
    return np.where(none, 0.0, values)


def compared(
    profiles: Mapping[str, Mapping[str, str]], held_out: Mapping[str, list[str]], encoder: FittedLsa
) -> dict[str, Any]:
    """All figures of both kinds of profile, and their paired differences."""
    found: dict[str, Any] = {}
    values: dict[str, dict[str, Floats]] = {}
    for name, texts in profiles.items():
        again = reidentified(texts, held_out, encoder)
        nearest = nearest_other(texts, encoder)
        whole = spread(list(texts.values()))
        in_words = spread([skeleton(text) for text in texts.values()])
        found[name] = {
            "found again from held-out texts": shown(again),
            "nearest other profile, LSA cosine": _mean(nearest),
            "profiles as they are": figures(whole),
            "profiles without numbers and quotes": figures(in_words),
        }
        values[name] = {
            "first": again.first,
            "rank": again.rank,
            "nearest": nearest,
            "entropy as they are": whole.surprisal,
            "entropy without numbers and quotes": in_words.surprisal,
        }
    users = np.array(list(held_out))
    found["dpl_measured minus intsum"] = {
        figure: difference(values["dpl_measured"][figure], values["intsum"][figure], users)
        for figure in values["intsum"]
    }
    return found


def difference(a: Floats, b: Floats, users: NDArray[np.str_]) -> dict[str, float]:
    """Paired difference with interval and p."""
    found = paired(a, b, users, np.random.default_rng(SEED))
    numbers = {"mean": found.difference, "low": found.low, "high": found.high, "p": found.p}
    return {name: round(value, 4) for name, value in numbers.items()} | {"users": found.users}


def outputs(people: Population, requests: Sequence[Request], encoder: FittedLsa) -> dict[str, Any]:
    """What recipes write for several users on the same films, against what these wrote."""
    films = Counter(r.item.id for r in requests if r.item is not None)
    often = [film for film, count in films.most_common() if count >= SHARED]
    chosen: list[Request] = []
    for film in often:
        about = [r for r in requests if r.item is not None and r.item.id == film]
        if len(chosen) + len(about) <= WRITTEN:
            chosen += about
    real = [people.event(r.event or "").text for r in chosen]
    items = [r.item.id if r.item is not None else "" for r in chosen]
    users = [r.user for r in chosen]
    lm, found = Extractive(), {}
    for name, recipe in (
        ("plain", plain(lm)), ("intsum", intsum(lm)), ("dpl_measured", dpl_measured(lm)),
    ):  # fmt: skip
        made = [recipe.write(people.as_of(request)).text for request in chosen]
        one = output_spread(made, real, items, users, encoder, np.random.default_rng(SEED))
        vectors = encoder.encode(made).astype(float)
        there = np.linalg.norm(vectors, axis=1) > 0
        found[name] = {
            "ratio": [round(v, 4) for v in (one.ratio, one.low, one.high)],
            "distance of outputs": round(one.outputs, 4),
            "distance of references": round(one.references, 4),
            "effective number of outputs": round(effective_number(vectors[there]), 1),
            "outputs": len(made),
            "users": one.users,
            "films": one.items,
        }
    references = encoder.encode(real).astype(float)
    references = references[np.linalg.norm(references, axis=1) > 0]
    return found | {"effective number of references": round(effective_number(references), 1)}


def main() -> None:
    start = time.perf_counter()
    data = Path(os.environ.get("IDIOLECT_DATA", ROOT.parent / "shared" / "data"))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else data
    people = read(
        folder / "rotten" / "reviews.csv.gz",
        {"user": "critic", "item": "movie", "time": "date", "rating": "score", "text": "review"},
        folder / "rotten" / "movies.csv.gz",
        {"id": "movie", "description": "synopsis"},
    ).population
    requests = last_per_user(people, HELD, at_least=AT_LEAST)
    first: dict[str, Request] = {}
    held_out: dict[str, list[str]] = {}
    for request in requests:
        first.setdefault(request.user, request)
        held_out.setdefault(request.user, []).append(people.event(request.event or "").text)
    asked = {request.event for request in requests}
    encoder = Lsa().fit(
        [t for t, name in zip(people.frame["text"], people.frame["id"], strict=True)
         if name not in asked]
    )  # fmt: skip
    made = learned(people, list(first.values()))
    summaries = {n: {u: p.summary for u, p in of.items()} for n, of in made.items()}
    nothing = [user for user, p in made["dpl_measured"].items() if not p.differences]
    some = [user for user in held_out if user not in set(nothing)]
    claimed = {u: made["dpl_measured"][u] for u in some}
    examples = {u: "\n".join(entry.text for entry in p.examples) for u, p in made["intsum"].items()}
    result: dict[str, Any] = {
        "what": "how far profiles, and outputs, tell users apart",
        "versions": {
            "idiolect": version("idiolect"),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scikit-learn": version("scikit-learn"),
        },
        "interval": "95 %, clustered by user; of ratios a percentile bootstrap over users",
        "llm_profiles": written_by_a_model(folder / "llm_profiles" / "profiles.jsonl.gz"),
        "rotten, extractive model": compared(summaries, held_out, encoder),
        "rotten, eight latest texts instead of a profile": shown(
            reidentified(examples, held_out, encoder)
        ),
        "rotten, claims of dpl_measured read by measuring": shown(
            ranked(list(held_out), by_measuring(made["dpl_measured"], held_out))
        ),
        "rotten, the same among users with a claim": shown(
            ranked(some, by_measuring(claimed, held_out))
        ),
        "rotten, dpl_measured": {
            "critics": len(held_out),
            "critics with nothing found": len(nothing),
            "tuples of found features and their signs": figures(
                spread(
                    [
                        tuple(
                            (d.measure.feature, d.measure.effect > 0)
                            for d in p.differences
                            if d.measure is not None
                        )
                        for p in made["dpl_measured"].values()
                    ]
                )
            ),
        },
        "rotten, outputs on the same film": outputs(people, requests, encoder),
    }
    result["seconds"] = round(time.perf_counter() - start, 1)
    text = json.dumps(result, indent=1, ensure_ascii=False)
    (ROOT / "results" / "distinctiveness.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
