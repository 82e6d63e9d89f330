"""Encoders of texts."""

from idiolect.embed.base import Encoder, GivenVectors, Vectors
from idiolect.embed.endpoint import EndpointEncoder, endpoint_encoder
from idiolect.embed.lsa import FittedLsa, Lsa, unit, words
from idiolect.embed.named import Remembered, encoder
from idiolect.embed.sentences import SentenceTransformerEncoder
from idiolect.embed.wordllama import WordLlamaEncoder

__all__ = [
    "Encoder",
    "EndpointEncoder",
    "FittedLsa",
    "GivenVectors",
    "Lsa",
    "Remembered",
    "SentenceTransformerEncoder",
    "Vectors",
    "WordLlamaEncoder",
    "encoder",
    "endpoint_encoder",
    "unit",
    "words",
]
