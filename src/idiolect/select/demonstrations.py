"""Which solved examples to show a model: candidate sets, tried on held-out examples.

The search of DSPy's BootstrapFewShotWithRandomSearch, as SynthesizeMe's authors use it: sets of
labelled examples, of examples that the model itself solved (with its reasons), and random ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Generic, TypeVar

from idiolect.errors import DataError, SettingError

T = TypeVar("T")


@dataclass(frozen=True)
class Demonstration(Generic[T]):
    """An example with its known answer, and the model's reason where it solved it itself."""

    example: T
    reason: str | None = None


@dataclass(frozen=True)
class Attempt:
    """What came of one example: whether the answer was right, and the model's reason."""

    right: bool
    reason: str = ""


#: Demonstrations to show and examples to solve in; one attempt an example out.
Solve = Callable[[Sequence[Demonstration[T]], Sequence[T]], Sequence[Attempt]]


@dataclass(frozen=True)
class DemonstrationSet(Generic[T]):
    """A candidate: its name, what it shows, and its share of right answers on held-out examples."""

    name: str
    shown: tuple[Demonstration[T], ...]
    accuracy: float


@dataclass(frozen=True)
class Searched(Generic[T]):
    """What a search tried.

    Attributes:
        tried: Candidate sets, in order.
        solved: Examples that were solved on the way; each is at least one call.
    """

    tried: tuple[DemonstrationSet[T], ...]
    solved: int

    @property
    def best(self) -> DemonstrationSet[T]:
        """The most accurate set; of equal ones the first."""
        return max(self.tried, key=lambda candidate: candidate.accuracy)


@dataclass(frozen=True)
class SearchDemonstrations(Generic[T]):
    """Tries candidate sets of demonstrations, one after the other, until one is good enough.

    The sets: none; `labelled` examples; all that the model solves; then `candidates` times as many
    as drawn, of those that it solves first in a drawn order. A set of fewer than `labelled` solved
    ones is filled up with labelled ones. While it solves an example for a set, the model sees
    `labelled` others. The same draws as in the authors' code for `seed=0`. Theirs tries all sets
    whatever comes, then reads their scores in order until one is good enough: the same result.

    Attributes:
        solve: Asks the model.
        candidates: Drawn sets.
        labelled: Labelled examples in a set at most.
        bootstrapped: Solved ones in a set at most; None for any number.
        enough: Accuracy at which the search ends.
        zero_shot: Whether no demonstration at all is a candidate.
        seed: Of the draws.

    Raises:
        SettingError: A number is out of its range.
    """

    solve: Solve[T]
    candidates: int = 10
    labelled: int = 4
    bootstrapped: int | None = None
    enough: float = 0.8
    zero_shot: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("candidates", 0), ("labelled", 0), ("bootstrapped", 1)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise SettingError(f"Found {name}={value!r}; give at least {least}.")

    def most_solved(self, train: int, validation: int) -> int:
        """Examples that are solved at most, of so many for training and validation."""
        sets = self.candidates + 2 + self.zero_shot
        return (self.candidates + 1) * train + sets * validation

    def __call__(self, train: Sequence[T], validation: Sequence[T]) -> Searched[T]:
        """The candidate sets that were tried.

        Raises:
            DataError: There is nothing to show or nothing to try it on.
        """
        if not train or not validation:
            raise DataError(
                f"Found {len(train)} examples to show and {len(validation)} to try them on; at "
                "least one of each is needed."
            )
        tried: list[DemonstrationSet[T]] = []
        solved = 0
        for name in range(-2 - self.zero_shot, self.candidates):
            shown, asked = self._set(name, train)
            known = next((s.accuracy for s in tried if s.shown == shown), None)
            if known is None:
                attempts = self.solve(shown, validation)
                asked += len(validation)
                known = sum(attempt.right for attempt in attempts) / len(validation)
            solved += asked
            tried.append(DemonstrationSet(_NAMES.get(name, f"drawn {name + 1}"), shown, known))
            if known >= self.enough:
                break
        return Searched(tuple(tried), solved)

    def _set(self, name: int, train: Sequence[T]) -> tuple[tuple[Demonstration[T], ...], int]:
        """The demonstrations of a candidate, and how many examples were solved for it."""
        most = len(train) if self.bootstrapped is None else min(self.bootstrapped, len(train))
        order = list(train)
        if name == _ZERO_SHOT:
            return (), 0
        if name == _LABELLED:
            return tuple(map(Demonstration, self._labels(order))), 0
        if name >= 0:
            # The generators of the authors' code, which draw order and size from one seed.
            Random(self.seed + name).shuffle(order)
            most = Random(self.seed + name).randint(1, most)
        return self._bootstrap(order, most)

    def _bootstrap(self, order: list[T], most: int) -> tuple[tuple[Demonstration[T], ...], int]:
        """Examples that the model solves, taken in order until there are enough; filled up."""
        labels = self._labels(order)
        traces: list[Demonstration[T]] = []
        left: list[T] = []
        asked = 0
        for example in order:
            if len(traces) == most:
                left.append(example)
                continue
            others = [Demonstration(label) for label in labels if label != example]
            [attempt] = self.solve(others, [example])
            asked += 1
            if attempt.right:
                traces.append(Demonstration(example, attempt.reason))
            else:
                left.append(example)
        Random(self.seed).shuffle(left)
        wanted = min(max(self._labelled(order) - len(traces), 0), len(left))
        filled = Random(self.seed).sample(left, wanted)
        return (*traces, *map(Demonstration, filled)), asked

    def _labels(self, order: list[T]) -> list[T]:
        return Random(self.seed).sample(order, self._labelled(order))

    def _labelled(self, order: list[T]) -> int:
        return min(self.labelled, len(order))


_ZERO_SHOT, _LABELLED = -3, -2
_NAMES = {_ZERO_SHOT: "none", _LABELLED: "labelled", -1: "all solved"}
