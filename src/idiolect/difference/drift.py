"""Drift: how a person's later texts differ from their own earlier ones.

What people write about changes too, so each text is first expressed relative to others on the same
item (own minus the others' mean); then later is compared with earlier. And everybody may change:
the mean change of the others, each against their own earlier texts over the same split, is taken
off, so that the population's drift, or a changing crowd, is not taken for the person's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Events, Population
from idiolect.data.times import from_micros, micros
from idiolect.difference.found import Measure
from idiolect.difference.measured import (
    FEW,
    MEMBERS,
    Measured,
    own_items,
    quotes,
    read_figures,
    unit_means,
)
from idiolect.difference.measurements import Measurements
from idiolect.errors import DataError
from idiolect.measure import Text, benjamini_hochberg
from idiolect.measure.statistics import Floats, pooled_sd

if TYPE_CHECKING:
    import polars as pl

Ints = NDArray[np.intp]
Mask = NDArray[np.bool_]

#: Others whose own change is read at most where all texts are compared with all.
OTHERS = 300
#: Figures of shuffled texts held in memory at once.
_AT_ONCE = 2**22


@dataclass(frozen=True)
class Drift:
    """How later texts differ from earlier ones.

    Attributes:
        measurements: The figures: `own_mean` is of the later texts, `reference_mean` what it would
            be without the change, `percentile` that of the later texts among the earlier.
        split: Later texts are from here on.
        others: People whose own mean change was taken off; 0 where too few can be told.
        others_change: That change by feature, in the same standard deviations.
        times: When each own text was written, oldest first; several on one thing and one side of
            the split are one.
        deviations: Each relative to the others on its item (or as it is), before the others'
            change is taken off; NaN where a feature does not apply.  # (texts, features)
    """

    measurements: Measurements
    split: datetime
    others: int
    others_change: Mapping[str, float]
    times: tuple[datetime, ...]
    deviations: Floats


def measure_drift(
    population: Population,
    user: str,
    *,
    split: datetime | None = None,
    within_items: bool = True,
    measured: Measured | None = None,
) -> Drift:
    """A user's later texts against their own earlier ones.

    P-values come from shuffling the order of the user's texts. A drift is three claims in one, of
    which the weakest counts: the texts changed, they changed beside others on the same items, and
    not just as the others did. Who stays as before while everybody moves did not drift; a change
    that a change of topics cancels out is not found. Changes are studentized by a deviation
    that holds under autocorrelation (Newey & West 1987, lags up to the cube root of the number of
    texts), so that texts in a row that are alike are not taken for drift (Romano & Tirlea 2024); it
    holds the uncertainty of the others' change too. Words are not compared. Of other people only
    public events are read.

    Args:
        population: The events, with times; cut it yourself if some must not be known.
        user: Whose texts.
        split: Later texts are from here on; None means half of the comparable texts.
        within_items: Compare each text with others on its item first; otherwise texts are taken as
            they are, so that a change of what is written about counts as drift.
        measured: The settings; None means the defaults.

    Raises:
        UnknownNameError: Nobody has this name.
        DataError: There are no times or no items, or all texts are on one side of the split.
    """
    measured = measured or Measured()
    own = population.events_of(user)
    if population.times is None:
        raise DataError("Found no column 'time'; drift compares later texts with earlier ones.")
    if within_items and population.by_item is None:
        raise DataError(
            "Found no column 'item'; texts are first compared with others on the same items. Name "
            "that column, or compare texts as they are (within_items=False, --no-topic-control)."
        )
    comparable = _comparable(population, user, measured.peers) if within_items else own.rows
    at = _split(population, own.rows if split is not None else comparable, split, user)
    rows = _rows(population, user, comparable, at, measured, within_items)
    events = Events(population, rows)
    mine = events.user_codes == population.by_user.code[user]
    late = population.times[rows] >= at
    bare = Measurements(
        user,
        features=measured.features,
        q=measured.q,
        least=measured.least,
        than="earlier" + (", beside others on the same things" if within_items else ""),
        sides=("later", "earlier"),
    )
    none = Drift(bare, from_micros(at), 0, {}, (), np.empty((0, len(measured.features))))
    notes = []
    sides = [int((mine & side).sum()) for side in (~late, late)]
    if within_items and len(comparable) < max(2 * FEW, len(own) / 2):
        notes.append(
            f"only {len(comparable)} of {len(own)} texts are on things that at least "
            f"{measured.peers} others wrote about"
        )
    if min(sides) < measured.at_least_items:
        few = f"{sides[1]} later and {sides[0]} earlier texts can be compared; at least "
        few += f"{measured.at_least_items} on each side are needed"
        return replace(none, measurements=replace(bare, note="; ".join([*notes, few])))
    if min(sides) < FEW:
        notes.append(f"only {sides[1]} later and {sides[0]} earlier texts")
    return _drift(measured, none, events, mine, late, notes, within_items)


def _comparable(population: Population, user: str, peers: int) -> Ints:
    """Rows of the user on items that enough others wrote about in public."""
    import polars as pl

    own = population.events_of(user)
    rows = population.frame.select("user", "item", public=_public(population)).with_row_index("row")
    enough = (
        rows.filter(pl.col("item").is_in(list({i for i in own.items if i is not None})))
        .filter((pl.col("user") != user) & pl.col("public"))
        .group_by("item")
        .agg(pl.col("user").n_unique().alias("people"))
        .filter(pl.col("people") >= peers)["item"]
    )
    items = set(enough.to_list())
    return own.rows[[item in items for item in own.items]]


def _public(population: Population) -> pl.Expr:
    import polars as pl

    told = "audience" in population.columns
    return pl.col("audience").fill_null("public") == "public" if told else pl.lit(True)


def _split(population: Population, rows: Ints, split: datetime | None, user: str) -> int:
    """The moment from which texts are late: the one given, or the one nearest to half of them."""
    assert population.times is not None
    times = population.times[rows]
    moments, first = np.unique(times, return_index=True)
    if split is None:
        if len(moments) < 2:
            raise DataError(
                f"Found {len(times)} comparable texts of {user!r} at {len(moments)} times; drift "
                "needs texts of different times. Without topic control more texts can be compared."
            )
        return int(moments[1:][np.argmin(np.abs(first[1:] - len(times) / 2))])
    at = micros(split)
    if not moments[0] < at <= moments[-1]:
        raise DataError(
            f"Found all {len(times)} texts of {user!r} on one side of {split:%Y-%m-%d}; give a "
            f"date after {from_micros(int(moments[0])):%Y-%m-%d} and not after "
            f"{from_micros(int(moments[-1])):%Y-%m-%d}."
        )
    return at


def _rows(
    population: Population,
    user: str,
    comparable: Ints,
    at: int,
    measured: Measured,
    within_items: bool,
) -> Ints:
    """The rows compared: the user's, and those of the others."""
    import polars as pl

    assert population.times is not None
    named = ["user", "item"] if "item" in population.columns else ["user"]
    rows = (
        population.frame.select(*named, public=_public(population))
        .with_row_index("row")
        .with_columns(late=pl.Series(population.times >= at))
    )
    others = rows.filter((pl.col("user") != user) & pl.col("public"))
    if within_items:
        items = Events(population, comparable).frame["item"].unique().to_list()
        others = others.filter(pl.col("item").is_in(items))
    else:
        both = others.group_by("user").agg(pl.col("late").n_unique().alias("sides"))
        people = both.filter(pl.col("sides") == 2)["user"].sort()
        rng = np.random.default_rng(measured.seed)
        chosen = rng.permutation(len(people))[:OTHERS]
        others = others.filter(pl.col("user").is_in(people.gather(np.sort(chosen)).to_list()))
    kept = pl.concat([rows.filter(pl.col("row").is_in(comparable.tolist())), others])
    if "item" in named:
        place = pl.int_range(pl.len()).reverse().over("user", "item", "late")
        kept = kept.filter(pl.col("item").is_null() | (place < measured.each))
    found: Ints = kept["row"].sort().to_numpy().astype(np.intp)
    return found


