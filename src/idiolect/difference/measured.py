"""The measured voice: how a user's texts differ from other people's on the same items; no LLM.

Every own text is compared with the other people's texts on *its* item, so what the item does to
everybody's words drops out. An effect is the mean distance from the others' mean, in pooled
within-item standard deviations of all people compared, the user among them: that deviation exists
wherever anything varies, and no exchange of authors changes it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Events, Population, View
from idiolect.difference.found import Measure
from idiolect.difference.measurements import RATING, Measurements
from idiolect.difference.terms import distinctive
from idiolect.errors import DataError, SettingError
from idiolect.measure import FEATURES, Feature, Text, benjamini_hochberg, contrasts
from idiolect.measure.features import row
from idiolect.measure.text import ENGLISH_FLOOR, ENGLISH_WORDS, FUNCTION_WORDS, function_share

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Own sentences shown for a feature, and how long one may be.
QUOTES, QUOTE_CHARACTERS = 3, 240
#: Texts whose figures are kept; one takes some 3 kB.
KEPT = 2**15
#: Below this many comparable texts (members of a group) a note says so.
FEW = 8
#: Below this many people on a side nothing is claimed of a group: one of them would be a fifth.
MEMBERS = 5


@dataclass(frozen=True)
class Measured:
    """Compares a user's texts with other people's on the same items, feature by feature.

    A p-value is the share of random authors as far from the others as the user: for each item, one
    of the people who wrote about it is drawn in the user's place. Benjamini–Hochberg corrects over
    all features. Several texts by one person on one item count as one, by their mean: what one
    person writes about one thing is not independent.

    Args:
        features: What to measure.
        q: Greatest corrected p-value of what counts as found.
        least: Smallest effect, in standard deviations, of what counts as found.
        terms: Distinctive words to keep at most.
        draws: Random authors; no p-value is below 1 / (draws + 1).
        seed: Of the draws.
        peers: Other people that an item needs for the user's texts on it to be compared.
        at_least_items: Items with own comparable texts below which nothing is measured.
        each: Texts of one person on one item that are read at most, the latest.
    """

    features: tuple[Feature, ...] = FEATURES
    q: float = 0.05
    least: float = 0.6
    terms: int = 8
    draws: int = 2000
    seed: int = 0
    peers: int = 2
    at_least_items: int = 3
    each: int = 20

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            SettingError: One is out of its range.
        """
        if not 0 < self.q < 1:
            raise SettingError(f"Found q = {self.q!r}; give a rate between 0 and 1, such as 0.05.")
        lowest = {"draws": 1, "peers": 1, "at_least_items": 1, "each": 1, "terms": 0}
        for name, least in lowest.items():
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
        return _reader(self.features)

    def __call__(self, view: View, events: Events | None = None) -> Measurements:
        """The user of the view against others on the same items.

        Args:
            view: What may be known.
            events: Own events to compare; None means all. Those with too few others on their item
                are left out, and the note says how many.
        """
        own = view.own if events is None else events
        on: dict[str, list[int]] = {}
        for at, item in enumerate(own.items):
            if item is not None:
                on.setdefault(item, []).append(at)
        others = {item: view.peers(item, each=self.each) for item in on}
        enough = [item for item in on if others[item].people >= self.peers]
        many = sum(len(on[item]) for item in enough)
        notes = []
        if many < len(own) and many < max(FEW, len(own) / 2):
            notes.append(
                f"only {many} of {len(own)} texts are on things that at least {self.peers} others "
                "wrote about"
            )
        if 2 * len(enough) < many:
            notes.append(f"{many} texts are on only {len(enough)} things, each counted once")
        kept = own.take(at for item in enough for at in on[item][-self.each :])
        compared = kept.join(*(others[item] for item in enough))
        mine = np.arange(len(compared)) < len(kept)
        bare = Measurements(view.request.user, features=self.features, q=self.q, least=self.least)
        return _measurements(self, bare, compared, mine, notes)


