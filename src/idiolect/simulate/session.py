"""Acting as a user: a policy in an environment, free-running or along real actions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from idiolect.data import View
from idiolect.errors import DataError

State = TypeVar("State")


@dataclass(frozen=True)
class Policy(Generic[State]):
    """Acts as a user: a distribution over actions, and the next state of mind.

    Attributes:
        start: View in, first state out.
        act: State, what is seen, and the possible actions in; probabilities and next state out.
    """

    start: Callable[[View], State]
    act: Callable[[State, str, Sequence[str]], tuple[NDArray[np.float64], State]]


class Environment(Protocol):
    """What a policy acts in."""

    def observe(self) -> tuple[str, Sequence[str]]:
        """What is seen, and what can be done; nothing can be done when it is over."""
        ...

    def after(self, action: str) -> Environment:
        """The environment after an action; a new object."""
        ...


@dataclass(frozen=True)
class Step:
    """One step of a session: what was seen, what could be done, how likely, what was done."""

    seen: str
    actions: tuple[str, ...]
    probabilities: NDArray[np.float64]
    done: str


@dataclass(frozen=True)
class Session:
    """What a policy did in an environment; `forced` where real actions were replayed."""

    steps: tuple[Step, ...]
    forced: bool

    @property
    def log_likelihood(self) -> float:
        """Sum of natural log probabilities of what was done; −inf if something was impossible."""
        chances = [s.probabilities[s.actions.index(s.done)] for s in self.steps]
        with np.errstate(divide="ignore"):
            return float(np.log(chances).sum())


def play(
    policy: Policy[State],
    view: View,
    environment: Environment,
    *,
    rng: np.random.Generator,
    actions: Sequence[str] | None = None,
    most: int = 100,
) -> Session:
    """Lets a policy act: free-running, or teacher-forced along real `actions`.

    Raises:
        DataError: Probabilities are no distribution over the actions, a real action is none of
            those possible, or real actions are left when the environment is over.
    """
    state, steps = policy.start(view), []
    for at in range(most if actions is None else len(actions)):
        seen, possible = environment.observe()
        if not possible:
            if actions is not None:
                raise DataError(
                    f"Found {len(actions) - at} real actions left after step {at}, where the "
                    "environment is over; replay them in the environment that they come from."
                )
            break
        p, state = policy.act(state, seen, possible)
        p = np.asarray(p, dtype=float)
        if p.shape != (len(possible),) or (p < 0).any() or abs(p.sum() - 1) > 1e-6:
            raise DataError(
                f"Found probabilities {p.tolist()} for {len(possible)} actions; a policy gives one "
                "number ≥ 0 an action, adding up to 1."
            )
        done = possible[rng.choice(len(possible), p=p)] if actions is None else actions[at]
        if done not in possible:
            raise DataError(f"Found the action {done!r}; possible were {list(possible)}.")
        steps.append(Step(seen, tuple(possible), p, done))
        environment = environment.after(done)
    return Session(tuple(steps), forced=actions is not None)


@dataclass(frozen=True)
class Simulation(Generic[State]):
    """A policy in an environment of its own for each user.

    Attributes:
        policy: Who acts.
        environment: View in, environment out.
        seed: With the user's name, decides what is drawn.
        most: Steps at most.
    """

    policy: Policy[State]
    environment: Callable[[View], Environment]
    seed: int = 0
    most: int = 100

    def answer(self, view: View) -> Session:
        """A free-running session of the user."""
        rng = np.random.default_rng([self.seed, crc32(view.request.user.encode())])
        return play(self.policy, view, self.environment(view), rng=rng, most=self.most)
