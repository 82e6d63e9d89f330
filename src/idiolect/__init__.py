"""Measure what makes each user different, and let any language model act on it.

The names below are what most people need; each is imported when it is first used, so that
`import idiolect` costs nothing. `run` and `recipes` are packages and stay so: use
`idiolect.run.run` and `idiolect.catalog.recipes`.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version as _version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from idiolect.catalog import recipe
    from idiolect.data import (
        Event,
        Item,
        Population,
        Request,
        View,
        last_per_user,
        read,
        since,
    )
    from idiolect.difference import Measured, measure_group
    from idiolect.embed import encoder
    from idiolect.errors import IdiolectError
    from idiolect.lm import LanguageModel, Prompt, Scripted
    from idiolect.profile import Claim, Profile
    from idiolect.report import explain
    from idiolect.roles import Personalizer
    from idiolect.run import Assembly, language_model

_HOMES = {
    "Assembly": "run",
    "Claim": "profile",
    "Event": "data",
    "IdiolectError": "errors",
    "Item": "data",
    "LanguageModel": "lm",
    "Measured": "difference",
    "Personalizer": "roles",
    "Population": "data",
    "Profile": "profile",
    "Prompt": "lm",
    "Request": "data",
    "Scripted": "lm",
    "View": "data",
    "encoder": "embed",
    "explain": "report",
    "language_model": "run",
    "last_per_user": "data",
    "measure_group": "difference",
    "read": "data",
    "recipe": "catalog",
    "since": "data",
}

__all__ = [
    "Assembly",
    "Claim",
    "Event",
    "IdiolectError",
    "Item",
    "LanguageModel",
    "Measured",
    "Personalizer",
    "Population",
    "Profile",
    "Prompt",
    "Request",
    "Scripted",
    "View",
    "encoder",
    "explain",
    "language_model",
    "last_per_user",
    "measure_group",
    "read",
    "recipe",
    "since",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version("idiolect")
    if name not in _HOMES:
        raise AttributeError(f"module 'idiolect' has no attribute {name!r}")
    return getattr(import_module(f"idiolect.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
