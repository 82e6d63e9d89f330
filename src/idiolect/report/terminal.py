"""An explanation in the terminal: bars, quotes, profile, reply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from idiolect.difference import Measurements
from idiolect.report.chart import amount, label
from idiolect.report.explanation import Explanation
from idiolect.report.html import NOTHING, lead, small_ones

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_HALF = 10


def show(found: Explanation, console: Console, *, rows: int = 12, comparisons: int = 3) -> None:
    """Prints it: the strongest features, the first comparisons, profile and reply."""
    from rich.markup import escape
    from rich.panel import Panel

    console.print(f"\n[bold]What sets {escape(found.request.user)} apart[/bold]")
    console.print(f"[dim]{escape(lead(found))}[/dim]")
    for note in found.notes:
        console.print(f"[yellow]! {escape(note)}[/yellow]")
    measures = found.measurements.measures
    if measures:
        console.print()
        console.print(bars(found.measurements, rows))
        said = [d.text for d in found.measurements.differences()]
        small = small_ones(found)
        for text in said:
            console.print(f" • {escape(text)}")
        if small:
            console.print("[dim]Small, but unlikely to be chance:[/dim]")
        for text in small:
            console.print(f" · {escape(text)}")
        if not said and not small:
            console.print(NOTHING)
    for c in found.compared[:comparisons]:
        console.print(f"\n[bold]{escape(c.about)}[/bold] [dim]{escape(c.own.id)}[/dim]")
        console.print(f"  [green]{escape(c.own.text)}[/green]")
        for event, reason in zip(c.others, c.reasons or ("",) * len(c.others), strict=True):
            console.print(
                f"  [dim]{escape(event.user)} ({escape(reason)}): {escape(event.text)}[/dim]"
            )
        console.print(f"  → {escape(c.told)}")
    if len(found.compared) > comparisons:
        more = len(found.compared) - comparisons
        console.print(f"[dim]… and {more} more comparisons: write the page with --html.[/dim]")
    profile = found.profile
    if profile is not None and profile.summary:
        console.print(Panel(escape(profile.summary), title="profile", title_align="left"))
    if found.outcome.failure is not None:
        console.print(f"[red]{escape(found.outcome.failure.message)}[/red]")
    else:
        console.print(Panel(escape(found.outcome.text), title="written", title_align="left"))
    if found.truth is not None:
        really = Panel(escape(found.truth.text), title="what they really wrote", title_align="left")
        console.print(really)
    stages = ", ".join(c.prompt.stage for c in found.outcome.calls)
    seconds = found.outcome.seconds
    console.print(f"[dim]{len(found.outcome.calls)} calls ({stages}), {seconds:.1f} s[/dim]")


def bars(found: Measurements, rows: int) -> Table:
    """Diverging bars, one a feature; those that may be chance are dim, small ones half-high."""
    from rich.table import Table
    from rich.text import Text

    measures = found.measures[:rows]
    reach = max([1.0, *(min(abs(m.effect), 4.0) for m in measures)])
    drawn = Table(box=None, padding=(0, 1), show_edge=False)
    for name, side in (
        ("feature", "right"),
        ("less", "right"),
        ("more", "left"),
        ("d", "right"),
        ("own", "right"),
        ("others", "right"),
        ("percentile", "right"),
        ("q", "right"),
    ):
        drawn.add_column(name, justify=side, header_style="dim", no_wrap=True)  # type: ignore[arg-type]
    for m in measures:
        standing = found.standing(m)
        sure = standing != "chance"
        bar = ("█" if standing == "found" else "▄") * max(
            1, round(min(abs(m.effect), reach) / reach * _HALF)
        )
        style = ("cyan" if m.effect > 0 else "dark_orange") if sure else "bright_black"
        less, more = ("", bar) if m.effect > 0 else (bar, "")
        drawn.add_row(
            label(m.feature),
            Text(less, style),
            Text(more, style),
            f"{m.effect:+.1f}",
            amount(m.own_mean),
            amount(m.reference_mean),
            f"{m.percentile:.0f}",
            f"{m.q:.3f}",
            style="" if sure else "bright_black",
        )
    return drawn
