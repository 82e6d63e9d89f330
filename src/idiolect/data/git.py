"""A git repository: authors are users, messages are texts, top folders are items."""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from idiolect.data.tables import Table
from idiolect.errors import DataError

#: The item of files that lie in no folder.
ROOT = "(root)"
# Only NUL is safe as a separator: messages, names and paths may hold anything else.
_FORMAT = "%x00".join(["%H", "%aN", "%aE", "%at", "%ct", "%s", "%B"])
_FIELDS = 7
_SETTINGS = ("log.showSignature=false", "log.showRoot=true", "diff.relative=false",
             "i18n.logOutputEncoding=UTF-8")  # fmt: skip
# Set by hooks and other tools; they would point git to another repository.
_MISLEADING = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY")
_TRAILER = re.compile(
    r"^(?:[A-Za-z]+(?:-[A-Za-z]+)*-(?:by|to|on|id|for|off|with|from|url|bug|of)"
    r"|cc|fixes|closes|close|resolves|link|refs|ref|references|bug|issue|see-also|reviewers"
    r"|subscribers|differential revision|pull-request|related|signed-off|ack|acked|tested)"
    r"\s*(?::|#)\s*\S",
    re.IGNORECASE,
)
_PICKED = re.compile(r"^\(cherry picked from commit [0-9a-f]+\)$")
_REMARK = re.compile(r"^\[[\w .'-]+: .*\]$")


@dataclass(frozen=True)
class _Commit:
    id: str
    name: str
    email: str
    time: int
    subject: str
    message: str
    folder: str | None


def git_table(path: str | Path, *, time: Literal["author", "commit"] = "author") -> Table:
    """The commits of a repository under our names, oldest first; merges are left out.

    One author may have several addresses, and one address several names (`.mailmap` is heeded):
    an address goes by the name it is used with most, and addresses of one name are one author.

    Args:
        path: A folder in the work tree, or a bare repository.
        time: When the words were written (author) or when they came in (commit).

    Raises:
        DataError: There is no git, no repository, or no commit.
    """
    import polars as pl

    where = Path(path).expanduser()
    if "://" in str(path) or re.match(r"^[\w.-]+@[\w.-]+:", str(path)):
        raise DataError(f"Found the address {str(path)!r}; clone it, then give git:FOLDER.")
    if not where.is_dir():
        raise DataError(f"Found no folder at '{where}'; give git:FOLDER of a cloned repository.")
    shallow = _git(where, "rev-parse", "--is-shallow-repository").strip() == b"true"
    if not _git(where, "rev-list", "--all", "-n", "1").strip():
        raise DataError(f"Found no commits in '{where}'; bring a repository with a history.")
    raw = _git(
        where, "log", "--no-merges", "--reverse", "--raw", "-z", "--no-renames", "--no-abbrev",
        "--no-color", "--no-notes", "--no-ext-diff", "--use-mailmap",
        f"--format=tformat:{_FORMAT}",
    )  # fmt: skip
    commits = list(_commits(raw, time))
    if not commits:
        raise DataError(
            f"Found only merges among the commits of '{where}'; no author wrote a message to read."
        )
    names = _names(commits)
    frame = pl.DataFrame(
        {
            "user": [names[c.email] for c in commits],
            "text": [without_trailers(c.message) for c in commits],
            "item": [c.folder for c in commits],
            "time": [c.time for c in commits],
            "title": [c.subject or None for c in commits],
            "id": [c.id for c in commits],
        },
        schema_overrides={"item": pl.String, "title": pl.String},
    ).with_columns(pl.from_epoch("time", "s"))
    return Table(frame, np.arange(1, len(commits) + 1), len(commits), notes=_notes(names, shallow))


def _git(where: Path, *arguments: str) -> bytes:
    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    clean = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
    try:
        done = subprocess.run(
            ["git", "-C", str(where), *settings, *arguments],
            capture_output=True, check=False, env=clean | {"LC_ALL": "C"},
        )  # fmt: skip
    except FileNotFoundError:
        raise DataError(
            "Found no program 'git'; install git, or bring the history as a table."
        ) from None
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip().removeprefix("fatal: ")
        if "not a git repository" in told:
            raise DataError(
                f"Found no git repository at '{where}'; give git:FOLDER of a cloned repository."
            )
        raise DataError(f"git could not read '{where}': {told}. Correct that and try again.")
    return done.stdout


def _commits(raw: bytes, time: str) -> Iterator[_Commit]:
    # Undecodable bytes of old messages become U+FFFD, as in `git log` itself.
    tokens = raw.decode(errors="replace").split("\0")
    at = 0
    while at + _FIELDS <= len(tokens):
        sha, name, email, written, entered, subject, message = tokens[at : at + _FIELDS]
        at += _FIELDS
        folders: Counter[str] = Counter()
        # A newline comes before the first file.
        while at < len(tokens) and tokens[at].lstrip("\n").startswith(":"):
            path = tokens[at + 1]
            folders[path.split("/", 1)[0] if "/" in path else ROOT] += 1
            at += 2
        most = min(folders, key=lambda f: (-folders[f], f)) if folders else None
        moment = int(written if time == "author" else entered)
        yield _Commit(sha.strip("\n"), name, email.lower(), moment, subject, message, most)


def _names(commits: Sequence[_Commit]) -> dict[str, str]:
    """The display name of each address: the one it is used with most, then the latest."""
    used: dict[str, Counter[str]] = {}
    for commit in reversed(commits):
        used.setdefault(commit.email, Counter())[commit.name.strip() or commit.email] += 1
    return {email: names.most_common(1)[0][0] for email, names in used.items()}


def _notes(names: dict[str, str], shallow: bool) -> tuple[str, ...]:
    notes = []
    people = len(set(names.values()))
    if people < len(names):
        notes.append(f"{len(names):,} addresses of {people:,} authors (put together by name).")
    if shallow:
        notes.append(
            "This clone is shallow, so older commits are missing; get them with: "
            "git fetch --unshallow"
        )
    return tuple(notes)


def without_trailers(message: str) -> str:
    """The message without the lines at its end that say who signed, reviewed or reported."""
    lines = message.rstrip().split("\n")
    end, seen = len(lines), False
    while end > 1:
        line = lines[end - 1].strip()
        if _TRAILER.match(line) or _PICKED.match(line) or (seen and _REMARK.match(line)):
            seen = True
        elif line:
            break
        end -= 1
    return "\n".join(lines[:end]).strip()
