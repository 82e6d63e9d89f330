"""Features of text, metrics of texts against real ones, and the statistics of comparing."""

from idiolect.measure.contrasts import Contrasts, contrasts
from idiolect.measure.features import FEATURES, Dimension, Feature, measure
from idiolect.measure.judge import (
    Judged,
    Pairwise,
    Pointwise,
    Preference,
    Preferences,
    judged,
    preferred,
)
from idiolect.measure.metrics import METRICS, TextMetric, similarity, text_metric
from idiolect.measure.statistics import (
    Estimate,
    Paired,
    at_least,
    benjamini_hochberg,
    bootstrap,
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
    "Judged",
    "Paired",
    "Pairwise",
    "Pointwise",
    "Preference",
    "Preferences",
    "Text",
    "TextMetric",
    "at_least",
    "benjamini_hochberg",
    "bootstrap",
    "contrasts",
    "detectable",
    "estimate",
    "function_share",
    "group_means",
    "holm",
    "interval",
    "judged",
    "language_of",
    "log_odds",
    "measure",
    "paired",
    "pooled_sd",
    "preferred",
    "similarity",
    "text_metric",
]
