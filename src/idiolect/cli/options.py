"""Options that several commands share."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from idiolect.errors import CapabilityError, IdiolectError, SettingError

if TYPE_CHECKING:
    from rich.console import Console

    from idiolect.data import Loaded
    from idiolect.embed import Encoder
    from idiolect.run import Assembly, Failure

#: What `--columns`, `--set` and their like take; see `Variadic`.
PAIRS = "NAME=VALUE…"
TABLE = "A table (CSV, TSV, JSONL, Parquet) or git:FOLDER."
#: A method: a recipe, alone or with settings. Paths may hold colons, values commas and colons.
_METHOD = re.compile(r"(?P<recipe>\w+|.+?\.py(?:@\w+)?)(?::(?P<settings>\w+=.*))?", re.DOTALL)

Source = Annotated[str, typer.Option("--data", metavar="SOURCE", help=TABLE)]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        metavar=PAIRS, help="Which column is what: user=critic item=movie text=review time=date …"
    ),
]
Items = Annotated[
    Path | None, typer.Option(metavar="FILE", help="A second table that describes the items.")
]
ItemColumns = Annotated[
    list[str] | None,
    typer.Option(metavar=PAIRS, help="Which of its columns is what: id=movie title=name …"),
]
RatingRange = Annotated[
    tuple[float, float] | None,
    typer.Option(metavar="LOW HIGH", help="Leave out rows whose rating is not within."),
]
RecipeName = Annotated[
    str, typer.Argument(metavar="RECIPE", help="A recipe, or file.py@recipe.", show_default=False)
]
Method = Annotated[
    str,
    typer.Argument(
        metavar="METHOD",
        help="A recipe, or file.py@recipe, also with settings: dpl:events=4 …",
        show_default=False,
    ),
]
Model = Annotated[
    str,
    typer.Option(
        "--lm", metavar="MODEL", help="extractive, openai:NAME, ollama:NAME or http://…/v1#NAME."
    ),
]
EncoderName = Annotated[
    str,
    typer.Option(
        "--encoder", metavar="ENCODER", help="lsa, wordllama, openai:NAME, http://…/v1#NAME, …"
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar=PAIRS, help="Settings of the recipe: events=4 …"),
]
Last = Annotated[int, typer.Option(metavar="N", help="Held-out events a user.", min=1)]
AtLeast = Annotated[int, typer.Option(metavar="N", help="Only users with so many events.", min=1)]
Limit = Annotated[int | None, typer.Option(metavar="N", help="At most so many requests.", min=1)]
Threads = Annotated[int, typer.Option(metavar="N", help="Requests at once.", min=1)]

CacheFile = Annotated[
    Path | None,
    typer.Option("--cache", metavar="FILE", help="Replies paid for; default: in the run's folder."),
]
MaxCalls = Annotated[int | None, typer.Option(metavar="N", help="Stop before more calls.", min=0)]
MaxTokens = Annotated[int | None, typer.Option(metavar="N", help="Stop before more tokens.", min=0)]
MaxCost = Annotated[
    float | None, typer.Option(metavar="X", help="Stop before more cost, by --price.", min=0)
]
Prices = Annotated[
    list[str] | None,
    typer.Option(
        "--price", metavar="MODEL=IN/OUT", help="Price of a million tokens read and written."
    ),
]
PromptBudget = Annotated[
    int | None,
    typer.Option("--budget", metavar="N", help="Tokens of a prompt; what is beyond is cut.", min=1),
]
Concurrency = Annotated[int, typer.Option(metavar="N", help="Calls to an endpoint at once.", min=1)]
RequestsPerMinute = Annotated[
    int | None, typer.Option(metavar="N", help="Calls to an endpoint a minute.", min=1)
]
TokensPerMinute = Annotated[
    int | None, typer.Option(metavar="N", help="Tokens a minute, both ways.", min=1)
]

Page = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page here.")]
AsJson = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write everything as JSON here.")
]
AsCsv = Annotated[
    Path | None, typer.Option("--csv", metavar="FILE", help="Write the measured table here.")
]


class Variadic(TyperCommand):
    """A command whose options of the form NAME=VALUE take several of them at once.

    A method with settings, such as dpl:events=4, is none of them.
    """

    several = ("--columns", "--item-columns", "--set", "--given", "--add")

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeats the option before each further NAME=VALUE."""
        spread: list[str] = []
        option = None
        for at, word in enumerate(args):
            if word in self.several:
                option = word
            elif option and not word.startswith("-") and "=" in word and not _has_settings(word):
                if args[at - 1] != option:
                    spread.append(option)
            else:
                option = None
            spread.append(word)
        return super().parse_args(ctx, spread)


def ending(*examples: str) -> str:
    """Examples as they stand at the end of a command's help."""
    # The mark keeps lines as they are.
    return "\b\n" + "\n".join(("Examples:", *(f"  {line}" for line in examples)))


