"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from idiolect.errors import SettingError, UnknownNameError

if TYPE_CHECKING:
    from rich.console import Console

    from idiolect.data import Loaded
    from idiolect.run import Assembly

Source = Annotated[
    str, typer.Option("--data", help="A table (CSV, TSV, JSONL, Parquet) or git:PATH.")
]
Columns = Annotated[
    list[str] | None,
    typer.Option(help="Which column is what: user=critic item=movie text=review …"),
]
Items = Annotated[
    Path | None, typer.Option(help="A second table that describes the items.", show_default=False)
]
Model = Annotated[
    str, typer.Option("--lm", help="extractive, openai:NAME, ollama:NAME or http://…/v1#NAME.")
]
EncoderName = Annotated[
    str, typer.Option("--encoder", help="lsa, wordllama, openai:NAME, http://…/v1#NAME, …")
]
Settings = Annotated[
    list[str] | None, typer.Option("--set", help="Settings of the recipe: events=4 …")
]


class Variadic(TyperCommand):
    """A command whose `--columns`, `--set` and `--given` take several NAME=VALUE at once."""

    several = ("--columns", "--set", "--given")

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeats the option before each further NAME=VALUE."""
        spread: list[str] = []
        option = None
        for at, word in enumerate(args):
            if word in self.several:
                option = word
            elif option and not word.startswith("-") and "=" in word:
                if args[at - 1] != option:
                    spread.append(option)
            else:
                option = None
            spread.append(word)
        return super().parse_args(ctx, spread)


def pairs(words: Iterable[str] | None, option: str) -> dict[str, str]:
    """NAME=VALUE words as a mapping.

    Raises:
        SettingError: A word has no `=`.
    """
    found = {}
    for word in words or ():
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise SettingError(f"Found {word!r} after {option}; write NAME=VALUE.")
        found[name] = value
    return found


def load(
    source: str, columns: Iterable[str] | None, items: Path | None, console: Console
) -> Loaded:
    """The data, with a line on what could not be used."""
    from idiolect.data import read

    loaded = read(source, pairs(columns, "--columns") or None, items=items)
    for line in loaded.report.lines():
        console.print(f"[dim]{line}[/dim]", highlight=False)
    return loaded


def assemble(recipe: str, encoder: str, settings: Iterable[str] | None) -> Assembly:
    """A recipe with its encoder and settings."""
    from idiolect.catalog import recipe as by_name
    from idiolect.embed import encoder as encoder_by_name
    from idiolect.run import Assembly

    found = by_name(recipe)
    supplies = {"encoder": encoder_by_name(encoder)} if "encoder" in found.needs else {}
    known = {s.name for s in found.settings}
    given = pairs(settings, "--set")
    for name in given:
        if name not in known:
            raise UnknownNameError(f"setting of {found.name!r}", name, known)
    return Assembly(found, supplies, given)


def stdout() -> Console:
    """Where results go."""
    from rich.console import Console

    return Console(highlight=False)


def stderr() -> Console:
    """Where progress and remarks go."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)
