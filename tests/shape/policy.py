"""Where a user would go next, and next.

How it works: a place is as likely as it is like the places that the user wrote about; each place is
    visited once.
Use it when: a policy in an environment is needed in 40 lines.
Differs from the paper: there is none.
Checked: it goes where the made-up people like to go, forced and free.
Reference: none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from idiolect.card import Count, PositiveInt, recipe
from idiolect.data import View
from idiolect.simulate import Policy, Simulation


@dataclass(frozen=True)
class Tour:
    """An evening in town: `left` places, three of them in sight, until `steps` are made."""

    left: tuple[str, ...]
    steps: int

    def observe(self) -> tuple[str, Sequence[str]]:
        return f"{self.steps} stops to go", self.left[:3] if self.steps else ()

    def after(self, action: str) -> Tour:
        rest = tuple(place for place in self.left if place != action)
        return replace(self, left=rest, steps=self.steps - 1)


Likes = dict[str, float]


@recipe(
    title="A tour of the town",
    reads_other_users="none",
    enters="simulation",
    calls="0",
    evidence={"choices": ("recovers planted truth", "tests/shape/test_shapes.py")},
)
def tour(*, steps: PositiveInt = 3, sharpness: float = 2.0, seed: Count = 0) -> Simulation[Likes]:
    def start(view: View) -> Likes:
        def place(name: str) -> NDArray[np.float64]:
            known = view.item(name).attributes
            return np.array([known.get("price", 0.0), known.get("quiet", 0.0)])

        visited = [place(name) for name in view.own.items if name]
        centre = np.mean(visited, axis=0) if visited else np.zeros(2)
        return {name: float(place(name) @ centre) for name in view.request.options}

    def act(likes: Likes, seen: str, actions: Sequence[str]) -> tuple[NDArray[np.float64], Likes]:
        weights = np.exp([sharpness * likes.get(action, 0.0) for action in actions])
        return weights / weights.sum(), likes

    return Simulation(Policy(start, act), lambda v: Tour(v.request.options, steps), seed)
