"""Product reviews as PGraphRAG publishes them: a population, and the targets of users with a past.

A user's first review is the target. Of the others those count that are about another product, in
other words, each once.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl

from idiolect.data import Population


def with_a_past(path: Path) -> tuple[Population, list[tuple[str, dict[str, Any]]]]:
    """All reviews of a file, and event id and row of each target, by the file's order of users."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        users = json.load(file)
    rows, targets = [], []
    for user in users:
        target, *past = user["profile"]
        kept = {
            (r["pid"], r["rating"], r["text"]): r
            for r in past
            if r["pid"] != target["pid"] and r["text"] != target["text"]
        }
        if kept:
            targets.append((f"{user['id']}/0", target))
        rows += [
            {
                "id": f"{user['id']}/{number}",
                "user": user["id"],
                "item": review["pid"],
                "rating": float(review["rating"]),
                "title": review["title"],
                "text": review["text"],
            }
            for number, review in enumerate([target, *kept.values()])
        ]
    return Population(pl.DataFrame(rows)), targets
