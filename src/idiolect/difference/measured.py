"""The measured voice: how a user's texts differ from other people's on the same items; no LLM.

Every own text is compared with the other people's texts on *its* item, so what the item does to
everybody's words drops out. An effect is the mean distance from the others' mean, in pooled
within-item standard deviations of all texts compared, the own ones among them: that deviation
exists wherever anything varies, and no exchange of authors changes it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Events, Population, View
from idiolect.difference.found import Difference, Measure
from idiolect.errors import DataError, SettingError
from idiolect.measure import (
    FEATURES,
    Feature,
    Text,
    at_least,
    benjamini_hochberg,
    contrasts,
    log_odds,
)
from idiolect.measure.features import row
from idiolect.measure.text import ENGLISH_FLOOR, ENGLISH_WORDS, FUNCTION_WORDS, function_share

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Mask = NDArray[np.bool_]

#: Own sentences shown for a feature, and how long one may be.
QUOTES, QUOTE_CHARACTERS = 3, 240
#: Texts whose figures are kept; one takes some 3 kB.
KEPT = 2**15
#: Below this many comparable texts (members of a group) a note says so.
FEW = 8


def _not_in_text(text: Text) -> float:
    return float("nan")


#: The rating that comes with a text, compared like a feature of it.
RATING = Feature(
    "rating",
    "emotional",
    "on the ratings' scale",
    "rates higher",
    "rates lower",
    _not_in_text,
    shown="never",
)


@dataclass(frozen=True)
class Term:
    """A word that the user's texts have more often than other people's on the same items.

    Attributes:
        text: The word, in lower case.
        z: Log-odds with an informative Dirichlet prior over its standard deviation.
        p: Probability of this many own texts with it, if the author's name meant nothing.
        q: `p` after Benjamini–Hochberg over all words that could reach significance.
        own_texts: Own texts that have it.
        expected: How many would, if they were like the others on the same items.
        own: Ids of the own texts that have it.
    """

    text: str
    z: float
    p: float
    q: float
    own_texts: int
    expected: float
    own: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measurements:
    """What measuring gave.

    Attributes:
        user: Whose texts, or the group's name.
        measures: All features that could be compared, greatest effect first.
        terms: Distinctive words, most typical first.
        own: Ids of the own events that were compared.
        reference: Ids of the events they were compared with.
        note: Empty, or what limits the comparison.
        features: What was measured, rating included.
        q: Greatest corrected p-value of what counts as found.
        least: Smallest effect of what counts as found.
    """

    user: str
    measures: tuple[Measure, ...] = ()
    terms: tuple[Term, ...] = ()
    own: tuple[str, ...] = ()
    reference: tuple[str, ...] = ()
    note: str = ""
    features: tuple[Feature, ...] = FEATURES
    q: float = 0.05
    least: float = 0.6

    @property
    def found(self) -> tuple[Measure, ...]:
        """The measures that pass both bars: corrected p-value and size."""
        return tuple(m for m in self.measures if m.q <= self.q and abs(m.effect) >= self.least)

    def differences(self) -> tuple[Difference, ...]:
        """What was found, one sentence each; distinctive words come last.

        The sentences hold figures and the user's own words only, never other people's.
        """
        told = [
            Difference(
                m.dimension,
                self.sentence(m),
                "measured",
                own=self.own,
                reference=self.reference,
                measure=m,
                note=self.note,
            )
            for m in self.found
        ]
        if self.terms:
            used = {name for term in self.terms for name in term.own}
            told.append(
                Difference(
                    "semantic",
                    f"Uses {_listed(self.terms)} more than others on the same things.",
                    "measured",
                    own=tuple(name for name in self.own if name in used),
                    reference=self.reference,
                    note=self.note,
                )
            )
        return tuple(told)

    def sentence(self, measure: Measure) -> str:
        """One measure in words and figures."""
        feature = next(f for f in self.features if f.name == measure.feature)
        does = feature.more if measure.effect > 0 else feature.less
        return (
            f"{does[0].upper()}{does[1:]} than others on the same things: "
            f"{_figure(measure.own_mean)} against {_figure(measure.reference_mean)} {feature.unit} "
            f"(d = {measure.effect:+.1f}, {_ordinal(measure.percentile)} percentile, "
            f"{measure.texts} texts)."
        )

    def frame(self) -> pl.DataFrame:
        """One row a measure."""
        import polars as pl

        found = set(self.found)
        schema: dict[str, Any] = {
            "user": pl.String,
            "feature": pl.String,
            "dimension": pl.String,
            "effect": pl.Float64,
            "percentile": pl.Float64,
            "p": pl.Float64,
            "q": pl.Float64,
            "own_mean": pl.Float64,
            "reference_mean": pl.Float64,
            "texts": pl.Int64,
            "reference_texts": pl.Int64,
            "found": pl.Boolean,
            "quotes": pl.List(pl.String),
            "text": pl.String,
        }
        rows = [
            [self.user]
            + [getattr(m, name) for name in list(schema)[1:11]]
            + [m in found, list(m.quotes), self.sentence(m)]
            for m in self.measures
        ]
        return pl.DataFrame(rows, schema=schema, orient="row")


@dataclass(frozen=True)
class _Compared:
    """Texts on the same items, own and others', as arrays.

    Attributes:
        ids: Event of each text.  # (texts,)
        texts: The texts.
        codes: Their language codes; "und" is not English, but unknown.
        ratings: Their ratings; NaN where there is none.
        item: Number of the item of each.
        mine: Which are the user's, or the group's.
    """

    ids: list[str]
    texts: list[str]
    codes: list[str | None]
    ratings: Floats
    item: Ints
    mine: Mask


@dataclass(frozen=True)
class Measured:
    """Compares a user's texts with other people's on the same items, feature by feature.

    A p-value is the share of random authors as far from the others as the user: for each item, one
    of the texts on it is drawn in place of the own one. Benjamini–Hochberg corrects over all
    features. Of several texts by one person on one item the latest counts, on both sides.

    Args:
        features: What to measure.
        q: Greatest corrected p-value of what counts as found.
        least: Smallest effect, in standard deviations, of what counts as found.
        terms: Distinctive words to keep at most.
        draws: Random authors; no p-value is below 1 / (draws + 1).
        seed: Of the draws.
        peers: Other people that an item needs for its own text to be compared.
        at_least_texts: Own comparable texts below which nothing is measured.
    """

    features: tuple[Feature, ...] = FEATURES
    q: float = 0.05
    least: float = 0.6
    terms: int = 8
    draws: int = 2000
    seed: int = 0
    peers: int = 2
    at_least_texts: int = 3

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            SettingError: One is out of its range.
        """
        if not 0 < self.q < 1:
            raise SettingError(f"Found q = {self.q!r}; give a rate between 0 and 1, such as 0.05.")
        for name, least in [("draws", 1), ("peers", 1), ("at_least_texts", 1), ("terms", 0)]:
            if getattr(self, name) < least:
                raise SettingError(
                    f"Found {name} = {getattr(self, name)!r}; give a whole number from {least} up."
                )

    def __getstate__(self) -> dict[str, Any]:
        """The settings, without the texts kept."""
        return {name: value for name, value in self.__dict__.items() if name != "read"}

    @cached_property
    def read(self) -> Callable[[str, str | None], tuple[Floats, frozenset[str]]]:
        """The features and the words of a text in a language; kept, as peers come again."""

        @lru_cache(maxsize=KEPT)
        def read(text: str, code: str | None) -> tuple[Floats, frozenset[str]]:
            cut = Text(text)
            words = {word for word in cut.lower if len(word) > 2 and not word[0].isdigit()}
            return row(cut, code, self.features), frozenset(words - FUNCTION_WORDS)

        return read

    def __call__(self, view: View, events: Events | None = None) -> Measurements:
        """The user of the view against others on the same items.

        Args:
            view: What may be known.
            events: Own events to compare; None means all. Those with too few others on their item
                are left out, and the note says how many.
        """
        own = view.own if events is None else events
        latest = {item: n for n, item in enumerate(own.items) if item is not None}
        others = {item: view.peers(item) for item in latest}
        enough = [item for item in latest if len(others[item]) >= self.peers]
        kept = own.take(latest[item] for item in enough)
        many = sum(item in set(enough) for item in own.items)
        notes = []
        if many < len(own) and many < max(FEW, len(own) / 2):
            notes.append(
                f"only {many} of {len(own)} texts are on things that at least {self.peers} others "
                "wrote about"
            )
        if len(kept) < many:
            notes.append(f"of {many} texts the latest on each of {len(kept)} things counts")
        sides = [kept, *(others[item] for item in enough)]
        sizes = [len(side) for side in sides[1:]]
        compared = _Compared(
            [name for side in sides for name in side.ids],
            [text for side in sides for text in side.texts],
            [code for side in sides for code in side.column("language")],
            np.concatenate([side.ratings for side in sides]),
            np.concatenate([np.arange(len(kept)), np.repeat(np.arange(len(kept)), sizes)]),
            np.arange(len(kept) + sum(sizes)) < len(kept),
        )
        return _measurements(self, view.request.user, compared, notes)


