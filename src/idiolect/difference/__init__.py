"""What sets a user apart from a reference, told and measured."""

from idiolect.difference.found import Difference, Measure, Voice
from idiolect.difference.rating import OwnMean, PeersMean, RatesItems, Rating, RelativeRating

__all__ = [
    "Difference",
    "Measure",
    "OwnMean",
    "PeersMean",
    "RatesItems",
    "Rating",
    "RelativeRating",
    "Voice",
]
