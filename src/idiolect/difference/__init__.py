"""What sets a user apart from a reference, told and measured."""

from idiolect.difference.found import Difference, Measure, Voice

__all__ = ["Difference", "Measure", "Voice"]
