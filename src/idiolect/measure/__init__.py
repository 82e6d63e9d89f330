"""Features of text, and the statistics of comparing them."""

from idiolect.measure.contrasts import Contrasts, contrasts
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
    "Contrasts",
    "Dimension",
    "Feature",
    "Text",
    "at_least",
    "benjamini_hochberg",
    "contrasts",
    "function_share",
    "group_means",
    "interval",
    "language_of",
    "log_odds",
    "measure",
    "pooled_sd",
]
