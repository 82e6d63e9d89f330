"""Readable user models: claims with evidence, a summary, and the texts they rest on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

from idiolect.difference import Difference
from idiolect.errors import DataError
from idiolect.lm import Entry

Status = Literal["stated", "inferred", "corrected", "suppressed"]
#: A misspelt field in an edited profile is an error, not a field left out.
_STRICT: Mapping[str, Any] = {"extra": "forbid"}


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
    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT


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
        sources: Ids of events that the summary was made from, beside those of the other parts.
    """

    user: str
    summary: str = ""
    claims: tuple[Claim, ...] = ()
    differences: tuple[Difference, ...] = ()
    examples: tuple[Entry, ...] = ()
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids of the events that it was made from, each once."""
        ids = [
            *(event for entry in self.examples for event in entry.events),
            *(event for claim in self.claims for event in (*claim.own, *claim.reference)),
            *(event for found in self.differences for event in found.evidence),
            *self.sources,
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
        from pydantic import TypeAdapter, ValidationError

        try:
            read: Profile = TypeAdapter(cls).validate_json(text, strict=True)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the whole text"
            raise DataError(
                f"Found {text[:80]!r}, which is no profile ({where}: {first['msg'].lower()}); give "
                "what `Profile.to_json` wrote."
            ) from error
        return read


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
