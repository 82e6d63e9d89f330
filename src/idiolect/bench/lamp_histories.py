"""Reads LaMP's questions: what is asked, and the history of its user."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from idiolect.bench.lamp_form import STARS, Form
from idiolect.bench.rows import Found
from idiolect.bench.word_for_word import thing
from idiolect.data import Event, Item, Message, Request
from idiolect.errors import DataError

_REFERENCES = re.compile(r'(.*?)\s*\[1\]: "(.*)" \[2\]: "(.*)"\s*', re.DOTALL)
_LISTED = re.compile(r"\[([^\[\]]+)\]\s*\S+:\s*$")


class Histories:
    """Reads requests and, with each, the history of its user.

    Args:
        form: Of the task.
        dated: Entries have dates, and requests are asked just after the last of them.

    Attributes:
        events: All histories.
        items: What they are about.
        empty: Users without a history.
        wordless: Fields without words.
        renamed: Entries with an id that another of the same user has.
        unmarked: Inputs without the task's marker.
    """

    def __init__(self, form: Form, dated: bool) -> None:
        self._form, self._dated = form, dated
        self.events: list[Event] = []
        self.items: dict[str, Item] = {}
        self.empty = self.wordless = self.renamed = self.unmarked = 0

    def request(self, user: str, row: Found) -> Request:
        """What a question asks; its profile becomes events."""
        taken: set[str] = set()
        last = None
        for at, entry in enumerate(row.all("profile")):
            event = self._event(user, entry, at, taken)
            last = max(last, event.time) if last and event.time else last or event.time
            self.events.append(event)
        self.empty += not taken
        asked, about = self._parts(row.get("input", str))
        item = thing(about) if self._form.about else None
        return Request(
            user,
            query="" if item else about,
            messages=(Message("system", asked),) if asked else (),
            item=item,
            time=_after(row, last) if self._dated else None,
            options=_listed(asked, self._form.labels),
            scale=STARS if self._form.rating else None,
        )

    def _event(self, user: str, entry: Found, at: int, taken: set[str]) -> Event:
        form = self._form
        if form.chosen == "tag" and "category" in entry.row:
            raise DataError(
                f"Found a 'category' in {entry.where}: these are LaMP-2's older files on news. "
                "Read them with task='LaMP-2-old'."
            )
        item = None
        if form.about:
            made = thing(self._words(entry, form.about), self._words(entry, form.about_title))
            item = self.items.setdefault(made.id, made)
        # LaMP-2 was released without ids of entries too.
        name = f"{user}/{entry.text('id') if 'id' in entry.row else at}"
        self.renamed += name in taken
        name = f"{name}#{at}" if name in taken else name
        taken.add(name)
        return Event(
            user,
            self._words(entry, form.written),
            item.id if item else None,
            _date(entry, "date") if self._dated else None,
            _stars(entry, form.rating) if form.rating else None,
            title=self._words(entry, form.heading) or None,
            chosen=self._words(entry, form.chosen) or None,
            id=name,
        )

    def _words(self, entry: Found, name: str) -> str:
        if not name:
            return ""
        text = "" if entry.row.get(name, name) is None else entry.text(name).strip()
        self.wordless += not text
        return text

    def _parts(self, whole: str) -> tuple[str, str]:
        """What is asked, and what it is about."""
        if not self._form.marker:
            found = _REFERENCES.fullmatch(whole)
            if found:
                return found[1], f"[1] {found[2]}\n[2] {found[3]}"
        elif self._form.marker in whole:
            asked, marker, about = whole.partition(self._form.marker)
            return asked + marker, about.strip()
        self.unmarked += 1
        return "", whole.strip()


def _listed(asked: str, labels: tuple[str, ...]) -> tuple[str, ...]:
    """The labels in the order in which a question lists them, or else in that of the task."""
    found = _LISTED.search(asked)
    listed = tuple(part.strip() for part in found[1].split(",")) if found else ()
    return listed if sorted(listed) == sorted(labels) else labels


def number(text: str) -> float | None:
    """The number that a text is; None where it is none."""
    try:
        return float(text)
    except ValueError:
        return None


def _stars(entry: Found, name: str) -> float:
    stars = number(entry.text(name))
    if stars is None or not STARS[0] <= stars <= STARS[1]:
        raise DataError(
            f"Found {entry.text(name)!r} as {name!r} in {entry.where}; a number from {STARS[0]:g} "
            f"to {STARS[1]:g} is needed."
        )
    return stars


def _date(row: Found, name: str) -> datetime:
    """A year, a month or a day, as in 2014, 2014-05 or 2014-05-31."""
    text = row.text(name)
    try:
        parts = [int(part) for part in text.split("-")]
        return datetime(*[*parts, 1, 1][:3], tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        raise DataError(
            f"Found {text!r} as {name!r} in {row.where}; a date such as 2014-05-31 is needed."
        ) from None


def _after(row: Found, last: datetime | None) -> datetime | None:
    """When a question is asked: its own date, or just after its user's last entry."""
    if "date" in row.row:
        return _date(row, "date")
    return None if last is None else last + timedelta(microseconds=1)
