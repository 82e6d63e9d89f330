"""The told voice: a language model describes how a text differs from others on the same item."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Gt

from idiolect.data import Event, Events, View
from idiolect.difference.found import Difference, Point
from idiolect.lm import (
    Entry,
    Expects,
    Json,
    LanguageModel,
    Prompt,
    Sampling,
    Section,
    Text,
    item,
    own,
    peers,
)
from idiolect.select import Chosen

#: DPL's three dimensions, with what to look at in each (paper, section 3.3).
STYLES: dict[str, str] = {
    "writing": "word choice and sentence structure",
    "emotional": "tone and strength of feeling",
    "semantic": "density of information and coherence",
}
Choose = Callable[[Event, View], Chosen]


@dataclass(frozen=True)
class Points:
    """The reply to a comparison that discovers: each dimension with a difference."""

    differences: tuple[Point, ...]


@dataclass(frozen=True)
class Supported:
    """The reply to a validation: the numbers, from 1, of the differences that hold."""

    numbers: tuple[Annotated[int, Gt(0)], ...]


@dataclass(frozen=True)
class Pair:
    """One own text and the peers' texts that it is compared with."""

    mine: Events
    chosen: Chosen

    def prompt(
        self,
        wording: str,
        dimensions: Sequence[tuple[str, str]],
        *shown: Section,
        expects: Expects,
        sampling: Sampling | None,
        stage: str,
    ) -> Prompt:
        """The comparison as DPL shows it: item, own text, peers' texts, then what is `shown`."""
        looked_at = "\n".join(f"- {name}: {what}" for name, what in dimensions)
        return Prompt(
            wording.format(peers=_people(len(self.chosen)), dimensions=looked_at),
            item(self.mine.about[0]),
            own(self.mine),
            peers(self.chosen.events),
            *shown,
            expects=expects,
            sampling=sampling,
            stage=stage,
        )

    def difference(
        self, dimensions: Sequence[str], text: str, points: Sequence[Point] = ()
    ) -> Difference:
        """What was said of it, with its evidence."""
        thing = self.mine.about[0]
        return Difference(
            dimension=", ".join(dimensions),
            text=text,
            voice="told",
            own=tuple(self.mine.ids),
            reference=tuple(self.chosen.events.ids),
            reasons=self.chosen.reasons,
            note=self.chosen.note,
            about="" if thing is None else thing.words or thing.id,
            points=tuple(points),
        )


def _pairs(events: Events, view: View, choose: Choose) -> list[Pair]:
    """Each event that has peers, with the chosen ones."""
    pairs = [Pair(events.take([at]), choose(event, view)) for at, event in enumerate(events)]
    return [pair for pair in pairs if len(pair.chosen)]


def _people(number: int) -> str:
    return "1 other person" if number == 1 else f"{number} other people"


@dataclass(frozen=True)
class Told:
    """Differences of own texts from chosen peers', one prompt an own text, asked side by side.

    Attributes:
        lm: Who describes.
        choose: Which peers stand for the others on an item.
        wording: The instruction, with `{peers}` for the true number of peers and `{dimensions}`.
        dimensions: Dimension → what to look at.
        sampling: How replies are drawn.
    """

    lm: LanguageModel
    choose: Choose
    wording: str
    dimensions: Sequence[tuple[str, str]] = tuple(STYLES.items())
    sampling: Sampling | None = None

    def __call__(self, events: Events, view: View) -> tuple[Difference, ...]:
        """One difference an event that has peers; its dimension names all that were asked."""
        pairs = _pairs(events, view, self.choose)
        replies = self.lm.reply([self._prompt(pair) for pair in pairs])
        names = [name for name, _ in self.dimensions]
        return tuple(
            pair.difference(names, reply.value) for pair, reply in zip(pairs, replies, strict=True)
        )

    def _prompt(self, pair: Pair) -> Prompt:
        return pair.prompt(
            self.wording,
            self.dimensions,
            expects=Text("comparison"),
            sampling=self.sampling,
            stage="compare",
        )


@dataclass(frozen=True)
class Discovered:
    """As `Told`, with dimensions that the model finds, and drops where the texts do not show them.

    Two rounds, each side by side: one prompt an own text finds, one validates what it found.

    Attributes:
        lm: Who describes; it has to answer in JSON.
        choose: Which peers stand for the others on an item.
        find: The instruction, with `{peers}` and `{dimensions}`.
        validate: The instruction of the second round, with `{peers}`; empty for no such round.
        dimensions: Dimension → what to look at, to begin with.
        sampling: How replies are drawn.
    """

    lm: LanguageModel
    choose: Choose
    find: str
    validate: str = ""
    dimensions: Sequence[tuple[str, str]] = tuple(STYLES.items())
    sampling: Sampling | None = None

    def __call__(self, events: Events, view: View) -> tuple[Difference, ...]:
        """One difference an event that has peers and of which something was found that holds."""
        pairs = _pairs(events, view, self.choose)
        asked = [self._prompt(self.find, pair, Points, "discover") for pair in pairs]
        points = [reply.value.differences for reply in self.lm.reply(asked)]
        found = [(pair, each) for pair, each in zip(pairs, points, strict=True) if each]
        if self.validate:
            asked = [
                self._prompt(self.validate, pair, Supported, "validate", _shown(each))
                for pair, each in found
            ]
            held = [set(reply.value.numbers) for reply in self.lm.reply(asked)]
            found = [
                (pair, tuple(point for at, point in enumerate(each, 1) if at in numbers))
                for (pair, each), numbers in zip(found, held, strict=True)
            ]
        return tuple(
            pair.difference([p.dimension for p in each], "\n".join(map(_line, each)), each)
            for pair, each in found
            if each
        )

    def _prompt(
        self, wording: str, pair: Pair, form: type[Points | Supported], stage: str, *shown: Section
    ) -> Prompt:
        return pair.prompt(
            wording,
            self.dimensions,
            *shown,
            expects=Json(form),
            sampling=self.sampling,
            stage=stage,
        )


def _line(point: Point) -> str:
    return f"{point.dimension} ({point.definition}): {point.description}"


def _shown(points: Sequence[Point]) -> Section:
    return Section(
        "differences",
        tuple(
            Entry(p.description, (("dimension", p.dimension), ("definition", p.definition)))
            for p in points
        ),
    )
