"""Where a claim comes from, and what changed between two versions, in the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from idiolect.data import Event
from idiolect.profile import Change, Claim, Profile, Span
from idiolect.report.profile_page import Pen
from idiolect.report.profile_parts import MEANING, step, sure
from idiolect.report.profile_standing import standing
from idiolect.run.profile_file import Stored
from idiolect.words import many, plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

#: Characters around a quote that are shown of a text.
_AROUND = 300


def one(
    stored: Stored,
    claim: Claim,
    console: Console,
    *,
    own: Mapping[str, Event] | None = None,
    people: int | None = None,
    most: int = 10,
) -> None:
    """Prints where a claim comes from: its evidence, its reference as counts, its history.

    Args:
        stored: With the claim.
        claim: The claim.
        console: Where to.
        own: The person's events by id; None where the data is not there.
        people: How many others wrote the texts that it was compared with, where that is known.
        most: Texts that are shown.
    """
    pen = Pen(console)
    pen.heading(stored.profile.user)
    pen.claim(stored, claim)
    again = claim.version - 1
    changes = f"changed {many(again, 'time')}" if again else "never changed"
    pen.words(
        f"{claim.status}: {MEANING[claim.status]}; {sure(claim.confidence)}; "
        f"dimension {claim.dimension}; {changes}.",
        indent=2,
    )
    if (found := standing(stored.profile, claim)) is not None:
        pen.words(found.told, indent=2)
    if (rarity := stored.standing.get(claim.text)) is not None:
        pen.words(f"Distinctive {rarity.reason}.", indent=2)
    if claim.reference:
        who = f"by {many(people, 'other')}" if people else "of others"
        pen.words(f"Compared with {many(len(claim.reference), 'text')} {who}.", indent=2)
    pen.heading(f"Evidence: {many(len(claim.own), 'own text')}")
    _evidence(pen, claim, own, most)
    steps = [change for change in stored.profile.history if change.claim == claim.id]
    if steps:
        pen.heading("History")
        _steps(pen, steps, stored.profile)


def _evidence(pen: Pen, claim: Claim, own: Mapping[str, Event] | None, most: int) -> None:
    if not claim.spans:
        by_user = claim.status in ("stated", "corrected")
        pen.words("The person's word." if by_user else "No text shows it.", indent=2)
        return
    quoted = [name for name in claim.own if any(span.quote for span in _spans(claim, name))]
    whole = [name for name in claim.own if name not in quoted]
    names = quoted if own is None else quoted + whole
    for name in names[:most]:
        quotes = [span for span in _spans(claim, name) if span.quote]
        event = None if own is None else own.get(name)
        pen.words(f"{name}{_when(event)}", indent=2, style="dim")
        if own is not None and event is None:
            pen.words("! these data have no such event of this person", indent=4, style="red")
        elif event is not None and not all(span.occurs(event) for span in quotes):
            pen.words("! these words do not occur there:", indent=4, style="red")
        if event is not None and all(span.occurs(event) for span in quotes):
            marked = _marked(pen, event.text, [(s.start, len(s.quote)) for s in quotes])
            pen.words(marked, indent=4)
        else:
            for span in quotes:
                pen.words(span.quote, indent=4, first=pen.quoting, style="italic")
    if len(names) > most:
        pen.words(f"and {many(len(names) - most, 'text')} more: --all", indent=2, style="dim")
    if own is None:
        if whole:
            more = ", …" if len(whole) > most else ""
            first = ", ".join(whole[:most])
            pen.words(f"{many(len(whole), 'text')} as a whole: {first}{more}", indent=2)
        pen.words("The texts themselves: give the data, --data SOURCE.", indent=2, style="dim")


def _spans(claim: Claim, event: str) -> list[Span]:
    return [span for span in claim.spans if span.event == event]


def _when(event: Event | None) -> str:
    if event is None:
        return ""
    title = f", {event.title}" if event.title else ""
    return (f", {event.time:%Y-%m-%d}" if event.time else "") + title


def _marked(pen: Pen, text: str, quotes: Sequence[tuple[int, int]]) -> Text:
    """A text, its quotes marked by signs as well, because colours may not be seen."""
    from rich.text import Text

    opens, closes = (">>", "<<") if pen.ascii else ("»", "«")
    first = min((start for start, _ in quotes), default=0)
    last = max((start + size for start, size in quotes), default=0)
    begin, end = max(0, first - _AROUND), min(len(text), last + _AROUND)
    dots = "..." if pen.ascii else "…"
    shown, at = Text(dots if begin else ""), begin
    for start, size in sorted(quotes):
        if start < at:  # it overlaps the one before
            continue
        shown.append(_flat(text[at:start]))
        shown.append(f"{opens}{plain(text[start : start + size])}{closes}", "bold green")
        at = start + size
    shown.append(_flat(text[at:end]))
    return shown.append(dots if end < len(text) else "")


def _flat(text: str) -> str:
    """As `plain`, but for the spaces at its ends."""
    if not text.strip():
        return " " if text else ""
    return " " * text[0].isspace() + plain(text) + " " * text[-1].isspace()


def _steps(pen: Pen, steps: Sequence[Change], profile: Profile) -> None:
    """Steps of one claim, oldest first, each with what it was before."""
    now = next((claim for claim in profile.claims if claim.id == steps[-1].claim), None)
    forms = (*(change.before for change in steps[1:]), now)
    for change, after in zip(steps, forms, strict=True):
        changed(pen, change, after)


def changed(pen: Pen, change: Change, after: Claim | None) -> None:
    """Prints one step: what, when, why, and each field before and after."""
    when = f", {change.at:%Y-%m-%d %H:%M}".removesuffix(" 00:00") if change.at else ""
    why = f": {change.why}" if change.reason != change.kind else ""
    pen.words(f"version {change.version}, {change.kind}{when}{why}", indent=2)
    for field, old, new in step(change, after):
        if field:
            pen.words(f"{field}: {old} {pen.arrow} {new}", indent=4)
            continue
        if old:
            pen.words(old, indent=4, first="- ", style="red")
        if new:
            pen.words(new, indent=4, first="+ ", style="green")


def compared(before: Profile, after: Profile, console: Console) -> None:
    """Prints what changed from a profile to a later one, claim by claim."""
    pen, changes = Pen(console), before.diff(after)
    pen.heading(f"{after.user}, version {before.version} {pen.arrow} {after.version}")
    now = {claim.id: claim for claim in after.claims}
    # The last step of a claim that differs is older than the difference: no history has it.
    fewer = [c for c in changes if c.version <= before.version and c.kind != "forgotten"]
    steps = [change for change in changes if change not in fewer]
    for change in steps:
        pen.words(change.claim, style="bold")
        changed(pen, change, now.get(change.claim))
    if fewer:
        pen.words(", ".join(change.claim for change in fewer), style="bold")
        pen.words(
            f"changed without a step since version {before.version}: an event was forgotten, or "
            "the two have different histories",
            indent=2,
        )
    kinds = Counter(change.kind for change in steps)
    said = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    pen.words(f"{said}." if said else "" if fewer else "No claim changed.", style="dim")
