"""A local OpenAI-compatible server; `python -m idiolect.testing.server` runs it by itself."""

from idiolect.testing.server.bodies import Body
from idiolect.testing.server.stub import Fault, StubServer

__all__ = ["Body", "Fault", "StubServer"]
