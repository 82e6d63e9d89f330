"""Language models as judges: a mark for one text, a rubric, a checklist, or the better of two.

Some see what the user really wrote, some only what is known of the user. What a judge could not
decide has no value and a reason; it is counted apart and never becomes a zero.
"""

from idiolect.measure.judge.asking import Considered, Sure
from idiolect.measure.judge.checklist import Checklist, Counts, micro
from idiolect.measure.judge.demonstrated import (
    Comparison,
    Demonstrated,
    Said,
    accuracy_in_both_orders,
    comparisons,
    rewards,
    solved,
)
from idiolect.measure.judge.pairwise import (
    PAIRWISE,
    Pairwise,
    Preference,
    Preferences,
    Prefers,
    Result,
    against,
    preferred,
    rival,
)
from idiolect.measure.judge.personal import (
    Known,
    Personalized,
    Suits,
    Summed,
    Told,
    nothing,
)
from idiolect.measure.judge.pointwise import POINTWISE, SCALE, Judged, Pointwise, judged
from idiolect.measure.judge.replay import ReplayJudge, ReplayPairs, asked_id, line, samples
from idiolect.measure.judge.rubric import Rubric

__all__ = [
    "PAIRWISE",
    "POINTWISE",
    "SCALE",
    "Checklist",
    "Comparison",
    "Considered",
    "Counts",
    "Demonstrated",
    "Judged",
    "Known",
    "Pairwise",
    "Personalized",
    "Pointwise",
    "Preference",
    "Preferences",
    "Prefers",
    "ReplayJudge",
    "ReplayPairs",
    "Result",
    "Rubric",
    "Said",
    "Suits",
    "Summed",
    "Sure",
    "Told",
    "accuracy_in_both_orders",
    "against",
    "asked_id",
    "comparisons",
    "judged",
    "line",
    "micro",
    "nothing",
    "preferred",
    "rewards",
    "rival",
    "samples",
    "solved",
]
