"""Is this text by this person? Character n-grams, with other people's texts as what to expect.

No language model reads anything. A text is nearer to a person than to others by

    d(t) = t · (c − mean of the peers' c),

t being the text's n-gram vector and c a person's mean one; all of length 1. What d is usual depends
on the person and on who the peers are, so the score is the share of the peers' own texts with a
smaller d (the author of each left out of the mean): 0.5 is anybody's text, 1 is nearer than any.
It is a closed world: a stranger's text that is like nobody's may still be less unlike this person.
General Imposters (Koppel & Winter 2014), which asks the same of random halves of the n-grams, is
no better at many times the cost: `results/verification.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Event, Snapshot, View
from idiolect.errors import DataError, SettingError
from idiolect.measure.frame import without_frame
from idiolect.roles import Verdict

Floats = NDArray[np.float64]

#: Lengths of the n-grams; chosen on half of the authors of two data sets.
NGRAMS = (2, 4)
#: The most frequent n-grams that are kept.
VOCABULARY = 20_000
#: A single peer's texts would have nobody to be compared with.
PEERS = 2


@dataclass(frozen=True, eq=False)
class _Known:
    """People by the texts known to be theirs.

    Attributes:
        people: Their names.
        owner: Whose each text is, as a number.  # (texts,)
        means: Mean n-gram vector of each, of length 1.  # (people, n-grams)
        nearness: Cosine of each text with each mean.  # (texts, people)
    """

    people: tuple[str, ...]
    ngrams: Any
    vectors: Any
    owner: NDArray[np.intp]
    means: Floats
    nearness: Floats

    @classmethod
    def of(cls, known: Mapping[str, Sequence[str]], ngrams: tuple[int, int], size: int) -> _Known:
        from sklearn.feature_extraction.text import TfidfVectorizer

        people = tuple(known)
        texts = [text for person in people for text in known[person]]
        owner = np.repeat(np.arange(len(people)), [len(known[person]) for person in people])
        counter = TfidfVectorizer(
            analyzer="char", ngram_range=ngrams, lowercase=False, sublinear_tf=True,
            min_df=2 if len(texts) > 2 else 1, max_features=size,
        )  # fmt: skip
        try:
            vectors = counter.fit_transform(texts)
        except ValueError as error:
            raise DataError(
                f"Found no n-gram of {ngrams[0]} to {ngrams[1]} characters that two of the "
                f"{len(texts)} known texts share; bring longer texts or more of them."
            ) from error
        means = np.stack([_mean(vectors[owner == n]) for n in range(len(people))])
        return cls(people, counter, vectors, owner, means, np.asarray(vectors @ means.T))

    def vectors_of(self, texts: Sequence[str]) -> Any:
        """Their n-gram vectors, each of length 1, or 0 where no n-gram is known."""
        return self.ngrams.transform(texts)

    def shares(self, texts: Any, mean: Floats, peers: NDArray[np.bool_]) -> Floats:
        """Share of the peers' texts that are less near to a person than each text is.

        Args:
            texts: n-gram vectors.  # (texts, n-grams)
            mean: The person's.  # (n-grams,)
            peers: Which of the people are peers, at least two.  # (people,)
        """
        theirs = peers[self.owner]
        owner, near = self.owner[theirs], self.nearness[theirs]
        others = near[:, peers].sum(axis=1) - near[np.arange(len(owner)), owner]
        usual = (self.vectors @ mean)[theirs] - others / (peers.sum() - 1)
        usual.sort()
        found = texts @ mean - texts @ self.means[peers].mean(axis=0)
        # Equal ones count half.
        left, right = usual.searchsorted(found), usual.searchsorted(found, side="right")
        share: Floats = (left + right) / (2 * len(usual))
        share[np.diff(texts.indptr) == 0] = np.nan
        return share


def _mean(vectors: Any) -> Floats:
    """The mean vector, of length 1 where it is not 0."""
    mean = np.asarray(vectors.mean(axis=0)).ravel()
    length = np.linalg.norm(mean)
    return mean / length if length else mean


def verify(
    known: Mapping[str, Sequence[str]],
    texts: Sequence[str],
    *,
    by: Sequence[str] | None = None,
    ngrams: tuple[int, int] = NGRAMS,
    vocabulary: int = VOCABULARY,
) -> Floats:
    """How much each text reads as each person's; everybody else's known texts say what is usual.

    Args:
        known: Person → texts known to be theirs. None of the texts in question may be among them.
        texts: The texts in question.
        by: Who really wrote each, where that is known: its author is then no peer when another
            person is asked about. Without this the author's own texts make the answer easier than
            it is where the author is unknown.
        ngrams: Shortest and longest n-gram.
        vocabulary: The most frequent n-grams that are kept.

    Returns:
        Share of peers' texts that are less near, 0..1; 0.5 is anybody's; NaN for a text without a
        known n-gram.  # (texts, people)

    Raises:
        DataError: Somebody has no text, or there are not enough other people.
        SettingError: A setting is out of its range.
    """
    _check(ngrams, vocabulary)
    told = {person: [t for t in theirs if t.strip()] for person, theirs in known.items()}
    silent = [person for person, theirs in told.items() if not theirs]
    if silent:
        raise DataError(
            f"Found no text with words that is known to be by {silent[0]!r} (and {len(silent) - 1} "
            "others); give each person at least one, or leave them out."
        )
    if by is not None and len(by) != len(texts):
        raise DataError(f"Found {len(texts)} texts and {len(by)} authors; give one for each text.")
    authors = [None] * len(texts) if by is None else list(by)
    needed = PEERS + (1 if by is None else 2)
    if len(told) < needed:
        raise DataError(
            f"Found {len(told)} people with known texts; {needed} are needed, the one in question"
            + (", the author" if by is not None else "")
            + f" and {PEERS} peers."
        )
    if not texts:
        return np.empty((0, len(told)))
    fitted = _Known.of(told, ngrams, vocabulary)
    vectors = fitted.vectors_of(texts)
    groups: dict[str | None, list[int]] = {}
    for row, author in enumerate(authors):
        groups.setdefault(author if author in told else None, []).append(row)
    scores = np.empty((len(texts), len(told)))
    for author, rows in groups.items():
        some = vectors[rows]
        for n, person in enumerate(fitted.people):
            peers = np.array([other not in (person, author) for other in fitted.people])
            scores[rows, n] = fitted.shares(some, fitted.means[n], peers)
    return scores


@dataclass(frozen=True)
class Verified:
    """A judge without a language model: does the output read as the user's own or as anybody's?

    The value is the share of peers' texts that read less like the user than the output does. It
    looks at how a text is written and, since n-grams are of words too, at what it is about; an
    output copied from the user's own texts gets the highest value. Nothing from the request onward
    is read, the reference neither. It fails, and says why, without own texts or peers.

    Args:
        ngrams: Shortest and longest n-gram.
        vocabulary: The most frequent n-grams that are kept.
        texts: Latest texts of each person that are read.
        people: Peers at most, drawn once for each snapshot of the population.
        at_least: Texts that a person needs to be a peer, and the user to be judged.
        seed: Of the draw of peers.
        frame: Whether greeting, sign-off and trailers are read; see `without_frame`.

    Raises:
        SettingError: A setting is out of its range.
    """

    ngrams: tuple[int, int] = NGRAMS
    vocabulary: int = VOCABULARY
    texts: int = 50
    people: int = 50
    at_least: int = 3
    seed: int = 0
    frame: bool = False

    def __post_init__(self) -> None:
        _check(self.ngrams, self.vocabulary)
        for name, least in (("texts", 1), ("people", PEERS), ("at_least", 1)):
            if getattr(self, name) < least:
                raise SettingError(f"Found {name}={getattr(self, name)!r}; give at least {least}.")
        if self.at_least > self.texts:
            raise SettingError(
                f"Found at_least={self.at_least!r} above texts={self.texts!r}; nobody could have "
                "that many."
            )

    def __call__(self, view: View, output: str, reference: Event | None = None) -> Verdict:
        """The share of peers' texts that read less like the user; no value, and why, without."""
        text = self._read(output)
        if not text:
            return Verdict(None, "There is nothing written to judge.")
        mine = self._last(view.own.texts)
        if len(mine) < self.at_least:
            return Verdict(
                None, f"The user has {len(mine)} texts before the request, not {self.at_least}."
            )
        known = view.snapshot().once(self, self._fit)
        if isinstance(known, str):
            return Verdict(None, known)
        # Whoever's texts count as own (a control may give another's) is no peer.
        own = {view.request.user, *view.own.users}
        peers = np.array([person not in own for person in known.people])
        if peers.sum() < PEERS:
            return Verdict(None, f"There are {peers.sum()} peers before the request, not {PEERS}.")
        [share] = known.shares(known.vectors_of([text]), _mean(known.vectors_of(mine)), peers)
        if np.isnan(share):
            return Verdict(None, "The output has no n-gram that the known texts have.")
        return Verdict(
            float(share),
            f"reads more like the user than {share:.0%} of {int(peers[known.owner].sum())} texts "
            f"of {peers.sum()} peers",
        )

    def _fit(self, snapshot: Snapshot) -> _Known | str:
        """What is known of people in a snapshot, or why nothing is."""
        by_person: dict[str, list[str]] = {}
        for person, text in zip(snapshot.events.users, snapshot.events.texts, strict=True):
            by_person.setdefault(person, []).append(text)
        known = {
            person: last
            for person, texts in sorted(by_person.items())
            if len(last := self._last(texts)) >= self.at_least
        }
        if len(known) < PEERS:
            return (
                f"There are {len(known)} people with {self.at_least} texts before the request, "
                f"not {PEERS}."
            )
        # One more than wanted, because the user may be among them.
        names, most = list(known), self.people + 1
        if len(names) > most:
            drawn = np.random.default_rng(self.seed).choice(len(names), most, replace=False)
            names = [names[n] for n in sorted(drawn)]
        try:
            return _Known.of({n: known[n] for n in names}, self.ngrams, self.vocabulary)
        except DataError as error:
            return str(error)

    def _read(self, text: str) -> str:
        return (text if self.frame else without_frame(text)).strip()

    def _last(self, texts: Sequence[str]) -> list[str]:
        """The latest texts that have words."""
        return [read for text in texts if (read := self._read(text or ""))][-self.texts :]


def _check(ngrams: tuple[int, int], vocabulary: int) -> None:
    if not 1 <= ngrams[0] <= ngrams[1]:
        raise SettingError(
            f"Found ngrams={ngrams!r}; give the shortest, at least 1, and the longest length."
        )
    if vocabulary < 1:
        raise SettingError(f"Found vocabulary={vocabulary!r}; give at least 1.")