def _drift(
    settings: Measured,
    none: Drift,
    events: Events,
    mine: Mask,
    late: Mask,
    notes: list[str],
    within: bool,
) -> Drift:
    """The figures, once it is known what is compared."""
    times = np.array([micros(time) for time in events.column("time")])
    figures = read_figures(settings, events, mine)
    # A unit is what one person wrote about one item on one side of the split.
    keys, unit = np.unique(
        [own_items(events), events.user_codes, late], axis=1, return_inverse=True
    )
    unit = unit.reshape(-1)
    values = unit_means(figures.values, unit)
    when = np.zeros(len(values), dtype=np.int64)
    np.maximum.at(when, unit, times)
    ours = np.bincount(unit[mine], minlength=len(values)) > 0
    order = np.flatnonzero(ours)
    order = order[np.lexsort([when[order], keys[2][order]])]
    cell = keys[0] if within else np.zeros_like(keys[0])
    apart = _apart(values, cell, keys[1], ours)
    after = keys[2].astype(bool)
    crowd = _crowd(apart[~ours], keys[1][~ours], after[~ours])
    if crowd.people < MEMBERS:
        crowd = Crowd(crowd.people, np.zeros(values.shape[1]), np.zeros(values.shape[1]))
        notes = [
            *notes,
            f"only {crowd.people} others have such texts on both sides of the split, too few to "
            "tell whether everybody changed",
        ]
    raw = values[order]
    table = _changes(apart[order], raw, after[order], crowd, settings)
    sd = np.array([_sd(values[:, n], cell) for n in range(values.shape[1])])
    varies = sd > 1e-9 * (1 + np.nanmax(np.abs(values), axis=0, initial=0))
    known = varies & np.isfinite(table.p)
    p = np.where(known, table.p, np.nan)
    q = benjamini_hochberg(p)
    texts = events.texts
    later = [Text(texts[n]) for n in np.flatnonzero(mine & late)]
    measures = []
    for n, feature in enumerate(figures.features):
        if not known[n]:
            continue
        has = np.isfinite(apart[order, n])
        side = after[order] & has
        counted = mine & np.isfinite(apart[unit, n]) & np.isfinite(figures.values[:, n])
        own_mean, effect = float(raw[side, n].mean()), float(table.change[n] / sd[n])
        usual = own_mean - float(table.change[n])
        measures.append(
            Measure(
                feature=feature.name,
                dimension=feature.dimension,
                effect=effect,
                percentile=float(table.percentile[n]),
                p=float(p[n]),
                q=float(q[n]),
                own_mean=own_mean,
                reference_mean=usual,
                items=int(side.sum()),
                texts=int((counted & late).sum()),
                reference_texts=int((counted & ~late).sum()),
                quotes=quotes(feature, later, effect, usual) if q[n] <= settings.q else (),
                languages=feature.languages,
            )
        )
    ids = np.array(events.ids)
    return replace(
        none,
        measurements=replace(
            none.measurements,
            measures=tuple(sorted(measures, key=lambda m: -abs(m.effect))),
            own=tuple(ids[mine & late].tolist()),
            reference=tuple(ids[mine & ~late].tolist()),
            note="; ".join([*notes, *figures.notes]),
            features=figures.features,
        ),
        others=crowd.people if crowd.people >= MEMBERS else 0,
        others_change={
            feature.name: float(crowd.change[n] / sd[n])
            for n, feature in enumerate(figures.features)
            if known[n]
        },
        times=tuple(from_micros(int(time)) for time in when[order]),
        deviations=apart[order],
    )


