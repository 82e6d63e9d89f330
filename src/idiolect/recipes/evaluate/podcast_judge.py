"""Whether something suits a user, judged by a profile of theirs, with the reason.

How it works:
    1. `Summed` lets the model write a profile from the user's latest history: what they are
       interested in, which style they like, how they use things. Or the judge gets the history as
       it is (`Told`).
    2. Pointwise: `Suits` shows profile, request and one thing, and asks for a reason and then
       whether it is a match. Pairwise: `Personalized` shows two lists in both orders and asks which
       one suits better, or for a tie; only what both orders agree on counts.

Use it when: what is judged is a thing or a list rather than a text the user could have written, and
    nobody wrote down what would have been right. Prefer instead: `personalized_judge` (which of two
    answers, with one call), `measure.Pointwise` (the user's own text on it is known).

Differs from the paper:
    - Their prompts and scale were not published; the wording is ours, the match is yes or no.
    - Theirs reads 90 days of listening; ours the latest `events` texts, as histories differ in
      density.
    - The pairwise judge says a certainty too, which the paper does not ask for.
    - The other list is the request's second option where it has exactly two, else what the user
      really chose or wrote.

Checked: the two stages, what each sees, both orders and failures on scripted replies
    (tests/recipes/test_podcast_judge.py). Agreement with listeners, about 75 % in the paper, needs
    their data and a language model: not checked.

Reference: Fabbri et al. 2025, arXiv 2508.08777; no code.
"""

from typing import Literal

from idiolect.card import PositiveInt, Temperature, recipe
from idiolect.lm import LanguageModel
from idiolect.measure.judge import Personalized, Suits, Summed, Told, against
from idiolect.roles import Judge

PROFILE = (
    "You see what a user has listened to, read or written lately, oldest first. Write a short "
    "profile for somebody who chooses for this user, in three parts: the topics that interest "
    "them, the style and form that they like, and how they go about it (often or rarely, in "
    "breadth or in depth, faithful or curious). Say only what the history shows. Answer with the "
    "profile alone."
)
LISTS = (
    "You judge which of two lists of suggestions, A or B, suits a user better. You see what is "
    "known of the user, what was asked for, and the lists as the options: the first is A, the "
    "second is B, each best first. Look at interests and style, at what stands on top, and at "
    "variety where the user likes it. The order of the lists means nothing. {tie}Say the answer, "
    "and how certain you are from 1 (a guess) to 100 (no doubt)."
)


@recipe(
    title="Profile-aware judge of recommendations",
    paper="https://arxiv.org/abs/2508.08777",
    reads_other_users="none",
    enters="prompt",
    calls="min(own, 1) * (1 + (knows == 'profile') + (form == 'pairwise'))",
    evidence={
        "prompts": ("mechanism only", "tests/recipes/test_podcast_judge.py"),
        "agreement with people": ("none", ""),
    },
)
def podcast_judge(
    lm: LanguageModel,
    *,
    form: Literal["pointwise", "pairwise"] = "pointwise",  # paper; both are in it
    knows: Literal["profile", "history"] = "profile",  # paper; both are in it
    events: PositiveInt = 50,  # ours; the paper reads 90 days
    temperature: Temperature = 0.0,  # ours
) -> Judge:
    known = Summed(lm, PROFILE, events, temperature) if knows == "profile" else Told(events)
    if form == "pointwise":
        return Suits(lm, known, temperature=temperature)
    return against(Personalized(lm, known, LISTS, tie=True, order="both", temperature=temperature))
