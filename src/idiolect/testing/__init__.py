"""For tests: a local endpoint that answers and fails as it is told."""

from idiolect.testing.server import Fault, StubServer
from idiolect.testing.town import Person, Place, Recovery, Town, Truth, town

__all__ = [
    "Fault",
    "Person",
    "Place",
    "Recovery",
    "StubServer",
    "Town",
    "Truth",
    "town",
]
