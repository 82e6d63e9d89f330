"""Charts as SVG text: no plotting library, no script, readable in a page and on paper."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from idiolect.difference import Measure, Measurements

MORE, LESS, GRID, INK, PALE = "#0f766e", "#c2410c", "#e5e7eb", "#1f2937", "#9ca3af"
_ROW, _LABEL, _VALUES = 26, 210, 220
_FONT = "system-ui, -apple-system, Segoe UI, Roboto, sans-serif"


class Point(NamedTuple):
    """A dot: where, whether it is coloured, what it says on hovering, and its name if shown."""

    x: float
    y: float
    found: bool
    says: str
    name: str = ""


def effects(found: Measurements, *, rows: int, title: str, width: int = 820) -> str:
    """Diverging bars, one a feature: right is more than others on the same things, left is less.

    Solid bars are finds, light ones surely there but small, grey ones maybe chance.

    Args:
        found: What was measured.
        rows: Features at most, as `strongest` orders them.
        title: Read by screen readers, and shown above.
        width: In pixels.
    """
    measures = strongest(found)[:rows]
    reach = max([1.0, *(min(abs(m.effect), 4.0) for m in measures)])
    left, right = _LABEL, width - _VALUES
    # Room for the figure beside the longest bar.
    middle, unit = (left + right) / 2, ((right - left) / 2 - 34) / reach
    top, height = 58, 58 + _ROW * len(measures) + 12
    own, others = map(escape, found.sides)
    parts = [
        *_opened(width, height, title),
        f'<text x="{middle - 8}" y="46" text-anchor="end" fill="{LESS}">'
        f"less than {others} ←</text>",
        f'<text x="{middle + 8}" y="46" fill="{MORE}">→ more than {others}</text>',
        f'<text x="{width - 12}" y="46" text-anchor="end" fill="{PALE}">{own} / {others} / '
        "percentile</text>",
    ]
    step = 1 if reach <= 2.5 else 2
    for mark in range(-int(reach), int(reach) + 1, step):
        x = middle + mark * unit
        parts.append(
            f'<line x1="{x:.1f}" y1="{top - 6}" x2="{x:.1f}" y2="{height - 8}" stroke="{GRID}"/>'
        )
    for row, m in enumerate(measures):
        y = top + row * _ROW
        standing = found.standing(m)
        solid, light = (MORE, "#99d5cf") if m.effect > 0 else (LESS, "#f3c3a8")
        colour = {"found": solid, "small": light, "chance": "#d1d5db"}[standing]
        length = min(abs(m.effect), reach) * unit
        x = middle if m.effect > 0 else middle - length
        ink = PALE if standing == "chance" else INK
        at = middle + (length + 6 if m.effect > 0 else -length - 6)
        anchor = "start" if m.effect > 0 else "end"
        parts += [
            f'<text x="{left - 10}" y="{y + 14}" text-anchor="end" fill="{ink}">'
            f"{escape(label(m.feature))}</text>",
            f'<rect x="{x:.1f}" y="{y + 3}" width="{max(length, 1):.1f}" height="15" rx="2" '
            f'fill="{colour}"/>',
            f'<text x="{at:.1f}" y="{y + 15}" text-anchor="{anchor}" fill="{ink}" font-size="11">'
            f"{m.effect:+.1f}</text>",
            f'<text x="{width - 12}" y="{y + 15}" text-anchor="end" fill="{ink}">'
            f"{amount(m.own_mean)} / {amount(m.reference_mean)} / {m.percentile:.0f}</text>",
        ]
    parts.append(
        f'<line x1="{middle}" y1="{top - 6}" x2="{middle}" y2="{height - 8}" stroke="{INK}"/></svg>'
    )
    return "\n".join(parts)


def strongest(found: Measurements) -> list[Measure]:
    """Finds first, then what is surely there but small, then maybe chance; each by size."""
    order = ("found", "small", "chance")
    return sorted(found.measures, key=lambda m: order.index(found.standing(m)))


def label(feature: str) -> str:
    """A feature's name as people read it."""
    return feature.replace("_", " ")


@dataclass(frozen=True)
class Axis:
    """One direction of a plane: what it says, and from where to where it runs."""

    label: str
    low: float
    high: float

    @classmethod
    def over(cls, label: str, values: Iterable[float], *, symmetric: bool = False) -> Axis:
        """An axis that holds all values, with some room."""
        found = [v for v in values if math.isfinite(v)] or [0.0]
        low, high = min(found), max(found)
        if symmetric:
            reach = max(1.0, -low, high) * 1.05
            return cls(label, -reach, reach)
        room = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
        return cls(label, low - room, high + room)

    @property
    def ticks(self) -> list[float]:
        """Round numbers, four to nine of them."""
        span = self.high - self.low
        unit = 10 ** math.floor(math.log10(span))
        step = next(s * unit for s in (0.1, 0.2, 0.5, 1, 2, 5) if span / (s * unit) < 9)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [n * step for n in range(first, last + 1)]


