"""How much of what a made-up town planted is found again, and how much that is not there.

Truth is each person's effect on 250 fresh texts; what counts as found has a corrected p-value of at
most .05 and a size of at least .6 pooled within-item standard deviations. Beside it stands the
naive comparison: all own texts against all others', total deviation, Welch's t-test, the same bars.
Under permuted authors (names shuffled within places) nothing is there to be found.

    python benchmarks/planted.py
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from statistics import mean
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from record import record
from scipy.stats import ttest_ind

from idiolect.data import Population, Request
from idiolect.difference import RATING, Measure, Measured
from idiolect.measure import FEATURES, benjamini_hochberg, measure
from idiolect.testing import Town, Truth, town

Floats = npt.NDArray[np.float64]
USERS, FRESH, LEAST, Q = 48, 250, 0.6, 0.05
#: First of the seeds of towns that nobody looked at while the method was made.
UNSEEN = 1000
NAMES = (*(feature.name for feature in FEATURES), RATING.name)


def table(here: Town) -> tuple[Floats, npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Features of all texts, the rating last; number of item and user of each."""
    frame = here.population.frame
    values = np.column_stack([measure(frame["text"].to_list()), frame["rating"].to_numpy()])
    _, item = np.unique(frame["item"].to_numpy(), return_inverse=True)
    user = here.population.by_user.codes.astype(np.intp)
    return values, item, user


