"""A profile when its user's texts were read again; and a profile as it was at an earlier version.

A recipe learns from the start each time. What it finds is held against what is believed already, so
that ids, history and everything that the user said about it stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from idiolect.profile.belief import heard, settled
from idiolect.profile.claim import Claim
from idiolect.profile.profile import Profile
from idiolect.profile.render import Render

#: Why a measured difference ends that a new measurement does not find.
GONE = "no longer found"
#: Numbers, with sign and ordinal: what changes when the same is measured again.
_NUMBER = re.compile(r"[-+−]?\d+(?:[.,]\d+)*(?:st|nd|rd|th)?")


def renewed(
    old: Profile,
    new: Profile,
    *,
    known: Mapping[str, str] | None = None,
    at: datetime | None = None,
    same: bool = True,
) -> Profile:
    """The old profile, brought up to date by what was now learned from all texts.

    - Equal words gain evidence. What the user suppressed, corrected or ended is not believed anew.
    - A claim that compares with other people (it has a `reference`) is known by its words without
      the numbers: under its old id it takes the new words and figures.
    - An attribute with one value before and another one now is contradicted.
    - A comparison that is not found any more ends, if the same method looked for it.

    Examples, sources and notes are the new ones. So is the summary, unless the user changed
    claims: then it is made of them, see `told_again`.

    Args:
        old: What was believed.
        new: What was now learned, from the start, of the same user.
        known: Further `keys`, of forms that the history has forgotten.
        at: When.
        same: Whether it was learned by the same method.

    Raises:
        DataError: It is another user's.
    """
    old.diff(new)  # refuses another user's
    profile = old
    ids = dict(known or {}) | keys(old)
    found, rest = set[str](), list[Claim]()
    for claim in new.claims:
        name = ids.get(_key(claim))
        if name is not None and claim.reference:
            found.add(name)
            profile = _measured_again(profile, name, claim, at)
        elif name is None or profile.claim(name).status != "corrected":
            rest.append(claim)
    profile, unheard = heard(profile, [claim for claim in rest if not _over(old, claim)])
    found |= {now.id for now in profile.claims if now.said in {claim.said for claim in rest}}
    for claim in unheard:
        before = [c.id for c in old.current() if claim.attribute and c.attribute == claim.attribute]
        now = [c for c in new.current() if c.attribute == claim.attribute]
        if len(before) == len(now) == 1:
            profile = settled(profile, before, claim)
        else:
            profile = profile.add([claim], "learned", at=at)
    if same:
        for claim in old.current():
            if claim.reference and claim.status == "inferred" and claim.id not in found:
                ends = max(filter(None, (at, claim.valid_from)), default=None)
                if ends is not None:
                    profile = profile.end(claim.id, GONE, at=ends)
    profile = replace(
        profile,
        summary=new.summary,
        differences=new.differences,
        examples=new.examples,
        notes=new.notes,
        sources=new.sources,
    )
    return told_again(profile, ids) if _by_user(profile) else profile


def told_again(profile: Profile, known: Mapping[str, str] | None = None) -> Profile:
    """With a summary made of the claims, so that it tells nothing that was taken out of them.

    Differences in the words of claims that the user changed, or that no longer hold, go.

    Args:
        profile: The profile.
        known: Further `keys`, of forms that the history has forgotten.
    """
    over = {
        claim.id
        for claim in profile.claims
        if claim.status in ("corrected", "suppressed") or claim.valid_to is not None
    }
    ids = dict(known or {}) | keys(profile)
    kept = tuple(d for d in profile.differences if ids.get(_digest(d.text)) not in over)
    return replace(profile, summary=Render()(profile).text, differences=kept)


def keys(profile: Profile) -> dict[str, str]:
    """What each claim says or said, as a digest that tells nothing → its id."""
    return {
        _key(form): claim.id
        for claim in profile.claims
        for form in (*profile.past(claim.id), claim)
    }


def earlier(profile: Profile, version: int) -> Profile:
    """The claims as they were at an earlier version, by the history.

    What was forgotten since is not there. A claim of which an earlier form was forgotten is there
    as it is now.
    """
    now = {claim.id: claim for claim in profile.claims}
    first: dict[str, Claim | None] = {}
    for change in profile.history:
        if change.version > version and (change.before or change.kind == "added"):
            first.setdefault(change.claim, change.before)
    names = dict.fromkeys([*now, *first])
    claims = (first[name] if name in first else now[name] for name in names)
    return replace(
        profile,
        claims=tuple(claim for claim in claims if claim is not None),
        version=version,
        history=tuple(change for change in profile.history if change.version <= version),
    )


def _measured_again(profile: Profile, name: str, claim: Claim, at: datetime | None) -> Profile:
    before = profile.claim(name)
    ended = before.valid_to is not None
    if before.status != "inferred" or (ended and not _found_gone(profile, name)):
        return profile
    fields = ("text", "confidence", "spans", "reference", "distinctiveness", "learned_at")
    changes: dict[str, Any] = {field: getattr(claim, field) for field in fields}
    changes["valid_to"] = None
    if all(getattr(before, field) == value for field, value in changes.items()):
        return profile
    why = "found again" if ended else "measured again"
    return profile.revise(name, why, at=at, **changes)


def _found_gone(profile: Profile, name: str) -> bool:
    """Whether it was a measurement that ended a claim, not the user."""
    ends = [c.reason for c in profile.history if c.claim == name and c.kind == "ended"]
    return bool(ends) and ends[-1] == GONE


def _over(profile: Profile, claim: Claim) -> bool:
    """Whether a claim is one that ended, and rests on nothing that is new."""
    return any(
        known.valid_to is not None and known.said == claim.said and set(claim.own) <= set(known.own)
        for known in profile.claims
    )


def _key(claim: Claim) -> str:
    """Equal for claims in the same words; of comparisons, for the same but for the numbers."""
    return _digest(claim.text) if claim.reference else _digest(repr(claim.said), numbers=True)


def _digest(text: str, *, numbers: bool = False) -> str:
    words = " ".join((text if numbers else _NUMBER.sub("#", text)).casefold().split())
    return sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _by_user(profile: Profile) -> bool:
    """Whether the user changed anything."""
    return any(
        change.kind in ("corrected", "suppressed")
        or (change.kind == "ended" and not change.by and change.reason != GONE)
        or (change.kind in ("added", "revised") and change.reason.endswith("by the user"))
        for change in profile.history
    )
