"""A profile in the terminal: what sets a person apart first, then the rest by its sides."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from idiolect.profile.claim import Claim
from idiolect.profile.render import Rendering
from idiolect.report.profile_parts import (
    MEANING,
    Parts,
    about,
    lead,
    left_out,
    many,
    plain,
    remarks,
)
from idiolect.run.profile_file import Stored

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
_BAR = 10
_LEFT = 5


class Pen:
    """Writes lines that fit a console, with the marks that it can show."""

    def __init__(self, console: Console) -> None:
        self.console, self.width = console, min(console.width, _WIDEST)
        self.ascii = not console.encoding.lower().startswith("utf")

    def mark(self, claim: Claim) -> tuple[str, str]:
        """A claim's mark and its colour."""
        ended = claim.valid_to is not None and claim.status != "suppressed"
        kind = "ended" if ended else claim.status
        return _MARKS[kind][self.ascii], _COLOURS[kind]

    def bar(self, share: float, style: str) -> Text:
        """A bar with the figure behind it."""
        from rich.text import Text

        full, rest = ("#", ".") if self.ascii else ("█", "░")
        filled = round(share * _BAR)
        return Text.assemble(
            (full * filled, style), (rest * (_BAR - filled), "bright_black"), f" {share:>4.0%}"
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

        text = Text(words, style) if isinstance(words, str) else words
        begin = " " * indent + first
        for line in text.wrap(self.console, max(self.width - len(begin), 20)):
            line.rstrip()
            self.console.print(Text.assemble((begin, style), line), soft_wrap=True)
            begin = " " * len(begin)

    def claim(self, stored: Stored, claim: Claim, *, quotes: int | None = 0) -> None:
        """A claim with its bar, a line about it, and words that show it; all of them for None."""
        from rich.text import Text

        mark, colour = self.mark(claim)
        head = f"  {claim.id:<4}{mark} "
        beside = self.width >= _ROOM
        bar = self.bar(claim.confidence, colour)
        room = self.width - len(head) - (bar.cell_len + 2 if beside else 0)
        for at, line in enumerate(Text(plain(claim.text)).wrap(self.console, room)):
            line.rstrip()
            shown = Text.assemble((head[:-2], "dim"), (mark + " ", colour), line)
            if at == 0 and beside:
                shown.append(" " * (room - line.cell_len + 2))
                shown.append_text(bar)
            self.console.print(shown, soft_wrap=True)
            head, mark = " " * len(head), " "
        if not beside:
            self.console.print(Text.assemble(head, bar), soft_wrap=True)
        if known := about(stored, claim):
            self.words(plain(known), indent=len(head), style="dim")
        if quotes or quotes is None:
            # A quote in the claim's own words would say nothing more.
            new = [quote for quote in claim.quotes if quotes is None or quote != claim.text]
            for quote in new[:quotes]:
                self.words(plain(quote), indent=len(head), first=self.quoting, style="italic")
            if not claim.quotes and quotes is None:
                none = "no words are quoted: it rests on texts as a whole"
                self.words(none if claim.own else "no text shows it", indent=len(head), style="dim")

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
    pen.heading(plain(profile.user))
    pen.words(plain(lead(stored)), style="dim")
    if parts.apart:
        pen.heading(f"What sets {plain(profile.user)} apart")
        _claims(pen, stored, parts.apart, None if evidence else 1)
    for dimension, claims in parts.sides.items():
        name = plain(dimension)
        pen.heading((name[:1].upper() + name[1:]) if name.islower() else name)
        _claims(pen, stored, claims, None if evidence else 0)
    for heading, old in (("No longer true", parts.ended), ("Not used", parts.suppressed)):
        if old:
            pen.heading(heading)
            _claims(pen, stored, old, None if evidence else 0)
    if not profile.claims:
        pen.console.print()
        pen.words("Nothing is believed of this person: no claim was found or kept.")
    if profile.summary and not profile.claims:
        pen.heading("Summary")
        for line in profile.summary.splitlines():
            pen.words(plain(line), indent=2)
    _left(pen, stored, evidence)
    if notes := remarks(stored):
        pen.heading("What limits it")
        for note in notes:
            pen.words(plain(note), indent=2, first="! ", style="yellow")
    if profile.claims:
        console.print()
        marks = ", ".join(f"{_MARKS[status][pen.ascii]} {what}" for status, what in MEANING.items())
        pen.words(f"{marks}. The bar: how sure it is.", style="dim")


def _claims(pen: Pen, stored: Stored, claims: Iterable[Claim], quotes: int | None) -> None:
    for claim in claims:
        pen.claim(stored, claim, quotes=quotes)


def _left(pen: Pen, stored: Stored, everything: bool) -> None:
    left = left_out(stored)
    if not left:
        return
    pen.heading(f"Left out: {many(len(left), 'claim')} not worth keeping")
    shown = left if everything else left[:_LEFT]
    for claim, why in shown:
        mark = _MARKS["ended"][pen.ascii]
        pen.words(plain(claim.text), indent=2, first=f"{mark} ")
        pen.words(plain(why), indent=4, style="dim")
    if len(left) > len(shown):
        pen.words(f"and {len(left) - len(shown):,} more: --evidence", indent=2, style="dim")


def told(found: Rendering, tokens: int, query: str, console: Console) -> None:
    """Prints what a prompt would be told, and what it would not, and why."""
    pen = Pen(console)
    pen.heading(f"What a prompt is told for: {plain(query)}" if query else "What a prompt is told")
    if not found.claims:
        pen.words("Nothing: no claim matters for it, and a prompt is told nothing.", indent=2)
    for line in found.text.splitlines():
        pen.words(plain(line.removeprefix("- ")), indent=2, first="- ")
    if found.claims:
        said = f"{many(len(found.claims), 'claim')}, about {tokens:,} tokens."
        pen.words(said, indent=2, style="dim")
    for why, claims in found.left_out.items():
        pen.heading(f"Left out, {why}: {len(claims)}")
        for claim in claims[:_LEFT]:
            pen.words(plain(claim.text), indent=2, first=f"{claim.id:<4}", style="dim")
        if len(claims) > _LEFT:
            pen.words(f"and {len(claims) - _LEFT:,} more", indent=2, style="dim")
