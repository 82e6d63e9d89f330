"""What a rewritten text names and its source does not: employers, schools, degrees, dates, figures.

Rules for English, so a floor: a document with fields is checked field by field; in running text
employers are only seen after words such as "at" or "joined", or with a legal form. What is not
found may still be invented; a name that the source spells in another way is taken for invented.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from idiolect.measure.meteor import stem
from idiolect.measure.text import content

Kind = Literal["employer", "school", "degree", "date", "figure"]
KINDS: tuple[Kind, ...] = get_args(Kind)

#: Field of a document → what it names. The values of all other fields are read as running text.
FIELDS: Mapping[str, Kind] = {
    "company": "employer",
    "employer": "employer",
    "organization": "employer",
    "by": "employer",
    "university": "school",
    "school": "school",
    "degree": "degree",
    "date": "date",
    "from_date": "date",
    "to_date": "date",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEAR = r"(?:19|20)\d\d"
_DAY = r"(?:[0-2]?\d|3[01])(?:st|nd|rd|th)?"
_DATE = re.compile(
    rf"\b(?:(?:{_DAY}\s+)?(?P<name>{'|'.join(_MONTHS)})[a-z]*\.?(?:\s+{_DAY})?,?\s*(?P<a>{_YEAR})"
    rf"|(?P<before>0?[1-9]|1[0-2])[/.](?P<b>{_YEAR})"
    rf"|(?P<c>{_YEAR})[-/](?P<after>0[1-9]|1[0-2])(?!\d)"
    rf"|(?P<d>{_YEAR}))\b",
    re.IGNORECASE,
)
#: Without one of these the word is no degree: a master baker, a doctor.
_OF = (
    r"(?:['’]s|s?(?=\s+(?:of|in|degree)\b))"
    r"(?:\s+of\s+(?:science|arts|engineering|technology|laws?|philosophy|education))?"
)
_SHORT = r"(?=\s+degree\b|\s+in\s+[A-Z])"  # after capitals that mean other things, too
_LEVELS: Mapping[str, str] = {
    "doctor": rf"ph\.?\s?d|d\.?phil|doctorate|doctor{_OF}",
    "mba": r"m\.?b\.?a|masters?\s+of\s+business\s+administration",
    "master": rf"m\.?\s?sc|m\.s|m\.a|m\.?eng|m\.?tech|(?-i:M[AS]{_SHORT})|master{_OF}",
    "bachelor": rf"b\.?\s?sc|b\.s|b\.a|b\.?eng|b\.?tech|(?-i:B[AS]{_SHORT})|bachelor{_OF}",
    "associate": rf"associate{_OF}",
}
_LEVEL = "|".join(f"(?P<{level}>{words})" for level, words in _LEVELS.items())
_DEGREE = re.compile(
    rf"(?i:(?<![\w.])(?:{_LEVEL})\.?(?!\w)(?:\s+degree)?)"
    r"(?:\s*,?\s+in\s+(?P<field>[A-Z]\w+(?:\s+(?:and\s+)?[A-Z]\w+){0,3}))?"
)
_NAME = r"(?:[A-Z][\w&'’.-]*\w|[A-Z])(?:\s+(?:(?:of|and|&|for|the)\s+)?[A-Z][\w&'’-]*)*"
_EMPLOYED = re.compile(
    r"\b(?:[Aa]t|[Jj]oined|[Ww]ork(?:ed|ing)?\s+for|[Ee]mployed\s+by|[Hh]ired\s+by|"
    rf"[Ii]ntern(?:ed|ship)?\s+(?:at|with)|[Ff]rom)\s+(?:the\s+)?(?P<name>{_NAME})"
)
_FORMS = "Inc|Ltd|LLC|GmbH|AG|Corp|Corporation|Company|PLC|SA|BV|LLP"
_LEGAL = re.compile(rf"(?P<name>{_NAME}),?\s+(?:{_FORMS})\b")
_SCHOOL = re.compile(
    rf"(?P<name>(?:{_NAME}\s+)?(?:University|College|Institute|Academy|Polytechnic)"
    rf"(?:\s+(?:of|for)\s+{_NAME})?)"
)
_FIGURE = re.compile(
    r"(?<![\w.])[$€£]?\d[\d,.]*\d?(?:\s?(?:%|percent|x\b|k\b|m\b|\+))?", re.IGNORECASE
)
_DROPPED = frozenset(_FORMS.lower().split("|")) | {"the", "and", "of"}


@dataclass(frozen=True)
class Mention:
    """Something that a text names.

    Attributes:
        kind: What it is.
        text: As it stands there.
        where: Field of the document; empty in running text.
    """

    kind: Kind
    text: str
    where: str = ""


def mentions(document: Any, where: str = "") -> Iterator[Mention]:
    """What a text or a structured document names.

    Args:
        document: A text, or mappings and sequences of texts, as JSON is read.
        where: Name of the field that it stands in; `FIELDS` says what such a field names.
    """
    if isinstance(document, Mapping):
        for key, value in document.items():
            yield from mentions(value, str(key))
    elif isinstance(document, list | tuple):
        for value in document:
            yield from mentions(value, where)
    elif isinstance(document, str) and document.strip():
        kind = FIELDS.get(where)
        if kind is None:
            yield from _in_text(document, where)
        elif kind != "date" or _dates(document):
            yield Mention(kind, document.strip(), where)


def _in_text(text: str, where: str) -> Iterator[Mention]:
    schools = [match["name"] for match in _SCHOOL.finditer(text)]
    named = [m["name"] for pattern in (_EMPLOYED, _LEGAL) for m in pattern.finditer(text)]
    # One name with and without its legal form is one employer.
    employers = {
        _plain(name): name
        for name in reversed(named)
        if name[:3].lower() not in _MONTHS and not any(name in school for school in schools)
    }
    dates = [match[0] for match in _DATE.finditer(text)]
    figures = [match[0] for match in _FIGURE.finditer(_DATE.sub(" ", text))]
    found: Mapping[Kind, Iterable[str]] = {
        "employer": list(employers.values())[::-1],
        "school": schools,
        "degree": (match[0] for match in _DEGREE.finditer(text)),
        "date": dates,
        "figure": figures,
    }
    for kind, names in found.items():
        yield from (Mention(kind, name.strip(), where) for name in names)


def invented(document: Any, source: str) -> tuple[Mention, ...]:
    """What a document names and its source does not, in the document's order.

    An employer or school occurs if its words do, side by side, whatever their case, legal form and
    place after a comma, or if those on either side of an "and" do. A date occurs if its month and
    year do, in any notation, or its year where it is a year alone; "present" is none. A degree
    occurs if one of its level does, and the words of its field. A figure occurs if the number does.
    Where in the source it stands is not asked: a date that moves to another post is not seen.

    Args:
        document: A text, or mappings and sequences of texts.
        source: All that may be named, as text.
    """
    known = _Source.of(source)
    return tuple(dict.fromkeys(one for one in mentions(document) if not known.has(one)))


@dataclass(frozen=True)
class _Source:
    words: str
    stems: frozenset[str]
    dates: frozenset[tuple[int, int]]
    levels: frozenset[str]
    figures: frozenset[str]

    @classmethod
    def of(cls, text: str) -> _Source:
        return cls(
            f" {_plain(text)} ",
            frozenset(map(stem, content(text))),
            frozenset(_dates(text)),
            frozenset(_levels(text)),
            frozenset(map(_number, _FIGURE.findall(text))),
        )

    def has(self, one: Mention) -> bool:
        match one.kind:
            case "employer" | "school":
                name = one.text.split(",")[0]
                return self.names(name) or all(map(self.names, re.split(r"\s+and\s+", name)))
            case "date":
                years = {year for year, _ in self.dates}
                return all(
                    (year, month) in self.dates if month else year in years
                    for year, month in _dates(one.text)
                )
            case "degree":
                field = _DEGREE.sub(lambda found: found["field"] or " ", one.text)
                told = {stem(word) for word in content(field) if not _levels(word)}
                return _levels(one.text) <= self.levels and told <= self.stems
            case "figure":
                return _number(one.text) in self.figures

    def names(self, name: str) -> bool:
        """True if a name occurs."""
        return f" {_plain(name)} " in self.words


def _plain(text: str) -> str:
    """Lower-cased words without legal forms, articles and marks."""
    words = re.findall(r"\w+", text.casefold().replace("&", " and "))
    return " ".join(word for word in words if word not in _DROPPED)


def _dates(text: str) -> set[tuple[int, int]]:
    """Year and month (0 for none) of every date."""
    return set(map(_date, _DATE.finditer(text)))


def _date(found: re.Match[str]) -> tuple[int, int]:
    year = next(int(found[name]) for name in "abcd" if found[name])
    if found["name"]:
        return year, 1 + _MONTHS.index(found["name"].lower())
    return year, int(found["before"] or found["after"] or 0)


def _levels(text: str) -> set[str]:
    return {level for found in _DEGREE.finditer(text) for level in _LEVELS if found[level]}


def _number(text: str) -> str:
    return re.sub(r"[^\d.]", "", text).strip(".")
