"""What a recipe can return: the roles, and what passes between them.

Learn, then apply: a `Learner` turns history into a user model; a `Personalizer` writes with it, a
`Scorer` answers with it. Every role is small enough to be a function or a frozen dataclass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Event, Population, Request, View, as_time
from idiolect.errors import DataError
from idiolect.lm import Call, Condition, LanguageModel, Prompt, Tape

if TYPE_CHECKING:
    import polars as pl


@runtime_checkable
class UserModel(Protocol):
    """What is believed of a user: a profile, an embedding, an adapter, a preference model."""

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids of the events that it was made from."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What limits it: too little history, too few others to compare with."""
        ...


@dataclass(frozen=True)
class Nothing:
    """The user model of methods that believe nothing."""

    evidence: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class UserEmbedding:
    """A user as one or more vectors.

    Attributes:
        vectors: float32.  # (vectors, dim)
        names: What each vector stands for; empty for unnamed ones.
    """

    vectors: NDArray[np.float32]
    names: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Adapter:
    """A user as a condition on an open model: soft prompt, LoRA, steering vector."""

    condition: Condition
    evidence: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PreferenceModel:
    """A user as a reward: a number for each reply to a request, higher is preferred."""

    reward: Callable[[Request, Sequence[str]], NDArray[np.float64]]
    evidence: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@runtime_checkable
class Answers(Protocol):
    """Anything that a runner can ask, one request at a time."""

    def answer(self, view: View) -> Any:
        """The answer to the request that `view` was cut at."""
        ...


M = TypeVar("M", bound=UserModel)
M_co = TypeVar("M_co", bound=UserModel, covariant=True)


class Learner(Protocol[M_co]):
    """History in, a new user model out. Without a request it learns for any request."""

    def __call__(self, view: View, request: Request | None = None) -> M_co:
        """The user model of `view.request.user`."""
        ...


