"""Checks of calls and replies: how many, unusable ones, something fitted, verdicts of judges."""

from __future__ import annotations

from typing import Any

import numpy as np

from idiolect.errors import DataError, EndpointError, NoHistoryError, ReplyError, SettingError
from idiolect.lm import Prompt, Scripted
from idiolect.roles import Judge, Study, Verdict
from idiolect.run import Outcome
from idiolect.testing.contract.bench import OUTPUT, Bench, ContractError, failed
from idiolect.testing.standins import canonical


def calls(bench: Bench) -> str:
    """As many model calls as the card says, or at most so many where it says why there are fewer.

    Also for somebody without any history, with every other choice of a setting, and with the least
    numbers.
    """
    fewer = [_fewer(bench, outcome) for outcome in bench.outcomes]
    for outcome in bench.strangers:
        if _ended_well(outcome):
            _fewer(bench, outcome)
    for other in bench.nearby:
        try:
            some = other.attempt(other.world.population, other.requests[:1]) + other.strangers
        except SettingError:  # a number that it refuses beside the others
            continue
        for outcome in some:
            if _ended_well(outcome):
                _fewer(other, outcome)
            elif outcome.failure is not None and outcome.failure.kind != SettingError.__name__:
                raise ContractError(f"{failed(outcome.request, outcome.failure)}{other.changed}")
    return "" if 0 in fewer else f"never as many here: {bench.recipe.card.cost}"


def _fewer(bench: Bench, outcome: Outcome) -> int:
    """How many calls fewer than stated a request took.

    Raises:
        ContractError: It took more, or fewer where the card does not say why.
    """
    given = {s.name: s.default for s in bench.recipe.settings} | bench.settings
    view, card = bench.world.population.as_of(outcome.request), bench.recipe.card
    least = given.get("representatives", 1)
    known = {
        "compared": min(given.get("events", 0), len(view.comparable(at_least=least))),
        "own": len(view.own),
        "others": len(view.others),
        "options": len(outcome.request.options),
    }
    try:
        stated = bench.recipe.calls(**known, **bench.settings)
    except SettingError as error:
        raise ContractError(str(error)) from error
    left = stated - len(outcome.calls)
    if left < 0 or (left and not card.fewer):
        raise ContractError(
            f"Found {len(outcome.calls)} calls for the request "
            f"{outcome.request.event or outcome.request.user!r} with {len(view.own)} own "
            f"events and {len(view.others)} of others{bench.changed}, where the card's "
            f"{card.cost!r} gives {stated}; say on the card how many there are, or the most, and "
            "by `fewer` why a request may take fewer."
        )
    return left


def _ended_well(outcome: Outcome) -> bool:
    """Whether a request was answered, or refused for want of a history."""
    return outcome.failure is None or outcome.failure.kind == NoHistoryError.__name__


def unusable_reply(bench: Bench) -> str:
    """A reply that stays unusable is asked for again, then raised with prompt and reply."""
    if not bench.outcomes[0].calls:
        return "no call is made"
    population, requests = bench.world.population, bench.requests[:1]
    lm = Scripted("", bench.recipe.conditions)
    outcome = bench.attempt(population, requests, lm)[0]
    if isinstance(outcome.answer, Verdict) and outcome.answer.value is None:
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
    if not isinstance(found, Verdict):
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
