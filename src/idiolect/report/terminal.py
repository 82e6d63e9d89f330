"""An explanation in the terminal: bars, quotes, profile, reply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from idiolect.difference import Measurements
from idiolect.report.chart import amount, label, strongest
from idiolect.report.explanation import Compared, Explanation, named
from idiolect.report.html import SMALL, lead, nothing, small_ones

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_HALF = 10
#: Characters shown of one text; pages show all.
_MOST = 500
_BARS = {"found": "█", "small": "▄", "chance": "░"}
LEGEND = (
    "d: distance from the others, in standard deviations within a thing (0.2 is small, 0.8 large). "
    "█ a find, ▄ surely there but small, ░ maybe chance. q: the share of findings as strong as "
    "this that chance would bring."
)


def show(found: Explanation, console: Console, *, rows: int = 12, comparisons: int = 3) -> None:
    """Prints it: the strongest features, the first comparisons, profile and reply."""
    console.print(f"\nWhat sets {found.request.user} apart", style="bold", markup=False)
    console.print(lead(found), style="dim", markup=False)
    listed(console, "!", found.notes, "yellow")
    _measured(found, console, rows)
    for one in found.compared[:comparisons]:
        _compared(one, console)
    if len(found.compared) > comparisons:
        more = len(found.compared) - comparisons
        console.print(f"\n… and {more} more comparisons: write the page with --html.", style="dim")
    _written(found, console)


def listed(console: Console, mark: str, lines: Iterable[str], style: str = "") -> None:
    """Lines with a mark before each; what wraps stays indented."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1))
    for line in lines:
        grid.add_row(Text(mark, style), Text(line, style))
    if grid.row_count:
        console.print(grid)


def _measured(found: Explanation, console: Console, rows: int) -> None:
    if not found.measurements.measures:
        return
    console.print()
    console.print(bars(found.measurements, rows))
    console.print(LEGEND, style="dim")
    console.print()
    said, small = [d.text for d in found.measurements.differences()], small_ones(found)
    listed(console, "•", said)
    if small:
        console.print(SMALL, style="dim")
        listed(console, "·", small)
    if not said and not small:
        console.print(nothing(found))


def _compared(c: Compared, console: Console) -> None:
    from rich.markup import escape
    from rich.padding import Padding

    def indented(line: str) -> None:
        console.print(Padding(line, (0, 0, 0, 2)))

    console.print(f"\n[bold]{escape(_clipped(c.about))}[/bold] [dim]id {escape(c.own.id)}[/dim]")
    indented(f"[green]{escape(_clipped(c.own.text))}[/green]")
    for event, reason in zip(c.others, c.reasons or ("",) * len(c.others), strict=True):
        why = f" ({reason})" if reason else ""
        indented(f"[dim]{escape(event.user + why)}: {escape(_clipped(event.text))}[/dim]")
    for line in c.told.splitlines():
        indented(f"→ {escape(line)}" if line.strip() else "")
    if c.note:
        indented(f"[yellow]! {escape(c.note)}[/yellow]")


def _written(found: Explanation, console: Console) -> None:
    from rich.panel import Panel
    from rich.text import Text

    def framed(words: str, title: str) -> None:
        console.print(Panel(Text(words), title=title, title_align="left"))

    console.print()
    if found.profile is not None and found.profile.summary:
        framed(found.profile.summary, "profile")
    request = found.request
    thing = [_clipped(named(request.item))] if request.item else []
    framed(
        "\n".join([*thing, *filter(None, [", ".join(found.facts), request.words])]), "asked about"
    )
    if found.outcome.failure is None:
        framed(found.outcome.text, "written")
    else:
        why = found.outcome.failure.message
        console.print(f"Nothing was written: {why}", style="red", markup=False)
    if found.truth is not None and found.truth.text:
        framed(found.truth.text, "what they really wrote")
    stages = Counter(call.prompt.stage for call in found.outcome.calls)
    calls = ", ".join(f"{times} {stage}" for stage, times in stages.items()) or "none"
    console.print(f"Model calls: {calls}; {found.outcome.seconds:.1f} s.", style="dim")


def bars(found: Measurements, rows: int) -> Table:
    """Diverging bars, one a feature; see `LEGEND`."""
    from rich.table import Table
    from rich.text import Text

    measures = strongest(found)[:rows]
    reach = max([1.0, *(min(abs(m.effect), 4.0) for m in measures)])
    drawn = Table(box=None, padding=(0, 1), show_edge=False)
    for name, side in (
        ("feature", "right"),
        ("less", "right"),
        ("more", "left"),
        ("d", "right"),
        *((side, "right") for side in found.sides),
        ("percentile", "right"),
        ("q", "right"),
    ):
        drawn.add_column(name, justify=side, header_style="dim", no_wrap=True)  # type: ignore[arg-type]
    for m in measures:
        standing = found.standing(m)
        sure = standing != "chance"
        bar = _BARS[standing] * max(1, round(min(abs(m.effect), reach) / reach * _HALF))
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


def _clipped(text: str) -> str:
    """A text on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _MOST else line[: _MOST - 1].rstrip() + "…"
