"""Do outputs differ between users as much as their references do? EGISES and PerSEval.

EGISES measures responsiveness, not quality: outputs that differ at random by about the right amount
do well, and the same output for everybody, however good, does badly. Read it beside the accuracy
distance, or read PerSEval, which takes off for distance from the references.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import SettingError
from idiolect.measure.crowd import Distances, Table, documents_texts
from idiolect.measure.distances import Distance, JensenShannon
from idiolect.measure.resample import Figure, over

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

#: What the authors add so that two distances of 0 are as equal as can be.
_EPSILON = 1e-5
#: The same in PerSEval.
_TINY = 1e-7
#: Figures held at once while samples are drawn.
_AT_ONCE = 2**22


@dataclass(frozen=True)
class Egises:
    """How an output follows its user.

    Attributes:
        egises: 1 − mean DEGRESS over the users of a document, then over documents; 0..1, lower is
            more responsive.
        perseval: Mean of DEGRESS × EDP in the same order; higher is better.
        accuracy_distance: Mean distance of an output from its user's reference, over all rows.
        documents: How many there are.
        degress: Mean over the other users of the document: the smaller of the two distances (of the
            references, of the outputs) over the larger.  # (rows,)
        edp: What is left after the penalty for distance from the references.  # (rows,)
        distance: Of the output from its user's reference.  # (rows,)
    """

    egises: Figure
    perseval: Figure
    accuracy_distance: Figure
    documents: int
    degress: Floats = field(repr=False)
    edp: Floats = field(repr=False)
    distance: Floats = field(repr=False)


def egises(
    outputs: Sequence[str | None],
    references: Sequence[str | None],
    documents: Sequence[Hashable],
    users: Sequence[Hashable],
    rng: np.random.Generator,
    *,
    distance: Distance | None = None,
    texts: Mapping[Hashable, str] | None = None,
    undefined: float | None = None,
    level: float = 0.95,
    draws: int = 500,
) -> Egises:
    """EGISES, PerSEval and the accuracy distance of one output a document and user.

    DEGRESS, EGISES: Vansh et al. 2023; EDP, PerSEval: Dasgupta et al. 2024, with the constants of
    the authors' code. For users j ≠ k of a document, x is the distance of their references and y of
    their outputs: (min(x, y) + 1e-5) / (max(x, y) + 1e-5).

    A document couples its users and a user's ways recur over documents, so neither are independent
    alone. Both are drawn with replacement, independently, and a row counts as often as its document
    times as its user was drawn, a pair as often as both users (the pigeonhole bootstrap, Owen
    2007, which errs on the wide side). The interval is figure ± t · spread of the samples, with as
    many degrees of freedom as the fewer of documents and users less one, cut at 0 and 1; it is
    centred on the figure, as samples hold fewer users of a document and PerSEval depends on that.

    Args:
        outputs: What was written.  # (rows,)
        references: What the user wrote.  # (rows,)
        documents: What was summarized or answered: its id.  # (rows,)
        users: For whom.  # (rows,)
        rng: Source of the draws.
        distance: Of pairs of texts; None is `JensenShannon()`.
        texts: Document → its text (the authors join title and body). With it distances between
            users are weighted by the softmax over k of distance / distance from the document (where
            that is 0, the exponent is 0); without it, the simplified form.
        undefined: What a distance that is NaN counts as. The authors put 1 for an output against
            its reference and let pandas skip the others. None refuses NaN. `JensenShannon` has
            none: it is 1 where either text is empty.
        level: Coverage of the intervals.
        draws: Samples; 0 makes no interval.

    Raises:
        DataError: An output or reference is missing, a document has one user or no text, a
            document has a user twice, or a distance is NaN or outside 0..1.
        SettingError: `level` or `draws` is out of range.
    """
    if not 0 < level < 1 or draws < 0:
        raise SettingError(
            f"Found level={level!r} and draws={draws!r}; level must lie between 0 and 1, and draws "
            "must not be negative."
        )
    table = Table.of(outputs, references, documents, users)
    measured = Distances(distance or JensenShannon(), table, undefined)
    made, real = measured.texts(table.outputs), measured.texts(table.references)
    first, second = table.pairs()
    asked = [(real[first], real[second]), (made[first], made[second]), (made, real)]
    if texts is not None:
        whole = measured.texts(documents_texts(texts, table))
        asked += [(real, whole), (made, whole)]
    x, y, apart, *from_document = measured(asked)
    if from_document:
        x, y = (_weighted(*sides, first) for sides in zip((x, y), from_document, strict=True))
    proportion = (np.minimum(x, y) + _EPSILON) / (np.maximum(x, y) + _EPSILON)
    people = int(table.user.max()) + 1
    crowd = Crowd.of(table, first, second, proportion, apart, people)
    figures, degress, edp = crowd(np.ones((len(table.sizes), 1)), np.ones((people, 1)))
    spread = crowd.spread(rng, draws)
    found = [
        _figure(float(value), float(wide), table, level)
        for value, wide in zip(figures[:, 0], spread, strict=True)
    ]
    back = np.argsort(table.order)
    return Egises(
        found[0],
        found[1],
        found[2],
        len(table.sizes),
        degress[back, 0],
        edp[back, 0],
        crowd.distance[back],
    )


def _weighted(distances: Floats, from_document: Floats, first: Ints) -> Floats:
    """Distances × softmax over the other users of distance / distance from the document."""
    whole = from_document[first]
    ratio = np.divide(distances, whole, out=np.zeros(len(distances)), where=whole > 0)
    # A softmax is the same after taking off the largest exponent.
    top = np.maximum.reduceat(ratio, np.flatnonzero(np.diff(first, prepend=-1)))
    power = np.exp(ratio - top[first])
    weighted: Floats = distances * power / np.bincount(first, power)[first]
    return weighted


def _sigmoid(x: Floats, alpha: float, beta: float) -> Floats:
    """1 / (1 + 10^α · exp(−10^β · x))."""
    from scipy.special import expit

    steep: Floats = expit(10**beta * x - alpha * np.log(10))
    return steep


@dataclass(frozen=True)
class Crowd:
    """The figures as functions of how often each document and user counts.

    Args:
        table: The rows.
        proportions: Sum of (min + ε) / (max + ε) of each row with each user,
            sparse.  # (rows, users)
        distance: Of each output from its reference.  # (rows,)
    """

    table: Table
    proportions: Any
    distance: Floats

    @classmethod
    def of(
        cls,
        table: Table,
        first: Ints,
        second: Ints,
        proportion: Floats,
        distance: Floats,
        users: int,
    ) -> Crowd:
        """From each ordered pair of rows of a document."""
        from scipy.sparse import csr_array

        shape = (len(table.user), users)
        sums = csr_array((proportion, (first, table.user[second])), shape=shape)
        return cls(table, sums, distance)

    def __call__(self, documents: Floats, users: Floats) -> tuple[Floats, Floats, Floats]:
        """EGISES, PerSEval and accuracy distance; DEGRESS; EDP.

        Args:
            documents: Weights.  # (documents, samples)
            users: Weights.  # (users, samples)

        Returns:
            # (3, samples), (rows, samples), (rows, samples)
        """
        starts, sizes = self.table.starts, self.table.sizes
        own = users[self.table.user]
        crowd = np.add.reduceat(own, starts)
        others = np.repeat(crowd, sizes, axis=0) - own
        degress = over(self.proportions @ users, others)
        distance = self.distance[:, None]
        least = np.minimum.reduceat(np.where(own > 0, distance, 1.0), starts)
        mean = over(np.add.reduceat(own * distance, starts), crowd)
        drop = _sigmoid(least / (1 - least + _TINY), 4, 1)
        least, mean = (np.repeat(a, sizes, axis=0) for a in (least, mean))
        uneven = _sigmoid((distance - least) / (mean - least + _TINY), 4, 1)
        edp = 1 - _sigmoid(np.repeat(drop, sizes, axis=0) + uneven, 3, 1) + _TINY
        # A document with one user drawn says nothing about differences.
        alone = np.add.reduceat(own > 0, starts) < 2
        weights = np.where(alone, 0.0, documents)

        def averaged(rows: Floats) -> Floats:
            by_document = over(np.add.reduceat(own * rows, starts), crowd)
            return over((weights * np.nan_to_num(by_document)).sum(axis=0), weights.sum(axis=0))

        counts = np.repeat(documents, sizes, axis=0) * own
        accuracy = over((counts * distance).sum(axis=0), counts.sum(axis=0))
        degress_there = np.nan_to_num(degress)
        figures = np.stack([1 - averaged(degress_there), averaged(degress_there * edp), accuracy])
        return figures, degress, edp

    def spread(self, rng: np.random.Generator, draws: int) -> Floats:
        """Standard deviation of each figure over samples; NaN without two documents.  # (3,)"""
        documents, users = len(self.table.sizes), self.proportions.shape[1]
        if documents < 2 or draws < 2:
            return np.full(3, np.nan)
        step = max(1, _AT_ONCE // len(self.table.user))
        found = []
        for at in range(0, draws, step):
            size = min(step, draws - at)
            drawn = (
                rng.multinomial(n, np.full(n, 1 / n), size).T.astype(float)
                for n in (documents, users)
            )
            found.append(self(*drawn)[0])
        spread: Floats = np.nanstd(np.concatenate(found, axis=1), axis=1, ddof=1)
        return spread


def _figure(value: float, spread: float, table: Table, level: float) -> Figure:
    from scipy.stats import t

    users = len(np.unique(table.user))
    if np.isnan(spread):
        note = "one document or no draws: nothing is known of how they differ, so no interval"
        return Figure(value, float("nan"), float("nan"), users, len(table.user), note)
    half = float(t.ppf((1 + level) / 2, min(len(table.sizes), users) - 1)) * spread
    return Figure(value, max(value - half, 0.0), min(value + half, 1.0), users, len(table.user))
