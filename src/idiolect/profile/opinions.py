"""What a user decided before, as questions with known answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from idiolect.data import Event, Item, View
from idiolect.errors import ReplyError
from idiolect.lm import (
    Choice,
    Entry,
    Number,
    Prompt,
    Sampling,
    Section,
    item,
    options,
    own,
    profile,
)
from idiolect.select import all_words


@dataclass(frozen=True)
class Opinion:
    """A question and how the user answered it.

    Attributes:
        event: Where the answer is from.
        about: What it was about; None where that would give the answer away.
        expects: The form of the answer.
        answer: The user's: one of the options, or a number within the scale.
    """

    event: Event
    about: Item | None
    expects: Choice | Number
    answer: str | float

    @property
    def question(self) -> str:
        """Its words, without the answer."""
        return all_words(Event("", self.event.text), self.about)

    @property
    def said(self) -> str:
        """The answer in words."""
        return in_words(self.answer)

    def prompt(
        self,
        instruction: str,
        told: str,
        sampling: Sampling | None = None,
        *,
        strict: bool = True,
    ) -> Prompt:
        """Asks it of a model that is told something of the user.

        Args:
            instruction: The wording.
            told: What it is told.
            sampling: How the answer is drawn.
            strict: An answer that cannot be read is an error; else its value is "", which is wrong.
        """
        words = self.event.text
        among = self.expects.options if isinstance(self.expects, Choice) else ()
        return Prompt(
            instruction,
            profile(told),
            item(self.about),
            Section("query", (Entry(words, events=(self.event.id,)),)) if words else None,
            options(among),
            expects=self.expects if strict else _lenient(self.expects),
            sampling=sampling,
            stage="answer",
        )

    def right(self, value: str | float) -> bool:
        """True if a model answered as the user did; numbers may differ by less than a half."""
        if isinstance(value, float) and isinstance(self.answer, float):
            return abs(value - self.answer) < 0.5
        return value == self.answer


def in_words(answer: str | float) -> str:
    """An answer as prompts show it; an empty one could not be read."""
    return f"{answer:g}" if isinstance(answer, float) else answer or "nothing that can be read"


class _MaybeChoice(Choice):
    """A choice, or "" where the reply names none."""

    def read(self, reply: str) -> str:
        try:
            return super().read(reply)
        except ReplyError:
            return ""


class _MaybeNumber(Number):
    """A number, or "" where the reply gives none."""

    def read(self, reply: str) -> Any:
        try:
            return super().read(reply)
        except ReplyError:
            return ""


def _lenient(form: Choice | Number) -> Choice | Number:
    if isinstance(form, Choice):
        return _MaybeChoice(form.options)
    return _MaybeNumber(form.low, form.high)


def opinions(view: View) -> list[Opinion]:
    """The user's past choices; ratings where a number is asked for or nothing was chosen.

    Of a choice the text is the question, `chosen` the answer, `options` what it was among. Where
    an event has no options, those of the request are taken, else all that was chosen so. Of a
    rating the text is what was rated; titles are not shown, they tell of the rating.
    """
    request = view.request
    chosen, rated = _choices(view), _ratings(view)
    first, second = (rated, chosen) if request.scale is not None else (chosen, rated)
    return first or second


def _choices(view: View) -> list[Opinion]:
    ever = sorted({e.chosen for e in view.own if e.chosen and not e.options})
    usual = view.request.options or tuple(ever)
    found = []
    for event, about in zip(view.own, view.own.about, strict=True):
        among = event.options or usual
        if event.chosen and event.chosen in among and len(set(among)) > 1:
            # A thing that is one of the options is the answer itself.
            thing = None if event.item in among else about
            form = Choice(tuple(dict.fromkeys(among)))
            found.append(Opinion(event, thing, form, event.chosen))
    return found


def _ratings(view: View) -> list[Opinion]:
    known = [event.rating for event in view.own if event.rating is not None]
    if not known:
        return []
    low, high = view.request.scale or (min(known), max(known))
    return [
        Opinion(event, about, Number(low, high), float(event.rating))
        for event, about in zip(view.own, view.own.about, strict=True)
        if event.rating is not None and low <= event.rating <= high
    ]


def failed(questions: Sequence[Opinion], answers: Sequence[tuple[int, str]]) -> Section:
    """Questions that were answered otherwise than by the user, both answers beside each.

    Args:
        questions: All of them.
        answers: Position of each one that failed, and what was answered.
    """
    return own(
        [
            Entry(
                questions[at].question,
                (("question", str(at + 1)), ("user", questions[at].said), ("answered", wrong)),
                (questions[at].event.id,),
            )
            for at, wrong in answers
        ]
    )
