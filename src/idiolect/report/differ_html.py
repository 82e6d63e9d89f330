"""What sets a group, or later texts, apart, as a page that reads from top to bottom."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

import numpy as np

from idiolect.difference import Drift, Measure, Measurements
from idiolect.report import page as html
from idiolect.report.chart import GRID, INK, LESS, MORE, PALE, amount, effects, label, strongest
from idiolect.report.differ import Apart

_ROWS, _SMALL, _LINES = 18, 8, 3
SMALL = "Small, but unlikely to be chance:"
_LENGTH = (
    "Its length is in standard deviations {within} (0.2 is small, 0.8 large). Solid bars are "
    "finds; light ones are surely there but small; grey ones may be chance."
)


def to_html(found: Apart) -> str:
    """The whole page, self-contained."""
    return html.page(found.title, found.lead, *sections(found))


def sections(found: Apart) -> list[str]:
    """The page's parts, in order."""
    note = found.measurements.note
    return [
        html.note(note) if note else "",
        _measured(found),
        _topic(found),
        _timelines(found),
        _figures(found),
        _people(found),
    ]


def reading(found: Apart) -> str:
    """How to read the chart."""
    within = "within a thing" if found.controlled else "over all texts"
    if found.drift is None:
        things = "on the very same things" if found.controlled else "on whatever they wrote about"
        start = (
            f"Each bar compares this group's texts with other people's, {things}. People are what "
            "is shuffled for the p-values, each exchanged for somebody who writes as much: one "
            "member who writes a lot does not make a group."
        )
    else:
        first = (
            "each text is first set against others on the same thing"
            if found.controlled
            else "texts are taken as they are"
        )
        start = (
            f"Each bar compares this person's later texts with their own earlier ones: {first}. "
            "The order of the texts is what is shuffled for the p-values."
        )
    return f"{found.compared} {start} {_LENGTH.format(within=within)}"


def nothing(found: Apart) -> str:
    """Why no difference is listed."""
    of = "people" if found.drift is None else "texts"
    return f"Nothing stands out beyond chance: all the bars may be accident. More {of} show more."


def said(found: Measurements) -> tuple[list[str], list[str]]:
    """The finds, and the strongest of what is small but surely there, as sentences."""
    small = [found.sentence(m) for m in strongest(found) if found.standing(m) == "small"]
    return [d.text for d in found.differences()], small[:_SMALL]


def topic_rows(found: Apart) -> list[tuple[str, str, str, str]]:
    """Feature, d overall, d on the same things, what that says."""

    def shown(measures: Measurements | None, measure: Measure | None) -> str:
        if measure is None or measures is None:
            return "–"
        may = " (may be chance)" if measures.standing(measure) == "chance" else ""
        return f"{measure.effect:+.2f}{may}"

    return [
        (
            label(one.feature),
            shown(found.overall, one.overall),
            shown(found.within, one.within),
            one.why,
        )
        for one in found.changed
    ]


def _measured(found: Apart) -> str:
    measured = found.measurements
    if not measured.measures:
        return html.section("Measured differences", f'<p class="soft">{escape(found.compared)}</p>')
    finds, small = said(measured)
    return html.section(
        "Measured differences",
        html.card(effects(measured, rows=_ROWS, title=_title(found))),
        html.listed(finds),
        f'<p class="soft">{SMALL}</p>' + html.listed(small) if small else "",
        "" if finds or small else html.note(nothing(found)),
        lead=reading(found),
    )


def _title(found: Apart) -> str:
    measured = found.measurements
    if found.drift is not None:
        return f"{measured.user}: later texts against {measured.than}"
    return f"{measured.user} against {measured.than}"


def _topic(found: Apart) -> str:
    rows = topic_rows(found)
    head = ("feature", "d overall", "d on the same things", "what topic control says")
    return html.section(
        "With and without topic control",
        f"<p>{escape(found.topic)}</p>",
        html.table(head, rows) if rows else "",
        lead="People who write about other things write differently for that alone. Comparing on "
        "the same things only takes that out; a verdict that changes was one about topics, or one "
        "that too few shared things are left to support. Each d is in its own standard deviation.",
    )


def _timelines(found: Apart) -> str:
    drift = found.drift
    if drift is None or not drift.measurements.measures:
        return ""
    features = [feature.name for feature in drift.measurements.features]
    beside = "beside others on the same thing" if found.controlled else "as written"
    return html.section(
        "Text by text",
        *(
            html.card(timeline(drift, features.index(m.feature), f"{label(m.feature)}, {beside}"))
            for m in strongest(drift.measurements)[:_LINES]
        ),
        lead="One dot a text, lines at the mean before and after the split. The level of the dots "
        "holds what everybody changed; the figures above do not.",
    )


