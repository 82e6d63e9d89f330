"""Which events are held out: requests whose answers the population knows and no view shows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import numpy as np

from idiolect.data.event import Request
from idiolect.data.population import GIVEN, Population
from idiolect.data.times import as_time, micros
from idiolect.errors import DataError, SettingError


def last_per_user(
    population: Population,
    k: int = 1,
    *,
    at_least: int = 2,
    users: Iterable[str] | None = None,
    give: Iterable[str] = GIVEN,
) -> list[Request]:
    """The last `k` events of each user with at least `at_least` events, by user name, oldest first.

    An assistant's turn, or what a program put in, is no event of the user's.

    Args:
        population: Where the events are.
        k: Targets a user.
        at_least: Users with fewer events are left out; more than `k`, so that a history remains.
        users: Only these.
        give: Facts of the target that come with the request.

    Raises:
        DataError: No user has that many events.
        SettingError: `k` is below one.
    """
    names = population.users if users is None else list(users)
    if k < 1:
        raise SettingError(f"Found k={k!r}; at least one target a user is needed.")
    rows = [population.events_of(name).by_people.rows for name in names]
    targets = [mine[-k:] for mine in rows if len(mine) >= max(at_least, k + 1)]
    if not targets:
        longest = max(map(len, rows), default=0)
        raise DataError(
            f"Found no user with at least {max(at_least, k + 1)} events (the most is {longest}); "
            "lower `at_least` (--at-least), hold out fewer (--last), or bring longer histories."
        )
    return population.requests(np.concatenate(targets), give)


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
    found = []
    for user in population.users:
        mine = population.events_of(user).by_people.rows
        before = int(mine.searchsorted(first))
        if before >= at_least:
            found.append(mine[before:])
    if not sum(map(len, found)):
        raise DataError(
            f"Found no event from {start:%Y-%m-%d} on whose user has {at_least} events before; "
            "choose an earlier time or lower `at_least`."
        )
    return population.requests(np.concatenate(found), give)
