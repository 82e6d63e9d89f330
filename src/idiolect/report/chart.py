"""Charts as SVG text: no plotting library, no script, readable in a page and on paper."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from idiolect.difference import Measurements

MORE, LESS, GRID, INK, PALE = "#0f766e", "#c2410c", "#e5e7eb", "#1f2937", "#9ca3af"
_ROW, _LABEL, _VALUES = 26, 210, 220
_FONT = "system-ui, -apple-system, Segoe UI, Roboto, sans-serif"


class Point(NamedTuple):
    """A dot: where, whether it counts as found, and what it says on hovering."""

    x: float
    y: float
    found: bool
    says: str


def effects(found: Measurements, *, rows: int, title: str, width: int = 820) -> str:
    """Diverging bars, one a feature: right is more than others on the same things, left is less.

    Solid bars are finds, light ones surely there but small, grey ones maybe chance.

    Args:
        found: What was measured.
        rows: Features at most, greatest effect first.
        title: Read by screen readers, and shown above.
        width: In pixels.
    """
    measures = found.measures[:rows]
    reach = max([1.0, *(min(abs(m.effect), 4.0) for m in measures)])
    left, right = _LABEL, width - _VALUES
    middle, unit = (left + right) / 2, (right - left) / 2 / reach
    top, height = 58, 58 + _ROW * len(measures) + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'role="img" aria-label="{escape(title)}" '
        f'font-family="{_FONT}" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="22" font-size="15" font-weight="600" fill="{INK}">{escape(title)}</text>',
        f'<text x="{middle - 8}" y="46" text-anchor="end" fill="{LESS}">less than others ←</text>',
        f'<text x="{middle + 8}" y="46" fill="{MORE}">→ more than others</text>',
        f'<text x="{width - 12}" y="46" text-anchor="end" fill="{PALE}">own / others, '
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
            f"{amount(m.own_mean)} / {amount(m.reference_mean)}, {m.percentile:.0f}.</text>",
        ]
    parts.append(
        f'<line x1="{middle}" y1="{top - 6}" x2="{middle}" y2="{height - 8}" stroke="{INK}"/></svg>'
    )
    return "\n".join(parts)


def label(feature: str) -> str:
    """A feature's name as people read it."""
    return feature.replace("_", " ")


def scatter(points: Sequence[Point], *, across: str, up: str, title: str, size: int = 560) -> str:
    """Dots on two equal axes, with the diagonal where both agree."""
    reach = max([1.0, *(max(abs(p.x), abs(p.y)) for p in points)]) * 1.05
    left, top = 64, 40
    unit = (size - left - 20) / (2 * reach)
    far = left + 2 * reach * unit

    def at(x: float, y: float) -> tuple[float, float]:
        return left + (x + reach) * unit, top + (reach - y) * unit

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size + 30}" width="{size}" '
        f'role="img" aria-label="{escape(title)}" font-family="{_FONT}" font-size="12">',
        f'<rect width="{size}" height="{size + 30}" fill="#ffffff"/>',
        f'<text x="12" y="22" font-size="15" font-weight="600" fill="{INK}">{escape(title)}</text>',
    ]
    for mark in range(-int(reach), int(reach) + 1):
        x, y = at(mark, mark)
        line = INK if mark == 0 else GRID
        parts += [
            f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{far - left + top:.1f}" '
            f'stroke="{line}"/>',
            f'<line x1="{left}" y1="{y:.1f}" x2="{far:.1f}" y2="{y:.1f}" stroke="{line}"/>',
            f'<text x="{x:.1f}" y="{far - left + top + 16:.1f}" text-anchor="middle" '
            f'fill="{PALE}">{mark:+d}</text>',
            f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end" fill="{PALE}">'
            f"{mark:+d}</text>",
        ]
    (x0, y0), (x1, y1) = at(-reach, -reach), at(reach, reach)
    parts.append(
        f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{PALE}" '
        'stroke-dasharray="4 4"/>'
    )
    for p in sorted(points, key=lambda p: p.found):
        x, y = at(p.x, p.y)
        colour, radius = (MORE if p.y > 0 else LESS, 3.2) if p.found else ("#cbd5e1", 2.2)
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}" fill-opacity="0.75">'
            f"<title>{escape(p.says)}</title></circle>"
        )
    middle = (left + far) / 2
    parts += [
        f'<text x="{middle:.0f}" y="{size + 20}" text-anchor="middle" fill="{INK}">'
        f"{escape(across)}</text>",
        f'<text transform="translate(16 {middle - left + top:.0f}) rotate(-90)" '
        f'text-anchor="middle" fill="{INK}">{escape(up)}</text></svg>',
    ]
    return "\n".join(parts)


def amount(value: float) -> str:
    """A figure with as many digits as one can read: 24, 2.4, 0.24."""
    size = abs(value)
    return f"{value:.0f}" if size >= 20 else f"{value:.1f}" if size >= 2 else f"{value:.2f}"
