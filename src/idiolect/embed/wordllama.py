"""WordLlama: averaged token vectors that come inside its wheel; fast, English, no download."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from idiolect.embed.base import Encoder, Vectors
from idiolect.embed.lsa import unit
from idiolect.errors import MissingExtraError


@dataclass(frozen=True)
class WordLlamaEncoder(Encoder):
    """The 256-dimensional vectors of WordLlama.

    Raises:
        MissingExtraError: The extra `embed` is not installed.
    """

    name: str = "wordllama"
    _model: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_model", _load())

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One vector of length 1 a text; zeros for one without tokens.  # (texts, 256)"""
        return unit(np.asarray(self._model.embed(list(texts)), dtype=np.float32))


def _load() -> Any:
    found = importlib.util.find_spec("wordllama")
    if found is None or found.origin is None:
        raise MissingExtraError("The encoder 'wordllama'", "embed")
    # Importing it sets up logging for the whole process, which is put back.
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    from wordllama import WordLlama

    root.setLevel(level)
    root.handlers[:] = handlers
    # It looks for its own tokenizer in a folder of another name, and would download one.
    folder = Path(found.origin).parent
    return WordLlama.load(dim=256, cache_dir=folder, disable_download=True)
