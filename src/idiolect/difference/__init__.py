"""What sets a user apart from a reference, told and measured."""

from idiolect.difference.drift import Drift, measure_drift
from idiolect.difference.found import Difference, Measure, Point, Voice
from idiolect.difference.measured import Measured, measure_group
from idiolect.difference.measurements import RATING, Measurements, Standing
from idiolect.difference.rating import OwnMean, PeersMean, RatesItems, Rating, RelativeRating
from idiolect.difference.terms import Term
from idiolect.difference.told import STYLES, Discovered, Told

__all__ = [
    "RATING",
    "STYLES",
    "Difference",
    "Discovered",
    "Drift",
    "Measure",
    "Measured",
    "Measurements",
    "OwnMean",
    "PeersMean",
    "Point",
    "RatesItems",
    "Rating",
    "RelativeRating",
    "Standing",
    "Term",
    "Told",
    "Voice",
    "measure_drift",
    "measure_group",
]
