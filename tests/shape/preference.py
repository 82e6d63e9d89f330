"""What a user prefers, as weights of two attributes, from what they chose.

How it works: each choice is a pair with every option that was passed over; a Bradley–Terry model
    with a ridge is fitted to the differences of their attributes.
Use it when: a preference model is needed in 40 lines.
Differs from the paper: there is none.
Checked: it recovers planted tastes.
Reference: Bradley & Terry 1952.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from idiolect.card import PositiveInt, recipe
from idiolect.data import Request, View
from idiolect.roles import PreferenceModel, Scorer


@recipe(
    title="Bradley–Terry on attributes",
    reads_other_users="none",
    enters="reward",
    calls="0",
    evidence={"weights": ("recovers planted truth", "tests/shape/test_shapes.py")},
)
def bradley_terry(
    *,
    epochs: PositiveInt = 200,  # until the weights stand still
    learning_rate: float = 0.5,  # likewise
) -> Scorer[PreferenceModel]:
    def learn(view: View, request: Request) -> PreferenceModel:
        def features(options: Sequence[str]) -> NDArray[np.float64]:
            known = [view.item(option).attributes for option in options]
            return np.array([[a.get("price", 0.0), a.get("quiet", 0.0)] for a in known])

        gaps = [  # (pairs, 2)
            features([e.chosen])[0] - row
            for e in view.own
            if e.chosen is not None
            for row in features([o for o in e.options if o != e.chosen])
        ]
        weights, pairs = np.zeros(2), np.array(gaps).reshape(-1, 2)
        for _ in range(epochs):
            doubt = 1 / (1 + np.exp(pairs @ weights))
            weights = weights + learning_rate * (doubt @ pairs - weights) / (len(pairs) + 1)
        return PreferenceModel(
            lambda request, replies: features(replies) @ weights, tuple(view.own.ids)
        )

    return Scorer(learn, lambda r: r.options, lambda r, user, options: user.reward(r, options))
