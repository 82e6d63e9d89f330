"""Stand-ins for models, and values as text: what makes two runs comparable byte by byte."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any
from zlib import crc32

import numpy as np

from idiolect.data import Request
from idiolect.embed import Encoder, Vectors, unit, words
from idiolect.errors import DataError
from idiolect.lm import Choice, Json, Number, Prompt
from idiolect.measure.judge import Considered, Sure
from idiolect.roles import PreferenceModel

_WORDS = ("amber", "basin", "cedar", "drift", "ember", "fable", "grain", "hazel", "inlet")
#: What a preference model is asked about, to compare it with another one.
_PROBES = ("", "yes", "a longer reply, with a comma!")


def answered(prompt: Prompt) -> str:
    """A usable reply that depends on everything in the prompt and on nothing else.

    Any change of the prompt, down to one letter, gives another reply (for choices and numbers:
    another draw of one). For `Scripted(answered)`.
    """
    draw = random.Random(shown(prompt))
    match prompt.expects:
        case Considered(form=form):
            return answered(prompt.replace(expects=form))
        case Sure(answers=answers):
            return f"[[{draw.choice(answers)}]] certainty: {draw.randint(1, 100)}"
        case Choice(options=options):
            return draw.choice(options)
        case Number(low=low, high=high) if math.ceil(low) <= math.floor(high):
            return str(draw.randint(math.ceil(low), math.floor(high)))
        case Number(low=low, high=high):
            return repr(draw.uniform(low, high))
        case Json(schema=schema):
            return json.dumps(_example(schema, schema.get("$defs", {}), draw))
    return " ".join(draw.choices(_WORDS, k=12)) + "."


def shown(prompt: Prompt) -> str:
    """All that a model is given with a prompt, as text."""
    beside = (prompt.stage, prompt.sampling, prompt.sample, prompt.conditions)
    return f"{prompt.render().text}\n{canonical(beside)}"


@dataclass(frozen=True)
class Hashing(Encoder):
    """Counts of words, each word at a place given by its hash; nothing to fit or download.

    Args:
        dim: Length of the vectors.
    """

    dim: int = 64
    name: str = "hashing"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One vector of length 1 a text; zeros for texts without words.  # (texts, dim)"""
        counts = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in words(text):
                counts[row, crc32(word.encode()) % self.dim] += 1
        return unit(counts)


def canonical(value: Any) -> str:
    """A value as text: equal texts for equal values, whatever objects hold them.

    Raises:
        DataError: The value holds something that has no value of its own, such as a function.
    """
    if value is None or isinstance(value, str | bytes | bool | int | float | complex | date | Enum):
        return repr(value)
    if isinstance(value, np.generic):
        return repr(value.item())
    if isinstance(value, np.ndarray):
        return f"array({value.dtype}, {value.shape}, {value.tolist()!r})"
    if isinstance(value, PreferenceModel):
        rewards = np.asarray(value.reward(Request("somebody"), _PROBES))
        return f"PreferenceModel({canonical((rewards, value.evidence, value.notes))})"
    if isinstance(value, type):
        return value.__qualname__
    if is_dataclass(value):
        inner = ", ".join(f"{f.name}={canonical(getattr(value, f.name))}" for f in fields(value))
        return f"{type(value).__name__}({inner})"
    if isinstance(value, Mapping):
        pairs = (f"{canonical(key)}: {canonical(inner)}" for key, inner in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, AbstractSet):
        return "{" + ", ".join(sorted(map(canonical, value))) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(canonical, value)) + "]"
    for method in ("model_dump_json", "write_ndjson"):  # pydantic's models, polars' tables
        if hasattr(value, method):
            return str(getattr(value, method)())
    raise DataError(
        f"Found {value!r} in an answer, which cannot be compared by value; answer with frozen "
        "dataclasses of text, numbers, arrays, mappings, sequences and tables."
    )


def _example(schema: Mapping[str, Any], known: Mapping[str, Any], draw: random.Random) -> Any:
    """A value that fits a JSON schema, as far as pydantic's schemas use the language."""
    if "$ref" in schema:
        return _example(known[schema["$ref"].rsplit("/", 1)[-1]], known, draw)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return draw.choice(schema["enum"])
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            return _example(schema[union][0], known, draw)
    makes: dict[str, Callable[[], Any]] = {
        "object": lambda: {
            name: _example(inner, known, draw)
            for name, inner in schema.get("properties", {}).items()
        },
        "array": lambda: _examples(schema, known, draw),
        "string": lambda: _text(schema, draw),
        "integer": lambda: draw.randint(*map(round, _range(schema, 1))),
        "number": lambda: draw.uniform(*_range(schema, 1e-6)),
        "boolean": lambda: draw.random() < 0.5,
        "null": lambda: None,
    }
    return makes[schema.get("type", "string")]()


def _examples(schema: Mapping[str, Any], known: Mapping[str, Any], draw: random.Random) -> Any:
    if "prefixItems" in schema:
        return [_example(inner, known, draw) for inner in schema["prefixItems"]]
    count = min(max(2, schema.get("minItems", 0)), schema.get("maxItems", 99))
    return [_example(schema.get("items", {}), known, draw) for _ in range(count)]


def _text(schema: Mapping[str, Any], draw: random.Random) -> str:
    made = " ".join(draw.choices(_WORDS, k=max(3, schema.get("minLength", 0) // 4)))
    return made[: schema.get("maxLength")]


def _range(schema: Mapping[str, Any], step: float) -> tuple[float, float]:
    low = schema.get("minimum", schema.get("exclusiveMinimum", 0 - step) + step)
    high = schema.get("maximum", schema.get("exclusiveMaximum", low + 10 + step) - step)
    return low, high
