"""Readable user models."""

from idiolect.profile.profile import Claim, Profile, Status, claims
from idiolect.profile.writing import writing

__all__ = ["Claim", "Profile", "Status", "claims", "writing"]
