"""Is this text by this person? Character n-grams, with other people's texts as what to expect.

No language model reads anything. A text is nearer to a person than to others by

    d(t) = t · (c − mean of the peers' c),

t being the text's n-gram vector and c a person's mean one; all of length 1. What d is usual depends
on the person and on who the peers are, so the score is the share of the peers' own texts with a
smaller d (the author of each left out of the mean): 0.5 is anybody's text, 1 is nearer than any.
General Imposters (Koppel & Winter 2014), which asks the same of random halves of the n-grams, is
no better at many times the cost: `results/verification.json`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Event, Snapshot, View
from idiolect.data.git import without_trailers
from idiolect.errors import DataError, SettingError
from idiolect.roles import Verdict

Floats = NDArray[np.float64]

#: Lengths of the n-grams; chosen on half of the authors of two data sets.
NGRAMS = (2, 4)
#: The most frequent n-grams that are kept.
VOCABULARY = 20_000
#: A single peer's texts would have nobody to be compared with.
PEERS = 2

_GREETING = re.compile(
    r"^(?:hi|hello|hey|dear|greetings|good (?:morning|afternoon|evening|day)|hallo|bonjour|hola)\b"
    r"(?:[\s,]+[\w.'’@&/-]+){0,4}\s*[,.:;!–—-]*$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^(?:(?:many |kind |best |warm |with best |with kind )?"
    r"(?:regards|wishes|thanks|greetings)|best|cheers|sincerely|yours(?: \w+)?|thank you|thx|love"
    r"|take care|all the best|thanks (?:again|in advance|a lot))\s*[,.!–—-]*$",
    re.IGNORECASE,
)
_NAME = re.compile(r"^[-–—~*]*\s*[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){0,3}\s*$")


def without_frame(text: str) -> str:
    """A text without its greeting, its sign-off and trailer lines: what surrounds the words.

    Left out, each only where it stands at the edge: a first line that greets ("Hi all,", "Dear Ms
    Smith:"); from a line "-- " on (a mail's signature); trailers ("Signed-off-by: …", "Cc: …",
    "(cherry picked from commit …)"); a last line that takes leave ("Best regards,", "Thanks!"), and
    a line of up to four words without a full stop after it, the name. Names in the middle stay.
    """
    lines = text.strip().split("\n")
    if len(lines) > 1 and _GREETING.match(lines[0].strip()):
        lines = lines[1:]
    signature = next((n for n, line in enumerate(lines) if n and line.rstrip("\r") == "-- "), None)
    lines = lines[:signature]
    while True:
        kept = _without_leave(without_trailers("\n".join(lines).strip()).split("\n"))
        if len(kept) == len(lines):
            return "\n".join(kept).strip()
        lines = kept


def _without_leave(lines: list[str]) -> list[str]:
    """The lines before the words of leave, where these end the text."""
    told = [n for n, line in enumerate(lines) if line.strip()]
    if len(told) > 1 and _CLOSING.match(lines[told[-1]].strip()):
        return lines[: told[-1]]
    named = len(told) > 2 and _NAME.match(lines[told[-1]].strip())
    if named and _CLOSING.match(lines[told[-2]].strip()):
        return lines[: told[-2]]
    return lines


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
        usual = self.vectors[theirs] @ mean - others / (peers.sum() - 1)
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
    _fitted: WeakKeyDictionary[object, dict[str, _Known | str]] = field(
        default_factory=WeakKeyDictionary, init=False, repr=False, compare=False
    )
    _lock: Any = field(default_factory=Lock, init=False, repr=False, compare=False)

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
        known = self._at(view.snapshot())
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

    def _at(self, snapshot: Snapshot) -> _Known | str:
        """What is known of people in a snapshot, or why nothing is."""
        with self._lock:
            kept = self._fitted.setdefault(snapshot.source, {})
            if snapshot.key not in kept:
                kept[snapshot.key] = self._fit(snapshot)
            return kept[snapshot.key]

    def _fit(self, snapshot: Snapshot) -> _Known | str:
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


@dataclass(frozen=True)
class Separation:
    """How well scores tell same from different author.

    Attributes:
        auc: Chance that a text by the person in question scores higher than one by another.
        low: Lower end of its interval; NaN with one person.
        high: Its upper end.
        people: Authors and people in question.
        pairs: Text and person, with a score.
        left_out: Pairs without one.
    """

    auc: float
    low: float
    high: float
    people: int
    pairs: int
    left_out: int


def separation(
    scores: Floats,
    authors: Sequence[str],
    candidates: Sequence[str],
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    draws: int = 2000,
) -> Separation:
    """Area under the ROC curve over pairs of text and person, clustered by person on both sides.

    The interval draws people with replacement: a pair counts as often as its author and the person
    in question were drawn together (Owen 2007), a pair of the same as often as the one was.

    Args:
        scores: One a pair; NaN where there is none.  # (pairs,)
        authors: Who wrote the text.  # (pairs,)
        candidates: The person in question.  # (pairs,)
        rng: Source of the draws.
        level: Coverage.
        draws: Bootstrap samples.

    Raises:
        DataError: The three are not equally long, or all pairs are of one kind.
        SettingError: `level` or `draws` is out of its range.
    """
    scores = np.asarray(scores, dtype=float)
    if not 0 < level < 1 or draws < 1:
        raise SettingError(
            f"Found level={level!r} and draws={draws!r}; the coverage lies between 0 and 1, and at "
            "least 1 draw is needed."
        )
    if not len(scores) == len(authors) == len(candidates):
        raise DataError(
            f"Found {len(scores)} scores, {len(authors)} authors and {len(candidates)} candidates; "
            "give one of each for every pair."
        )
    there = ~np.isnan(scores)
    writer, asked = np.asarray(authors)[there], np.asarray(candidates)[there]
    names, number = np.unique(np.concatenate([writer, asked]), return_inverse=True)
    one, other = np.split(number, 2)
    same = one == other
    if same.all() or not same.any():
        raise DataError(
            f"Found {same.sum()} pairs of the same author among {len(same)}; both kinds are needed."
        )
    levels = np.unique(scores[there], return_inverse=True)[1]

    def area(people: Floats) -> float:
        weights = np.where(same, people[one], people[one] * people[other])
        right = np.bincount(levels[same], weights[same], levels.max() + 1)
        wrong = np.bincount(levels[~same], weights[~same], levels.max() + 1)
        below = np.cumsum(wrong) - wrong / 2
        with np.errstate(invalid="ignore"):
            return float(right @ below / (right.sum() * wrong.sum()))

    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), draws)
    areas = [area(times.astype(float)) for times in drawn]
    ends = (1 - level) / 2, (1 + level) / 2
    low, high = np.nanquantile(areas, ends) if len(names) > 1 else (np.nan, np.nan)
    whole = area(np.ones(len(names)))
    left_out = int((~there).sum())
    return Separation(whole, float(low), float(high), len(names), len(same), left_out)
