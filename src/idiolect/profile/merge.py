"""Two profiles of one user as one: evidence joined, the user's word kept, histories told."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from idiolect.profile.belief import denied
from idiolect.profile.claim import RANK, Claim, changed, together
from idiolect.profile.history import Change
from idiolect.profile.profile import Profile
from idiolect.profile.renew import earlier
from idiolect.profile.schema import Schema


def merged(mine: Profile, theirs: Profile, reason: str, schema: Schema | None = None) -> Profile:
    """A profile with what another one of the same user believes.

    - Of a profile and a later version of itself the claims of the later one are taken.
    - Claims in equal words (or with equal attribute and value), of one time, become one with the
      evidence of both. It ends where either side knows that it ended; what either side suppressed
      stays suppressed.
    - What either side put in other words, or the user corrected on either side, is not taken up
      again as it was.
    - What only the other side has is added under ids of its own, with its history.

    Merging twice is merging once, and a profile merged with itself is itself. Summary, examples,
    differences, notes and sources stay; for the summary see `told_again`. A profile does not know
    what was forgotten elsewhere: forget events on both sides.

    Args:
        mine: Stays as it is, but for what the other one adds.
        theirs: The other one.
        reason: Why.
        schema: Of attributes that have one value, the one that is believed stays current; None
            keeps all.
    """
    if mine == theirs or _goes_on(mine, theirs):
        return mine
    if _goes_on(theirs, mine):
        return replace(mine, claims=theirs.claims, version=theirs.version, history=theirs.history)
    mine, theirs = _with_ids(mine), _with_ids(theirs)
    both, alone, new = _matched(mine, theirs)
    ours = mine
    for own, their in both:
        if fields := changed(own, _joined(own, their)):
            ours = ours.revise(own.id, reason, **fields)
    if stale := [own.id for own in _over(alone, theirs)]:
        ours = ours.replaced(stale, (), reason)
    over = _over(new, mine)
    new = [their for their in new if their not in over]
    ours = _with_history(ours, theirs, new, {their.id: own.id for own, their in both}, reason)
    hidden = _hidden_by(mine) | _hidden_by(theirs)
    for claim in ours.current():
        if claim.said in hidden:
            ours = ours.revise(claim.id, reason, status="suppressed")
    return ours if schema is None else _settled(ours, schema)


def _with_ids(profile: Profile) -> Profile:
    """A profile whose claims have ids, also if it was made with claims that had none."""
    if all(claim.id for claim in profile.claims):
        return profile
    return replace(profile, claims=(), history=()).add(profile.claims, "made")


def _goes_on(later: Profile, before: Profile) -> bool:
    """Whether one profile is a later version of another."""
    steps = len(before.history)
    if not steps or later.history[:steps] != before.history:
        return False
    then = {claim.id: claim for claim in earlier(later, before.version).claims}
    return then == {claim.id: claim for claim in before.claims}


def _matched(
    mine: Profile, theirs: Profile
) -> tuple[list[tuple[Claim, Claim]], list[Claim], list[Claim]]:
    """Claims that say the same of the same time, and those of each side alone."""
    both: list[tuple[Claim, Claim]] = []
    here, there = list(mine.claims), list(theirs.claims)
    past = {step.before for step in (*mine.history, *theirs.history)}

    def exactly(one: Claim, other: Claim) -> bool:
        alike = (one.status == "suppressed") == (other.status == "suppressed")
        return alike and _same_time(one, other)

    def one_became_the_other(one: Claim, other: Claim) -> bool:
        return one.id == other.id and not past.isdisjoint((one, other))

    for same in (exactly, one_became_the_other, _same_time, _overlapping, _hidden):
        for their in tuple(there):
            own = next((c for c in here if c.said == their.said and same(c, their)), None)
            if own is not None:
                both.append((own, their))
                here.remove(own)
                there.remove(their)
    return both, here, there


def _same_time(one: Claim, other: Claim) -> bool:
    return (one.valid_from, one.valid_to) == (other.valid_from, other.valid_to)


def _hidden(one: Claim, other: Claim) -> bool:
    return "suppressed" in (one.status, other.status)


def _hidden_by(profile: Profile) -> set[Any]:
    """What a side suppressed, and did not say again, as `Claim.said`."""
    hidden = {claim.said for claim in profile.claims if claim.status == "suppressed"}
    return hidden - {claim.said for claim in profile.current()}


def _overlapping(one: Claim, other: Claim) -> bool:
    """Whether they held at one time; what was learned after the other's end began after it."""
    if one.valid_to and other.valid_to:
        begun = max((c.valid_from for c in (one, other) if c.valid_from), default=None)
        return begun is None or begun <= min(one.valid_to, other.valid_to)
    ended, still = (one, other) if one.valid_to else (other, one)
    begun = still.valid_from or still.learned_at
    return ended.valid_to is None or begun is None or begun <= ended.valid_to


