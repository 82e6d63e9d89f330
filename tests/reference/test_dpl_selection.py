"""The authors' selection of own events, comparable events and representatives, on real critics.

`selection.json` was made by the authors' functions on the same vectors; only numbers are kept.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.cluster import KMeans

from idiolect.data import Event, Population, Request, View
from idiolect.embed import GivenVectors
from idiolect.select import (
    Chosen,
    ClusterCentres,
    Okapi,
    asked_title_and_description,
    title_and_description,
)

pytestmark = pytest.mark.real

OKAPI = Okapi(8, document=title_and_description, query=asked_title_and_description, published=True)


@pytest.fixture(scope="module")
def expected(reference: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((reference / "dpl/selection.json").read_text())[
        "users"
    ]
    assert len(found) == 80
    return found


@pytest.fixture(scope="module")
def reviews(real_data: Path) -> pl.DataFrame:
    """All reviews; the id is the row of the file, which is oldest first."""
    return (
        pl.read_csv(real_data / "rotten/reviews.csv.gz", schema_overrides={"movie": pl.String})
        .rename({"critic": "user", "movie": "item", "verdict": "title", "review": "text"})
        .with_row_index("id")
        .select(pl.col("id").cast(pl.String), "user", "item", "title", "text")
    )


@pytest.fixture(scope="module")
def population(reviews: pl.DataFrame, real_data: Path) -> Population:
    """Critics with at least 12 reviews, each without the last, by position: without times."""
    films = pl.read_csv(real_data / "rotten/movies.csv.gz", schema_overrides={"movie": pl.String})
    place, count = pl.int_range(pl.len()).over("user"), pl.len().over("user")
    history = reviews.filter((count >= 12) & (place < count - 1))
    return Population(history, films.select(id="movie", description="synopsis"))


@pytest.fixture(scope="module")
def encoder(reviews: pl.DataFrame, reference: Path) -> GivenVectors:
    vectors = np.load(reference / "dpl/vectors.npy").astype(np.float32)
    return GivenVectors(dict(zip(reviews["text"], vectors, strict=True)))


def view_of(row: int, reviews: pl.DataFrame, population: Population) -> View:
    target = reviews.row(row, named=True)
    request = Request(
        user=target["user"],
        item=population.item(target["item"]),
        given={"title": target["title"]},
    )
    return population.uncut(request)


def rows_of(chosen: Chosen) -> list[int]:
    return [int(name) for name in chosen.events.ids]


def test_own_events_are_the_authors(
    expected: list[dict[str, Any]], reviews: pl.DataFrame, population: Population
) -> None:
    for critic in expected:
        view = view_of(critic["target_row"], reviews, population)
        assert view.request.user == critic["user"]
        assert rows_of(OKAPI(view)) == critic["selected"], critic["user"]


def test_comparable_events_are_the_authors(
    expected: list[dict[str, Any]], reviews: pl.DataFrame, population: Population
) -> None:
    for critic in expected:
        view = view_of(critic["target_row"], reviews, population)
        assert rows_of(OKAPI(view, view.comparable(4))) == critic["comparable"], critic["user"]


def test_representatives_are_the_authors(
    expected: list[dict[str, Any]],
    reviews: pl.DataFrame,
    population: Population,
    encoder: GivenVectors,
) -> None:
    """Place by place in the authors' order; the other member of a cluster of two also counts."""
    choose = ClusterCentres(encoder)
    places = ties = 0
    for critic in expected:
        view = view_of(critic["target_row"], reviews, population)
        for own in OKAPI(view, view.comparable(4)).events:
            assert own.item is not None
            chosen, theirs = rows_of(choose(own, view)), critic["representatives"][own.id]
            assert len(chosen) == len(theirs)
            places += len(chosen)
            if chosen == theirs:
                continue
            pairs = clusters_of_two(own, view, encoder)
            for mine, authors in zip(chosen, theirs, strict=True):
                if mine != authors:
                    assert {mine, authors} in pairs
                    ties += 1
    assert places == 2560
    assert ties <= 186  # clusters of two in the reference


def clusters_of_two(own: Event, view: View, encoder: GivenVectors) -> list[set[int]]:
    """The rows of each cluster of two peers, by scikit-learn itself."""
    assert own.item is not None
    peers = view.peers(own.item)
    vectors = encoder.encode([own.text, *peers.texts])
    labels = KMeans(5, random_state=42).fit(vectors).labels_
    rows = [int(name) for name in peers.ids]
    groups = [{row for row, at in zip(rows, labels[1:], strict=True) if at == n} for n in range(5)]
    return [group for n, group in enumerate(groups) if len(group) == 2 and n != labels[0]]
