"""The contract: what holds for every recipe, whatever it does; no language model is needed.

Each check runs the recipe in the made-up world of `testing.world`, tampers with what it must not
read, and compares every prompt and reply byte by byte. A card may waive a check with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import numpy as np

from idiolect.card import HEADINGS, Recipe
from idiolect.data import Event, Population, Request, View
from idiolect.embed import Encoder
from idiolect.errors import (
    DataError,
    EndpointError,
    IdiolectError,
    NoHistoryError,
    ReplyError,
    SettingError,
    UnknownNameError,
)
from idiolect.lm import Call, LanguageModel, Prompt, Scripted, Text, own, peers, query
from idiolect.roles import Draft, Fitted, Guard, Judge, Personalizer, Study
from idiolect.roles import Verdict as Judgement
from idiolect.run import Assembly, Failure, Outcome, run
from idiolect.testing.standins import Hashing, answered, canonical, shown
from idiolect.testing.world import (
    World,
    canaries,
    with_altered_others,
    with_history_of,
    without_future,
    without_others,
    world,
)

MOST_LINES = 150
#: What judges are shown.
OUTPUT = "The place is pleasant, and I would go again."


class ContractError(AssertionError):
    """A recipe does not keep the contract; says what was found, what is needed, what to do."""


@dataclass(frozen=True)
class Verdict:
    """What came of one check.

    Attributes:
        check: Its name.
        status: Waived means that it failed and the card says why it must.
        message: Why it failed, the waiver's reason, or a note on what was not checked.
    """

    check: str
    status: Literal["passed", "waived", "failed"]
    message: str = ""


class Bench:
    """A recipe in the made-up world, with stand-ins for all that it needs.

    Args:
        recipe: What is checked.
        world: Where.
    """

    def __init__(self, recipe: Recipe[Any, Any], world: World) -> None:
        self.recipe, self.world = recipe, world
        #: A few of the world's requests: some with a later own event, some early, some late. A
        #: personalizer is asked for a text and for a choice in turn.
        self.requests = tuple(
            replace(request, options=()) if at % 2 and recipe.gives is Personalizer else request
            for at, request in enumerate(world.requests[::7])
        )

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """What the recipe answers in the untouched world."""
        return self.run(self.world.population, self.requests)

    @cached_property
    def again(self) -> list[Outcome]:
        """What it answers when it is asked again, in the opposite order."""
        return self.run(self.world.population, self.requests[::-1])[::-1]

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
                raise ContractError(_failed(outcome.request, outcome.failure))
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
            assembly = Assembly(self.recipe, self._supplies(past))
            return run(self._asking(assembly, population), population, requests, lm, threads=1)
        except ContractError:
            raise
        except Exception as error:
            raise ContractError(
                f"Found {error!r} when composing {self.recipe.name!r} with its defaults; a recipe "
                "composes with what it needs and nothing else."
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

    def _target(self, request: Request) -> Event | None:
        return None if request.event is None else self.world.population.event(request.event)

    def future(self, request: Request) -> list[str]:
        """Texts that the recipe must not know at a request: the target's and all later ones.

        Judges are shown the target, as they should be.
        """
        row = self.world.population.row(request.event or "")
        first = row + 1 if self.recipe.gives is Judge else row
        return self.world.population.frame["text"][first:].to_list()


def _to_guard(view: View) -> Prompt:
    item = view.request.item
    others = peers(view.peers(item.id)) if item else None
    return Prompt("Write.", own(view.own), others, query(view.request), expects=Text("writing"))


def _failed(request: Request, failure: Failure) -> str:
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


def _same(when: str, before: Sequence[Outcome], after: Sequence[Outcome], so: str) -> None:
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


def card(bench: Bench) -> str:
    """Title, page with all headings in order, a short file, and tests that exist."""
    recipe = bench.recipe
    parts = re.split(rf"^({'|'.join(HEADINGS)}):", recipe.page, flags=re.M)
    found = {name: body.strip() for name, body in zip(parts[1::2], parts[2::2], strict=True)}
    if not parts[0].strip() or not recipe.card.title.strip():
        raise ContractError(
            f"Found no title or no first line in {recipe.path.name}; the docstring's first line "
            "says what one gets."
        )
    if tuple(parts[1::2]) != HEADINGS or not all(found.values()):
        filled = [name for name, body in found.items() if body]
        raise ContractError(
            f"Found the headings {filled} in the docstring of {recipe.name!r}; needed, each once, "
            f"in this order and with a text: {list(HEADINGS)}."
        )
    lines = len(recipe.path.read_text(encoding="utf-8").splitlines())
    if lines > MOST_LINES:
        raise ContractError(
            f"Found {lines} lines in {recipe.path.name}; at most {MOST_LINES} are needed: a longer "
            "recipe misses a part, make one."
        )
    root = _source_tree(recipe.path)
    absent = [
        shown.test
        for shown in recipe.card.evidence
        if root is not None and shown.test and not (root / shown.test.partition("::")[0]).is_file()
    ]
    if absent:
        raise ContractError(
            f"Found evidence by {absent}, which is not in {root}; name the test that shows it, or "
            "say 'none'."
        )
    return ""


def _source_tree(path: Path) -> Path | None:
    """The project that a file is written in; None for installed files and loose ones."""
    if "site-packages" in path.parts:
        return None
    near = (p for p in path.resolve().parents if (p / "pyproject.toml").is_file())
    return next(near, None)


def settings(bench: Bench) -> str:
    """Settings have types, defaults that fit them, and refuse wrong names and values."""
    recipe = bench.recipe
    try:
        known = recipe.settings
        for setting in known:
            setting.checked(recipe.name, setting.default)
    except SettingError as error:
        raise ContractError(str(error)) from error
    for setting in known:
        try:
            setting.checked(recipe.name, bench)
        except SettingError:
            continue
        raise ContractError(
            f"Found that {setting.name} of {recipe.name!r} takes anything; give it the type of "
            "what it may be."
        )
    misspelt = f"{known[0].name}{known[0].name[-1]}" if known else "no_such_setting"
    try:
        recipe(*recipe.needs, **{misspelt: 1})
    except UnknownNameError as error:
        if known and "Did you mean" not in str(error):
            raise ContractError(
                f"Found {str(error)!r} for the misspelt setting {misspelt!r}; it has to name the "
                "one that was meant."
            ) from error
        return ""
    raise ContractError(f"Found that {recipe.name!r} takes the unknown setting {misspelt!r}.")


def deterministic(bench: Bench) -> str:
    """A second run, requests in the opposite order, gives the same bytes."""
    _same(
        "the recipe runs again, requests in the opposite order",
        bench.outcomes,
        bench.again,
        "Draw from a generator seeded by a setting and the request (`select.drawn`), keep nothing "
        "between requests, and give sets an order.",
    )
    return ""


def inputs_unchanged(bench: Bench) -> str:
    """Population and requests are the same after a run as before it."""
    population = Population(bench.world.population.frame, bench.world.population.items)
    requests = [replace(request, given=dict(request.given)) for request in bench.requests]
    before = _state(population), canonical(requests)
    bench.ask(population, requests)
    after = _state(population), canonical(requests)
    for name, one, two in zip(("population", "requests"), before, after, strict=True):
        if one != two:
            raise ContractError(
                f"Found that {bench.recipe.name!r} changed the {name}; inputs are read only: "
                "change a copy."
            )
    return ""


def _state(population: Population) -> str:
    frames = [None if f is None else f.write_ndjson() for f in (population.frame, population.items)]
    return canonical((frames, population.times, population.by_user, population.by_item))


def no_future(bench: Bench) -> str:
    """Deleting every event from the request onward leaves every prompt and reply byte-equal."""
    if bench.recipe.gives is Study:
        return "a study has no request"
    so = (
        "A recipe knows only its view, and only what is fitted on it (`encoder.at(view)`, "
        "`fitted.at(view)`)."
    )
    for outcome in bench.outcomes:
        request, known = outcome.request, whole(outcome)
        for text in bench.future(request):
            if text in known:
                raise ContractError(
                    f"Found {text!r} in a prompt or answer at the request {request.event!r}, "
                    f"before it was written. {so}"
                )
        cut = without_future(bench.world.population, request)
        after = bench.run(cut, [request])
        told = canaries(whole(after[0]))
        if told:
            raise ContractError(
                f"Found {told}, which is only in the target of {request.event!r}, in a prompt or "
                f"answer. {so}"
            )
        if bench.steady:
            _same("what comes from the request onward is deleted", [outcome], after, so)
    if bench.steady:
        _no_target(bench, so)
    return _unless_steady(bench)


def _no_target(bench: Bench, so: str) -> None:
    """Where there are no times, all but the target may be known."""
    population, request = bench.world.population, replace(bench.requests[0], time=None)
    untimed = Population(population.frame.drop("time"), population.items)
    before, after = (
        bench.run(known, [request]) for known in (untimed, without_future(untimed, request))
    )
    _same("the target is altered in a population without times", before, after, so)


def _unless_steady(bench: Bench) -> str:
    """A note where answers could not be compared."""
    return "" if bench.steady else "only words were looked for: it is not deterministic"


def others(bench: Bench) -> str:
    """Other people reach prompts and answers only as far as the card says."""
    reads = bench.recipe.card.reads_other_users
    if reads == "texts":
        return "it may read them"
    population = bench.world.population
    for outcome in bench.outcomes:
        request, known = outcome.request, whole(outcome)
        theirs = population.frame["text"].to_list()
        users = population.frame["user"].to_list()
        so = f"The card says that it reads {reads!r} of others: read less, or say so on the card."
        for user, text in zip(users, theirs, strict=True):
            if user != request.user and text in known:
                raise ContractError(
                    f"Found a text of {user!r}, {text!r}, in a prompt or answer for "
                    f"{request.user!r}. {so}"
                )
        altered = bench.run(with_altered_others(population, request.user), [request])
        told = canaries(whole(altered[0]))
        if told:
            raise ContractError(
                f"Found {told}, words of other people, in a prompt or answer for "
                f"{request.user!r}. {so}"
            )
        if reads == "none" and bench.steady:
            _same("other people's texts are altered", [outcome], altered, so)
            alone = bench.run(without_others(population, request.user), [request])
            _same("other people's events are deleted", [outcome], alone, so)
    return _unless_steady(bench)


def history_matters(bench: Bench) -> str:
    """The same request, with another history or by another user, is answered in another way.

    Another user alone would not do (a name in the prompt would pass), nor another history alone (a
    fit that counts everybody would pass).
    """
    population, users = bench.world.population, bench.world.population.users
    for outcome in bench.outcomes:
        request = outcome.request
        other = users[(users.index(request.user) + len(users) // 2) % len(users)]
        changed = bench.run(with_history_of(population, request.user, other), [request])
        if bench.recipe.gives is not Study:
            changed += bench.run(population, [replace(request, user=other, event=None)])
        if any(_nameless(outcome) == _nameless(another) for another in changed):
            raise ContractError(
                f"Found the same last prompt and the same answer for {request.user!r} with their "
                f"own history and with that of {other!r}; a history has to reach the answer. "
                "Where it is meant not to, waive the check on the card and say why."
            )
    return ""


def _nameless(outcome: Outcome) -> str:
    """The last prompt and the answer, whoever the user is."""
    last = shown(outcome.calls[-1].prompt) if outcome.calls else ""
    return f"{last}\n{answer_of(outcome)}".replace(outcome.request.user, "USER")


def no_history(bench: Bench) -> str:
    """Somebody without any history gets an answer or a NoHistoryError."""
    requests = [replace(bench.requests[-1], user="newcomer", event=None)]
    for outcome in bench.attempt(bench.world.population, requests):
        failure = outcome.failure
        if failure is not None and failure.kind != NoHistoryError.__name__:
            raise ContractError(
                f"{_failed(outcome.request, failure)} Nothing is known of this user: answer all "
                "the same, or raise NoHistoryError."
            )
    return ""


def calls(bench: Bench) -> str:
    """As many model calls as the card says."""
    given = {s.name: s.default for s in bench.recipe.settings}
    least = given.get("representatives", 1)
    for outcome in bench.outcomes:
        view = bench.world.population.as_of(outcome.request)
        compared = min(given.get("events", 0), len(view.comparable(at_least=least)))
        try:
            stated = bench.recipe.calls(compared=compared, own=len(view.own))
        except SettingError as error:
            raise ContractError(str(error)) from error
        if len(outcome.calls) != stated:
            raise ContractError(
                f"Found {len(outcome.calls)} calls for the request {outcome.request.event!r}, "
                f"where the card's {bench.recipe.card.calls!r} gives {stated}; say "
                "on the card how many there are."
            )
    return ""


def unusable_reply(bench: Bench) -> str:
    """A reply that stays unusable is asked for again, then raised with prompt and reply."""
    if not bench.outcomes[0].calls:
        return "no call is made"
    population, requests = bench.world.population, bench.requests[:1]
    lm = Scripted("", bench.recipe.conditions)
    outcome = bench.attempt(population, requests, lm)[0]
    if isinstance(outcome.answer, Judgement) and outcome.answer.value is None:
        return "a judge's failure is a verdict without a value"
    if outcome.failure is None or outcome.failure.kind != ReplyError.__name__:
        came = outcome.failure or f"the answer {canonical(outcome.answer)[:200]}"
        raise ContractError(
            f"Found {came} where every reply of the model is unusable; let the ReplyError through, "
            "an answer without a reply is made up."
        )
    unread = [call.prompt.render().text for call in outcome.calls if call.reply.value is None]
    asked = [prompt for prompt in lm.prompts if prompt.render().text in unread[:1]]
    if len(asked) < lm.attempts:
        raise ContractError(
            f"Found {len(asked)} of {lm.attempts} attempts for the prompt of the ReplyError; ask "
            "through `lm.reply`, which asks again, and let its error through as it is."
        )
    return ""


def fitted_before(bench: Bench) -> str:
    """Something fitted on what comes after a request is refused at it."""
    if bench.recipe.fit is None:
        return "nothing is fitted across users"
    population = bench.world.population
    outcome = bench.attempt(population, bench.requests[:1], past=population)[0]
    if outcome.failure is None or outcome.failure.kind != DataError.__name__:
        raise ContractError(
            f"Found an answer of {bench.recipe.name!r} at {outcome.request.event!r} from something "
            "fitted on later events; take it by `fitted.at(view)`, which refuses."
        )
    return ""


def verdicts(bench: Bench) -> str:
    """A judge's failure is a verdict without a value and with a reason; a study gives a table."""
    role, name = bench.recipe.gives, bench.recipe.name
    if role is Study:
        import polars as pl

        found = bench.outcomes[0].answer
        if not isinstance(found, pl.DataFrame):
            raise ContractError(
                f"Found {canonical(found)[:200]} as the answer of the study {name!r}; a study "
                "answers with a polars table."
            )
        return ""
    if role is not Judge:
        return "neither a judge nor a study"
    for outcome in bench.outcomes:
        _verdict(name, outcome.answer)
    if not bench.outcomes[0].calls:
        return "no call is made"
    down = Scripted(_down, bench.recipe.conditions)
    for why, lm in {
        "every reply is unusable": Scripted("", bench.recipe.conditions),
        "the endpoint is down": down,
    }.items():
        outcome = bench.attempt(bench.world.population, bench.requests[:1], lm)[0]
        if outcome.failure is not None or outcome.answer.value is not None:
            came = outcome.failure or canonical(outcome.answer)
            raise ContractError(
                f"Found {came} of the judge {name!r} where {why}; a failure is a verdict without "
                "a value that says why, so that it is counted apart: no error, no zero."
            )
        _verdict(name, outcome.answer)
    return ""