def timeline(drift: Drift, feature: int, title: str, width: int = 820) -> str:
    """Dots over time, with the mean of each side of the split."""
    when = np.array([time.timestamp() for time in drift.times])
    value = drift.deviations[:, feature]
    known = np.isfinite(value)
    when, value, cut = when[known], value[known], drift.split.timestamp()
    left, right, top, foot = 64, width - 20, 40, 210
    room = (value.max() - value.min() or 1.0) * 0.08
    low, high = value.min() - room, value.max() + room
    first, last = when.min(), when.max()

    def across(time: float) -> float:
        return float(left + (time - first) / (last - first or 1.0) * (right - left))

    def up(figure: float) -> float:
        return float(foot - (figure - low) / (high - low) * (foot - top))

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {foot + 34}" '
        f'width="{width}" role="img" aria-label="{escape(title)}" '
        'font-family="system-ui, -apple-system, Segoe UI, Roboto, sans-serif" font-size="12">',
        f'<text x="12" y="22" font-size="15" font-weight="600" fill="{INK}">{escape(title)}</text>',
    ]
    for figure in (value.min(), value.max(), 0.0):
        if low <= figure <= high:
            y = up(figure)
            parts.append(
                f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="{GRID}"/>'
                f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end" fill="{PALE}">'
                f"{amount(figure)}</text>"
            )
    for time, anchor in ((first, "start"), (cut, "middle"), (last, "end")):
        day = datetime.fromtimestamp(time, UTC)
        parts.append(
            f'<text x="{across(time):.1f}" y="{foot + 24}" text-anchor="{anchor}" '
            f'fill="{INK if time == cut else PALE}">{day:%Y-%m-%d}</text>'
        )
    x = across(cut)
    parts.append(
        f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{foot + 8}" stroke="{INK}" '
        'stroke-dasharray="4 4"/>'
    )
    for late, colour, ends in ((False, LESS, (left, x)), (True, MORE, (x, right))):
        side = (when >= cut) == late
        parts += [
            f'<circle cx="{across(time):.1f}" cy="{up(figure):.1f}" r="3.2" fill="{colour}" '
            'fill-opacity="0.6"/>'
            for time, figure in zip(when[side], value[side], strict=True)
        ]
        if side.any():
            y = up(float(value[side].mean()))
            parts.append(
                f'<line x1="{ends[0]:.1f}" y1="{y:.1f}" x2="{ends[1]:.1f}" y2="{y:.1f}" '
                f'stroke="{colour}" stroke-width="2.5"/>'
            )
    return "\n".join([*parts, "</svg>"])


def _figures(found: Apart) -> str:
    measured = found.measurements
    measures = strongest(measured)
    if not measures:
        return ""
    unit = {feature.name: feature.unit for feature in measured.features}
    change = found.drift.others_change if found.drift else {}
    rows = [
        (
            label(m.feature),
            f"{m.effect:+.2f}",
            *((f"{change[m.feature]:+.2f}",) if found.drift else ()),
            amount(m.own_mean),
            amount(m.reference_mean),
            unit[m.feature],
            f"{m.percentile:.0f}",
            f"{m.q:.3f}",
            f"{m.texts:,}",
            " · ".join(m.quotes[:1]),
        )
        for m in measures
    ]
    others = ("others changed",) if found.drift else ()
    head = (
        "feature", "d", *others, *measured.sides, "unit", "percentile", "q", "texts", "for example",
    )  # fmt: skip
    usual = (
        " “earlier” is the later texts' mean without the change, so that both are about the same "
        "things; “others changed” is what the others changed over the same split, taken off."
        if found.drift
        else ""
    )
    return html.section(
        "All figures",
        html.table(head, rows, pale=[measured.standing(m) == "chance" for m in measures]),
        lead="d: effect in standard deviations; q: the share of findings as strong as this one "
        f"that chance would bring, over all features (Benjamini–Hochberg).{usual}",
    )


def _people(found: Apart) -> str:
    if not found.people:
        return ""
    rows = [(name, f"{texts}") for name, texts in found.people]
    return html.section(
        "Who is in the group",
        html.folded(
            f"{len(rows)} people and how many of their texts were compared",
            html.table(("person", "texts"), rows),
        ),
    )
