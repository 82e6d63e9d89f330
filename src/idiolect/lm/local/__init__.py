"""Open models on this machine, by the transformers library."""

from idiolect.lm.local.conditions import NamedAdapter, SoftTokens
from idiolect.lm.local.loading import local
from idiolect.lm.local.model import MOST_ANSWERS, Local

__all__ = ["MOST_ANSWERS", "Local", "NamedAdapter", "SoftTokens", "local"]
