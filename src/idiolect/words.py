"""Words for people: counts of things, and words of the data made harmless for a terminal."""

from __future__ import annotations


def many(number: int, thing: str, things: str = "") -> str:
    """A number of things: 1 text, 2 texts; `things` where an s is not enough: 2 replies."""
    return f"{number:,} {thing if number == 1 else things or f'{thing}s'}"


def plain(text: str) -> str:
    """Words of the data on one line, without what moves a terminal's cursor or turns its text."""
    return "".join(map(_shown, " ".join(text.split())))


def plain_lines(text: str) -> str:
    """As `plain`, line breaks and tabs kept."""
    return "".join(c if c in "\n\t" else _shown(c) for c in text)


def _shown(character: str) -> str:
    # Joiners make emoji and Persian words.
    return character if character.isprintable() or character in "\u200c\u200d" else "�"
