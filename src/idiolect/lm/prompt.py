"""Prompts of typed sections, rendered within a token budget; what was cut is recorded.

Sections keep what they were made from (event ids, facts), so that a trace can say why a model was
told something, and the LLM-free floor can answer from structure instead of from prose.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from idiolect.data import Message
from idiolect.errors import SettingError
from idiolect.lm.expects import Expects, Text
from idiolect.lm.sections import Entry, Section, SectionKind, harmless

#: What is given up first when a prompt is too long; the other kinds are never cut.
GIVEN_UP: tuple[SectionKind, ...] = ("peers", "drafts", "differences", "own", "profile")
#: Between the numbers of one draw's attempts: more than lies between any draws that are asked for.
_ATTEMPT = 10_000_000


class Condition(Protocol):
    """Something that enters a model beside the words; only some models can honour it."""

    @property
    def kind(self) -> str:
        """`soft_tokens`, `adapter`, `steering` or `logit_bias`."""
        ...


@dataclass(frozen=True)
class Sampling:
    """How a reply is drawn; None leaves it to the model.

    Attributes:
        temperature: 0 takes the likeliest token.
        top_p: Share of the probability that is drawn from.
        max_tokens: Of the reply.
        seed: Of the draw.
        stop: Strings before which the reply ends.
        logprobs: Asks for the log probability of each token of the reply.
        extra_body: What this endpoint takes besides, such as `{"top_k": 20}`.
    """

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    logprobs: bool = False
    extra_body: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Cut:
    """An entry that the budget did not allow."""

    kind: SectionKind
    entry: Entry


@dataclass(frozen=True)
class Rendered:
    """What is sent.

    Attributes:
        messages: System and user message, then the prompt's turns.
        cut: What the budget did not allow.
        tokens: Length by the counter that was used.
    """

    messages: tuple[Message, ...]
    cut: tuple[Cut, ...]
    tokens: int

    @property
    def text(self) -> str:
        """The messages as one text."""
        return "\n\n".join(m.content for m in self.messages)


def estimate(text: str) -> int:
    """About how many tokens a text has: a token is about four characters of English."""
    return math.ceil(len(text) / 4)


@dataclass(frozen=True, init=False)
class Prompt:
    """An instruction, sections in order, and the reply that is expected.

    Args:
        instruction: The wording of the stage; shared by all users, so it comes first.
        sections: Typed parts; None and empty ones are left out.
        expects: The form of the reply.
        conditions: What enters the model beside the words.
        sampling: How the reply is drawn.
        stage: A name for traces and tests, such as ``"compare"``.
        sample: Index of a repeated draw; distinct draws of one prompt stay distinct.
        turns: What was said since: an unusable reply and what is wrong with it.

    Attributes:
        attempt: How often this very draw was asked for before, and nothing came. It is the same
            draw still, so that who keeps replies keeps what comes at last as this draw's.
    """

    instruction: str
    sections: tuple[Section, ...]
    expects: Expects
    conditions: tuple[Condition, ...]
    sampling: Sampling
    stage: str
    sample: int
    turns: tuple[Message, ...]
    attempt: int

    def __init__(
        self,
        instruction: str,
        *sections: Section | None,
        expects: Expects | None = None,
        conditions: Iterable[Condition] = (),
        sampling: Sampling | None = None,
        stage: str = "",
        sample: int = 0,
        turns: Iterable[Message] = (),
    ) -> None:
        kept = tuple(s for s in sections if s is not None and s.entries)
        for name, value in {
            "instruction": instruction,
            "sections": kept,
            "expects": Text() if expects is None else expects,
            "conditions": tuple(conditions),
            "sampling": Sampling() if sampling is None else sampling,
            "stage": stage,
            "sample": sample,
            "turns": tuple(turns),
            "attempt": 0,
        }.items():
            object.__setattr__(self, name, value)

    def section(self, kind: SectionKind) -> tuple[Entry, ...]:
        """All entries of one kind."""
        return tuple(e for s in self.sections if s.kind == kind for e in s.entries)

    @property
    def events(self) -> tuple[str, ...]:
        """Ids of all events that something in this prompt was made from, each once."""
        return tuple(dict.fromkeys(event for s in self.sections for event in s.events))

    @property
    def touches(self) -> tuple[str, ...]:
        """`events`, and those in whose place something is asked for: what forgetting goes by."""
        return tuple(dict.fromkeys((*self.events, *(s.asked for s in self.sections if s.asked))))

    @property
    def draw(self) -> int:
        """A number for each draw and each attempt at it: what a model adds to the seed."""
        return self.sample + self.attempt * _ATTEMPT

    def replace(self, **changes: Any) -> Prompt:
        """A copy with other attributes."""
        made = object.__new__(Prompt)
        for name in self.__dataclass_fields__:
            object.__setattr__(made, name, changes.get(name, getattr(self, name)))
        return made

    def render(self, budget: int | None = None, count: Callable[[str], int] = estimate) -> Rendered:
        """The messages to send, within `budget` tokens.

        Entries are given up one by one from the end of a section: first peers, then drafts,
        differences, own texts, profile.

        Raises:
            SettingError: Even without all of those the prompt is longer than the budget.
        """
        giving = [
            at
            for kind in GIVEN_UP
            for at, section in enumerate(self.sections)
            if section.kind == kind
            for _ in section.entries
        ]

        fixed = count(self.instruction) + sum(count(turn.content) for turn in self.turns)

        def without(given_up: int) -> tuple[str, int]:
            gone = Counter(giving[:given_up])
            kept = [s.entries[: len(s.entries) - gone[at]] for at, s in enumerate(self.sections)]
            body = [
                Section(s.kind, k).render() for s, k in zip(self.sections, kept, strict=True) if k
            ]
            # The options of a choice may be somebody's words.
            hint = harmless(self.expects.hint())
            content = "\n\n".join(part for part in (*body, hint) if part)
            return content, fixed + count(content)

        # Fewer entries never make a longer prompt, so the least cut is found by halving.
        most = math.inf if budget is None else budget
        fits = range(1, len(giving) + 1)
        enough = 0
        if without(0)[1] > most:
            enough = 1 + bisect_left(fits, True, key=lambda n: without(n)[1] <= most)
        if enough > len(giving):
            raise SettingError(
                f"Prompt {self.stage!r} has {without(len(giving))[1]} tokens after everything that "
                f"may be cut was cut; the budget is {budget}. Raise the budget or shorten the "
                "request."
            )
        content, tokens = without(enough)
        left = {at: list(section.entries) for at, section in enumerate(self.sections)}
        cut = [Cut(self.sections[at].kind, left[at].pop()) for at in giving[:enough]]
        messages = (Message("system", self.instruction), Message("user", content))
        return Rendered((*messages[: 2 if content else 1], *self.turns), tuple(cut), tokens)


def shared_prefix(first: Prompt, second: Prompt) -> int:
    """Leading characters that two prompts share, as sent without a budget.

    Servers keep what they computed for a prefix: what is shared is neither computed nor, at some
    endpoints, paid again. `estimate` of as many characters gives tokens.
    """
    one, other = first.render().text, second.render().text
    lengths = range(1, min(len(one), len(other)) + 1)
    return bisect_left(lengths, True, key=lambda length: one[:length] != other[:length])
