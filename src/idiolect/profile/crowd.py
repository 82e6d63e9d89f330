"""Other people's texts, counted once for a snapshot: terms of each person, sentences, templates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Events
from idiolect.measure.text import WORD, Text
from idiolect.profile.extract import learnable

#: Columns that terms are hashed to; at this size hardly two frequent ones meet.
COLUMNS = 2**20
#: What each kind of term weighs: words with pairs of words, and runs of characters. Chosen on half
#: of the authors of one data set.
KINDS = (1.0, 0.5)
#: What varies in a template: what is quoted, tokens with a digit, tokens with a mark inside.
_QUOTED = re.compile(r"'[^'\n]+'|\"[^\"\n]+\"|`[^`\n]+`|“[^”\n]+”|«[^»\n]+»|<[^>\n]+>")
_VARIES = re.compile(r"\S*\d\S*|\w+(?:[./@:_\\]+\w+)+")

_NONE = np.array([], dtype=np.intp)


@dataclass(frozen=True, eq=False)
class Crowd:
    """People, by what each wrote and what programs wrote to each.

    Attributes:
        people: Their names.
        counts: Terms of each, one table a kind.  # (people, terms)
        told: Terms of what assistants and systems wrote to each, one table a kind.
        different: Different terms that they wrote, a figure a kind.
        sentences: Their sentences.
        where: Event of each.
        owner: Whose each is, as a number.  # (sentences,)
        words: Which words each has.  # (sentences, words)
        templates: What does not vary of a sentence → the sentences that it is of.
    """

    people: tuple[str, ...]
    counts: tuple[Any, ...]
    told: tuple[Any, ...]
    different: tuple[int, ...]
    sentences: tuple[str, ...]
    where: tuple[str, ...]
    owner: NDArray[np.intp]
    words: Any
    templates: Mapping[str, NDArray[np.intp]]

    @classmethod
    def of(cls, events: Events, *, people: int, texts: int, at_least: int, seed: int) -> Crowd:
        """The people with at least so many texts, a random part where there are more.

        Args:
            events: Anybody's.
            people: At most.
            texts: Latest texts of each that are read.
            at_least: Texts that a person needs.
            seed: Of the draw.
        """
        from scipy.sparse import csr_array, vstack

        written, programs = learnable(events), by_programs(events)
        own = {name: rows for name, rows in _rows(written).items() if len(rows) >= at_least}
        names = sorted(own)
        if len(names) > people:
            drawn = np.random.default_rng(seed).choice(len(names), people, replace=False)
            names = [names[n] for n in sorted(drawn)]
        heard = _rows(programs)
        counts, told, sentences, where, owner = [], [], list[str](), list[str](), list[int]()
        for number, name in enumerate(names):
            theirs = written.take(own[name][-texts:])
            read = words_of(theirs)
            counts.append(together(read))
            told.append(together(words_of(programs.take(heard.get(name, [])[-texts:]))))
            for text, event in zip(read, theirs.ids, strict=True):
                for sentence in Text(text).sentences:
                    sentences.append(" ".join(sentence.split()))
                    where.append(event)
                    owner.append(number)

        def stacked(tables: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
            if not tables:
                return tuple(csr_array((0, COLUMNS)) for _ in KINDS)
            return tuple(vstack([one[k] for one in tables]).tocsr() for k in range(len(KINDS)))

        written_by = stacked(counts)
        return cls(
            people=tuple(names),
            counts=written_by,
            told=stacked(told),
            different=tuple(len(np.unique(table.indices)) for table in written_by),
            sentences=tuple(sentences),
            where=tuple(where),
            owner=np.array(owner, dtype=np.intp),
            words=word_table(sentences),
            templates=_by_template(sentences),
        )

    def seen(self, text: str, among: NDArray[np.bool_]) -> tuple[int, int]:
        """How many sentences of some people have a sentence's template, and of how many people."""
        owners = self.owner[self.templates.get(template(text), _NONE)]
        owners = owners[among[owners]]
        return len(owners), len(np.unique(owners))


def by_programs(events: Events) -> Events:
    """Those of some events that an assistant or a system wrote; recalled texts are nobody's."""
    return events.take(n for n, e in enumerate(events) if e.role not in (None, "user"))


def words_of(events: Events) -> list[str]:
    """Title and text of each."""
    pairs = zip(events.column("title"), events.texts, strict=True)
    return ["\n\n".join(part for part in pair if part) for pair in pairs]


def template(text: str) -> str:
    """The words of a sentence that stay when quotes, numbers, paths and names of code go."""
    return " ".join(WORD.findall(_VARIES.sub(" ", _QUOTED.sub(" ", text)).lower()))


def each(texts: Sequence[str]) -> tuple[Any, ...]:
    """Counts of terms of each text, one table a kind.  # (texts, terms)"""
    from scipy.sparse import csr_array

    if not texts:
        return tuple(csr_array((0, COLUMNS)) for _ in KINDS)
    return tuple(csr_array(counter.transform(texts)) for counter in _counters())


def together(texts: Sequence[str]) -> tuple[Any, ...]:
    """Counts of terms of all texts, one table a kind.  # (1, terms)"""
    from scipy.sparse import csr_array

    return tuple(csr_array(table.sum(axis=0).reshape(1, -1)) for table in each(texts))


def word_table(texts: Sequence[str]) -> Any:
    """Which words each text has.  # (texts, words)"""
    from scipy.sparse import csr_array

    if not texts:
        return csr_array((0, COLUMNS))
    table = csr_array(_words().transform(texts))
    table.data[:] = 1
    return table


def _by_template(sentences: Sequence[str]) -> dict[str, NDArray[np.intp]]:
    """Template → positions of its sentences; those of which all varies have none."""
    found: dict[str, list[int]] = {}
    for at, sentence in enumerate(sentences):
        if form := template(sentence):
            found.setdefault(form, []).append(at)
    return {form: np.array(rows, dtype=np.intp) for form, rows in found.items()}


def _rows(events: Events) -> dict[str, list[int]]:
    """Positions of the events with words, by user."""
    found: dict[str, list[int]] = {}
    for at, (user, text) in enumerate(zip(events.users, events.texts, strict=True)):
        if text and text.strip():
            found.setdefault(user, []).append(at)
    return found


def _hashing(**settings: Any) -> Any:
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(n_features=COLUMNS, alternate_sign=False, norm=None, **settings)


@cache
def _words() -> Any:
    return _hashing(token_pattern=WORD.pattern)


@cache
def _counters() -> tuple[Any, ...]:
    """Words and pairs; runs of characters, which serve languages that inflect or put no spaces."""
    return (
        _hashing(token_pattern=WORD.pattern, ngram_range=(1, 2)),
        _hashing(analyzer="char", ngram_range=(3, 5), lowercase=False),
    )
