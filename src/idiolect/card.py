"""A recipe: a card and a function. What it needs, returns and can be set to is in its signature."""

from __future__ import annotations

import ast
import functools
import inspect
import operator
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Generic,
    Literal,
    ParamSpec,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from idiolect.data import Population
from idiolect.errors import SettingError, UnknownNameError

PositiveInt = Annotated[int, Gt(0)]
Count = Annotated[int, Ge(0)]
Fraction = Annotated[float, Ge(0), Le(1)]
Rate = Annotated[float, Gt(0), Lt(1)]
Temperature = Annotated[float, Ge(0), Le(2)]

Reads = Literal["none", "statistics", "texts"]
Enters = Literal[
    "nowhere", "prompt", "embedding", "soft tokens", "weights", "activations", "logits", "reward",
    "retrieval", "simulation", "data",
]  # fmt: skip
Strength = Literal[
    "equals authors' code",
    "equals reference metric",
    "recovers planted truth",
    "beats named baseline",
    "mechanism only",
    "none",
]
#: A docstring's headings, in order.
HEADINGS = ("How it works", "Use it when", "Differs from the paper", "Checked", "Reference")

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Reported:
    """A figure of the paper: metric, value, data, model, and what it is to be compared with."""

    metric: str
    value: float
    data: str
    model: str
    baseline: str


@dataclass(frozen=True)
class Evidence:
    """How far one claimed stage was checked, and the test that shows it (empty for none)."""

    stage: str
    strength: Strength
    test: str = ""


@dataclass(frozen=True, kw_only=True)
class Card:
    """What the signature cannot say; every vocabulary is closed.

    Attributes:
        title: What it is called in the field.
        paper: Address of the paper; empty for plain baselines.
        code: Authors' repository and its licence; None where none is known.
        reads_other_users: What of other people it may read.
        enters: Where the user enters the model.
        calls: Model calls a request, as an expression over the settings; `own` stands for the
            number of own events that it can learn from, `compared` for those of them that could be
            compared, `others` for the number of other people's events, `options` for the number of
            options. What is asked again because a reply was unusable is not counted.
        fewer: Why a request may take fewer calls than that; empty where it takes as many.
        benchmarks: Where it was evaluated.
        reported: Figures of the paper.
        evidence: How far each stage was checked.
        waives: Contract check → why it cannot hold here.
    """

    title: str
    paper: str = ""
    code: tuple[str, str] | None = None
    reads_other_users: Reads
    enters: Enters
    calls: str
    fewer: str = ""
    benchmarks: tuple[str, ...] = ()
    reported: tuple[Reported, ...] = ()
    evidence: tuple[Evidence, ...]
    waives: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        for name, allowed in {"reads_other_users": Reads, "enters": Enters}.items():
            if getattr(self, name) not in get_args(allowed):
                raise UnknownNameError(name, str(getattr(self, name)), get_args(allowed))
        for shown in self.evidence:
            if shown.strength not in get_args(Strength):
                raise UnknownNameError("strength", shown.strength, get_args(Strength))
            if (shown.strength == "none") != (shown.test == ""):
                raise SettingError(
                    f"Found evidence {shown.strength!r} with the test {shown.test!r}; every "
                    "strength but 'none' names the test that shows it."
                )

    @property
    def cost(self) -> str:
        """The calls in words: as many as that, or at most."""
        return f"at most {self.calls}" if self.fewer else self.calls


@dataclass(frozen=True)
class Setting:
    """One keyword of a recipe: its type, its default, and the comment that gives its source."""

    name: str
    type: Any
    default: Any
    source: str

    def checked(self, whose: str, value: Any) -> Any:
        """`value` as the setting's type.

        Raises:
            SettingError: It is out of range or of the wrong type.
        """
        from pydantic import TypeAdapter, ValidationError

        try:
            return TypeAdapter(self.type).validate_python(value)
        except ValidationError as error:
            raise SettingError(
                f"Found {self.name}={value!r} for {whose}: "
                f"{error.errors()[0]['msg'].lower()}. Its default is {self.default!r}."
            ) from None