def naive(values: Floats, mine: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Effect in total standard deviations, and Welch's p, corrected."""
    with np.errstate(all="ignore"):
        total = np.nanstd(values, axis=0, ddof=1)
        varies = total > 0
        effect = np.full(values.shape[1], np.nan)
        p = np.full(values.shape[1], np.nan)
        own, other = values[mine][:, varies], values[~mine][:, varies]
        effect[varies] = (np.nanmean(own, axis=0) - np.nanmean(other, axis=0)) / total[varies]
        p[varies] = ttest_ind(own, other, equal_var=False, nan_policy="omit").pvalue
    return effect, benjamini_hochberg(p)


def found(effect: Floats, q: Floats) -> list[int]:
    """Features that pass both bars."""
    return [int(n) for n in np.flatnonzero((q <= Q) & (np.abs(effect) >= LEAST))]


def measures(effect: Floats, at: Iterable[int]) -> list[Measure]:
    """Found features as measures; only name and effect matter to the score."""
    nan = float("nan")
    return [Measure(NAMES[n], "", float(effect[n]), nan, nan, nan, nan, nan, 0, 0, 0) for n in at]


def recovery(here: Town, truth: Truth, texts: int) -> dict[str, Any]:
    """Both comparisons of everybody in one town."""
    measured = Measured(q=Q, least=LEAST)
    views = {name: here.population.as_of(Request(name)) for name in here.population.users}
    start = perf_counter()
    results = {name: measured(view) for name, view in views.items()}
    seconds = (perf_counter() - start) / len(views)
    values, _, user = table(here)
    plain = {}
    for number, name in enumerate(here.population.users):
        effect, q = naive(values, user == number)
        plain[name] = measures(effect, found(effect, q))
    favourites = [(person.name, word) for person in here.people for word in person.favourites]
    terms = {(name, term.text) for name, result in results.items() for term in result.terms}
    sizes = np.unique(here.population.frame["item"].to_numpy(), return_counts=True)[1]
    return {
        "texts": texts,
        "seed": here.seed,
        "places": len(here.places),
        "fewest_peers": int(sizes.min()) - 1,
        "within_items": asdict(truth.score({n: r.found for n, r in results.items()})),
        "naive": asdict(truth.score(plain)),
        "favourite_words_planted": len(favourites),
        "favourite_words_found": len(terms.intersection(favourites)),
        "other_words_found": len(terms.difference(favourites)),
        "seconds_a_user": round(seconds, 3),
    }


def permuted(here: Town, replications: int, rng: np.random.Generator) -> dict[str, Any]:
    """Discoveries when names mean nothing: shuffled within places."""
    values, item, user = table(here)
    names = np.array(here.population.users, dtype=object)
    measured = Measured(q=Q, least=LEAST)
    any_q, any_found, any_words, any_naive, discoveries, p = 0, 0, 0, 0, 0, []
    for _ in range(replications):
        shuffled = user.copy()
        for number in range(item.max() + 1):
            shuffled[item == number] = rng.permutation(user[item == number])
        frame = here.population.frame.with_columns(user=pl.Series(names[shuffled].tolist()))
        population = Population(frame)
        for number, name in enumerate(names):
            result = measured(population.as_of(Request(name)))
            any_q += any(one.q <= Q for one in result.measures)
            any_found += bool(result.found)
            any_words += bool(result.terms)
            discoveries += len(result.found)
            any_naive += bool(found(*naive(values, shuffled == number)))
            p += [one.p for one in result.measures]
    users = replications * len(names)
    return {
        "users": users,
        "expected_share_with_any": Q,
        "expected_users_with_any": round(Q * users, 1),
        "users_with_any": any_q,
        "share_with_any_by_q": any_q / users,
        "share_with_any_by_q_and_size": any_found / users,
        "discoveries": discoveries,
        "share_with_any_word": any_words / users,
        "naive_share_with_any": any_naive / users,
        "share_of_p_at_most_.05": float(np.mean(np.array(p) <= 0.05)),
        "share_of_p_at_most_.01": float(np.mean(np.array(p) <= 0.01)),
    }


def pooled(runs: list[dict[str, Any]], side: str) -> dict[str, float | int]:
    """Recovery over several towns."""
    counts = {k: sum(run[side][k] for run in runs) for k in ("right", "false", "between", "large")}
    right, false = counts["right"], counts["false"]
    return {
        "precision": round(right / max(right + false, 1), 4),
        "precision_with_between_as_right": round(
            1 - false / max(right + false + counts["between"], 1), 4
        ),
        "recall": round(right / max(counts["large"], 1), 4),
        **counts,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--towns", type=int, default=3)
    parser.add_argument("--replications", type=int, default=20)
    parser.add_argument("--out", type=Path, default=Path("results/planted.json"))
    options = parser.parse_args()
    sizes = (8, 12, 24, 48)
    runs: list[dict[str, Any]] = []
    chosen: list[dict[str, Any]] = []
    trivial = []
    for seed in range(UNSEEN, UNSEEN + options.towns):
        towns = {texts: town(users=USERS, texts=texts, seed=seed) for texts in sizes}
        choosy = town(users=USERS, texts=24, seed=seed, choosy=4)
        chosen.append(recovery(choosy, choosy.truth(FRESH), 24))
        # The people of a seed are the same at every size.
        truth = towns[sizes[0]].truth(FRESH)
        trivial.append(np.abs(truth.effects[np.isfinite(truth.effects)]))
        for texts, here in towns.items():
            runs.append(recovery(here, truth, texts))
            print(f"town {seed}, {texts} texts a user: {runs[-1]['within_items']}")
    sizes_of = np.concatenate(trivial)
    summary = {
        str(texts): {
            side: pooled([run for run in runs if run["texts"] == texts], side)
            for side in ("within_items", "naive")
        }
        | {
            "seconds_a_user": round(
                mean(run["seconds_a_user"] for run in runs if run["texts"] == texts), 3
            )
        }
        for texts in sizes
    }
    specialists = {side: pooled(chosen, side) for side in ("within_items", "naive")}
    words = {
        key: sum(run[key] for run in runs if run["texts"] == 24)
        for key in ("favourite_words_planted", "favourite_words_found", "other_words_found")
    }
    rng = np.random.default_rng(1)
    nulls = {
        str(texts): permuted(town(users=USERS, texts=texts, seed=9), options.replications, rng)
        for texts in (8, 24)
    }
    result = {
        "settings": {
            "users": USERS,
            "towns": options.towns,
            "fresh_texts_a_user": FRESH,
            "features": len(NAMES),
            "q": Q,
            "least": LEAST,
            "replications": options.replications,
        },
        "true_effects": {
            "pairs": len(sizes_of),
            "at_least_1": float((sizes_of >= 1).mean()),
            "between": float(((sizes_of >= 0.3) & (sizes_of < 1)).mean()),
            "below_.3": float((sizes_of < 0.3).mean()),
        },
        "by_texts_a_user": summary,
        "by_texts_a_user_if_people_keep_to_their_kind_of_place": {"24": specialists},
        "words_at_24_texts": words,
        "permuted_authors": nulls,
        "runs": runs,
    }
    what = "planted differences found again in made-up towns; see benchmarks/planted.py"
    record("planted", what, result, "numpy", "scipy", out=options.out, hidden=("runs",))


if __name__ == "__main__":
    main()
