"""The difference filter: a claim is worth keeping by how rare it is among other people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from idiolect.data import View
from idiolect.errors import SettingError
from idiolect.profile.claim import Claim
from idiolect.profile.rarity import Rarities, Rarity

#: What the user set right or took out is the user's word, whatever others say.
_BY_USER = ("corrected", "suppressed")


@dataclass(frozen=True)
class Sifted:
    """Claims that are worth keeping, and those that are not.

    Attributes:
        kept: With their distinctiveness, in the order they came.
        left: With theirs.
        why: A claim's words → why it was kept or left.
        measured: A claim's words → what was measured; without those that were not.
    """

    kept: tuple[Claim, ...]
    left: tuple[Claim, ...]
    why: dict[str, str] = field(default_factory=dict)
    measured: dict[str, Rarity] = field(default_factory=dict)


@dataclass(frozen=True)
class Distinctive:
    """Keeps the claims that the user's texts say much rather than other people's.

    Nothing after the view's request is read, and no language model is asked. What the user
    corrected or suppressed stays as it is. So do claims that were compared with others already
    (they have a `reference`) and, without a figure, those that cannot be compared: because nobody
    else is there, or because they were counted in whole texts and quote no words. The claim's own
    words are read, so they should be of the language that people write; a claim in another language
    shares no words with anybody.

    Use it before `Profile.add`. `Render` weighs claims by the figure that it sets.

    Args:
        rarities: How rarity is measured.
        least: Smallest value that is kept.

    Raises:
        SettingError: `least` is no chance.
    """

    rarities: Rarities = field(default_factory=Rarities)
    least: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.least <= 1:
            raise SettingError(f"Found least={self.least!r}; give a value from 0 to 1.")

    def __call__(self, claims: Sequence[Claim], view: View) -> Sifted:
        """Which of some claims about the view's user are worth keeping.

        Args:
            claims: Proposed, for example by `Extract`.
            view: What may be known.
        """
        why: dict[str, str] = {}
        texts = list(dict.fromkeys(claim.text for claim in claims if not _settled(claim)))
        found = dict(zip(texts, self.rarities(texts, view), strict=True))
        kept, left = list[Claim](), list[Claim]()
        for claim in claims:
            if reason := _settled(claim):
                kept.append(claim)
                why[claim.text] = reason
            else:
                one = found[claim.text]
                (kept if one.value is None or one.value >= self.least else left).append(
                    replace(claim, distinctiveness=one.value)
                )
                why[claim.text] = one.reason
        return Sifted(tuple(kept), tuple(left), why, found)


def _settled(claim: Claim) -> str:
    """Why a claim is kept without being measured; empty where it is to be."""
    if claim.status in _BY_USER:
        return f"{claim.status} by the user"
    if claim.reference:
        return "compared with others already"
    if claim.spans and not claim.quotes:
        return "it rests on whole texts, not on words that others could have said"
    return ""
