"""An encoder: texts in, vectors out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idiolect.data import View
from idiolect.errors import DataError

Vectors = NDArray[np.float32]


class Encoder(ABC):
    """Texts in, vectors out.

    Attributes:
        name: How traces call it.
    """

    name: str = "encoder"

    @abstractmethod
    def encode(self, texts: Sequence[str]) -> Vectors:
        """One vector a text.  # (texts, dim)"""

    def at(self, view: View) -> Encoder:
        """The encoder as it may be used in `view`; one that is fitted on people is cut here."""
        return self


@dataclass(frozen=True)
class GivenVectors(Encoder):
    """Vectors made elsewhere, by text.

    Args:
        vectors: Text → vector.
    """

    vectors: Mapping[str, Vectors]
    name: str = "given"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The given vectors.

        Raises:
            DataError: A text has none.
        """
        missing = [text for text in texts if text not in self.vectors]
        if missing:
            raise DataError(
                f"Found no vector for {len(missing)} of {len(texts)} texts, first {missing[0]!r}; "
                "give a vector for every text, or use an encoder that makes them."
            )
        return np.stack([self.vectors[text] for text in texts]).astype(np.float32)
