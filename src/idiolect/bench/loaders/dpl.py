"""DPL: the review that this person writes about a thing that others reviewed too.

Qiu et al. 2025 (arXiv 2503.02450), Amazon Reviews 2023 in three categories. A folder holds
``DPL-main/CATEGORY/SPLIT*`` and ``DPL-meta/CATEGORY/full*`` as on the hub; see
`idiolect.bench.dpl_reviews` for the rows, and `idiolect reproduce` for the paper's table.

In published mode, as in the authors' code, a user's history is the row's profile, and all others'
reviews may be read, also later ones. Otherwise every view is cut by time; train, where a user has
several rows, can only be read so. Scored by ROUGE-1, ROUGE-L, METEOR and BLEU; the paper's judge
(0–10) is `idiolect.measure.judge.Pointwise`.

No file of the release was at hand: the format is as its authors' code reads and writes it.

Licence: none stated with the files; the source is Amazon Reviews 2023.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from idiolect.bench import dpl_reviews
from idiolect.bench.benchmark import Benchmark
from idiolect.bench.dataset import dataset
from idiolect.bench.loaders.pgraphrag import written
from idiolect.measure.metrics import text_metric

Category = Literal["Movies_and_TV", "CDs_and_Vinyl", "Books"]


@dataset(
    title="DPL",
    paper="https://arxiv.org/abs/2503.02450",
    home="hub:SnowCharmQ/DPL-main",
    licence="none stated",
    files="DPL-main/CATEGORY/SPLIT* and DPL-meta/CATEGORY/full*",
    shapes=("text",),
)
def dpl(
    folder: Path,
    *,
    category: Category = "Books",
    split: Literal["train", "val", "test"] = "test",
    published: bool = True,
) -> Benchmark:
    """One category and split; see the module.

    Args:
        folder: Holds both data sets.
        category: Which reviews.
        split: Which of them.
        published: As in the authors' code, not cut by time.

    Raises:
        DataError: Files are missing or cannot be read, or train is asked for in published mode.
    """
    found = dpl_reviews.files(folder, [category], split)[category]
    metrics = (*written(), text_metric("bleu"))
    return dpl_reviews.read(found, f"DPL {category} {split}", metrics, published=published)
