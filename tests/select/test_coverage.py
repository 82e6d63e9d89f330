"""On real reviews the k-means choice stands for the crowd better than chance."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from idiolect.data import Event, Population, Request
from idiolect.embed import Lsa
from idiolect.select import ClusterCentres, Farthest, RandomPeers, Representatives

pytestmark = pytest.mark.real


def test_centres_cover_the_crowd_better_than_chance_and_the_farthest_worse(real_data: Path) -> None:
    """Mean cosine distance of every peer to the nearest chosen one, products with 10 peers or more.

    Two own authors a product; four standard errors of the paired difference by product. The whole
    table is made by `benchmarks/representatives.py`.
    """
    with gzip.open(real_data / "peer_reviews/gap_dev.json.gz", "rt", encoding="utf-8") as file:
        users = json.load(file)
    reviews = {(u["id"], r["pid"]): r["text"] for u in users for r in u["profile"] if r["text"]}
    population = Population.of(Event(u, text, item=p) for (u, p), text in reviews.items())
    assert population.by_item is not None
    lsa = Lsa()
    ways: list[Representatives] = [ClusterCentres(lsa), Farthest(lsa)]
    chance: list[Representatives] = [RandomPeers(seed=seed) for seed in range(10)]
    gains = []
    for item in population.by_item.names:
        authors = population.by_item.rows(item)
        if len(authors) < 11:
            continue
        found = []
        for own in population.made(authors[:2]):
            view = population.as_of(Request(own.user))
            peers = lsa.at(view).encode(view.peers(item).texts)
            apart = []
            for choose in [*ways, *chance]:
                chosen = lsa.at(view).encode(choose(own, view).events.texts)
                apart.append(float((1 - (peers @ chosen.T).max(axis=1)).mean()))
            found.append([np.mean(apart[2:]) - apart[0], np.mean(apart[2:]) - apart[1]])
        gains.append(np.mean(found, axis=0))
    mean, error = np.mean(gains, axis=0), np.std(gains, axis=0) / np.sqrt(len(gains))
    assert len(gains) > 40
    assert mean[0] > 4 * error[0]
    assert mean[1] < -4 * error[1]