def pairs(words: Iterable[str] | None, option: str) -> dict[str, str]:
    """NAME=VALUE words as a mapping.

    Raises:
        SettingError: A word has no `=`, or a name stands twice.
    """
    found: dict[str, str] = {}
    for word in words or ():
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise SettingError(f"Found {word!r} after {option}; write NAME=VALUE.")
        if name in found:
            raise SettingError(
                f"Found {name}={found[name]} and {name}={value} after {option}; give one of them."
            )
        found[name] = value
    return found


def load(
    source: str,
    columns: Iterable[str] | None,
    items: Path | None,
    console: Console,
    item_columns: Iterable[str] | None = None,
    rating_range: tuple[float, float] | None = None,
) -> Loaded:
    """The data; the console gets the report, which says what could not be used.

    Raises:
        SettingError: Columns of items are named, but no table of items.
    """
    from idiolect.data import read

    if item_columns and items is None:
        raise SettingError("Found --item-columns without --items; name the table of items too.")
    loaded = read(
        source,
        pairs(columns, "--columns"),
        items,
        pairs(item_columns, "--item-columns"),
        rating_range=rating_range,
    )
    for line in loaded.report.lines():
        console.print(line, style="dim", markup=False)
    return loaded


def writable(*paths: Path | None, source: str = "") -> None:
    """Refuses, before any cost, a path that cannot be written.

    Args:
        paths: Of files to be written; None for what is not asked for.
        source: The data, which is not to be overwritten.

    Raises:
        SettingError: A path is a folder, a device, in no folder, protected, or that of the data.
    """
    for path in filter(None, paths):
        if path.is_dir():
            raise SettingError(f"Found the folder '{path}'; give the name of a file to write.")
        if not path.parent.is_dir():
            raise SettingError(
                f"Found no folder '{path.parent}' to write '{path.name}' to; make it first, or "
                "give another path."
            )
        if path.exists() and not path.is_file():
            raise SettingError(
                f"Found '{path}', which is no regular file and would be replaced by one; give the "
                "name of a file to write."
            )
        if path.exists() and path.resolve() == Path(source).expanduser().resolve():
            raise SettingError(f"Found '{path}' as data and as output; give another path.")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise SettingError(
                f"Found that you may not write to '{path}'; change its permissions, or give "
                "another path."
            )


def _has_settings(word: str) -> bool:
    found = _METHOD.fullmatch(word)
    return found is not None and found["settings"] is not None


def method(word: str) -> tuple[str, list[str]]:
    """A method apart: the recipe, and its settings as NAME=VALUE.

    A comma begins the next setting only where a name and `=` follow: a value may hold commas.

    Raises:
        SettingError: It is not written so.
    """
    found = _METHOD.fullmatch(word)
    if found is None and not {":", "="} & set(word):
        return word, []  # such a name may be wrong, and the catalogue says so
    if found is None:
        raise SettingError(
            f"Found {word!r} as a method; write RECIPE or RECIPE:NAME=VALUE,NAME=VALUE without "
            "spaces, such as dpl:events=4,representatives=3 or file.py@recipe:events=4. `idiolect "
            "show RECIPE` lists the settings there are."
        )
    told = found["settings"]
    return found["recipe"], [] if told is None else re.split(r",(?=\w+=)", told)


def assemble(word: str, encoder: str | Encoder, settings: Sequence[str] | None = None) -> Assembly:
    """A method with its encoder and settings, which are checked.

    Args:
        word: The method, as `method` reads it.
        encoder: By its address, or itself.
        settings: More of them, from `--set`.

    Raises:
        UnknownNameError: There is no such recipe, encoder or setting.
        SettingError: A value is wrong, or a setting stands twice.
        CapabilityError: The recipe answers no requests.
    """
    from idiolect.catalog import recipe as by_name
    from idiolect.embed import encoder as encoder_by_name
    from idiolect.roles import Guard, Judge, Study
    from idiolect.run import Assembly

    name, told = method(word)
    found = by_name(name)
    if found.gives in (Judge, Study, Guard):
        raise CapabilityError(
            f"Found recipe {found.name!r}, which gives a {found.gives.__name__} and answers no "
            "requests of users; call it from Python, or name a recipe that writes or scores."
        )
    where = " and ".join([*([f"'{name}:'"] if told else []), *(["--set"] if settings else [])])
    given = pairs([*told, *(settings or ())], where)
    vectors = encoder_by_name(encoder) if isinstance(encoder, str) else encoder
    supplies = {"encoder": vectors} if "encoder" in found.needs else {}
    return Assembly(found, supplies, found.checked(given))


def answered(failure: Failure | None, console: Console) -> None:
    """Ends the command where its one request has no answer.

    Raises:
        IdiolectError: It failed; if not on purpose, the console gets the trace first.
    """
    if failure is None:
        return
    if failure.trace:
        console.print(failure.trace, style="dim", markup=False)
        raise IdiolectError(f"{failure.kind}: {failure.message}")
    raise IdiolectError(failure.message)


def stdout() -> Console:
    """Where results go."""
    from idiolect.cli.console import console

    return console()


def stderr() -> Console:
    """Where progress and remarks go."""
    from idiolect.cli.console import console

    return console(stderr=True)


def quiet() -> Console:
    """Where nothing is seen, as on a worker."""
    from idiolect.cli.console import console

    return console(quiet=True)
