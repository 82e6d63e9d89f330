"""What of a profile a prompt is told: what matters for the request, once, within a budget."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from idiolect.lm import estimate
from idiolect.measure.meteor import stem
from idiolect.measure.text import content
from idiolect.profile.claim import Claim
from idiolect.profile.profile import Profile

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Rendering:
    """What is told, and what was left out.

    Attributes:
        text: One line a claim; empty where nothing is worth saying.
        claims: Those that are told, most telling first.
        left_out: Reason → claims that were left out for it.
    """

    text: str
    claims: tuple[Claim, ...]
    left_out: Mapping[str, tuple[Claim, ...]] = field(default_factory=dict)

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids of the events that what is told rests on, each once."""
        return tuple(dict.fromkeys(event for claim in self.claims for event in claim.evidence))


@dataclass(frozen=True)
class Render:
    """Chooses claims for a request: those that hold, matter, and were not said yet.

    A claim weighs its confidence × how current it is × how distinctive it is (.5 where that was
    not measured). Claims about `everywhere` matter to every request; others only if they share a
    stem of a content word with it, in words, situation or quotes. An empty query asks for all.

    Attributes:
        budget: Estimated tokens at most.
        least: Weight below which a claim is not worth saying.
        alike: Share of common words (Jaccard) from which two claims say the same.
        everywhere: Dimensions that matter whatever is asked: how somebody writes.
        suppress_sensitive: Leave out sensitive claims that the user neither stated nor corrected.
    """

    budget: int = 300
    least: float = 0.1
    alike: float = 0.7
    everywhere: frozenset[str] = frozenset({"writing", "emotional", "style"})
    suppress_sensitive: bool = True

    def __call__(
        self, profile: Profile, query: str = "", *, at: datetime | None = None
    ) -> Rendering:
        """What a prompt is told for a query.

        Args:
            profile: Of the user.
            query: What is asked, in words.
            at: When it is asked.
        """
        left: dict[str, list[Claim]] = {}
        weighed = sorted(
            ((self._weight(claim, at), claim) for claim in profile.claims),
            key=lambda pair: -pair[0],
        )
        asked = _content(query)
        told: list[Claim] = []
        words: list[set[str]] = []
        tokens = 0
        for weight, claim in weighed:
            if why := self._why_not(claim, weight, asked, words, at):
                left.setdefault(why, []).append(claim)
                continue
            more = estimate(claim.text + "\n")
            if tokens + more > self.budget:
                left.setdefault("over the budget", []).append(claim)
                continue
            tokens += more
            told.append(claim)
            words.append(_words(claim))
        text = "\n".join(_said(claim) for claim in told)
        return Rendering(text, tuple(told), {why: tuple(them) for why, them in left.items()})

    def _weight(self, claim: Claim, at: datetime | None) -> float:
        rare = 0.5 if claim.distinctiveness is None else claim.distinctiveness
        return claim.confidence * claim.currency(at) * rare

    def _why_not(
        self,
        claim: Claim,
        weight: float,
        asked: set[str],
        told: Sequence[set[str]],
        at: datetime | None,
    ) -> str:
        if claim.status == "suppressed":
            return "suppressed"
        if not claim.holds(at):
            return "no longer true"
        by_user = claim.status in ("stated", "corrected")
        if self.suppress_sensitive and claim.sensitive and not by_user:
            return "sensitive and only inferred"
        if weight < self.least:
            return "not worth saying"
        about = _content(" ".join((claim.text, claim.when, claim.dimension, *claim.quotes)))
        if asked and claim.dimension not in self.everywhere and not asked & about:
            return "about something else"
        words = _words(claim)
        if any(_alike(words, others) >= self.alike for others in told):
            return "said already"
        return ""


def _said(claim: Claim) -> str:
    said = f"- {claim.text}" + (f" (when: {claim.when})" if claim.when else "")
    return " ".join(said.split())  # what a claim says must not look like another one


def _content(text: str) -> set[str]:
    return {stem(word) for word in content(text)}


def _words(claim: Claim) -> set[str]:
    return set(_WORD.findall(claim.text.casefold()))


def _alike(mine: set[str], theirs: set[str]) -> float:
    return len(mine & theirs) / max(len(mine | theirs), 1)
