"""Which of two replies a user would prefer, judged from earlier choices and a persona."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Events, Message
from idiolect.errors import ReplyError, SettingError
from idiolect.lm import (
    Entry,
    Json,
    LanguageModel,
    Prompt,
    Sampling,
    Section,
    conversation,
    options,
    own,
    profile,
)

_PLACES = ("first", "second")


@dataclass(frozen=True)
class Reasoned:
    """The reply of the judge: its reason, then which of the two."""

    reasoning: str
    preference: Literal["first", "second"]


@dataclass(frozen=True)
class Said:
    """What the judge said: its reason, and the place (0 or 1) of the better one; None for a tie."""

    reasoning: str
    preferred: int | None


@dataclass(frozen=True)
class _OrTie(Json):
    """A `Reasoned` as JSON; what cannot be read is a tie, so that it is counted and not raised."""

    model: type[Any] = Reasoned

    def read(self, reply: str) -> Said:
        try:
            found: Reasoned = super().read(reply)
        except ReplyError:
            return Said("", None)
        return Said(found.reasoning, _PLACES.index(found.preference))


@dataclass(frozen=True)
class Comparison:
    """Two replies to one request, in the order in which they are shown.

    Attributes:
        asked: The request, as a conversation.
        replies: The two.
        preferred: Place (0 or 1) of the one that the user preferred; None where it is not known.
        event: Id of the event that it is from.
    """

    asked: tuple[Message, ...]
    replies: tuple[str, str]
    preferred: int | None = None
    event: str = ""

    def swapped(self) -> Comparison:
        """The same with the replies in the other order."""
        preferred = None if self.preferred is None else 1 - self.preferred
        return replace(self, replies=self.replies[::-1], preferred=preferred)


def comparisons(events: Events, seed: int = 0) -> list[Comparison]:
    """A user's choices as pairs, in order: what was chosen, and what was passed over.

    Where several things were passed over, one of them is drawn; so is which of the pair is shown
    first. Both draws depend on the seed and the event alone.
    """
    found = []
    for event in events:
        passed = [option for option in event.options if option != event.chosen]
        if event.chosen is None or event.chosen not in event.options or not passed:
            continue
        rng = np.random.default_rng([seed, crc32(event.id.encode())])
        pair = (event.chosen, passed[int(rng.integers(len(passed)))])
        asked = (Message("user", event.text),) if event.text else ()
        made = Comparison(asked, pair, 0, event.id)
        found.append(made.swapped() if rng.integers(2) else made)
    return found


@dataclass(frozen=True)
class Demonstrated:
    """A judge of pairs that reasons first, and is shown solved pairs.

    An unusable reply is drawn again, a little warmer each time; what stays unusable is a tie.

    Attributes:
        lm: Who judges; it has to answer in JSON.
        instruction: What is asked.
        persona: What it is told of the user; empty for nothing.
        temperature: Of the n-th of N draws: this × (0.001 + (n − 1) / N), as in SynthesizeMe's
            code.
        max_tokens: Of a reply.
        draws: Of one reply at most.
        stage: A name for traces.

    Raises:
        SettingError: `draws` is below 1.
    """

    lm: LanguageModel
    instruction: str
    persona: str = ""
    temperature: float = 1.0
    max_tokens: int | None = None
    draws: int = 4
    stage: str = "judge"

    def __post_init__(self) -> None:
        if self.draws < 1:
            raise SettingError(f"Found draws={self.draws!r}; give at least 1.")

    def __call__(self, pairs: Sequence[Comparison], shown: Section | None = None) -> list[Said]:
        """What it says of each pair, asked side by side.

        Args:
            pairs: What is judged; what is known of the preference is not told.
            shown: Solved pairs, see `solved`.
        """
        said = [Said("", None)] * len(pairs)
        open_ = list(range(len(pairs)))
        for draw in range(self.draws):
            if not open_:
                break
            replies = self.lm.reply([self._prompt(pairs[at], shown, draw) for at in open_])
            for at, reply in zip(open_, replies, strict=True):
                said[at] = reply.value
            open_ = [at for at in open_ if said[at].preferred is None]
        return said

    def _prompt(self, pair: Comparison, shown: Section | None, draw: int) -> Prompt:
        return Prompt(
            self.instruction,
            profile(self.persona),
            shown,
            conversation(pair.asked),
            options(pair.replies),
            expects=_OrTie(),
            sampling=Sampling(
                self.temperature * (0.001 + draw / self.draws), max_tokens=self.max_tokens
            ),
            stage=self.stage,
            sample=draw,
        )


def rewards(
    judge: Demonstrated,
    asked: tuple[Message, ...],
    replies: Sequence[str],
    shown: Section | None = None,
) -> NDArray[np.float64]:
    """Share of its comparisons that each reply wins, each with each, in both orders, side by side.

    A tie is half a win for both. A single reply has nothing to win: 0.  # (replies,)
    """
    many = range(len(replies))
    places = [(one, other) for one in many for other in many if one != other]
    pairs = [Comparison(asked, (replies[one], replies[other])) for one, other in places]
    won = np.zeros(len(replies))
    for pair, said in zip(places, judge(pairs, shown), strict=True):
        if said.preferred is None:
            won[list(pair)] += 0.5
        else:
            won[pair[said.preferred]] += 1
    return won / max(2 * (len(replies) - 1), 1)


def solved(pairs: Sequence[tuple[Comparison, str | None]]) -> Section:
    """Pairs whose answer is known, with the reason where there is one, as prompts show them."""
    return own([_entry(pair, reason) for pair, reason in pairs])


def _entry(pair: Comparison, reason: str | None) -> Entry:
    asked = "\n".join(message.content for message in pair.asked)
    first, second = pair.replies
    facts = [] if pair.preferred is None else [("preferred", _PLACES[pair.preferred])]
    facts += [("why", reason)] if reason else []
    text = f"Asked: {asked}\nFirst: {first}\nSecond: {second}"
    return Entry(text, tuple(facts), (pair.event,) if pair.event else ())


def accuracy_in_both_orders(said: Sequence[tuple[Said, Said]]) -> float:
    """Share of right answers over pairs that were asked in both orders.

    Args:
        said: Of each pair, where the preferred reply stood first, and where it stood second. A tie
            is wrong in both, as in SynthesizeMe's code.
    """
    right = [one.preferred == 0 for one, _ in said] + [two.preferred == 1 for _, two in said]
    return float(np.mean(right)) if right else float("nan")
