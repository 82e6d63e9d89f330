"""Text written after the user's latest texts.

How it works: the latest own texts are shown.
Use it when: a personalizer is needed in 30 lines. Prefer instead: `rag`.
Differs from the paper: there is none.
Checked: by the contract.
Reference: none.
"""

from idiolect.card import PositiveInt, recipe
from idiolect.data import Request, View
from idiolect.lm import LanguageModel, entries
from idiolect.profile import Profile, writing
from idiolect.roles import Personalizer


@recipe(
    title="Latest texts",
    reads_other_users="none",
    enters="prompt",
    calls="1",
    evidence={"prompt": ("mechanism only", "tests/shape/test_shapes.py")},
)
def latest(
    lm: LanguageModel,
    *,
    events: PositiveInt = 3,  # enough to show a habit
) -> Personalizer[Profile]:
    def learn(view: View, request: Request) -> Profile:
        return Profile(request.user, examples=entries(view.own[-events:]))

    return Personalizer(lm, learn, writing("Write as this user does."))
