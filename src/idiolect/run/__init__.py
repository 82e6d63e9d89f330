"""Running a recipe over many requests."""

from idiolect.run.models import ADDRESSES, language_model
from idiolect.run.runner import Assembly, Failure, Outcome, Progress, answer, run

__all__ = [
    "ADDRESSES",
    "Assembly",
    "Failure",
    "Outcome",
    "Progress",
    "answer",
    "language_model",
    "run",
]
