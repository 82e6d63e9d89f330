"""An inferred preference against the real one, item by item: CUPID's judge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from idiolect.data import Event, View
from idiolect.lm import Entry, Json, LanguageModel, Prompt, Sampling, Section
from idiolect.measure.judge.asking import lacks, replies
from idiolect.roles import Verdict

#: Label → share of an item that it counts for.
LABELS: dict[str, float] = {"Fully": 1.0, "Partially": 0.5, "Not": 0.0}
Label: TypeAlias = Literal["Fully", "Partially", "Not"]
#: Where a reference holds its checklist, in `Event.extra`.
CHECKLIST = "checklist"

ITEMS = (
    "Cut the preference that you see into single items, each a short question that can be answered "
    "by yes or no of a reply. Keep everything that it says and add nothing."
)
MATCH = (
    "You see the items of one description of what a user prefers, numbered, and as the option "
    "another description. Label each item by how far the other description says the same: Fully, "
    "Partially (only a part, or only more generally), or Not. Give one label an item, in order."
)


@dataclass(frozen=True)
class Items:
    """A preference, cut into items."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Labels:
    """A label for each item, in order."""

    labels: tuple[Label, ...]


@dataclass(frozen=True)
class Checklist:
    """How far an inferred preference and the real one say the same; precision and recall.

    The inferred sentence is cut into items by the model. Each is labelled against the real
    preference (precision), each item of the real checklist against the inferred sentence (recall).
    A sentence without items says nothing: precision has nothing to count, recall is 0.

    Args:
        lm: Who judges; it has to answer in JSON.
        checklist: Items of the real preference; None takes those of the reference,
            `extra["checklist"]`.
        items: What is asked to cut the sentence.
        match: What is asked to label items.
        temperature: 0, so that the same sentence gets the same labels.
    """

    lm: LanguageModel
    checklist: tuple[str, ...] | None = None
    items: str = ITEMS
    match: str = MATCH
    temperature: float = 0.0

    def __call__(self, view: View, output: str, reference: Event | None) -> Verdict:
        """F1 of this one; its parts are the sums that `micro` adds up.

        Raises:
            CapabilityError: The model cannot judge.
        """
        missing = lacks(reference, output)
        if missing or reference is None:
            return Verdict(None, missing)
        held = reference.extra.get(CHECKLIST) if self.checklist is None else self.checklist
        gold = tuple(map(str, held or ()))
        if not gold:
            return Verdict(None, "There is no checklist to judge by.")
        cut = Prompt(
            self.items,
            Section("options", (Entry(output),)),
            expects=Json(Items),
            sampling=Sampling(self.temperature),
            stage="items",
        )
        found = replies(self.lm, [cut])
        if isinstance(found, str):
            return Verdict(None, found)
        inferred = tuple(one for one in found[0].value.items if one.strip())
        pairs = [(inferred, reference.text)] * bool(inferred) + [(gold, output)]
        labelled = replies(self.lm, [self._labels(*pair) for pair in pairs])
        if isinstance(labelled, str):
            return Verdict(None, labelled)
        for (asked, _), reply in zip(pairs, labelled, strict=True):
            if len(reply.value.labels) != len(asked):
                return Verdict(
                    None, f"Found {len(reply.value.labels)} labels for {len(asked)} items."
                )
        *first, second = (sum(LABELS[one] for one in reply.value.labels) for reply in labelled)
        counts = Counts(sum(first), len(inferred), second, len(gold))
        return Verdict(counts.f1, parts=vars(counts))

    def _labels(self, items: Sequence[str], other: str) -> Prompt:
        return Prompt(
            self.match,
            Section("query", tuple(map(Entry, items))),
            Section("options", (Entry(other),)),
            expects=Json(Labels),
            sampling=Sampling(self.temperature),
            stage="match",
        )


@dataclass(frozen=True)
class Counts:
    """Sums of labels over one instance or many.

    Attributes:
        matched: Sum of the labels of the inferred items.
        inferred: How many there are.
        covered: Sum of the labels of the real items.
        gold: How many there are.
    """

    matched: float
    inferred: float
    covered: float
    gold: float

    @property
    def precision(self) -> float:
        """Share of what was inferred that is so; NaN where nothing was inferred."""
        return self.matched / self.inferred if self.inferred else float("nan")

    @property
    def recall(self) -> float:
        """Share of what is so that was inferred; NaN where there is nothing."""
        return self.covered / self.gold if self.gold else float("nan")

    @property
    def f1(self) -> float:
        """Harmonic mean of both; 0 where nothing right was inferred."""
        if not self.matched or not self.covered:
            return 0.0
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def micro(verdicts: Iterable[Verdict]) -> Counts:
    """CUPID's aggregation: labels are summed over all instances first, then divided.

    Verdicts without a value do not count; say how many there are beside the figures.
    """
    made = [verdict.parts for verdict in verdicts if verdict.value is not None]
    names = ("matched", "inferred", "covered", "gold")
    return Counts(*(sum(parts[name] for parts in made) for name in names))