@dataclass(frozen=True)
class Honours:
    """Beside a model's type, a kind of condition that the model must honour.

    `lm: Annotated[LanguageModel, Honours("adapter")]`: a model that cannot is refused before the
    first call.
    """

    kind: str


class Declared(Generic[P, R]):
    """A function whose signature is its configuration: what it needs, can be set to and returns.

    Attributes:
        what: What it is called in messages.
        function: What is called.
    """

    what: ClassVar[str]
    function: Callable[P, R]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """What the function makes, its settings checked.

        Raises:
            UnknownNameError: There is no such setting.
            SettingError: A setting is out of range or of the wrong type.
        """
        supplied = {name: kwargs[name] for name in self.needs if name in kwargs}
        given = {name: value for name, value in kwargs.items() if name not in supplied}
        return self.function(*args, **{**supplied, **self.checked(given)})

    def checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """These settings as their types.

        Raises:
            UnknownNameError: There is no such setting.
            SettingError: A setting is out of range or of the wrong type.
        """
        known = {s.name: s for s in self.settings}
        for name in given:
            if name not in known:
                raise UnknownNameError(f"setting of {self.name!r}", name, known)
        whose = f"{self.what} {self.name!r}"
        return {name: known[name].checked(whose, value) for name, value in given.items()}

    @property
    def name(self) -> str:
        """The name it is asked for by."""
        return self.function.__name__

    @functools.cached_property
    def _hints(self) -> dict[str, Any]:
        """Parameter (and `return`) → type.

        Raises:
            SettingError: A type or a default is missing.
        """
        hints = get_type_hints(self.function, include_extras=True)
        parameters = inspect.signature(self.function).parameters
        untyped = [name for name in (*parameters, "return") if name not in hints]
        if untyped:
            raise SettingError(
                f"Found no type of {', '.join(map(repr, untyped))} in {self.what} {self.name!r}; "
                "its signature says what it needs, can be set to and returns: annotate all of it."
            )
        for p in parameters.values():
            if p.kind in {p.VAR_POSITIONAL, p.VAR_KEYWORD} or (
                p.kind is p.KEYWORD_ONLY and p.default is p.empty
            ):
                raise SettingError(
                    f"Found the parameter {str(p)!r} in {self.what} {self.name!r}; what must be "
                    "supplied is positional, a setting is a keyword with a default."
                )
        return hints

    @property
    def needs(self) -> dict[str, Any]:
        """What must be supplied: parameter → type."""
        return {
            name: self._hints[name]
            for name, p in inspect.signature(self.function).parameters.items()
            if p.kind is not p.KEYWORD_ONLY
        }

    @functools.cached_property
    def settings(self) -> tuple[Setting, ...]:
        """The keywords, with the comments beside them."""
        hints = self._hints
        try:
            source = inspect.getsource(self.function)
        except OSError:  # written at a prompt, where no file holds it
            source = ""
        comments = dict(re.findall(r"^\s+(\w+): [^#\n]*#\s*(.+)$", source, re.M))
        return tuple(
            Setting(name, hints[name], p.default, comments.get(name, ""))
            for name, p in inspect.signature(self.function).parameters.items()
            if p.kind is p.KEYWORD_ONLY
        )

    @property
    def module(self) -> str:
        """Where it is written."""
        return self.function.__module__

    @property
    def path(self) -> Path:
        """The file it is written in."""
        return Path(inspect.getsourcefile(self.function) or "")

    @property
    def page(self) -> str:
        """Its page of the docs: the function's docstring, or the module's."""
        own = self.function.__doc__ or sys.modules[self.module].__doc__ or ""
        return inspect.cleandoc(own)

    @property
    def summary(self) -> str:
        """What one gets, in a line."""
        return self.page.split("\n", 1)[0]


