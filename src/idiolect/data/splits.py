"""Which events are held out: requests whose answers the population knows and no view shows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from idiolect.data.event import Request
from idiolect.data.population import Population
from idiolect.data.times import as_time, micros
from idiolect.errors import DataError

GIVEN = ("rating", "title")


def last_per_user(
    population: Population,
    k: int = 1,
    *,
    at_least: int = 2,
    users: Iterable[str] | None = None,
    give: Iterable[str] = GIVEN,
) -> list[Request]:
    """The last `k` events of each user with at least `at_least` events, by user name, oldest first.

    Args:
        population: Where the events are.
        k: Targets a user.
        at_least: Users with fewer events are left out; more than `k`, so that a history remains.
        users: Only these.
        give: Facts of the target that come with the request.

    Raises:
        DataError: No user has that many events.
    """
    names = population.users if users is None else list(users)
    rows = {name: population.events_of(name) for name in names}
    targets = [
        event
        for events in rows.values()
        if len(events) >= max(at_least, k + 1)
        for event in events[-k:].ids
    ]
    if not targets:
        longest = max((len(events) for events in rows.values()), default=0)
        raise DataError(
            f"Found no user with at least {max(at_least, k + 1)} events (the most is {longest}); "
            "lower `at_least` or `k`, or bring longer histories."
        )
    facts = tuple(give)
    return [population.request(event, facts) for event in targets]


def since(
    population: Population,
    time: datetime | str | float,
    *,
    at_least: int = 1,
    give: Iterable[str] = GIVEN,
) -> list[Request]:
    """Every event from `time` on, of users with at least `at_least` events before it.

    Raises:
        DataError: The population has no times, or nothing is left.
    """
    start = as_time(time)
    if population.times is None:
        raise DataError("Found no times in this population; split it by `last_per_user` instead.")
    first = int(population.times.searchsorted(micros(start)))
    facts, found = tuple(give), []
    for user in population.users:
        events = population.events_of(user)
        before = int((events.rows < first).sum())
        if before >= at_least:
            found += [population.request(event, facts) for event in events[before:].ids]
    if not found:
        raise DataError(
            f"Found no event from {start:%Y-%m-%d} on whose user has {at_least} events before; "
            "choose an earlier time or lower `at_least`."
        )
    return found
