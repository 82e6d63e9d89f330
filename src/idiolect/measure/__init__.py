"""Features of text, and the statistics of comparing them."""

from idiolect.measure.features import FEATURES, Dimension, Feature, measure
from idiolect.measure.statistics import (
    at_least,
    benjamini_hochberg,
    group_means,
    interval,
    log_odds,
    pooled_sd,
)
from idiolect.measure.text import Text, function_share, language_of

__all__ = [
    "FEATURES",
    "Dimension",
    "Feature",
    "Text",
    "at_least",
    "benjamini_hochberg",
    "function_share",
    "group_means",
    "interval",
    "language_of",
    "log_odds",
    "measure",
    "pooled_sd",
]