@dataclass(frozen=True)
class Recipe(Declared[P, R]):
    """A card and the function that composes parts; calling it validates the settings.

    Attributes:
        card: What the signature cannot say.
        function: Composes the parts.
        fit: Trains once across users what the function needs as `Fitted`; None where nothing is.
    """

    what: ClassVar[str] = "recipe"
    card: Card
    function: Callable[P, R]
    fit: Callable[[Population, np.random.Generator], Any] | None = None

    @property
    def __wrapped__(self) -> Callable[P, R]:
        return self.function

    @property
    def conditions(self) -> frozenset[str]:
        """Kinds of conditions that its model must honour."""
        marks = get_args(self.needs.get("lm"))
        return frozenset(mark.kind for mark in marks if isinstance(mark, Honours))

    @property
    def gives(self) -> type[Any]:
        """The role that it returns."""
        returned = self._hints["return"]
        role: type[Any] = get_origin(returned) or returned
        return role

    def calls(self, **known: int | str) -> int:
        """Model calls a request with these settings; the rest at their defaults.

        The most of them where the card says that there may be `fewer`.

        Args:
            **known: Settings; `own` and `others` for the number of own events and of other people's
                (default: more than are read); `compared` for those own ones that could be compared
                (at most `events`, its default); `options` for the number of options (default: two).
        """
        defaults = {s.name: s.default for s in self.settings if isinstance(s.default, int | str)}
        many = {"own": sys.maxsize, "others": sys.maxsize, "options": 2}
        values: dict[str, int | str] = many | defaults | known
        values.setdefault("compared", values.get("events", 0))
        return _arithmetic(ast.parse(self.card.calls, mode="eval").body, values)


def recipe(
    *,
    title: str,
    paper: str = "",
    code: tuple[str, str] | None = None,
    reads_other_users: Reads,
    enters: Enters,
    calls: str,
    fewer: str = "",
    benchmarks: Sequence[str] = (),
    reported: Sequence[tuple[str, float, str, str, str]] = (),
    evidence: Mapping[str, tuple[Strength, str]],
    waives: Mapping[str, str] | None = None,
    fit: Callable[[Population, np.random.Generator], Any] | None = None,
) -> Callable[[Callable[P, R]], Recipe[P, R]]:
    """Makes a recipe of a function; see `Card` and `Recipe` for the arguments."""
    card = Card(
        title=title,
        paper=paper,
        code=code,
        reads_other_users=reads_other_users,
        enters=enters,
        calls=calls,
        fewer=fewer,
        benchmarks=tuple(benchmarks),
        reported=tuple(Reported(*figures) for figures in reported),
        evidence=tuple(Evidence(stage, *shown) for stage, shown in evidence.items()),
        waives=MappingProxyType(dict(waives or {})),
    )
    return lambda function: Recipe(card, function, fit)


_OPERATORS: Mapping[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}


def _arithmetic(node: ast.expr, values: Mapping[str, int | str]) -> int:
    """The value of sums, products, names, the least of several, and whether a setting is a word."""
    match node:
        case ast.Constant(value=int(number)):
            return number
        case ast.Name(id=name) if isinstance(value := values.get(name), int):
            return value
        case ast.Call(func=ast.Name(id="min"), args=[_, _, *_] as several, keywords=[]):
            return min(_arithmetic(each, values) for each in several)
        case ast.Compare(
            left=ast.Name(id=name), ops=[ast.Eq()], comparators=[ast.Constant(value=str(word))]
        ) if name in values:
            return int(values[name] == word)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_arithmetic(left, values), _arithmetic(right, values))
    raise SettingError(
        f"Found {ast.unparse(node)!r} in `calls`; use +, -, *, //, min(), a setting == 'a word', "
        f"whole numbers and the names {', '.join(sorted(values))}."
    )
