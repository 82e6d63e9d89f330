"""One thing believed of a user: in words or as a typed attribute, with the spans that show it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Literal

from idiolect.data import Event, Events, as_time
from idiolect.difference import Difference
from idiolect.difference.measured import QUOTE_CHARACTERS, QUOTES
from idiolect.errors import DataError
from idiolect.measure import Text

#: Said by the user, inferred, corrected by the user, or not to be used.
Status = Literal["stated", "inferred", "corrected", "suppressed"]
Polarity = Literal["positive", "negative", "neutral"]
Value = str | float | bool
#: What is believed before what; only among equals the newer is.
RANK: Mapping[Status, int] = {"suppressed": -1, "inferred": 0, "stated": 1, "corrected": 2}
#: A misspelt field in an edited profile is an error, not a field left out.
STRICT: Mapping[str, Any] = {"extra": "forbid"}


_YES_OR_NO = {"true": True, "yes": True, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class Span:
    """A place in one of the user's own events.

    Attributes:
        event: Its id.
        quote: The words there; empty for the event as a whole.
        start: Where they begin in its text, in characters.
    """

    event: str
    quote: str = ""
    start: int = 0

    @classmethod
    def of(cls, quote: str, event: Event) -> Span | None:
        """The first place where an event says this; None where it does not.

        Only white space may differ: models break lines anew.
        """
        words = quote.split()
        if not words:
            return None
        at = event.text.find(quote)
        if at < 0:
            found = re.search(r"\s+".join(map(re.escape, words)), event.text)
            return None if found is None else cls(event.id, found[0], found.start())
        return cls(event.id, quote, at)

    def occurs(self, event: Event) -> bool:
        """True if the event says this, there."""
        return event.id == self.event and event.text.startswith(self.quote, self.start)


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing believed of a user.

    Times without a zone are read as UTC.

    Attributes:
        text: What is believed, as a sentence.
        dimension: Which side of the person it is about, for example `writing`.
        confidence: 0..1; how sure, see where it was made.
        status: Said by the user, inferred, corrected by the user, or not to be used.
        polarity: Whether the user is for it, against it, or neither.
        spans: Places in the user's own events that show it.
        reference: Ids of other people's events that it was compared with.
        attribute: Name of the attribute of a schema that it gives; empty for free claims.
        value: What the attribute is.
        when: In which situation it holds; empty for always.
        valid_from: Since when it holds; None: always, as far as is known.
        valid_to: Until when it held; None: it still does.
        learned_at: When it was learned: the time of the newest event that shows it.
        durability: Days after which it counts half as current; None lasts.
        sensitive: Kind of sensitive matter (`health`, `beliefs`, …); empty for none.
        distinctiveness: 0..1, how rare it is among other people; None where not measured.
        id: The same over all versions; given by the profile that it is added to.
        version: 1, and one more at every change.

    Raises:
        DataError: It says nothing, or has no dimension, a number is out of range, or it ends
            before it begins.
    """

    text: str
    dimension: str
    confidence: float
    status: Status = "inferred"
    polarity: Polarity = "neutral"
    spans: tuple[Span, ...] = ()
    reference: tuple[str, ...] = ()
    attribute: str = ""
    value: Value | None = None
    when: str = ""
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    learned_at: datetime | None = None
    durability: float | None = None
    sensitive: str = ""
    distinctiveness: float | None = None
    id: str = ""
    version: int = 1
    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise DataError("Found a claim without words; say in a sentence what is believed.")
        if not self.dimension.strip():
            raise DataError(
                f"Found {self.text!r} without a dimension; say which side of the person it is "
                "about, such as 'tastes'."
            )
        for name in ("confidence", "distinctiveness"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise DataError(f"Found {name}={value!r} in {self.text!r}; give 0 to 1.")
        if isinstance(self.value, float) and not math.isfinite(self.value):
            raise DataError(f"Found value={self.value!r} in {self.text!r}; give a finite number.")
        if self.durability is not None and not 0 < self.durability < math.inf:
            raise DataError(
                f"Found durability={self.durability!r} in {self.text!r}; give days above 0, or "
                "None for what lasts."
            )
        for name in ("valid_from", "valid_to", "learned_at"):
            if (time := getattr(self, name)) is not None:
                object.__setattr__(self, name, as_time(time))
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise DataError(
                f"Found {self.text!r} valid from {self.valid_from:%Y-%m-%d} to "
                f"{self.valid_to:%Y-%m-%d}; it must not end before it begins."
            )

    @property
    def own(self) -> tuple[str, ...]:
        """Ids of the user's events that it rests on, each once."""
        return tuple(dict.fromkeys(span.event for span in self.spans))

    @property
    def about(self) -> str:
        """Its dimension, as prompts show it."""
        return self.dimension

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids of all events that it rests on."""
        return (*self.own, *self.reference)

    @property
    def quotes(self) -> tuple[str, ...]:
        """The words that show it, each once."""
        return tuple(dict.fromkeys(span.quote for span in self.spans if span.quote))

    @property
    def said(self) -> tuple[str, Value | None, str]:
        """Equal for claims that say the same: in the same words, or as the same attribute."""
        if self.attribute:
            return self.attribute, self.value, self.when
        return " ".join(self.text.casefold().split()), None, self.when

    def holds(self, at: datetime | None = None) -> bool:
        """True if it may be used: not suppressed, and valid (at a time; None: now and still)."""
        if self.status == "suppressed":
            return False
        if at is None:
            return self.valid_to is None
        at = as_time(at)
        begun = self.valid_from is None or self.valid_from <= at
        return begun and (self.valid_to is None or at < self.valid_to)

    def currency(self, at: datetime | None) -> float:
        """How current it is, 0..1: halved every `durability` days since it was learned."""
        if at is None or self.learned_at is None or self.durability is None:
            return 1.0
        days = max(0.0, (as_time(at) - self.learned_at).total_seconds() / 86_400)
        return float(0.5 ** (days / self.durability))

    def reads(self, text: str) -> Value:
        """The value of its attribute in other words, such as ``home: Oslo``.

        Raises:
            DataError: They do not have that form, or not the kind of its value.
        """
        label = self.attribute.replace("_", " ")
        name, _, said = (part.strip() for part in text.partition(":"))
        if name.casefold() in (label.casefold(), self.attribute.casefold()) and said:
            if isinstance(self.value, str):
                return said
            if isinstance(self.value, bool):
                if (low := said.casefold()) in _YES_OR_NO:
                    return _YES_OR_NO[low]
            else:
                try:
                    return float(said)
                except ValueError:
                    pass
        raise DataError(
            f"Found {text!r} for the attribute {self.attribute!r}, which is {self.value!r}; write "
            f"'{label}: ' and a value of that kind, or give `value`."
        )

    def without(self, events: set[str]) -> Claim | None:
        """What is left when events are forgotten; None where nothing else shows it.

        A claim that never had a span was not made from events, and stays.
        """
        spans = tuple(span for span in self.spans if span.event not in events)
        if self.spans and not spans:
            return None
        reference = tuple(event for event in self.reference if event not in events)
        return replace(self, spans=spans, reference=reference)


def latest(*claims: Claim) -> datetime | None:
    """When the newest of some claims was learned."""
    return max((c.learned_at for c in claims if c.learned_at is not None), default=None)


def together(one: Claim, other: Claim) -> Claim:
    """One claim with the evidence of another, newer one that says the same.

    Confidence is the higher of the two: that things are said often makes them no surer. How rare
    they are is the newer figure, if it is of the same words.
    """
    fresh = other.distinctiveness if one.said == other.said else None
    return replace(
        one,
        spans=tuple(dict.fromkeys((*one.spans, *other.spans))),
        reference=tuple(dict.fromkeys((*one.reference, *other.reference))),
        confidence=max(one.confidence, other.confidence),
        status=max(one.status, other.status, key=RANK.__getitem__),
        learned_at=latest(one, other),
        valid_from=min(one.valid_from, other.valid_from or one.valid_from)
        if one.valid_from
        else None,
        distinctiveness=one.distinctiveness if fresh is None else fresh,
    )


def changed(before: Claim, after: Claim) -> dict[str, Any]:
    """The fields in which two forms of a claim differ, beside id and version."""
    return {
        name: value
        for name in Claim.__dataclass_fields__
        if name not in ("id", "version")
        and (value := getattr(after, name)) != getattr(before, name)
    }


def grounded(claims: Sequence[Claim], own: Events) -> tuple[list[Claim], list[str]]:
    """Claims whose every span really occurs in the user's own events, and why others were refused.

    Args:
        claims: Proposed.
        own: The user's events, for example `view.own`.
    """
    texts = {event.id: event for event in own}
    kept, refused = [], []
    for claim in claims:
        unknown = [span.event for span in claim.spans if span.event not in texts]
        absent = [
            span.quote
            for span in claim.spans
            if span.event in texts and not span.occurs(texts[span.event])
        ]
        if not claim.spans:
            refused.append(f"{claim.text!r} quotes nothing")
        elif unknown:
            refused.append(f"{claim.text!r} cites {unknown[0]!r}, no event of the user")
        elif absent:
            refused.append(f"{claim.text!r} quotes {absent[0]!r}, which does not occur")
        else:
            kept.append(claim)
    return kept, refused


def claims(differences: Sequence[Difference], own: Events) -> tuple[Claim, ...]:
    """Measured differences as claims; confidence is 1 − q, the share expected to be no accident.

    Args:
        differences: Those that were told are left out.
        own: The user's events, in which the quotes are.
    """
    texts = {event.id: event for event in own}
    return tuple(
        Claim(
            text=found.text,
            dimension=found.dimension,
            confidence=round(1 - found.q, 4),
            spans=_spans(found, texts),
            reference=found.reference,
        )
        for found in differences
        if found.q is not None
    )


def _spans(found: Difference, texts: Mapping[str, Event]) -> tuple[Span, ...]:
    """Its quotes where they are, then the events as a whole that none is from."""
    events = [texts[name] for name in found.own if name in texts]
    quoted: list[Span] = []
    if found.term is not None:
        with_it = (_sentence(found.term.text, event) for event in events[-QUOTES:])
        quoted += [span for span in with_it if span is not None]
    for quote in found.measure.quotes if found.measure is not None else ():
        spans = (span for event in events if (span := Span.of(quote, event)) is not None)
        quoted += [span for span in [next(spans, None)] if span is not None]
    shown = {span.event for span in quoted}
    return (*quoted, *(Span(name) for name in found.own if name not in shown))


def _sentence(word: str, event: Event) -> Span | None:
    """The first sentence with a word; None where there is none, or it is long."""
    whole = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
    said = (sentence for sentence in Text(event.text).sentences if whole.search(sentence))
    found = next(said, "").strip()
    return Span.of(found, event) if 0 < len(found) <= QUOTE_CHARACTERS else None
