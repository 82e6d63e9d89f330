"""Learning profiles by a recipe, and bringing stored ones up to date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from idiolect.data import Request, View
from idiolect.lm import LanguageModel
from idiolect.profile.claim import grounded
from idiolect.profile.distinctive import Distinctive
from idiolect.profile.profile import Profile
from idiolect.profile.renew import keys, renewed, told_again
from idiolect.run.profile_file import Standing, Stored, stamped
from idiolect.run.runner import Assembly


@dataclass(frozen=True)
class Learning:
    """Learns profiles by a recipe, as `run_iter` asks for it; nothing is written with them.

    Claims whose quotes do not occur are refused.

    Attributes:
        assembly: The recipe; its user model is a profile.
        sift: Leave out claims that are not worth keeping, by `Distinctive`.
    """

    assembly: Assembly
    sift: bool = True

    def __call__(self, lm: LanguageModel) -> Callable[[View, Request], Stored]:
        """Learns with a model."""
        made = self.assembly(lm)
        learn = getattr(made, "learn", made)

        def learned(view: View, request: Request) -> Stored:
            return _stored(learn(view, request), view, self.sift)

        return learned


def onto(
    before: Stored | None,
    found: Stored,
    made: Mapping[str, Any],
    source: str,
    now: datetime | None = None,
) -> Stored:
    """What was learned, on top of what is there.

    Args:
        before: What is there; None for nothing.
        found: What was learned.
        made: How.
        source: From where.
        now: The time of the steps that this takes; None for the clock's.
    """
    now = now or datetime.now(UTC).replace(microsecond=0)
    forgotten = before.forgotten if before else ()
    if before is None:
        after = stamped(replace(found.profile, version=0), found.profile, now)
    else:
        same = before.made.get("recipe") == made["recipe"]
        after = renewed(before.profile, found.profile, known=before.known, at=now, same=same)
        after = stamped(before.profile, after, now)
    words = {claim.text for claim in (*after.claims, *found.left)}
    ids = {claim.id for claim in after.claims}
    standing = {**(before.standing if before else {}), **found.standing}
    known = {**(before.known if before else {}), **keys(after)}
    return replace(
        found,
        profile=after,
        made={**made, "forgotten": list(forgotten)},
        source=source,
        standing={text: one for text, one in standing.items() if text in words},
        forgotten=forgotten,
        known={key: name for key, name in known.items() if name in ids},
    )


def _stored(profile: Profile, view: View, sift: bool) -> Stored:
    times = {event.id: event.time for event in view.own}
    kept, refused = grounded(profile.claims, view.own)
    measured: dict[str, Standing] = {}
    left = []
    if sift and kept:
        sifted = Distinctive()(kept, view)
        kept, left = list(sifted.kept), list(sifted.left)
        for text, one in sifted.measured.items():
            measured[text] = Standing(one.value, one.said_by, one.people, one.reason)
    learned = [
        claim
        if claim.learned_at
        else replace(claim, learned_at=max(filter(None, map(times.get, claim.own)), default=None))
        for claim in kept
    ]
    if all(claim.id for claim in learned):
        names = {claim.id for claim in (*learned, *profile.claims)}
        dropped = names - {claim.id for claim in learned}
        history = tuple(step for step in profile.history if step.claim not in dropped)
        profile = replace(profile, claims=tuple(learned), history=history)
    else:
        bare = replace(profile, claims=(), history=(), version=0)
        profile = bare.add((replace(claim, id="") for claim in learned), "found")
    # What is left out must not be told by the summary either.
    profile = told_again(profile) if left and profile.summary else profile
    return Stored(
        profile,
        left=tuple(left),
        standing=measured,
        refused=tuple(refused),
        texts=len(view.own),
    )