def _down(prompt: Prompt) -> str:
    raise EndpointError("Found no endpoint.")


def _verdict(name: str, found: Any) -> None:
    """Raises where an answer is no verdict that can be counted."""
    if not isinstance(found, Judgement):
        raise ContractError(
            f"Found {canonical(found)[:200]} of the judge {name!r}; answer Verdict."
        )
    sure = found.certainty
    if found.value is None:
        wrong = "" if found.why.strip() else "no value and no reason"
    else:
        wrong = "" if np.isfinite(found.value) else f"the value {found.value!r}"
    if sure is not None and not 0 <= sure <= 1:
        wrong = f"the certainty {sure!r}"
    if wrong:
        raise ContractError(
            f"Found {wrong} in a verdict of {name!r}; a verdict has a finite value, or none and "
            "says why, and a certainty, where there is one, is a share from 0 to 1."
        )


def order(bench: Bench) -> str:
    """A judge that shows two texts shows what it judges in both places, not always in one."""
    if bench.recipe.gives is not Judge:
        return "no judge"
    places = set()
    for outcome in bench.run(bench.world.population, bench.world.requests):
        for call in outcome.calls:
            shown = [entry.text for entry in call.prompt.section("options")]
            if len(shown) == 2 and OUTPUT in shown:
                places.add(shown.index(OUTPUT))
    if len(places) == 1:
        raise ContractError(
            f"Found that {bench.recipe.name!r} always shows what it judges as the "
            f"{'first' if places == {0} else 'second'} of two; models favour a place: ask in both "
            "orders, or draw the place."
        )
    return "" if places else "it shows no pair"


