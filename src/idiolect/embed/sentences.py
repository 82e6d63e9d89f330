"""Sentence-transformers as encoders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np

from idiolect.embed.base import Encoder, Vectors
from idiolect.embed.lsa import unit
from idiolect.errors import MissingExtraError


@dataclass(frozen=True)
class SentenceTransformerEncoder(Encoder):
    """A model of the sentence-transformers library, by its name or folder.

    Args:
        model: Such as ``all-MiniLM-L6-v2``; downloaded by the library if it is not there.
        batch: Texts at a time.
        device: Such as ``cpu`` or ``cuda``; None leaves it to the library.
        name: How traces call it; default: ``sentence-transformers:MODEL``.

    Raises:
        MissingExtraError: The extra `embed` is not installed.
    """

    model: str
    batch: int = 32
    device: str | None = None
    name: str = ""
    _model: Any = field(init=False, repr=False, compare=False)
    _lock: Any = field(default_factory=Lock, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            from sentence_transformers import SentenceTransformer
        except ModuleNotFoundError as error:
            if error.name != "sentence_transformers":
                raise
            raise MissingExtraError(
                f"The encoder 'sentence-transformers:{self.model}'", "embed"
            ) from None
        object.__setattr__(self, "_model", SentenceTransformer(self.model, device=self.device))
        object.__setattr__(self, "name", self.name or f"sentence-transformers:{self.model}")

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One vector of length 1 a text.  # (texts, dim)"""
        with self._lock:  # one batch at a time on one device
            vectors = self._model.encode(
                list(texts),
                batch_size=self.batch,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        if not len(texts):
            return np.zeros((0, 0), dtype=np.float32)
        return unit(np.asarray(vectors, dtype=np.float32))
