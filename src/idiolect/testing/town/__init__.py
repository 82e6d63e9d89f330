"""A made-up town: people with planted habits who review the same places.

The truth is known twice over: the habits that each person was given, and each person's true effect
on every feature, measured on many *fresh* texts of theirs about further places. What a place is
like moves everybody's words (a bad one gets longer, angrier reviews; a museum gets other words than
a café), and people go where they like to go, so only a comparison on the same places is fair.
"""

from idiolect.testing.town.kinds import KINDS, Aspect, Kind
from idiolect.testing.town.making import Town, town
from idiolect.testing.town.people import (
    DISTRICT_HABITS,
    DISTRICTS,
    HABITS,
    STRENGTHS,
    Person,
    Place,
)
from idiolect.testing.town.phrases import FAVOURITES
from idiolect.testing.town.review import Clause, Review
from idiolect.testing.town.truth import Recovery, Truth

__all__ = [
    "DISTRICTS",
    "DISTRICT_HABITS",
    "FAVOURITES",
    "HABITS",
    "KINDS",
    "STRENGTHS",
    "Aspect",
    "Clause",
    "Kind",
    "Person",
    "Place",
    "Recovery",
    "Review",
    "Town",
    "Truth",
    "town",
]
