"""PGraphRAG: reviews of products by people of whom little or nothing else is known.

Au et al. 2025 (arXiv 2501.02157). A folder holds ``SET_SPLIT.json`` (also gzipped) for the sets
amazon, b2w, gap and hotel: a list of ``{id, profile}``, the profile a list of reviews ``{rating,
title, text, pid}``. The first one is the target, the rest is the user's history, empty for about
nine users in ten; other users' reviews of the same product (`view.peers`), their targets among
them, take its place. There are no times. b2w mixes numbers and texts as ``pid``.

Three tasks: the text from the title, the title from the text, the rating from both. Text and title
are scored by ROUGE-1, ROUGE-L and METEOR, the rating by MAE and RMSE over 1 to 5. The authors'
script computes METEOR with WordNet; `meteor_exact_stem` stands here where it is not installed.

The authors rank neighbours beforehand (``data_rank``), and show ratings for the rating task only.
Here a recipe chooses and sees ratings of history and peers in every task.

Licence: none stated; sources are Amazon Reviews 2023, B2W-Reviews01 and Datafiniti.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from idiolect.bench.benchmark import Benchmark
from idiolect.bench.dataset import absent, dataset
from idiolect.bench.examples import Examples
from idiolect.bench.rows import Found, rows
from idiolect.data import Event, Item, Request
from idiolect.errors import CapabilityError, DataError
from idiolect.measure.labels import rating_metrics
from idiolect.measure.metrics import TextMetric, text_metric

HOME = "https://github.com/PGraphRAG-benchmark/PGraphRAG"
SCALE = (1.0, 5.0)
#: What comes with the request of each task.
GIVEN = {"text": ("title",), "title": ("text",), "rating": ("title", "text")}
QUERIES = {
    "text": "Write this user's review of the product; its title is given.",
    "title": "Write this user's title of the review that is given, in at most ten words.",
    "rating": "",
}


@dataset(
    title="PGraphRAG",
    paper="https://arxiv.org/abs/2501.02157",
    home=HOME,
    licence="none stated",
    files="amazon_dev.json (also b2w, gap, hotel; test)",
    shapes=("text", "rating"),
)
def pgraphrag(
    folder: Path,
    *,
    source: Literal["amazon", "b2w", "gap", "hotel"] = "amazon",
    split: Literal["train", "dev", "test"] = "test",
    task: Literal["text", "title", "rating"] = "text",
) -> Benchmark:
    """One set, split and task; see the module.

    Args:
        folder: Holds the files.
        source: Which reviews.
        split: Which users.
        task: What is asked for.

    Raises:
        DataError: The file is missing, cut short, or of another release.
    """
    folder = Path(folder).expanduser()
    name = f"{source}_{split}.json"
    paths = [path for path in (folder / name, folder / f"{name}.gz") if path.is_file()]
    if not paths:
        raise absent("pgraphrag", folder, name, home=HOME)
    found, events = Examples(f"PGraphRAG {source} {split} {task}"), list[Event]()
    empty = 0
    for row in rows(paths[:1]):
        user = row.text("id")
        profile = [_review(user, n, one) for n, one in enumerate(row.all("profile"))]
        if not profile:
            raise DataError(
                f"Found no review in 'profile' of {row.where}; the first is the target."
            )
        events.extend(profile)
        target = profile[0]
        gold = f"{target.rating:g}" if task == "rating" else getattr(target, task) or ""
        empty += not gold.strip()
        found.add(
            target.id,
            _request(target, task),
            gold,
            history="none" if len(profile) == 1 else "some",
        )
    note = f"{empty} targets are empty: they have no ROUGE or METEOR." if empty else ""
    metrics = rating_metrics(*SCALE) if task == "rating" else written()
    return found.benchmark(events, metrics, published=True, notes=[note])


def _review(user: str, number: int, row: Found) -> Event:
    rating = row.get("rating", float)
    if not SCALE[0] <= rating <= SCALE[1]:
        raise DataError(f"Found {rating!r} as 'rating' in {row.where}; 1 to 5 is needed.")
    return Event(
        user,
        row.get("text", str),
        row.text("pid"),
        rating=rating,
        title=row.get("title", str) or None,
        id=f"{user}/{number}",
    )


def _request(target: Event, task: str) -> Request:
    facts = {name: getattr(target, name) or "" for name in GIVEN[task]}
    return Request(
        target.user,
        QUERIES[task],
        item=Item(target.item or ""),
        scale=SCALE if task == "rating" else None,
        given={name: value for name, value in facts.items() if value},
        event=target.id,
    )


def written() -> tuple[TextMetric, ...]:
    """ROUGE-1, ROUGE-L and METEOR, the latter without synonyms where WordNet is not installed."""
    meteor = text_metric("meteor")
    try:
        meteor.require()
    except CapabilityError:
        meteor = text_metric("meteor_exact_stem")
    return text_metric("rouge1"), text_metric("rougeL"), meteor
