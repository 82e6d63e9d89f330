"""METEOR as NLTK computes it, with WordNet's synonyms or, under another name, without them.

Pairs of words are matched as they are, then by stem, then by synonym; the score weighs precision
and recall and takes off for broken order (Lavie & Agarwal 2007: alpha .9, beta 3, gamma .5). Which
words are synonyms depends on the WordNet that is installed; without one the third stage cannot be
made, and the figure is another one.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from idiolect.errors import CapabilityError
from idiolect.measure.text import Text

#: WordNet's parts of speech and the endings of its `morphy`, tried once each.
ENDINGS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "noun": (
        ("s", ""),
        ("ses", "s"),
        ("ves", "f"),
        ("xes", "x"),
        ("zes", "z"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("men", "man"),
        ("ies", "y"),
    ),
    "verb": (
        ("s", ""),
        ("ies", "y"),
        ("es", "e"),
        ("es", ""),
        ("ed", "e"),
        ("ed", ""),
        ("ing", "e"),
        ("ing", ""),
    ),
    "adj": (("er", ""), ("est", ""), ("er", "e"), ("est", "e")),
    "adv": (),
}
#: Where Debian's package wordnet-base puts it.
DEBIAN = Path("/usr/share/wordnet")
_MARKER = re.compile(r"\([^()]*\)$")


@dataclass(frozen=True)
class Lemma:
    """A word of a synset, in the shape that NLTK asks for."""

    word: str

    def name(self) -> str:
        """The word."""
        return self.word


@dataclass(frozen=True)
class Synset:
    """Words of one meaning, in the shape that NLTK asks for."""

    words: tuple[str, ...]

    def lemmas(self) -> list[Lemma]:
        """The words."""
        return [Lemma(word) for word in self.words]


@dataclass(frozen=True)
class WordNet:
    """Words of one meaning, from the files of WordNet 3 (index.*, data.*, *.exc).

    Args:
        index: By part of speech: lemma → places of its synsets.
        data: By part of speech: the file that the places are in.
        exceptions: By part of speech: irregular form → lemmas.
    """

    index: Mapping[str, Mapping[str, tuple[int, ...]]] = field(default_factory=dict, repr=False)
    data: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    exceptions: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, folder: Path) -> WordNet:
        """The WordNet in a folder, or in NLTK's archive of one."""
        if folder.suffix == ".zip":
            with zipfile.ZipFile(folder) as archive:
                return cls._of(zipfile.Path(archive, "wordnet/"))
        return cls._of(folder)

    @classmethod
    def _of(cls, folder: Path | zipfile.Path) -> WordNet:
        index: dict[str, dict[str, tuple[int, ...]]] = {}
        exceptions: dict[str, dict[str, Sequence[str]]] = {}
        data: dict[str, bytes] = {}
        for part in ENDINGS:
            data[part] = (folder / f"data.{part}").read_bytes()
            lines = (folder / f"index.{part}").read_text(encoding="utf-8").splitlines()
            cut = (line.split() for line in lines if not line.startswith(" "))
            # lemma, part, number of synsets, …, places of the synsets
            index[part] = {f[0]: tuple(map(int, f[-int(f[2]) :])) for f in cut}
            rows = (folder / f"{part}.exc").read_text(encoding="utf-8").splitlines()
            exceptions[part] = {f[0]: f[1:] for f in map(str.split, rows) if f}
        return cls(index, data, exceptions)

    def synsets(self, word: str) -> list[Synset]:
        """The meanings of a word, whatever its form."""
        return [
            self._synset(part, place)
            for part, index in self.index.items()
            for form in self._forms(word.lower(), part)
            for place in index.get(form, ())
        ]

    def _forms(self, word: str, part: str) -> set[str]:
        irregular = self.exceptions[part].get(word)
        if irregular is not None:
            return {word, *irregular}
        ends = (pair for pair in ENDINGS[part] if word.endswith(pair[0]))
        return {word, *(word[: -len(old)] + new for old, new in ends)}

    def _synset(self, part: str, place: int) -> Synset:
        # place, file, part, number of words (hexadecimal), then each word and its number
        fields = self.data[part][place : self.data[part].index(b"|", place)].decode().split()
        words = fields[4 : 4 + 2 * int(fields[3], 16) : 2]
        return Synset(tuple(_MARKER.sub("", word) for word in words))


def wordnet_folder() -> Path | None:
    """Where WordNet is: `WNSEARCHDIR`, Debian's wordnet-base, NLTK's data; None where it is not."""
    named = os.environ.get("WNSEARCHDIR")
    folders = ([Path(named)] if named else []) + [DEBIAN]
    for folder in folders:
        if (folder / "index.noun").is_file():
            return folder
    import nltk

    for place in nltk.data.path:
        folder = Path(place) / "corpora" / "wordnet"
        if (folder / "index.noun").is_file():
            return folder
        if folder.with_suffix(".zip").is_file():
            return folder.with_suffix(".zip")
    return None


def installed_wordnet() -> WordNet:
    """The WordNet of this machine, read once.

    Raises:
        CapabilityError: There is none.
    """
    folder = wordnet_folder()
    if folder is None:
        raise CapabilityError(
            "METEOR needs WordNet, which was found neither in WNSEARCHDIR, nor in "
            f"{DEBIAN}, nor in NLTK's data. Install Debian's wordnet-base or run "
            "`python -m nltk.downloader wordnet`, or use the metric 'meteor_exact_stem', which "
            "leaves synonyms out and gives other figures."
        )
    return _read(folder)


@lru_cache(maxsize=1)
def _read(folder: Path) -> WordNet:
    return WordNet.read(folder)


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The word's stem by NLTK's Porter stemmer."""
    return str(_porter().stem(word))


@lru_cache(maxsize=1)
def _porter() -> Any:
    from nltk.stem.porter import PorterStemmer

    return PorterStemmer()


@dataclass(frozen=True)
class Stemmer:
    """The remembering stemmer, in the shape that NLTK asks for."""

    def stem(self, word: str) -> str:
        """The word's stem."""
        return stem(word)


@dataclass(frozen=True)
class Meteor:
    """METEOR of each output against its reference, 0..1.

    Words are cut by NLTK's word tokenizer, sentence by sentence; sentences are ours (`Text`), as
    NLTK's need a download.

    Args:
        synonyms: Whether synonyms match, as the metric's definition has it.
    """

    synonyms: bool = True

    def __call__(self, outputs: Sequence[str], references: Sequence[str]) -> list[float]:
        """The score of each pair; NaN where the reference has no word.

        Raises:
            CapabilityError: Synonyms need WordNet, which is not installed.
        """
        from nltk.translate.meteor_score import single_meteor_score

        synsets = (installed_wordnet() if self.synonyms else WordNet()).synsets
        wordnet = SimpleNamespace(synsets=lru_cache(maxsize=None)(synsets))
        scores = []
        for output, reference in zip(outputs, references, strict=True):
            real = tokens(reference)
            same = single_meteor_score(real, tokens(output), stemmer=Stemmer(), wordnet=wordnet)
            scores.append(float(same) if real else np.nan)
        return scores


@lru_cache(maxsize=10_000)
def tokens(text: str) -> tuple[str, ...]:
    """Words and marks by NLTK's tokenizer, sentence by sentence."""
    tokenize = _tokenizer().tokenize
    return tuple(token for sentence in Text(text).sentences for token in tokenize(sentence))


@lru_cache(maxsize=1)
def _tokenizer() -> Any:
    from nltk.tokenize.destructive import NLTKWordTokenizer

    return NLTKWordTokenizer()
