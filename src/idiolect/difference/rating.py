"""Ratings: a user relative to other people on the same items, and the two plain means beside it.

The classic bias model, read as the numeric kernel of difference-aware personalization: not what a
user gives, but how far from what others give to the same things. Every mean is shrunk, since most
histories are short: a shrinkage of `k` counts like `k` more ratings at the value shrunk to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Events, View
from idiolect.errors import DataError, SettingError


@dataclass(frozen=True)
class Rating:
    """A predicted rating, and what it was made of.

    Attributes:
        value: The prediction, on the scale of the data.
        base: What is expected of anybody: the shrunk mean of the item, or of all ratings.
        deviation: What the user adds to it; 0 without a history.
        peers: Other people's ratings of the item that were used.
        past: Own past ratings that were used.
        own: Ids of the own events that it rests on.
        reference: Ids of other people's events that it rests on, on this item and on past ones.
    """

    value: float
    base: float
    deviation: float
    peers: int = 0
    past: int = 0
    own: tuple[str, ...] = ()
    reference: tuple[str, ...] = ()

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids of all events that it rests on."""
        return (*self.own, *self.reference)


class RatesItems(Protocol):
    """Predicts what the user of a view gives to an item."""

    def __call__(self, view: View, item: str) -> Rating:
        """The predicted rating."""
        ...


@dataclass(frozen=True)
class RelativeRating:
    """The item's mean among peers plus the user's mean deviation from peers on past items.

    Without peers it is the user's own shrunk mean, without a history the peers' shrunk mean,
    without either the mean of everybody's ratings. As `peers_shrinkage` grows it becomes
    `OwnMean`, as `own_shrinkage` grows it becomes `PeersMean`.

    Args:
        peers_shrinkage: Ratings at the global mean that are added to the peers of an item.
            Default by `benchmarks/rating.py`: least error over three files of product reviews.
        own_shrinkage: Deviations of zero that are added to the user's. Default likewise.
        scale: Lowest and highest rating that can be given; None leaves predictions as they are.
    """

    peers_shrinkage: float = 0.5
    own_shrinkage: float = 2.0
    scale: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        _check_shrinkage("peers_shrinkage", self.peers_shrinkage)
        _check_shrinkage("own_shrinkage", self.own_shrinkage)
        if self.scale is not None and self.scale[0] >= self.scale[1]:
            raise SettingError(
                f"Found the scale {self.scale!r}; give the lowest rating first, then the highest."
            )

    def __call__(self, view: View, item: str) -> Rating:
        """The predicted rating of an item; costs time for the events on the items involved only.

        Raises:
            DataError: Nobody's rating is visible.
        """
        centre, own = _centre(view), _rated(view.own)
        known: dict[str | None, Events] = {None: view.own[:0]}
        for name in (item, *own.items):
            if name not in known and name is not None:
                known[name] = _rated(view.peers(name))
        expected = {n: _shrunk(e.ratings, centre, self.peers_shrinkage) for n, e in known.items()}
        gaps = own.ratings - np.array([expected[name] for name in own.items])
        deviation = _shrunk(gaps, 0.0, self.own_shrinkage)
        value = expected[item] + deviation
        if self.scale is not None:
            value = min(max(value, self.scale[0]), self.scale[1])
        reference = dict.fromkeys(event for events in known.values() for event in events.ids)
        return Rating(
            value,
            expected[item],
            deviation,
            len(known[item]),
            len(own),
            tuple(own.ids),
            tuple(reference),
        )


@dataclass(frozen=True)
class OwnMean:
    """The user alone: the mean of their past ratings, shrunk to the mean of everybody's.

    Args:
        shrinkage: Ratings at the global mean that are added to the user's. Default as for
            `RelativeRating`, so that the peers are all that differs; `benchmarks/rating.py` finds
            the least absolute error at 0 (bold guesses, most ratings being the highest).
    """

    shrinkage: float = 2.0

    def __post_init__(self) -> None:
        _check_shrinkage("shrinkage", self.shrinkage)

    def __call__(self, view: View, item: str) -> Rating:
        """The same rating for every item.

        Raises:
            DataError: Nobody's rating is visible.
        """
        centre, own = _centre(view), _rated(view.own)
        value = _shrunk(own.ratings, centre, self.shrinkage)
        return Rating(value, centre, value - centre, past=len(own), own=tuple(own.ids))


@dataclass(frozen=True)
class PeersMean:
    """Everybody but the user: the mean rating of the item, shrunk to the mean of all ratings.

    Args:
        shrinkage: Ratings at the global mean that are added to the peers'. Default as for
            `RelativeRating`; `benchmarks/rating.py` finds the least absolute error at 0.
    """

    shrinkage: float = 0.5

    def __post_init__(self) -> None:
        _check_shrinkage("shrinkage", self.shrinkage)

    def __call__(self, view: View, item: str) -> Rating:
        """The same rating for every user.

        Raises:
            DataError: Nobody's rating is visible.
        """
        peers = _rated(view.peers(item))
        value = _shrunk(peers.ratings, _centre(view), self.shrinkage)
        return Rating(value, value, 0.0, peers=len(peers), reference=tuple(peers.ids))


def _rated(events: Events) -> Events:
    return events.take(np.flatnonzero(~np.isnan(events.ratings)))


def _shrunk(values: NDArray[np.float64] | Sequence[float], toward: float, by: float) -> float:
    """The mean of `values` and of `by` further values equal to `toward`."""
    if not len(values):
        return toward
    return toward + float(np.sum(np.asarray(values) - toward)) / (len(values) + by)


def _centre(view: View) -> float:
    """The mean rating of other people; of the user where nobody else rated anything."""
    if not np.isnan(view.mean_rating):
        return view.mean_rating
    own = _rated(view.own).ratings
    if not len(own):
        raise DataError(
            f"Found no rating that may be known for user {view.request.user!r}; predicting one "
            "needs events with a rating. Name the column: --columns rating=…"
        )
    return float(own.mean())


def _check_shrinkage(name: str, value: float) -> None:
    if not value >= 0:
        raise SettingError(
            f"Found {name}={value!r}; it counts added ratings, so give 0 (no shrinkage) or more."
        )
