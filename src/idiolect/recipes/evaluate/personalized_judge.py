"""Whether this user would like a text better than another one, and how sure the judge says it is.

How it works:
    1. `Told` shows the judge the user's latest own texts, or nothing: the baseline without a
       persona.
    2. `Personalized` shows the request and two answers, A and B, in an order drawn from the seed
       and the pair. The model says which one the user would like better, and its certainty from 1
       to 100 in five verbal bands.
    3. `against` makes it a judge of one text. The other answer is the request's second option
       where it has exactly two; else what the user really wrote.

Use it when: nobody can ask the user, and it is enough to judge the pairs on which the judge is
    sure: drop those below a certainty and say how many are left. Calibrate the certainty on pairs
    with known answers first; it is not calibrated, and on some tasks it says nothing. Prefer
    instead: `podcast_judge` (a profile, a reason), `measure.Pairwise` (there is a real text).

Differs from the paper:
    - Their persona is sentences from a survey (sex, age, work, religion, …); ours is the user's own
      texts. Facts of a survey can be given as the user's first text.
    - Their feature sets (all, key, least important) are not settings here.
    - A certainty outside 1 to 100, or none, is asked for again and then a failure; theirs leaves
      such rows out, or keeps them without a certainty.
    - Both orders can be asked (`order='both'`); theirs asks one.
    - Which model wrote an answer is not known here, so nothing can be left out for being of the
      judge's own family, as theirs does; do it in the data.

Checked: position, certainty, ties and failures on scripted replies
    (tests/recipes/test_personalized_judge.py); accuracy above a certainty, calibration and isotonic
    correction on stored verdicts whose truth is planted (the same file). That a model's certainty
    is informative: not checked.

Reference: Dong et al. 2024, arXiv 2406.11657; code dong-river/Personalized-Judge.
"""

from typing import Literal

from idiolect.card import PositiveInt, Temperature, recipe
from idiolect.lm import LanguageModel
from idiolect.measure.judge import Personalized, Told, against, nothing
from idiolect.roles import Judge


@recipe(
    title="Personalized judge with verbal certainty",
    paper="https://arxiv.org/abs/2406.11657",
    code=("dong-river/Personalized-Judge", "no licence file"),
    reads_other_users="none",
    enters="prompt",
    calls="min(own + (persona == 'none'), 1) * (1 + (order == 'both'))",
    benchmarks=["PRISM", "OpinionQA", "SynthPAI", "EmpathicConversations"],
    evidence={
        "verdict": ("mechanism only", "tests/recipes/test_personalized_judge.py"),
        "certainty": ("recovers planted truth", "tests/recipes/test_personalized_judge.py"),
        "agreement with people": ("none", ""),
    },
)
def personalized_judge(
    lm: LanguageModel,
    *,
    persona: Literal["texts", "none"] = "texts",  # ours; the paper's come from a survey
    events: PositiveInt = 8,  # ours
    tie: bool = False,  # paper, section 3; both are in it
    order: Literal["drawn", "both"] = "drawn",  # authors' code
    seed: int = 0,  # authors' code
    temperature: Temperature = 0.0,  # ours; theirs leaves it to the endpoint or sets 0.7
) -> Judge:
    known = Told(events) if persona == "texts" else nothing
    return against(
        Personalized(lm, known, tie=tie, order=order, seed=seed, temperature=temperature)
    )
