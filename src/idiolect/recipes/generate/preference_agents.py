"""Text written by rules: how the user's own texts differ from what the model would have written.

How it works:
    1. `Okapi` picks the past texts most like the request. In place of each, the model writes
       what it would write knowing nothing of the user: one call each, side by side.
    2. One prompt for each compares the user's text with that draft and states the difference as
       rules. Things and their rules are what a small model is trained on, in the paper.
    3. `predicted`: one prompt, which sees those rules as examples, says the rules for the request.
       `retrieved`: the rules of the past texts are taken as they are.
    4. One prompt writes by the rules.

Use it when: nobody else wrote about the same things, so that the model's own habits are all there
    is to compare with, and it is known what past texts are about. Prefer instead: `dpl` (others
    did), `cicl` with drafts (fewer calls).

Differs from the paper:
    - A small model is trained there to give the rules, so that they come cheap at use; here the
      large one gives them, from the most similar examples in its prompt. The trained one comes
      later.
    - The paper's last prompt shows rules alone; `examples=True` shows the past texts too.

Checked: prompts, their order and number, that a draft knows nothing of the user, how many rules are
    built (tests/recipes/test_preference_agents.py). It runs on the model `extractive` where titles
    or things are known, and measures the differences: planted habits are among the rules. With a
    language model, neither the rules nor the texts are checked.

Reference: Shashidhar et al. 2024, arXiv 2410.03731; page preference-agents.github.io.
"""

from typing import Literal

from idiolect.card import PositiveInt, Temperature, recipe
from idiolect.data import Request, View
from idiolect.difference import Difference
from idiolect.lm import (
    Entry,
    LanguageModel,
    Prompt,
    Sampling,
    Text,
    differences,
    drafts,
    entries,
    given,
    item,
    own,
    query,
)
from idiolect.profile import Profile, drafted, learnable, writing
from idiolect.profile.drafts import about_nothing
from idiolect.roles import Personalizer, notes
from idiolect.select import Okapi

DRAFT = "Write the text that is asked for, about what you see. Answer with the text alone."
COMPARE = (
    "You see what a user wrote about something, and what a model wrote there that knows nothing of "
    "the user. State as short rules what the model has to do otherwise to write as the user does: "
    "in length, form, wording, tone and in what is said. Nothing that names this one thing. Answer "
    "with the rules alone, one a line."
)
PREDICT = (
    "You see rules by which one user's texts differ from a model's, for several things, and what a "
    "new text is to be about. Give the rules for the new text: those that come back, and those of "
    "the things most like it. Answer with the rules alone, one a line."
)
WRITE = (
    "Write the text that is asked for as this user would write it, by the rules that you see. "
    "You see what it is about and the facts that are given. Answer with the text alone."
)


@recipe(
    title="Preference agents",
    paper="https://arxiv.org/abs/2410.03731",
    reads_other_users="none",
    enters="prompt",
    calls="2 * min(events, own) + min(own, 1) * (rules == 'predicted') + 1",
    benchmarks=["Enron", "LaMP-3", "New Yorker"],
    evidence={
        "rules": ("recovers planted truth", "tests/recipes/test_preference_agents.py"),
        "prompts": ("mechanism only", "tests/recipes/test_preference_agents.py"),
        "text": ("none", ""),
    },
)
def preference_agents(
    lm: LanguageModel,
    *,
    events: PositiveInt = 8,  # ours; as in dpl
    rules: Literal["predicted", "retrieved"] = "predicted",  # paper; by a trained model there
    examples: bool = False,  # paper
    temperature: Temperature = 0.0,  # ours
    max_tokens: PositiveInt = 2048,  # ours
) -> Personalizer[Profile]:
    sampling = Sampling(temperature, max_tokens=max_tokens)
    choose = Okapi(events)

    def learn(view: View, request: Request) -> Profile:
        mine = choose(view, learnable(view.own))
        if not len(mine):
            return Profile(request.user, notes=notes(mine.note))
        shown = entries(mine.events)
        [written] = drafted(lm, DRAFT, mine.events, sampling=sampling)
        replies = lm.reply(
            Prompt(
                COMPARE,
                own([entry]),
                drafts([Entry(draft, entry.facts)]),
                expects=Text("comparison"),
                sampling=sampling,
                stage="compare",
            )
            for entry, draft in zip(shown, written, strict=True)
        )
        found = tuple(
            Difference("rules", reply.value, "told", entry.events, about=entry.fact("about") or "")
            for entry, reply in zip(shown, replies, strict=True)
        )
        told = "\n".join(dict.fromkeys(difference.text for difference in found))
        if rules == "predicted":
            told = str(lm.one(predict(request, found)).value)
        return Profile(
            request.user,
            told,
            differences=found,
            examples=shown if examples else (),
            notes=notes(mine.note, about_nothing(mine.events)),
        )

    def predict(request: Request, found: tuple[Difference, ...]) -> Prompt:
        return Prompt(
            PREDICT,
            differences(found),
            item(request.item),
            given(request),
            query(request),
            expects=Text("summary"),
            sampling=sampling,
            stage="predict",
        )

    return Personalizer(lm, learn, writing(WRITE, sampling))