def measure_group(
    population: Population,
    users: Collection[str],
    *,
    name: str = "group",
    measured: Measured | None = None,
) -> Measurements:
    """A group's texts against everybody else's on the same items.

    People are what is drawn: p-values come from giving the group's name to as many random users,
    so that one member who writes a lot does not make a group. Words are not compared.

    Args:
        population: The events; cut it yourself if some must not be known.
        users: The members.
        name: What to call them.
        measured: The settings; None means the defaults.

    Raises:
        DataError: A member has no events, or the events have no items.
    """
    import polars as pl

    measured = measured or Measured()
    members = set(users)
    unknown = sorted(members.difference(population.users))
    if unknown or not members:
        raise DataError(
            f"Found {len(unknown)} of {len(members)} members of {name!r} without events"
            f"{f', first {unknown[0]!r}' if unknown else ''}; give users of the population."
        )
    if population.by_item is None:
        raise DataError("Found no column 'item'; groups are compared on the same items.")
    rows = (
        population.frame.select("user", "item")
        .with_row_index("row")
        .drop_nulls()
        .unique(["user", "item"], keep="last", maintain_order=True)
        .with_columns(pl.col("user").is_in(list(members)).alias("mine"))
        .filter(
            pl.col("mine").any().over("item")
            & ((~pl.col("mine")).sum().over("item") >= measured.peers)
        )
    )
    events = Events(population, rows["row"].to_numpy().astype(np.intp))
    _, item = np.unique(population.by_item.codes[events.rows], return_inverse=True)
    mine = rows["mine"].to_numpy()
    compared = _Compared(
        events.ids, events.texts, events.column("language"), events.ratings, item, mine
    )
    authors = population.by_user.codes[events.rows].astype(np.intp)
    people = len(np.unique(authors[mine]))
    few = f"only {people} of {len(members)} members wrote about things that others wrote about"
    notes = [few] if people < FEW else []
    return _measurements(measured, name, compared, notes, authors)


