"""Acting and answering as a user."""

from idiolect.simulate.instrument import Instrument, Subject, Survey
from idiolect.simulate.session import Environment, Policy, Session, Simulation, Step, play

__all__ = [
    "Environment",
    "Instrument",
    "Policy",
    "Session",
    "Simulation",
    "Step",
    "Subject",
    "Survey",
    "play",
]
