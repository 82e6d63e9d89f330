"""Whether a model follows its users more the more it is told of them: a table, one row a cue.

How it works:
    1. Things that several people wrote about are drawn, and some of these people for each. What a
       person wrote about the thing is the reference; it is asked for again, as of that time.
    2. The same model is asked four times with richer prompts: with nothing of the user; with two
       examples of their texts; with their history, which says what the texts are about; with the
       history of another person who wrote about the same thing as a contrast.
    3. `egises` says for each cue how far outputs differ between people as their references do; 0 is
       best. The change from cue to cue comes with an interval: clustered by thing and by person,
       the wider of both.
    4. In-context personalization is *present* if EGISES falls with every cue, *absent* if it rises
       with one, and *not shown* where an interval holds 0.

Use it when: you want to know whether a model makes use of profiles before you build on it. EGISES
    is responsiveness, not quality: outputs that differ at random can do well, so the distance from
    the references stands beside it. Prefer instead: `compare` (which method is closer to what
    people wrote).

Differs from the paper:
    - Their prompt set is not used; the wording is ours, and four prompts stand for theirs.
    - Theirs are news headlines (PENS) with reading histories; ours any texts on shared things.
    - Theirs compares the figures alone; here a change counts where its interval lies apart from 0.
    - Distances are Jensen-Shannon divergences of words, without the weights that need the thing's
      own text.

Checked: planted models that follow every cue, none, or get worse with the contrast are told apart
    (tests/recipes/test_icopernicus.py); EGISES itself against the authors' figures (measure). No
    language model was tested.

Reference: Patel et al. 2024, arXiv 2410.00149; code KDM-LAB/iCOPERNICUS-EMNLP24.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idiolect.card import Count, PositiveInt, Temperature, recipe
from idiolect.data import Population, View
from idiolect.lm import Entry, LanguageModel, Prompt, Sampling, Section, Text, item, own, peers
from idiolect.measure import estimate
from idiolect.measure.egises import egises
from idiolect.roles import Study
from idiolect.select.events import drawn
from idiolect.select.shared import shared_requests

WRITE = (
    "Write the text that this user would write about what you see. You may also see texts that the "
    "user wrote before, and texts by another person, who is a contrast: what sets the user apart "
    "from that person should show. Answer with the text alone."
)
#: Cue → what is added to what stands before it.
CUES = ("nothing", "examples", "history", "contrast")
CHANGE = ("change", "change_low", "change_high")


@recipe(
    title="iCOPERNICUS: is there in-context personalization?",
    paper="https://arxiv.org/abs/2410.00149",
    code=("KDM-LAB/iCOPERNICUS-EMNLP24", "no licence file"),
    reads_other_users="texts",
    enters="prompt",
    calls="4 * documents * users",
    benchmarks=["PENS"],
    evidence={
        "EGISES": ("equals reference metric", "tests/reference/test_egises.py"),
        "verdict": ("recovers planted truth", "tests/recipes/test_icopernicus.py"),
        "prompts": ("mechanism only", "tests/recipes/test_icopernicus.py"),
    },
)
def icopernicus(
    lm: LanguageModel,
    *,
    documents: PositiveInt = 8,  # ours; a useful interval needs more
    users: PositiveInt = 4,  # of each document; ours
    examples: PositiveInt = 2,  # paper: two-shot
    events: PositiveInt = 8,  # of a history; ours
    seed: Count = 0,  # of what is drawn; ours
    temperature: Temperature = 0.0,  # ours, so that only the prompt differs
    max_tokens: PositiveInt = 512,  # ours
) -> Study:
    import polars as pl

    def study(population: Population) -> pl.DataFrame:
        asked = shared_requests(population, documents, users, history=examples, seed=seed)
        shown = [population.as_of(request) for request in asked]
        real = [population.event(request.event or "").text for request in asked]
        where = [request.item.id if request.item else "" for request in asked]
        who = [request.user for request in asked]
        rows: list[dict[str, Any]] = []
        before: NDArray[np.float64] | None = None
        for cue in CUES:
            made = [reply.value for reply in lm.reply(told(view, cue) for view in shown)]
            found = egises(made, real, where, who, np.random.default_rng(seed))
            figure = found.egises
            row: dict[str, Any] = {"cue": cue, "egises": figure.value}
            row |= {"low": figure.low, "high": figure.high}
            # EGISES is 1 − the mean of DEGRESS, and every document has as many users.
            fall = None if before is None else found.degress - before
            row |= dict.fromkeys(CHANGE) if fall is None else change(fall, where, who)
            rows.append(row | {"distance": found.accuracy_distance.value, "outputs": len(made)})
            before = found.degress
        found_in = verdict(rows[1:])
        return pl.DataFrame([row | {"personalization": found_in} for row in rows], strict=False)

    def told(view: View, cue: str) -> Prompt:
        latest = view.own[-examples:]
        alone = zip(latest.texts, latest.ids, strict=True)
        mine: Mapping[str, Section] = {
            "examples": own([Entry(text, events=(event,)) for text, event in alone]),
            "history": own(view.own[-events:]),
            "contrast": own(view.own[-events:]),
        }
        return Prompt(
            WRITE,
            item(view.request.item),
            mine.get(cue),
            contrast(view) if cue == "contrast" else None,
            expects=Text("writing"),
            sampling=Sampling(temperature, max_tokens=max_tokens, seed=seed),
            stage=cue,
        )

    def contrast(view: View) -> Section:
        """The history of somebody who wrote about the same thing before, else of anybody."""
        about = view.request.item.id if view.request.item else ""
        names = view.peers(about).users or view.other_users
        rng = drawn(seed, view.request.user, about)
        theirs = [view.history_of(name) for name in rng.permutation(names).tolist()[:1]]
        return peers(view.own[:0].join(*theirs)[-events:])

    return study


def change(fall: NDArray[np.float64], documents: list[str], users: list[str]) -> dict[str, float]:
    """The mean change of EGISES, with the wider of the intervals by document and by user."""
    by = [estimate(-fall, np.array(names)) for names in (documents, users)]
    widest = max(by, key=lambda found: np.nan_to_num(found.high - found.low, nan=np.inf))
    return dict(zip(CHANGE, (widest.mean, widest.low, widest.high), strict=True))


def verdict(changes: list[dict[str, Any]]) -> str:
    """Falls with every cue, rises with one, or neither is shown."""
    if any(row["change_low"] > 0 for row in changes):
        return "absent"
    return "present" if all(row["change_high"] < 0 for row in changes) else "not shown"
