"""Text written the user's way, from differences along dimensions that the model finds itself.

How it works:
    1. Selection and peers as in `dpl`: `Okapi` picks the texts to compare, `ClusterCentres` one
       peer text from every cluster that the user's own text is not in.
    2. `Discovered` lets the model begin with writing, emotional and semantic style and find as many
       further dimensions as the texts show, each with a name, a definition and a description;
       then a second prompt a text says which of them the texts support: the rest is dropped.
    3. One prompt turns what is left and past texts into a profile; one writes with it.

Use it when: several people write about the same things and you have a model that reasons and
    answers in JSON. Prefer instead: `dpl`, for half of the calls, small models and the model
    `extractive`, which cannot discover.

Differs from the paper:
    - Replies are JSON; theirs are free text between marks, passed on as it is.
    - The validation answers with the numbers of the differences that hold, so that it cannot
      reword them; theirs writes the list anew. The authors' published script for the last stage
      reads the list from before the validation: `validate=False`.
    - Peers' texts later than the request are not read, and BM25 reads words, as in `dpl`.

Checked: selection as in `dpl`, whose parts are used. Prompts, their order and number, dropped
    dimensions, no history (tests/recipes/test_drp.py). What the model finds is not checked.

Reference: Chen et al. 2025, arXiv 2511.15389; code Chen-Suyu/DRP.
"""

from idiolect.card import PositiveInt, Temperature, recipe
from idiolect.data import Request, View
from idiolect.difference import Discovered
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

FIND = (
    "You see a thing, what one user wrote about it, and what {peers} wrote about the same thing. "
    "Find how the user's way of writing differs from the others', whatever the opinion. Begin with "
    "these dimensions:\n{dimensions}\nThen find every further dimension along which the texts show "
    "a difference. Give for each a name, a definition in one sentence, and how the user differs."
)
VALIDATE = (
    "You see a thing, what one user wrote about it, what {peers} wrote about the same thing, and "
    "differences that somebody claims to see between them. Check each against the texts. Give the "
    "numbers, counted from 1, of those that the texts show and that tell this user from the others."
)
SUMMARIZE = (
    "You see how a user's texts differ from other people's texts on the same things, dimension by "
    "dimension, and texts that the user wrote. Sum up in one profile how this user writes: first "
    "what sets them apart again and again, then their lasting habits. Answer with that alone."
)
WRITE = (
    "Write the text that is asked for as this user would write it. You see what it is about, texts "
    "that the user wrote before, a profile that says what sets the user apart, and the facts that "
    "are given. Answer with the text alone."
)


@recipe(
    title="Difference-aware reasoning personalization",
    paper="https://arxiv.org/abs/2511.15389",
    code=("Chen-Suyu/DRP", "MIT"),
    reads_other_users="texts",
    enters="prompt",
    calls="1 + min(own, 1) * (compared * (1 + validate) + 1)",
    reported=[("bleu, relative gain", 0.23, "Amazon Books", "not named here", "best baseline")],
    evidence={
        "selection": ("equals authors' code", "tests/reference/test_dpl_selection.py"),
        "prompts": ("mechanism only", "tests/recipes/test_drp.py"),
        "text": ("none", ""),
    },
)
def drp(
    lm: LanguageModel,
    encoder: Encoder,
    *,
    events: PositiveInt = 8,  # authors' code
    representatives: PositiveInt = 4,  # authors' code
    validate: bool = True,  # paper; see above for the authors' code
    temperature: Temperature = 0.0,  # authors' code
    max_tokens: PositiveInt = 4096,  # authors' code
) -> Personalizer[Profile]:
    sampling = Sampling(temperature, top_p=0.95, max_tokens=max_tokens, seed=42)
    choose = Okapi(events, document=title_and_description, query=asked_title_and_description)
    near = ClusterCentres(encoder, representatives)
    compare = Discovered(lm, near, FIND, VALIDATE if validate else "", sampling=sampling)

    def learn(view: View, request: Request) -> Profile:
        mine, comparable = choose(view), choose(view, view.comparable(at_least=representatives))
        if not len(mine):
            return Profile(request.user, notes=notes(mine.note))
        found = compare(comparable.events, view)
        shown = own(mine.events)
        few = (
            f"{len(comparable)} of {len(view.own)} own texts are on things that {representatives} "
            f"others wrote about before; in {len(found)} of them a difference held."
        )
        return Profile(
            request.user,
            summarized(lm, SUMMARIZE, differences(found), shown, sampling=sampling),
            differences=found,
            examples=shown.entries,
            notes=notes(mine.note, few if len(found) < events else "", [d.note for d in found]),
        )

    return Personalizer(lm, learn, writing(WRITE, sampling))
