"""What a prompt expects back: text, a choice, a number, or JSON by schema; and how it is read."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, Protocol

from idiolect.errors import ReplyError, SettingError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

#: `writing` is for the user, `comparison` sets own against reference, `summary` condenses what is
#: shown; `reasoning` needs free thought, which the LLM-free floor cannot give.
Purpose = Literal["writing", "summary", "comparison", "reasoning"]

#: What needs no quotes in a list of options.
_NAME = re.compile(r"[\w+-]+(?: [\w+-]+){0,3}")


class Expects(Protocol):
    """A form of reply."""

    def hint(self) -> str:
        """The sentence that tells a model how to answer; may be empty."""
        ...

    def read(self, reply: str) -> Any:
        """The value of a reply.

        Raises:
            ReplyError: The reply has another form.
        """
        ...


@dataclass(frozen=True)
class Text:
    """Free text for a purpose."""

    purpose: Purpose = "reasoning"

    def hint(self) -> str:
        """Nothing: the instruction says what to write."""
        return ""

    def read(self, reply: str) -> str:
        """The text without surrounding space; empty text is no reply."""
        if not reply.strip():
            raise ReplyError("Found an empty reply where text is needed; ask again.", reply=reply)
        return reply.strip()


@dataclass(frozen=True)
class Choice:
    """Exactly one of some options."""

    options: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(set(self.options)) != len(self.options) or len(self.options) < 2:
            raise SettingError(
                f"Found the options {self.options!r}; a choice needs at least two, all different."
            )

    def hint(self) -> str:
        """Names the options."""
        return "Answer with exactly one of: " + "; ".join(map(_listed, self.options))

    def read(self, reply: str) -> str:
        """The option that the reply names, alone or as the only one that it contains.

        Where one option is part of another, the longer one is what was named.
        """
        if reply.strip() in self.options:
            return reply.strip()
        longest_first = sorted(map(_one_line, self.options), key=len, reverse=True)
        any_option = "|".join(map(re.escape, longest_first))
        found = re.findall(rf"(?<!\w)(?:{any_option})(?!\w)", _one_line(reply), re.IGNORECASE)
        said = {name.casefold() for name in found}
        named = [option for option in self.options if _one_line(option).casefold() in said]
        if len(named) == 1:
            return named[0]
        raise ReplyError(
            f"Found {reply!r}, which names {len(named)} of the options {list(self.options)}; "
            "exactly one is needed.",
            reply=reply,
        )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _listed(option: str) -> str:
    """An option in a list; in quotes where it is more than a name, as options may be data."""
    line = _one_line(option)
    return line if _NAME.fullmatch(line) else json.dumps(line, ensure_ascii=False)


@dataclass(frozen=True)
class Number:
    """One number within a range."""

    low: float
    high: float

    def hint(self) -> str:
        """Names the range."""
        return f"Answer with one number from {self.low:g} to {self.high:g} and nothing else."

    def read(self, reply: str) -> float:
        """The number of the reply, alone or as the only one in it; "of N" and "/N" are left out."""
        said = re.sub(rf"(?:/|\bof)\s*{self.high:g}(?![\w.])", " ", reply)
        numbers = {float(n) for n in re.findall(r"(?<![\w.])-?(?:\d+(?:\.\d+)?|\.\d+)", said)}
        if len(numbers) == 1 and self.low <= (number := numbers.pop()) <= self.high:
            return number
        raise ReplyError(
            f"Found {reply!r} where one number from {self.low:g} to {self.high:g} is needed; "
            "ask again.",
            reply=reply,
        )


@dataclass(frozen=True)
class Json:
    """JSON by the schema of a class: a dataclass or a pydantic model."""

    model: type[Any]

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema."""
        model: Any = self.model
        schema: dict[str, Any] = json.loads(_schema(model))
        return schema

    def hint(self) -> str:
        """Shows the schema."""
        model: Any = self.model
        return f"Answer with JSON only, by this schema: {_schema(model)}"

    def read(self, reply: str) -> Any:
        """The validated object; a fence around the JSON, and words around that, are taken off."""
        from pydantic import ValidationError

        model: Any = self.model
        fenced = re.search(r"```(?:json)?\s*(.*)```", reply, re.DOTALL)
        body = fenced.group(1) if fenced else reply
        try:
            return _adapter(model).validate_json(body)
        except ValidationError as error:
            wrong = "; ".join(
                f"{'.'.join(map(str, one['loc'])) or 'the whole reply'}: {one['msg']}"
                for one in error.errors()[:5]
            )
            raise ReplyError(
                f"Found {reply[:200]!r}, which is not {self.model.__name__} as JSON ({wrong}); "
                "ask again.",
                reply=reply,
            ) from None


# Making an adapter takes a millisecond, and every prompt that is rendered shows the schema.
@lru_cache(maxsize=256)
def _adapter(model: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(model)


@lru_cache(maxsize=256)
def _schema(model: Any) -> str:
    return json.dumps(_adapter(model).json_schema(), ensure_ascii=False)


def without_thinking(reply: str) -> tuple[str, str]:
    """What a reasoning model thought, and what it then said.

    The thought stands between `<think>` and `</think>` in front; some servers' chat templates
    write the first of these themselves, and a reply that was cut short lacks the second.
    """
    before, end, after = reply.partition("</think>")
    begun = before.lstrip().startswith("<think>")
    if begun or (end and "<think>" not in before):
        return before.replace("<think>", "", 1).strip(), after.lstrip() if end else ""
    return "", reply
