"""A profile as a Markdown file that a person reads and edits, and what they changed in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from idiolect.errors import DataError
from idiolect.profile.claim import Claim
from idiolect.profile.profile import Profile
from idiolect.profile.sensitive import sensitive

_LINE = re.compile(r"^- (?P<text>.*?)(?: *<!-- (?P<id>c\d+) -->)?$")
_MORE = re.compile(r"^  (?:>|_)")
_HOW = {
    "stated": "said so",
    "inferred": "inferred",
    "corrected": "corrected by you",
    "suppressed": "not used",
}


def to_markdown(profile: Profile) -> str:
    """The claims that may be used, by dimension, with their evidence; `from_markdown` reads edits.

    A claim is a line that ends in its id as a comment. Delete a line and the claim is suppressed,
    change its words and it is corrected, write a new line and it is stated.
    """
    lines = [_heading(profile), ""]
    if profile.summary:
        lines += [*(f"> {line}" for line in profile.summary.splitlines()), ""]
    grouped: dict[str, list[Claim]] = {}
    for claim in profile.current():
        grouped.setdefault(_one_line(claim.dimension), []).append(claim)
    for dimension, claims in grouped.items():
        lines += [f"## {dimension}", ""]
        for claim in claims:
            lines.append(f"- {_one_line(claim.text)} <!-- {claim.id} -->")
            lines.append(f"  _{_HOW[claim.status]}, {claim.confidence:.0%} sure_")
            lines += [f"  > {_one_line(quote)}" for quote in claim.quotes]
        lines.append("")
    return "\n".join(lines)


def from_markdown(profile: Profile, text: str, *, at: datetime | None = None) -> Profile:
    """The profile after the edits that a person made in its Markdown.

    The summary stays: see `told_again`.

    Args:
        profile: The one that `to_markdown` wrote.
        text: The edited file.
        at: When it was edited.

    Raises:
        DataError: It is another user's, a line is no claim, an id stands twice or nowhere, or new
            words of an attribute do not give its value.
    """
    lines = text.splitlines()
    heading = _heading(profile)
    if not lines or lines[0].strip() != heading:
        raise DataError(
            f"Found {lines[0][:60] if lines else ''!r} as the first line; {heading!r} is needed. "
            "Edit the file that was written for this user."
        )
    said, new = _read(profile, lines[1:])
    changed = profile
    for claim in profile.current():
        if claim.id not in said:
            changed = changed.suppress(claim.id, at=at)
            continue
        words, dimension = said[claim.id]
        moved = {"dimension": dimension} if dimension != _one_line(claim.dimension) else {}
        if moved or words != _one_line(claim.text):
            changed = changed.correct(claim.id, words, at=at, **moved)
    stated = [
        Claim(words, dimension, 1.0, "stated", learned_at=at, sensitive=sensitive(words))
        for words, dimension in new
    ]
    changed = changed.add(stated, "stated by the user", at=at)
    return changed


def _read(
    profile: Profile, lines: Sequence[str]
) -> tuple[dict[str, tuple[str, str]], list[tuple[str, str]]]:
    """Id → words and dimension, and the words and dimensions of lines without an id."""
    known = {claim.id for claim in profile.current()}
    said: dict[str, tuple[str, str]] = {}
    new: list[tuple[str, str]] = []
    dimension = ""
    for number, line in enumerate(lines, 2):
        if line.startswith("## "):
            dimension = line[3:].strip()
        elif line.strip() and not line.startswith(">") and not _MORE.match(line):
            found = _LINE.match(line.rstrip())
            if found is None or not found["text"].strip() or not dimension:
                raise DataError(
                    f"Found {line[:60]!r} in line {number}; a claim is a line '- words' under a "
                    "heading '## dimension'. Correct the line or take it out."
                )
            name, words = found["id"], found["text"].strip()
            if name is None:
                new.append((words, dimension))
            elif name in said or name not in known:
                why = "twice" if name in said else "of no claim"
                raise DataError(
                    f"Found the id {name!r} {why} in line {number}; leave ids as they are, and "
                    "write new claims without one."
                )
            else:
                said[name] = (words, dimension)
    return said, new


def _heading(profile: Profile) -> str:
    return f"# What is believed of {_one_line(profile.user)}"


def _one_line(text: str) -> str:
    # A comment of our own within somebody's words must not be read as an id.
    return " ".join(text.split()).replace("<!--", "<! --")
