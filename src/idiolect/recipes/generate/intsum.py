"""Text written from a summary of the whole history, made beforehand, and a few past texts.

How it works:
    1. One prompt sums up the user's latest `history` texts under a question that suits the task.
       It sees nothing of the request, so one summary serves all requests until the user writes
       again: keep the profile, or a cache of replies. With `summary="counted"` no model is asked:
       labels, scores, lengths and marks are counted (`countable`), exactly.
    2. `Okapi` picks the past texts most like the request; 0 `events` write from the summary alone.
    3. One prompt shows both beside the thing to write about.

Use it when: a request must be cheap or quick, or few past texts fit into a prompt. Prefer instead:
    `llm_trsr_recurrent`, if the history is too long for one prompt; `dpl`, to know what sets a
    person apart from others.

Differs from the paper:
    - Its questions are made for LaMP's tasks; the default here asks how the user writes. Give
      another one as `question`.
    - It sums up the whole history; here the latest `history` texts, newest first.
    - The counted summary is ours; it answers what LaMP's questions on labels and scores ask.
    - Texts are ranked by BM25 over lower-cased words, as in `rag`.

Checked: prompts, their order and number, and that the summary sees nothing of the request
    (tests/recipes/test_intsum.py); counts are exact (tests/profile/test_countable.py). The text
    needs a language model: not checked.

Reference: Richardson et al. 2023, arXiv 2310.20081, which has no public code; as a baseline in
    Qiu et al. 2025, arXiv 2503.02450.
"""

from typing import Literal

from idiolect.card import Count, PositiveInt, Temperature, recipe
from idiolect.data import Request, View
from idiolect.lm import LanguageModel, Sampling, entries, own
from idiolect.profile import Profile, summarized, writing
from idiolect.profile.countable import countable
from idiolect.roles import Personalizer, notes
from idiolect.select import Okapi, Recency

QUESTION = "Which subjects, words, tone, length and build do the user's texts have in common?"
SUMMARIZE = (
    "You see texts that one user wrote, the newest first. Sum up what a writer has to know for the "
    "user's next text, on whatever subject. The question to answer: {question} Rest on what comes "
    "back in several texts. Answer with the summary alone."
)
WRITE = (
    "Write the text that is asked for as this user would write it. You see what it is about, texts "
    "that the user wrote before, a summary of all that the user wrote, and the facts that are "
    "given. Do not copy what the earlier texts say about other things. Answer with the text alone."
)


@recipe(
    title="Integrating summarization and retrieval (IntSum)",
    paper="https://arxiv.org/abs/2310.20081",
    reads_other_users="none",
    enters="prompt",
    calls="1 + min(own, 1) * (summary == 'told')",
    benchmarks=["LaMP"],
    reported=[("rouge1", 0.2843, "Amazon Movies_and_TV", "Qwen2.5-7B-Instruct", "rag 0.2844")],
    evidence={
        "counted summary": ("recovers planted truth", "tests/profile/test_countable.py"),
        "prompts": ("mechanism only", "tests/recipes/test_intsum.py"),
        "text": ("none", ""),
    },
)
def intsum(
    lm: LanguageModel,
    *,
    events: Count = 8,  # DPL, section 4.1; 0, 1 and 4 in the paper
    history: PositiveInt = 100,  # ours: fits most models' context
    summary: Literal["told", "counted"] = "told",  # paper: told
    question: str = QUESTION,  # ours; the paper has one for each task of LaMP
    temperature: Temperature = 0.8,  # DPL's code
    max_tokens: PositiveInt = 2048,  # DPL's code
) -> Personalizer[Profile]:
    sampling = Sampling(temperature, top_p=0.95, max_tokens=max_tokens, seed=42)
    wording = SUMMARIZE.format(question=question)
    latest, choose = Recency(history), Okapi(max(events, 1))

    def learn(view: View, request: Request) -> Profile:
        read, mine = latest(view).events, choose(view)
        if not len(read):
            return Profile(request.user, notes=notes(mine.note))
        if summary == "counted":
            known = "\n".join(each.text for each in countable(view.own[-history:]))
        else:
            known = summarized(lm, wording, own(read), sampling=sampling)
        return Profile(
            request.user,
            known,
            examples=entries(mine.events[:events]),
            notes=notes(mine.note if events else ""),
            sources=tuple(read.ids),
        )

    return Personalizer(lm, learn, writing(WRITE, sampling))
