"""What the pages of a profile say, whatever they are printed on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idiolect.profile.claim import Claim
from idiolect.profile.profile import Change, Profile
from idiolect.run.profile_file import Stored

if TYPE_CHECKING:
    import polars as pl

MEANING = {
    "stated": "the person said so",
    "inferred": "concluded from texts",
    "corrected": "in the person's own words",
    "suppressed": "not to be used",
}
#: Claims that the first section shows.
FIRST = 5
#: Distinctiveness from which a claim sets somebody apart, as the filter's default.
_APART = 0.5


@dataclass(frozen=True)
class Parts:
    """A profile's claims in the order in which a page shows them; each is in one place.

    Attributes:
        apart: What sets the person apart most, strongest first.
        sides: Dimension → its other claims.
        ended: No longer true.
        suppressed: Not to be used.
    """

    apart: tuple[Claim, ...]
    sides: dict[str, list[Claim]]
    ended: tuple[Claim, ...]
    suppressed: tuple[Claim, ...]

    @classmethod
    def of(cls, profile: Profile, first: int = FIRST) -> Parts:
        """The parts of a profile."""
        current = profile.current()
        strong = {claim.id: strength(profile, claim) for claim in current}
        ranked = sorted(current, key=lambda claim: -strong[claim.id])
        apart = tuple(claim for claim in ranked if strong[claim.id] > 0)[:first]
        sides: dict[str, list[Claim]] = {}
        for claim in current:
            if claim not in apart:
                sides.setdefault(claim.dimension, []).append(claim)
        return cls(
            apart,
            sides,
            tuple(c for c in profile.claims if c.valid_to and c.status != "suppressed"),
            tuple(c for c in profile.claims if c.status == "suppressed"),
        )


def strength(profile: Profile, claim: Claim) -> float:
    """How far a claim sets somebody apart: 0 for what does not, or was not compared.

    A measured difference counts by its effect, 1 for a standard deviation; others by how
    distinctive they are.
    """
    for found in profile.differences:
        if found.measure is not None and found.text == claim.text:
            return abs(found.measure.effect)
    if claim.distinctiveness is not None and claim.distinctiveness >= _APART:
        return claim.distinctiveness
    return 0.0


def lead(stored: Stored) -> str:
    """The situation in one line."""
    profile, made = stored.profile, stored.made
    current = profile.current()
    counted = [
        (len([c for c in current if c.status == status]), status)
        for status in ("stated", "corrected", "inferred")
    ]
    kinds = ", ".join(f"{number} {status}" for number, status in counted if number)
    first = many(len(current), "claim") + (f": {kinds}" if kinds else "")
    parts = [f"{first}."]
    if made:
        read = many(stored.texts, "own text")
        parts.append(f"Built by {made['recipe']} with {made['model']} from {read}.")
    parts.append(f"Version {profile.version}.")
    return " ".join(parts)


def remarks(stored: Stored) -> tuple[str, ...]:
    """What limits it."""
    refused = stored.refused
    said = (
        f"{many(len(refused), 'claim')} had no evidence that really occurs and "
        f"{'was' if len(refused) == 1 else 'were'} refused, such as: {refused[0]}."
        if refused
        else ""
    )
    return tuple(note for note in (*stored.profile.notes, said) if note)


def about(stored: Stored, claim: Claim) -> str:
    """Status, validity, evidence and standing of a claim, in a line."""
    said: list[str] = []
    if claim.status in ("stated", "corrected"):
        said.append(f"{claim.status} by the person")
    if claim.when:
        said.append(f"when: {claim.when}")
    if claim.valid_from or claim.valid_to:
        since = f"since {claim.valid_from:%Y-%m-%d}" if claim.valid_from else ""
        until = f"until {claim.valid_to:%Y-%m-%d}" if claim.valid_to else ""
        said.append(" ".join(filter(None, (since, until))))
    last = f"last {claim.learned_at:%Y-%m-%d}" if claim.learned_at else ""
    if claim.own:
        said += [many(len(claim.own), "text"), last]
    if claim.sensitive:
        said.append(f"sensitive: {claim.sensitive}")
    if why := against(stored, claim):
        said.append(why)
    return ", ".join(filter(None, said))


def against(stored: Stored, claim: Claim) -> str:
    """How a claim stands against other people: counts alone."""
    if claim.status == "corrected":  # the words are the person's, and were not compared
        return ""
    if claim.reference:
        return f"against {len(claim.reference):,} of others"
    one = stored.standing.get(claim.text)
    if one is None:
        return ""
    return f"said by {one.said_by} of {one.people} others" if one.value is not None else one.reason


def left_out(stored: Stored) -> list[tuple[Claim, str]]:
    """Claims that were not worth keeping, each with why."""
    return [
        (claim, one.reason if (one := stored.standing.get(claim.text)) else "not worth keeping")
        for claim in stored.left
    ]


def step(change: Change, now: Claim | None) -> list[tuple[str, str, str]]:
    """What a step changed: field, before, after; empty texts for what was not there."""
    before = change.before
    if before is None or now is None:
        one = before or now
        return [("", before.text if before else "", now.text if now else "")] if one else []
    shown: dict[str, Callable[[Claim], str]] = {
        "": lambda c: c.text,
        "dimension": lambda c: c.dimension,
        "status": lambda c: c.status,
        "confidence": lambda c: f"{c.confidence:.0%}",
        "holds until": lambda c: f"{c.valid_to:%Y-%m-%d}" if c.valid_to else "now",
        "holds since": lambda c: f"{c.valid_from:%Y-%m-%d}" if c.valid_from else "always",
        "own texts": lambda c: str(len(c.own)),
        "texts of others": lambda c: str(len(c.reference)),
        "value": lambda c: str(c.value),
    }
    pairs = ((name, value(before), value(now)) for name, value in shown.items())
    return [(name, old, new) for name, old, new in pairs if old != new]


def many(number: int, thing: str) -> str:
    """A number of things: 1 text, 2 texts."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def plain(text: str) -> str:
    """Words of the data on one line, without what moves a terminal's cursor or turns its text."""
    line = " ".join(text.split())
    # Joiners make emoji and Persian words.
    return "".join(c if c.isprintable() or c in "\u200c\u200d" else "�" for c in line)


