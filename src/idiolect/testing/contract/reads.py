"""Checks of what reaches prompts and answers: own history, other people, nothing of the future."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

from idiolect.data import Message, Population
from idiolect.errors import NoHistoryError
from idiolect.lm import Section
from idiolect.roles import Draft, PreferenceModel, Study
from idiolect.run import Outcome
from idiolect.testing.contract.bench import Bench, ContractError, answer_of, failed, same, whole
from idiolect.testing.standins import canonical, shown
from idiolect.testing.world import (
    canaries,
    with_altered_others,
    with_history_of,
    with_programs,
    without_future,
    without_others,
)


def deterministic(bench: Bench) -> str:
    """A second run, requests in the opposite order, gives the same bytes."""
    same(
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
            same("what comes from the request onward is deleted", [outcome], after, so)
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
    same("the target is altered in a population without times", before, after, so)


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
            same("other people's texts are altered", [outcome], altered, so)
            alone = bench.run(without_others(population, request.user), [request])
            same("other people's events are deleted", [outcome], alone, so)
    return _unless_steady(bench)


def own_words(bench: Bench) -> str:
    """Nothing is learned from, or shown as anybody's, that a program put under a person's name.

    Whoever's name they are under, such events change nothing. Only what an assistant said may be
    shown where a conversation is shown, in a section of this kind.
    """
    population = with_programs(bench.world.population, bench.world.requests)
    so = (
        "Learn from `view.own`; show what else was said (`view.heard`) in a conversation only; a "
        "study counts `population.by_people`."
    )
    after = bench.run(population, bench.requests)
    for outcome in after:
        told = canaries(_as_somebodys(outcome))
        if told:
            raise ContractError(
                f"Found {told}, words that a program put under a user's name, in a prompt or a "
                f"user model at the request {outcome.request.event!r}. {so}"
            )
    if bench.steady and not any(map(_conversations, after)):
        same("a program puts events under users' names", bench.outcomes, after, so)
    return _unless_steady(bench)


def _conversations(outcome: Outcome) -> bool:
    return any(call.prompt.section("conversation") for call in outcome.calls)


def _as_somebodys(outcome: Outcome) -> str:
    """All that is shown, and what was learned, but conversations, as text."""
    asked = [(call.prompt.instruction, call.prompt.sections) for call in outcome.calls]
    answer = outcome.answer
    learned = answer.user_model if isinstance(answer, Draft) else answer
    return canonical(_without_conversations((asked, learned)))


def _without_conversations(value: Any) -> Any:
    """The same without what is a conversation, or a turn of somebody else."""
    match value:
        case Section(kind="conversation") | Message(role="assistant" | "system"):
            return None
        case tuple() | list():
            return [*map(_without_conversations, value)]
        case PreferenceModel() | type():
            return value
        case _ if is_dataclass(value):
            parts = {each.name: getattr(value, each.name) for each in fields(value)}
            return {name: _without_conversations(part) for name, part in parts.items()}
    return value


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
    """Somebody without any history gets an answer or a NoHistoryError, also with nobody there."""
    for outcome in bench.strangers:
        failure = outcome.failure
        if failure is not None and failure.kind != NoHistoryError.__name__:
            raise ContractError(
                f"{failed(outcome.request, failure)} Nothing is known of this user: answer all "
                "the same, or raise NoHistoryError."
            )
    return ""
