"""`profile edit`: in an editor, or by options; nothing is lost on the way."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from idiolect.cli.options import ending, pairs, stderr
from idiolect.errors import DataError, SettingError

if TYPE_CHECKING:
    from rich.console import Console

    from idiolect.profile import Profile
    from idiolect.run.profile_file import Stored

_MANY = "Can be given again."


def register(group: typer.Typer) -> None:
    """Adds the command."""
    examples = (
        "idiolect profile edit Ann",
        'idiolect profile edit Ann --correct c3="Writes short reviews." --suppress c4',
        'idiolect profile edit Ann --add "tastes: Likes rye bread." --end c5 --on 2024-05-01',
        "idiolect profile edit Ann --forget review17",
    )
    group.command(epilog=ending(*examples))(edit)


def edit(
    whose: Annotated[
        str,
        typer.Argument(metavar="FILE|USER", help="A profile's file, or whose.", show_default=False),
    ],
    folder: Annotated[
        Path, typer.Option("--in", metavar="FOLDER", help="Where a USER's file is looked for.")
    ] = Path("profiles"),
    correct: Annotated[
        list[str] | None,
        typer.Option(metavar="ID=TEXT", help=f"Put a claim in other words. {_MANY}"),
    ] = None,
    suppress: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help=f"Never use a claim nor believe it anew. {_MANY}"),
    ] = None,
    restore: Annotated[
        list[str] | None, typer.Option(metavar="ID", help=f"Use it after all. {_MANY}")
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option(metavar="DIMENSION: TEXT", help=f"State something. {_MANY}"),
    ] = None,
    end: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help=f"It held, and does no longer. {_MANY}"),
    ] = None,
    on: Annotated[
        str | None, typer.Option(metavar="DATE", help="With --end: since when; default: now.")
    ] = None,
    forget: Annotated[
        list[str] | None,
        typer.Option(
            metavar="EVENT", help=f"Forget an event and what rests on it alone, for good. {_MANY}"
        ),
    ] = None,
) -> None:
    """Set right what is believed of a person.

    Correct, suppress, add, end or forget by options; without options in $EDITOR, as Markdown. All
    of it is done or none. A file that cannot be read again is kept as a draft, and the same
    command goes on with it.
    """
    from idiolect.run.profile_file import find, read, write

    remarks, path = stderr(), find(whose, folder)
    seen = read(path)
    if on is not None and not end:
        raise SettingError("Found --on without --end; say which claim ended.")
    if not (correct or suppress or restore or add or end or forget):
        _in_editor(path, seen, remarks)
        return
    if forget and (drafts := _drafts(path)):
        raise SettingError(
            f"Found an unfinished edit in '{drafts[0]}', which has quotes of what is to be "
            "forgotten; finish it or delete it first."
        )
    profile = seen.profile
    for name, words in pairs(correct, "--correct").items():
        if not words.strip():
            raise SettingError(f"Found no words for {name!r}; to take it out: --suppress {name}.")
        profile = profile.correct(name, words.strip(), at=_now())
    for name in suppress or ():
        profile = profile.suppress(name, at=_now())
    for name in restore or ():
        profile = _restored(profile, name)
    for word in add or ():
        profile = _stated(profile, word)
    for name in end or ():
        profile = profile.end(name, "ended by the user", at=_date(on))
    after = replace(seen, profile=profile)
    if forget:
        _say_forgotten(seen, forget, remarks)
        after = after.forget(forget)
    after = _finished(seen, after)
    if forget:  # first: where it cannot be, nothing is changed
        _without_replies(path, forget, remarks)
    write(path, after, seen)
    if forget and _measured(seen.profile) and not _measured(after.profile):
        remarks.print(
            "How the person compares with others was measured with it: it is shown again "
            "when the profile is built again.",
            style="yellow", markup=False,
        )  # fmt: skip
    _tell(seen.profile, after.profile, path, remarks)


def _in_editor(path: Path, seen: Stored, remarks: Console) -> None:
    """Lets the user edit the Markdown, and takes over what changed."""
    from idiolect.profile import from_markdown, to_markdown
    from idiolect.run.profile_file import write

    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise SettingError(
            "Found neither $VISUAL nor $EDITOR; set one, such as EDITOR=nano, or edit by options: "
            "idiolect profile edit --help."
        )
    draft = path.with_name(f"{path.stem}.v{seen.profile.version}.md")
    if stale := [other for other in _drafts(path) if other != draft]:
        raise SettingError(
            f"Found an unfinished edit of another version in '{stale[0]}'; the profile is at "
            f"version {seen.profile.version}. Take over by hand what you want, and delete it."
        )
    asked, going_on = to_markdown(seen.profile), draft.is_file()
    if going_on:
        remarks.print(f"Going on with the unfinished edit in {draft}.", markup=False)
    else:
        draft.write_text(asked, encoding="utf-8")
    kept = f"The profile is as it was; your text is kept in '{draft}'."
    try:
        done = subprocess.run([*shlex.split(editor), str(draft)], check=False).returncode
    except (OSError, ValueError) as error:
        if not going_on:
            draft.unlink()
        raise SettingError(
            f"Found that the editor {editor!r} cannot be run ({error}); set $EDITOR."
        ) from None
    except KeyboardInterrupt:
        raise SettingError(f"Interrupted. {kept}") from None
    if done:
        raise SettingError(f"Found that the editor {editor!r} ended with {done}. {kept}")
    try:
        text = draft.read_text(encoding="utf-8")
        if text == asked or not text.strip():
            draft.unlink()
            why = "" if text.strip() else ": the text was emptied"
            remarks.print(f"Nothing was changed{why}.", markup=False)
            return
        after = replace(seen, profile=from_markdown(seen.profile, text, at=_now()))
    except UnicodeDecodeError as error:
        raise DataError(f"Found a text that is not UTF-8 ({error}). {kept}") from None
    except DataError as error:
        raise DataError(
            f"{error} {kept} The same command goes on with it; to begin anew, delete it."
        ) from None
    after = _finished(seen, after)
    try:
        write(path, after, seen)
    except SettingError as error:
        raise SettingError(f"{error} Your text is kept in '{draft}'.") from None
    draft.unlink()
    if after == seen:
        remarks.print("Only claims can be edited here: the rest is made of them.", markup=False)
    _tell(seen.profile, after.profile, path, remarks)


def _finished(seen: Stored, after: Stored) -> Stored:
    """With times in the history, and a summary that tells nothing that was taken out."""
    from idiolect.profile.renew import told_again
    from idiolect.run.profile_file import stamped

    if after.profile == seen.profile:
        return after
    return replace(
        after, profile=stamped(seen.profile, told_again(after.profile, after.known), _now())
    )


def _restored(profile: Profile, name: str) -> Profile:
    """With a suppressed claim as it was.

    Raises:
        SettingError: It is not suppressed.
    """
    claim = profile.claim(name)
    if claim.status != "suppressed":
        raise SettingError(f"Found {name!r} with the status {claim.status!r}; it is in use.")
    before = [form.status for form in profile.past(name) if form.status != "suppressed"]
    status = before[-1] if before else "inferred" if claim.spans else "stated"
    return profile.revise(name, "restored by the user", at=_now(), status=status)


def _stated(profile: Profile, word: str) -> Profile:
    """With a claim that the user states.

    Raises:
        SettingError: The words have no dimension.
    """
    from idiolect.profile import Claim, sensitive

    dimension, _, text = (part.strip() for part in word.partition(":"))
    if not (dimension and text):
        raise SettingError(f'Found {word!r} after --add; write "dimension: text".')
    claim = Claim(text, dimension, 1.0, "stated", learned_at=_now(), sensitive=sensitive(text))
    return profile.add([claim], "stated by the user", at=_now())


def _say_forgotten(seen: Stored, events: Iterable[str], remarks: Console) -> None:
    """Says which events nothing rests on: a wrong id is easily given."""
    known = {*seen.profile.evidence, *(name for claim in seen.left for name in claim.own)}
    for name in events:
        if name not in known:
            remarks.print(
                f"Nothing rests on the event {name!r}; it will not be learned from.",
                style="yellow", markup=False,
            )  # fmt: skip


def _without_replies(path: Path, events: list[str], remarks: Console) -> None:
    """Deletes kept replies of a model that were made from the events."""
    from idiolect.lm import Ledger
    from idiolect.run import REPLIES

    file = path.parent / REPLIES
    if file.is_file() and (gone := Ledger(file, existing=True).forget(events)):
        many = "1 reply" if gone == 1 else f"{gone:,} replies"
        remarks.print(f"Deleted {many} of a model from {file}.", markup=False)
    for old in sorted(path.parent.glob(f"{REPLIES}.corrupt-*")):
        remarks.print(
            f"{old} was set aside as corrupt and may hold what is forgotten; delete it.",
            style="yellow", markup=False,
        )  # fmt: skip


def _tell(before: Profile, after: Profile, path: Path, remarks: Console) -> None:
    from idiolect.report.profile_trace import compared

    if before == after:
        remarks.print("Nothing was changed.", markup=False)
        return
    compared(before, after, remarks)
    remarks.print(f"Wrote {path}.", markup=False)


def _measured(profile: Profile) -> bool:
    return any(found.measure is not None for found in profile.differences)


def _drafts(path: Path) -> list[Path]:
    """Unfinished edits of a profile."""
    form = re.compile(re.escape(path.stem) + r"\.v\d+\.md")
    return sorted(file for file in path.parent.glob("*.md") if form.fullmatch(file.name))


def _date(on: str | None) -> datetime:
    from idiolect.data import as_time

    return _now() if on is None else as_time(on)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
