"""Readable user models: claims with evidence, a summary, and the texts they rest on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from idiolect.difference import Difference, Measure
from idiolect.errors import DataError
from idiolect.lm import Entry

Status = Literal["stated", "inferred", "corrected", "suppressed"]


@dataclass(frozen=True)
class Claim:
    """One thing believed of a user.

    Attributes:
        text: What is believed.
        dimension: Which side of the person it is about.
        confidence: 0..1; how sure, see where it was made.
        status: Said by the user, inferred, corrected by the user, or not to be used.
        own: Ids of the user's events that it rests on.
        reference: Ids of other people's events that it was compared with.
        quotes: Spans of own texts that show it.
    """

    text: str
    dimension: str
    confidence: float
    status: Status = "inferred"
    own: tuple[str, ...] = ()
    reference: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """A user model in words.

    Attributes:
        user: Whose.
        summary: What a prompt is told; empty where nothing is worth saying.
        claims: Single beliefs, most distinctive first.
        differences: What sets the user apart, as it was found.
        examples: Own texts that a prompt may show, best first.
        notes: What limits it.
    """

    user: str
    summary: str = ""
    claims: tuple[Claim, ...] = ()
    differences: tuple[Difference, ...] = ()
    examples: tuple[Entry, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids of the events that it was made from, each once."""
        ids = [
            *(event for entry in self.examples for event in entry.events),
            *(event for claim in self.claims for event in (*claim.own, *claim.reference)),
            *(event for found in self.differences for event in found.evidence),
        ]
        return tuple(dict.fromkeys(ids))

    def to_json(self) -> str:
        """As JSON; `from_json` reads it back equal."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Profile:
        """The profile that `to_json` wrote.

        Raises:
            DataError: The text is not such JSON.
        """
        try:
            read: Mapping[str, Any] = json.loads(text)
            return cls(
                user=read["user"],
                summary=read["summary"],
                claims=tuple(Claim(**_tuples(c)) for c in read["claims"]),
                differences=tuple(_difference(d) for d in read["differences"]),
                examples=tuple(
                    Entry(e["text"], tuple((k, v) for k, v in e["facts"]), tuple(e["events"]))
                    for e in read["examples"]
                ),
                notes=tuple(read["notes"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"Found {text[:80]!r}, which is no profile ({error!r}); give what "
                "`Profile.to_json` wrote."
            ) from error


def claims(differences: tuple[Difference, ...]) -> tuple[Claim, ...]:
    """Measured differences as claims; confidence is 1 − q, the share expected to be no accident."""
    return tuple(
        Claim(
            text=found.text,
            dimension=found.dimension,
            confidence=round(1 - found.measure.q, 4),
            own=found.own,
            reference=found.reference,
            quotes=found.measure.quotes,
        )
        for found in differences
        if found.measure is not None
    )


def _tuples(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}


def _difference(fields: Mapping[str, Any]) -> Difference:
    measure = fields["measure"]
    plain = _tuples({k: v for k, v in fields.items() if k != "measure"})
    return Difference(**plain, measure=Measure(**_tuples(measure)) if measure else None)
