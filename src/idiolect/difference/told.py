"""The told voice: a language model describes how a text differs from others on the same item."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from idiolect.data import Event, Events, View
from idiolect.difference.found import Difference
from idiolect.lm import LanguageModel, Prompt, Sampling, Text, item, own, peers
from idiolect.select import Chosen

#: DPL's three dimensions, with what to look at in each (paper, section 3.3).
STYLES: dict[str, str] = {
    "writing": "word choice and sentence structure",
    "emotional": "tone and strength of feeling",
    "semantic": "density of information and coherence",
}


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
    choose: Callable[[Event, View], Chosen]
    wording: str
    dimensions: Sequence[tuple[str, str]] = tuple(STYLES.items())
    sampling: Sampling | None = None

    def __call__(self, events: Events, view: View) -> tuple[Difference, ...]:
        """One difference an event that has peers; its dimension names all that were asked."""
        chosen = [self.choose(event, view) for event in events]
        compared = [(events.take([at]), picked) for at, picked in enumerate(chosen) if len(picked)]
        replies = self.lm.reply([self._prompt(mine, picked) for mine, picked in compared])
        return tuple(
            Difference(
                dimension=", ".join(name for name, _ in self.dimensions),
                text=reply.value,
                voice="told",
                own=tuple(mine.ids),
                reference=tuple(picked.events.ids),
                reasons=picked.reasons,
                note=picked.note,
                about=_about(mine),
            )
            for (mine, picked), reply in zip(compared, replies, strict=True)
        )

    def _prompt(self, mine: Events, picked: Chosen) -> Prompt:
        looked_at = "\n".join(f"- {name}: {what}" for name, what in self.dimensions)
        return Prompt(
            self.wording.format(peers=_people(len(picked)), dimensions=looked_at),
            item(mine.about[0]),
            own(mine),
            peers(picked.events),
            expects=Text("comparison"),
            sampling=self.sampling,
            stage="compare",
        )


def _people(number: int) -> str:
    return "1 other person" if number == 1 else f"{number} other people"


def _about(mine: Events) -> str:
    thing = mine.about[0]
    return "" if thing is None else thing.words or thing.id
