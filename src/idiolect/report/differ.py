"""What sets a group, or a person's later texts, apart: with and without topic control."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from idiolect.data import Population
from idiolect.difference import (
    Drift,
    Measure,
    Measured,
    Measurements,
    measure_drift,
    measure_group,
)
from idiolect.errors import UnknownNameError

if TYPE_CHECKING:
    import polars as pl

#: Why topic control changes a verdict, and how that is counted.
EXPLAINED = "explained by what is written about"
PARTLY = "partly explained by what is written about"
UNSURE = "about as large, but no longer told from chance: less can be compared"
ABSENT = "cannot be compared on the same things"
HIDDEN = "hidden by what is written about"
SURER = "told more clearly on the same things"
TURNED = "turns round on the same things"


@dataclass(frozen=True)
class Changed:
    """A feature on which topic control changes the verdict.

    Attributes:
        feature: Its name.
        within: The figures on the same things; None where they could not be compared.
        overall: The figures over all texts; None where they could not be compared.
        why: What that says.
    """

    feature: str
    within: Measure | None
    overall: Measure | None
    why: str


@dataclass(frozen=True)
class Apart:
    """What sets a group, or later texts, apart.

    Attributes:
        title: What was compared.
        lead: The situation in one or two sentences.
        within: Compared on the same things; None where the data has none.
        overall: All texts compared with all.
        controlled: Which of both was asked for: True is within.
        facts: What was asked for, plain.
        people: Members and how many of their texts were compared, most first; groups only.
        drift: What else is known of a drift.
    """

    title: str
    lead: str
    within: Measurements | None
    overall: Measurements
    controlled: bool
    facts: Mapping[str, Any]
    people: tuple[tuple[str, int], ...] = ()
    drift: Drift | None = field(default=None, repr=False)

    @property
    def measurements(self) -> Measurements:
        """The figures that were asked for."""
        return self.within if self.controlled and self.within is not None else self.overall

    @property
    def compared(self) -> str:
        """How the figures were made, in words."""
        if self.controlled:
            return "Compared on the same things only (topic control)."
        return (
            "All texts compared with all, without topic control: what is written about counts as a "
            "difference too."
        )

    @property
    def changed(self) -> tuple[Changed, ...]:
        """The features on which topic control changes the verdict, largest overall first."""
        if self.within is None or not self.within.measures:
            return ()
        inside = {m.feature: m for m in self.within.measures}
        outside = {m.feature: m for m in self.overall.measures}
        names = [*outside, *(name for name in inside if name not in outside)]
        found = (
            _changed(name, inside.get(name), outside.get(name), self.within, self.overall)
            for name in names
        )
        return tuple(one for one in found if one is not None)

    @property
    def topic(self) -> str:
        """What topic control changes, in one or two sentences."""
        if self.within is None:
            return "No column says what the texts are about, so there is no topic control."
        if not self.within.measures:
            return (
                "On the same things nothing can be compared, so whatever is found over all texts "
                "may be explained by what is written about."
            )
        changed, of = self.changed, max(len(self.overall.measures), len(self.within.measures))
        if not changed:
            return (
                f"With and without topic control the verdict is the same on all {of} features: "
                f"{len(self.within.found)} found."
            )
        counted = Counter(one.why for one in changed)
        said = "; ".join(f"{times} {why}" for why, times in counted.most_common())
        return f"Topic control changes the verdict on {len(changed)} of {of} features: {said}."

    def frame(self) -> pl.DataFrame:
        """One row a feature and way of comparing; what was asked for comes first."""
        import polars as pl

        ways = [("same things", self.within), ("overall", self.overall)]
        frames = []
        for way, found in ways if self.controlled else ways[::-1]:
            if found is None:
                continue
            frame = found.frame().insert_column(1, pl.lit(way).alias("compared"))
            if self.drift is not None:
                change = self.drift.others_change if found is self.drift.measurements else {}
                others = [change.get(name) for name in frame["feature"]]
                frame = frame.with_columns(pl.Series("others_change", others, pl.Float64))
            frames.append(frame)
        return pl.concat(frames)

    def to_json(self) -> str:
        """Everything as JSON."""
        plain = {
            **self.facts,
            "topic_control": self.controlled,
            "notes": [self.measurements.note] if self.measurements.note else [],
            "topic": self.topic,
            "changed_by_topic_control": [
                {
                    "feature": one.feature,
                    "effect_same_things": one.within.effect if one.within else None,
                    "effect_overall": one.overall.effect if one.overall else None,
                    "why": one.why,
                }
                for one in self.changed
            ],
            "found": [d.text for d in self.measurements.differences()],
            "measured": self.frame().to_dicts(),
            "own": list(self.measurements.own),
            "reference": list(self.measurements.reference),
        }
        return json.dumps(plain, ensure_ascii=False, indent=1)


def _changed(
    name: str,
    inside: Measure | None,
    outside: Measure | None,
    within: Measurements,
    overall: Measurements,
) -> Changed | None:
    """What topic control does to one feature; None where it does nothing.

    A difference is explained where less than half of it is left.
    """

    def verdict(found: Measurements, measure: Measure | None) -> int:
        if measure is None or found.standing(measure) != "found":
            return 0
        return 1 if measure.effect > 0 else -1

    with_control, without = verdict(within, inside), verdict(overall, outside)
    if with_control == without:
        return None
    if inside is None:
        why = ABSENT
    elif with_control and without:
        why = TURNED
    elif with_control:
        why = (
            SURER if outside and 2 * with_control * outside.effect >= abs(inside.effect) else HIDDEN
        )
    elif outside and 2 * without * inside.effect < abs(outside.effect):
        why = EXPLAINED
    else:
        why = UNSURE if within.standing(inside) == "chance" else PARTLY
    return Changed(name, inside, outside, why)


def differ_group(
    population: Population,
    attribute: str,
    value: str,
    *,
    against: str | None = None,
    against_attribute: str | None = None,
    topic_control: bool = True,
    measured: Measured | None = None,
) -> Apart:
    """A group of users against all others, or against another group, by what they did.

    Args:
        population: The events.
        attribute: A column; a user belongs to its most frequent value.
        value: The group's.
        against: The other group's; None means everybody else.
        against_attribute: Column of the other group, where it is another.
        topic_control: Compare on the same things only.
        measured: The settings; None means the defaults.

    Raises:
        UnknownNameError: There is no such column, or nobody has the value.
        DataError: There is nothing to compare within, or nobody to compare with.
    """
    population = population.by_people
    members = _members(population, attribute, value)
    name = f"{attribute} {value}"
    rest, others = "the rest", None
    if against is not None:
        others = _members(population, against_attribute or attribute, against)
        rest = against
    ways = {
        way: measure_group(
            population,
            members,
            name=name,
            against=others,
            rest=rest,
            within_items=way,
            measured=measured,
        )
        for way in _ways(population, topic_control)
    }
    asked = ways[topic_control]
    frame = population.frame.select("id", "user")
    compared = frame.filter(frame["id"].is_in(list(asked.own)))["user"].value_counts(sort=True)
    reference = frame.filter(frame["id"].is_in(list(asked.reference)))["user"]
    whom = (
        "others" if against is None else f"people with {against_attribute or attribute} {against}"
    )
    lead = (
        f"{compared.height} of {len(members)} people with {attribute} {value}, {len(asked.own):,} "
        f"texts, against {reference.n_unique():,} {whom}, {len(reference):,} texts."
    )
    facts = {
        "group": {attribute: value},
        "against": None if against is None else {against_attribute or attribute: against},
        "members": len(members),
        "members_compared": compared.height,
        "others_compared": reference.n_unique(),
    }
    return Apart(
        f"What sets {value} apart" + ("" if against is None else f" from {against}"),
        lead,
        ways.get(True),
        ways[False],
        topic_control,
        facts,
        tuple(compared.sort(["count", "user"], descending=[True, False]).iter_rows()),
    )


def differ_over_time(
    population: Population,
    user: str,
    *,
    split: datetime | None = None,
    topic_control: bool = True,
    measured: Measured | None = None,
) -> Apart:
    """A user's later texts against their own earlier ones.

    Args:
        population: The events, with times.
        user: Whose.
        split: Later texts are from here on; None means half of the comparable texts.
        topic_control: Express each text relative to others on the same thing first.
        measured: The settings; None means the defaults.

    Raises:
        UnknownNameError: Nobody of this name did anything.
        DataError: There are no times, nothing to compare within, or all texts are on one side.
    """
    population = population.by_people
    own = len(population.events_of(user))
    asked = measure_drift(
        population, user, split=split, within_items=topic_control, measured=measured
    )
    # The same moment splits both, so that nothing but the control differs.
    ways = {
        way: asked.measurements
        if way == topic_control
        else measure_drift(
            population, user, split=asked.split, within_items=way, measured=measured
        ).measurements
        for way in _ways(population, topic_control)
    }
    found = asked.measurements
    taken = (
        f"What {asked.others} others changed on average over the same split is taken off."
        if asked.others
        else ""
    )
    lead = (
        f"{len(found.own):,} later texts, from {asked.split:%Y-%m-%d} on, against "
        f"{len(found.reference):,} earlier ones, of {own:,} in all. {taken}".strip()
    )
    facts = {
        "user": user,
        "split": asked.split.isoformat(),
        "later_texts": len(found.own),
        "earlier_texts": len(found.reference),
        "others_whose_change_is_taken_off": asked.others,
    }
    return Apart(
        f"How {user} changed",
        lead,
        ways.get(True),
        ways[False],
        topic_control,
        facts,
        drift=asked,
    )


def _ways(population: Population, topic_control: bool) -> Sequence[bool]:
    """With topic control and without, as far as the data allows."""
    return (True, False) if population.by_item is not None or topic_control else (False,)


def _members(population: Population, attribute: str, value: str) -> tuple[str, ...]:
    groups = population.groups(attribute)
    if value not in groups:
        counts = {name: len(users) for name, users in groups.items()}
        raise UnknownNameError(f"group of users by {attribute!r} called", value, counts, counts)
    return groups[value]
