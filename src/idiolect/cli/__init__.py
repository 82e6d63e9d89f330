"""The command line; one module a group of commands, each importing what it runs only then."""

from __future__ import annotations

import errno
import io
import sys
from typing import NoReturn

import typer

from idiolect.cli import (
    bench,
    cache,
    catalogue,
    compare,
    data,
    demo,
    differ,
    doctor,
    explain,
    judge,
    profile,
    report,
    reproduce,
    run,
)
from idiolect.errors import IdiolectError

app = typer.Typer(
    name="idiolect",
    help="Measure what makes each user different, and let any language model act on it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for group in (
    demo,
    explain,
    profile,
    differ,
    run,
    compare,
    report,
    reproduce,
    bench,
    data,
    judge,
    cache,
    catalogue,
    doctor,
):
    group.register(app)


def main() -> None:
    """Runs a command; what it cannot work with is one line, not a trace."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Terminals and pipes that are not UTF-8 show "?" for what they lack.
            stream.reconfigure(errors="replace")
    try:
        app(prog_name="idiolect")
    except IdiolectError as error:
        _end(str(error))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            _end("Found the disk full while a file was written; make room, or give another path.")
        if error.filename is None:
            raise
        _end(f"Found {error.filename!r}: {error.strerror}; check the path and its permissions.")


def _end(message: str) -> NoReturn:
    line = " ".join(message.split())
    if not line.isprintable():
        from idiolect.words import plain

        line = plain(line)
    sys.stderr.write(f"Error: {line}\n")
    raise SystemExit(2) from None
