"""Who stands for the others on an item: a few peers' texts, chosen around one own text."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Event, Events, View
from idiolect.data.index import Rows
from idiolect.embed import Encoder, Vectors, unit
from idiolect.select.chosen import Chosen
from idiolect.select.events import drawn
from idiolect.select.ranking import at_least_one

#: Two texts are told apart if they are further apart than this share of the greatest distance from
#: their mean: single precision cannot resolve squared distances much below its square.
_APART = 1e-3


def _distinct(vectors: Vectors, most: int) -> int:
    """How many vectors can be told apart, counted up to `most`."""
    centred = vectors - vectors.mean(axis=0)
    smallest = _APART * float(np.linalg.norm(centred, axis=1).max())
    nearest = np.linalg.norm(centred - centred[0], axis=1)
    count = 1
    while count < most and nearest.max() > smallest:
        far = centred[nearest.argmax()]
        nearest = np.minimum(nearest, np.linalg.norm(centred - far, axis=1))
        count += 1
    return count


def cluster_centres(vectors: Vectors, representatives: int, seed: int) -> tuple[Rows, Rows]:
    """One peer for each k-means cluster that the own text is not in: the nearest to its centre.

    As in DPL's code: `representatives` + 1 clusters of all texts, the own one's dropped. Where
    fewer texts can be told apart, there are as many clusters as those.

    Args:
        vectors: The own text's first, then the peers'.  # (1 + peers, dim)
        representatives: How many at most.
        seed: Of k-means++.

    Returns:
        Positions among the peers, in the order of the clusters, and how many peers each stands for.
    """
    from sklearn.cluster import KMeans

    clusters = _distinct(vectors, representatives + 1)
    # n_init stated: its default has changed between versions of scikit-learn.
    fitted = KMeans(clusters, n_init=1, random_state=seed).fit(vectors)
    chosen: list[int] = []
    sizes: list[int] = []
    for cluster, centre in enumerate(fitted.cluster_centers_):
        members = np.flatnonzero(fitted.labels_ == cluster)
        if cluster == fitted.labels_[0] or not len(members):
            continue
        distances = np.linalg.norm(vectors[members] - centre, axis=1)
        chosen.append(int(members[distances.argmin()]) - 1)
        sizes.append(len(members))
    return np.array(chosen, dtype=np.intp), np.array(sizes, dtype=np.intp)


def stratified(
    ratings: NDArray[np.float64], wanted: int, rng: np.random.Generator
) -> list[tuple[int, float, float]]:
    """One random position from each of `wanted` equal parts of the positions sorted by rating.

    Equal ratings are sorted at random, missing ones (NaN) come last.

    Returns:
        For each part, lowest first: the position, and the part's lowest and highest rating.
    """
    shuffled = rng.permutation(len(ratings))
    order = shuffled[np.argsort(ratings[shuffled], kind="stable")]
    return [
        (int(rng.choice(part)), float(ratings[part[0]]), float(ratings[part[-1]]))
        for part in np.array_split(order, wanted)
        if len(part)
    ]


def _others(count: int) -> str:
    return f"{count} other{'' if count == 1 else 's'}"


def _trivial(own: Event, peers: Events, wanted: int) -> str:
    """Why there is no choice among these peers; empty where there is one."""
    if own.item is None:
        return "the text is about no item, so nobody else wrote about the same"
    if not len(peers):
        return "nobody else wrote about this"
    if len(peers) > wanted:
        return ""
    scope = "exactly" if len(peers) == wanted else "only"
    return f"{scope} {_others(len(peers))} wrote about this: nothing to choose"


def _peers(own: Event, view: View) -> Events:
    return view.own[:0] if own.item is None else view.peers(own.item)


def _range(low: float, high: float) -> str:
    shown = ["nothing" if math.isnan(rating) else f"{rating:g}" for rating in (low, high)]
    return shown[0] if shown[0] == shown[1] else f"{shown[0]} to {shown[1]}"


def _all(peers: Events, note: str) -> Chosen:
    return Chosen(peers, (f"all of {_others(len(peers))}",) * len(peers), note)


@dataclass(frozen=True)
class ClusterCentres:
    """The peers nearest to the centres of the clusters that the own text is not in (DPL).

    Args:
        encoder: Cut at the view before it is used.
        representatives: How many at most (4: DPL's default).
        seed: Of k-means (42: the authors' code).

    Raises:
        SettingError: `representatives` is below 1.
    """

    encoder: Encoder
    representatives: int = 4
    seed: int = 42

    def __post_init__(self) -> None:
        at_least_one("representatives", self.representatives)

    def __call__(self, own: Event, view: View) -> Chosen:
        """The chosen ones among `view.peers(own.item)`, in the order of the clusters."""
        peers = _peers(own, view)
        note = _trivial(own, peers, self.representatives)
        if len(peers) < self.representatives:
            return _all(peers, note)
        vectors = self.encoder.at(view).encode([own.text, *peers.texts])
        chosen, sizes = cluster_centres(vectors, self.representatives, self.seed)
        if len(chosen) < self.representatives:
            note = (
                f"{len(chosen)} instead of {self.representatives}: too few of the texts of the "
                f"user and {_others(len(peers))} differ from each other"
            )
        reasons = [f"nearest to the centre of {size} of {len(peers)} peers" for size in sizes]
        return Chosen(peers.take(chosen), tuple(reasons), note)


def _by_cosine(encoder: Encoder, wanted: int, own: Event, view: View, *, nearest: bool) -> Chosen:
    peers = _peers(own, view)
    note = _trivial(own, peers, wanted)
    if note:
        return _all(peers, note)
    vectors = unit(encoder.at(view).encode([own.text, *peers.texts]))
    cosines = vectors[1:] @ vectors[0]
    order = np.argsort(-cosines if nearest else cosines, kind="stable")[:wanted]
    if cosines.min() == cosines.max():
        note = f"all {_others(len(peers))} are equally near: the first by name"
    which = "highest" if nearest else "lowest"
    reasons = [
        f"cosine {cosines[at]:.2f} with the user's own text, among the {wanted} {which} "
        f"of {len(peers)}"
        for at in order
    ]
    return Chosen(peers.take(order), tuple(reasons), note)


@dataclass(frozen=True)
class Nearest:
    """The peers whose texts have the highest cosine with the own one; ties by name.

    Args:
        encoder: Cut at the view before it is used.
        representatives: How many at most.

    Raises:
        SettingError: `representatives` is below 1.
    """

    encoder: Encoder
    representatives: int = 4

    def __post_init__(self) -> None:
        at_least_one("representatives", self.representatives)

    def __call__(self, own: Event, view: View) -> Chosen:
        """The chosen ones among `view.peers(own.item)`, nearest first."""
        return _by_cosine(self.encoder, self.representatives, own, view, nearest=True)


@dataclass(frozen=True)
class Farthest:
    """The peers whose texts have the lowest cosine with the own one; ties by name.

    Args:
        encoder: Cut at the view before it is used.
        representatives: How many at most.

    Raises:
        SettingError: `representatives` is below 1.
    """

    encoder: Encoder
    representatives: int = 4

    def __post_init__(self) -> None:
        at_least_one("representatives", self.representatives)

    def __call__(self, own: Event, view: View) -> Chosen:
        """The chosen ones among `view.peers(own.item)`, farthest first."""
        return _by_cosine(self.encoder, self.representatives, own, view, nearest=False)


@dataclass(frozen=True)
class RandomPeers:
    """Peers drawn without replacement; the same ones for the same seed and own event.

    Args:
        representatives: How many at most.
        seed: Of the draw.

    Raises:
        SettingError: `representatives` is below 1.
    """

    representatives: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        at_least_one("representatives", self.representatives)

    def __call__(self, own: Event, view: View) -> Chosen:
        """The chosen ones among `view.peers(own.item)`, in the order of the draw."""
        peers = _peers(own, view)
        note = _trivial(own, peers, self.representatives)
        if note:
            return _all(peers, note)
        order = drawn(self.seed, own.user, own.id).permutation(len(peers))[: self.representatives]
        reasons = (f"drawn at random from {len(peers)} peers",) * len(order)
        return Chosen(peers.take(order), reasons)


@dataclass(frozen=True)
class StratifiedByRating:
    """Peers over the whole range of ratings: one drawn from each equal part, lowest part first.

    Args:
        representatives: How many parts, and so peers, at most.
        seed: Of the draw; the same peers for the same seed and own event.

    Raises:
        SettingError: `representatives` is below 1.
    """

    representatives: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        at_least_one("representatives", self.representatives)

    def __call__(self, own: Event, view: View) -> Chosen:
        """The chosen ones among `view.peers(own.item)`; peers without a rating come last."""
        peers = _peers(own, view)
        note = _trivial(own, peers, self.representatives)
        if note:
            return _all(peers, note)
        ratings = peers.ratings
        missing = int(np.isnan(ratings).sum())
        if missing:
            note = f"{missing} of {len(peers)} peers gave no rating: they come last"
        drawing = stratified(ratings, self.representatives, drawn(self.seed, own.user, own.id))
        reasons = [f"drawn from the peers rating {_range(low, high)}" for _, low, high in drawing]
        return Chosen(peers.take(at for at, _, _ in drawing), tuple(reasons), note)
