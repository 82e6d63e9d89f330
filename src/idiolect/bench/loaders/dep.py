"""DEP: DPL's reviews as its successor uses them.

Qiu et al. 2025 (arXiv 2507.20849) take the files of DPL (``SnowCharmQ/DPL-main`` and ``DPL-meta``;
see `dpl`). The test is DPL's. Of train they keep one row a user, the one with the longest profile
(ties: the first; theirs are as pandas' sort leaves them), and of val 512 rows of all categories
together, drawn by a library's shuffle that is not repeated here: val is all of one category.

Scored by ROUGE-1, ROUGE-L, METEOR and BLEU. The authors also give BERTScore (led-base-16384),
which needs that model and is not computed. Their profiles leave out the last two reviews, and
population figures come from test users: that is the method's business, not the data's.

No file of the release was at hand: the format is as its authors' code reads and writes it.

Licence: none stated with the files; the code's page says MIT.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from idiolect.bench import dpl_reviews
from idiolect.bench.benchmark import Benchmark
from idiolect.bench.dataset import dataset
from idiolect.bench.loaders.dpl import Category, dpl
from idiolect.bench.rows import rows


@dataset(
    title="DEP",
    paper="https://arxiv.org/abs/2507.20849",
    home="hub:SnowCharmQ/DPL-main",
    licence="none stated",
    files="DPL-main/CATEGORY/SPLIT* and DPL-meta/CATEGORY/full*",
    shapes=("text",),
)
def dep(
    folder: Path,
    *,
    category: Category = "Books",
    split: Literal["train", "val", "test"] = "test",
) -> Benchmark:
    """One category and split; see the module.

    Args:
        folder: Holds both data sets.
        category: Which reviews.
        split: Which of them; train is cut by time, with one row a user.

    Raises:
        DataError: Files are missing or cannot be read.
    """
    whole = dpl(folder, category=category, split=split, published=split != "train")
    some = whole.only(_longest(folder, category)) if split == "train" else whole
    return replace(some, name=f"DEP {category} {split}")


def _longest(folder: Path, category: str) -> list[str]:
    """The example of each user with the longest profile."""
    found: dict[str, tuple[int, str]] = {}
    for row in rows(dpl_reviews.files(folder, [category], "train")[category].main):
        user, length = row.text("user_id"), len(row.get("profile", list))
        if user not in found or length > found[user][0]:
            found[user] = length, f"{user}/{row.get('data', dict)['asin']}"
    return [name for _, name in found.values()]
