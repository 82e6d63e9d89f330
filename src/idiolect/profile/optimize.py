"""Searching for the words that serve a user best: propose, score, remember the best."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from idiolect.errors import DataError, SettingError

Ended = Literal["rounds", "budget", "no failures"]


@dataclass(frozen=True)
class Graded:
    """What came of one candidate on one question: the answer, and its score, 0..1.

    Raises:
        DataError: The score is out of range, or no number.
    """

    answer: str
    score: float

    def __post_init__(self) -> None:
        if not 0 <= self.score <= 1:
            raise DataError(f"Found score={self.score!r} of {self.answer!r}; give 0 to 1.")


@dataclass(frozen=True)
class Trial:
    """A candidate and what came of it on every question."""

    text: str
    graded: tuple[Graded, ...]

    @property
    def score(self) -> float:
        """Mean over the questions."""
        return sum(one.score for one in self.graded) / len(self.graded)

    @property
    def failures(self) -> tuple[int, ...]:
        """Positions of the questions that were not fully solved."""
        return tuple(at for at, one in enumerate(self.graded) if one.score < 1)

    def on(self, questions: Iterable[int]) -> float:
        """Mean score over some of the questions; 0 over none."""
        scores = [self.graded[at].score for at in questions]
        return sum(scores) / max(len(scores), 1)


@dataclass(frozen=True)
class Optimized:
    """What a search found.

    Attributes:
        memory: The best candidates that were scored, best last.
        calls: Answers that were asked for.
        ended: Why it ended.
    """

    memory: tuple[Trial, ...]
    calls: int
    ended: Ended

    @property
    def best(self) -> Trial:
        """The candidate with the highest score; of equal ones the first that was tried."""
        return self.memory[-1]

    def retrieve(self, near: Sequence[int]) -> Trial:
        """The candidate that did best on some questions; of equal ones the best overall.

        Fermi's Retrieval-of-Prompt: `near` are the questions most like a new one.
        """
        return max(reversed(self.memory), key=lambda trial: trial.on(near))


#: Candidates in, and for each what came of it on every question.
Score = Callable[[Sequence[str]], Sequence[Sequence[Graded]]]
#: Memory (best last) and number of the round (from 0) in, new candidates out.
Propose = Callable[[tuple[Trial, ...], int], Sequence[str]]


@dataclass(frozen=True)
class Optimize:
    """A search with a memory, as in Fermi: each round proposes from the best that were scored.

    What is kept was always scored: the last proposals too, before anything is chosen among them.
    A candidate is scored once, however often it is proposed. Same scorer and proposer, same result.

    Attributes:
        score: Asks every question with every candidate; candidates come together, so that they can
            be asked side by side.
        propose: Writes new candidates; more than `new` are not read.
        questions: How many questions there are.
        rounds: How often new candidates are proposed.
        kept: Size of the memory.
        new: Candidates a round.
        budget: Answers asked for at most; None for `most_calls`. A candidate that does not fit is
            not scored, and the search ends.

    Raises:
        SettingError: A number is below 1, or the budget does not cover one candidate.
    """

    score: Score
    propose: Propose
    questions: int
    rounds: int = 10
    kept: int = 5
    new: int = 4
    budget: int | None = None

    def __post_init__(self) -> None:
        for name in ("questions", "rounds", "kept", "new"):
            if getattr(self, name) < 1:
                raise SettingError(f"Found {name}={getattr(self, name)!r}; give at least 1.")
        if self.budget is not None and self.budget < self.questions:
            raise SettingError(
                f"Found budget={self.budget!r}, which does not cover one candidate on "
                f"{self.questions} questions; raise it or ask fewer questions."
            )

    @property
    def most_calls(self) -> int:
        """Answers asked for at most with one start: the start, then every round's candidates."""
        return (1 + self.rounds * self.new) * self.questions

    def __call__(self, *starts: str) -> Optimized:
        """The best candidates, beginning from some.

        Raises:
            SettingError: There is no start.
            DataError: The scorer does not grade each candidate on each question.
        """
        if not starts:
            raise SettingError("Found no candidate to start from; give at least one.")
        tried: dict[str, Trial] = {}
        fits = self._try(starts, tried)
        for number in range(self.rounds):
            memory = self._memory(tried)
            if not fits or not memory[-1].failures:
                break
            fits = self._try(self.propose(memory, number)[: self.new], tried)
        memory = self._memory(tried)
        ended: Ended = "rounds" if fits else "budget"
        if not memory[-1].failures:
            ended = "no failures"
        return Optimized(memory, len(tried) * self.questions, ended)

    def _try(self, candidates: Sequence[str], tried: dict[str, Trial]) -> bool:
        """Scores what is new, as far as the budget goes; False where it did not go far enough."""
        fresh = [text for text in dict.fromkeys(candidates) if text not in tried]
        most = len(fresh)
        if self.budget is not None:
            most = min(most, self.budget // self.questions - len(tried))
        asked = fresh[:most]
        found = self.score(asked) if asked else []
        if len(found) != len(asked) or any(len(row) != self.questions for row in found):
            raise DataError(
                f"Found {[len(row) for row in found]} grades for {len(asked)} candidates; needed "
                f"are {self.questions} for each, one a question."
            )
        tried.update((t, Trial(t, tuple(row))) for t, row in zip(asked, found, strict=True))
        return most == len(fresh)

    def _memory(self, tried: dict[str, Trial]) -> tuple[Trial, ...]:
        best_first = sorted(tried.values(), key=lambda trial: -trial.score)
        return tuple(reversed(best_first[: self.kept]))


def shared_and_new(memory: Sequence[Trial]) -> list[tuple[tuple[int, ...], int]]:
    """For each kept candidate: failures that the worst kept one has too, and how many others.

    Fermi tells the optimizer the failures of the worst kept prompt in full, and of the others only
    this. The worst one shares all of its own.
    """
    worst = set(memory[0].failures) if memory else set()
    return [
        (
            tuple(at for at in trial.failures if at in worst),
            sum(at not in worst for at in trial.failures),
        )
        for trial in memory
    ]
