"""What a run is: everything that its output depends on, so that another run is told apart."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from importlib.metadata import version
from typing import Any

from idiolect.data import Population, Request
from idiolect.lm import LanguageModel
from idiolect.run.runner import Assembly

#: Packages whose version may change what is written.
_PACKAGES = ("idiolect", "numpy", "scikit-learn")
#: Rows that are read at one time for a fingerprint.
_AT_ONCE = 10_000


def manifest(assembly: Assembly, lm: LanguageModel, *, data: str) -> dict[str, Any]:
    """Everything that a method's output depends on but the requests.

    Args:
        assembly: The method.
        lm: The model, by its name, as for a cache: the same model at another ``http://`` address
            is another one, ``openai:`` and ``ollama:`` names stay wherever they lead.
        data: Fingerprint of the data.
    """
    recipe, encoder = assembly.recipe, assembly.supplies.get("encoder")
    budget = getattr(lm, "budget", None)
    return {
        "recipe": recipe.name,
        "source": hashlib.sha256(recipe.path.read_bytes()).hexdigest()[:16],
        "settings": {
            s.name: s.checked(recipe.name, assembly.settings.get(s.name, s.default))
            for s in recipe.settings
        },
        "model": lm.name,
        "encoder": None if encoder is None else encoder.name,
        "data": data,
        "versions": {name: version(name) for name in _PACKAGES},
        **({} if budget is None else {"budget": budget}),
    }


def fingerprint(population: Population) -> str:
    """Of all events and items, whatever file they are from."""
    digest = hashlib.sha256()
    for frame in (population.frame, population.items):
        digest.update(b"table")
        if frame is not None:
            digest.update(json.dumps(frame.columns).encode())
            for part in frame.iter_slices(_AT_ONCE):
                digest.update(part.write_ndjson().encode())
    return digest.hexdigest()[:16]


def asked(requests: Iterable[Request]) -> dict[str, Any]:
    """How many requests there are, and their fingerprint."""
    digest, count = hashlib.sha256(), 0
    for request in requests:
        told = {f.name: getattr(request, f.name) for f in fields(Request)}
        told["item"] = request.item.id if request.item else None
        digest.update(json.dumps(told, default=_plain, sort_keys=True).encode())
        count += 1
    return {"count": count, "fingerprint": digest.hexdigest()[:16]}


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
