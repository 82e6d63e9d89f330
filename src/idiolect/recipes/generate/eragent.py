"""Questions answered with knowledge that is kept for the user, and searched only where it lacks.

How it works:
    1. The profile is brought up to date with what the user wrote since (one prompt).
    2. One prompt makes a clearer question of the request, and queries.
    3. `Trigger` covers a query from the pool of what was found for this user before, if enough
       titles there are near it; `search` finds documents for the other queries.
    4. `KnowledgeFilter` asks of each new document whether it holds an answer; what passes is used
       and added to the pool.
    5. One prompt answers with these documents and the profile.

    What is kept is the user model, `Informed`: hand that of the last request as `before`.

Use it when: a user asks about the same matters again and search is dear. Prefer instead: `rag`, if
    the answer lies in the user's own texts.

Differs from the paper:
    - It searches the web. Here `search` is a function, query → documents; by default BM25 over the
      user's own and other people's public texts, never the network.
    - A fault while filtering counts as a contradiction there; here it is an error.
    - `documents` is for all queries together; theirs finds five for each. Theirs learns of the
      user after it answered; here that comes first, of what was written until then.
    - Its code has neither embeddings nor a writer of the pool; what is kept here is the documents
      that passed, with the question. The profile is a summary in words; theirs is a table.

Checked: the trigger equals the authors' rule on given vectors (tests/select/test_trigger.py);
    stages, their order, number and fields, and that a covered question saves search and filter
    (tests/recipes/test_eragent.py). On a stream of questions about films that come back in other
    words (`benchmarks/eragent.py`, known answers) they take 2.5 calls instead of 8; but with LSA
    vectors the authors' threshold covers a fifth of the new questions, too, and half of the
    documents it takes are on other films: .6 covers no new one, and takes 3.5 calls. It needs a
    model that answers in JSON: `extractive` cannot; a scripted model runs all its branches.
    Answers are not checked.

Reference: Shi et al. 2024, arXiv 2405.06683; code Ancientshi/ERM4.
"""

from typing import Annotated

from annotated_types import Ge, Le

from idiolect.card import PositiveInt, Temperature, recipe
from idiolect.data import Request, View
from idiolect.embed import Encoder
from idiolect.lm import Json, LanguageModel, Prompt, Sampling, own, profile
from idiolect.profile import Profile, learnable, summarized, writing
from idiolect.profile.knowledge import (
    Experience,
    Informed,
    KnowledgeFilter,
    OwnAndPublic,
    Rewritten,
    Search,
    merged,
    sections,
)
from idiolect.profile.writing import asked
from idiolect.roles import Personalizer, notes
from idiolect.select import Recency, Trigger

UPDATE = (
    "You see what is known of a user, if anything, and texts that the user wrote since, the newest "
    "first. Bring the description up to date: interests, knowledge, way of speaking. Keep what "
    "still holds. Answer with the description alone."
)
REWRITE = (
    "You see what a user asks. Say it as one clear question that stands for itself (`question`), "
    "and give the search queries (`queries`) whose results would answer it."
)
FILTER = (
    "You see a document and a question. Premise: the document. Hypothesis: it contains a clear and "
    "sound answer to the question. Say whether the premise entails the hypothesis, is neutral to "
    "it, or contradicts it."
)
READ = (
    "Answer what the user asks. You see documents, which may be incomplete, and what is known of "
    "the user: rest on the documents for facts, and suit the answer to the user's interests, "
    "knowledge and way of speaking. Answer with the text alone."
)


@recipe(
    title="ERAGent",
    paper="https://arxiv.org/abs/2405.06683",
    code=("Ancientshi/ERM4", "CC BY-NC-SA 4.0"),
    reads_other_users="texts",
    enters="prompt",
    calls="2 + min(own, 1) + documents",
    fewer="fewer documents are found, or nothing new was written",
    evidence={
        "trigger": ("equals authors' code", "tests/select/test_trigger.py"),
        "prompts": ("mechanism only", "tests/recipes/test_eragent.py"),
        "text": ("none", ""),
    },
)
def eragent(
    lm: LanguageModel,
    encoder: Encoder,
    *,
    before: Informed | None = None,  # ours: the user model of the last request
    search: Search | None = None,  # paper: the web
    documents: PositiveInt = 5,  # authors' code, for each query
    threshold: Annotated[float, Ge(-1), Le(1)] = 0.4,  # authors' code
    popularity: PositiveInt = 3,  # authors' code
    history: PositiveInt = 20,  # ours
    temperature: Temperature = 0.0,  # authors' code
    max_tokens: PositiveInt = 2048,  # DPL's code
) -> Personalizer[Informed]:
    sampling = Sampling(temperature, max_tokens=max_tokens, seed=42)
    answers, latest = KnowledgeFilter(lm, FILTER, sampling), Recency(history)
    read = writing(READ, sampling)

    def learn(view: View, request: Request) -> Informed:
        last = Informed.at(view, before)
        known = _updated(last.profile, view)
        form = Json(Rewritten)
        ask = Prompt(REWRITE, *asked(request), expects=form, sampling=sampling, stage="rewrite")
        made: Rewritten = lm.one(ask).value
        pool, mine = last.known(request.time), frozenset(view.own.ids)
        covers = Trigger(encoder.at(view), threshold, popularity)(made.queries, list(pool))
        kept = [list(pool.values())[at] for at in sorted({at for near in covers for at in near})]
        searched = tuple(q for q, near in zip(made.queries, covers, strict=True) if not near)
        find = search or OwnAndPublic(view, documents)
        new = answers(made.question, merged(map(find, searched), documents), mine)
        learned = (Experience(made.question, new, request.time),) if new else ()
        return Informed(
            known,
            (*last.pool, *learned),
            made.question,
            sections((*kept, *new), mine),
            searched,
            notes(known.notes, "" if kept or new else "no document answers this"),
        )

    def _updated(known: Profile, view: View) -> Profile:
        seen, mine = set(known.sources), learnable(view.own)
        read = max((n for n, name in enumerate(mine.ids, 1) if name in seen), default=0)
        fresh = latest(view, mine[read:]).events
        if not len(fresh):
            return known
        shown = profile(known.summary, known.sources), own(fresh)
        summary = summarized(lm, UPDATE, *shown, sampling=sampling, stage="update")
        return Profile(known.user, summary, sources=(*known.sources, *fresh.ids[::-1]))

    def prompt(request: Request, informed: Informed) -> Prompt:
        known = informed.profile
        written = read(request, Profile(known.user, known.summary, sources=known.sources))
        return written.replace(sections=(*informed.sources, *written.sections))

    return Personalizer(lm, learn, prompt)