def _measurements(
    settings: Measured,
    name: str,
    texts: _Compared,
    notes: Sequence[str],
    authors: Ints | None = None,
) -> Measurements:
    mine = texts.mine
    if mine.sum() < settings.at_least_texts:
        few = f"{int(mine.sum())} comparable texts, fewer than the {settings.at_least_texts} needed"
        return Measurements(
            name,
            note="; ".join([*notes, few]),
            features=settings.features,
            q=settings.q,
            least=settings.least,
        )
    codes, foreign = _own_codes(texts)
    if foreign:
        left = sum(not feature.valid("und") for feature in settings.features)
        notes = [
            *notes,
            f"{foreign} own texts name no language and do not look English; the {left} features "
            "that need one were left out there",
        ]
    read = [settings.read(text, code) for text, code in zip(texts.texts, codes, strict=True)]
    values, features = np.array([row for row, _ in read]), settings.features
    if np.isfinite(texts.ratings).any():
        values, features = np.column_stack([values, texts.ratings]), (*features, RATING)
    rng = np.random.default_rng(settings.seed)
    table = contrasts(values, texts.item, mine, settings.draws, rng, authors)
    corrected = benjamini_hochberg(table.p)
    own = [Text(texts.texts[n]) for n in np.flatnonzero(mine)]
    measures = [
        Measure(
            feature=feature.name,
            dimension=feature.dimension,
            effect=float(table.effect[n]),
            percentile=float(table.percentile[n]),
            p=float(table.p[n]),
            q=float(corrected[n]),
            own_mean=float(table.own_mean[n]),
            reference_mean=float(table.reference_mean[n]),
            texts=int(table.texts[n]),
            reference_texts=int(table.reference_texts[n]),
            quotes=_quotes(feature, own, table.effect[n], table.reference_mean[n])
            if corrected[n] <= settings.q
            else (),
            languages=feature.languages,
        )
        for n, feature in enumerate(features)
        if np.isfinite(table.effect[n])
    ]
    return Measurements(
        name,
        tuple(sorted(measures, key=lambda m: -abs(m.effect))),
        () if authors is not None else _terms(settings, texts, [words for _, words in read]),
        tuple(texts.ids[n] for n in np.flatnonzero(mine)),
        tuple(texts.ids[n] for n in np.flatnonzero(~mine)),
        "; ".join(notes),
        features,
        settings.q,
        settings.least,
    )