def _apart(values: Floats, cell: Ints, user: Ints, ours: Mask) -> Floats:
    """Each unit minus the mean of the other people in its cell, the user never among them.

    Every other person counts once a cell, by their mean.  # (units, features)
    """
    pairs, person = np.unique(np.stack([cell, user]), axis=1, return_inverse=True)
    person = person.reshape(-1)
    means = unit_means(values, person)
    theirs = np.ones(len(means), dtype=bool)
    theirs[person[ours]] = False
    known = np.isfinite(means) & theirs[:, None]
    cells = int(cell.max()) + 1
    total, people = np.zeros((2, cells, values.shape[1]))
    np.add.at(total, pairs[0], np.where(known, means, 0.0))
    np.add.at(people, pairs[0], known)
    self_too = known[person]
    sums = total[cell] - np.where(self_too, means[person], 0.0)
    count = people[cell] - self_too
    others = np.divide(sums, count, out=np.full_like(sums, np.nan), where=count > 0)
    found: Floats = values - others
    return found


class Crowd(NamedTuple):
    """How the others changed, each against themselves: mean and its standard error.

    Attributes:
        people: Others with texts on both sides of the split.
        change: Their mean change.  # (features,)
        error: Its standard error between people.  # (features,)
    """

    people: int
    change: Floats
    error: Floats


def _crowd(apart: Floats, user: Ints, late: Mask) -> Crowd:
    """The others' mean change, each person weighted by how surely theirs is known."""
    if not len(apart):
        return Crowd(0, np.zeros(apart.shape[1]), np.zeros(apart.shape[1]))
    _, person = np.unique(user, return_inverse=True)
    size = int(person.max()) + 1
    sums, counts = np.zeros((2, 2, size, apart.shape[1]))
    known = np.isfinite(apart)
    side = late.astype(int)
    np.add.at(sums, (side, person), np.where(known, apart, 0.0))
    np.add.at(counts, (side, person), known)
    both: Mask = np.logical_and(counts[0] > 0, counts[1] > 0)
    means = sums / np.maximum(counts, 1)
    change = np.where(both, means[1] - means[0], 0.0)
    weight = np.where(both, counts.prod(axis=0) / np.maximum(counts.sum(axis=0), 1), 0.0)
    people, total = both.sum(axis=0), np.maximum(weight.sum(axis=0), 1e-12)
    mean = (weight * change).sum(axis=0) / total
    spread = (weight**2 * (change - mean) ** 2).sum(axis=0)
    error = np.sqrt(spread * people / np.maximum(people - 1, 1)) / total
    return Crowd(int(both.any(axis=1).sum()), mean, error)


class Changes(NamedTuple):
    """One figure a feature: late minus early, its p-value, and the rank of late among early."""

    change: Floats
    p: Floats
    percentile: Floats


