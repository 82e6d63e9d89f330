"""The user as one vector: the mean of their texts'.

How it works: an encoder, and a mean.
Use it when: a learner is needed in 20 lines.
Differs from the paper: there is none.
Checked: against a mean by hand.
Reference: none.
"""

import numpy as np

from idiolect.card import recipe
from idiolect.data import Request, View
from idiolect.embed import Encoder
from idiolect.errors import NoHistoryError
from idiolect.roles import Learner, UserEmbedding


@recipe(
    title="Mean of vectors",
    reads_other_users="none",
    enters="data",
    calls="0",
    evidence={"vector": ("mechanism only", "tests/shape/test_shapes.py")},
)
def mean_vector(encoder: Encoder) -> Learner[UserEmbedding]:
    def learn(view: View, request: Request | None = None) -> UserEmbedding:
        if not len(view.own):
            raise NoHistoryError("Found no text of this user; a mean needs at least one.")
        vectors = encoder.at(view).encode(view.own.texts)
        return UserEmbedding(np.mean(vectors, axis=0, keepdims=True), evidence=tuple(view.own.ids))

    return learn
