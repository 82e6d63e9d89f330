"""A recipe in the made-up world, with stand-ins for all that it needs; two runs byte by byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Annotated, Any, Literal, get_args, get_origin

import numpy as np

from idiolect.card import Recipe, Setting
from idiolect.data import Event, Population, Request, View
from idiolect.embed import Encoder
from idiolect.errors import SettingError
from idiolect.lm import Call, LanguageModel, Prompt, Scripted, Text, own, peers, query
from idiolect.roles import Draft, Fitted, Guard, Judge, Personalizer, Study
from idiolect.run import Assembly, Failure, Outcome, run
from idiolect.testing.standins import Hashing, answered, canonical, shown
from idiolect.testing.world import World

#: What judges are shown.
OUTPUT = "The place is pleasant, and I would go again."


class ContractError(AssertionError):
    """A recipe does not keep the contract; says what was found, what is needed, what to do."""


class Bench:
    """A recipe in the made-up world, with stand-ins for all that it needs.

    Args:
        recipe: What is checked.
        world: Where.
        settings: Of the recipe; the rest at their defaults.
    """

    def __init__(
        self, recipe: Recipe[Any, Any], world: World, settings: Mapping[str, Any] | None = None
    ) -> None:
        self.recipe, self.world, self.settings = recipe, world, dict(settings or {})
        #: A few of the world's requests: some with a later own event, some early, some late. A
        #: personalizer is asked for a text and for a choice in turn.
        self.requests = tuple(
            replace(request, options=()) if at % 2 and recipe.gives is Personalizer else request
            for at, request in enumerate(world.requests[::7])
        )

    @property
    def nearby(self) -> Iterator[Bench]:
        """The same with one setting changed: to each other choice, or the two least numbers."""
        for setting in self.recipe.settings:
            for value in _other_values(setting):
                yield Bench(self.recipe, self.world, {**self.settings, setting.name: value})

    @property
    def changed(self) -> str:
        """The settings that are not the defaults, for messages."""
        told = ", ".join(f"{name}={value!r}" for name, value in self.settings.items())
        return f" with {told}" if told else ""

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """What the recipe answers in the untouched world."""
        return self.run(self.world.population, self.requests)

    @cached_property
    def again(self) -> list[Outcome]:
        """What it answers when it is asked again, in the opposite order."""
        return self.run(self.world.population, self.requests[::-1])[::-1]

    @cached_property
    def strangers(self) -> list[Outcome]:
        """What it answers for somebody without any history, failures as they are.

        First among the others; then before anybody did anything, where nothing was fitted.
        """
        population, last = self.world.population, self.requests[-1]
        newcomer = replace(last, user="newcomer", event=None)
        asked = [newcomer]
        if self.recipe.fit is None:
            asked.append(replace(newcomer, time=population.frame["time"][0]))
        return self.attempt(population, asked)

    @cached_property
    def steady(self) -> bool:
        """Whether two runs can be compared at all."""
        return [*map(whole, self.outcomes)] == [*map(whole, self.again)]

    def run(
        self, population: Population, requests: Sequence[Request], lm: LanguageModel | None = None
    ) -> list[Outcome]:
        """What the recipe answers; every request must have an answer.

        Raises:
            ContractError: One has none, or the recipe cannot be composed.
        """
        outcomes = self.attempt(population, requests, lm)
        for outcome in outcomes:
            if outcome.failure is not None:
                raise ContractError(failed(outcome.request, outcome.failure))
        return outcomes

    def attempt(
        self,
        population: Population,
        requests: Sequence[Request],
        lm: LanguageModel | None = None,
        past: Population | None = None,
    ) -> list[Outcome]:
        """What the recipe answers, failures as they are; it gets copies, which it may spoil."""
        copies = [replace(request, given=dict(request.given)) for request in requests]
        return self.ask(Population(population.frame, population.items), copies, lm, past)

    def ask(
        self,
        population: Population,
        requests: Sequence[Request],
        lm: LanguageModel | None = None,
        past: Population | None = None,
    ) -> list[Outcome]:
        """What the recipe answers, failures as they are.

        Args:
            population: What views are cut from.
            requests: What is asked.
            lm: Default: a model whose replies depend on everything in the prompt.
            past: What `Fitted` needs are fitted on. Default: what of `population` lies before the
                world's first request.

        Raises:
            ContractError: The recipe cannot be composed.
        """
        lm = Scripted(answered, self.recipe.conditions) if lm is None else lm
        if past is None:
            wanted = self.world.past.frame["id"].implode()
            past = population.keep(population.frame["id"].is_in(wanted).to_numpy())
        try:
            assembly = Assembly(self.recipe, self._supplies(past), self.settings)
            return run(self._asking(assembly, population), population, requests, lm, threads=1)
        except (ContractError, SettingError):
            raise
        except Exception as error:
            raise ContractError(
                f"Found {error!r} when composing {self.recipe.name!r} with "
                f"{self.settings or 'its defaults'}; a recipe composes with what it needs and "
                "nothing else."
            ) from error

    def _supplies(self, past: Population) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, hint in self.recipe.needs.items():
            kind = get_args(hint)[0] if get_origin(hint) is Annotated else hint
            kind = get_origin(kind) or kind
            if not isinstance(kind, type):
                raise ContractError(f"Found the need {name}: {hint!r}; a need is a class.")
            if issubclass(kind, LanguageModel):
                made[name] = Scripted(answered, self.recipe.conditions)
            elif issubclass(kind, Encoder):
                made[name] = Hashing()
            elif issubclass(kind, np.random.Generator):
                made[name] = np.random.default_rng(0)
            elif issubclass(kind, Fitted) and self.recipe.fit is not None:
                made[name] = self.recipe.fit(past, np.random.default_rng(0))
            else:
                raise ContractError(
                    f"Found the need {name}: {kind.__name__}, for which there is no stand-in; a "
                    "recipe needs a LanguageModel, an Encoder, a Generator, or something Fitted "
                    "that its `fit=` makes."
                )
        return made

    def _asking(self, assembly: Assembly, population: Population) -> Callable[[LanguageModel], Any]:
        """The recipe as something that the runner can ask, whatever its role."""
        asks: dict[type[Any], Callable[[Any, View], Any]] = {
            Study: lambda study, view: study(population),
            Judge: lambda judge, view: judge(view, OUTPUT, self._target(view.request)),
            Guard: lambda guard, view: guard(_to_guard(view), view),
        }
        ask = asks.get(self.recipe.gives)
        if ask is None:
            return assembly
        return lambda lm: lambda view, request: ask(assembly(lm), view)

    def _target(self, request: Request) -> Event:
        """What judges compare with; a request that stands for no event gets the last one's."""
        return self.world.population.event(request.event or self.requests[-1].event or "")

    def future(self, request: Request) -> list[str]:
        """Texts that the recipe must not know at a request: the target's and all later ones.

        Judges are shown the target, as they should be.
        """
        row = self.world.population.row(request.event or "")
        first = row + 1 if self.recipe.gives is Judge else row
        return self.world.population.frame["text"][first:].to_list()


