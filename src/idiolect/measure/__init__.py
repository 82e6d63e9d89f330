"""Features of text, metrics of texts against real ones, and the statistics of comparing."""

from idiolect.measure.contrasts import Contrasts, contrasts
from idiolect.measure.features import FEATURES, Dimension, Feature, measure
from idiolect.measure.metrics import METRICS, TextMetric, similarity, text_metric
from idiolect.measure.statistics import (
    Estimate,
    Paired,
    at_least,
    benjamini_hochberg,
    detectable,
    estimate,
    group_means,
    holm,
    interval,
    log_odds,
    paired,
    pooled_sd,
)
from idiolect.measure.text import Text, function_share, language_of

__all__ = [
    "FEATURES",
    "METRICS",
    "Contrasts",
    "Dimension",
    "Estimate",
    "Feature",
    "Paired",
    "Text",
    "TextMetric",
    "at_least",
    "benjamini_hochberg",
    "contrasts",
    "detectable",
    "estimate",
    "function_share",
    "group_means",
    "holm",
    "interval",
    "language_of",
    "log_odds",
    "measure",
    "paired",
    "pooled_sd",
    "similarity",
    "text_metric",
]
