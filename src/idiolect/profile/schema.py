"""Typed attributes of a profile: what may be filled in, how often, and what never changes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from idiolect.errors import DataError, SettingError, UnknownNameError
from idiolect.profile.claim import Claim, Value
from idiolect.profile.profile import Profile

Kind = Literal["text", "number", "yes or no", "date", "choice"]


@dataclass(frozen=True)
class Field:
    """One attribute.

    Attributes:
        name: Such as `languages`.
        kind: What its values are; dates are text such as ``2024-05-31``.
        many: True where a user may have several values at once.
        options: What may be chosen, for choices.
        protected: True where only the user may change it once it is set.
        sensitive: Kind of sensitive matter; such a field is filled in only by what was stated.
        group: Heading under which it stands.

    Raises:
        SettingError: A choice without options, or options without a choice.
    """

    name: str
    kind: Kind = "text"
    many: bool = False
    options: tuple[str, ...] = ()
    protected: bool = False
    sensitive: str = ""
    group: str = ""

    def __post_init__(self) -> None:
        if (self.kind == "choice") != bool(self.options):
            raise SettingError(
                f"Found {self.name!r} of kind {self.kind!r} with the options {self.options!r}; a "
                "choice has options, and nothing else has."
            )

    def read(self, value: Any) -> Value:
        """A value as the field's kind.

        Raises:
            DataError: It is of another kind, or none of the options.
        """
        match self.kind:
            case "number" if _is_number(value):
                return float(value)
            case "yes or no" if isinstance(value, bool):
                return value
            case "choice" if value in self.options:
                return str(value)
            case "text" if isinstance(value, str) and value.strip():
                return value.strip()
            case "date" if isinstance(value, str) and _is_date(value):
                return value
        wanted = f"one of {', '.join(self.options)}" if self.options else self.kind
        raise DataError(f"Found {value!r} for {self.name!r}; needed is {wanted}.")


@dataclass(frozen=True)
class Schema:
    """The attributes that profiles may have.

    Attributes:
        fields: Each with a name of its own.

    Raises:
        SettingError: A name stands twice.
    """

    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        names = [field.name for field in self.fields]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise SettingError(f"Found the field {twice[0]!r} twice; give each a name of its own.")

    def __getitem__(self, name: str) -> Field:
        """The field of a name.

        Raises:
            UnknownNameError: There is none.
        """
        found = next((field for field in self.fields if field.name == name), None)
        if found is None:
            raise UnknownNameError("attribute", name, [field.name for field in self.fields])
        return found

    def claim(self, name: str, value: Any, confidence: float, **more: Any) -> Claim:
        """An attribute as a claim, its words made of name and value.

        Raises:
            UnknownNameError: There is no such attribute.
            DataError: The value is of another kind.
        """
        field = self[name]
        read = field.read(value)
        text = f"{name.replace('_', ' ')}: {read if not isinstance(read, float) else f'{read:g}'}"
        given = {"dimension": field.group or "attributes", "sensitive": field.sensitive} | more
        return Claim(text, confidence=confidence, attribute=name, value=read, **given)

    def problems(self, profile: Profile) -> tuple[str, ...]:
        """What in a profile does not fit: unknown attributes, wrong kinds, too many values."""
        found = []
        count: dict[str, int] = {}
        for claim in profile.current():
            if not claim.attribute:
                continue
            count[claim.attribute] = count.get(claim.attribute, 0) + 1
            try:
                field = self[claim.attribute]
                field.read(claim.value)
            except (DataError, UnknownNameError) as error:
                found.append(f"{claim.id}: {error}")
                continue
            if count[claim.attribute] == 2 and not field.many:
                found.append(f"{claim.id}: a second value of {claim.attribute!r}, which has one.")
        return tuple(found)

    def migrate(
        self, profile: Profile, renamed: Mapping[str, str] | None = None, drop: Iterable[str] = ()
    ) -> Profile:
        """A profile that was made under another schema, under this one.

        Args:
            profile: The old one.
            renamed: Old name → new name.
            drop: Attributes that become free claims: their words stay.

        Raises:
            DataError: Something still does not fit; the list of it, and nothing is changed.
        """
        names, dropped, moved = dict(renamed or {}), set(drop), profile
        for claim in profile.claims:
            if claim.attribute in dropped:
                moved = moved.revise(claim.id, "schema changed", attribute="", value=None)
            elif claim.attribute in names:
                moved = moved.revise(claim.id, "schema changed", attribute=names[claim.attribute])
        if wrong := self.problems(moved):
            raise DataError(
                f"Found {len(wrong)} claims about {profile.user!r} that do not fit the new schema: "
                f"{' '.join(wrong)} Give `renamed` or `drop` for them, or correct their values."
            )
        return moved


def _is_number(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
