"""Language models as judges: a mark for one text, or the better of two.

Both see what the user really wrote. What a judge could not decide has no value and a reason; it is
counted apart and never becomes a zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Event, View
from idiolect.errors import EndpointError, ReplyError, SettingError
from idiolect.lm import (
    Choice,
    Entry,
    LanguageModel,
    Number,
    Prompt,
    Reply,
    Sampling,
    given,
    item,
    options,
    own,
)
from idiolect.roles import Judge, Verdict

Row = TypeVar("Row")
Found = TypeVar("Found")

#: What a mark stands for (after DPL's scale, section 4.1; our wording).
SCALE: Mapping[int, str] = MappingProxyType(
    {
        0: "it is about something else, or says nothing that the user says",
        2: "it is about the same thing, but none of the user's points or views are there",
        4: "some of the user's points are there; important ones are missing, or it is so general "
        "that anybody could have written it",
        6: "most of the user's points are there; some details or personal views are missing",
        8: "it says and values what the user does, with small differences",
        10: "it says the same as the user's text, with the same details, views and preferences",
    }
)
POINTWISE = (
    "You judge how well a text written for a user matches what the user really wrote about the "
    "same thing. You see the thing, facts that were given, the user's own text, and as the option "
    "the text to judge. Give a mark from 0 to 10:\n"
    + "\n".join(f"{mark}: {meaning}." for mark, meaning in SCALE.items())
    + "\nMarks between these are allowed. Judge the text alone, not its length."
)
PAIRWISE = (
    "You judge which of two texts written for a user is closer to what the user really wrote about "
    "the same thing: in what it says, in how it values it, and in how it is written. You see the "
    "thing, facts that were given, the user's own text, and two options, the first and the second. "
    "Their order means nothing. Call it a tie if neither is closer."
)
_FIRST, _SECOND, _TIE = "first", "second", "tie"


@dataclass(frozen=True)
class Mark:
    """A number from 0 to 10; no `Number`, which the floor fills in where nobody judges."""

    high: int = 10

    def hint(self) -> str:
        """Names the range."""
        return Number(0, self.high).hint()

    def read(self, reply: str) -> float:
        """The mark, decimals too; "of 10" and "/10" are left out."""
        return Number(0, self.high).read(reply)


@dataclass(frozen=True)
class Which:
    """The first, the second, or a tie; no `Choice`, which the floor makes where nobody judges."""

    def hint(self) -> str:
        """Names the answers."""
        return Choice((_FIRST, _SECOND, _TIE)).hint()

    def read(self, reply: str) -> str:
        """The answer that is named."""
        return Choice((_FIRST, _SECOND, _TIE)).read(reply)


@dataclass(frozen=True)
class Pointwise:
    """A mark from 0 to 1 for one text against the real one: DPL's judge.

    Args:
        lm: Who judges; the floor cannot and says so.
        instruction: What is asked, with the scale.
        temperature: 0, so that the same text gets the same mark.
    """

    lm: LanguageModel
    instruction: str = POINTWISE
    temperature: float = 0.0

    def __call__(self, view: View, output: str, reference: Event | None) -> Verdict:
        """The mark over 10; no value, and why, where the judge gave none.

        Raises:
            CapabilityError: The model cannot judge.
        """
        lacks = _lacks(reference, output)
        if lacks or reference is None:
            return Verdict(None, lacks)
        prompt = _prompt(view, reference, (output,), self).replace(expects=Mark(), stage="mark")
        try:
            [reply] = _whole(self.lm.reply([prompt]))
        except (ReplyError, EndpointError) as error:
            return Verdict(None, str(error))
        return Verdict(reply.value / Mark().high, reply.text)


#: `inconsistent` where the two orders led to different answers.
Result = Literal["a", "b", "tie", "inconsistent"]


@dataclass(frozen=True)
class Preference:
    """Which of two texts a judge prefers; None where it failed, and `why` says so.

    Attributes:
        result: What both orders agree on.
        why: Why there is none.
        said: Where `a` stood first, and where `b` did: `a`, `b` or `tie`.
    """

    result: Result | None
    why: str = ""
    said: tuple[str, ...] = ()


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
        lacks = _lacks(reference, a, b)
        if lacks or reference is None:
            return Preference(None, lacks)
        prompts = [
            _prompt(view, reference, pair, self).replace(expects=Which(), stage="prefer")
            for pair in ((a, b), (b, a))
        ]
        try:
            replies = _whole(self.lm.reply(prompts))
        except (ReplyError, EndpointError) as error:
            return Preference(None, str(error))
        names = ({_FIRST: "a", _SECOND: "b"}, {_FIRST: "b", _SECOND: "a"})
        one, other = (
            name.get(reply.value, _TIE) for name, reply in zip(names, replies, strict=True)
        )
        agreed: Mapping[str, Result] = {"a": "a", "b": "b", _TIE: "tie"}
        return Preference(agreed[one] if one == other else "inconsistent", said=(one, other))


@dataclass(frozen=True)
class Judged:
    """What a judge said of many texts, in their order."""

    verdicts: tuple[Verdict, ...]

    @property
    def values(self) -> NDArray[np.float64]:
        """The marks; NaN where the judge failed.  # (texts,)"""
        return np.array([np.nan if v.value is None else v.value for v in self.verdicts])

    @property
    def failures(self) -> tuple[str, ...]:
        """Why there is no mark, one reason a text that has none."""
        return tuple(v.why for v in self.verdicts if v.value is None)


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


