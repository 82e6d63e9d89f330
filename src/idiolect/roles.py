"""What a recipe can return: the roles, and what passes between them.

Learn, then apply: a `Learner` turns history into a user model; a `Personalizer` writes with it, a
`Scorer` answers with it. Every role is small enough to be a function or a frozen dataclass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, runtime_checkable
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Event, Population, Request, View, as_time
from idiolect.errors import DataError, SettingError
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
            DataError: The numbers do not match the options or are not finite.
        """
        among = list(self.options(view.request))
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


State = TypeVar("State")


@dataclass(frozen=True)
class Policy(Generic[State]):
    """Acts as a user: a distribution over actions, and the next state of mind.

    Attributes:
        start: View in, first state out.
        act: State, what is seen, and the possible actions in; probabilities and next state out.
    """

    start: Callable[[View], State]
    act: Callable[[State, str, Sequence[str]], tuple[NDArray[np.float64], State]]


class Environment(Protocol):
    """What a policy acts in."""

    def observe(self) -> tuple[str, Sequence[str]]:
        """What is seen, and what can be done; nothing can be done when it is over."""
        ...

    def after(self, action: str) -> Environment:
        """The environment after an action; a new object."""
        ...


@dataclass(frozen=True)
class Step:
    """One step of a session: what was seen, what could be done, how likely, what was done."""

    seen: str
    actions: tuple[str, ...]
    probabilities: NDArray[np.float64]
    done: str


@dataclass(frozen=True)
class Session:
    """What a policy did in an environment; `forced` where real actions were replayed."""

    steps: tuple[Step, ...]
    forced: bool

    @property
    def log_likelihood(self) -> float:
        """Sum of natural log probabilities of what was done; −inf if something was impossible."""
        chances = [s.probabilities[s.actions.index(s.done)] for s in self.steps]
        with np.errstate(divide="ignore"):
            return float(np.log(chances).sum())


def play(
    policy: Policy[State],
    view: View,
    environment: Environment,
    *,
    rng: np.random.Generator,
    actions: Sequence[str] | None = None,
    most: int = 100,
) -> Session:
    """Lets a policy act: free-running, or teacher-forced along real `actions`.

    Raises:
        DataError: Probabilities are no distribution over the actions, a real action is none of
            those possible, or real actions are left when the environment is over.
    """
    state, steps = policy.start(view), []
    for at in range(most if actions is None else len(actions)):
        seen, possible = environment.observe()
        if not possible:
            if actions is not None:
                raise DataError(
                    f"Found {len(actions) - at} real actions left after step {at}, where the "
                    "environment is over; replay them in the environment that they come from."
                )
            break
        p, state = policy.act(state, seen, possible)
        p = np.asarray(p, dtype=float)
        if p.shape != (len(possible),) or (p < 0).any() or abs(p.sum() - 1) > 1e-6:
            raise DataError(
                f"Found probabilities {p.tolist()} for {len(possible)} actions; a policy gives one "
                "number ≥ 0 an action, adding up to 1."
            )
        done = possible[rng.choice(len(possible), p=p)] if actions is None else actions[at]
        if done not in possible:
            raise DataError(f"Found the action {done!r}; possible were {list(possible)}.")
        steps.append(Step(seen, tuple(possible), p, done))
        environment = environment.after(done)
    return Session(tuple(steps), forced=actions is not None)


@dataclass(frozen=True)
class Simulation(Generic[State]):
    """A policy in an environment of its own for each user.

    Attributes:
        policy: Who acts.
        environment: View in, environment out.
        seed: With the user's name, decides what is drawn.
        most: Steps at most.
    """

    policy: Policy[State]
    environment: Callable[[View], Environment]
    seed: int = 0
    most: int = 100

    def answer(self, view: View) -> Session:
        """A free-running session of the user."""
        rng = np.random.default_rng([self.seed, crc32(view.request.user.encode())])
        return play(self.policy, view, self.environment(view), rng=rng, most=self.most)


#: Statements in, answers from 1 on out, in order; all at once, so that a model can be asked side by
#: side.
Subject = Callable[[Sequence[str]], Sequence[float]]


@dataclass(frozen=True)
class Instrument:
    """A questionnaire: statements, keys and norms.

    Attributes:
        items: Statement → scale it belongs to.
        keys: Statement → +1, or −1 where it is reverse-keyed.
        points: Answers run from 1 to this.
        norms: Scale → mean and standard deviation in the norm group.
    """

    items: Mapping[str, str]
    keys: Mapping[str, int]
    points: int = 5
    norms: Mapping[str, tuple[float, float]] | None = None

    def __post_init__(self) -> None:
        bad = [s for s in self.items if self.keys.get(s) not in {1, -1}]
        if bad:
            raise SettingError(f"Found no key of +1 or −1 for {bad[0]!r}; every statement has one.")

    def administer(self, subject: Subject) -> dict[str, float]:
        """Scale → mean answer after reversing.

        Raises:
            DataError: An answer is missing or out of range.
        """
        given = list(subject(tuple(self.items)))
        if len(given) != len(self.items):
            raise DataError(
                f"Found {len(given)} answers to {len(self.items)} statements; a subject gives one "
                "answer a statement, in order."
            )
        answers: dict[str, list[float]] = {}
        for (statement, scale), said in zip(self.items.items(), given, strict=True):
            if not 1 <= said <= self.points:
                raise DataError(
                    f"Found the answer {said!r} to {statement!r}; answers run from 1 to "
                    f"{self.points}."
                )
            value = said if self.keys[statement] == 1 else self.points + 1 - said
            answers.setdefault(scale, []).append(value)
        return {scale: float(np.mean(values)) for scale, values in answers.items()}

    def standardized(self, scores: Mapping[str, float]) -> dict[str, float]:
        """Scale → standard score against the norms.

        Raises:
            SettingError: The instrument has no norms.
        """
        if self.norms is None:
            raise SettingError("Found no norms in this instrument; give the norm group's figures.")
        return {s: (v - self.norms[s][0]) / self.norms[s][1] for s, v in scores.items()}


@dataclass(frozen=True)
class Survey:
    """An instrument given to a simulated user.

    Attributes:
        instrument: What is asked.
        subject: View in, who answers out.
    """

    instrument: Instrument
    subject: Callable[[View], Subject]

    def answer(self, view: View) -> dict[str, float]:
        """Scale → score of the user."""
        return self.instrument.administer(self.subject(view))


@dataclass(frozen=True)
class Verdict:
    """What a judge says of one output; no value where the judge failed, and `why` says so."""

    value: float | None
    why: str = ""


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
