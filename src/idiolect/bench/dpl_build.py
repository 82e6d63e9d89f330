"""DPL-main and DPL-meta made from the raw reviews, by the authors' filters (their data code).

A review counts if it has a rating, a title, a time and at least 200 characters, and its item a
title and a description of 100 to 2,000. Items need 8 users, users 18 to 500 reviews (newest first,
one an item, one a text), again and again until nothing changes. A user's last 10 reviews are
targets, the rest is the profile, of which only items with 5 users and users with 8 reviews stay,
again until nothing changes. Train are the first 8 targets, each after all before it, val is the
ninth, test the last.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idiolect.bench.dpl_reviews import MAIN, META, Split
from idiolect.data import Population
from idiolect.errors import DataError

if TYPE_CHECKING:
    import polars as pl

SHORTEST_TEXT = 200
DESCRIPTION = (100, 2000)
ITEM_USERS = 8
USER_REVIEWS = (18, 500)
TARGETS = 10
PROFILE_ITEM_USERS = 5
PROFILE_REVIEWS = 8


@dataclass(frozen=True)
class Built:
    """The published layout, as rows.

    Attributes:
        splits: train, val and test.
        meta: The items that reviews are about.
    """

    splits: Mapping[Split, Sequence[dict[str, Any]]]
    meta: Sequence[dict[str, Any]]

    def save(self, folder: str | Path, category: str) -> None:
        """Writes it as `files` finds it, one JSON-lines file a split."""
        parts = {f"{MAIN}/{category}/{name}.jsonl": rows for name, rows in self.splits.items()}
        for name, rows in {**parts, f"{META}/{category}/full.jsonl": self.meta}.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", encoding="utf-8") as file:
                file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def build(population: Population) -> Built:
    """The three splits and the items, from raw reviews as `idiolect.bench.amazon.read` gives them.

    Raises:
        DataError: There are no times, ratings, titles or descriptions, or nobody is left.
    """
    import polars as pl

    things = population.items
    needed = {"item", "time", "rating", "title"} - set(population.columns)
    if needed or things is None or "description" not in things.columns:
        raise DataError(
            f"Found no {', '.join(sorted(needed)) or 'descriptions of items'}; reviews with times, "
            "ratings and titles are needed, and the file of their items."
        )
    size = pl.col("description").str.len_chars()
    things = things.filter(size.is_between(*DESCRIPTION) & (pl.col("title").fill_null("") != ""))
    reviews = population.frame.select("user", "item", "rating", "title", "text", "time").filter(
        (pl.col("text").str.len_chars() >= SHORTEST_TEXT)
        & (pl.col("rating").fill_null(0) != 0)
        & (pl.col("title").fill_null("") != "")
        & pl.col("item").is_in(things["id"].implode())
    )
    reviews = _stable(reviews)
    # Equal but for white space is equal: the authors look for repeats again after they level it.
    level = pl.col("text").str.strip_chars().str.replace_all(r"\s+", " ")
    reviews = _newest_once(reviews.with_columns(level))
    from_last = pl.int_range(pl.len()).reverse().over("user")
    targets = reviews.filter(from_last < TARGETS)
    profiles = _stable_profiles(reviews.filter(from_last >= TARGETS))
    if not profiles.height:
        raise DataError(
            f"Found nobody with {USER_REVIEWS[0]} reviews of {SHORTEST_TEXT} characters on things "
            f"that {ITEM_USERS} people reviewed; bring a larger category."
        )
    known = things.filter(pl.col("id").is_in(reviews["item"].implode()))
    meta = known.select(pl.col("id").alias("asin"), "title", "description").to_dicts()
    return Built(_splits(profiles, targets), meta)


def _stable(reviews: pl.DataFrame) -> pl.DataFrame:
    """Reviews of items with enough users, by users with neither too few nor too many."""
    import polars as pl

    while True:
        # Both are counted before either is dropped: the upper bound makes the order matter.
        counts = _newest_once(reviews).group_by("user").len()
        users = counts.filter(pl.col("len").is_between(*USER_REVIEWS))["user"]
        met = reviews.group_by("item").agg(pl.col("user").n_unique())
        items = met.filter(pl.col("user") >= ITEM_USERS)["item"]
        left = reviews.filter(
            pl.col("user").is_in(users.implode()) & pl.col("item").is_in(items.implode())
        )
        if left.height == reviews.height:
            return left
        reviews = left


def _newest_once(reviews: pl.DataFrame) -> pl.DataFrame:
    """Of each user's reviews, newest first, those whose item and text no kept one has.

    The rows keep their order, oldest first; equal times keep that of the file.
    """
    import polars as pl

    again = pl.struct("user", "item").is_duplicated() | pl.struct("user", "text").is_duplicated()
    numbered = reviews.with_row_index("row").with_columns(again.alias("again"))
    # Only rows with a twin can be dropped, or cause it.
    twins = numbered.filter("again").sort("time", descending=True, maintain_order=True)
    items: set[tuple[str, str]] = set()
    texts: set[tuple[str, str]] = set()
    dropped = []
    for row, user, item, text in twins.select("row", "user", "item", "text").iter_rows():
        if (user, item) in items or (user, text) in texts:
            dropped.append(row)
        else:
            items.add((user, item))
            texts.add((user, text))
    left = numbered.filter(~pl.col("row").is_in(dropped))
    return left.drop("row", "again")


def _stable_profiles(profiles: pl.DataFrame) -> pl.DataFrame:
    """Profile reviews of items with enough users, of users with enough of them."""
    import polars as pl

    while True:
        left = profiles.filter(pl.col("user").n_unique().over("item") >= PROFILE_ITEM_USERS)
        left = left.filter(pl.len().over("user") >= PROFILE_REVIEWS)
        if left.height == profiles.height:
            return left
        profiles = left


def _splits(
    profiles: pl.DataFrame, targets: pl.DataFrame
) -> Mapping[Split, Sequence[dict[str, Any]]]:
    found: dict[Split, list[dict[str, Any]]] = {"train": [], "val": [], "test": []}
    held = _by_user(targets)
    for user, profile in _by_user(profiles).items():
        last = held[user]
        for at, target in enumerate(last):
            split: Split = (
                "test" if at == len(last) - 1 else "val" if at == len(last) - 2 else "train"
            )
            row = {"user_id": user, "profile": profile + last[:at], "data": target}
            found[split].append(row)
    return found


def _by_user(reviews: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """User → reviews in the published form, oldest first."""
    import polars as pl

    rows = reviews.select(
        "user", "rating", "title", "text", pl.col("item").alias("asin"),
        pl.col("time").dt.epoch("ms").alias("timestamp"),
    )  # fmt: skip
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        found.setdefault(row.pop("user"), []).append(row)
    return found
