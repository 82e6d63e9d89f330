"""Whether what is already known covers a query, or a search is needed (ERAGent)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idiolect.embed import Encoder, unit
from idiolect.errors import SettingError
from idiolect.select.ranking import at_least_one


def covered(
    cosines: NDArray[np.floating], threshold: float = 0.4, popularity: int = 3
) -> list[tuple[int, ...]]:
    """For each query the known titles near it; none where they are too few to cover it.

    The rule of ERAGent's code: as many as `popularity` titles with a cosine of at least
    `threshold` cover a query.

    Args:
        cosines: Of queries with titles.  # (queries, titles)
        threshold: 0.4 in the authors' code.
        popularity: 3 in the authors' code.

    Returns:
        Positions of the titles, in their order.
    """
    near = [tuple(np.flatnonzero(row >= threshold).tolist()) for row in cosines]
    return [titles if len(titles) >= popularity else () for titles in near]


@dataclass(frozen=True)
class Trigger:
    """A coverage test: which of the known titles answer a query, if enough of them are near it.

    Args:
        encoder: As it may be used in the view (`encoder.at(view)`).
        threshold: Cosine from which a title is near a query.
        popularity: Near titles from which a query is covered.

    Raises:
        SettingError: `threshold` is no cosine, or `popularity` is below 1.
    """

    encoder: Encoder
    threshold: float = 0.4
    popularity: int = 3

    def __post_init__(self) -> None:
        at_least_one("popularity", self.popularity)
        if not -1 <= self.threshold <= 1:
            raise SettingError(
                f"Found threshold={self.threshold!r}; a cosine lies between -1 and 1."
            )

    def __call__(self, queries: Sequence[str], titles: Sequence[str]) -> list[tuple[int, ...]]:
        """For each query the positions of the titles that cover it; empty: search.

        Titles or queries without words cover nothing and are covered by nothing.
        """
        asked = [at for at, query in enumerate(queries) if query.strip()]
        known = [at for at, title in enumerate(titles) if title.strip()]
        found: list[tuple[int, ...]] = [()] * len(queries)
        if not asked or not known:
            return found
        texts = [*(queries[at] for at in asked), *(titles[at] for at in known)]
        vectors = unit(self.encoder.encode(texts))
        cosines = vectors[: len(asked)] @ vectors[len(asked) :].T
        for at, near in zip(asked, covered(cosines, self.threshold, self.popularity), strict=True):
            found[at] = tuple(known[title] for title in near)
        return found