def _joined(one: Claim, other: Claim) -> Claim:
    hidden = _hidden(one, other)
    now = together(one, other)
    ends = min((c.valid_to for c in (one, other) if c.valid_to), default=None)
    return replace(now, status="suppressed" if hidden else now.status, valid_to=ends)


def _plain(claim: Claim) -> Claim:
    return replace(claim, id="", version=1)


def _over(claims: Sequence[Claim], other: Profile) -> list[Claim]:
    """Those that another profile knew and has put otherwise, or that the user corrected there."""
    passed = {_plain(step.before) for step in other.history if step.before is not None}
    wrong = denied(other)
    return [
        claim
        for claim in claims
        if _plain(claim) in passed
        or (claim.said in wrong and claim.status not in ("corrected", "suppressed"))
    ]


def _with_history(
    ours: Profile, theirs: Profile, new: Sequence[Claim], known: Mapping[str, str], reason: str
) -> Profile:
    """With claims of another profile and the steps that led to them, under ids of our own."""
    if not new:
        return ours
    wanted = _linked({claim.id for claim in new}, theirs.history)
    steps = [
        replace(step, reason=reason, by=()) if step.kind == "added" else step
        for step in theirs.history
        if step.claim in wanted
    ]
    causes = {name for step in steps for name in step.by} - known.keys()
    names = dict.fromkeys([*(claim.id for claim in new), *sorted(wanted | causes)])
    fresh = ours.named([new[0]] * len(names))
    ids = dict(known) | {old: made.id for old, made in zip(names, fresh, strict=True)}

    def ours_of(claim: Claim) -> Claim:
        return replace(claim, id=ids[claim.id])

    begun = {step.claim for step in steps if step.kind == "added"}
    bare = [Change(0, "added", c.id, reason) for c in new if c.id not in begun]
    numbers = sorted({step.version for step in (*bare, *steps)})
    told = tuple(
        replace(
            step,
            version=ours.version + 1 + numbers.index(step.version),
            claim=ids[step.claim],
            before=step.before and ours_of(step.before),
            by=tuple(ids[name] for name in step.by),
        )
        for step in (*bare, *steps)
    )
    return replace(
        ours,
        claims=(*ours.claims, *map(ours_of, new)),
        version=ours.version + len(numbers),
        history=(*ours.history, *told),
    )


def _linked(names: set[str], history: Iterable[Change]) -> set[str]:
    """Ids of claims, and of those that they were made from."""
    steps, wanted = tuple(history), set(names)
    while True:
        at = {step.version for step in steps if step.claim in wanted}
        more = {step.claim for step in steps if step.version in at and step.kind == "replaced"}
        if more <= wanted:
            return wanted
        wanted |= more


def _settled(profile: Profile, schema: Schema) -> Profile:
    """With one current value of each attribute that has one, the newest of the most trusted."""
    single = {field.name for field in schema.fields if not field.many}
    values: dict[tuple[str, Any], list[Claim]] = {}
    for claim in profile.current():
        if claim.attribute in single:
            values.setdefault((claim.attribute, claim.when), []).append(claim)
    for claims in values.values():
        *others, best = sorted(claims, key=lambda c: (RANK[c.status], _learned(c)))
        begins = best.valid_from or best.learned_at
        if others and begins != best.valid_from:
            over = [other.id for other in others]
            profile = profile.revise(best.id, "contradicts", by=over, at=begins, valid_from=begins)
        for other in others:
            times = (begins, other.valid_from, other.learned_at)
            ends = max(filter(None, times), default=None)
            why, by = "contradicted by", [best.id]
            if ends is None:
                profile = profile.replaced([other.id], (), why, by=by)
            else:
                profile = profile.end(other.id, why, by=by, at=ends)
    return profile


def _learned(claim: Claim) -> float:
    return claim.learned_at.timestamp() if claim.learned_at else -math.inf
