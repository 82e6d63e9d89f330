"""Who speaks in a conversation, under whatever name a file has for it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from idiolect.bench.rows import Found
from idiolect.data import Message
from idiolect.data.event import Role
from idiolect.errors import DataError

#: The files' names and ours; PersonalRewardBench says "model" for the assistant.
ROLES: Mapping[str, Role] = MappingProxyType(
    {"system": "system", "user": "user", "assistant": "assistant", "model": "assistant"}
)


def role(message: Found) -> Role:
    """Who speaks in a message ``{role, content}``.

    Raises:
        DataError: The role is missing or unknown.
    """
    name = message.get("role", str)
    if name not in ROLES:
        raise DataError(
            f"Found the role {name!r} in {message.where}; one of {', '.join(ROLES)} is needed. The "
            "file may be of another release."
        )
    return ROLES[name]


def said(message: Found) -> Message:
    """A message ``{role, content}``.

    Raises:
        DataError: A field is missing or unusable.
    """
    return Message(role(message), message.get("content", str))
