"""Text written by hypotheses about the user that were tried on texts held out from them.

How it works:
    1. The user's latest `held_out` texts are kept aside. `Guess` shows the ones before to the
       model, which gives `hypotheses` on strategy, personality and style, each with the texts that
       show it.
    2. `Written` lets the model write in place of each text that was kept aside: once knowing
       nothing of the user, and once with each hypothesis. `Verified` says, without a model, how
       much each of these reads like the user: n-grams of characters, other people's texts as what
       is usual.
    3. `Hypotheses` keeps the `keep` best, by what they gain; with more `rounds` the model sees
       these and their gain, and gives others.
    4. One prompt writes with those.

Use it when: the user wrote a few texts, and you want to read, and to have tested, what is believed
    of them. Prefer instead: `dpl` (others wrote about the same things), `intsum` (two calls).

Differs from the paper:
    - It takes the hypotheses as they come: here they are tried first, as in HypoGeniC, on which it
      builds. `held_out=0` is the paper.
    - HypoGeniC scores by answers to a labelled task and trades trying against using; here every
      hypothesis is tried on every text that was kept aside.
    - Hypotheses on sensitive matters are dropped, and those that were said before; each names the
      texts that show it.

Checked: that planted true hypotheses are kept by the n-gram score, against false ones and ones true
    of everybody, with a model that obeys them (tests/profile/test_hypotheses.py); prompts, their
    order and number, no peers (tests/recipes/test_hyperalign.py). The model `extractive` cannot
    make hypotheses: a scripted one runs through all stages. The score needs no model, and is as
    blind as the n-grams: it sees words and marks, not strategy. What a model guesses: not checked.

Reference: Garbacea and Tan 2025, arXiv 2505.00038; HypoGeniC's code is
    ChicagoHAI/hypothesis-generation.
"""

from dataclasses import replace
from math import isnan

from idiolect.card import Count, PositiveInt, Temperature, recipe
from idiolect.data import Request, View
from idiolect.lm import LanguageModel, Sampling
from idiolect.measure import Verified
from idiolect.profile import (
    Guess,
    Hypotheses,
    Hypothesis,
    Profile,
    Written,
    learnable,
    writing,
)
from idiolect.profile.drafts import about_nothing
from idiolect.roles import Personalizer, notes
from idiolect.select import Recency

GUESS = (
    "You see texts that one user wrote. Give {number} hypotheses about this user: how they go "
    "about saying things (strategy), what they are like as a person as far as it shows in how they "
    "write (personality), and how they write (style). Each is one sentence that a writer can "
    "follow, holds for several texts, and would be wrong for most other people. Name with each the "
    "numbers of the texts that show it. Where hypotheses were tried before, you see what writing "
    "by them gained: give others. Nothing about health, beliefs, origin, class or orientation."
)
DRAFT = (
    "Write the text that is asked for, about what you see; by what is known of the user, where "
    "anything is. Answer with the text alone."
)
WRITE = (
    "Write the text that is asked for as this user would write it. You see what it is about, "
    "hypotheses about the user, and the facts that are given. Answer with the text alone."
)


@recipe(
    title="Hypotheses-driven personalized alignment",
    paper="https://arxiv.org/abs/2505.00038",
    reads_other_users="statistics",
    enters="prompt",
    calls="min(own, 1) * (rounds + (1 + rounds * hypotheses) * min(held_out, own - 1)) + 1",
    fewer="hypotheses on sensitive matters, or said twice, are not tried",
    evidence={
        "choice": ("recovers planted truth", "tests/profile/test_hypotheses.py"),
        "prompts": ("mechanism only", "tests/recipes/test_hyperalign.py"),
        "text": ("none", ""),
    },
)
def hyperalign(
    lm: LanguageModel,
    *,
    events: PositiveInt = 8,  # ours; texts that hypotheses are made from
    held_out: Count = 3,  # ours; 0 is the paper
    hypotheses: PositiveInt = 5,  # ours
    keep: PositiveInt = 3,  # ours
    rounds: PositiveInt = 1,  # paper
    temperature: Temperature = 0.0,  # ours
    max_tokens: PositiveInt = 2048,  # ours
) -> Personalizer[Profile]:
    sampling = Sampling(temperature, max_tokens=max_tokens)

    def learn(view: View, request: Request) -> Profile:
        mine = learnable(view.own)
        if not len(mine):
            return Profile(request.user, notes=notes(Recency()(view, mine).note))
        aside = min(held_out, len(mine) - 1)
        known, held = mine[: len(mine) - aside], mine[len(mine) - aside :]
        shown = known[-events:]
        search = Hypotheses(
            Guess(lm, GUESS, shown, hypotheses, sampling),
            Written(lm, DRAFT, Verified(), view, known, held, sampling),
            keep if aside else hypotheses,
            rounds,
        )
        found = search()
        wanted = min(search.keep, hypotheses * rounds)
        profile = Profile(
            request.user,
            notes=notes(*_limits(found, wanted), about_nothing(held)),
            sources=tuple(held.ids),
        )
        if found:
            profile = profile.add([one.claim for one in found], "kept of the hypotheses")
        summary = "\n".join(one.claim.text for one in found)
        return replace(profile, summary=summary)

    return Personalizer(lm, learn, writing(WRITE, sampling))


def _limits(found: tuple[Hypothesis, ...], wanted: int) -> list[str]:
    untried = sum(isnan(one.gain) for one in found)
    useless = sum(one.gain <= 0 for one in found)
    of = f"of {len(found)} hypotheses"
    return [
        f"{wanted - len(found)} of {wanted} hypotheses are missing: those that the model gave "
        "besides were on sensitive matters, or said twice."
        if len(found) < wanted
        else "",
        f"{untried} {of} could not be tried: there are too few own texts or too few other people."
        if untried
        else "",
        f"{useless} {of} made held-out texts read no more like the user's." if useless else "",
    ]
