"""What the pages of a profile say, whatever they are printed on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idiolect.profile import Change, Claim, Profile
from idiolect.report.profile_standing import hundredths, standing
from idiolect.run.profile_file import Stored
from idiolect.words import many

if TYPE_CHECKING:
    import polars as pl

#: What stands where there is no claim.
NOTHING = "Nothing is believed of this person: no claim was found or kept."
WHOLE = "No single claim: what prompts are told was written as a whole."
TOLD = "What prompts are told"
MEANING = {
    "stated": "the person said so",
    "inferred": "concluded from texts",
    "corrected": "in the person's own words",
    "suppressed": "not to be used",
}
_SURE = "N% sure: that it is so, and no accident."
#: Claims that the first section shows.
FIRST = 5
#: Distinctiveness from which a claim sets somebody apart, as the filter's default.
_APART = 0.5


@dataclass(frozen=True)
class Parts:
    """A profile's claims in the order in which a page shows them; each is in one place.

    Attributes:
        apart: What sets the person apart most, strongest first.
        sides: Heading of a dimension → its other claims.
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
                name = claim.dimension.strip() or "other"
                heading = name[0].upper() + name[1:] if name.islower() else name
                sides.setdefault(heading, []).append(claim)
        return cls(
            apart,
            sides,
            tuple(c for c in profile.claims if c.valid_to and c.status != "suppressed"),
            tuple(c for c in profile.claims if c.status == "suppressed"),
        )

    def sections(self, user: str) -> Iterator[tuple[str, Sequence[Claim]]]:
        """Heading and claims, without those that have none."""
        named = (
            (f"What sets {user} apart", self.apart),
            *self.sides.items(),
            ("No longer true", self.ended),
            ("Not used", self.suppressed),
        )
        return ((heading, claims) for heading, claims in named if claims)


@dataclass(frozen=True)
class Line:
    """How a page shows a claim.

    Attributes:
        words: What it says; the figures that stand beside it are left out.
        share: 0..1, how far the bar is filled.
        figure: What the bar says.
        about: Confidence, status, validity, evidence and standing.
    """

    words: str
    share: float
    figure: str
    about: str

    @classmethod
    def of(cls, stored: Stored, claim: Claim) -> Line:
        """The line of a claim.

        The bar of a measured one is where the person stands among others. Its confidence would
        say little there: what is not surely different is no claim.
        """
        known, found = about(stored, claim), standing(stored.profile, claim)
        if found is None:
            return cls(claim.text, claim.confidence, sure(claim.confidence), known)
        told = ", ".join(part for part in (sure(claim.confidence), found.beside, known) if part)
        return cls(found.words, found.share, found.figure, told)


def bars(profile: Profile) -> tuple[str, ...]:
    """What the bars and figures of a profile's claims say: of those kinds that there are."""
    of = (standing(profile, claim) for claim in profile.claims)
    return (*dict.fromkeys(found.legend for found in of if found is not None), _SURE)


def strength(profile: Profile, claim: Claim) -> float:
    """How far a claim sets somebody apart, 0..1: 0 for what does not, or was not compared.

    A measured difference counts by its bar, other claims by how distinctive they are.
    """
    if (found := standing(profile, claim)) is not None:
        return found.share
    if claim.distinctiveness is not None and claim.distinctiveness >= _APART:
        return claim.distinctiveness
    return 0.0


def sure(confidence: float) -> str:
    """A confidence in words."""
    return f"{hundredths(confidence)}% sure"


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
    last = f"{claim.learned_at:%Y-%m-%d}" if claim.learned_at else ""
    if claim.status == "stated":
        said.append("stated by the person")
    elif claim.status == "corrected":  # and that is when it was learned
        said.append(f"corrected by the person {last}".rstrip())
        last = ""
    if claim.when:
        said.append(f"when: {claim.when}")
    if claim.valid_from or claim.valid_to:
        since = f"since {claim.valid_from:%Y-%m-%d}" if claim.valid_from else ""
        until = f"until {claim.valid_to:%Y-%m-%d}" if claim.valid_to else ""
        said.append(" ".join(filter(None, (since, until))))
    if claim.own:
        said += [many(len(claim.own), "text"), last and f"last {last}"]
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
        "confidence": lambda c: f"{hundredths(c.confidence)}%",
        "holds until": lambda c: f"{c.valid_to:%Y-%m-%d}" if c.valid_to else "now",
        "holds since": lambda c: f"{c.valid_from:%Y-%m-%d}" if c.valid_from else "always",
        "own texts": lambda c: str(len(c.own)),
        "texts of others": lambda c: str(len(c.reference)),
        "value": lambda c: str(c.value),
    }
    pairs = ((name, value(before), value(now)) for name, value in shown.items())
    return [(name, old, new) for name, old, new in pairs if old != new]


def frame(kept: Sequence[Stored]) -> pl.DataFrame:
    """Every claim of some profiles as a table; of other people, counts alone."""
    import polars as pl

    def text(value: object) -> str | None:
        return None if value is None or value == "" else str(value)

    columns: dict[str, tuple[type[pl.DataType], Callable[[Stored, Claim], object]]] = {
        "user": (pl.String, lambda stored, c: stored.profile.user),
        "id": (pl.String, lambda _, c: c.id),
        "dimension": (pl.String, lambda _, c: c.dimension),
        "text": (pl.String, lambda _, c: c.text),
        "status": (pl.String, lambda _, c: c.status),
        "polarity": (pl.String, lambda _, c: c.polarity),
        "confidence": (pl.Float64, lambda _, c: c.confidence),
        "distinctiveness": (pl.Float64, lambda _, c: c.distinctiveness),
        "against": (pl.String, lambda stored, c: text(against(stored, c))),
        "attribute": (pl.String, lambda _, c: text(c.attribute)),
        "value": (pl.String, lambda _, c: None if c.value is None else str(c.value)),
        "when": (pl.String, lambda _, c: text(c.when)),
        "valid_from": (pl.String, lambda _, c: text(c.valid_from)),
        "valid_to": (pl.String, lambda _, c: text(c.valid_to)),
        "learned_at": (pl.String, lambda _, c: text(c.learned_at)),
        "sensitive": (pl.String, lambda _, c: text(c.sensitive)),
        "own_texts": (pl.Int64, lambda _, c: len(c.own)),
        "texts_of_others": (pl.Int64, lambda _, c: len(c.reference)),
        "version": (pl.Int64, lambda _, c: c.version),
        "quotes": (pl.String, lambda _, c: " | ".join(c.quotes)),
    }
    each = [(stored, claim) for stored in kept for claim in stored.profile.claims]
    return pl.DataFrame(
        {
            name: pl.Series([value(*one) for one in each], dtype=kind)
            for name, (kind, value) in columns.items()
        }
    )