def frame(kept: Sequence[Stored]) -> pl.DataFrame:
    """Every claim of some profiles as a table; of other people, counts alone."""
    import polars as pl

    def when(time: object) -> str | None:
        return str(time) if time is not None else None

    rows = [
        {
            "user": stored.profile.user,
            "id": c.id,
            "dimension": c.dimension,
            "text": c.text,
            "status": c.status,
            "polarity": c.polarity,
            "confidence": c.confidence,
            "distinctiveness": c.distinctiveness,
            "against": against(stored, c) or None,
            "attribute": c.attribute or None,
            "value": None if c.value is None else str(c.value),
            "when": c.when or None,
            "valid_from": when(c.valid_from),
            "valid_to": when(c.valid_to),
            "learned_at": when(c.learned_at),
            "sensitive": c.sensitive or None,
            "own_texts": len(c.own),
            "texts_of_others": len(c.reference),
            "version": c.version,
            "quotes": " | ".join(c.quotes),
        }
        for stored in kept
        for c in stored.profile.claims
    ]
    types = {"confidence": pl.Float64, "distinctiveness": pl.Float64}
    numbers = dict.fromkeys(("own_texts", "texts_of_others", "version"), pl.Int64)
    names = (
        "user", "id", "dimension", "text", "status", "polarity", "confidence", "distinctiveness",
        "against", "attribute", "value", "when", "valid_from", "valid_to", "learned_at",
        "sensitive", "own_texts", "texts_of_others", "version", "quotes",
    )  # fmt: skip
    schema = {name: (types | numbers).get(name, pl.String) for name in names}
    return pl.DataFrame(rows, schema=schema)
