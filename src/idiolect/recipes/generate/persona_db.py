"""Text written from a small data base on the user and on people like them.

How it works:
    1. `Neighbours` finds the people whose latest texts are most like the user's.
    2. `Keyed` lets the model fill fixed keys from the latest `history` texts of the user and of
       each neighbour (topics, views on issues and on entities, profession, roles, patterns); a
       second prompt a person adds what is more general. Everybody's prompts run side by side.
    3. By cosine with the request, `own_entries` of the user's texts and views and
       `neighbour_entries` of the neighbours' views are retrieved.
    4. One prompt writes with the keys, the retrieved texts and views; the neighbours' come last,
       marked as what need not hold for the user.

Use it when: what people care about matters more than how they write, and histories are thin.
    Prefer instead: `dpl`, which looks at style; `intsum`, without other people's texts. It needs a
    model that answers in JSON: `extractive` cannot.

Differs from the paper:
    - It fills the keys of everybody beforehand and finds neighbours by the embedding of these
      profiles. One request cannot pay that: people are near here if their texts are, and the keys
      of the nearest are filled at the request, from what was there before it. The prompts depend
      on a person's texts alone, so a cache of replies serves many requests.
    - Its task is to forecast comments and answers; here a text is written, as in DPL's baseline.
    - Values, morals and ideologies are asked for only with `sensitive`; theirs always asks.
    - Replies are JSON; theirs are free text, parsed.

Checked: prompts, their order and number, retrieval, no neighbours, no history
    (tests/recipes/test_persona_db.py). What the model extracts is not checked.

Reference: Sun et al. 2025, arXiv 2402.11060; code chenkaisun/Persona-DB; as a baseline in
    Qiu et al. 2025, arXiv 2503.02450.
"""

from idiolect.card import PositiveInt, Temperature, recipe
from idiolect.data import Request, View
from idiolect.embed import Encoder
from idiolect.lm import LanguageModel, Sampling, entries, own, peers, profile
from idiolect.profile import Keyed, Noted, Profile, as_lines, writing
from idiolect.roles import Personalizer, notes
from idiolect.select import Neighbours, Recency, all_words, asked_words, nearest

EXTRACT = (
    "You see texts that one person wrote, the newest first. Describe the person: under each key as "
    "many short entries as the texts allow, and none where they show nothing. An entry on an issue "
    "or an entity names it and says what the person thinks of it."
)
REFINE = (
    "You see texts that one person wrote, the newest first, and what was noted of the person. "
    "Reflect on both and add what is more general and not noted yet: issues and entities, with the "
    "person's view of each, and analysis, from which their view of other things follows."
)
WRITE = (
    "Write the text that is asked for as this user would write it. You see what it is about, texts "
    "that the user wrote before, what is known of the user and, at its end, of people like them, "
    "which need not hold for the user, and the facts that are given. Answer with the text alone."
)
OTHERS = "Of people like the user, which need not hold for the user:"
#: Retrieved by the request; what is noted under the other keys is always shown.
VIEWS = ("issues", "entities", "analysis")
KEYS = (
    "issues", "entities", "topics", "possessions", "professions", "roles",
    "behaviour", "emotions", "engagement", "notes",
)  # fmt: skip
SENSITIVE = ("values", "moral_values", "ideologies")


@recipe(
    title="Persona-DB",
    paper="https://arxiv.org/abs/2402.11060",
    code=("chenkaisun/Persona-DB", "no licence file"),
    reads_other_users="texts",
    enters="prompt",
    calls="1 + min(own, 1) * 2 * (1 + min(neighbours, others))",
    fewer="other people's events may be by fewer people than there are neighbours",
    benchmarks=["OpinionQA"],
    reported=[
        ("rouge1", 0.2833, "Amazon Movies_and_TV", "Qwen2.5-7B-Instruct", "rag 0.2844"),
        ("rouge1", 0.3271, "Amazon Books", "Qwen2.5-7B-Instruct", "rag 0.3238"),
    ],
    evidence={
        "prompts": ("mechanism only", "tests/recipes/test_persona_db.py"),
        "text": ("none", ""),
    },
)
def persona_db(
    lm: LanguageModel,
    encoder: Encoder,
    *,
    history: PositiveInt = 100,  # authors' code
    neighbours: PositiveInt = 3,  # authors' code
    own_entries: PositiveInt = 30,  # authors' code
    neighbour_entries: PositiveInt = 10,  # authors' code
    sensitive: bool = False,  # ours; the paper asks for values, morals and ideologies
    temperature: Temperature = 0.8,  # DPL's code
    max_tokens: PositiveInt = 2048,  # DPL's code
) -> Personalizer[Profile]:
    sampling = Sampling(temperature, top_p=0.95, max_tokens=max_tokens, seed=42)
    latest, near = Recency(history), Neighbours(encoder, neighbours)
    extract = Keyed(lm, EXTRACT, KEYS + SENSITIVE if sensitive else KEYS, sampling)
    refine = Keyed(lm, REFINE, VIEWS, sampling, stage="refine")

    def learn(view: View, request: Request) -> Profile:
        mine, people = latest(view).events, near(view)
        if not len(mine):
            return Profile(request.user, notes=notes(people.note))
        theirs = [events[:history] for events in people.events]
        texts = [own(mine), *(peers(events) for events in theirs)]
        known = extract([shown] for shown in texts)
        more = refine(
            [shown, profile(as_lines(noted), shown.events)]
            for shown, noted in zip(texts, known, strict=True)
        )
        views, *others = map(_views, known, more)
        like_minded = list(dict.fromkeys(text for each in others for text in each))
        documents = [*map(all_words, mine, mine.about), *views]
        encode, asked = encoder.at(view), asked_words(request)
        best = nearest(encode, documents, asked, own_entries)
        like = nearest(encode, like_minded, asked, neighbour_entries)
        summary = [
            as_lines({key: said for key, said in known[0].items() if key not in VIEWS}),
            *(documents[at] for at in best if at >= len(mine)),
            OTHERS if like else "",
            *(like_minded[at] for at in like),
        ]
        return Profile(
            request.user,
            "\n".join(line for line in summary if line),
            examples=entries(mine.take(at for at in best if at < len(mine))),
            notes=notes(people.note),
            sources=(*mine.ids, *(name for events in theirs for name in events.ids)),
        )

    return Personalizer(lm, learn, writing(WRITE, sampling))


def _views(known: Noted, more: Noted) -> list[str]:
    """What is retrieved of a person, each once."""
    noted = (text for part in (known, more) for key in VIEWS for text in part.get(key, ()))
    return list(dict.fromkeys(noted))
