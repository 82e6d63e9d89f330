"""Items that people go to who went where the user went.

How it works: visits are counted once across users; an item's score is how many of the user's items
    its visitors went to.
Use it when: a scorer with a fit is needed in 40 lines.
Differs from the paper: there is none.
Checked: it prefers what the made-up people like.
Reference: none.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from idiolect.card import recipe
from idiolect.data import Population, Request, View
from idiolect.roles import Fitted, Scorer, UserEmbedding


def visits(population: Population, rng: np.random.Generator) -> Fitted:
    if population.by_item is None:
        raise AssertionError
    seen = np.zeros((len(population.users), len(population.by_item.names)), dtype=np.float32)
    seen[population.by_user.codes, population.by_item.codes] = 1
    shared = seen.T @ seen / seen.sum(axis=0)  # (items, items); of a column's visitors, who shares
    return Fitted.on(population, (population.by_item.code, shared))


@recipe(
    title="Co-occurrence",
    reads_other_users="statistics",
    enters="retrieval",
    calls="0",
    evidence={"ranking": ("recovers planted truth", "tests/shape/test_shapes.py")},
    fit=visits,
)
def together(fitted: Fitted) -> Scorer[UserEmbedding]:
    def learn(view: View, request: Request) -> UserEmbedding:
        place, shared = fitted.at(view)
        mine = [place[item] for item in view.own.items if item in place]
        likeness = shared[mine].sum(axis=0, keepdims=True)
        return UserEmbedding(likeness, evidence=tuple(view.own.ids))

    def score(request: Request, user: UserEmbedding, options: Sequence[str]) -> NDArray[np.float64]:
        place, _ = fitted.value
        return np.array([user.vectors[0, place[o]] if o in place else 0.0 for o in options])

    return Scorer(learn, lambda request: request.options or tuple(fitted.value[0]), score)
