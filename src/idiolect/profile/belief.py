"""What it does to a profile to hear something: again, for the first time, or to the contrary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from idiolect.data import Events
from idiolect.errors import DataError
from idiolect.profile.claim import RANK, Claim, changed, grounded, together
from idiolect.profile.profile import Profile


def evident(claims: Sequence[Claim], own: Events) -> list[Claim]:
    """The claims, if every one quotes the user's own events.

    Raises:
        DataError: One does not.
    """
    kept, refused = grounded(claims, own)
    if refused:
        raise DataError(
            f"Found {len(refused)} of {len(claims)} claims without evidence: {refused[0]}. Cite "
            "the user's own events and words that occur there; `grounded` keeps those that do."
        )
    return kept


def open_claims(profile: Profile) -> list[Claim]:
    """The claims that something new is held against: those that have not ended."""
    return [c for c in profile.claims if c.valid_to is None or c.status == "suppressed"]


def denied(profile: Profile) -> set[Any]:
    """What the user has corrected to something else, as `Claim.said`."""
    corrected = {claim.id for claim in profile.claims if claim.status == "corrected"}
    return {
        step.before.said
        for step in profile.history
        if step.before is not None and step.claim in corrected
    } - {claim.said for claim in profile.claims if claim.status == "corrected"}


def heard(profile: Profile, claims: Sequence[Claim]) -> tuple[Profile, list[Claim]]:
    """The profile with the evidence of what it knows in these very words, and the other claims.

    What the user suppressed, or corrected to something else, is not heard again: no claim, and no
    trace of it.
    """
    known = {claim.said: claim.id for claim in open_claims(profile)}
    unheard = denied(profile)
    new: dict[Any, Claim] = {}
    for claim in claims:
        said = claim.said
        if said in known:
            profile = again(profile, known[said], claim)
        elif said in new:
            new[said] = together(new[said], claim)
        elif said not in unheard:
            new[said] = claim
    return profile, list(new.values())


def in_time(claims: Sequence[Claim]) -> list[Claim]:
    """Claims in the order in which they were learned; those without a time first."""
    return sorted(claims, key=lambda c: c.learned_at.timestamp() if c.learned_at else 0.0)


def again(
    profile: Profile, name: str, claim: Claim, reason: str = "said again", by: Iterable[str] = ()
) -> Profile:
    """With the evidence of a claim joined to one that says the same; suppressed ones get none."""
    known = profile.claim(name)
    fields = changed(known, together(known, claim))
    if known.status == "suppressed" or not fields:
        return profile
    return profile.revise(name, reason, by=by, at=claim.learned_at, **fields)


def settled(
    profile: Profile, names: Sequence[str], new: Claim, *, known: str = "", firm: bool = False
) -> Profile:
    """With a claim that contradicts some others: all are kept, one side is current.

    What the user corrected is believed before what the user stated, and that before what was
    inferred; among equals the newer. The side that is not believed ends when the other begins.
    Without times it goes to the history.

    Args:
        profile: With the others.
        names: Their ids.
        new: The claim.
        known: Id of a claim that says the same as the new one, and is carried on in its place.
        firm: Believe the others, whatever the new one is.
    """
    against = [profile.claim(name) for name in dict.fromkeys(names)]
    begins = new.valid_from or new.learned_at
    stronger = [old for old in against if firm or not _believed(new, old)]
    if stronger and known:
        return again(profile, known, new)
    if stronger:
        best = max(stronger, key=lambda old: RANK[old.status])
        why, by = f"contradicts the {'protected' if firm else best.status}", [best.id]
        until = max((t for t in (begins, best.valid_from or best.learned_at) if t), default=None)
        never = (c for c in profile.claims if c.said == new.said and c.valid_to is not None)
        if before := next((c for c in never if c.valid_from == c.valid_to), None):
            return again(profile, before.id, new, why, by)
        kept = profile.add([new], why, by=by, at=new.learned_at)
        name = kept.claims[-1].id
        if until is None:
            return kept.replaced([name], (), why, by=by)
        return kept.revise(name, why, by=by, at=new.learned_at, valid_from=begins, valid_to=until)
    why, by = "contradicts", [old.id for old in against]
    if begins is None:
        names = [known, *by] if known else by
        return profile.replaced(names, [new], why, by=by)
    if known:
        held = profile.claim(known)
        since = begins if outranks(new, held) else held.valid_from  # it may have held all the time
        profile = again(profile, known, new, why, by)
        profile = profile.revise(known, why, by=by, at=new.learned_at, valid_from=since)
    else:
        new = replace(new, valid_from=begins)
        profile = profile.add([new], why, by=by, at=new.learned_at)
        known = profile.claims[-1].id
    for old in against:
        ended = max(begins, old.valid_from or begins)
        profile = profile.end(old.id, "contradicted by", by=[known], at=ended)
    return profile


def outranks(one: Claim, other: Claim) -> bool:
    """Whether a claim is of a status that is believed before the other's, whatever their times."""
    return RANK[one.status] > RANK[other.status]


def _believed(new: Claim, old: Claim) -> bool:
    """Whether a claim is believed before an older one that it contradicts."""
    if new.status != old.status:
        return outranks(new, old)
    if new.learned_at is None or old.learned_at is None:
        return True
    return new.learned_at >= old.learned_at
