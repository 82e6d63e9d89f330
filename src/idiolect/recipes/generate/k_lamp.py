"""What a user asks or writes next, from the things they dealt with, not from their texts.

How it works:
    1. `Entities` keeps, of all that the user did, only what it was about: names, how often, when.
       A linker finds names: those given (`names`), else capitalised words; the titles of items
       count as names. The store sees nothing of the request and grows with each event.
    2. `Familiar` scores each entity by its count, halved every `half_life` days, times how near it
       is to the request: named by it, linked to it by `graph`, or in the same events as what it
       names.
    3. One prompt shows the request and what it is about with the best of them.

Use it when: the user's texts must not reach the model, or are searches and clicks rather than
    prose. Prefer instead: `rag`, if the wording of past texts matters.

Differs from the paper:
    - Its linker finds entities of a public knowledge graph in the pages that were visited; here a
      dictionary finds names in the user's own texts, and `graph` is optional.
    - How it ranks entities is known from its abstract and figures only; the score here is ours.
    - Its task is to suggest the next search. Here the request says what is asked for.

Checked: what reaches the prompt, and that no text of the user does (tests/recipes/test_k_lamp.py);
    counts and scores by hand (tests/profile/test_entities.py). In `benchmarks/k_lamp.py` ten
    entities hold more of those of the next commit message than ten from raw texts (recall .62
    against .60; where the subject is given, .64 against .59 by BM25), and raw texts of as many
    tokens hold .17 and .14; directors that film critics name next are foreseen better by what
    everybody names (.06 against .22). On `extractive` it runs, but the floor
    writes without own texts. The suggestion is not checked.

Reference: Baek et al. 2023, arXiv 2311.06318, which has no public code.
"""

from collections.abc import Mapping
from typing import Annotated

from annotated_types import Gt

from idiolect.card import PositiveInt, Temperature, recipe
from idiolect.data import Request, View
from idiolect.lm import LanguageModel, Prompt, Sampling
from idiolect.profile import Profile, writing
from idiolect.profile.entities import Dictionary, Entities, Familiar, capitalised
from idiolect.roles import Personalizer

SUGGEST = (
    "Answer what is asked in a way that suits this user's interests and what the user already "
    "knows. You see what it is about and, as a list, things that the user dealt with before, the "
    "most relevant first, each with how often and when last. Take up what bears on the request "
    "and leave the rest. Answer with the text alone."
)


@recipe(
    title="Knowledge-augmented language model personalization (K-LaMP)",
    paper="https://arxiv.org/abs/2311.06318",
    reads_other_users="none",
    enters="prompt",
    calls="1",
    evidence={
        "entities": ("recovers planted truth", "tests/profile/test_entities.py"),
        "prompts": ("mechanism only", "tests/recipes/test_k_lamp.py"),
        "text": ("none", ""),
    },
)
def k_lamp(
    lm: LanguageModel,
    *,
    names: tuple[str, ...] = (),  # ours; the paper links to a public knowledge graph
    graph: Mapping[str, tuple[str, ...]] | None = None,  # ours: entity → related ones
    entities: PositiveInt = 20,  # ours
    half_life: Annotated[float, Gt(0)] = 90.0,  # ours, in days
    temperature: Temperature = 0.0,  # ours
    max_tokens: PositiveInt = 2048,  # DPL's code
) -> Personalizer[Entities]:
    sampling = Sampling(temperature, max_tokens=max_tokens, seed=42)
    link = Dictionary.of(names) if names else capitalised
    relevant = Familiar(link, entities, half_life, graph)
    suggest = writing(SUGGEST, sampling)

    def learn(view: View, request: Request) -> Entities:
        known = Entities(request.user).add(view.own, link)
        note = "" if known.entities else f"no entity in {len(view.own)} own events"
        return Entities(known.user, known.entities, known.read, (note,) if note else ())

    def prompt(request: Request, known: Entities) -> Prompt:
        shown = [found.entity for found in relevant(known, request)]
        lines = "\n".join(f"- {entity.text}" for entity in shown)
        events = dict.fromkeys(event for entity in shown for event in entity.events)
        return suggest(request, Profile(request.user, lines, sources=tuple(events)))

    return Personalizer(lm, learn, prompt)
