"""The contract: what holds for every recipe, whatever it does; no language model is needed.

Each check runs the recipe in the made-up world of `testing.world`, tampers with what it must not
read, and compares every prompt and reply byte by byte. A card may waive a check with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from idiolect.card import Recipe
from idiolect.errors import IdiolectError, UnknownNameError
from idiolect.testing.contract.bench import OUTPUT, Bench, ContractError, answer_of, seen, whole
from idiolect.testing.contract.reads import (
    deterministic,
    history_matters,
    inputs_unchanged,
    no_future,
    no_history,
    others,
    own_words,
)
from idiolect.testing.contract.replies import (
    calls,
    fitted_before,
    order,
    unusable_reply,
    verdicts,
)
from idiolect.testing.contract.stated import MOST_LINES, card, settings
from idiolect.testing.world import world

__all__ = [
    "CHECKS",
    "MOST_LINES",
    "OUTPUT",
    "Bench",
    "Check",
    "ContractError",
    "Verdict",
    "answer_of",
    "check_recipe",
    "judged",
    "seen",
    "whole",
]


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
    "own words": own_words,
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
