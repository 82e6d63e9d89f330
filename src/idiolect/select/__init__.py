"""Which events and which people."""

from idiolect.select.chosen import Chosen

__all__ = ["Chosen"]
