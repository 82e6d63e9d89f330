"""Text written after saying what sets the user's texts apart from texts that miss the mark.

How it works:
    1. `Okapi` picks the past texts most like the request, and among those on things that others
       wrote about too, the positive examples.
    2. Negative examples for the same things: another person's text, drawn at random (`peers`), or
       what the model writes there knowing nothing of the user (`drafts`, one call each).
    3. One prompt says what distinguishes the positive from the negative examples.
    4. One prompt writes with the past texts and what was said.

Use it when: you want a comparison in one call (`peers`), or nobody else wrote about the same things
    (`drafts`). Prefer instead: `dpl`, which compares each text with several chosen people.

Differs from the paper:
    - It has one preferred and one unwanted answer to the same question, as voted, written or
      drafted; here the user's texts are preferred, as in DPL's baseline. How DPL drew the negative
      examples, and how many, is not known here.
    - It shows both kinds again when it writes, in one prompt or in a conversation; here the last
      prompt shows no text of others, so that none can be copied.

Checked: prompts, their order and number, both kinds of negative examples, no peers, no history
    (tests/recipes/test_cicl.py). What is said, and the text, need a language model: not checked.

Reference: Gao and Das 2024, arXiv 2401.17390; as a baseline in Qiu et al. 2025, arXiv 2503.02450.
"""

from typing import Literal

from idiolect.card import PositiveInt, Temperature, recipe
from idiolect.data import Request, View
from idiolect.lm import Entry, LanguageModel, Prompt, Sampling, Text, drafts, entries, own, peers
from idiolect.profile import Profile, drafted, writing
from idiolect.roles import Personalizer, notes
from idiolect.select import Okapi, RandomPeers

DRAFT = "Write the text that is asked for, about what you see. Answer with the text alone."
CONTRAST = (
    "You see texts as they should be, by one user, and texts as they should not be, by {whom}, "
    "about the same things. Say what distinguishes the first from the second, in words that a "
    "writer can follow: what to do, and what to avoid. Say only what comes back in several texts, "
    "nothing about single things. Answer with that alone."
)
WRITE = (
    "Write the text that is asked for as this user would write it. You see what it is about, texts "
    "that the user wrote before, what distinguishes the user's texts from others, and the facts "
    "that are given. Answer with the text alone."
)


@recipe(
    title="Contrastive in-context learning",
    paper="https://arxiv.org/abs/2401.17390",
    reads_other_users="texts",
    enters="prompt",
    calls="1 + (negatives == 'peers') * min(own, compared, 1)"
    " + (negatives == 'drafts') * (min(events, own) + min(own, 1))",
    benchmarks=["StackExchange", "Reddit"],
    reported=[
        ("rouge1", 0.2874, "Amazon Movies_and_TV", "Qwen2.5-7B-Instruct", "rag 0.2844"),
        ("rouge1", 0.2986, "Amazon CDs_and_Vinyl", "Qwen2.5-7B-Instruct", "rag 0.2914"),
    ],
    evidence={
        "prompts": ("mechanism only", "tests/recipes/test_cicl.py"),
        "text": ("none", ""),
    },
)
def cicl(
    lm: LanguageModel,
    *,
    events: PositiveInt = 8,  # DPL, section 4.1
    negatives: Literal["peers", "drafts"] = "peers",  # ours; both are in the paper
    seed: int = 0,  # ours; of the draw among peers
    temperature: Temperature = 0.8,  # DPL's code
    max_tokens: PositiveInt = 2048,  # DPL's code
) -> Personalizer[Profile]:
    sampling = Sampling(temperature, top_p=0.95, max_tokens=max_tokens, seed=42)
    choose, draw = Okapi(events), RandomPeers(1, seed)

    def learn(view: View, request: Request) -> Profile:
        mine = choose(view)
        if negatives == "peers":
            positive = choose(view, view.comparable()).events
            negative = view.own[:0].join(*(draw(event, view).events for event in positive))
            against = peers(negative)
        else:
            positive, negative = mine.events, view.own[:0]
            [written] = drafted(lm, DRAFT, positive, sampling=sampling)
            shown = zip(entries(positive), written, strict=True)
            against = drafts(Entry(text, entry.facts) for entry, text in shown)
        if not len(positive):
            none = "nobody else wrote about the same things: nothing to contrast with"
            few = none if len(mine) else ""
            return Profile(request.user, examples=entries(mine.events), notes=notes(mine.note, few))
        contrast = Prompt(
            CONTRAST.format(whom="other people" if negatives == "peers" else "a model"),
            own(positive),
            against,
            expects=Text("comparison"),
            sampling=sampling,
            stage="contrast",
        )
        return Profile(
            request.user,
            lm.one(contrast).value,
            examples=entries(mine.events),
            notes=notes(mine.note),
            sources=(*positive.ids, *negative.ids),
        )

    return Personalizer(lm, learn, writing(WRITE, sampling))