def judged(
    judge: Judge, rows: Iterable[tuple[View, str, Event | None]], *, threads: int = 8
) -> Judged:
    """Many texts side by side: view, text, and what the user really wrote.

    Raises:
        SettingError: `threads` is below 1.
        CapabilityError: The model cannot judge.
    """
    return Judged(_side_by_side(lambda row: judge(*row), rows, threads))


def preferred(
    judge: Pairwise, rows: Iterable[tuple[View, str, str, Event | None]], *, threads: int = 8
) -> Preferences:
    """Many pairs side by side: view, two texts, and what the user really wrote.

    Raises:
        SettingError: `threads` is below 1.
        CapabilityError: The model cannot judge.
    """
    return Preferences(_side_by_side(lambda row: judge(*row), rows, threads))


def _side_by_side(
    judge: Callable[[Row], Found], rows: Iterable[Row], threads: int
) -> tuple[Found, ...]:
    if threads < 1:
        raise SettingError(f"Found threads={threads!r}; give at least 1.")
    # One failed reply would end a whole list given to `lm.reply`, so each row is asked alone.
    with ThreadPoolExecutor(threads) as pool:
        return tuple(pool.map(judge, rows))


def _prompt(
    view: View, reference: Event, texts: tuple[str, ...], judge: Pointwise | Pairwise
) -> Prompt:
    """The fields in DPL's order: item, given facts, the real text, what is judged."""
    return Prompt(
        judge.instruction,
        item(view.request.item),
        given(view.request),
        own([Entry(reference.text, events=(reference.id,) if reference.id else ())]),
        options(texts),
        sampling=Sampling(judge.temperature),
    )


def _lacks(reference: Event | None, *texts: str) -> str:
    if reference is None or not reference.text.strip():
        return "There is no text of the user to judge by."
    return "" if all(text.strip() for text in texts) else "There is nothing written to judge."


def _whole(replies: list[Reply]) -> list[Reply]:
    """The replies, unless a prompt had to be cut: then the judge did not see the real text.

    Raises:
        ReplyError: A prompt was cut.
    """
    for reply in replies:
        if reply.cut:
            raise ReplyError(
                "Found a prompt longer than the judge's budget, so that the user's own text was "
                "cut; raise the budget or take a judge with a longer context.",
                reply=reply.text,
            )
    return replies
