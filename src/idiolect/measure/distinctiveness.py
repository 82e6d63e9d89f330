"""Do user models differ between users?

A profile that would fit anybody is of no use, however well it reads. Three figures say how far
profiles tell people apart: whether a user's own profile is the nearest to the user's held-out
texts, how many different values an attribute takes, and how near the nearest other profile is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idiolect.embed import Encoder, unit
from idiolect.errors import DataError
from idiolect.measure.intervals import Estimate, estimate

Floats = NDArray[np.float64]
#: Similarities closer than this are equal: float32 cosines of equal texts differ by less.
_EQUAL = 1e-6


@dataclass(frozen=True)
class Reidentified:
    """Whether users are found again by their profiles.

    Attributes:
        users: Whose profiles there are.
        first: Chance that the user's own profile comes first; equal ones share it.  # (users,)
        rank: Place of the own profile, 1 is nearest; the mean place among equals.  # (users,)
        left_out: Users without a held-out text: NaN in both.
    """

    users: tuple[str, ...]
    first: Floats
    rank: Floats
    left_out: int

    @property
    def chance(self) -> float:
        """The rate of a profile that says nothing."""
        return 1 / len(self.users)

    @property
    def rate(self) -> Estimate:
        """Share of users whose own profile comes first, clustered by user."""
        return estimate(self.first, np.array(self.users))

    @property
    def mean_rank(self) -> Estimate:
        """Mean place of the own profile; (users + 1) / 2 by chance."""
        return estimate(self.rank, np.array(self.users))


def reidentified(
    profiles: Mapping[str, str], held_out: Mapping[str, Sequence[str]], encoder: Encoder
) -> Reidentified:
    """Is the user's own profile, among all, the nearest to texts that it was not made from?

    Args:
        profiles: User → profile as text.
        held_out: User → texts that were not known to the profile. They are taken together, by the
            mean of their vectors.
        encoder: What nearness is judged by (cosine). One of words knows a profile by the words it
            shares with the texts; a profile that *describes* needs one that understands both.

    Raises:
        DataError: There are fewer than two profiles, or nobody with a profile has held-out texts.
    """
    users = _users(profiles)
    strangers = sorted(held_out.keys() - profiles.keys())
    if strangers:
        raise DataError(
            f"Found held-out texts of {len(strangers)} users without a profile (first "
            f"{strangers[0]!r}); give a profile for each, an empty one where nothing is known."
        )
    texts = {u: [t for t in held_out.get(u, ()) if t.strip()] for u in users}
    there = [n for n, user in enumerate(users) if texts[user]]
    if not there:
        raise DataError(
            f"Found no held-out text of any of the {len(users)} users; keep some texts back from "
            "the profiles to find users by."
        )
    flat = [text for n in there for text in texts[users[n]]]
    owner = np.repeat(np.arange(len(there)), [len(texts[users[n]]) for n in there])
    vectors = unit(encoder.encode(flat))
    asked = unit(np.stack([vectors[owner == n].mean(axis=0) for n in range(len(there))]))
    near = np.full((len(users), len(users)), np.nan)
    near[there] = asked @ unit(encoder.encode([profiles[user] for user in users])).T
    return ranked(users, near)


def ranked(users: Sequence[str], near: Floats) -> Reidentified:
    """The same from any nearness of each user's texts to each user's profile.

    Args:
        users: In the order of both axes.
        near: Higher is nearer; a row of NaN for a user without texts.  # (users, users)

    Raises:
        DataError: There are fewer than two users, or the table has another shape.
    """
    if len(users) < 2 or near.shape != (len(users), len(users)):
        raise DataError(
            f"Found {len(users)} users and nearness of shape {near.shape}; at least two users, a "
            "row and a column for each, are needed."
        )
    own = np.diag(near)[:, None]
    equal = (np.abs(near - own) <= _EQUAL).sum(axis=1)
    above = (near > own + _EQUAL).sum(axis=1)
    known = ~np.isnan(near).any(axis=1)
    first = np.where(known, (above == 0) / np.maximum(equal, 1), np.nan)
    rank = np.where(known, above + (equal + 1) / 2, np.nan)
    return Reidentified(tuple(users), first, rank, int((~known).sum()))


@dataclass(frozen=True)
class Spread:
    """How an attribute's values are spread over users.

    Attributes:
        people: Users.
        distinct: Different values.
        top: Share of the users with the most frequent value.
        entropy: Of the values, in bits; the mean of `surprisal`.
        most: Its greatest possible value for so many users, log2 of them.
        surprisal: −log2 of the share of users with the same value.  # (users,)
    """

    people: int
    distinct: int
    top: float
    entropy: float
    most: float
    surprisal: Floats

    @property
    def effective(self) -> float:
        """As many equally frequent values would have this entropy."""
        return float(2**self.entropy)


def spread(values: Sequence[Hashable]) -> Spread:
    """Number of distinct values and entropy, of one value (a label, a tuple of traits) a user.

    The entropy of a sample is too low where users are few for the values there are; compare
    numbers of equally many users only.

    Raises:
        DataError: There is no value.
    """
    if not values:
        raise DataError("Found no value; give one for each user.")
    counts = Counter(values)
    shares = np.array([counts[value] / len(values) for value in values])
    surprisal = -np.log2(shares) + 0.0
    return Spread(
        len(values),
        len(counts),
        float(shares.max()),
        float(surprisal.mean()),
        float(np.log2(len(values))),
        surprisal,
    )


def nearest_other(profiles: Mapping[str, str], encoder: Encoder) -> Floats:
    """Cosine of each profile with the nearest other one; 1 where another says the same.

    Returns:
        In the order of `profiles`; NaN for a profile without a vector.  # (users,)

    Raises:
        DataError: There are fewer than two profiles.
    """
    users = _users(profiles)
    vectors = unit(encoder.encode([profiles[user] for user in users]))
    near = (vectors @ vectors.T).astype(np.float64)
    np.fill_diagonal(near, -np.inf)
    nearest: Floats = np.where(np.any(vectors, axis=1), near.max(axis=1), np.nan)
    return nearest


def _users(profiles: Mapping[str, str]) -> list[str]:
    if len(profiles) < 2:
        raise DataError(
            f"Found {len(profiles)} profiles; with fewer than two nobody can be told from anybody."
        )
    return list(profiles)
