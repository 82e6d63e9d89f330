"""Encoders of texts."""

from idiolect.embed.encoder import Encoder, GivenVectors, Vectors

__all__ = ["Encoder", "GivenVectors", "Vectors"]
