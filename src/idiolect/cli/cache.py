"""`cache`: what is in a file of replies, and taking things out of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from idiolect.cli.options import ending, stdout, writable
from idiolect.errors import SettingError
from idiolect.words import many

if TYPE_CHECKING:
    from idiolect.lm import Ledger

_BYTES = {"": 1, "B": 1, "K": 1e3, "KB": 1e3, "M": 1e6, "MB": 1e6, "G": 1e9, "GB": 1e9}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}

File = Annotated[
    Path,
    typer.Argument(
        metavar="PATH", help="The file of replies, or a run's folder.", show_default=False
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the group of commands."""
    group = typer.Typer(
        help="Look into a file of replies and what they cost, or take things out of it.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command(epilog=ending("idiolect cache stats replies.sqlite"))(stats)
    group.command(epilog=ending("idiolect cache prune replies.sqlite --max-age 30d --max-size 1G"))(
        prune
    )
    examples = (
        "idiolect cache export replies.sqlite --out replies.jsonl",
        "idiolect cache export replies.sqlite --ledger",
    )
    group.command(epilog=ending(*examples))(export)
    group.command(epilog=ending("idiolect cache forget replies.sqlite r17 r18"))(forget)
    app.add_typer(group, name="cache")


def stats(path: File) -> None:
    """Say how much is stored, and what each model was paid."""
    from datetime import UTC, datetime

    from rich.table import Table

    ledger = _open(path)
    size, out = ledger.size(), stdout()
    since = ""
    if size.oldest is not None:
        oldest = datetime.fromtimestamp(size.oldest, UTC)
        since = f", the oldest of {oldest:%Y-%m-%d %H:%M} UTC"
    replies = many(size.replies, "reply", "replies")
    claims = f" {many(size.claims, 'call')} in flight or cut off." if size.claims else ""
    out.print(
        f"{replies} of {shown(size.reply_bytes)}{since}; the file has {shown(size.file_bytes)}."
        f"{claims}",
        markup=False,
    )
    totals = ledger.totals()
    if not totals:
        out.print("The ledger is empty.")
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("model", overflow="fold")
    for name in ("paid", "cached", "failed", "retries", "tokens in", "tokens out", "cost"):
        table.add_column(name, justify="right")
    for one in totals:
        numbers = (
            one.paid, one.cached, one.failed, one.retries, one.prompt_tokens, one.completion_tokens
        )  # fmt: skip
        cost = f"{one.cost:,.4f}" if one.cost or not one.unpriced else "no price"
        table.add_row(one.model, *(f"{n:,}" for n in numbers), cost)
    out.print(table)
    for one in totals:
        if not (one.cost and one.unpriced):
            continue
        unpriced = many(one.unpriced, "call")
        out.print(f"{one.model}: {unpriced} had no price and are not in its cost.", markup=False)


def prune(
    path: File,
    max_size: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="Of all replies at most: 500M, 2G; longest unused go."),
    ] = None,
    max_age: Annotated[
        str | None, typer.Option(metavar="AGE", help="Of a reply at most: 12h, 30d, 8w.")
    ] = None,
) -> None:
    """Delete replies that are old or beyond a size, and shrink the file; the ledger stays."""
    if max_size is None and max_age is None:
        raise SettingError("Found no limit; give --max-size, --max-age or both.")
    size = None if max_size is None else int(_measured(max_size.upper(), _BYTES, "--max-size"))
    age = None if max_age is None else _measured(max_age, _SECONDS, "--max-age")
    ledger = _open(path)
    before = ledger.size()
    gone = ledger.prune(size, age, shrink=True)
    after = ledger.size()
    stdout().print(
        f"Deleted {gone:,} of {before.replies:,} replies; the file has {shown(after.file_bytes)} "
        f"(before: {shown(before.file_bytes)}).",
        markup=False,
    )


def export(
    path: File,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Default: printed.")] = None,
    ledger: Annotated[
        bool, typer.Option("--ledger", help="The ledger instead of the replies.")
    ] = False,
) -> None:
    """Write the replies, or the ledger, as one JSON object a line."""
    file = _open(path)
    writable(out, source=str(path))
    rows = file.lines() if ledger else file.replies()
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if out is None:
        for line in lines:
            typer.echo(line, nl=False)
        return
    with out.open("w", encoding="utf-8", errors="backslashreplace") as written:
        written.writelines(lines)


def forget(
    path: File,
    events: Annotated[
        list[str], typer.Argument(metavar="EVENT…", help="Ids of events.", show_default=False)
    ],
) -> None:
    """Delete every reply that was made from any of some events; the ledger has no words."""
    gone = _open(path).forget(events)
    replies = many(gone, "reply", "replies")
    stdout().print(f"Deleted {replies} made from {many(len(set(events)), 'event')}.", markup=False)


def shown(size: float) -> str:
    """A number of bytes for people: 1.2 MB."""
    for unit, one in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= one:
            return f"{size / one:,.1f} {unit}"
    return f"{size:,.0f} B"


def _open(path: Path) -> Ledger:
    from idiolect.lm import Ledger
    from idiolect.run.folder import REPLIES

    return Ledger(path / REPLIES if path.is_dir() else path, existing=True)


def _measured(word: str, units: dict[str, float] | dict[str, int], option: str) -> float:
    """A number with a unit."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", word)
    if found is None or found[2] not in units:
        known = ", ".join(f"1{unit}" for unit in units if len(unit) == 1)
        raise SettingError(f"Found {option} {word!r}; give a number with a unit: {known}.")
    return float(found[1]) * units[found[2]]
