"""Text written from a profile that a question guides: first a digest, then the profile.

How it works:
    1. `Guided` asks one question of the user's latest `history` texts, such as which products were
       bought, or how the texts look on the surface. With `digest="counted"` no model is asked:
       `countable` counts labels, scores, lengths and marks, exactly.
    2. One prompt shows the texts with the digest and makes a short profile of both.
    3. One prompt writes with the profile and the past texts most like the request.

Use it when: you know what matters for the task and a plain summary misses it. Prefer instead:
    `intsum`, one call less; `dpl`, to let a comparison with others say what matters.

Differs from the paper:
    - Its questions and tasks are fixed: products for the choice between two, surface traits for
      paraphrasing tweets, the other's persona for dialogue. Here `guide` is a setting, and the
      default asks for surface traits.
    - Its last prompt shows the whole context; here the `events` past texts most like the request.
      0 shows the profile alone.
    - The counted digest is ours.

Checked: stages, their order, number and fields, with a model's digest and with a counted one
    (tests/recipes/test_gpg.py); counts are exact, against sums by hand and by brute force
    (tests/profile/test_countable.py). It runs end to end on `extractive`. Whether the guide helps
    a language model is not checked.

Reference: Zhang 2024, arXiv 2409.13093, which has no public code.
"""

from typing import Literal

from idiolect.card import Count, PositiveInt, Temperature, recipe
from idiolect.data import Request, View
from idiolect.lm import LanguageModel, Sampling, Section, entries, own
from idiolect.profile import Profile, summarized, writing
from idiolect.profile.countable import countable
from idiolect.profile.guided import Guided
from idiolect.roles import Personalizer, notes
from idiolect.select import Okapi, Recency

GUIDE = (
    "How do the texts look on the surface: capitals, punctuation, length, spelling, shortened "
    "words, emoji, how they begin and end?"
)
DIGEST = (
    "You see texts that one user wrote, the newest first. Answer one question on them, from what "
    "they show and nothing else: {guide} Answer with the findings alone, as a list."
)
DESCRIBE = (
    "You see texts that one user wrote, the newest first, and what was found in them. Describe the "
    "user in one short paragraph of concrete statements that help to foresee the user's next text "
    "or choice. Answer with the description alone."
)
WRITE = (
    "Write the text that is asked for as this user would write it. You see what it is about, texts "
    "that the user wrote before, a description of the user, and the facts that are given. Keep to "
    "what the description says of the user's ways. Answer with the text alone."
)


@recipe(
    title="Guided profile generation (GPG)",
    paper="https://arxiv.org/abs/2409.13093",
    reads_other_users="none",
    enters="prompt",
    calls="1 + min(own, 1) * (1 + (digest == 'told'))",
    benchmarks=["LaMP-7"],
    evidence={
        "counted digest": ("recovers planted truth", "tests/profile/test_countable.py"),
        "prompts": ("mechanism only", "tests/recipes/test_gpg.py"),
        "text": ("none", ""),
    },
)
def gpg(
    lm: LanguageModel,
    *,
    digest: Literal["told", "counted"] = "told",  # paper: told
    guide: str = GUIDE,  # ours; the paper has one for each of its three tasks
    events: Count = 8,  # DPL, section 4.1; the paper shows the whole context
    history: PositiveInt = 100,  # ours: fits most models' context
    temperature: Temperature = 0.8,  # DPL's code
    max_tokens: PositiveInt = 2048,  # DPL's code
) -> Personalizer[Profile]:
    sampling = Sampling(temperature, top_p=0.95, max_tokens=max_tokens, seed=42)
    latest, choose = Recency(history), Okapi(max(events, 1))
    told = Guided(lm, DIGEST, (guide,), sampling)

    def learn(view: View, request: Request) -> Profile:
        read, mine = latest(view).events, choose(view)
        if not len(read):
            return Profile(request.user, notes=notes(mine.note))
        shown = own(read)
        counted = countable(view.own[-history:]) if digest == "counted" else ()
        found = told(shown) if digest == "told" else tuple(each.entry for each in counted)
        known = Profile(
            request.user,
            summarized(
                lm, DESCRIBE, shown, Section("profile", found), sampling=sampling, stage="profile"
            ),
            examples=entries(mine.events[:events]),
            notes=notes(mine.note if events else ""),
            sources=tuple(read.ids),
        )
        return known.add([each.claim for each in counted], "counted") if counted else known

    return Personalizer(lm, learn, writing(WRITE, sampling))
