"""The LLM-free floor: what classical means can answer."""

from idiolect.floor.extractive import Extractive

__all__ = ["Extractive"]
