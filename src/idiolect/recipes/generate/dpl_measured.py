"""Text written the user's way, from measured differences: no model is needed to compare.

How it works:
    1. `Measured` compares all of the user's texts with other people's on the same things: named
       features as effect sizes with a corrected p-value, and the user's distinctive words.
    2. `Okapi` picks the past texts most like the request, as examples.
    3. One prompt turns the figures and the examples into a profile; one writes with it.

Use it when: histories are long enough to measure (a dozen comparable texts), calls are dear, or
    other people's words must not reach a prompt. Prefer instead: `dpl`, for short histories and for
    what no feature counts (irony, argument).

Differs from the paper: DPL lets a model describe the differences of eight texts, one call each;
    here they are measured over the whole history, without a call, and no peer's text is shown.

Checked: the measured differences recover planted traits (tests/testing/test_town.py). The text
    needs a language model: not checked here.

Reference: after Qiu et al. 2025, arXiv 2503.02450; the measured comparison is this package's own.
"""

from idiolect.card import PositiveInt, Rate, Temperature, recipe
from idiolect.data import Request, View
from idiolect.difference import Measured
from idiolect.lm import LanguageModel, Sampling, differences, own
from idiolect.profile import Profile, claims, summarized, writing
from idiolect.roles import Personalizer, notes
from idiolect.select import Okapi

SUMMARIZE = (
    "You see what was measured about how a user writes, each time against other people writing "
    "about the same things, and texts that the user wrote. Sum up in one profile how this user "
    "writes, feels and argues, in words a writer can follow; the strongest difference comes first. "
    "Claim nothing that neither the figures nor the texts show. Answer with the profile alone."
)
WRITE = (
    "Write the text that is asked for as this user would write it. You see what it is about, texts "
    "that the user wrote before, a profile that says what sets the user apart, and the facts that "
    "are given. Answer with the text alone."
)


@recipe(
    title="Difference-aware personalization, measured",
    paper="https://arxiv.org/abs/2503.02450",
    reads_other_users="statistics",
    enters="prompt",
    calls="1 + min(own, 1)",
    evidence={
        "differences": ("recovers planted truth", "tests/testing/test_town.py"),
        "text": ("none", ""),
    },
)
def dpl_measured(
    lm: LanguageModel,
    *,
    events: PositiveInt = 8,  # as dpl
    q: Rate = 0.05,  # false-discovery rate; benchmarks/planted.py
    least: float = 0.6,  # smallest effect in within-item SD; benchmarks/planted.py
    temperature: Temperature = 0.8,  # as dpl
    max_tokens: PositiveInt = 2048,  # as dpl
) -> Personalizer[Profile]:
    sampling = Sampling(temperature, top_p=0.95, max_tokens=max_tokens, seed=42)
    choose, compare = Okapi(events), Measured(q=q, least=least)

    def learn(view: View, request: Request) -> Profile:
        mine = choose(view)
        if not len(mine):
            return Profile(request.user, notes=notes(mine.note))
        measured = compare(view)
        found = measured.differences()
        shown = own(mine.events)
        summary = summarized(lm, SUMMARIZE, differences(found), shown, sampling=sampling)
        return Profile(
            request.user,
            summary,
            claims=claims(found, view.own),
            differences=found,
            examples=shown.entries,
            notes=notes(mine.note, measured.note),
        )

    return Personalizer(lm, learn, writing(WRITE, sampling))
