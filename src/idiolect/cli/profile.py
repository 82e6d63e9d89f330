"""`profile`: build, read, compare, trace, edit and export what is believed of people."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from idiolect.cli import profile_build, profile_edit
from idiolect.cli.options import (
    TABLE,
    Columns,
    Variadic,
    ending,
    load,
    stderr,
    stdout,
    writable,
)
from idiolect.errors import SettingError, UnknownNameError

if TYPE_CHECKING:
    from rich.console import Console

    from idiolect.data import Events, Population
    from idiolect.run.profile_file import Stored

#: Where profiles are looked for and written to.
FOLDER = Path("profiles")

Whose = Annotated[
    str,
    typer.Argument(metavar="FILE|USER", help="A profile's file, or whose.", show_default=False),
]
Folder = Annotated[
    Path, typer.Option("--in", metavar="FOLDER", help="Where a USER's file is looked for.")
]
Data = Annotated[
    str | None,
    typer.Option("--data", metavar="SOURCE", help=f"{TABLE} Evidence is checked against it."),
]


def register(app: typer.Typer) -> None:
    """Adds the group of commands."""
    group = typer.Typer(
        help="Build, read, compare, trace, edit and export what is believed of people.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    profile_build.register(group)
    examples = (
        'idiolect profile show "Ann Lee"',
        'idiolect profile show "Ann Lee" --query "a hotel by the sea" --budget 100',
    )
    group.command(cls=Variadic, epilog=ending(*examples))(show)
    examples = (
        "idiolect profile diff old/Ann.json profiles/Ann.json",
        "idiolect profile diff Ann --since 3",
    )
    group.command(epilog=ending(*examples))(diff)
    group.command(
        cls=Variadic, epilog=ending("idiolect profile explain Ann c3 --data reviews.csv")
    )(explain)
    profile_edit.register(group)
    examples = (
        "idiolect profile export Ann --to html --out ann.html",
        "idiolect profile export profiles/*.json --to csv --out claims.csv",
    )
    group.command(epilog=ending(*examples))(export)
    app.add_typer(group, name="profile")


def show(
    whose: Whose,
    folder: Folder = FOLDER,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="The quotes too, and all that was left out.")
    ] = False,
    claim: Annotated[
        str | None, typer.Option(metavar="ID", help="Only this claim, with its quotes.")
    ] = None,
    query: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="What a prompt would be told for this request."),
    ] = None,
    budget: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="What a prompt would be told in so many tokens; with --query 300 by default.",
            min=1,
        ),
    ] = None,
    source: Data = None,
    columns: Columns = None,
) -> None:
    """Show what is believed of a person.

    What sets them apart from others comes first, then the rest, side by side.
    """
    from datetime import UTC, datetime

    from idiolect.lm import estimate
    from idiolect.profile import Render
    from idiolect.report import profile_page
    from idiolect.run.profile_file import find, read

    telling = query is not None or budget is not None
    if telling and claim is not None:
        raise SettingError("Found --query or --budget beside --claim; give one of them.")
    stored, out, remarks = read(find(whose, folder)), stdout(), stderr()
    if claim is not None:
        profile_page.Pen(out).claim(stored, stored.profile.claim(claim), quotes=None)
    elif telling:
        found = Render(budget=budget or 300)(stored.profile, query or "", at=datetime.now(UTC))
        profile_page.told(found, estimate(found.text), query or "", out)
    else:
        profile_page.show(stored, out, evidence=evidence)
    if source is not None:
        population = load(source, columns, None, remarks).population
        if not _verified(stored, population, remarks):
            raise typer.Exit(1)


def diff(
    earlier: Annotated[
        str, typer.Argument(metavar="FILE|USER", help="The earlier one.", show_default=False)
    ],
    later: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="The later one.", show_default=False)
    ] = None,
    folder: Folder = FOLDER,
    since: Annotated[
        int | None,
        typer.Option(metavar="N", help="In place of a second file: what changed since version N."),
    ] = None,
) -> None:
    """Show what changed between two versions.

    Claim by claim: what was believed before and after, when it changed, and why.
    """
    from idiolect.profile.renew import earlier as as_it_was
    from idiolect.report.profile_trace import compared
    from idiolect.run.profile_file import find, read

    if (later is None) == (since is None):
        raise SettingError("Give two files, or one and --since VERSION.")
    one = read(find(earlier, folder)).profile
    if since is not None:
        if not 0 <= since <= one.version:
            raise SettingError(
                f"Found --since {since}, but the profile is at version {one.version}; give 0 to "
                f"{one.version}."
            )
        return compared(as_it_was(one, since), one, stdout())
    other = read(find(later or "", folder)).profile
    if one.user == other.user and one.version > other.version:
        stderr().print(
            f"The first is newer (version {one.version} and {other.version}): shown from the "
            "second to the first.",
            style="yellow", markup=False,
        )  # fmt: skip
        one, other = other, one
    compared(one, other, stdout())


def explain(
    whose: Whose,
    claim: Annotated[str, typer.Argument(metavar="CLAIM", help="c3, …", show_default=False)],
    folder: Folder = FOLDER,
    source: Data = None,
    columns: Columns = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every text, not only the first ten.")
    ] = False,
) -> None:
    """Show where a claim comes from.

    Its evidence, the quotes marked, and its history. Of the people it was compared with it says
    how many, never who or what.
    """
    from idiolect.report.profile_trace import one
    from idiolect.run.profile_file import find, read

    stored, out = read(find(whose, folder)), stdout()
    asked = stored.profile.claim(claim)
    most = max(len(asked.own), 1) if everything else 10
    if source is None:
        return one(stored, asked, out, most=most)
    population = load(source, columns, None, stderr()).population
    own = {event.id: event for event in _own(stored, population)}
    known = set(population.frame["id"]) & set(asked.reference)
    people = len({population.event(name).user for name in known})
    one(stored, asked, out, own=own, people=people or None, most=most)


def export(
    whose: Annotated[
        list[str],
        typer.Argument(metavar="FILE|USER…", help="Profiles.", show_default=False),
    ],
    to: Annotated[str, typer.Option("--to", metavar="FORM", help="json, md, csv or html.")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="A file; a folder for several. Default: printed."),
    ] = None,
    folder: Folder = FOLDER,
) -> None:
    """Write profiles as JSON, Markdown, a table or a page.

    JSON is the whole profile, with the ids of other people's events that it was compared with; the
    other forms have only their number.
    """
    from idiolect.journal import written
    from idiolect.profile import to_markdown
    from idiolect.report.profile_html import to_html
    from idiolect.report.profile_parts import frame
    from idiolect.run.profile_file import find, read
    from idiolect.words import plain_lines

    forms = {
        "json": lambda one: one.profile.to_json() + "\n",
        "md": lambda one: to_markdown(one.profile),
        "csv": lambda one: frame([one]).write_csv(),
        "html": to_html,
    }
    if to not in forms:
        raise UnknownNameError("form", to, forms)
    files = [find(name, folder) for name in whose]
    kept = [read(path) for path in files]
    if to == "csv" or len(kept) == 1:
        writable(out)
        text = frame(kept).write_csv() if to == "csv" else forms[to](kept[0])
        if out is None:
            # What the data say must not command a terminal; a file or a pipe gets it as it is.
            return typer.echo(plain_lines(text) if sys.stdout.isatty() else text, nl=False)
        if any(out.resolve() == path.resolve() for path in files):
            raise SettingError(f"Found '{out}' as profile and as output; give another path.")
        written(out, text)
        return stderr().print(f"Wrote {out}.", markup=False)
    if out is None:
        raise SettingError(f"Found {len(kept)} profiles; give --out FOLDER, or --to csv.")
    if out.exists() and not out.is_dir():
        raise SettingError(f"Found the file '{out}'; give a folder for {len(kept)} profiles.")
    if to == "json" and any(out.resolve() == path.parent.resolve() for path in files):
        raise SettingError(f"Found '{out}' as profiles and as output; give another folder.")
    out.mkdir(parents=True, exist_ok=True)
    for path, one in zip(files, kept, strict=True):
        written(out / f"{path.stem}.{to}", forms[to](one))
    stderr().print(f"Wrote {len(kept):,} files to {out}.", markup=False)


def _own(stored: Stored, population: Population) -> Events:
    """What the person did.

    Raises:
        UnknownNameError: The data has none of this person.
    """
    if stored.profile.user not in population.by_user.code:
        raise UnknownNameError("user", stored.profile.user, population.users)
    return population.events_of(stored.profile.user).by_people


def _verified(stored: Stored, population: Population, remarks: Console) -> bool:
    """Whether every quote occurs in the data; the console gets those that do not."""
    from idiolect.profile import grounded

    cited = [claim for claim in stored.profile.claims if claim.spans]
    kept, refused = grounded(cited, _own(stored, population))
    for why in refused:
        remarks.print(f"! {why}", style="red", markup=False)
    remarks.print(
        f"{len(kept):,} of {len(cited):,} claims with evidence: every quote occurs in these data.",
        markup=False,
    )
    return not refused
