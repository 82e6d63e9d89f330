"""A reward for replies: which of them this user would prefer, learned from a handful of choices.

How it works:
    1. `comparisons` makes pairs of the user's choices, in time order; the first 70 % are for
       learning, the rest for trying out. What was preferred stands first or second by a draw.
    2. `SearchDemonstrations` lets the judge reason about pairs for learning and keeps its reasons
       where its answer is the user's; then tries sets of such pairs on the others: labelled pairs,
       all that it solved, and `candidates` drawn sets, until one is right on 80 %.
    3. One prompt makes a persona of the best set: pairs, reasons, what was preferred.
    4. The same search again, the judge now knowing the persona; no pairs at all is a set too.
    5. The reward of a reply: the share that it wins of its comparisons with the other replies,
       each in both orders, by the judge with persona and pairs. To have replies written instead,
       put the user model's `prefix`, persona and pairs as messages, before a conversation.

Use it when: there are 5 to 15 choices between two replies. Prefer instead: `personalized_judge` (no
    choices, only texts), `fermi` (answers that come back, such as ratings).

Differs from the paper:
    - The prompt for the persona was optimized by the authors for each model; ours is our own.
    - Their code tries all sets, then looks for the first that is good enough; here the search
      stops there: fewer calls, the same set.
    - Where no set has a pair, theirs makes a list of all pairs and then does not use it; here the
      persona is made of all pairs.
    - Their labelled pairs carry other field names than the judge's prompt has, so that they are
      left out of it, and their prefix ends in an error; here they are shown. Theirs draws the
      wording of the prefix at random; ours is fixed.
    - A retry there is warmer by a share of the model's temperature, which is 0 unless it was set;
      here it begins from `temperature`.
    - A choice among more than two is made a pair with one drawn option.

Checked: the sets, their scores and the best one equal the authors' code on the same judge, and so
    does the accuracy in both orders (tests/select/test_demonstrations.py,
    tests/measure/test_demonstrated.py); the planted best set is found (the same). Prompts, order,
    retries, ties, too few choices (tests/recipes/test_synthesizeme.py), on a scripted model: the
    model `extractive` cannot judge. Who says what in the prefix is as in the authors' code
    (tests/profile/test_pairs.py). Agreement with people: not checked. With planted tastes and a
    judge that adds up what it is shown (benchmarks/search.py), the set chosen among 10 to 40 pairs
    is better than no pairs, and worse than simply showing all pairs as they were answered.

Reference: Ryan et al. 2025, arXiv 2506.05598; code SALT-NLP/SynthesizeMe.
"""

from collections.abc import Sequence

from idiolect.card import Count, Fraction, PositiveInt, Temperature, recipe
from idiolect.data import Request, View
from idiolect.lm import LanguageModel, Prompt, Sampling, Text
from idiolect.measure.judge import Comparison, Demonstrated, comparisons
from idiolect.profile import (
    PersonaReward,
    Profile,
    pair_reward,
    pair_scores,
    shown_pairs,
    solving,
)
from idiolect.roles import Scorer
from idiolect.select import Demonstration, DemonstrationSet, SearchDemonstrations

JUDGE = (
    "You judge which of two replies, the first or the second option, a user would prefer. You see "
    "the conversation, the two replies and, where there are any, earlier choices of this user. "
    "Think aloud first: name one to three guesses about who the user is and what they value, also "
    "where little is known, and what follows for these two. Then say which."
)
INFORMED = JUDGE + " You also see a persona of the user: judge with this user's eyes."
PERSONA = (
    "You see choices of one user between two replies, what the user preferred and, where it is "
    "known, why. Write a short persona of the user for somebody who has to foresee more choices: "
    "what they like and dislike in replies, and what of the person shows in that. Answer with the "
    "persona alone."
)


@recipe(
    title="SynthesizeMe",
    paper="https://arxiv.org/abs/2506.05598",
    code=("SALT-NLP/SynthesizeMe", "MIT"),
    reads_other_users="none",
    enters="reward",
    calls="2 * (candidates + 3) * min(events, own) + 1 + options * (options - 1)",
    fewer="a search ends at a set that is right often enough, a set is tried once, and too few "
    "choices are not searched",
    benchmarks=["PersonalRewardBench"],
    reported=[
        ("accuracy, gain at most", 0.044, "Chatbot Arena", "not named here", "LLM judge"),
        ("accuracy, gain at most", 0.0341, "PRISM", "not named here", "LLM judge"),
    ],
    evidence={
        "search": ("equals authors' code", "tests/select/test_demonstrations.py"),
        "both orders": ("equals authors' code", "tests/measure/test_demonstrated.py"),
        "prompts": ("mechanism only", "tests/recipes/test_synthesizeme.py"),
        "prefix": ("mechanism only", "tests/profile/test_pairs.py"),
        "agreement with people": ("none", ""),
    },
)
def synthesizeme(
    lm: LanguageModel,
    *,
    events: PositiveInt = 15,  # paper; choices, the latest
    candidates: PositiveInt = 10,  # authors' code
    labelled: Count = 4,  # authors' code
    train: Fraction = 0.7,  # authors' code
    enough: Fraction = 0.8,  # authors' code
    draws: PositiveInt = 4,  # authors' code
    seed: int = 0,  # authors' code
    temperature: Temperature = 1.0,  # ours; see above
    max_tokens: PositiveInt = 8192,  # authors' code
) -> Scorer[PersonaReward]:
    def judging(persona: str, stage: str) -> Demonstrated:
        instruction = INFORMED if persona else JUDGE
        return Demonstrated(lm, instruction, persona, temperature, max_tokens, draws, stage)

    def best(
        judge: Demonstrated, pairs: Sequence[Comparison], cut: int, zero_shot: bool
    ) -> DemonstrationSet[Comparison]:
        search = SearchDemonstrations(
            solving(judge), candidates, labelled, None, enough, zero_shot, seed
        )
        return search(pairs[:cut], pairs[cut:]).best

    def learn(view: View, request: Request) -> PersonaReward:
        pairs = comparisons(view.own, seed)[-events:]
        ids, cut = tuple(pair.event for pair in pairs), int(len(pairs) * train)
        if not pairs[:cut] or not pairs[cut:]:
            few = f"{len(pairs)} choices are too few to learn from and try out: nothing is known."
            return PersonaReward(pair_reward(judging("", "prefer")), notes=(few,))
        first = best(judging("", "judge"), pairs, cut, zero_shot=False).shown
        known = shown_pairs(first or tuple(map(Demonstration, pairs[:cut])))
        sampling = Sampling(0.001 * temperature, max_tokens=max_tokens)
        asked = Prompt(PERSONA, known, expects=Text("summary"), sampling=sampling, stage="persona")
        persona = str(lm.one(asked).value)
        second = best(judging(persona, "judge with persona"), pairs, cut, zero_shot=True)
        held = len(pairs) - cut
        note = (
            f"Right on {second.accuracy:.0%} of {held} choices by which it was chosen, no others."
        )
        reward = pair_reward(judging(persona, "prefer"), second.shown)
        profile = Profile(request.user, persona, sources=ids)
        return PersonaReward(reward, ids, (note,), profile, second.shown)

    return Scorer(learn, lambda request: request.options, pair_scores)
