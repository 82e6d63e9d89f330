"""User models as JSON, read back equal."""

from __future__ import annotations

from functools import cache
from typing import Any, Self

from idiolect.errors import DataError


class AsJson:
    """A frozen dataclass that can be stored."""

    def to_json(self) -> str:
        """As JSON; `from_json` reads it back equal."""
        of: Any = type(self)
        return str(_form(of).dump_json(self, indent=1).decode())

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` wrote.

        Raises:
            DataError: The text is not such JSON.
        """
        from pydantic import ValidationError

        of: Any = cls
        try:
            read: Self = _form(of).validate_json(text, strict=True)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the whole text"
            raise DataError(
                f"Found {text[:80]!r}, which is no {cls.__name__} ({where}: "
                f"{first['msg'].lower()}); give what `{cls.__name__}.to_json` wrote."
            ) from error
        return read


@cache
def _form(of: type) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(of)
