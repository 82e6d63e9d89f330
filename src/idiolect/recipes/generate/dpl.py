"""Text written the user's way, from how they differ from representative others.

How it works:
    1. `Okapi` picks the user's past texts most like the request, and among those on items that at
       least `representatives` others wrote about, the ones to compare.
    2. `ClusterCentres` picks one peer text from every cluster that the user's own text is not in.
    3. `Told` lets the model describe the differences along writing, emotional and semantic style:
       one prompt a compared text, side by side.
    4. One prompt turns differences and own texts into a profile: the user model, which can be kept,
       corrected and explained. One prompt writes for the request with it.

Use it when: several people write about the same things. Prefer instead: `dpl_measured` (no model is
    needed to compare), `rag` (nobody else wrote about these things).

Differs from the paper:
    - Peers' texts later than the request are not read; the authors' code reads them.
    - A prompt names the number of peers that it shows; theirs always says four.
    - BM25 reads lower-cased words with an idf that is never negative; theirs reads case-kept
      white-space tokens with a negative-idf floor (published mode does).
    - Past texts without a title on items without a description are matched by their own words.

Checked: selection, comparable texts and representatives equal the authors' functions on 80 users,
    in published mode (tests/reference/test_dpl_selection.py). Calls, the true number of peers and
    the cut at the request are tested against a stub endpoint (tests/recipes/test_dpl.py). The told
    differences and the text need a language model: not checked here.

Reference: Qiu et al. 2025, arXiv 2503.02450; code SnowCharmQ/DPL.
"""

from idiolect.card import PositiveInt, Temperature, recipe
from idiolect.data import Request, View
from idiolect.difference import Told
from idiolect.embed import Encoder
from idiolect.lm import LanguageModel, Sampling, differences, own
from idiolect.profile import Profile, summarized, writing
from idiolect.roles import Personalizer, notes
from idiolect.select import (
    ClusterCentres,
    Okapi,
    asked_title_and_description,
    title_and_description,
)

COMPARE = (
    "You see a thing, what one user wrote about it, and what {peers} wrote about the same thing. "
    "Describe how the user's text differs from the others', along these dimensions:\n{dimensions}\n"
    "Say only what the texts show, one short paragraph a dimension, each with its name in front."
)
SUMMARIZE = (
    "You see how a user's texts differ from other people's texts on the same things, and texts "
    "that the user wrote. Sum up in one profile how this user writes, feels and argues: first what "
    "sets them apart from others again and again, then their lasting habits. Leave out what is "
    "true of everybody and what happened once. Answer with the profile alone."
)
WRITE = (
    "Write the text that is asked for as this user would write it. You see what it is about, texts "
    "that the user wrote before, a profile that says what sets the user apart, and the facts that "
    "are given. Answer with the text alone."
)


@recipe(
    title="Difference-aware personalization",
    paper="https://arxiv.org/abs/2503.02450",
    code=("SnowCharmQ/DPL", "MIT badge, no licence file"),
    reads_other_users="texts",
    enters="prompt",
    calls="1 + min(own, 1) * (compared + 1)",
    reported=[
        ("rouge1", 0.2940, "Amazon Movies_and_TV", "Qwen2.5-7B-Instruct", "rag 0.2844"),
        ("rouge1", 0.3072, "Amazon CDs_and_Vinyl", "Qwen2.5-7B-Instruct", "rag 0.2914"),
        ("rouge1", 0.3318, "Amazon Books", "Qwen2.5-7B-Instruct", "rag 0.3238"),
    ],
    evidence={
        "selection": ("equals authors' code", "tests/reference/test_dpl_selection.py"),
        "prompts": ("mechanism only", "tests/recipes/test_dpl.py"),
        "text": ("none", ""),
    },
)
def dpl(
    lm: LanguageModel,
    encoder: Encoder,
    *,
    events: PositiveInt = 8,  # paper, section 4.1
    representatives: PositiveInt = 4,  # paper, figure 4
    temperature: Temperature = 0.8,  # authors' code
    max_tokens: PositiveInt = 2048,  # authors' code
) -> Personalizer[Profile]:
    sampling = Sampling(temperature, top_p=0.95, max_tokens=max_tokens, seed=42)
    choose = Okapi(events, document=title_and_description, query=asked_title_and_description)
    compare = Told(lm, ClusterCentres(encoder, representatives), COMPARE, sampling=sampling)

    def learn(view: View, request: Request) -> Profile:
        mine, comparable = choose(view), choose(view, view.comparable(at_least=representatives))
        if not len(mine):
            return Profile(request.user, notes=notes(mine.note))
        found = compare(comparable.events, view)
        shown = own(mine.events)
        summary = summarized(lm, SUMMARIZE, differences(found), shown, sampling=sampling)
        few = (
            f"Only {len(found)} of {len(view.own)} own texts are on things that {representatives} "
            "others wrote about before; the rest could not be compared."
        )
        limited = len(found) < min(events, len(view.own))
        return Profile(
            request.user,
            summary,
            differences=found,
            examples=shown.entries,
            notes=notes(mine.note, few if limited else "", [d.note for d in found]),
        )

    return Personalizer(lm, learn, writing(WRITE, sampling))
