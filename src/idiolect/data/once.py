"""What is made once and kept."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import RLock
from typing import Any, TypeVar

T = TypeVar("T")


class Once:
    """Values by key, each made the first time that it is asked for.

    Many threads may ask: who comes while a value is made waits. Making one may ask for another.
    """

    def __init__(self) -> None:
        self._made: dict[Hashable, Any] = {}
        self._lock = RLock()

    def __call__(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key; made if it is not there."""
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
            made: T = self._made[key]
            return made