def _terms(
    settings: Measured, texts: _Compared, words: Sequence[frozenset[str]]
) -> tuple[Term, ...]:
    """Distinctive words, by the number of own texts that have them.

    The chance of a word in an own text is its share among all texts on that item, so that the
    number of own texts with it is Poisson-binomial, exactly, if authors mean nothing.
    """
    names = sorted({word for has in words for word in has})
    if not names or not settings.terms:
        return ()
    number = {name: n for n, name in enumerate(names)}
    text = np.repeat(np.arange(len(words)), [len(has) for has in words])
    word = np.array([number[name] for has in words for name in has])
    here = texts.mine[text]
    own = np.bincount(word[here], minlength=len(names))
    other = np.bincount(word[~here], minlength=len(names))
    share = np.zeros((int(texts.item.max()) + 1, len(names)))
    np.add.at(share, (texts.item[text], word), 1.0)
    share /= np.bincount(texts.item)[:, None]
    # Words too rare to reach significance in any case are no tests; authors play no part here.
    surprise = np.log(share, out=np.zeros_like(share), where=share > 0).sum(axis=0)
    testable = surprise <= np.log(settings.q)
    p = np.where(testable, 1.0, np.nan)
    tried = np.flatnonzero(testable & (own > 1))
    p[tried] = at_least(own[tried], share[:, tried])
    q = benjamini_hochberg(p)
    both = (own + other).astype(float)
    z = log_odds(own.astype(float), other.astype(float), both * own.sum() / both.sum())
    best = sorted(np.flatnonzero((q <= settings.q) & (z > 0)), key=lambda n: -z[n])
    mine: list[int] = np.flatnonzero(texts.mine).tolist()
    return tuple(
        Term(
            text=names[n],
            z=float(z[n]),
            p=float(p[n]),
            q=float(q[n]),
            own_texts=int(own[n]),
            expected=float(share[:, n].sum()),
            own=tuple(texts.ids[m] for m in mine if names[n] in words[m]),
        )
        for n in best[: settings.terms]
    )


def _own_codes(texts: _Compared) -> tuple[list[str | None], int]:
    """Language codes, and how many own texts of unknown language are not English together."""
    unknown = [n for n in np.flatnonzero(texts.mine) if not texts.codes[n]]
    cut = [Text(texts.texts[n]) for n in unknown]
    words = sum(len(text.lower) for text in cut)
    if words < ENGLISH_WORDS or function_share(cut) >= ENGLISH_FLOOR:
        return texts.codes, 0
    foreign = set(unknown)
    return ["und" if n in foreign else code for n, code in enumerate(texts.codes)], len(foreign)


def _quotes(feature: Feature, own: Sequence[Text], effect: float, usual: float) -> tuple[str, ...]:
    """The own sentences that show it best, at most one a text.

    Best is the distance from what is usual times √words: few words show little.
    """
    if feature.shown == "never" or (feature.shown == "more" and effect < 0):
        return ()
    sign = 1 if effect > 0 else -1
    best = []
    for text in own:
        shown = [
            (sign * (feature(sentence) - usual) * len(words) ** 0.5, sentence)
            for sentence, words in zip(text.sentences, text.by_sentence, strict=True)
            if len(sentence) <= QUOTE_CHARACTERS
        ]
        best.append(max((pair for pair in shown if pair[0] > 0), default=(0.0, "")))
    best.sort(key=lambda pair: -pair[0])
    return tuple(dict.fromkeys(sentence for _, sentence in best if sentence))[:QUOTES]


def _figure(value: float) -> str:
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _ordinal(value: float) -> str:
    number = round(value)
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in {11, 12, 13} else ending}"


def _listed(terms: Sequence[Term]) -> str:
    words = [f"“{term.text}” ({term.own_texts})" for term in terms]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
