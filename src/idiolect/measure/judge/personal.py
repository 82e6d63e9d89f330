"""Judges that see what is known of the user, not what the user really wrote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from zlib import crc32

import numpy as np

from idiolect.data import Event, View
from idiolect.errors import EndpointError, NoHistoryError, ReplyError
from idiolect.lm import (
    Entry,
    Json,
    LanguageModel,
    Prompt,
    Sampling,
    Section,
    Text,
    conversation,
    given,
    item,
    options,
    own,
    query,
)
from idiolect.measure.judge.asking import Sure, replies, unwritten
from idiolect.measure.judge.pairwise import Preference, agreed
from idiolect.roles import Verdict

#: What a judge is told of the user; None where it is to be told nothing. Without a history it
#: raises `NoHistoryError`, which a judge takes for a failure.
Known = Callable[[View], Section | None]


def nothing(view: View) -> None:
    """The baseline without a persona, which stands beside every judge that has one."""
    return


@dataclass(frozen=True)
class Told:
    """The user's latest own texts as they are.

    Attributes:
        events: How many at most.
    """

    events: int

    def __call__(self, view: View) -> Section:
        """The texts, oldest first.

        Raises:
            NoHistoryError: There is none.
        """
        _some_history(view)
        return own(view.own[-self.events :])


@dataclass(frozen=True)
class Summed:
    """A profile that a model writes from the user's latest own texts.

    Attributes:
        lm: Who writes it.
        instruction: What is asked.
        events: How many texts at most.
        temperature: 0, so that the same history gets the same profile.
    """

    lm: LanguageModel
    instruction: str
    events: int
    temperature: float = 0.0

    def __call__(self, view: View) -> Section:
        """The profile, with the events that it was made from.

        Raises:
            NoHistoryError: There is no own text.
            ReplyError: The model gave none.
        """
        _some_history(view)
        read = view.own[-self.events :]
        prompt = Prompt(
            self.instruction,
            own(read),
            expects=Text("summary"),
            sampling=Sampling(self.temperature),
            stage="profile",
        )
        found = replies(self.lm, [prompt])
        if isinstance(found, str):
            raise ReplyError(found)
        return Section("profile", (Entry(found[0].value, events=tuple(read.ids)),))


def _some_history(view: View) -> None:
    if not len(view.own):
        raise NoHistoryError(
            f"Found no text of {view.request.user!r} before the request; a judge that goes by the "
            "user needs one."
        )


PERSONALIZED = (
    "You judge which of two answers, A or B, this user would like better. You see what is known of "
    "the user, what the user asked for, and the two answers as the options: the first is A, the "
    "second is B. Judge with this user's eyes, not with yours. Their order means nothing. {tie}Say "
    "the answer, and how certain you are:\n"
    "1 to 20: a guess, what is known of the user hardly says anything about it.\n"
    "21 to 40: some hints, other readings are as possible.\n"
    "41 to 60: clear signs, but not enough to decide.\n"
    "61 to 80: strong signs, with little doubt.\n"
    "81 to 100: the user said as much."
)
TIE = "Say C if the user would like both equally. "


@dataclass(frozen=True)
class Personalized:
    """Which of two texts this user would like better, and how sure the judge says it is.

    The certainty is verbal: five bands from 1 to 100. It is not calibrated; see
    `measure.calibration`.

    Args:
        lm: Who judges; the floor cannot and says so.
        known: What it is told of the user.
        instruction: What is asked; `{tie}` becomes the sentence on ties.
        tie: Whether a tie may be said.
        order: `drawn` asks once, in an order that follows from the seed and the pair; `both` asks
            in both, and only what both agree on counts (the certainty is then their mean).
        seed: Of the order.
        temperature: 0, so that the same pair gets the same answer.
    """

    lm: LanguageModel
    known: Known
    instruction: str = PERSONALIZED
    tie: bool = False
    order: Literal["drawn", "both"] = "drawn"
    seed: int = 0
    temperature: float = 0.0

    def __call__(self, view: View, a: str, b: str, reference: Event | None = None) -> Preference:
        """What it prefers; the reference is not looked at.

        Raises:
            CapabilityError: The model cannot judge.
        """
        if missing := unwritten(a, b):
            return Preference(None, missing)
        try:
            known = self.known(view)
        except (NoHistoryError, ReplyError, EndpointError) as error:
            return Preference(None, str(error))
        orders = self._orders(view, a, b)
        texts = {"a": a, "b": b}
        prompts = [
            Prompt(
                self.instruction.format(tie=TIE if self.tie else ""),
                known,
                item(view.request.item),
                given(view.request),
                conversation(view.request.messages, view.request.event),
                query(view.request),
                options([texts[name] for name in names], view.request.event),
                expects=Sure(("A", "B", "C")[: 2 + self.tie]),
                sampling=Sampling(self.temperature),
                stage="prefer",
            )
            for names in orders
        ]
        found = replies(self.lm, prompts)
        if isinstance(found, str):
            return Preference(None, found)
        said = tuple(
            (*names, "tie")["ABC".index(reply.value[0])]
            for names, reply in zip(orders, found, strict=True)
        )
        return agreed(said, float(np.mean([reply.value[1] for reply in found])))

    def _orders(self, view: View, a: str, b: str) -> list[tuple[str, str]]:
        both = [("a", "b"), ("b", "a")]
        if self.order == "both":
            return both
        # By the texts, not by what the caller calls them: a pair and its mirror image are asked
        # alike.
        pair = sorted((a, b))
        about = (view.request.user, view.request.event or "", view.request.words, *pair)
        rng = np.random.default_rng([self.seed, crc32("\n".join(about).encode())])
        return both[:1] if pair[int(rng.integers(2))] == a else both[1:]


MATCH = (
    "You judge whether something that was chosen or written for a user suits this user. You see "
    "what is known of the user, what was asked for, and as the option what is judged. Give the "
    "reason in one sentence first: which interests, tastes or habits speak for it or against it. "
    "Then say whether it is a match."
)


@dataclass(frozen=True)
class Matched:
    """Whether something suits a user, and why."""

    reason: str
    match: bool


@dataclass(frozen=True)
class Suits:
    """Whether one text, or one thing, suits what is known of the user: 1 or 0, with a reason.

    Args:
        lm: Who judges; it has to answer in JSON.
        known: What it is told of the user.
        instruction: What is asked.
        temperature: 0, so that the same text gets the same verdict.
    """

    lm: LanguageModel
    known: Known
    instruction: str = MATCH
    temperature: float = 0.0

    def __call__(self, view: View, output: str, reference: Event | None = None) -> Verdict:
        """The verdict; the reference is not looked at.

        Raises:
            CapabilityError: The model cannot judge.
        """
        if missing := unwritten(output):
            return Verdict(None, missing)
        try:
            known = self.known(view)
        except (NoHistoryError, ReplyError, EndpointError) as error:
            return Verdict(None, str(error))
        prompt = Prompt(
            self.instruction,
            known,
            item(view.request.item),
            query(view.request),
            options((output,)),
            expects=Json(Matched),
            sampling=Sampling(self.temperature),
            stage="match",
        )
        found = replies(self.lm, [prompt])
        if isinstance(found, str):
            return Verdict(None, found)
        said: Matched = found[0].value
        label = "match" if said.match else "no match"
        return Verdict(float(said.match), said.reason, label=label)
