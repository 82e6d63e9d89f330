"""The better of two texts against what the user really wrote, asked in both orders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from idiolect.data import Event, View
from idiolect.lm import Choice, LanguageModel, Prompt, Sampling, given, item, options
from idiolect.measure.judge.asking import Considered, lacks, real, replies, side_by_side
from idiolect.roles import Judge, Verdict

PAIRWISE = (
    "You judge which of two texts written for a user is closer to what the user really wrote about "
    "the same thing: in what it says, in how it values it, and in how it is written. You see the "
    "thing, facts that were given, the user's own text, and two options, the first and the second. "
    "Their order means nothing. Call it a tie if neither is closer."
)
_FIRST, _SECOND, _TIE = "first", "second", "tie"

#: `inconsistent` where the two orders led to different answers.
Result = Literal["a", "b", "tie", "inconsistent"]


@dataclass(frozen=True)
class Preference:
    """Which of two texts a judge prefers; None where it failed, and `why` says so.

    Attributes:
        result: What all orders that were asked agree on.
        why: Why there is none.
        said: Where `a` stood first, and where `b` did: `a`, `b` or `tie`.
        certainty: How sure the judge said it was, 0..1; None where it does not say.
    """

    result: Result | None
    why: str = ""
    said: tuple[str, ...] = ()
    certainty: float | None = None


class Prefers(Protocol):
    """A judge of two texts."""

    def __call__(self, view: View, a: str, b: str, reference: Event | None) -> Preference:
        """Which of `a` and `b` is better for `view.request`; `reference` where there is one."""
        ...


def agreed(said: tuple[str, ...], certainty: float | None = None) -> Preference:
    """The result that several answers (`a`, `b`, `tie`) agree on."""
    results: Mapping[str, Result] = {"a": "a", "b": "b", _TIE: "tie"}
    one = results[said[0]] if len(set(said)) == 1 else "inconsistent"
    return Preference(one, said=said, certainty=certainty)


@dataclass(frozen=True)
class Pairwise:
    """The better of two texts against the real one, asked in both orders.

    Judges favour a place (Zheng et al. 2023): only what both orders agree on counts.

    Args:
        lm: Who judges; the floor cannot and says so.
        instruction: What is asked.
        temperature: 0, so that the same pair gets the same answer.
    """

    lm: LanguageModel
    instruction: str = PAIRWISE
    temperature: float = 0.0

    def __call__(self, view: View, a: str, b: str, reference: Event | None) -> Preference:
        """What both orders agree on.

        Raises:
            CapabilityError: The model cannot judge.
        """
        missing = lacks(reference, a, b)
        if missing or reference is None:
            return Preference(None, missing)
        prompts = [
            Prompt(
                self.instruction,
                item(view.request.item),
                given(view.request),
                real(reference),
                options(pair),
                expects=Considered(Choice((_FIRST, _SECOND, _TIE))),
                sampling=Sampling(self.temperature),
                stage="prefer",
            )
            for pair in ((a, b), (b, a))
        ]
        found = replies(self.lm, prompts)
        if isinstance(found, str):
            return Preference(None, found)
        names = ({_FIRST: "a", _SECOND: "b"}, {_FIRST: "b", _SECOND: "a"})
        return agreed(
            tuple(name.get(reply.value, _TIE) for name, reply in zip(names, found, strict=True))
        )


@dataclass(frozen=True)
class Preferences:
    """What a judge preferred in many pairs, in their order."""

    preferences: tuple[Preference, ...]

    def count(self, result: Result) -> int:
        """How many pairs ended so."""
        return sum(p.result == result for p in self.preferences)

    @property
    def consistency(self) -> float:
        """Share of the judged pairs where both orders agree; NaN where none was judged."""
        made = len(self.preferences) - len(self.failures)
        return 1 - self.count("inconsistent") / made if made else float("nan")

    @property
    def failures(self) -> tuple[str, ...]:
        """Why nothing is preferred, one reason a pair that was not judged."""
        return tuple(p.why for p in self.preferences if p.result is None)


def preferred(
    judge: Prefers, rows: Iterable[tuple[View, str, str, Event | None]], *, threads: int = 8
) -> Preferences:
    """Many pairs side by side: view, two texts, and what the user really wrote.

    Raises:
        SettingError: `threads` is below 1.
        CapabilityError: The model cannot judge.
    """
    return Preferences(side_by_side(lambda row: judge(*row), rows, threads))


def rival(view: View, output: str, reference: Event | None) -> str:
    """What a text stands against: the request's other option, else what the user really wrote."""
    two = view.request.options
    if len(two) == 2 and output in two:
        return two[1 - two.index(output)]
    return "" if reference is None else reference.text


def against(judge: Prefers, other: Callable[[View, str, Event | None], str] = rival) -> Judge:
    """A judge of one text, by a judge of two: whether it is preferred to another one.

    1 where the text is preferred, 0 where the other one is, ½ for a tie. Where two orders led to
    different answers nothing was decided: such a verdict has no value.

    Args:
        judge: Of two texts.
        other: View, text and reference → what the text stands against.
    """

    def one(view: View, output: str, reference: Event | None) -> Verdict:
        found = judge(view, output, other(view, output, reference), reference)
        if found.result is None:
            return Verdict(None, found.why)
        if found.result == "inconsistent":
            why = "The two orders of the pair led to different answers."
            return Verdict(None, why, certainty=found.certainty, label="inconsistent")
        value = {"a": 1.0, "b": 0.0, "tie": 0.5}[found.result]
        label = {"a": "preferred", "b": "not preferred", "tie": "tie"}[found.result]
        return Verdict(value, certainty=found.certainty, label=label)

    return one
