"""What models that read before they write can be trained on, without labels by people.

From texts that users really wrote: which passages of their earlier texts a summary should hold,
which words matter, and which pairs of texts are by one hand (Li et al. 2023, arXiv 2308.07968).
Nothing here trains; a split by users keeps what is made from one of them out of the test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Population
from idiolect.errors import DataError, SettingError


def summary_labels(similarity: NDArray[np.floating]) -> list[int]:
    """Passages that a summary for a text should hold: a passage of the past for each of its own.

    In the order of the text's snippets each takes the most similar passage that none took before
    (equal: the first); with fewer passages than snippets the last snippets take none.

    Args:
        similarity: Of each snippet of the text with each passage.  # (snippets, passages)
    """
    free = np.ones(similarity.shape[1], dtype=bool)
    taken: list[int] = []
    for row in similarity:
        if not free.any():
            break
        best = int(np.argmax(np.where(free, row, -np.inf)))
        free[best] = False
        taken.append(best)
    return taken


def word_labels(
    past: Sequence[str],
    written: Sequence[str],
    idf: Mapping[str, float],
    match: Callable[[str, str], bool] | None = None,
) -> list[str]:
    """Words of the past that match a word of a text, by falling number of matches, then IDF.

    Args:
        past: Words of earlier texts, as often as they occur.
        written: Words of the text that was really written, as often as they occur.
        idf: Word → inverse document frequency; 0 where it is not there.
        match: Whether two words match, such as synonyms; None: equal words only.
    """
    alike = match or str.__eq__
    matches = {word: sum(alike(word, other) for other in written) for word in dict.fromkeys(past)}
    found = [word for word, times in matches.items() if times]
    return sorted(found, key=lambda word: (-matches[word], -idf.get(word, 0.0)))


@dataclass(frozen=True)
class AuthorPair:
    """Two texts, and whether one hand wrote both."""

    first: str
    second: str
    same: bool


def author_pairs(population: Population, pairs: int, rng: np.random.Generator) -> list[AuthorPair]:
    """Author distinction: pairs of events by id, every other one by the same user.

    Users are drawn evenly; no event is paired with itself.

    Args:
        population: Of the users that are trained on, and no others.
        pairs: How many.
        rng: Source of the draws.

    Raises:
        SettingError: `pairs` is below 1.
        DataError: Nobody wrote two texts, or there is one user only.
    """
    if pairs < 1:
        raise SettingError(f"Found pairs={pairs!r}; give at least 1.")
    population = population.by_people
    texts = {user: population.events_of(user).ids for user in population.users}
    several = [user for user, ids in texts.items() if len(ids) > 1]
    if not several or len(texts) < 2:
        raise DataError(
            f"Found {len(several)} users with two texts among {len(texts)}; author distinction "
            "needs one of these and another user."
        )
    users, made = list(texts), list[AuthorPair]()
    for number in range(pairs):
        if number % 2 == 0:
            one, two = rng.choice(texts[several[rng.integers(len(several))]], 2, replace=False)
        else:
            names = rng.choice(len(users), 2, replace=False)
            one, two = (rng.choice(texts[users[name]]) for name in names)
        made.append(AuthorPair(str(one), str(two), number % 2 == 0))
    return made
