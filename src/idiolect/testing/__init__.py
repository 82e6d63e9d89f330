"""For tests: the contract of recipes, stand-ins, a stub endpoint, and towns with known truth."""

from idiolect.testing.contract import CHECKS, Bench, ContractError, Verdict, check_recipe
from idiolect.testing.server import Fault, StubServer
from idiolect.testing.standins import Hashing, answered
from idiolect.testing.town import Person, Place, Recovery, Town, Truth, town
from idiolect.testing.world import World

__all__ = [
    "CHECKS",
    "Bench",
    "ContractError",
    "Fault",
    "Hashing",
    "Person",
    "Place",
    "Recovery",
    "StubServer",
    "Town",
    "Truth",
    "Verdict",
    "World",
    "answered",
    "check_recipe",
    "town",
]
