"""Running a recipe over many requests."""

from idiolect.run.engines import ENGINES, Engine, Job, Limits, engine
from idiolect.run.folder import REPLIES, RunFolder, result, usable
from idiolect.run.manifest import asked, fingerprint, manifest
from idiolect.run.models import ADDRESSES, language_model
from idiolect.run.runner import Assembly, Failure, Outcome, Progress, answer, run, run_iter
from idiolect.run.trace import Use

__all__ = [
    "ADDRESSES",
    "ENGINES",
    "REPLIES",
    "Assembly",
    "Engine",
    "Failure",
    "Job",
    "Limits",
    "Outcome",
    "Progress",
    "RunFolder",
    "Use",
    "answer",
    "asked",
    "engine",
    "fingerprint",
    "language_model",
    "manifest",
    "result",
    "run",
    "run_iter",
    "usable",
]