def _other_values(setting: Setting) -> list[Any]:
    """What else a setting may be: every other choice, or the two least of 0, 1 and 2."""
    kind = get_args(setting.type)[0] if get_origin(setting.type) is Annotated else setting.type
    if kind is bool:
        return [not setting.default]
    if get_origin(kind) is Literal:
        return [choice for choice in get_args(kind) if choice != setting.default]
    return [n for n in (0, 1, 2) if kind is int and _fits(setting, n)][:2]


def _fits(setting: Setting, value: int) -> bool:
    try:
        return bool(setting.checked("", value) != setting.default)
    except SettingError:
        return False


def _to_guard(view: View) -> Prompt:
    item = view.request.item
    others = peers(view.peers(item.id)) if item else None
    return Prompt("Write.", own(view.own), others, query(view.request), expects=Text("writing"))


def failed(request: Request, failure: Failure) -> str:
    """That a request has no answer, why, and where."""
    frames = [line.strip() for line in failure.trace.splitlines() if line.startswith("  File ")]
    where = f" ({frames[-1]})" if frames else ""
    return (
        f"Found no answer to the request {request.event or request.user!r}: {failure.kind}: "
        f"{failure.message}{where}"
    )


def seen(calls: Sequence[Call]) -> str:
    """Every prompt and reply, as text."""
    return "\n".join(f"{shown(call.prompt)}\n{call.reply.text}" for call in calls)


def answer_of(outcome: Outcome) -> str:
    """What was answered, as text, without how it was reached."""
    if isinstance(outcome.answer, Draft):
        return canonical((outcome.answer.text, outcome.answer.value))
    return canonical(outcome.answer)


def whole(outcome: Outcome) -> str:
    """Prompts, replies and the answer with all that it carries, as text."""
    return f"{seen(outcome.calls)}\n{canonical(outcome.answer)}"


def same(when: str, before: Sequence[Outcome], after: Sequence[Outcome], so: str) -> None:
    """Raises where two runs differ in a byte."""
    for one, two in zip(before, after, strict=True):
        a, b = whole(one), whole(two)
        if a != b:
            at = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), 0)
            raise ContractError(
                f"Found prompts or answers to {one.request.event!r} that change when {when}: "
                f"{_near(a, at)} became {_near(b, at)}. {so}"
            )


def _near(text: str, at: int) -> str:
    return repr(text[max(0, at - 40) : at + 40])
