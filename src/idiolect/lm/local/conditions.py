"""What a prompt can give an open model beside words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class SoftTokens:
    """A condition: vectors that stand before a prompt's own tokens, as in prompt tuning.

    Attributes:
        vectors: In the space of the model's token embeddings.  # (tokens, dim)
    """

    vectors: NDArray[np.floating[Any]]
    kind: str = "soft_tokens"


@dataclass(frozen=True)
class NamedAdapter:
    """A condition: weights on top of the model's own, by the name that they were loaded under."""

    name: str
    kind: str = "adapter"
