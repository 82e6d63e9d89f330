"""Do outputs differ between users as much as what the users really write?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from idiolect.embed import Encoder, unit
from idiolect.errors import DataError, SettingError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OutputSpread:
    """How much outputs differ between users on the same thing, against what users really wrote.

    Attributes:
        ratio: Mean distance of outputs over that of references; 1 is as in life, 0 the same text
            for everybody.
        low: Lower end of its interval; NaN where there is none.
        high: Its upper end.
        outputs: Mean distance of two users' outputs on one item, each item counting once.
        references: The same of what they really wrote.
        users: Users with a pair.
        items: Items with at least two users.
        alone: Rows left out because nobody else has one on the item.
    """

    ratio: float
    low: float
    high: float
    outputs: float
    references: float
    users: int
    items: int
    alone: int


def output_spread(
    outputs: Sequence[str],
    references: Sequence[str],
    items: Sequence[str],
    users: Sequence[str],
    encoder: Encoder,
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    draws: int = 2000,
) -> OutputSpread:
    """Do outputs on one item differ between users as much as their references do?

    Distances are 1 − cosine. It says nothing of whether the outputs are *right*: noise differs
    too, so read it beside a score. The interval draws users with replacement; a pair counts as
    often as both were drawn together.

    Args:
        outputs: What was written.  # (rows,)
        references: What the user really wrote.  # (rows,)
        items: What it is about.  # (rows,)
        users: For whom.  # (rows,)
        encoder: What distance is measured by; LSA sees words, not meaning.
        rng: Source of the draws.
        level: Coverage.
        draws: Bootstrap samples.

    Raises:
        DataError: The four are not equally long, no item has two users, or all references of every
            item are the same.
        SettingError: `level` or `draws` is out of its range.
    """
    if not 0 < level < 1 or draws < 1:
        raise SettingError(
            f"Found level={level!r} and draws={draws!r}; the coverage lies between 0 and 1, and at "
            "least 1 draw is needed."
        )
    if not len(outputs) == len(references) == len(items) == len(users):
        raise DataError(
            f"Found {len(outputs)} outputs, {len(references)} references, {len(items)} items and "
            f"{len(users)} users; give one of each a row."
        )
    by_item: dict[str, list[int]] = {}
    for row, item in enumerate(items):
        by_item.setdefault(item, []).append(row)
    pairs, weight, shared, met = [], [], 0, set()
    for rows in by_item.values():
        found = [(a, b) for a, b in combinations(rows, 2) if users[a] != users[b]]
        pairs += found
        weight += [1 / len(found) for _ in found]
        shared += bool(found)
        met |= {row for pair in found for row in pair}
    if not pairs:
        raise DataError(
            f"Found no item that two users wrote about among {len(by_item)} items; give outputs of "
            "several users on the same item."
        )
    one, other = np.array(pairs).T
    apart = np.stack([_distances(encoder, texts, one, other) for texts in (outputs, references)])
    names, number = np.unique(np.asarray(users), return_inverse=True)
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), draws)
    times = drawn[:, number[one]] * drawn[:, number[other]] * np.array(weight)  # (draws, pairs)
    sums = times @ apart.T
    some = sums[:, 1] > 0
    total = apart @ np.array(weight)
    if not total[1] > 0:
        raise DataError(
            f"Found the same reference for all users on each of {shared} items; there is no "
            "difference that outputs could have."
        )
    low, high = (
        np.quantile(sums[some, 0] / sums[some, 1], [(1 - level) / 2, (1 + level) / 2])
        if some.any() and len(names) > 2
        else (np.nan, np.nan)
    )
    people = len({users[row] for row in met})
    return OutputSpread(
        float(total[0] / total[1]), float(low), float(high), float(total[0] / shared),
        float(total[1] / shared), people, shared, len(outputs) - len(met),
    )  # fmt: skip


def _distances(
    encoder: Encoder, texts: Sequence[str], one: NDArray[np.intp], other: NDArray[np.intp]
) -> Floats:
    """1 − cosine of some pairs; 0 for two equal texts, also without a vector."""
    vectors = unit(encoder.encode(list(texts))).astype(np.float64)
    same = np.array([texts[a] == texts[b] for a, b in zip(one, other, strict=True)])
    apart = 1 - np.einsum("pd,pd->p", vectors[one], vectors[other])
    return np.where(same, 0.0, np.maximum(apart, 0.0))


def effective_number(vectors: NDArray[np.floating]) -> float:
    """As how many wholly different texts they count: the Vendi score (Friedman & Dieng 2023).

    exp of the entropy of the eigenvalues of the cosines over their number: 1 for equal texts, n for
    n texts with nothing in common.

    Args:
        vectors: One a text; of any length but 0.  # (texts, dim)

    Raises:
        DataError: There is no vector, or one is 0.
    """
    lengths = np.linalg.norm(vectors, axis=1)
    if not len(vectors) or not lengths.all():
        raise DataError(
            f"Found {len(vectors)} vectors, {int((lengths == 0).sum())} of them 0; give at least "
            "one, each of a text that the encoder knows a word of."
        )
    scaled = np.asarray(vectors, dtype=float) / lengths[:, None]
    # The smaller Gram matrix has the same eigenvalues but for zeros.
    gram = scaled @ scaled.T if len(scaled) <= scaled.shape[1] else scaled.T @ scaled
    share = np.linalg.eigvalsh(gram / len(scaled))
    share = share[share > 1e-12]
    return float(np.exp(-(share * np.log(share)).sum()))


def voices(
    vectors: NDArray[np.floating], users: Sequence[str], *, clusters: int = 10, seed: int = 0
) -> float:
    """Do outputs fall into clusters by user? Adjusted mutual information of user and cluster.

    0 is what shuffled users give, 1 that cluster and user are the same; after Hamilton 2024, who
    compares topics of stories with the author they were asked for.

    Args:
        vectors: One an output, several a user.  # (outputs, dim)
        users: For whom each was written.  # (outputs,)
        clusters: k of k-means.
        seed: Of k-means.

    Raises:
        DataError: There are not as many users as vectors, or too few outputs to cluster.
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_mutual_info_score

    if len(vectors) != len(users) or len(vectors) < clusters or clusters < 2:
        raise DataError(
            f"Found {len(vectors)} outputs of {len(users)} users for {clusters} clusters; give one "
            "user an output, at least two clusters, and at least as many outputs as clusters."
        )
    found = KMeans(clusters, n_init=10, random_state=seed).fit_predict(np.asarray(vectors))
    return float(adjusted_mutual_info_score(list(users), found))
