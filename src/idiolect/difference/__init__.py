"""What sets a user apart from a reference, told and measured."""

from idiolect.difference.found import Difference, Measure, Voice
from idiolect.difference.measured import RATING, Measured, Measurements, Term, measure_group
from idiolect.difference.rating import OwnMean, PeersMean, RatesItems, Rating, RelativeRating

__all__ = [
    "RATING",
    "Difference",
    "Measure",
    "Measured",
    "Measurements",
    "OwnMean",
    "PeersMean",
    "RatesItems",
    "Rating",
    "RelativeRating",
    "Term",
    "Voice",
    "measure_group",
]
