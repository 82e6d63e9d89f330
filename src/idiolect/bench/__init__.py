"""Public data sets in their published formats, what papers report on them, and predictions kept."""

from idiolect.bench import amazon, dpl_reviews
from idiolect.bench.benchmark import JUDGE, USER, Benchmark, Score
from idiolect.bench.dataset import Dataset, absent, by_name, dataset, datasets
from idiolect.bench.dpl_build import Built, build
from idiolect.bench.pairs import consistency
from idiolect.bench.paper import Figure, PaperTable
from idiolect.bench.predictions import Predictions
from idiolect.bench.rehearsal import Rehearsal

__all__ = [
    "JUDGE",
    "USER",
    "Benchmark",
    "Built",
    "Dataset",
    "Figure",
    "PaperTable",
    "Predictions",
    "Rehearsal",
    "Score",
    "absent",
    "amazon",
    "build",
    "by_name",
    "consistency",
    "dataset",
    "datasets",
    "dpl_reviews",
]
