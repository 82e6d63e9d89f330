"""A résumé and a job as data: what is read from their texts, and how a résumé is printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, make_dataclass, replace
from typing import Any, get_type_hints

from idiolect.measure.faithfulness import Faithfulness, faithfulness
from idiolect.measure.inventions import Mention, invented


@dataclass(frozen=True)
class Job:
    """What a job advertisement says."""

    title: str = ""
    purpose: str = ""
    keywords: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    preferred: tuple[str, ...] = ()
    company: str = ""
    company_details: str = ""


@dataclass(frozen=True)
class Work:
    """One post; dates as the résumé writes them."""

    role: str
    company: str
    location: str = ""
    from_date: str = ""
    to_date: str = ""
    description: tuple[str, ...] = ()


@dataclass(frozen=True)
class Project:
    """One project."""

    name: str
    kind: str = ""
    link: str = ""
    from_date: str = ""
    to_date: str = ""
    description: tuple[str, ...] = ()


@dataclass(frozen=True)
class Skills:
    """Skills of one sort."""

    name: str
    skills: tuple[str, ...] = ()


@dataclass(frozen=True)
class Education:
    """One course of study."""

    degree: str
    university: str
    from_date: str = ""
    to_date: str = ""
    courses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Certificate:
    """One certificate and who gave it."""

    name: str
    by: str = ""
    link: str = ""


@dataclass(frozen=True)
class Resume:
    """A résumé: who, and six sections, in the order in which they are printed."""

    name: str
    contact: tuple[str, ...] = ()
    work_experience: tuple[Work, ...] = ()
    projects: tuple[Project, ...] = ()
    skills: tuple[Skills, ...] = ()
    education: tuple[Education, ...] = ()
    certifications: tuple[Certificate, ...] = ()
    achievements: tuple[str, ...] = ()

    @property
    def markdown(self) -> str:
        """As a page; sections without content are left out."""
        head = [f"# {self.name}", *([" | ".join(self.contact)] if self.contact else [])]
        for name in SECTIONS:
            entries = getattr(self, name)
            if entries:
                lines = (line for entry in entries for line in _printed(entry))
                head.append("\n".join([f"## {name.replace('_', ' ').capitalize()}", "", *lines]))
        return "\n\n".join(head)


#: Sections that are rewritten for a job.
SECTIONS = tuple(field.name for field in fields(Resume) if field.name not in ("name", "contact"))
#: Section → the form in which it is asked for: a class with the section as its only field.
FORMS: Mapping[str, Any] = {
    name: make_dataclass(name, [(name, get_type_hints(Resume)[name])], frozen=True)
    for name in SECTIONS
}


@dataclass(frozen=True)
class Application:
    """A user model: a résumé as data, and the job that it is fitted to.

    Attributes:
        resume: As it was read.
        job: As it was read.
        source: The user's own words, against which what is written is held.
        evidence: Ids of the events that they are from.
        notes: What limits it.
    """

    resume: Resume
    job: Job
    source: str
    evidence: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tailored:
    """A résumé for a job, its letter, and how far both keep to the source.

    Attributes:
        resume: The rewritten one.
        letter: Empty where none was asked for.
        invented: What résumé or letter name and the source does not.
        faithfulness: Of the résumé's page, the source and the advertisement.
    """

    resume: Resume
    letter: str
    invented: tuple[Mention, ...]
    faithfulness: Faithfulness

    @property
    def text(self) -> str:
        """The page, and the letter below it."""
        return "\n\n".join(filter(None, (self.resume.markdown, self.letter)))

    @property
    def notes(self) -> tuple[str, ...]:
        """What it invents, in words, and how far it keeps to the source."""
        new = tuple(f"not in the source: {one.kind} {one.text!r}" for one in self.invented)
        kept = self.faithfulness
        overlaps = (
            f"overlap of the résumé's words with the source: {kept.preserved:.0%}, with the job: "
            f"{kept.aligned:.0%} (the source with the job: {kept.before:.0%})"
        )
        return (*new, overlaps)


def tailored(
    resume: Resume, sections: Mapping[str, Any], letter: str, source: str, job: str
) -> Tailored:
    """A résumé with rewritten sections, held against its source.

    Skills of a sort that has none left are dropped. A letter may name what the job's text names.

    Args:
        resume: As it was read.
        sections: Section → its new content.
        letter: Empty for none.
        source: The user's own texts.
        job: The advertisement.
    """
    made = replace(resume, **sections)
    made = replace(made, skills=tuple(sort for sort in made.skills if sort.skills))
    unknown = (*invented(asdict(made), source), *invented(letter, f"{source}\n{job}"))
    return Tailored(made, letter, unknown, faithfulness(made.markdown, source, job))


def _printed(entry: object) -> Iterator[str]:
    """An entry as a list item, its parts in one line, its points below."""
    if isinstance(entry, str):
        yield f"- {entry}"
        return
    values = [getattr(entry, field.name) for field in fields(entry)]  # type: ignore[arg-type]
    yield "- " + ", ".join(value for value in values if isinstance(value, str) and value)
    points: Sequence[str] = next((value for value in values if isinstance(value, tuple)), ())
    yield from (f"    - {point}" for point in points)
