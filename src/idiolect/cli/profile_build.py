"""`profile build`: profiles by a recipe, in files; again, they are brought up to date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_type_hints

import typer

from idiolect.cli.options import (
    AtLeast,
    CacheFile,
    Columns,
    EncoderName,
    ItemColumns,
    Items,
    MaxCalls,
    Model,
    RatingRange,
    Settings,
    Source,
    Threads,
    Variadic,
    answered,
    assemble,
    ending,
    load,
    stderr,
)
from idiolect.errors import CapabilityError, IdiolectError, SettingError, UnknownNameError
from idiolect.words import many

if TYPE_CHECKING:
    from rich.console import Console

    from idiolect.card import Recipe
    from idiolect.data import Population, View
    from idiolect.run.profile_file import Stored

#: So many people are named one by one.
_NAMED = 20


def register(group: typer.Typer) -> None:
    """Adds the command."""
    examples = (
        'idiolect profile build "Ann Lee" --data reviews.csv',
        "idiolect profile build --all --at-least 12 --data git:. --out authors",
        "idiolect profile build Ann --data chats.jsonl --recipe gum --lm ollama:llama3.2",
    )
    group.command(cls=Variadic, epilog=ending(*examples))(build)


def build(
    source: Source,
    users: Annotated[
        list[str] | None, typer.Argument(metavar="[USER…]", help="Whose.", show_default=False)
    ] = None,
    everybody: Annotated[bool, typer.Option("--all", help="Everybody in the data.")] = False,
    at_least: AtLeast = 2,
    columns: Columns = None,
    items: Items = None,
    item_columns: ItemColumns = None,
    rating_range: RatingRange = None,
    recipe: Annotated[
        str,
        typer.Option(metavar="RECIPE", help="A recipe that gives a profile, or file.py@recipe."),
    ] = "dpl_measured",
    lm: Model = "extractive",
    encoder: EncoderName = "lsa",
    settings: Settings = None,
    all_claims: Annotated[
        bool,
        typer.Option("--all-claims", help="Keep what is true of everybody, too."),
    ] = False,
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the files go; made if need be.")
    ] = Path("profiles"),
    threads: Threads = 4,
    cache: CacheFile = None,
    max_calls: MaxCalls = None,
) -> None:
    """Build profiles, or bring those that are there up to date.

    A file that is there keeps its history and what was edited. Each file is written as soon as it
    is made: the same command goes on where it was ended.
    """
    from idiolect.catalog import recipes
    from idiolect.data import Request
    from idiolect.lm import Budget, guarded
    from idiolect.run import REPLIES, language_model, run_iter
    from idiolect.run.manifest import fingerprint, manifest
    from idiolect.run.profile_file import held
    from idiolect.run.profile_learning import Learning

    if bool(users) == everybody:
        raise SettingError("Name the users whose profiles to build, or give --all for everybody.")
    if out.exists() and not out.is_dir():
        raise SettingError(f"Found a file at '{out}'; give a folder, or a name that is free.")
    remarks, model = stderr(), language_model(lm)
    assembly = assemble(recipe, encoder, settings)
    if not _gives_profile(assembly.recipe):
        known = ", ".join(one.name for one in recipes() if _gives_profile(one))
        raise CapabilityError(
            f"Found recipe {assembly.recipe.name!r}, whose user model is no profile; give one of: "
            f"{known}."
        )
    assembly(model)  # a wrong setting fails before any cost
    population = load(source, columns, items, remarks, item_columns, rating_range).population
    names = _names(population, users, at_least)
    out.mkdir(parents=True, exist_ok=True)
    made = {
        **manifest(assembly, model, data=fingerprint(population)),
        "difference filter": not all_claims,
    }
    before = {name: held(out, name) for name in names}
    todo = [name for name in names if not _same(before[name], made)]
    if current := len(names) - len(todo):
        remarks.print(f"{many(current, 'profile')} up to date.", markup=False)
    _tell_changes([one for name in todo if (one := before[name])], made, source, remarks)
    guard = guarded(
        model,
        cache=cache or out / REPLIES,
        budget=Budget(max_calls=max_calls),
        say=lambda message: remarks.print(message, style="yellow", markup=False),
    )
    forgotten = {name: set(one.forgotten) for name, one in before.items() if one}
    tally, failed = Tally(out, made, source, remarks, named=len(todo) <= _NAMED), 0
    with remarks.status(f"{many(len(todo), 'profile')} …"), tally.ending(len(todo)):
        found = run_iter(
            Learning(assembly, sift=not all_claims),
            population,
            [Request(name) for name in todo],
            guard,
            threads=threads,
            through=lambda view: _remembered(view, forgotten.get(view.request.user, set())),
        )
        for at, outcome in found:
            if outcome.failure is None:
                tally(outcome.answer, before[todo[at]])
                continue
            failed += 1
            if len(todo) > 1:
                tally.say(todo[at], outcome.failure.message, "red")
            else:
                answered(outcome.failure, remarks)
    if todo:
        remarks.print(f"Wrote {many(tally.written, 'profile')} to {out}.", markup=False)
    if failed:
        remarks.print(f"{many(failed, 'profile')} failed.", style="red", markup=False)
        raise typer.Exit(1)


def _gives_profile(recipe: Recipe[Any, Any]) -> bool:
    from idiolect.profile import Profile
    from idiolect.roles import Learner, Personalizer, Scorer

    returned = get_type_hints(recipe.function)["return"]
    return recipe.gives in (Learner, Personalizer, Scorer) and Profile in get_args(returned)


@dataclass
class Tally:
    """Writes each profile as it comes, and says what changed."""

    out: Path
    made: Mapping[str, Any]
    source: str
    remarks: Console
    named: bool
    written: int = 0

    def __call__(self, found: Stored, before: Stored | None) -> None:
        """Writes one profile, new or on top of what was there."""
        from idiolect.run.profile_file import path_of, write
        from idiolect.run.profile_learning import onto

        user = found.profile.user
        stored = onto(before, found, self.made, self.source)
        write(path_of(self.out, user), stored, before)
        self.written += 1
        if self.named:
            self.say(user, _done(stored, before))

    def say(self, user: str, what: str, style: str = "") -> None:
        """A line about one person."""
        from idiolect.words import plain

        self.remarks.print(plain(f"{user}: {what}"), style=style, markup=False)

    @contextmanager
    def ending(self, asked: int) -> Iterator[None]:
        """Says how many were written where it ends before all were."""
        try:
            yield
        except (KeyboardInterrupt, IdiolectError):
            if asked > 1:
                self.remarks.print(
                    f"Ended early: wrote {self.written:,} of {many(asked, 'profile')} to "
                    f"{self.out}; the same command goes on.",
                    style="yellow", markup=False,
                )  # fmt: skip
            raise


def _done(stored: Stored, before: Stored | None) -> str:
    claims = many(len(stored.profile.current()), "claim")
    left = f", {len(stored.left)} left out as not worth keeping" if stored.left else ""
    none = f", {len(stored.refused)} refused for want of evidence" if stored.refused else ""
    if before is None:
        return f"{claims}{left}{none}"
    steps = Counter(change.kind for change in before.profile.diff(stored.profile))
    changed = ", ".join(f"{n} {kind}" for kind, n in steps.items()) or "no claim changed"
    return f"{claims} ({changed}){left}{none}"


def _names(population: Population, users: list[str] | None, at_least: int) -> list[str]:
    """Whose profiles to build.

    Raises:
        UnknownNameError: The data has no such user.
        SettingError: Nobody has enough events.
    """
    if not users:
        names = [n for n in population.users if len(population.events_of(n).by_people) >= at_least]
        if not names:
            raise SettingError(
                f"Found nobody with at least {many(at_least, 'event')}; lower --at-least."
            )
        return names
    for name in users:
        if name not in population.by_user.code:
            raise UnknownNameError("user", name, population.users)
    return list(dict.fromkeys(users))


def _same(stored: Stored | None, made: Mapping[str, Any]) -> bool:
    import json

    if stored is None:
        return False
    now = dict(made) | {"forgotten": list(stored.forgotten)}
    return bool(json.loads(json.dumps(now)) == stored.made)


def _tell_changes(
    before: list[Stored], made: Mapping[str, Any], source: str, remarks: Console
) -> None:
    """Says where profiles that are there were made otherwise."""
    said: Counter[str] = Counter()
    for one in before:
        if not one.made:
            said["nobody knows how they were made"] += 1
            continue
        other = one.made.get("recipe") != made["recipe"]
        told = ("recipe", "model") if other else ("settings", "model", "encoder")
        for name in (*told, "difference filter"):
            was, now = one.made.get(name), made[name]
            if name == "settings" and isinstance(was, dict):
                for key in sorted(k for k in was | now if was.get(k) != now.get(k)):
                    said[f"{key}={was.get(key)!r} before, {now.get(key)!r} now"] += 1
            elif was != now:
                said[f"{name} {was!r} before, {now!r} now"] += 1
        if one.source != source:
            said[f"data '{one.source}' before, '{source}' now"] += 1
        elif one.made.get("data") != made["data"]:
            said["the data have changed since"] += 1
    for what, times in said.items():
        line = f"Updating {many(times, 'profile')}: {what}."
        remarks.print(line, style="yellow", markup=False)


def _remembered(view: View, gone: set[str]) -> View:
    """A view without the user's events that are to be forgotten."""
    if not gone:
        return view
    known = view.own.join(view.heard)
    return view.instead(known.take(n for n, name in enumerate(known.ids) if name not in gone))
