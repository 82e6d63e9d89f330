"""Why one user gets what they get: texts, comparisons, figures, profile, prompts, reply."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from idiolect.data import Event, Item, Population, Request, View
from idiolect.difference import Difference, Measured, Measurements
from idiolect.lm import LanguageModel
from idiolect.profile import Profile
from idiolect.roles import Draft
from idiolect.run import Assembly, Outcome, answer

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Compared:
    """One own text beside the texts of others that it was compared with."""

    own: Event
    about: str
    others: tuple[Event, ...]
    reasons: tuple[str, ...]
    told: str
    note: str


@dataclass(frozen=True)
class Explanation:
    """Everything that led to one reply.

    Attributes:
        request: What was asked.
        recipe: Name of the method.
        lm: Name of the model.
        own: Own events that could be used, oldest first.
        comparable: How many of them are on things that others wrote about.
        selected: Own events that the last prompt showed, best first.
        compared: Own texts beside others', where the method compares.
        measurements: The measured differences over all comparable texts.
        outcome: Answer, prompts and replies.
        truth: What the user really wrote, where the request stands for a held-out event.
    """

    request: Request
    recipe: str
    lm: str
    own: tuple[Event, ...]
    comparable: int
    selected: tuple[Event, ...]
    compared: tuple[Compared, ...]
    measurements: Measurements
    outcome: Outcome
    truth: Event | None

    @property
    def profile(self) -> Profile | None:
        """The user model, where it is a profile."""
        found = self.outcome.answer
        model = found.user_model if isinstance(found, Draft) else found
        return model if isinstance(model, Profile) else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What limits it as a whole, each once; what limits one comparison stands there."""
        if not self.own:
            return (
                f"Nothing is known of {self.request.user} before this: no event comes earlier. "
                "Explain someone with more events, or hold out a later one.",
            )
        profile, single = self.profile, {c.note for c in self.compared}
        found = [*(profile.notes if profile else ()), self.measurements.note]
        return tuple(dict.fromkeys(note for note in found if note and note not in single))

    @property
    def facts(self) -> tuple[str, ...]:
        """What was given with the request, each in words."""
        given = self.request.given.items()
        return tuple(f"{k} {v:g}" if isinstance(v, float) else f"{k} {v}" for k, v in given)

    def frame(self) -> pl.DataFrame:
        """The measured differences as a table, one row a feature."""
        return self.measurements.frame()

    def to_json(self) -> str:
        """Everything as JSON."""
        return json.dumps(self._plain(), ensure_ascii=False, indent=1)

    def _plain(self) -> Mapping[str, Any]:
        about = self.request.item
        profile = self.profile
        return {
            "user": self.request.user,
            "recipe": self.recipe,
            "lm": self.lm,
            "request": {
                "item": about.id if about else None,
                "time": self.request.time.isoformat() if self.request.time else None,
                "given": dict(self.request.given),
                "query": self.request.query,
                "event": self.request.event,
            },
            "own_events": len(self.own),
            "comparable_events": self.comparable,
            "notes": list(self.notes),
            "measured": self.frame().to_dicts(),
            "found": [_difference(d) for d in self.measurements.differences()],
            "selected": [event.id for event in self.selected],
            "compared": [
                {
                    "own": c.own.id,
                    "others": [e.id for e in c.others],
                    "reasons": list(c.reasons),
                    "told": c.told,
                    "note": c.note,
                }
                for c in self.compared
            ],
            "profile": json.loads(profile.to_json()) if profile else None,
            "calls": [
                {
                    "stage": c.prompt.stage,
                    "prompt": c.prompt.render().text,
                    "reply": c.reply.text,
                    "events": list(c.prompt.events),
                    "cut": [cut.entry.text for cut in c.reply.cut],
                    "retries": c.reply.retries,
                }
                for c in self.outcome.calls
            ],
            "reply": self.outcome.text,
            "failure": self.outcome.failure.message if self.outcome.failure else None,
            "truth": self.truth.text if self.truth else None,
        }


def _difference(found: Difference) -> Mapping[str, Any]:
    return {
        "dimension": found.dimension,
        "text": found.text,
        "own": list(found.own),
        "reference": list(found.reference),
    }


def explain(
    assembly: Assembly,
    population: Population,
    request: Request,
    lm: LanguageModel,
    measured: Measured | None = None,
) -> Explanation:
    """Runs one request and gathers what led to the reply."""
    view = population.as_of(request)
    outcome = answer(assembly, population, request, lm)
    shown = outcome.calls[-1].prompt.section("own") if outcome.calls else ()
    found = outcome.answer.user_model if isinstance(outcome.answer, Draft) else outcome.answer
    told = [d for d in found.differences if d.voice == "told"] if isinstance(found, Profile) else []
    return Explanation(
        request=request,
        recipe=assembly.recipe.name,
        lm=lm.name,
        own=tuple(view.own),
        comparable=len(view.comparable()),
        selected=tuple(population.event(i) for entry in shown for i in entry.events),
        compared=tuple(_compared(d, population, view) for d in told),
        measurements=(measured or Measured())(view),
        outcome=outcome,
        truth=population.event(request.event) if request.event else None,
    )


def _compared(told: Difference, population: Population, view: View) -> Compared:
    own = population.event(told.own[0])
    thing = named(view.item(own.item)) if own.item else ""
    others = tuple(population.event(name) for name in told.reference)
    return Compared(own, thing, others, told.reasons, told.text, told.note)


def named(item: Item) -> str:
    """Title; or the id and how the description begins."""
    begins = (item.description or "")[:80].rsplit(" ", 1)[0]
    return item.title or (f"{item.id}: {begins} …" if begins else item.id)
