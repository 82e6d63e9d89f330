"""Requests for the same things by several people: what responsiveness is measured on."""

from __future__ import annotations

import numpy as np

from idiolect.data import Events, Population, Request
from idiolect.errors import DataError, SettingError
from idiolect.select.events import drawn


def shared_requests(
    population: Population, documents: int, users: int, *, history: int = 1, seed: int = 0
) -> list[Request]:
    """Each of `documents` things, asked for by `users` of the people who wrote about it.

    Things and people are drawn at random among those that will do; a request stands for the
    person's latest event on the thing, and gives away nothing of it but the thing.

    Args:
        population: Where the events are.
        documents: Things.
        users: People a thing.
        history: Events that each must have before it.
        seed: Of the draws.

    Raises:
        SettingError: `users` is below 2.
        DataError: There are not as many such things.
    """
    if users < 2:
        raise SettingError(f"Found users={users!r}; outputs differ between at least 2 people.")
    found: list[Request] = []
    index = population.by_item
    for name in drawn(seed).permutation([] if index is None else index.names).tolist():
        rows = np.asarray([] if index is None else index.rows(name), dtype=np.intp)
        there = Events(population, rows).by_people
        latest = dict(zip(there.users, there.rows.tolist(), strict=True))
        people = drawn(seed, name).permutation(sorted(latest)).tolist()
        asked = population.requests(np.array([latest[one] for one in people], np.intp), ("item",))
        able = [request for request in asked if len(population.as_of(request).own) >= history]
        if len(able) >= users:
            found += able[:users]
        if len(found) == documents * users:
            return found
    raise DataError(
        f"Found {len(found) // users} things that {users} people with {history} earlier events "
        f"wrote about, where {documents} are needed; ask for fewer things, people or events."
    )
