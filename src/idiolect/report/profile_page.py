"""A profile in the terminal: what sets a person apart first, then the rest by its sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from idiolect.profile.claim import Claim
from idiolect.profile.render import Rendering
from idiolect.report.profile_parts import (
    MEANING,
    NOTHING,
    TOLD,
    WHOLE,
    Line,
    Parts,
    bars,
    lead,
    left_out,
    remarks,
)
from idiolect.run.profile_file import Stored
from idiolect.words import many, plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

#: Status → mark, and its form where a terminal has only ASCII.
_MARKS = {
    "stated": ("●", "*"),
    "inferred": ("○", "o"),
    "corrected": ("◆", "#"),
    "suppressed": ("×", "x"),
    "ended": ("·", "-"),
}
_COLOURS = {
    "stated": "green",
    "inferred": "cyan",
    "corrected": "magenta",
    "suppressed": "bright_black",
    "ended": "bright_black",
}
#: Lines that are longer are hard to read.
_WIDEST = 96
#: Below it a bar would leave too little for words.
_ROOM = 70
#: Words are not wrapped more narrowly.
_LEAST = 20
#: Cells of a bar, and of the figure behind it.
_BAR, _FIGURE = 10, 10
_LEFT = 5


class Pen:
    """Writes lines that fit a console, with the marks that it can show.

    It may be given words of the data: what would move the cursor is taken out of them.
    """

    def __init__(self, console: Console) -> None:
        self.console, self.width = console, min(console.width, _WIDEST)
        self.ascii = not console.encoding.lower().startswith("utf")

    def mark(self, claim: Claim) -> tuple[str, str]:
        """A claim's mark and its colour."""
        ended = claim.valid_to is not None and claim.status != "suppressed"
        kind = "ended" if ended else claim.status
        return _MARKS[kind][self.ascii], _COLOURS[kind]

    def bar(self, line: Line, style: str) -> Text:
        """A bar with the figure behind it."""
        from rich.text import Text

        full, rest = ("#", ".") if self.ascii else ("█", "░")
        filled = round(line.share * _BAR)
        return Text.assemble(
            (full * filled, style),
            (rest * (_BAR - filled), "bright_black"),
            f" {line.figure:>{_FIGURE}}",
        )

    def heading(self, words: str) -> None:
        """A heading after an empty line."""
        self.console.print()
        self.words(words, style="bold")

    def words(
        self, words: str | Text, *, indent: int = 0, first: str = "", style: str = ""
    ) -> None:
        """Words, wrapped; what goes on is indented like the words after `first`."""
        from rich.text import Text

        text = Text(plain(words), style) if isinstance(words, str) else words
        begin = " " * indent + first
        for line in text.wrap(self.console, max(self.width - len(begin), _LEAST)):
            line.rstrip()
            self.console.print(Text.assemble((begin, style), line), soft_wrap=True)
            begin = " " * len(begin)

    def claim(self, stored: Stored, claim: Claim, *, quotes: int | None = 0) -> None:
        """A claim with its bar, a line about it, and words that show it; all of them for None."""
        from rich.text import Text

        mark, colour = self.mark(claim)
        shown = Line.of(stored, claim)
        name = f"  {plain(claim.id):<4}"
        beside = self.width >= _ROOM
        bar, indent = self.bar(shown, colour), len(name) + 2
        room = max(self.width - indent - (bar.cell_len + 2 if beside else 0), _LEAST)
        head = Text.assemble((name, "dim"), (f"{mark} ", colour))
        for at, line in enumerate(Text(plain(shown.words)).wrap(self.console, room)):
            line.rstrip()
            row = Text.assemble(head if at == 0 else " " * indent, line)
            if at == 0 and beside:
                row.append(" " * (room - line.cell_len + 2)).append_text(bar)
            self.console.print(row, soft_wrap=True)
        if not beside:
            self.words(bar, indent=indent)
        if shown.about:
            self.words(shown.about, indent=indent, style="dim")
        # A quote in the claim's own words would say nothing more.
        new = [quote for quote in claim.quotes if quotes is None or quote != claim.text]
        for quote in new[:quotes]:
            self.words(quote, indent=indent, first=self.quoting, style="italic")
        if not claim.quotes and quotes is None:
            none = "no words are quoted: it rests on texts as a whole"
            self.words(none if claim.own else "no text shows it", indent=indent, style="dim")

    @property
    def arrow(self) -> str:
        """Between before and after."""
        return "->" if self.ascii else "→"

    @property
    def quoting(self) -> str:
        """What stands before a quote."""
        return "> " if self.ascii else "│ "


def show(stored: Stored, console: Console, *, evidence: bool = False) -> None:
    """Prints a profile."""
    pen, profile = Pen(console), stored.profile
    parts = Parts.of(profile)
    pen.heading(profile.user)
    pen.words(lead(stored), style="dim")
    for heading, claims in parts.sections(profile.user):
        pen.heading(heading)
        few = 1 if claims is parts.apart else 0
        for claim in claims:
            pen.claim(stored, claim, quotes=None if evidence else few)
    if not profile.claims:
        pen.console.print()
        pen.words(WHOLE if profile.summary else NOTHING)
    if profile.summary and not profile.claims:
        pen.heading(TOLD)
        for line in profile.summary.splitlines():
            pen.words(line, indent=2)
    _left(pen, stored, evidence)
    if notes := remarks(stored):
        pen.heading("What limits it")
        for note in notes:
            pen.words(note, indent=2, first="! ", style="yellow")
    if profile.claims:
        console.print()
        marks = (f"{_MARKS[status][pen.ascii]} {what}" for status, what in MEANING.items())
        for line in (f"{', '.join(marks)}.", *bars(profile)):
            pen.words(line, style="dim")


def _left(pen: Pen, stored: Stored, everything: bool) -> None:
    left = left_out(stored)
    if not left:
        return
    pen.heading(f"Left out: {many(len(left), 'claim')} not worth keeping")
    shown = left if everything else left[:_LEFT]
    for claim, why in shown:
        pen.words(claim.text, indent=2, first=f"{_MARKS['ended'][pen.ascii]} ")
        pen.words(why, indent=4, style="dim")
    if len(left) > len(shown):
        pen.words(f"and {len(left) - len(shown):,} more: --evidence", indent=2, style="dim")


def told(found: Rendering, tokens: int, query: str, console: Console) -> None:
    """Prints what a prompt would be told, and what it would not, and why."""
    pen = Pen(console)
    pen.heading(f"What a prompt is told for: {query}" if query else "What a prompt is told")
    if not found.claims:
        pen.words("Nothing: no claim matters for it, and a prompt is told nothing.", indent=2)
    for line in found.text.splitlines():
        pen.words(line.removeprefix("- "), indent=2, first="- ")
    if found.claims:
        said = f"{many(len(found.claims), 'claim')}, about {tokens:,} tokens."
        pen.words(said, indent=2, style="dim")
    for why, claims in found.left_out.items():
        pen.heading(f"Left out, {why}: {len(claims)}")
        for claim in claims[:_LEFT]:
            pen.words(claim.text, indent=2, first=f"{plain(claim.id):<4}", style="dim")
        if len(claims) > _LEFT:
            pen.words(f"and {len(claims) - _LEFT:,} more", indent=2, style="dim")
