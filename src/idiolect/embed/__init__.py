"""Encoders of texts."""

from idiolect.embed.encoder import Encoder, GivenVectors, Vectors
from idiolect.embed.lsa import FittedLsa, Lsa, unit, words

__all__ = ["Encoder", "FittedLsa", "GivenVectors", "Lsa", "Vectors", "unit", "words"]