def plane(
    points: Sequence[Point],
    across: Axis,
    up: Axis,
    *,
    title: str,
    diagonal: bool = False,
    size: tuple[int, int] = (560, 590),
) -> str:
    """Dots on two axes; what a dot says is shown on hovering.

    Args:
        points: Coloured ones take the colour of the sign of `y`.
        across: The horizontal axis.
        up: The vertical axis.
        title: Read by screen readers, and shown above.
        diagonal: Draw the line on which both are equal.
        size: Width and height in pixels.
    """
    width, height = size
    left, top, right, foot = 72, 40, width - 20, height - 52

    def at(x: float, y: float) -> tuple[float, float]:
        return (
            left + (x - across.low) / (across.high - across.low) * (right - left),
            foot - (y - up.low) / (up.high - up.low) * (foot - top),
        )

    parts = _opened(width, height, title)
    for mark in across.ticks:
        x, _ = at(mark, up.low)
        stroke = INK if mark == 0 else GRID
        parts += [
            f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{foot}" stroke="{stroke}"/>',
            f'<text x="{x:.1f}" y="{foot + 16}" text-anchor="middle" fill="{PALE}">'
            f"{_tick(mark)}</text>",
        ]
    for mark in up.ticks:
        _, y = at(across.low, mark)
        stroke = INK if mark == 0 else GRID
        parts += [
            f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="{stroke}"/>',
            f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end" fill="{PALE}">'
            f"{_tick(mark)}</text>",
        ]
    if diagonal:
        low, high = max(across.low, up.low), min(across.high, up.high)
        (x0, y0), (x1, y1) = at(low, low), at(high, high)
        parts.append(
            f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{PALE}" '
            'stroke-dasharray="4 4"/>'
        )
    named: list[tuple[float, float, float]] = []
    for p in sorted(points, key=lambda p: p.found):
        x, y = at(p.x, p.y)
        colour, radius = (MORE if p.y > 0 else LESS, 3.2) if p.found else ("#cbd5e1", 2.2)
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}" fill-opacity="0.75">'
            f"<title>{escape(p.says)}</title></circle>"
        )
        if p.name:
            # A letter is about seven pixels wide, a line thirteen high.
            length, line = 7.0 * len(p.name), y - 6
            while any(a < x + length and x < b and abs(line - c) < 13 for a, b, c in named):
                line += 13
            named.append((x, x + length, line))
            parts.append(
                f'<text x="{x + 7:.1f}" y="{line:.1f}" fill="{INK}">{escape(p.name)}</text>'
            )
    middle = (top + foot) / 2
    parts += [
        f'<text x="{(left + right) / 2:.0f}" y="{height - 12}" text-anchor="middle" fill="{INK}">'
        f"{escape(across.label)}</text>",
        f'<text transform="translate(18 {middle:.0f}) rotate(-90)" text-anchor="middle" '
        f'fill="{INK}">{escape(up.label)}</text></svg>',
    ]
    return "\n".join(parts)


@dataclass(frozen=True)
class Bar:
    """A mean with its interval; NaN ends draw none."""

    name: str
    mean: float
    low: float
    high: float
    group: int = 0


def forest(bars: Sequence[Bar], axis: str, *, title: str, width: int = 820) -> str:
    """Means with intervals, one a row; the first row's mean is drawn on as a line."""
    drawn = [b for b in bars if math.isfinite(b.mean)]
    over = Axis.over(axis, [v for b in drawn for v in (b.mean, b.low, b.high)])
    top, height = 40, 40 + _ROW * len(bars) + 44
    # A letter is about seven pixels wide; long names, as of methods with settings, widen the chart.
    left = max(90, 28 + 7 * max(len(b.name) for b in bars))
    width = max(width, left + 300 + 170)
    right = width - 170

    def at(value: float) -> float:
        return left + (value - over.low) / (over.high - over.low) * (right - left)

    parts = _opened(width, height, title)
    foot = top + _ROW * len(bars)
    for mark in over.ticks:
        x = at(mark)
        parts += [
            f'<line x1="{x:.1f}" y1="{top - 4}" x2="{x:.1f}" y2="{foot}" stroke="{GRID}"/>',
            f'<text x="{x:.1f}" y="{foot + 16}" text-anchor="middle" fill="{PALE}">'
            f"{_tick(mark)}</text>",
        ]
    if drawn:
        x = at(drawn[0].mean)
        parts.append(
            f'<line x1="{x:.1f}" y1="{top - 4}" x2="{x:.1f}" y2="{foot}" stroke="{PALE}" '
            'stroke-dasharray="4 4"/>'
        )
    for row, bar in enumerate(bars):
        y = top + row * _ROW + 12
        colour = (MORE, "#94a3b8", LESS)[min(bar.group, 2)]
        parts.append(
            f'<text x="{left - 12}" y="{y + 4}" text-anchor="end" fill="{INK}">'
            f"{escape(bar.name)}</text>"
        )
        if not math.isfinite(bar.mean):
            parts.append(f'<text x="{left}" y="{y + 4}" fill="{LESS}">no score</text>')
            continue
        said = f"{bar.mean:.4f}"
        if math.isfinite(bar.low):
            said += f" [{bar.low:.4f}, {bar.high:.4f}]"
            parts.append(
                f'<line x1="{at(bar.low):.1f}" y1="{y}" x2="{at(bar.high):.1f}" y2="{y}" '
                f'stroke="{colour}" stroke-width="3" stroke-linecap="round" stroke-opacity="0.55"/>'
            )
        parts += [
            f'<circle cx="{at(bar.mean):.1f}" cy="{y}" r="5" fill="{colour}"/>',
            f'<text x="{width - 12}" y="{y + 4}" text-anchor="end" fill="{INK}" font-size="12">'
            f"{said}</text>",
        ]
    parts.append(
        f'<text x="{(left + right) / 2:.0f}" y="{height - 8}" text-anchor="middle" fill="{INK}">'
        f"{escape(axis)}</text></svg>"
    )
    return "\n".join(parts)


def _tick(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _opened(width: int, height: int, title: str) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'role="img" aria-label="{escape(title)}" font-family="{_FONT}" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="22" font-size="15" font-weight="600" fill="{INK}">{escape(title)}</text>',
    ]


def amount(value: float) -> str:
    """A figure with as many digits as one can read: 24, 2.4, 0.24."""
    size = abs(value)
    return f"{value:.0f}" if size >= 20 else f"{value:.1f}" if size >= 2 else f"{value:.2f}"
