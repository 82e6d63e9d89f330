"""Do factors that are counted without a model predict ratings better than plain means?

    python benchmarks/rpm.py [FOLDER]

FOLDER holds `amazon_dev.json.gz`, `amazon_test.json.gz` and `gap_dev.json.gz` (product reviews;
default: `peer_reviews` in IDIOLECT_DATA). As in PGraphRAG's rating task, title and text of a review
are given and its rating is asked for; the target is each user's first review. Users count who
reviewed another product too; own reviews of the target product and copies of the target's text are
taken out, since they would give the answer away.

`rpm` runs in its counted voice on the floor `extractive`, which rates by the own texts that it is
shown, each as heavy as it is like the request. `rag` does so with texts chosen by BM25, so the
difference between these two is what choosing by aspects is worth. Beside them: the user's mean, the
peers' mean and the user relative to peers, with the package's defaults; and a line from the tone of
the given text to its rating, fitted on the other files: alone, with nothing of the user, and with
the user's mean distance from that line on past reviews (shrunk).
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from product_reviews import with_a_past
from record import ROOT, figure, record, rounded

from idiolect.card import Recipe
from idiolect.data import Population, Request, View
from idiolect.difference import OwnMean, PeersMean, RatesItems, RelativeRating
from idiolect.embed import Lsa
from idiolect.floor import Extractive
from idiolect.measure import Text
from idiolect.recipes.generate.rag import rag
from idiolect.recipes.generate.rpm import rpm
from idiolect.run import Assembly, answer

FILES = ("amazon_dev", "amazon_test", "gap_dev")
SCALE = (1.0, 5.0)
RPM = "rpm, counted, on the floor"
RAG = "rag on the floor"
TONE = "tone of the given text alone"
BOTH = "tone of the given text, and the user relative to that"
#: Residuals of zero that are added to the user's own, as in `RelativeRating`.
SHRINKAGE = 2.0
RATERS: dict[str, RatesItems] = {
    "user's mean": OwnMean(),
    "peers' mean": PeersMean(),
    "user relative to peers": RelativeRating(scale=SCALE),
}
#: Others' choices to compare `rpm` with.
AGAINST = (RAG, TONE, BOTH, *RATERS)

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """One user's target: what may be known, the request, and the rating given."""

    population: Population
    view: View
    request: Request
    item: str
    truth: float

    @property
    def tone(self) -> float:
        """Of what is given."""
        return tone(*map(str, self.request.given.values()))

    def residual(self, slope: float, start: float) -> float:
        """How far the user's past ratings lie from a line over their tones, shrunk."""
        own = self.view.own
        gaps = [
            (event.rating or 0.0) - start - slope * tone(event.title or "", event.text)
            for event in own
        ]
        return sum(gaps) / (len(gaps) + SHRINKAGE)


def tone(*texts: str) -> float:
    """Mean tone of the sentences of some texts, -1..1."""
    tones = Text("\n".join(texts)).tones
    return sum(tones) / max(len(tones), 1)


def cases(path: Path) -> list[Case]:
    """The targets of one file, by its order of users."""
    population, targets = with_a_past(path)
    return [
        Case(
            population,
            population.as_of(population.request(name, give=())),
            Request(
                target_user(name),
                scale=SCALE,
                given={part: target[part] for part in ("title", "text") if target[part]},
                event=name,
            ),
            target["pid"],
            float(target["rating"]),
        )
        for name, target in targets
    ]


def target_user(event: str) -> str:
    """Whose target it is."""
    return event.rsplit("/", 1)[0]


def floor(recipe: Recipe[Any, Any], found: list[Case], **settings: Any) -> Numbers:
    """What a recipe answers on the floor.  # (cases,)"""
    needs = {"encoder": Lsa()} if "encoder" in recipe.needs else {}
    build = Assembly(recipe, needs, settings)
    values = []
    for case in found:
        outcome = answer(build, case.population, case.request, Extractive())
        if outcome.failure is not None:
            raise RuntimeError(f"{recipe.name} at {case.request.event}: {outcome.failure.message}")
        values.append(float(outcome.answer.value))
    return np.array(values)


def line(among: list[Case]) -> NDArray[np.float64]:
    """Rating as a straight line over tone, by least squares: slope and start."""
    fitted: NDArray[np.float64] = np.polyfit(
        [case.tone for case in among], [case.truth for case in among], 1
    )
    return fitted


def predicted(name: str, files: dict[str, list[Case]]) -> dict[str, Numbers]:
    """Predictions of each method for one file."""
    found = files[name]
    slope, start = line([case for other in files if other != name for case in files[other]])
    made = {
        label: np.array([r(c.view, c.item).value for c in found]) for label, r in RATERS.items()
    }
    alone = np.array([start + slope * case.tone for case in found])
    own = np.array([case.residual(slope, start) for case in found])
    return {
        RPM: floor(rpm, found, voice="counted"),
        RAG: floor(rag, found),
        TONE: np.clip(alone, *SCALE),
        BOTH: np.clip(alone + own, *SCALE),
        **made,
    }


def measured(files: dict[str, list[Case]]) -> dict[str, Any]:
    """Errors of each method, and what `rpm` gains over the others, users drawn as a whole."""
    made = {name: predicted(name, files) for name in files}
    result: dict[str, Any] = {"targets": {name: len(found) for name, found in files.items()}}
    for group, names in {**{name: [name] for name in files}, "pooled": list(files)}.items():
        truth = np.array([case.truth for name in names for case in files[name]])
        users = np.array([case.request.user for name in names for case in files[name]])
        error = {
            method: np.abs(np.concatenate([made[name][method] for name in names]) - truth)
            for method in (RPM, *AGAINST)
        }
        gains = {f"over {method}": figure(error[method] - error[RPM], users) for method in AGAINST}
        result[group] = {
            "mae": {method: rounded(e.mean()) for method, e in error.items()},
            "rmse": {method: rounded(np.sqrt((e**2).mean())) for method, e in error.items()},
            "gain of rpm in absolute error": gains,
        }
    return result


def main() -> None:
    data = Path(os.environ.get("IDIOLECT_DATA", ROOT.parent / "shared" / "data"))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else data / "peer_reviews"
    result = {
        "interval": "95 %, of a mean over users (`measure.estimate`)",
        **measured({name: cases(folder / f"{name}.json.gz") for name in FILES}),
    }
    record("rpm", "error of predicted ratings, title and text given", result, "numpy")


if __name__ == "__main__":
    main()
