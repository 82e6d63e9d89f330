"""How a profile is kept: policies that take new claims in. Each is an `Update`.

Nothing is taken in that the user's own events do not show, and nothing is destroyed: what changes
stands in the profile's history as it was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from idiolect.data import Events
from idiolect.errors import DataError
from idiolect.measure.meteor import stem
from idiolect.measure.text import FUNCTION_WORDS, word_set
from idiolect.profile.belief import evident, heard, in_time, settled
from idiolect.profile.claim import Claim, together
from idiolect.profile.profile import Profile, Update
from idiolect.profile.schema import Schema
from idiolect.roles import notes

#: Words that turn a sentence into another one.
_TURNING = word_set(
    """not no never nothing nobody without hardly barely rarely seldom less more than used stopped
    former formerly once except only but if unless instead cannot"""
)
_WORD = re.compile(r"\w+(?:['’]\w+)*")


@dataclass(frozen=True)
class Append:
    """New claims beside the old ones; what is known in the same words gains their evidence.

    Attributes:
        own: The user's events, in which every quote must occur.
    """

    own: Events

    def __call__(self, profile: Profile, claims: Sequence[Claim]) -> Profile:
        """The profile with the claims.

        Raises:
            DataError: A claim has no evidence in the user's own events.
        """
        profile, new = heard(profile, evident(claims, self.own))
        for claim in new:
            profile = profile.add([claim], "learned", at=claim.learned_at)
        return profile


@dataclass(frozen=True)
class FieldUpdate:
    """Attributes of a schema, each brought up to date by itself (AI PERSONA).

    The same value gains evidence. Another value of an attribute that has one contradicts the old
    one (see `settled`); of an attribute that may have many it is added. A protected attribute,
    once set, is changed only by what the user stated: an inferred value is kept as what was not
    believed. A sensitive one is never filled in by inference; the profile notes that it was tried,
    not what was tried.

    Attributes:
        schema: The attributes that there are.
        own: The user's events, in which every quote must occur.
    """

    schema: Schema
    own: Events

    def __call__(self, profile: Profile, claims: Sequence[Claim]) -> Profile:
        """The profile with the attributes.

        Raises:
            DataError: A claim gives no attribute, has no evidence in the user's own events, or its
                value is of another kind.
            UnknownNameError: There is no such attribute.
        """
        read = []
        for claim in evident(claims, self.own):
            if not claim.attribute:
                raise DataError(
                    f"Found {claim.text!r}, which gives no attribute; use `Append` or `Revise` for "
                    "free claims."
                )
            field = self.schema[claim.attribute]
            value = field.read(claim.value)
            if field.sensitive and claim.status == "inferred":
                tried = f"{field.name!r} is only taken from what the user states"
                profile = replace(profile, notes=notes(profile.notes, tried))
            else:
                read.append(
                    replace(claim, value=value, sensitive=field.sensitive or claim.sensitive)
                )
        for claim in in_time(read):
            profile, new = heard(profile, [claim])
            profile = self._set(profile, claim) if new else profile
        return profile

    def _set(self, profile: Profile, new: Claim) -> Profile:
        field = self.schema[new.attribute]
        old = [claim for claim in profile.current() if claim.attribute == new.attribute]
        if field.many or not old:
            return profile.add([new], "learned", at=new.learned_at)
        firm = field.protected and new.status == "inferred"
        return settled(profile, [claim.id for claim in old], new, firm=firm)


@dataclass(frozen=True)
class Consolidate:
    """Joins claims that say nearly the same, and moves what was long superseded to the history.

    Two claims say nearly the same if one's content words stand in the other's in the same order,
    nothing else differs but at most a few of its words, and these neither deny nor limit. The
    longer one stays, under the older id. Names that differ are never joined. The words that deny
    and limit are English.

    Attributes:
        update: Takes the new claims in before; None where there are none.
        alike: Share of common content words from which two claims are joined.
        superseded: Days after its end from which a claim is kept in the history only; None keeps
            it among the claims.
    """

    update: Update | None = None
    alike: float = 0.6
    superseded: float | None = None

    def __call__(self, profile: Profile, claims: Sequence[Claim] = ()) -> Profile:
        """The profile, shorter.

        Raises:
            DataError: There are claims, and no `update` to take them in.
        """
        if self.update is not None:
            profile = self.update(profile, claims)
        elif claims:
            raise DataError(
                f"Found {len(claims)} claims and no `update`; give one, such as `Append(own)`."
            )
        return self._without_superseded(self._joined(profile))

    def _joined(self, profile: Profile) -> Profile:
        # Those with the most words first: the others are held against them.
        mine = sorted(profile.current(), key=lambda claim: -len(_telling(claim.text)))
        kept: list[Claim] = []
        for claim in mine:
            into = next((other for other in kept if self._nearly(claim, other)), None)
            if into is None:
                kept.append(claim)
                continue
            names = sorted((into.id, claim.id), key=[c.id for c in profile.claims].index)
            one = together(into, claim)
            why = "nearly the same, joined from"
            profile = profile.replaced(names, [one], why, by=names, at=one.learned_at)
            kept[kept.index(into)] = profile.claim(names[0])
        return profile

    def _nearly(self, short: Claim, long: Claim) -> bool:
        about = ("dimension", "polarity", "when", "attribute", "valid_from", "valid_to")
        if any(getattr(short, name) != getattr(long, name) for name in about):
            return False
        if short.attribute or "corrected" in (short.status, long.status):
            return False
        fewer, more = _telling(short.text), _telling(long.text)
        left = iter(more)
        in_order = all(word in left for word in fewer)
        added = set(more) - set(fewer)
        turning = any(word in _TURNING or word.endswith("n't") or word.isdigit() for word in added)
        return in_order and not turning and len(fewer) >= self.alike * len(more)

    def _without_superseded(self, profile: Profile) -> Profile:
        now = max((c.learned_at for c in profile.claims if c.learned_at), default=None)
        if self.superseded is None or now is None:
            return profile
        for claim in profile.claims:
            if _ended_before(claim, now - timedelta(days=self.superseded)):
                why = f"superseded since {claim.valid_to:%Y-%m-%d}"
                profile = profile.replaced([claim.id], (), why, at=now)
        return profile


def _ended_before(claim: Claim, when: datetime) -> bool:
    return claim.status != "suppressed" and claim.valid_to is not None and claim.valid_to < when


def _telling(text: str) -> list[str]:
    """Stems of content words and the words that deny or limit, in order."""
    found = _WORD.findall(text.casefold().replace("’", "'"))
    return [
        word if word in _TURNING or word.endswith("n't") else stem(word)
        for word in found
        if word in _TURNING or word.endswith("n't") or word not in FUNCTION_WORDS
    ]
