"""Text written by a model that is given the user as soft tokens.

How it works: the model sums the user up; the sum becomes one vector, which goes before the words.
Use it when: a condition that few models can honour is needed in 40 lines.
Differs from the paper: there is none.
Checked: a model that cannot honour it is refused before the first call.
Reference: none.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from idiolect.card import Honours, recipe
from idiolect.data import Request, View
from idiolect.embed import Encoder
from idiolect.lm import LanguageModel, Prompt, Text, own, query
from idiolect.roles import Adapter, Personalizer


@dataclass(frozen=True)
class SoftTokens:
    vectors: NDArray[np.float32]  # (tokens, dim)
    kind: str = "soft_tokens"


@recipe(
    title="The user as a soft token",
    reads_other_users="none",
    enters="soft tokens",
    calls="2",
    evidence={"prompt": ("mechanism only", "tests/shape/test_shapes.py")},
)
def soft_token(
    lm: Annotated[LanguageModel, Honours("soft_tokens")], encoder: Encoder
) -> Personalizer[Adapter]:
    def learn(view: View, request: Request) -> Adapter:
        summary = lm.one(Prompt("Sum this user up.", own(view.own), expects=Text("summary"))).text
        return Adapter(SoftTokens(encoder.at(view).encode([summary])), tuple(view.own.ids))

    def prompt(request: Request, user: Adapter) -> Prompt:
        return Prompt("Write.", query(request), conditions=[user.condition], stage="write")

    return Personalizer(lm, learn, prompt)
