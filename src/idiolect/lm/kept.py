"""What a file keeps of a prompt and its completion, and how it is found again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from idiolect.lm.ledger import Stored
from idiolect.lm.model import Completion, LanguageModel, Token
from idiolect.lm.prompt import Cut, Prompt


def digest(lm: LanguageModel, prompt: Prompt, budget: int | None) -> bytes | None:
    """Of everything that decides a reply; None where a condition does not say what it is.

    Args:
        lm: Who replies.
        prompt: What is asked. Its stage is a name for people, and its attempt no other draw.
        budget: Tokens beyond which the model cuts prompts.
    """
    conditions = [getattr(condition, "digest", None) for condition in prompt.conditions]
    if None in conditions:
        return None
    decides = {
        "model": lm.name,
        "parameters": dict(lm.parameters),
        "budget": budget,
        "sampling": asdict(prompt.sampling),
        "expects": type(prompt.expects).__name__,
        "messages": [(message.role, message.content) for message in prompt.render().messages],
        "conditions": conditions,
        "sample": prompt.sample,
    }
    text = json.dumps(decides, sort_keys=True, ensure_ascii=False, default=repr)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def stored(key: bytes, model: str, prompt: Prompt, said: Completion, seconds: float) -> Stored:
    """A completion as the file has it."""
    text = _encodable(said.text)
    rest = {
        "text": said.text if said.text != text else "",
        "thinking": said.thinking,
        "finish_reason": said.finish_reason,
        "logprobs": said.logprobs,
        "cut": _places(prompt, said.cut),
    }
    more = {name: value for name, value in rest.items() if value}
    return Stored(
        key,
        model,
        prompt.stage,
        text,
        said.prompt_tokens,
        said.completion_tokens,
        seconds,
        json.dumps(more) if more else "",
        tuple(map(_encodable, prompt.touches)),
    )


def completion(kept: Stored, prompt: Prompt) -> Completion:
    """The completion that the file has for a prompt."""
    more: dict[str, Any] = json.loads(kept.more) if kept.more else {}
    return Completion(
        more.get("text", kept.text),
        kept.prompt_tokens,
        kept.completion_tokens,
        cut=_at(prompt, more.get("cut", ())),
        cached=True,
        thinking=more.get("thinking", ""),
        finish_reason=more.get("finish_reason", ""),
        logprobs=tuple(Token(*token) for token in more.get("logprobs", ())),
    )


def _places(prompt: Prompt, cut: tuple[Cut, ...]) -> list[tuple[int, int]]:
    """Which section's which entry each cut one is."""
    places = {
        id(entry): (section, at)
        for section, of in enumerate(prompt.sections)
        for at, entry in enumerate(of.entries)
    }
    return [places[id(one.entry)] for one in cut if id(one.entry) in places]


def _at(prompt: Prompt, places: Iterable[tuple[int, int]]) -> tuple[Cut, ...]:
    return tuple(
        Cut(prompt.sections[section].kind, prompt.sections[section].entries[at])
        for section, at in places
    )


def _encodable(text: str) -> str:
    """The text without halves of characters, which broken replies contain and SQLite refuses."""
    return text.encode("utf-8", "replace").decode("utf-8")
