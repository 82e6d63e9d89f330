"""Text or a rating for a user of whom little is known, from others' texts on the same thing.

How it works:
    1. People and things are a graph, texts its edges: *own* are the user's texts on other things,
       *neighbours* other people's texts on the thing that is asked for.
    2. `Okapi` ranks either list by what is given: the text when a title is asked for, the title
       when a text is, both for a rating. The index is built on that list alone.
    3. One prompt shows the best `events` of the user, then the best `neighbours`, then what is
       asked. Which of them is shown is the `mode`; `random` shows one text of anybody on anything.

Use it when: most users are new, and the things that they ask about are not. Prefer instead: `rag`,
    if users have histories; `dpl`, to use others as a contrast and not as a source. Other people's
    texts reach the prompt as they are: only where these are public.

Differs from the paper:
    - Their files have no times and every user's target is in them, so a user is shown reviews that
      others were tested on. Views of data with times show only what came before; published mode
      cuts nothing.
    - The idf of BM25 is never negative; theirs is rank_bm25's (published mode's is, too). Words are
      cut by NLTK's tokenizer, as theirs, sentences by our own rules.
    - What an own text is about is shown, where it is known. The opening says what is shown; theirs
      says what the mode would show. For `random` they draw a person, then a text; here a text.
      Ranking by Contriever is left out.

Checked: up to equal scores, the neighbours ranked first are those of the authors' functions for 98
    to 99.6 % of 5,000 users of two files and 94 to 97 % of 2,500 of a third; most of the rest is
    due to where sentences end (a part of them: tests/reference/test_pgraphrag_ranking.py).
    Sections, modes and what is given are tested on a scripted model, and it runs on `extractive`
    (tests/recipes/test_pgraphrag_recipe.py). Without a model, the ratings of the first neighbours
    foretell the user's better than the mean of all do; own reviews add nothing where most users
    have none (results/pgraphrag.json). The text needs a model: not checked.

Reference: Au et al. 2025, arXiv 2501.02157; code PGraphRAG-benchmark/PGraphRAG.
"""

from dataclasses import dataclass, replace
from typing import Literal

from idiolect.card import Count, PositiveInt, Temperature, recipe
from idiolect.data import Event, Item, Request, View
from idiolect.lm import Entry, LanguageModel, Prompt, Sampling, entries, own, peers
from idiolect.measure.meteor import tokens
from idiolect.profile import Profile, writing
from idiolect.roles import Personalizer, notes
from idiolect.select import Chosen, Okapi, Random

Mode = Literal["both", "user", "neighbour", "random", "none"]
SHOWN = {
    (True, True): "You see texts by one user, and texts by other people about the same thing.",
    (True, False): "You see texts that one user wrote about other things.",
    (False, True): "You see texts by other people.",
    (False, False): "You see what is asked for, and nothing else.",
}
WRITE = "Write what is asked for as this user would. Answer with the text alone."
NOBODY = "no own text on other things, and nobody else's on this one"


@dataclass(frozen=True)
class Neighbourhood:
    """What is near a user and a thing in the graph; it lasts no longer than the request."""

    own: tuple[Entry, ...] = ()
    neighbours: tuple[Entry, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids of the events that are shown."""
        return tuple(name for entry in (*self.own, *self.neighbours) for name in entry.events)


@recipe(
    title="PGraphRAG",
    paper="https://arxiv.org/abs/2501.02157",
    code=("PGraphRAG-benchmark/PGraphRAG", "no licence file"),
    reads_other_users="texts",
    enters="retrieval",
    calls="1",
    benchmarks=["PGraphRAG"],
    evidence={
        "selection": ("equals authors' code", "tests/reference/test_pgraphrag_ranking.py"),
        "prompt": ("mechanism only", "tests/recipes/test_pgraphrag_recipe.py"),
        "text": ("none", ""),
    },
)
def pgraphrag(
    lm: LanguageModel,
    *,
    mode: Mode = "both",  # paper
    events: PositiveInt = 4,  # k of the paper, its best
    neighbours: PositiveInt = 4,  # k of the paper, its best
    seed: Count = 0,  # ours; of the draw where the mode is random
    temperature: Temperature = 0.4,  # authors' code
    max_tokens: PositiveInt = 256,  # authors' code
) -> Personalizer[Neighbourhood]:
    how = Okapi(document=title_and_text, query=given_side, terms=lambda text: tokens(text.lower()))
    ranked = {"user": replace(how, events=events), "neighbour": replace(how, events=neighbours)}
    ask = writing(WRITE, Sampling(temperature, max_tokens=max_tokens))

    def learn(view: View, request: Request) -> Neighbourhood:
        about = request.item.id if request.item else None
        none = Chosen(view.own[:0])
        latest = {name or n: n for n, name in enumerate(view.own.items)}  # one edge a thing
        elsewhere = sorted(n for name, n in latest.items() if name != about)
        near = {"user": view.own.take(elsewhere), "neighbour": view.peers(about or "")}
        mine, theirs = (
            ranked[side](view, texts) if mode in ("both", side) else none
            for side, texts in near.items()
        )
        if mode == "random":
            theirs = Random(1, seed)(view, view.others)
        rated = request.scale is not None
        found, others = (shown(entries(chosen.events), rated) for chosen in (mine, theirs))
        alone = not found and not others and mode != "none"
        return Neighbourhood(found, others, notes(NOBODY if alone else ""))

    def prompt(request: Request, near: Neighbourhood) -> Prompt:
        asked = ask(request, Profile(request.user))
        opening = SHOWN[bool(near.own), bool(near.neighbours)]
        texts = (section for section in (own(near.own), peers(near.neighbours)) if section.entries)
        return asked.replace(
            instruction=f"{opening} {asked.instruction}", sections=(*texts, *asked.sections)
        )

    return Personalizer(lm, learn, prompt)


def shown(texts: tuple[Entry, ...], rated: bool) -> tuple[Entry, ...]:
    """The texts, with their ratings only where a rating is asked for."""
    kept = (tuple(fact for fact in e.facts if rated or fact[0] != "rating") for e in texts)
    return tuple(replace(entry, facts=facts) for entry, facts in zip(texts, kept, strict=True))


def title_and_text(event: Event, about: Item | None) -> str:
    """What a text is ranked by."""
    return f"{event.title or ''} {event.text}"


def given_side(request: Request) -> str:
    """What texts are ranked by: title and text that are given; where none is, what is asked."""
    facts = (request.given.get(name) for name in ("title", "text"))
    return " ".join(str(fact) for fact in facts if fact) or request.words
