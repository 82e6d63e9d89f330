"""Text written with no personalization: what any user would get.

How it works:
    1. One prompt shows the thing to write about, the given facts and the request.

Use it when: you need the floor that every personalized method must beat. Prefer instead: `rag`, as
    soon as the user has a history.

Differs from the paper: nothing known; it is the non-personalized row of DPL's tables.

Checked: the prompt holds no word of any user's history (tests/contract/test_recipes.py).

Reference: the baseline of Qiu et al. 2025, arXiv 2503.02450.
"""

from idiolect.card import PositiveInt, Temperature, recipe
from idiolect.data import Request, View
from idiolect.lm import LanguageModel, Sampling
from idiolect.profile import Profile, writing
from idiolect.roles import Personalizer

WRITE = (
    "Write the text that is asked for. You see what it is about and the facts that are given, for "
    "example a rating and a title. Answer with the text alone."
)


@recipe(
    title="No personalization",
    paper="https://arxiv.org/abs/2503.02450",
    reads_other_users="none",
    enters="nowhere",
    calls="1",
    reported=[("rouge1", 0.2279, "Amazon Movies_and_TV", "Qwen2.5-7B-Instruct", "none")],
    evidence={"prompt": ("mechanism only", "tests/contract/test_recipes.py")},
    waives={"history matters": "it is the method that ignores history"},
)
def plain(
    lm: LanguageModel,
    *,
    temperature: Temperature = 0.8,  # DPL's code
    max_tokens: PositiveInt = 2048,  # DPL's code
) -> Personalizer[Profile]:
    def learn(view: View, request: Request) -> Profile:
        return Profile(request.user)

    sampling = Sampling(temperature, top_p=0.95, max_tokens=max_tokens, seed=42)
    return Personalizer(lm, learn, writing(WRITE, sampling))
