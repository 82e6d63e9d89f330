"""What sets a group, or later texts, apart, in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from idiolect.report.differ import Apart
from idiolect.report.differ_html import SMALL, nothing, said, topic_rows
from idiolect.report.terminal import bars, listed

if TYPE_CHECKING:
    from rich.console import Console

LEGEND = (
    "d: distance in standard deviations (0.2 is small, 0.8 large). █ a find, ▄ surely there but "
    "small, ░ maybe chance. q: the share of findings as strong as this that chance would "
    "bring. rank: percentile among what it is compared with."
)


def show(found: Apart, console: Console, *, rows: int = 12) -> None:
    """Prints it: the strongest features, the finds, and what topic control changes."""
    measured = found.measurements
    console.print(f"\n{found.title}", style="bold", markup=False)
    console.print(found.lead, style="dim", markup=False)
    console.print(found.compared, style="dim", markup=False)
    listed(console, "!", [measured.note] if measured.note else [], "yellow")
    if measured.measures:
        console.print()
        drawn = bars(measured, rows)
        # Eighty characters must do.
        drawn.columns[-2].header = "rank"
        console.print(drawn)
        console.print(LEGEND, style="dim")
        console.print()
        finds, small = said(measured)
        listed(console, "•", finds)
        if small:
            console.print(SMALL, style="dim")
            listed(console, "·", small)
        if not finds and not small:
            console.print(nothing(found))
    console.print()
    console.print(found.topic, markup=False)
    listed(
        console,
        "·",
        [
            f"{name}: d {overall} overall, {within} on the same things: {why}"
            for name, overall, within, why in topic_rows(found)
        ],
    )
