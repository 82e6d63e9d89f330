"""Text written from a profile that a long history was condensed to, block by block.

How it works:
    1. `in_blocks` cuts the latest texts, oldest first, into at most `blocks` blocks of `block`.
    2. `llm_trsr_recurrent`: `Recurrent` sums up the first block, then brings the summary up to date
       with each next one, so that changes of mind show. `llm_trsr_hierarchical`: `Hierarchical`
       sums up all blocks side by side, then their summaries into one: the same number of calls and
       one more, but only two in a row.
    3. `Okapi` picks the past texts most like the request; one prompt writes with texts and summary.

Use it when: the history is long and habits change. Prefer instead: `intsum`, if one prompt holds
    the history (two calls); `dpl`, if others wrote about the same things.

Differs from the paper:
    - Theirs recommends: the summary, the five latest items and a candidate go to a model that is
      trained to say yes or no. Here a text is written, with retrieved past texts in the place of
      the latest items, as baselines of DPL have it.
    - Their histories have 10 to 25 items; of longer ones the latest 25 (5 blocks of 5) are read.
    - The wording is about writing instead of shopping.

Checked: prompts, their order and number for 0 to 6 blocks (tests/recipes/test_llm_trsr.py). The
    text needs a language model: not checked.

Reference: Zheng et al. 2024, arXiv 2403.13325; code zhengzhi-1997/LLM-TRSR; as a baseline in
    Qiu et al. 2025, arXiv 2503.02450, which does not say in the table which of the two it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from idiolect.card import PositiveInt, Recipe, Temperature, recipe
from idiolect.data import Events, Request, View
from idiolect.lm import LanguageModel, Sampling, entries
from idiolect.profile import Hierarchical, Profile, Recurrent, in_blocks, writing
from idiolect.roles import Personalizer, notes
from idiolect.select import Okapi

SUMMARIZE = (
    "You see texts that one user wrote. Sum up in a few sentences what the user cares about, their "
    "character as far as it shows, and how they write. Answer with the summary alone."
)
UPDATE = (
    "You see a summary of a user and texts that the user wrote since. Judge whether interests and "
    "habits have changed, and write the summary anew so that it is true of old and new texts "
    "together: complete in itself, in the form and length of the one you see. Answer with the "
    "summary alone."
)
TOGETHER = (
    "You see summaries of one user, each made from texts of another time, the oldest first. Write "
    "one summary of the user, in their form and length. Answer with the summary alone."
)
WRITE = (
    "Write the text that is asked for as this user would write it. You see what it is about, texts "
    "that the user wrote before, a summary of the user, and the facts that are given. Do not copy "
    "what the earlier texts say about other things. Answer with the text alone."
)


def _recipe(
    name: str,
    form: str,
    calls: str,
    condensed: Callable[[LanguageModel, Sampling], Callable[[Sequence[Events]], str]],
) -> Recipe[..., Personalizer[Profile]]:
    """One of the two; they differ in how blocks become a summary."""

    def writer(
        lm: LanguageModel,
        *,
        events: PositiveInt = 8,  # DPL, section 4.1
        block: PositiveInt = 5,  # authors' code
        blocks: PositiveInt = 5,  # authors' code
        summary_tokens: PositiveInt = 150,  # authors' code, for their 7B model
        temperature: Temperature = 0.8,  # DPL's code
        max_tokens: PositiveInt = 2048,  # DPL's code
    ) -> Personalizer[Profile]:
        sampling = Sampling(temperature, top_p=0.95, max_tokens=max_tokens, seed=42)
        condense = condensed(lm, replace(sampling, max_tokens=summary_tokens))
        choose = Okapi(events)

        def learn(view: View, request: Request) -> Profile:
            mine, parts = choose(view), in_blocks(view.own, block, blocks)
            return Profile(
                request.user,
                condense(parts),
                examples=entries(mine.events),
                notes=notes(mine.note),
                sources=tuple(name for part in parts for name in part.ids),
            )

        return Personalizer(lm, learn, writing(WRITE, sampling))

    writer.__name__ = name
    return recipe(
        title=f"Text-rich sequential recommendation, {form} summary (LLM-TRSR)",
        paper="https://arxiv.org/abs/2403.13325",
        code=("zhengzhi-1997/LLM-TRSR", "no licence file"),
        reads_other_users="none",
        enters="prompt",
        calls=calls,
        # DPL's table does not say which of the two it ran.
        reported=[("rouge1", 0.2826, "Amazon Movies_and_TV", "Qwen2.5-7B-Instruct", "rag 0.2844")],
        evidence={
            "prompts": ("mechanism only", "tests/recipes/test_llm_trsr.py"),
            "text": ("none", ""),
        },
    )(writer)


llm_trsr_recurrent = _recipe(
    "llm_trsr_recurrent",
    "recurrent",
    "min(blocks, (own + block - 1) // block) + 1",
    lambda lm, sampling: Recurrent(lm, SUMMARIZE, UPDATE, sampling),
)
llm_trsr_hierarchical = _recipe(
    "llm_trsr_hierarchical",
    "hierarchical",
    "min(blocks, (own + block - 1) // block) + min(own, 1) + 1",
    lambda lm, sampling: Hierarchical(lm, SUMMARIZE, TOGETHER, sampling),
)
