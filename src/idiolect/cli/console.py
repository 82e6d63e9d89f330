"""Consoles that the words of the data cannot command."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from idiolect.words import plain_lines


class PlainConsole(Console):
    """A console on which what is printed moves no cursor, turns no text and sets no colour.

    rich takes its own styles apart from the words, so that whatever control character stands in
    these is somebody's.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """The segments, with a sign in place of each control character of the words."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(plain_lines(segment.text), segment.style)


def console(**settings: Any) -> Console:
    """A console that shows words as they are, without guessing at numbers and paths."""
    return PlainConsole(highlight=False, **settings)
