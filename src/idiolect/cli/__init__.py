"""The command line; one module a group of commands, each importing what it runs only then."""

from __future__ import annotations

import sys

import typer

from idiolect.cli import catalogue, data, demo, explain, run
from idiolect.errors import IdiolectError

app = typer.Typer(
    name="idiolect",
    help="Measure what makes each user different, and let any language model act on it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for group in (demo, explain, run, data, catalogue):
    group.register(app)


def main() -> None:
    """Runs a command; errors of this package are one line, not a trace."""
    try:
        app()
    except IdiolectError as error:
        sys.stderr.write(f"Error: {error}\n")
        raise SystemExit(2) from None
