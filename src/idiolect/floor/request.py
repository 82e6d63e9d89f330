"""What a prompt asks for, in words; and a plain line made of nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from idiolect.errors import CapabilityError
from idiolect.floor.similar import number, shown
from idiolect.lm import Prompt
from idiolect.measure import Text


def joined(sentences: Sequence[str]) -> str:
    """Sentences as one text; a full stop only where one ends without any mark."""
    ended = [s + "." if s[-1].isalnum() else s for s in sentences[:-1]]
    return " ".join([*ended, *sentences[-1:]])


def asked(prompt: Prompt) -> str:
    """All words of the request: query, item, given facts, last message."""
    parts = [*prompt.section("query"), *prompt.section("item"), *prompt.section("given")]
    return "\n".join([*map(shown, parts), *last_message(prompt)])


def last_message(prompt: Prompt) -> list[str]:
    """What the user said last, if anything."""
    return [e.text for e in prompt.section("conversation") if e.fact("from") == "user"][-1:]


def plain(prompt: Prompt) -> str:
    """Title, and the first sentence about the item; else the request as it stands.

    Raises:
        CapabilityError: There is none of these.
    """
    parts = [v for e in prompt.section("given") for _, v in e.facts if number(v) is None]
    for item in prompt.section("item"):
        first = Text(item.text).sentences[:1]
        title = item.fact("title")
        parts.append(": ".join([*([title] if title else []), *first]))
    if not parts:
        parts = [e.text for e in prompt.section("query")] + last_message(prompt)
    parts = [part.strip() for part in parts if part.strip()]
    if not parts:
        raise CapabilityError(
            f"The floor found nothing to write from in prompt {prompt.stage!r}: no own texts, no "
            "item, no title and no query; give one of them, or a model that writes freely "
            "(--lm openai:gpt-4o-mini, --lm ollama:llama3.2)."
        )
    return joined(parts)
