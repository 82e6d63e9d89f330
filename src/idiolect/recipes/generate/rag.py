"""Text written with the user's own most relevant past texts as examples.

How it works:
    1. `Okapi` ranks the user's past texts by how well they match the request.
    2. One prompt shows the best of them beside the thing to write about.

Use it when: users have histories and you want the strong, cheap baseline. Prefer instead: `dpl`, if
    several people write about the same things and you want to know what sets a person apart.

Differs from the paper: BM25 reads lower-cased words with an idf that is never negative, and among
    equals prefers the latest; the authors' reads case-kept white-space tokens with rank_bm25's
    negative-idf floor (a published view does). By default a past text is matched by all its words;
    DPL's RAG row matches its title and its item's description (`match="title and description"`).

Checked: with DPL's match, in published mode, the selection equals the authors' on 80 users
    (tests/reference/test_dpl_selection.py). The text needs a language model: not checked.

Reference: the RAG row of Qiu et al. 2025, arXiv 2503.02450; LaMP (Salemi et al. 2023).
"""

from typing import Literal

from idiolect.card import PositiveInt, Temperature, recipe
from idiolect.data import Request, View
from idiolect.lm import LanguageModel, Sampling, entries
from idiolect.profile import Profile, writing
from idiolect.roles import Personalizer, notes
from idiolect.select import (
    Okapi,
    all_words,
    asked_title_and_description,
    asked_words,
    title_and_description,
)

Match = Literal["all words", "title and description"]
MATCHES = {
    "all words": (all_words, asked_words),
    "title and description": (title_and_description, asked_title_and_description),
}
WRITE = (
    "Write the text that is asked for as this user would write it. You see what it is about, texts "
    "that the user wrote before, and the facts that are given. Keep to the user's way of writing; "
    "do not copy what the earlier texts say about other things. Answer with the text alone."
)


@recipe(
    title="Retrieval of own texts",
    paper="https://arxiv.org/abs/2304.11406",
    code=("LaMP-Benchmark/LaMP", "CC BY-NC-SA 4.0"),
    reads_other_users="none",
    enters="retrieval",
    calls="1",
    reported=[("rouge1", 0.2844, "Amazon Movies_and_TV", "Qwen2.5-7B-Instruct", "plain 0.2279")],
    evidence={
        "selection": ("equals authors' code", "tests/reference/test_dpl_selection.py"),
        "text": ("none", ""),
    },
)
def rag(
    lm: LanguageModel,
    *,
    events: PositiveInt = 8,  # DPL, section 4.1
    match: Match = "all words",  # what a past text is matched by; DPL: title and description
    temperature: Temperature = 0.8,  # DPL's code
    max_tokens: PositiveInt = 2048,  # DPL's code
) -> Personalizer[Profile]:
    choose = Okapi(events, *MATCHES[match])

    def learn(view: View, request: Request) -> Profile:
        mine = choose(view)
        return Profile(request.user, examples=entries(mine.events), notes=notes(mine.note))

    sampling = Sampling(temperature, top_p=0.95, max_tokens=max_tokens, seed=42)
    return Personalizer(lm, learn, writing(WRITE, sampling))
