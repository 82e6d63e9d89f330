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
from idiolect.difference.changes import (
    Crowd,
    Ints,
    Mask,
    beside_others,
    changes,
    crowd_of,
    sd_within,
)
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
from idiolect.measure.statistics import Floats

if TYPE_CHECKING:
    import polars as pl

#: Others whose own change is read at most where all texts are compared with all.
OTHERS = 300


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
    holds the uncertainty of the others' change too. Words are not compared. Only what people did
    is read, and of other people only what is public.

    Args:
        population: The events, with times; cut it yourself if some must not be known.
        user: Whose texts.
        split: Later texts are from here on; None means half of the comparable texts.
        within_items: Compare each text with others on its item first; otherwise texts are taken as
            they are, so that a change of what is written about counts as drift.
        measured: The settings; None means the defaults.

    Raises:
        UnknownNameError: Nobody of this name did anything.
        DataError: There are no times or no items, or all texts are on one side of the split.
    """
    measured = measured or Measured()
    population = population.by_people
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


class Units(NamedTuple):
    """What each person wrote about each item on each side of the split.

    Attributes:
        values: Means of the texts.  # (units, features)
        item: Of each unit, as a number.  # (units,)
        user: Whose it is.
        late: On which side.
        when: Time of its latest text, in microseconds.
        ours: Whether it is the user's.
        of_text: The unit of each text.  # (texts,)
    """

    values: Floats
    item: Ints
    user: Ints
    late: Mask
    when: NDArray[np.int64]
    ours: Mask
    of_text: Ints


def _units(events: Events, values: Floats, mine: Mask, late: Mask) -> Units:
    (item, user, side), unit = np.unique(
        [own_items(events), events.user_codes, late], axis=1, return_inverse=True
    )
    unit = unit.reshape(-1)
    when = np.zeros(len(side), dtype=np.int64)
    np.maximum.at(when, unit, [micros(time) for time in events.column("time")])
    ours = np.bincount(unit[mine], minlength=len(side)) > 0
    return Units(unit_means(values, unit), item, user, side.astype(bool), when, ours, unit)


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
    figures = read_figures(settings, events, mine)
    units = _units(events, figures.values, mine, late)
    values, ours, after = units.values, units.ours, units.late
    order = np.flatnonzero(ours)
    order = order[np.lexsort([units.when[order], after[order]])]
    cell = units.item if within else np.zeros_like(units.item)
    apart = beside_others(values, cell, units.user, ours)
    crowd = crowd_of(apart[~ours], units.user[~ours], after[~ours])
    if crowd.people < MEMBERS:
        crowd = Crowd(crowd.people, np.zeros(values.shape[1]), np.zeros(values.shape[1]))
        notes = [
            *notes,
            f"only {crowd.people} others have such texts on both sides of the split, too few to "
            "tell whether everybody changed",
        ]
    raw = values[order]
    table = changes(apart[order], raw, after[order], crowd, settings)
    sd = np.array([sd_within(values[:, n], cell) for n in range(values.shape[1])])
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
        counted = mine & np.isfinite(apart[units.of_text, n]) & np.isfinite(figures.values[:, n])
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
        times=tuple(from_micros(int(time)) for time in units.when[order]),
        deviations=apart[order],
    )
