"""A profile in a file: how it was made, what was left out, and that two edits never meet."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from idiolect.errors import DataError, SettingError, UnknownNameError
from idiolect.journal import written
from idiolect.profile.claim import STRICT, Claim
from idiolect.profile.profile import Profile
from idiolect.profile.renew import keys

#: What this version writes, and the only form it reads beside the JSON of a `Profile`.
FORMAT = "idiolect profile 1"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
#: File names that Windows keeps for devices.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
_SHOWN = 12


@dataclass(frozen=True)
class Standing:
    """How a claim stands among other people; counts alone, never who or what.

    Attributes:
        value: 0..1, how distinctive it is.
        said_by: Others who say it.
        people: Others compared with.
        reason: What the value rests on.
    """

    value: float | None
    said_by: int
    people: int
    reason: str
    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT


@dataclass(frozen=True)
class Stored:
    """What a profile's file holds.

    Attributes:
        profile: The profile.
        made: Everything that it depends on: recipe, settings, model, fingerprint of the data.
        source: Where the data was read from.
        left: Claims that were not worth keeping.
        standing: A claim's words → how it stands among others.
        refused: Why claims of the last building were refused.
        forgotten: Ids of events that nothing may be learned from.
        texts: Own events that were read.
        known: Digest of what claims say or said → their ids, see `keys`.
    """

    profile: Profile
    made: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    left: tuple[Claim, ...] = ()
    standing: dict[str, Standing] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    forgotten: tuple[str, ...] = ()
    texts: int = 0
    known: dict[str, str] = field(default_factory=dict)
    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT

    def forget(self, events: list[str]) -> Stored:
        """Without everything that rests on these events alone, for good."""
        gone = set(events)
        profile = self.profile.forget(gone)
        left = tuple(c for claim in self.left if (c := claim.without(gone)) is not None)
        words = {claim.text for claim in (*profile.claims, *left)}
        known = self.known | keys(self.profile)
        ids = {claim.id for claim in profile.claims}
        return replace(
            self,
            profile=profile,
            left=left,
            standing={text: one for text, one in self.standing.items() if text in words},
            refused=(),  # they quote texts
            forgotten=tuple(dict.fromkeys((*self.forgotten, *events))),
            known={key: name for key, name in known.items() if name in ids},
        )


def path_of(folder: Path, user: str) -> Path:
    """The file of a user: the name itself, or a safe form of it with a mark of the whole name."""
    if _PLAIN.fullmatch(user) and not _DEVICES.fullmatch(user):
        return folder / f"{user}.json"
    safe = re.sub(r"[^A-Za-z0-9_-]+", "-", user).strip("-_")[:60] or "user"
    mark = hashlib.sha256(user.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return folder / f"{safe}-{mark}.json"


def find(name: str, folder: Path) -> Path:
    """The profile's file: a path, or a user's name in a folder.

    Raises:
        DataError: It looks like a path, and there is no such file; or the user's file is another's.
        UnknownNameError: The folder has no profile of this user.
    """
    path = Path(name)
    if path.is_file():
        return path
    if held(folder, name) is not None:
        return path_of(folder, name)
    if path.is_dir():
        raise DataError(f"Found the folder '{name}'; name one file in it, or a user.")
    if path.suffix == ".json" or len(path.parts) > 1:
        raise DataError(f"Found no file '{name}'; check the path, or name a user.")
    files = sorted(folder.glob("*.json"))[:200] if folder.is_dir() else []
    if not files:
        raise DataError(
            f"Found no profile in '{folder}' and no file '{name}'; build one with "
            "'idiolect profile build', or say where they are with --in FOLDER."
        )
    raise UnknownNameError(f"profile in '{folder}' of", name, list(_users(files)))


def held(folder: Path, user: str) -> Stored | None:
    """What a user's file in a folder holds; None where there is none.

    Raises:
        DataError: The file is another user's.
    """
    path = path_of(folder, user)
    if not path.is_file():
        return None
    stored = read(path)
    if stored.profile.user != user:
        raise DataError(
            f"Found the profile of {stored.profile.user!r} in '{path}', which is to hold that of "
            f"{user!r}; give it a name of its own, or take it away."
        )
    return stored


def read(path: Path) -> Stored:
    """What a file holds.

    Raises:
        DataError: It is no profile, is of another version, or is cut off; with the list of what
            does not fit.
    """
    from pydantic import ValidationError

    try:
        raw = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:  # also of the decoding
        raise DataError(
            f"Found '{path}', which is no JSON ({error}): cut off, or something else. Give a file "
            "that 'idiolect profile build' or `Profile.to_json` wrote; of a damaged one bring back "
            "a copy, or take it away and build anew."
        ) from None
    form = raw.pop("format", None) if isinstance(raw, dict) else None
    if form is not None and form != FORMAT:
        raise DataError(
            f"Found '{path}' in the form {form!r}; this version reads {FORMAT!r}. Read it with the "
            "version of idiolect that wrote it, and export its profile as JSON."
        )
    if not isinstance(raw, dict) or not {"profile", "user"} & raw.keys():
        raise DataError(
            f"Found '{path}', which is JSON but no profile; give a file that 'idiolect profile "
            "build' or `Profile.to_json` wrote."
        )
    try:
        read: Stored = _form().validate_json(
            json.dumps(raw if form is not None else {"profile": raw}), strict=True
        )
    except ValidationError as error:
        raise DataError(_list(path, error.errors())) from None
    except DataError as error:
        raise DataError(f"Found '{path}', of which a claim cannot be: {error}") from None
    return _sound(path, read)


def write(path: Path, stored: Stored, seen: Stored | None) -> None:
    """Writes a file whole or not at all, if it still holds what was seen.

    Args:
        path: The file.
        stored: What it is to hold.
        seen: What it held when it was read; None where there was no file.

    Raises:
        SettingError: Somebody else changed it meanwhile, or it cannot be written.
    """
    head = json.dumps({"format": FORMAT})[:-1]
    body = _form().dump_json(stored).decode()
    with _alone(path.parent):
        there = read(path) if path.is_file() else None
        if there != seen:
            was = f"version {seen.profile.version}" if seen else "no file"
            now = f"version {there.profile.version}" if there else "no file"
            raise SettingError(
                f"Found '{path}' changed meanwhile by somebody else ({was} before, {now} now); "
                "nothing was written. Look at it, and give the command again."
            )
        written(path, (head, ",", body[1:], "\n"))


def stamped(before: Profile, after: Profile, now: datetime | None = None) -> Profile:
    """With the time in every step since an earlier version that has none."""
    now = now or datetime.now(UTC).replace(microsecond=0)
    return replace(
        after,
        history=tuple(
            replace(c, at=now) if c.version > before.version and c.at is None else c
            for c in after.history
        ),
    )


def _sound(path: Path, stored: Stored) -> Stored:
    """With an id for every claim.

    Raises:
        DataError: An id stands twice, or only some claims have one.
    """
    profile = stored.profile
    names = [claim.id for claim in profile.claims]
    if names and not any(names):
        bare = replace(profile, claims=(), history=())
        return replace(stored, profile=replace(bare.add(profile.claims, "made"), version=1))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not all(names):
        raise DataError(
            f"Found {'the id ' + repr(twice[0]) + ' twice' if twice and twice[0] else 'no id'} "
            f"among the claims of '{path}'; every claim needs one of its own."
        )
    return stored


def _list(path: Path, errors: Any) -> str:
    said = [f"{'.'.join(map(str, e['loc'])) or 'text'}: {e['msg'].lower()}" for e in errors]
    more = f" and {len(said) - _SHOWN} more" if len(said) > _SHOWN else ""
    many = "a field does" if len(said) == 1 else f"{len(said)} fields do"
    return (
        f"Found '{path}', of which {many} not fit a profile: {'; '.join(said[:_SHOWN])}{more}. "
        "Mend it, or build the profile anew."
    )


def _users(files: list[Path]) -> Iterator[str]:
    """Whose the files are; those that cannot be read are no answer to who is there."""
    for file in files:
        try:
            yield read(file).profile.user
        except DataError:
            yield file.stem


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Holds the folder while a file in it is compared and replaced (not on Windows)."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


@cache
def _form() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Stored)
