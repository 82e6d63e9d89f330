"""What measuring gave: figures, distinctive words, and the sentences that say them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from idiolect.difference.found import Difference, Measure
from idiolect.difference.terms import Term
from idiolect.measure import FEATURES, Feature, Text

if TYPE_CHECKING:
    import polars as pl


#: `found`: passes both bars; `small`: unlikely to be chance, but below the bar of size.
Standing = Literal["found", "small", "chance"]


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
        than: With whom, as sentences say it.
        sides: What charts and tables call the two sides.
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
    than: str = "others on the same things"
    sides: tuple[str, str] = ("own", "others")

    @property
    def found(self) -> tuple[Measure, ...]:
        """The measures that pass both bars: corrected p-value and size."""
        return tuple(m for m in self.measures if self.standing(m) == "found")

    def standing(self, measure: Measure) -> Standing:
        """Whether a measure is a find, surely there but small, or maybe chance."""
        if measure.q > self.q:
            return "chance"
        return "found" if abs(measure.effect) >= self.least else "small"

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
        words = [
            Difference(
                "semantic",
                f"Uses “{term.text}” more than {self.than}: in {term.own_texts:,} texts, where "
                f"{_figure(term.expected)} would be expected.",
                "measured",
                own=term.own,
                reference=self.reference,
                term=term,
                note=self.note,
            )
            for term in self.terms
        ]
        return (*told, *words)

    def sentence(self, measure: Measure) -> str:
        """One measure in words and figures."""
        feature = next(f for f in self.features if f.name == measure.feature)
        does = feature.more if measure.effect > 0 else feature.less
        return (
            f"{does[0].upper()}{does[1:]} than {self.than}: "
            f"{_figure(measure.own_mean)} against {_figure(measure.reference_mean)} {feature.unit} "
            f"(d = {measure.effect:+.1f}, {_ordinal(measure.percentile)} percentile, "
            f"{_counted(measure)})."
        )

    def frame(self) -> pl.DataFrame:
        """One row a measure."""
        import polars as pl

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
            "items": pl.Int64,
            "texts": pl.Int64,
            "reference_texts": pl.Int64,
            "standing": pl.String,
            "quotes": pl.List(pl.String),
            "text": pl.String,
        }
        rows = [
            [self.user]
            + [getattr(m, name) for name in list(schema)[1:12]]
            + [self.standing(m), list(m.quotes), self.sentence(m)]
            for m in self.measures
        ]
        return pl.DataFrame(rows, schema=schema, orient="row")


def _counted(measure: Measure) -> str:
    texts = f"{measure.texts:,} texts"
    return texts if measure.texts == measure.items else f"{texts} on {measure.items:,} things"


def _figure(value: float) -> str:
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _ordinal(value: float) -> str:
    number = round(value)
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in {11, 12, 13} else ending}"
