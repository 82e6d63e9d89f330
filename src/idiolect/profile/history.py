"""A profile's history, and what is left of claims and their history without some events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Literal

from idiolect.data import as_time
from idiolect.profile.claim import STRICT, Claim

Kind = Literal["added", "revised", "ended", "suppressed", "corrected", "replaced", "forgotten"]


@dataclass(frozen=True, slots=True)
class Change:
    """One step in a profile's history.

    Attributes:
        version: The profile's, from this change on.
        kind: What was done.
        claim: Id of the claim.
        reason: Why, in words without those of claims; ids, if any, follow in `by`.
        at: When; None where no time is known.
        before: The claim as it was; None for a new one, and where it was forgotten.
        by: Ids of the claims because of which it was done: what contradicts it, what it was made
            from. They stay where those claims are forgotten.
    """

    version: int
    kind: Kind
    claim: str
    reason: str
    at: datetime | None = None
    before: Claim | None = None
    by: tuple[str, ...] = ()
    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT

    def __post_init__(self) -> None:
        if self.at is not None:
            object.__setattr__(self, "at", as_time(self.at))

    @property
    def why(self) -> str:
        """The reason with the ids, such as `contradicted by c3`."""
        return f"{self.reason} {', '.join(self.by)}".rstrip()


def sources(history: Sequence[Change], version: int) -> tuple[Claim, ...]:
    """The forms in whose place others came at a version."""
    return tuple(s.before for s in history if s.version == version and s.before is not None)


def forgotten(
    claims: Sequence[Claim], history: Sequence[Change], gone: set[str], version: int
) -> tuple[tuple[Claim, ...], tuple[Change, ...]]:
    """What is left of claims and their history when some events are forgotten.

    Args:
        claims: Of the profile.
        history: Its steps, oldest first.
        gone: Ids of the events.
        version: The profile's, once they are forgotten.
    """
    found: dict[str, list[tuple[bool, bool, bool, Claim]]] = {}
    for n, claim in enumerate(claims):
        for form in _left(claim, history, gone):
            hidden, open_ = form.status == "suppressed", form.valid_to is None
            one = (form.id == claim.id, hidden, open_, form)
            found.setdefault(form.id or f"#{n}", []).append(one)
    # Several claims may go back to one: its own later form decides, or one that was hidden.
    kept = [max(forms, key=lambda one: one[:3])[3] for forms in found.values()]
    ids = {claim.id for claim in kept}
    removed = {claim.id for claim in claims} - ids
    bare = [_bare(step, gone) for step in history if step.claim not in removed]
    left = ids | {step.claim for step in bare if step.before is not None}
    # In the history only, and nothing of it is left.
    lost = [step.claim for step in bare if step.claim not in left and step.kind != "forgotten"]
    nothing = removed | {step.claim for step in bare} - left
    kept = [_holds_again(claim, history, nothing) for claim in kept]
    before, after = {c.id: c for c in claims}, {c.id: c for c in kept}
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    told = [
        Change(version, "forgotten", name, "events were forgotten")
        for name in dict.fromkeys([*changed, *lost])
    ]
    steps = [step for step in bare if step.claim in left or step.kind == "forgotten"]
    return tuple(kept), (*steps, *told)


def _left(form: Claim, history: Sequence[Change], gone: set[str]) -> list[Claim]:
    """What is left of a form of a claim: itself, or those that its words were made from.

    Args:
        form: As it was after the last of these steps.
        history: Steps up to then.
        gone: Ids of the events.
    """
    rest = form.without(gone)
    if rest is not None and not gone.intersection(form.own):
        return [rest]
    at, worded = _worded(form, history)
    before = () if at is None else sources(history, history[at].version)
    if (
        at is None
        or not before
        or history[at].kind == "corrected"
        or not gone.intersection(worded.own)
    ):
        return [] if rest is None else [rest]
    earlier = [step for step in history[:at] if step.version < history[at].version]
    return [_as(left, form) for one in before for left in _left(one, earlier, gone)]


def _worded(form: Claim, history: Sequence[Change]) -> tuple[int | None, Claim]:
    """The step at which a claim got the words that it has, and its form right after."""
    for n in range(len(history))[::-1]:
        step = history[n]
        if step.claim != form.id:
            continue
        if step.kind in ("added", "corrected"):
            return n, form
        if step.before is None:  # forgotten
            continue
        if step.before.text != form.text:
            return n, form
        form = step.before
    return None, form


def _as(left: Claim, form: Claim) -> Claim:
    """An earlier form, hidden or ended where the later one was."""
    ends = left.valid_to or form.valid_to
    if ends and left.valid_from:
        ends = max(ends, left.valid_from)
    hidden = form.status == "suppressed"
    return replace(left, status=form.status if hidden else left.status, valid_to=ends)


def _holds_again(claim: Claim, history: Sequence[Change], nothing: set[str]) -> Claim:
    """A claim that holds as it did, if nothing is left of the claims that it was ended by."""
    after = claim
    for step in reversed(history):
        if step.claim != claim.id or step.before is None:
            continue
        if step.before.valid_to != after.valid_to:
            if not step.by or not nothing.issuperset(step.by):
                return claim
            held = step.before
            begun = held.valid_from if step.kind == "revised" else claim.valid_from
            return replace(claim, valid_from=begun, valid_to=held.valid_to)
        after = step.before
    return claim


def _bare(step: Change, gone: set[str]) -> Change:
    """A step that tells nothing of events that are forgotten."""
    if step.before is None:
        return step
    hit = gone.intersection(step.before.own)
    return replace(step, before=None if hit else step.before.without(gone))
