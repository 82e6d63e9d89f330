"""Embeddings from any OpenAI-compatible endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from idiolect.embed.base import Encoder, Vectors
from idiolect.embed.lsa import unit
from idiolect.errors import EndpointError, SettingError
from idiolect.remote import Remote, locate


@dataclass(frozen=True)
class EndpointEncoder(Encoder):
    """An embedding model behind an OpenAI-compatible endpoint; `endpoint_encoder` makes one.

    Args:
        model: As the endpoint calls it.
        remote: Where it is, and how calls are made.
        batch: Texts a call; OpenAI takes 2048 at most, and 300,000 tokens.
        name: How traces call it; default: `model`.

    Raises:
        SettingError: `batch` is below 1.
    """

    model: str
    remote: Remote
    batch: int = 256
    name: str = ""

    def __post_init__(self) -> None:
        if self.batch < 1:
            raise SettingError(f"Found batch={self.batch!r}; give at least 1 text a call.")
        object.__setattr__(self, "name", self.name or self.model)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One vector of length 1 a text; zeros for a blank one.  # (texts, dim)

        Raises:
            EndpointError: A call failed for good, or brought another number of vectors.
        """
        if not len(texts):
            return np.zeros((0, 0), dtype=np.float32)
        blank = np.array([not text.strip() for text in texts])
        # Endpoints refuse empty texts; something in their place keeps the shape.
        sent = [text if text.strip() else "." for text in texts]
        batches = [sent[at : at + self.batch] for at in range(0, len(sent), self.batch)]
        vectors = unit(np.concatenate(self.remote.map(self._embed, batches)))
        vectors[blank] = 0
        return vectors

    def _embed(self, texts: list[str]) -> Vectors:
        def ask(client: Any) -> Any:
            return client.embeddings.create(model=self.model, input=texts, encoding_format="float")

        answer, _ = self.remote.call(ask, self.model)
        found = sorted(answer.data or (), key=lambda one: one.index)
        if len(found) != len(texts):
            raise EndpointError(
                f"{self.remote.shown} gave {len(found)} vectors for {len(texts)} texts; check that "
                f"{self.model!r} is an embedding model."
            )
        return np.array([one.embedding for one in found], dtype=np.float32)


def endpoint_encoder(address: str, *, batch: int = 256, **settings: Any) -> EndpointEncoder:
    """The embedding model at an address.

    Args:
        address: ``openai:text-embedding-3-small``, ``ollama:nomic-embed-text`` or
            ``http://host:port/v1#model``; without ``#model``, the only model that is listed there.
        batch: As for `EndpointEncoder`.
        settings: As for `idiolect.lm.endpoints`.

    Raises:
        UnknownNameError: The address begins with something else.
        SettingError: The model is missing and there is not exactly one, or a setting is out of
            its range.
        EndpointError: There is no key, or the endpoint does not answer.
    """
    remote, model, name = locate(address, **settings)
    return EndpointEncoder(model, remote, batch, name)
