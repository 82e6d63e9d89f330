"""What a run is asked to do, in words: each process makes the run's job of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from idiolect.cli.options import assemble, load, pairs, quiet
from idiolect.errors import SettingError, UnknownNameError

if TYPE_CHECKING:
    from rich.console import Console

    from idiolect.data import Population, Request
    from idiolect.limits import Limiter
    from idiolect.lm import Budget, LanguageModel
    from idiolect.run import Job


@dataclass(frozen=True)
class HeldOut:
    """Asks for the last events of users.

    Attributes:
        last: Events a user.
        at_least: Only users with so many events.
        limit: Requests at most.
    """

    last: int
    at_least: int
    limit: int | None

    def __call__(self, population: Population) -> list[Request]:
        """A request for each of the events.

        Raises:
            DataError: No user has enough events.
        """
        from idiolect.data import last_per_user

        return last_per_user(population, self.last, at_least=self.at_least)[: self.limit]


@dataclass(frozen=True)
class One:
    """Asks for one user.

    Attributes:
        user: Who.
        item: What it is about, by its id.
        query: What is asked, in words.
        given: Facts such as a rating.
    """

    user: str
    item: str | None
    query: str
    given: Mapping[str, str | float]

    def __call__(self, population: Population) -> list[Request]:
        """The request.

        Raises:
            UnknownNameError: There is no such user or item.
        """
        from idiolect.data import Request

        if self.user not in population.by_user.code:
            raise UnknownNameError("user", self.user, population.users)
        about = None
        if self.item is not None:
            about = population.item(self.item)
            known = population.by_item.code if population.by_item else {}
            # An item without events is known where the table of items describes it.
            if self.item not in known and not about.words:
                raise UnknownNameError("item", self.item, known)
        return [Request(user=self.user, query=self.query, item=about, given=dict(self.given))]


def facts(given: list[str] | None) -> dict[str, str | float]:
    """The facts of `--given`.

    Raises:
        SettingError: The rating is no number.
    """
    found: dict[str, str | float] = dict(pairs(given, "--given"))
    if "rating" in found:
        try:
            found["rating"] = float(found["rating"])
        except ValueError:
            raise SettingError(
                f"Found rating={found['rating']} after --given; a number is needed."
            ) from None
    return found


@dataclass(frozen=True)
class Plan:
    """A run in words; called, here or on a worker, it makes the job.

    Attributes:
        method: A recipe by its name, also with settings: dpl:events=4.
        settings: More of them, as NAME=VALUE.
        encoder: By its address.
        source: The data.
        columns: NAME=VALUE of the data.
        items: A second table that describes the items.
        item_columns: NAME=VALUE of it.
        rating_range: Of rows that are used.
        requests: What is asked.
        lm: The model, by its address.
        budget: Tokens of a prompt at most.
        threads: Requests at once in one process.
        seed: Moves all draws.
        cache: The file of replies.
    """

    method: str
    settings: tuple[str, ...]
    encoder: str
    source: str
    columns: tuple[str, ...]
    items: Path | None
    item_columns: tuple[str, ...]
    rating_range: tuple[float, float] | None
    requests: HeldOut | One
    lm: str
    budget: int | None
    threads: int
    seed: int | None
    cache: Path | None

    def __call__(self, limiter: Limiter, budget: Budget, remarks: Console | None = None) -> Job:
        """The job, within a limiter and a budget; remarks go to a console, or nowhere."""
        from idiolect.lm import guarded
        from idiolect.lm.budget import price
        from idiolect.run import Job
        from idiolect.run.models import Seeded

        told = remarks if remarks is not None else quiet()
        model = self.model(limiter)
        assembly = assemble(self.method, self.encoder, self.settings)
        population = load(
            self.source, self.columns, self.items, told, self.item_columns, self.rating_range
        ).population

        def say(message: str) -> None:
            told.print(message, style="yellow", markup=False)

        guard = guarded(model, cache=self.cache, budget=budget, say=say)
        if self.seed is not None:
            guard = Seeded(guard, self.seed)
        known = price(budget.prices, model)
        return Job(assembly, population, self.requests(population), guard, self.threads, known)

    def model(self, limiter: Limiter | None = None) -> LanguageModel:
        """The model itself."""
        from idiolect.run import language_model

        return language_model(self.lm, limiter=limiter, budget=self.budget)
