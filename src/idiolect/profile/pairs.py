"""A user's choices between two replies: which of them to show a judge, and the reward it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Message, Request
from idiolect.lm import Section
from idiolect.lm import profile as believed
from idiolect.measure.judge import Comparison, Demonstrated, rewards, solved
from idiolect.profile.profile import Profile
from idiolect.roles import PreferenceModel
from idiolect.select import Attempt, Demonstration
from idiolect.select.demonstrations import Solve

Pairs = tuple[Demonstration[Comparison], ...]
_PERSONA = "This is who I am and what I like in replies. Keep it in mind when you answer me."
_GUESS = "Which of these two replies did I prefer, do you think?"
_KNOWN = "Right. Now let us talk. Answer me with all that you know of me in mind."
_READY = "I will."


@dataclass(frozen=True)
class PersonaReward(PreferenceModel):
    """A reward, with the persona and the pairs that its judge is shown."""

    profile: Profile = field(default_factory=lambda: Profile(""))
    shown: Pairs = ()

    @property
    def prefix(self) -> tuple[Message, ...]:
        """A conversation to put before another one, so that a model's replies suit the user.

        SynthesizeMe's second use of what it learned: the user gives the persona, then asks for a
        guess at each pair, which the model makes with its reason. Empty where nothing is known.
        """
        told = believed(self.profile.summary)
        return () if told is None else tuple(_talk(told, self.shown))


def _talk(told: Section, pairs: Pairs) -> Iterator[Message]:
    yield Message("user", f"{_PERSONA}\n\n{told.render()}")
    yield Message("assistant", _READY)
    for pair in pairs:
        asked = shown_pairs([Demonstration(replace(pair.example, preferred=None))])
        place = ("first", "second")[pair.example.preferred or 0]
        yield Message("user", f"{_GUESS}\n\n{asked.render()}")
        yield Message("assistant", f"{pair.reason or ''} You preferred the {place}.".strip())
    if pairs:
        yield Message("user", _KNOWN)
        yield Message("assistant", _READY)


def shown_pairs(shown: Sequence[Demonstration[Comparison]]) -> Section:
    """Pairs as prompts show them, with what was preferred and, where there is one, the reason."""
    return solved([(one.example, one.reason) for one in shown])


def solving(judge: Demonstrated) -> Solve[Comparison]:
    """Makes a judge solve pairs whose answer is known; a tie is wrong."""

    def solve(
        shown: Sequence[Demonstration[Comparison]], asked: Sequence[Comparison]
    ) -> list[Attempt]:
        said = judge(asked, shown_pairs(shown))
        return [
            Attempt(one.preferred is not None and one.preferred == pair.preferred, one.reasoning)
            for one, pair in zip(said, asked, strict=True)
        ]

    return solve


def pair_reward(
    judge: Demonstrated, shown: Pairs = ()
) -> Callable[[Request, Sequence[str]], NDArray[np.float64]]:
    """The reward of a reply: the share of its comparisons, in both orders, that it wins."""

    def reward(request: Request, replies: Sequence[str]) -> NDArray[np.float64]:
        asked = (Message("user", request.query),) if request.query else ()
        return rewards(judge, (*request.messages, *asked), replies, shown_pairs(shown))

    return reward


def pair_scores(
    request: Request, user: PreferenceModel, options: Sequence[str]
) -> NDArray[np.float64]:
    """Rewards of a request's options; an option may be the label of a reply that is given."""
    return user.reward(request, [str(request.given.get(option, option)) for option in options])