#: Raises `ContractError`, or returns a note (empty where there is nothing to say).
Check = Callable[[Bench], str]

#: Every check, by the name that cards waive it by.
CHECKS: Mapping[str, Check] = {
    "card": card,
    "settings": settings,
    "deterministic": deterministic,
    "inputs unchanged": inputs_unchanged,
    "no future": no_future,
    "others": others,
    "history matters": history_matters,
    "no history": no_history,
    "calls": calls,
    "unusable reply": unusable_reply,
    "fitted before": fitted_before,
    "verdicts": verdicts,
    "order": order,
}


def judged(bench: Bench, check: str) -> Verdict:
    """What comes of one check, the card's waivers considered."""
    reason = bench.recipe.card.waives.get(check)
    try:
        note = CHECKS[check](bench)
    except (ContractError, IdiolectError) as error:
        if reason is not None:
            return Verdict(check, "waived", reason)
        return Verdict(check, "failed", str(error))
    if reason is not None:
        return Verdict(
            check,
            "failed",
            f"Found that it passes, but the card waives it ({reason!r}); take the waiver away.",
        )
    return Verdict(check, "passed", note)


def check_recipe(recipe: Recipe[Any, Any]) -> list[Verdict]:
    """The whole contract on one recipe.

    A waived check that fails is waived; one that passes, or that nobody knows, is a failure.
    """
    bench = Bench(recipe, world())
    unknown = [
        Verdict(name, "failed", str(UnknownNameError("check to waive", name, CHECKS)))
        for name in recipe.card.waives
        if name not in CHECKS
    ]
    return [*(judged(bench, name) for name in CHECKS), *unknown]
