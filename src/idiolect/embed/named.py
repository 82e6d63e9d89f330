"""Encoders by their addresses, and a memory for those that are slow or paid."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock
from types import MappingProxyType
from typing import Any

import numpy as np

from idiolect.data import View
from idiolect.embed.base import Encoder, Vectors
from idiolect.errors import SettingError, UnknownNameError
from idiolect.remote import ENDPOINTS, form_of

#: Addresses of encoders, and what each is.
ENCODERS = MappingProxyType(
    {
        "lsa": "fitted on the texts that a view may see",
        "wordllama": "small word vectors inside a wheel (extra embed)",
        "sentence-transformers:NAME": "any of that library's models (extra embed)",
        **ENDPOINTS,
    }
)


def encoder(address: str) -> Encoder:
    """The encoder at an address.

    Args:
        address: ``lsa``, ``wordllama``, ``sentence-transformers:NAME``, ``openai:NAME``,
            ``ollama:NAME`` or ``http://host:port/v1#name``. All but ``lsa``, which is fitted
            anew for each view, come as `Remembered`.

    Raises:
        UnknownNameError: There is no such encoder.
        MissingExtraError: It needs an extra that is not installed.
        SettingError: The model is missing.
        EndpointError: There is no key, or the endpoint does not answer.
    """
    begin, colon, model = address.partition(":")
    form = form_of(address, ENCODERS)
    if form is None or (colon and form == begin):
        raise UnknownNameError("encoder", address if form else begin, ENCODERS)
    if begin == "lsa":
        from idiolect.embed.lsa import Lsa

        return Lsa()
    if begin == "wordllama":
        from idiolect.embed.wordllama import WordLlamaEncoder

        return Remembered(WordLlamaEncoder())
    if not model:
        raise SettingError(f"Found {address!r}; a model is needed: {form}.")
    if begin == "sentence-transformers":
        from idiolect.embed.sentences import SentenceTransformerEncoder

        return Remembered(SentenceTransformerEncoder(model))
    from idiolect.embed.endpoint import endpoint_encoder

    return Remembered(endpoint_encoder(address))


@dataclass(frozen=True, eq=False)
class Remembered(Encoder):
    """An encoder that encodes no text twice, however many threads ask.

    Args:
        encoder: Makes the vectors; each must depend on its text alone.
        size: Texts kept at most; those that were asked for longest ago go first. 20,000 vectors
            of 1,536 numbers take 123 MB.

    Raises:
        SettingError: `size` is below 1.
    """

    encoder: Encoder
    size: int = 20_000
    _memory: OrderedDict[str, Vectors] = field(default_factory=OrderedDict, init=False, repr=False)
    _awaited: dict[str, Future[Vectors]] = field(default_factory=dict, init=False, repr=False)
    _lock: Any = field(default_factory=Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.size < 1:
            raise SettingError(f"Found size={self.size!r}; give at least 1 text to remember.")
        object.__setattr__(self, "name", self.encoder.name)

    def at(self, view: View) -> Encoder:
        """With a memory of its own where the encoder is cut, since its vectors differ there."""
        cut = self.encoder.at(view)
        return self if cut is self.encoder else Remembered(cut, self.size)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """As the encoder beneath, which sees only new texts, each once.  # (texts, dim)"""
        if not len(texts):
            return self.encoder.encode(texts)
        found: dict[str, Vectors] = {}
        others: dict[str, Future[Vectors]] = {}
        mine: dict[str, Future[Vectors]] = {}
        with self._lock:
            for text in dict.fromkeys(texts):
                if text in self._memory:
                    self._memory.move_to_end(text)
                    found[text] = self._memory[text]
                elif text in self._awaited:
                    others[text] = self._awaited[text]
                else:
                    mine[text] = self._awaited[text] = Future()
        if mine:
            found |= self._make(mine)
        # One's own are done by now, so two callers never wait for each other.
        found |= {text: future.result() for text, future in others.items()}
        return np.stack([found[text] for text in texts])

    def _make(self, wanted: dict[str, Future[Vectors]]) -> dict[str, Vectors]:
        try:
            made = dict(zip(wanted, map(np.copy, self.encoder.encode(list(wanted))), strict=True))
        except BaseException as error:
            with self._lock:
                for text in wanted:
                    del self._awaited[text]
            for future in wanted.values():
                future.set_exception(error)
            raise
        with self._lock:
            for text, vector in made.items():
                self._memory[text] = vector
                del self._awaited[text]
            while len(self._memory) > self.size:
                self._memory.popitem(last=False)
        for text, future in wanted.items():
            future.set_result(made[text])
        return made
