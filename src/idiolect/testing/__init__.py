"""For tests: a local endpoint that answers and fails as it is told."""

from idiolect.testing.server import Fault, StubServer

__all__ = ["Fault", "StubServer"]
