"""Readable user models."""

from idiolect.profile.condense import Hierarchical, Recurrent, in_blocks, summarized
from idiolect.profile.keyed import Keyed, Noted, as_lines
from idiolect.profile.profile import Claim, Profile, Status, claims
from idiolect.profile.writing import writing

__all__ = [
    "Claim",
    "Hierarchical",
    "Keyed",
    "Noted",
    "Profile",
    "Recurrent",
    "Status",
    "as_lines",
    "claims",
    "in_blocks",
    "summarized",
    "writing",
]