@dataclass(frozen=True)
class Draft:
    """What was written, and why.

    Attributes:
        text: The reply.
        value: Its meaning where not text: an option, a number, an object.
        user_model: What was believed of the user.
        calls: Every prompt and reply on the way, in order, where the model is a `Tape`; the last
            one wrote the text.
        notes: What limits it.
    """

    text: str
    value: Any
    user_model: UserModel
    calls: tuple[Call, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def answered(self) -> str:
        """The option or the number alone where one was asked for, else the text."""
        if isinstance(self.value, float):
            return f"{self.value:g}"
        return self.value if isinstance(self.value, str) else self.text

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens over all calls."""
        return sum(c.reply.prompt_tokens + c.reply.completion_tokens for c in self.calls)


@dataclass(frozen=True)
class Personalizer(Generic[M]):
    """Writes for a user: `learn` a user model, make the `prompt` with it, ask the model.

    The two halves are separate, so that a server can keep and correct what lies between.

    Attributes:
        lm: Who writes.
        learn: View and request in, user model out.
        prompt: Request and user model in, the last prompt out.
    """

    lm: LanguageModel
    learn: Callable[[View, Request], M]
    prompt: Callable[[Request, M], Prompt]

    def write(self, view: View) -> Draft:
        """The reply to the request that `view` was cut at."""
        before = len(self.lm.calls) if isinstance(self.lm, Tape) else 0
        user_model = self.learn(view, view.request)
        reply = self.lm.one(self.prompt(view.request, user_model))
        calls = tuple(self.lm.calls[before:]) if isinstance(self.lm, Tape) else ()
        return Draft(reply.text, reply.value, user_model, calls, user_model.notes)

    answer = write


@dataclass(frozen=True)
class Scorer(Generic[M]):
    """Answers with numbers: a score for each option of a request.

    Attributes:
        learn: View and request in, user model out.
        options: What can be scored for a request (items, labels, actions, replies).
        score: Request, user model and options in, one finite number an option out.
    """

    learn: Callable[[View, Request], M]
    options: Callable[[Request], Sequence[str]]
    score: Callable[[Request, M, Sequence[str]], NDArray[np.float64]]

    def scores(self, view: View) -> dict[str, float]:
        """Option → score.

        Raises:
            DataError: There is no option, or the numbers do not match them or are not finite.
        """
        among = list(self.options(view.request))
        if not among:
            raise DataError(
                "Found a request without options; a scorer gives each of them a number: ask with "
                "the options, or hold out events that have them."
            )
        values = np.asarray(self.score(view.request, self.learn(view, view.request), among), float)
        if values.shape != (len(among),) or not np.isfinite(values).all():
            raise DataError(
                f"Found scores of shape {values.shape} for {len(among)} options "
                f"({int((~np.isfinite(values)).sum())} not finite); a scorer gives one finite "
                "number an option."
            )
        return dict(zip(among, values.tolist(), strict=True))

    answer = scores

    def top(self, view: View, k: int) -> list[str]:
        """The `k` best options, best first; ties keep the order of the options."""
        scores = self.scores(view)
        return sorted(scores, key=lambda option: -scores[option])[:k]


@dataclass(frozen=True)
class Fitted:
    """Something trained once across users, and on what.

    Attributes:
        value: The trained thing.
        until: Time of the last event it saw; None where the data has no times.
        events: How many events it saw.
        users: How many users it saw.
    """

    value: Any
    until: datetime | None
    events: int
    users: int

    @classmethod
    def on(cls, population: Population, value: Any) -> Fitted:
        """`value`, trained on `population`."""
        until = population.event(population.frame["id"][-1]).time
        return cls(value, until, len(population), len(population.users))

    def at(self, view: View) -> Any:
        """The trained thing, as it may be used in `view`.

        Raises:
            DataError: It saw events from the request's time or later.
        """
        self.check(view.request)
        return self.value

    def check(self, request: Request) -> None:
        """Refuses to serve a request that lies before what it was trained on.

        Raises:
            DataError: It saw events from the request's time or later.
        """
        if (
            self.until is not None
            and request.time is not None
            and self.until >= as_time(request.time)
        ):
            raise DataError(
                f"Found something fitted on events until {self.until:%Y-%m-%d %H:%M}, but the "
                f"request is of {request.time:%Y-%m-%d %H:%M}; fit it on a population cut before "
                "the first request."
            )


class Fit(Protocol):
    """Trains once across users."""

    def __call__(self, population: Population, rng: np.random.Generator) -> Fitted:
        """What a recipe is then handed."""
        ...


@dataclass(frozen=True)
class Verdict:
    """What a judge says of one output; no value where the judge failed, and `why` says so.

    Attributes:
        value: The mark.
        why: Its reason, or why there is none.
        certainty: How sure the judge said it was, 0..1; None where it does not say.
        label: The verdict in words, where the judge has words for it.
        parts: Named numbers that the value is made of.
    """

    value: float | None
    why: str = ""
    certainty: float | None = None
    label: str = ""
    parts: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}), hash=False)


class Judge(Protocol):
    """Looks at one output."""

    def __call__(self, view: View, output: str, reference: Event | None) -> Verdict:
        """A verdict on what was written for `view.request`.

        A failure is a verdict without a value, never a zero.

        Args:
            view: What may be known of the user, for judges who judge by it.
            output: What was written.
            reference: The held-out event, where there is one.
        """
        ...


class Metric(Protocol):
    """Looks at a table of outputs."""

    def __call__(self, outputs: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
        """One number a row, NaN where it is undefined."""
        ...


class Study(Protocol):
    """Asks a question of a population, answers with a table."""

    def __call__(self, population: Population) -> pl.DataFrame:
        """The table."""
        ...


class Guard(Protocol):
    """What may leave."""

    def __call__(self, prompt: Prompt, view: View) -> Prompt:
        """The prompt with what must not leave taken out."""
        ...


def notes(*parts: str | Iterable[str]) -> tuple[str, ...]:
    """Notes of several parts as one tuple, each once, empty ones left out."""
    flat = [n for part in parts for n in ([part] if isinstance(part, str) else part)]
    return tuple(dict.fromkeys(n for n in flat if n))
