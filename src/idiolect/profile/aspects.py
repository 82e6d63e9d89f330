"""Letting a model say which aspects moved a user's responses, and which of them are the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Le

from idiolect.lm import Entry, Json, LanguageModel, Prompt, Sampling, Section, Text, own
from idiolect.profile.claim import STRICT
from idiolect.profile.factors import Aspect, Factor

_WAYS = {"for": 1.0, "against": -1.0, "neither": 0.0}


@dataclass(frozen=True)
class NotedAspect:
    """What a model notes of one aspect."""

    name: str
    influence: Annotated[float, Ge(0), Le(1)]
    polarity: Literal["for", "against", "neither"]
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True)
class NotedAspects:
    """What a model notes of one text or request."""

    aspects: tuple[NotedAspect, ...]


@dataclass(frozen=True)
class Group:
    """Aspects that a model takes to be the same factor, by their numbers."""

    name: str
    numbers: tuple[int, ...]
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True)
class Groups:
    """All factors that a model sees."""

    factors: tuple[Group, ...]


@dataclass(frozen=True)
class ToldAspects:
    """Lets a model note the aspects of texts or requests: one prompt each, side by side.

    Attributes:
        lm: Who notes; it has to answer in JSON.
        wording: The instruction.
        sampling: How replies are drawn.
        stage: A name for traces.
    """

    lm: LanguageModel
    wording: str
    sampling: Sampling | None = None
    stage: str = "aspects"

    def __call__(self, shown: Sequence[tuple[str, Sequence[Section | None]]]) -> list[list[Aspect]]:
        """The aspects of each.

        Args:
            shown: An event's id (empty for a request) and the sections that show it.
        """
        replies = self.lm.reply(
            Prompt(
                self.wording,
                *sections,
                expects=Json(NotedAspects),
                sampling=self.sampling,
                stage=self.stage,
            )
            for _, sections in shown
        )
        return [
            [
                Aspect(noted.name.strip(), noted.influence, _WAYS[noted.polarity], event)
                for noted in reply.value.aspects
                if noted.name.strip()
            ]
            for (event, _), reply in zip(shown, replies, strict=True)
        ]


def grouped(
    lm: LanguageModel, wording: str, aspects: Sequence[Aspect], sampling: Sampling | None = None
) -> tuple[dict[str, list[int]], int]:
    """Lets a model group aspects into factors: one prompt, and none without aspects.

    Returns:
        Factor → positions of its aspects, and how many numbers named no aspect.
    """
    if not aspects:
        return {}, 0
    numbered = tuple(
        Entry(f"{n}: {aspect.name}", events=(aspect.event,)) for n, aspect in enumerate(aspects, 1)
    )
    asked = Prompt(
        wording,
        Section("profile", numbered),
        expects=Json(Groups),
        sampling=sampling,
        stage="group",
    )
    groups: dict[str, list[int]] = {}
    wrong = 0
    for group in lm.one(asked).value.factors:
        right = [n - 1 for n in group.numbers if 1 <= n <= len(aspects)]
        wrong += len(group.numbers) - len(right)
        if right and group.name.strip():
            groups.setdefault(group.name.strip(), []).extend(right)
    return groups, wrong


def reasons(
    lm: LanguageModel,
    wording: str,
    shown: Sequence[Entry],
    found: Sequence[Factor],
    sampling: Sampling | None = None,
) -> list[str]:
    """Lets a model explain each past response by the factors: one prompt each, side by side.

    Without factors there is nothing to explain by, and each reason is empty.
    """
    if not found:
        return [""] * len(shown)
    known = Section("profile", tuple(Entry(one.text, events=one.events) for one in found))
    replies = lm.reply(
        Prompt(wording, own([entry]), known, expects=Text(), sampling=sampling, stage="reason")
        for entry in shown
    )
    return [reply.value for reply in replies]


def path(event: str, found: Sequence[Factor]) -> str:
    """The factors that a past text has, each with its leaning: a reasoning path that is counted."""
    return "; ".join(f"{one.name} ({one.leaning})" for one in found if event in one.events)


def because(entry: Entry, why: str) -> Entry:
    """A past text with the reason behind it as a fact."""
    return replace(entry, facts=(*entry.facts, ("because", why))) if why else entry