def measure_group(
    population: Population,
    users: Collection[str],
    *,
    name: str = "group",
    against: Collection[str] | None = None,
    rest: str = "the rest",
    within_items: bool = True,
    measured: Measured | None = None,
) -> Measurements:
    """A group's texts against everybody else's, or another group's, on the same items.

    People are what is drawn: p-values come from giving the group's name to as many random users
    who write as much as its members, so that one member who writes a lot does not make a group.
    Words are not compared. Only public events are read, as nobody in particular asks, and only what
    people did. With fewer than `MEMBERS` people on a side nothing is claimed.

    Args:
        population: The events; cut it yourself if some must not be known.
        users: The members.
        name: What to call them.
        against: The other group; None means everybody else. Who is in both is left out of it.
        rest: What to call the other side.
        within_items: Compare on the same items only; otherwise all texts with all texts, so that
            what a group writes about counts as its difference too.
        measured: The settings; None means the defaults.

    Raises:
        DataError: A member has no events, the other group is empty, or the events have no items
            to compare within.
    """
    import polars as pl

    measured, population = measured or Measured(), population.by_people
    members, others = set(users), None if against is None else set(against).difference(users)
    unknown = sorted(members.union(others or ()).difference(population.users))
    if unknown or not members or others == set():
        raise DataError(
            f"Found {len(unknown)} of {len(members.union(others or ()))} members of {name!r} "
            f"without events{f', first {unknown[0]!r}' if unknown else ''}, and "
            f"{len(members)} against {'all' if others is None else len(others)} others; give "
            "users of the population, some on each side."
        )
    if within_items and population.by_item is None:
        raise DataError(
            "Found no column 'item'; groups are compared on the same items. Name that column, or "
            "compare all texts with all (within_items=False, --no-topic-control)."
        )
    frame = population.frame.with_row_index("row")
    if "audience" in frame.columns:
        frame = frame.filter(pl.col("audience").fill_null("public") == "public")
    if others is not None:
        frame = frame.filter(pl.col("user").is_in(list(members | others)))
    item = pl.col("item") if "item" in frame.columns else pl.lit(None, pl.String)
    rows = frame.select("row", "user", item.alias("item")).with_columns(
        pl.col("user").is_in(list(members)).alias("mine")
    )
    if within_items:
        rows = rows.drop_nulls("item").filter(
            pl.col("mine").any().over("item")
            & (pl.col("user").filter(~pl.col("mine")).n_unique().over("item") >= measured.peers)
        )
    rows = rows.filter(
        pl.col("item").is_null()
        | (pl.int_range(pl.len()).reverse().over("user", "item") < measured.each)
    )
    events = Events(population, rows["row"].to_numpy().astype(np.intp))
    mine = rows["mine"].to_numpy()
    inside, outside = (len(np.unique(events.user_codes[side])) for side in (mine, ~mine))
    than = f"{rest} on the same things" if within_items else rest
    named = Measurements(
        name,
        features=measured.features,
        q=measured.q,
        least=measured.least,
        than=than,
        sides=("group", "the rest" if others is None else "the others"),
    )
    shared = " wrote about things that others wrote about" if within_items else " have texts"
    notes = [f"only {inside} of {len(members)} members{shared}"] if inside < FEW else []
    if min(inside, outside) < MEMBERS:
        few = f"{inside} members and {outside} others can be compared; with fewer than {MEMBERS} "
        few += "people on a side nothing is claimed of a group"
        own, reference = (tuple(np.array(events.ids)[side].tolist()) for side in (mine, ~mine))
        return replace(named, own=own, reference=reference, note="; ".join([*notes, few]))
    return _measurements(measured, named, events, mine, notes, group=True, within=within_items)


def _measurements(
    settings: Measured,
    bare: Measurements,
    events: Events,
    mine: Mask,
    notes: Sequence[str],
    *,
    group: bool = False,
    within: bool = True,
) -> Measurements:
    """Own texts (`mine`) against the others among `events`, on the same items."""
    item = own_items(events)
    # A unit is what one person wrote about one item.  # (2, units)
    units, unit = np.unique([item, events.user_codes], axis=1, return_inverse=True)
    unit = unit.reshape(-1)
    size = np.bincount(unit)
    own_units = np.bincount(unit[mine], minlength=len(size)) > 0
    if own_units.sum() < settings.at_least_items:
        few = f"comparable texts on {int(own_units.sum())} things, fewer than the "
        few += f"{settings.at_least_items} needed"
        return replace(bare, note="; ".join([*notes, few]))
    figures = read_figures(settings, events, mine)
    values, features = figures.values, figures.features
    if not within:
        item, units = np.zeros_like(item), np.stack([np.zeros_like(units[1]), units[1]])
    rng = np.random.default_rng(settings.seed)
    authors = units[1] if group else None
    means = unit_means(values, unit)
    table = contrasts(means, units[0], own_units, settings.draws, rng, authors)
    corrected = benjamini_hochberg(table.p)
    texts = events.texts
    own = [Text(texts[n]) for n in np.flatnonzero(mine)]
    counted = _counts(np.isfinite(values), item, mine)
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
            items=int(table.texts[n]),
            texts=int(counted[0, n]),
            reference_texts=int(counted[1, n]),
            quotes=quotes(feature, own, table.effect[n], table.reference_mean[n])
            if corrected[n] <= settings.q
            else (),
            languages=feature.languages,
        )
        for n, feature in enumerate(features)
        if np.isfinite(table.effect[n])
    ]
    # Words are those of the latest text of each unit: a longer unit has more of any word.
    latest = np.zeros(len(size), dtype=np.intp)
    latest[unit] = np.arange(len(unit))
    ids = events.ids
    return replace(
        bare,
        measures=tuple(sorted(measures, key=lambda m: -abs(m.effect))),
        terms=()
        if group
        else distinctive(
            [figures.words[n] for n in latest],
            [ids[n] for n in latest],
            units[0],
            own_units,
            most=settings.terms,
            level=settings.q,
        ),
        own=tuple(ids[n] for n in np.flatnonzero(mine)),
        reference=tuple(ids[n] for n in np.flatnonzero(~mine)),
        note="; ".join([*notes, *figures.notes]),
        features=features,
    )


