"""Features of text, metrics of texts against real ones, and the statistics of comparing."""

from idiolect.measure.answers import ANSWER_METRICS, final_answers, verdict, word_set
from idiolect.measure.calibration import (
    Above,
    Calibration,
    Recalibrated,
    RiskCoverage,
    calibration,
    recalibrate,
)
from idiolect.measure.contrasts import Contrasts, contrasts
from idiolect.measure.distances import Distance, JensenShannon, one_minus
from idiolect.measure.distinctiveness import (
    Reidentified,
    Spread,
    nearest_other,
    ranked,
    reidentified,
    spread,
)
from idiolect.measure.egises import Egises, egises
from idiolect.measure.factors import Agreement, Influence, agreement, factor_influence
from idiolect.measure.features import FEATURES, Dimension, Feature, measure
from idiolect.measure.frame import without_frame
from idiolect.measure.intervals import Estimate, bootstrap, estimate, interval
from idiolect.measure.judge import (
    Checklist,
    Judged,
    Pairwise,
    Personalized,
    Pointwise,
    Preference,
    Preferences,
    ReplayJudge,
    ReplayPairs,
    Rubric,
    Suits,
    against,
    judged,
    micro,
    preferred,
)
from idiolect.measure.labels import label_metrics, rating_metrics
from idiolect.measure.metrics import METRICS, TextMetric, similarity, text_metric
from idiolect.measure.output_spread import OutputSpread, effective_number, output_spread, voices
from idiolect.measure.paired import Paired, detectable, paired
from idiolect.measure.ranking import RankingMetric, ranking_metric
from idiolect.measure.resample import Figure, Weighted, reweighted
from idiolect.measure.separation import Separation, separation
from idiolect.measure.statistics import (
    at_least,
    benjamini_hochberg,
    group_means,
    holm,
    log_odds,
    pooled_sd,
)
from idiolect.measure.text import Text, function_share, language_of
from idiolect.measure.verification import Verified, verify

__all__ = [
    "ANSWER_METRICS",
    "FEATURES",
    "METRICS",
    "Above",
    "Agreement",
    "Calibration",
    "Checklist",
    "Contrasts",
    "Dimension",
    "Distance",
    "Egises",
    "Estimate",
    "Feature",
    "Figure",
    "Influence",
    "JensenShannon",
    "Judged",
    "OutputSpread",
    "Paired",
    "Pairwise",
    "Personalized",
    "Pointwise",
    "Preference",
    "Preferences",
    "RankingMetric",
    "Recalibrated",
    "Reidentified",
    "ReplayJudge",
    "ReplayPairs",
    "RiskCoverage",
    "Rubric",
    "Separation",
    "Spread",
    "Suits",
    "Text",
    "TextMetric",
    "Verified",
    "Weighted",
    "against",
    "agreement",
    "at_least",
    "benjamini_hochberg",
    "bootstrap",
    "calibration",
    "contrasts",
    "detectable",
    "effective_number",
    "egises",
    "estimate",
    "factor_influence",
    "final_answers",
    "function_share",
    "group_means",
    "holm",
    "interval",
    "judged",
    "label_metrics",
    "language_of",
    "log_odds",
    "measure",
    "micro",
    "nearest_other",
    "one_minus",
    "output_spread",
    "paired",
    "pooled_sd",
    "preferred",
    "ranked",
    "ranking_metric",
    "rating_metrics",
    "recalibrate",
    "reidentified",
    "reweighted",
    "separation",
    "similarity",
    "spread",
    "text_metric",
    "verdict",
    "verify",
    "voices",
    "without_frame",
    "word_set",
]
