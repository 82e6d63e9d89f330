"""Controls: the same method, the same request, somebody else's history.

A gain that survives when the history is not the user's is no personalization.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from zlib import crc32

import numpy as np

from idiolect.data import Events, View

#: A view with another history in place of the user's; what may be read stays as it was.
Control = Callable[[View], View]

WRONG_USER = "wrong user"
#: Users looked at to find one with a history of about the same length.
_ASKED = 40


def wrong_user(seed: int = 0) -> Control:
    """A random other user's whole history, half to twice as long; else the nearest of forty."""

    def control(view: View) -> View:
        rng, names = _rng(view, seed), view.other_users
        wanted, nearest = len(view.own), view.own[:0]
        for n in rng.permutation(len(names))[:_ASKED]:
            history = view.history_of(names[n])
            if wanted <= 2 * len(history) <= 4 * wanted:
                return view.instead(history)
            if len(history) and abs(len(history) - wanted) < abs(len(nearest) - wanted):
                nearest = history
        return view.instead(nearest)

    return control


def shuffled(seed: int = 0) -> Control:
    """The same things, each told by a random other who wrote about it; where nobody did, left out.

    What is lost is the voice; what is kept are the things, their number and their order.
    """

    def control(view: View) -> View:
        rng, rows = _rng(view, seed), []
        for item in view.own.items:
            peers = view.peers(item) if item is not None else view.own[:0]
            if len(peers):
                rows.append(peers[int(rng.integers(len(peers))) :][:1])
        return view.instead(view.own[:0].join(*rows))

    return control


def population_mean(seed: int = 0) -> Control:
    """Nobody's history: as many texts as the user has, the latest of as many random people.

    The people are drawn once for all requests, so that every user gets nearly the same.
    """

    def control(view: View) -> View:
        names = view.other_users
        order = sorted(names, key=lambda name: crc32(f"{seed} {name}".encode()))
        latest: list[Events] = []
        for name in order:
            if len(latest) == len(view.own):
                break
            history = view.history_of(name)
            if len(history):
                latest.append(history[-1:])
        return view.instead(view.own[:0].join(*latest))

    return control


def controls(seed: int = 0) -> Mapping[str, Control]:
    """All controls, by name."""
    return {
        WRONG_USER: wrong_user(seed),
        "shuffled": shuffled(seed),
        "population mean": population_mean(seed),
    }


def _rng(view: View, seed: int) -> np.random.Generator:
    request = view.request
    about = f"{request.user} {request.event} {request.time} {request.words}"
    return np.random.default_rng([seed, crc32(about.encode())])