def own_items(events: Events) -> NDArray[np.intp]:
    """Item numbers from 0; an event without an item is about a thing of its own.  # (events,)"""
    codes = events.item_codes
    alone = codes.max(initial=-1) + 1 + np.arange(len(codes))
    _, item = np.unique(np.where(codes < 0, alone, codes), return_inverse=True)
    return item.reshape(-1)


class Figures(NamedTuple):
    """What was read of some texts.

    Attributes:
        values: NaN where a feature does not apply.  # (texts, features)
        features: What was measured; the rating comes last where there is any.
        words: Of each text.
        notes: What was left out.
    """

    values: Floats
    features: tuple[Feature, ...]
    words: list[frozenset[str]]
    notes: tuple[str, ...]


@lru_cache(maxsize=4)
def _reader(
    features: tuple[Feature, ...],
) -> Callable[[str, str | None], tuple[Floats, frozenset[str]]]:
    """Shared by all that measure the same, as a recipe is composed anew for each request."""

    @lru_cache(maxsize=KEPT)
    def read(text: str, code: str | None) -> tuple[Floats, frozenset[str]]:
        cut = Text(text)
        words = {word for word in cut.lower if len(word) > 2 and not word[0].isdigit()}
        return row(cut, code, features), frozenset(words - FUNCTION_WORDS)

    return read


def read_figures(settings: Measured, events: Events, mine: Mask) -> Figures:
    """The features of each text, in the languages that they are valid for."""
    texts = events.texts
    codes, foreign = _own_codes(texts, events.column("language"), mine)
    left = sum(not feature.valid("und") for feature in settings.features)
    said = f"{foreign} own texts name no language and do not look English; the {left} features "
    said += "that need one were left out there"
    read = [settings.read(text, code) for text, code in zip(texts, codes, strict=True)]
    values, features = np.array([row for row, _ in read]), settings.features
    if np.isfinite(events.ratings).any():
        values, features = np.column_stack([values, events.ratings]), (*features, RATING)
    return Figures(values, features, [words for _, words in read], (said,) if foreign else ())


def unit_means(values: Floats, unit: NDArray[np.intp]) -> Floats:
    """Mean of each unit's texts, over those that a feature applies to.  # (units, features)"""
    applies = np.isfinite(values)
    sums = np.zeros((int(unit.max()) + 1, values.shape[1]))
    counts = np.zeros_like(sums)
    np.add.at(sums, unit, np.where(applies, values, 0.0))
    np.add.at(counts, unit, applies)
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)


def _counts(applies: Mask, item: NDArray[np.intp], mine: Mask) -> NDArray[np.intp]:
    """Own and other texts on the items where a feature can be compared.  # (2, features)"""
    on = np.zeros((2, int(item.max()) + 1, applies.shape[1]), dtype=np.intp)
    np.add.at(on, (np.where(mine, 0, 1), item), applies)
    counts: NDArray[np.intp] = np.where((on > 0).all(axis=0), on, 0).sum(axis=1)
    return counts


def _own_codes(
    texts: Sequence[str], codes: list[str | None], mine: Mask
) -> tuple[list[str | None], int]:
    """Language codes, and how many own texts of unknown language are not English together."""
    unknown: list[int] = [n for n in np.flatnonzero(mine).tolist() if not codes[n]]
    cut = [Text(texts[n]) for n in unknown]
    words = sum(len(text.lower) for text in cut)
    if words < ENGLISH_WORDS or function_share(cut) >= ENGLISH_FLOOR:
        return codes, 0
    foreign = set(unknown)
    return ["und" if n in foreign else code for n, code in enumerate(codes)], len(foreign)


def quotes(feature: Feature, own: Sequence[Text], effect: float, usual: float) -> tuple[str, ...]:
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