def _changes(apart: Floats, raw: Floats, late: Mask, crowd: Crowd, settings: Measured) -> Changes:
    """The user's own change beyond the crowd's.

    It takes three claims, of which the weakest counts, all of one sign: the texts changed; they
    changed beside others on the same items; and not just as the others did. Who only stays behind
    while everybody moves did not drift.

    Args:
        apart: Own units relative to others, early ones first, each side in time
            order.  # (units, features)
        raw: The same as they are.  # (units, features)
        late: Which are late.  # (units,)
        crowd: How the others changed.
        settings: Draws, seed and least units on a side.
    """
    from scipy.stats import rankdata

    change, p, percentile = np.full((3, apart.shape[1]), np.nan)
    # Features that are absent from the same texts are shuffled together.
    patterns, which = np.unique(np.isfinite(apart).T, axis=0, return_inverse=True)
    for number, known in enumerate(patterns):
        columns = np.flatnonzero(which.reshape(-1) == number)
        early, n = int((known & ~late).sum()), int(known.sum())
        if min(early, n - early) < settings.at_least_items:
            continue
        x, plain = apart[np.ix_(known, columns)], raw[np.ix_(known, columns)]
        own, itself = _change(x[None], early)[0], _change(plain[None], early)[0]
        beyond = own - crowd.change[columns]
        spread, plainly = _deviation(x[None], early)[0], _deviation(plain[None], early)[0]
        beside = np.abs([_over(own, spread), _over(beyond, np.hypot(spread, crowd.error[columns]))])
        one_way = (np.sign(own) == np.sign(beyond)) & (np.sign(itself) == np.sign(beyond))
        chance = np.maximum(
            _shuffled(x, early, beside.min(axis=0), settings),
            _shuffled(plain, early, np.abs(_over(itself, plainly)), settings),
        )
        p[columns], change[columns] = np.where(one_way, chance, 1.0), beyond
        # Mann & Whitney: the share of pairs in which the later text has more, ties by half.
        ranks, later = rankdata(x, axis=0)[early:].sum(axis=0), n - early
        percentile[columns] = 100 * (ranks - later * (later + 1) / 2) / (early * later)
    return Changes(change, p, percentile)


def _shuffled(x: Floats, early: int, observed: Floats, settings: Measured) -> Floats:
    """Share of shuffled orders with a change as great, in its deviations.  # (features,)

    Args:
        x: Texts in time order.  # (texts, features)
        early: How many are early.
        observed: The change in its deviations, without sign.  # (features,)
        settings: Draws and seed.
    """
    rng = np.random.default_rng(settings.seed)
    reached, left = np.ones(x.shape[1]), settings.draws
    while left:
        some = min(left, max(1, _AT_ONCE // x.size))
        drawn = x[rng.permuted(np.tile(np.arange(len(x)), (some, 1)), axis=1)]
        sizes = np.abs(_over(_change(drawn, early), _deviation(drawn, early)))
        reached += (sizes >= observed * (1 - 1e-9)).sum(axis=0)
        left -= some
    return reached / (1 + settings.draws)


def _change(x: Floats, early: int) -> Floats:
    """Late minus early.  # (draws, features)"""
    found: Floats = x[:, early:].mean(axis=1) - x[:, :early].mean(axis=1)
    return found


def _deviation(x: Floats, early: int) -> Floats:
    """Standard deviation of late minus early, under autocorrelation.  # (draws, features)

    Args:
        x: Texts in time order.  # (draws, texts, features)
        early: How many are early.
    """
    n = x.shape[1]
    parts = [x[:, :early], x[:, early:]]
    # Signed: a run of like texts across the split moves both sides, which takes off.
    score = np.concatenate(
        [
            sign * (part - part.mean(axis=1, keepdims=True)) / part.shape[1]
            for sign, part in zip((-1, 1), parts, strict=True)
        ],
        axis=1,
    )
    variance = (score**2).sum(axis=1)
    lags = int(n ** (1 / 3))
    for lag in range(1, lags + 1):
        weight = 2 * (1 - lag / (lags + 1))
        variance += weight * (score[:, lag:] * score[:, :-lag]).sum(axis=1)
    found: Floats = np.sqrt(np.maximum(variance, 0))
    return found


def _over(change: Floats, deviation: Floats) -> Floats:
    """A change in its deviations; beyond all bounds where there is none."""
    tiny = 1e-12
    steady = np.where(np.abs(change) > tiny, np.copysign(np.inf, change), 0.0)
    found: Floats = np.divide(change, deviation, out=steady, where=deviation > tiny)
    return found


def _sd(values: Floats, cell: Ints) -> float:
    """Deviation within cells of those that a feature applies to."""
    known = np.isfinite(values)
    if not known.any():
        return float("nan")
    return float(pooled_sd(values[known][:, None], cell[known])[0])
