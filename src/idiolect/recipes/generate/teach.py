"""Text written from sources: what to read, a summary of it, the words that matter, then writing.

How it works:
    1. The *start* is the first `start` characters of what is given: title, beginning, thing, query.
    2. The user's past texts are ranked by it: each by its best snippet (`BySnippet`), as a whole by
       BM25 or cosine, as snippets, or by recency; joined, they are cut at `evidence` characters.
    3. Side by side, one prompt sums up what of this matters for the start, and one names the words
       to use. `words="counted"` takes those that come back and that not everybody uses instead.
    4. One prompt writes from what is given, summary, words and past texts, in this order.

Use it when: texts are long, and a request says how the new one begins. Prefer instead: `rag`.

Differs from the paper:
    - Summarizer, synthesizer and writer are T5-11B trained on weak labels there, and prompts here;
      its untrained PaLM 2 was worse than the trained T5. `idiolect.profile.weak_labels` makes the
      labels, and the pairs of its second task (is this by the same author?); nothing is trained.
    - Words that the model names are kept only if they occur in what was read, as the labels do.
    - 50 snippets of 250 characters are retrieved (ours), by cosines of the encoder that is given.
      The IDF is over what the request may know.

Checked: cuts, snippets, counted words and labels against brute force (tests below,
    tests/profile/test_weak_labels.py); prompts, their fields, order and number, and a run on
    `extractive` with counted words (tests/recipes/test_teach.py). On commit messages BM25 of whole
    texts ranks as well as snippets, or better (results/teach.json), and its second task is solved
    by n-grams of characters with an AUC of .89 (results/verification.json). The text is not
    checked.

Reference: Li et al. 2023, arXiv 2308.07968; no public code.
"""

from dataclasses import dataclass
from functools import partial
from typing import Literal

from idiolect.card import PositiveInt, Temperature, recipe
from idiolect.data import Events, Request, View
from idiolect.embed import Encoder
from idiolect.lm import Entry, Json, LanguageModel, Prompt, Sampling, Section, Text, entries, own
from idiolect.measure.keywords import Idf, key_words, occurring
from idiolect.profile import Profile, learnable, writing
from idiolect.roles import Personalizer, notes
from idiolect.select import BySnippet, Dense, Okapi, Recency, Selector, beginning, within

Ranking = Literal["by snippet", "BM25", "dense", "snippets", "recency"]
SUMMARIZE = {
    "of the request": "You see how a user's text begins and passages of the user's earlier texts. "
    "Sum up what of them belongs into the new text. Answer with the summary alone.",
    "of all": "You see passages of a user's texts. Sum them up. Answer with the summary alone.",
}
NAME = (
    "You see how a text of a user begins and passages of the user's earlier texts. Name up to "
    "{most} words of the passages that the user is likely to use in the new text, the most "
    "important first: words as they stand there, no phrases."
)
WRITE = (
    "Go on with the text that is asked for as this user would write it. You see how it begins, a "
    "summary of the user's earlier texts, important words, and passages of these texts. Answer "
    "with the text alone."
)
ORDER = ("item", "given", "conversation", "query", "profile", "own", "options")


@dataclass(frozen=True)
class Named:
    """Words that a model takes for important."""

    words: tuple[str, ...]


@recipe(
    title="Teach LLMs to personalize",
    paper="https://arxiv.org/abs/2308.07968",
    reads_other_users="statistics",
    enters="prompt",
    calls="1 + min(own, 1) * (1 - (summary == 'none') + (words == 'of the request'))",
    benchmarks=["Avocado", "Amazon Books", "Reddit"],
    reported=[
        ("rouge1", 0.4102, "Avocado", "T5-11B, trained", "start only 0.3236"),
        ("rouge1", 0.3946, "Amazon Books", "T5-11B, trained", "start only 0.3622"),
        ("rouge1", 0.4711, "Reddit", "T5-11B, trained", "start only 0.4369"),
    ],
    evidence={
        "ranking": ("recovers planted truth", "tests/select/test_snippets.py"),
        "counted words": ("recovers planted truth", "tests/measure/test_keywords.py"),
        "prompts": ("mechanism only", "tests/recipes/test_teach.py"),
        "text": ("none", ""),
    },
)
def teach(
    lm: LanguageModel,
    encoder: Encoder,
    *,
    ranking: Ranking = "by snippet",  # paper, RankDocBySnpt
    summary: Literal["of the request", "of all", "none"] = "of the request",  # paper, SumCtx
    words: Literal["of the request", "counted", "none"] = "of the request",  # paper, SynCtx
    start: PositiveInt = 150,  # paper, characters
    evidence: PositiveInt = 2500,  # paper, characters
    most: PositiveInt = 20,  # paper, words of SynCtxInd
    temperature: Temperature = 0.8,  # DPL's code
    max_tokens: PositiveInt = 2048,  # DPL's code
) -> Personalizer[Profile]:
    sampling, idf, many = Sampling(temperature, max_tokens=max_tokens), Idf(), evidence
    ask, asked = writing(WRITE, sampling), partial(beginning, characters=start)
    by_snippet = BySnippet(encoder, many, query=asked)
    rank: dict[str, Selector] = {
        "by snippet": by_snippet, "BM25": Okapi(many, query=asked),
        "dense": Dense(encoder, many, query=asked), "recency": Recency(many),
    }  # fmt: skip

    def read(view: View, mine: Events) -> tuple[Entry, ...]:
        if ranking == "snippets":
            found = by_snippet.passages(view, mine)
            return within((Entry(one.text, events=(one.event,)) for one in found), evidence)
        return within(entries(rank[ranking](view, mine).events), evidence)

    def learn(view: View, request: Request) -> Profile:
        mine = learnable(view.own)
        sources = read(view, mine)
        if not sources:
            return Profile(request.user, notes=notes("no past text to read"))
        shown, begins = own(sources), asked(request)
        begun = Section("query", (Entry(begins),), request.event or "") if begins else None
        stages = {}
        if summary != "none":
            seen = begun if summary == "of the request" else None
            stages["summarize"] = Prompt(SUMMARIZE[summary], seen, shown, expects=Text("summary"))
        if words == "of the request":
            stages["name"] = Prompt(NAME.format(most=most), begun, shown, expects=Json(Named))
        replies = lm.reply(p.replace(sampling=sampling, stage=s) for s, p in stages.items())
        said = dict(zip(stages, (reply.value for reply in replies), strict=True))
        named = said["name"].words if "name" in said else ()
        important, absent = occurring(named, [entry.text for entry in sources])
        if words == "counted":
            important = key_words(mine.texts, idf(view), most=most)
        listed = f"Important words: {', '.join(important[:most])}" if important else ""
        told = "\n".join((said.get("summarize", ""), listed)).strip()
        counted = tuple(mine.ids) if words == "counted" else ()
        lost = f"{len(absent)} named words are in no text that was read" if absent else ""
        return Profile(request.user, told, examples=sources, notes=notes(lost), sources=counted)

    def prompt(request: Request, user: Profile) -> Prompt:
        asking = ask(request, user)
        parts = sorted(asking.sections, key=lambda part: ORDER.index(part.kind))
        return asking.replace(sections=tuple(parts))

    return Personalizer(lm, learn, prompt)
