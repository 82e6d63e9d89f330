"""Answers given with the prompt that would have answered the user's earlier questions best.

How it works:
    1. `opinions` turns what the user chose or rated before into questions with known answers.
    2. `Optimize` begins with a plain prompt. Every round, `prompts` draws write new ones: the model
       sees the best `memory` prompts so far, the best last, with their scores; the questions
       that the worst of these got wrong, with both answers; and of the others which failures they
       share with it and how many they have besides. Each new prompt is asked every question.
    3. Of the prompts in memory the one is used that did best on the `retrieved` earlier questions
       most like the request (Retrieval-of-Prompt).

Use it when: the user has answered a few questions of the same kind, and a hundred calls for a user
    are worth it. Prefer instead: `rag` (one call), `synthesizeme` (choices between two replies).

Differs from the paper:
    - It begins with a text about the user (a survey's facts); here nothing is known at first.
    - Each new prompt is a draw of its own, in our wording. The defaults are from a public
      implementation, not by the authors, which chooses among the last prompts without having
      scored them; here a prompt is only chosen after it was, and the best are never lost.
    - A prompt without failures ends the search; one proposed twice is scored once: fewer calls.
    - A proposed prompt by which the model gives no readable answer is wrong there, not an error.

Checked: memory, its order, what is shown of failures, calls, and the choice by nearest questions
    (tests/recipes/test_fermi.py); that the planted best prompt is found within the stated calls,
    by a scorer that knows it (tests/profile/test_optimize.py). Choosing from memory is better than
    from unscored prompts with an exact scorer, not with a noisy one (benchmarks/search.py). A
    scripted model runs through all stages; the model `extractive` cannot write prompts. That they
    are good: not checked.

Reference: Kim and Yang 2024, arXiv 2406.18678; code bbuing9/Fermi (a README only, as last seen).
"""

from collections.abc import Sequence

from idiolect.card import PositiveInt, Temperature, recipe
from idiolect.data import Request, View
from idiolect.embed import Encoder
from idiolect.lm import Entry, LanguageModel, Prompt, Sampling, Section, Text
from idiolect.profile import Graded, Opinion, Optimize, Profile, Trial, writing
from idiolect.profile.opinions import failed, in_words, opinions
from idiolect.profile.optimize import shared_and_new
from idiolect.roles import Personalizer, notes
from idiolect.select import asked_words, nearest

START = "Answer as this user would, from what is asked alone: nothing else is known of them."
ANSWER = (
    "Answer the question as the user would. You see what is known of the user and how to go on."
)
PROPOSE = (
    "You improve a text that tells a model how to answer questions as one user would. You see "
    "texts that were tried, the best last: the share of the user's earlier questions that each got "
    "right, and which it got wrong. You see the questions that the first of them got wrong, what "
    "the user answered, and what the model answered. Work out what the user must be like to answer "
    "so, and write one new text, unlike those shown, that would get more of them right. Name no "
    "single question. Answer with the text alone."
)
WRITE = (
    "Write the text that is asked for as this user would. You see what it is about, what is known "
    "of the user, and given facts. Answer with the text alone."
)


@recipe(
    title="Few-shot personalization with misaligned answers",
    paper="https://arxiv.org/abs/2406.18678",
    reads_other_users="none",
    enters="prompt",
    calls="min(own, 1) * rounds * prompts + (1 + rounds * prompts) * min(events, own) + 1",
    fewer="a prompt without failures ends the search, and one proposed twice is scored once",
    benchmarks=["OpinionQA", "GlobalOpinionQA", "LaMP-2", "LaMP-3"],
    reported=[("accuracy, gain at most", 0.068, "OpinionQA", "not named here", "best baseline")],
    evidence={
        "search": ("recovers planted truth", "tests/profile/test_optimize.py"),
        "prompts": ("mechanism only", "tests/recipes/test_fermi.py"),
        "answers": ("none", ""),
    },
)
def fermi(
    lm: LanguageModel,
    encoder: Encoder,
    *,
    events: PositiveInt = 20,  # ours; questions with known answers, the latest
    rounds: PositiveInt = 10,  # a public implementation
    memory: PositiveInt = 5,  # a public implementation
    prompts: PositiveInt = 4,  # a public implementation
    retrieved: PositiveInt = 3,  # a public implementation
    temperature: Temperature = 1.0,  # ours; of new prompts, answers are drawn at 0
    max_tokens: PositiveInt = 1024,  # ours
) -> Personalizer[Profile]:
    answering = Sampling(0.0, max_tokens=max_tokens)

    def learn(view: View, request: Request) -> Profile:
        known = opinions(view)[-events:]
        if not known:
            none = "The user has chosen and rated nothing before: there is nothing to learn from."
            return Profile(request.user, notes=notes(none))
        search = Optimize(
            lambda texts: graded(texts, known),
            lambda kept, number: proposed(kept, number, known),
            len(known),
            rounds,
            memory,
            prompts,
        )
        found = search(START)
        texts, asked = [one.question or one.said for one in known], asked_words(request)
        near = nearest(encoder.at(view), texts, asked, retrieved) if asked else []
        chosen = found.retrieve(near)
        return Profile(
            request.user,
            chosen.text,
            notes=notes(f"Right on {chosen.score:.0%} of {len(known)} of the user's answers."),
            sources=tuple(opinion.event.id for opinion in known),
        )

    def graded(texts: Sequence[str], known: Sequence[Opinion]) -> list[list[Graded]]:
        asked = [
            one.prompt(ANSWER, text, answering, strict=text == START)
            for text in texts
            for one in known
        ]
        said = [reply.value for reply in lm.reply(asked)]
        rows = [said[at : at + len(known)] for at in range(0, len(said), len(known))]
        return [
            [Graded(in_words(v), float(one.right(v))) for one, v in zip(known, row, strict=True)]
            for row in rows
        ]

    def proposed(kept: Sequence[Trial], number: int, known: Sequence[Opinion]) -> list[str]:
        worst = [(at, kept[0].graded[at].answer) for at in kept[0].failures]
        prompt = Prompt(
            PROPOSE,
            Section("profile", tuple(map(_shown, kept, shared_and_new(kept)))),
            failed(known, worst),
            expects=Text("reasoning"),
            sampling=Sampling(temperature, max_tokens=max_tokens),
            stage="propose",
        )
        draws = range(number * prompts, (number + 1) * prompts)
        return [reply.value for reply in lm.reply(prompt.replace(sample=n) for n in draws)]

    return Personalizer(lm, learn, writing(WRITE, Sampling(0.0, max_tokens=max_tokens)))


def _shown(trial: Trial, failures: tuple[tuple[int, ...], int]) -> Entry:
    shared, others = failures
    wrong = ", ".join(str(at + 1) for at in shared) or "none"
    facts = (("right", f"{trial.score:.0%}"), ("wrong", wrong), ("others wrong", str(others)))
    return Entry(trial.text, facts)
