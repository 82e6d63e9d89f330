"""Calls to one endpoint, side by side, made again where that may help."""

from __future__ import annotations

import difflib
import itertools
import json
import math
import random
import re
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from idiolect.errors import EndpointError, IdiolectError, SettingError
from idiolect.limits import Limiter
from idiolect.remote.faults import Explained, NoAnswer, answered, passes, retry_after, words

Thing = TypeVar("Thing")
Result = TypeVar("Result")

OPENAI = "https://api.openai.com/v1"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0


@dataclass(frozen=True)
class Remote:
    """Calls to one endpoint, side by side on threads of its own, so that callers may nest pools.

    Args:
        base_url: Up to and with ``/v1``.
        api_key: Sent to this endpoint; None sends none, as local servers allow.
        concurrency: Calls in flight at most, over all callers.
        timeout: Seconds without an answer after which a call has failed.
        deadline: Seconds for one request from its first call on, with all retries and the pauses
            between them; None sets no limit.
        requests_per_minute: Calls that begin in any 60 seconds at most; None sets no limit.
        tokens_per_minute: Tokens of prompts and replies likewise.
        retries: Further calls after one that failed for a passing reason: too many requests,
            server faults, timeouts, broken connections.
        patience: The longest wait in seconds that an endpoint may ask for; beyond it, the call
            fails at once.
        limiter: Used in place of one with the limits above, for several clients of one account.
        sleep: Waits some seconds; given by tests.

    Raises:
        SettingError: A setting is out of its range, or the address is not http.
        EndpointError: OpenAI is meant and there is no key.
    """

    base_url: str
    api_key: str | None = field(default=None, repr=False)
    concurrency: int = 16
    timeout: float = 120.0
    deadline: float | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    retries: int = 5
    patience: float = 120.0
    limiter: Limiter | None = field(default=None, repr=False, compare=False)
    sleep: Callable[[float], None] | None = field(default=None, repr=False)
    _limiter: Limiter = field(init=False, repr=False, compare=False)
    _client: Any = field(init=False, repr=False, compare=False)
    _pool: ThreadPoolExecutor = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingError(
                f"Found the address {self.shown!r}; needed is http:// or https://, a host and "
                "usually /v1, for example http://localhost:8000/v1."
            )
        for name in ("retries", "patience"):
            if getattr(self, name) < 0:
                raise SettingError(f"Found {name} {getattr(self, name)!r}; give 0 or more.")
        for name in ("timeout", "deadline"):
            if (value := getattr(self, name)) is not None and value <= 0:
                raise SettingError(f"Found {name} {value!r}; give more than 0 seconds.")
        limiter = self.limiter or Limiter(
            self.concurrency, self.requests_per_minute, self.tokens_per_minute, sleep=self.sleep
        )
        if self.is_openai and not self.api_key:
            raise EndpointError(
                f"Found no key for {self.shown}, which needs one; set the environment variable "
                "OPENAI_API_KEY, or use a local model such as 'ollama:llama3.2'."
            )
        from openai import DefaultHttpxClient, OpenAI

        # The SDK's own retries are off, so that every call is counted.
        client = OpenAI(
            base_url=self.base_url,
            api_key=self.api_key or "none",
            timeout=self.timeout,
            max_retries=0,
            http_client=DefaultHttpxClient(event_hooks={"response": [answered]}),
        )
        weakref.finalize(self, client.close).atexit = False
        object.__setattr__(self, "_client", client)
        object.__setattr__(self, "_limiter", limiter)
        object.__setattr__(self, "_pool", ThreadPoolExecutor(limiter.concurrency, "endpoint"))

    @property
    def shown(self) -> str:
        """The address as messages show it, without a user's name or password."""
        return re.sub(r"//[^/@]*@", "//", self.base_url)

    @property
    def is_openai(self) -> bool:
        """True for OpenAI itself, where a compatible server may differ."""
        return urlsplit(self.base_url).hostname == urlsplit(OPENAI).hostname

    def map(self, function: Callable[[Thing], Result], things: Iterable[Thing]) -> list[Result]:
        """`function` of each thing, in order, side by side; the first failure stops the rest."""
        futures = [self._pool.submit(function, thing) for thing in things]
        with self._given_up_at_the_end(futures):
            return [future.result() for future in futures]

    def arriving(
        self, function: Callable[[Thing], Result], things: Iterable[Thing]
    ) -> Iterator[tuple[int, Result | IdiolectError]]:
        """The position of each thing and `function` of it, or why it failed, as they come."""
        at = {self._pool.submit(function, thing): n for n, thing in enumerate(things)}
        with self._given_up_at_the_end(at):
            for future in as_completed(at):
                try:
                    result: Result | IdiolectError = future.result()
                except IdiolectError as error:
                    result = error
                yield at.pop(future), result

    @contextmanager
    def _given_up_at_the_end(self, futures: Iterable[Future[Any]]) -> Iterator[None]:
        """Calls that have not begun are not made; on Ctrl-C, those that wait are given up too."""
        try:
            yield
        except KeyboardInterrupt:
            self.cancel()
            raise
        finally:
            for future in futures:
                future.cancel()

    def cancel(self) -> None:
        """Gives up all calls that wait for their turn or to be made again; see `Limiter.cancel`."""
        self._limiter.cancel()

    def call(
        self,
        ask: Callable[[Any], Result],
        model: str = "",
        tokens: int = 0,
        hold: ExitStack | None = None,
    ) -> tuple[Result, int]:
        """What `ask` gets from the SDK's client, and how many calls failed before it did.

        Args:
            ask: Makes the call.
            model: For messages.
            tokens: What the call will use, as far as is known; set right by the answer's usage.
            hold: Takes over the call's place among those in flight, for answers that go on.

        Raises:
            EndpointError: The call failed for good, or `retries` times too often.
        """
        from openai import APIError

        begun: float | None = None
        for failed in itertools.count():
            with ExitStack() as held:
                place = held.enter_context(self._limiter.place(tokens))
                begun = time.monotonic() if begun is None else begun
                client, within = self._client, self._left(begun)
                if within < self.timeout:
                    client = client.with_options(timeout=within)
                try:
                    result = ask(client)
                except (APIError, NoAnswer, json.JSONDecodeError) as error:
                    pause = self._pause(error, failed)
                    late = pause is not None and self._left(begun) <= pause
                    if pause is None or late:
                        told = Explained(self.shown, self.api_key, partial(self._unknown, model))
                        said = told(error, failed + 1, min(self.timeout, within))
                        if late:
                            said += f" The `deadline` of {self.deadline:g} seconds allows no more."
                        # The SDK's error may repeat the key, so it does not go along.
                        raise EndpointError(said) from None
                else:
                    if usage := getattr(result, "usage", None):
                        self._limiter.used(place, usage.total_tokens or 0)
                    if hold is not None:
                        hold.push(held.pop_all())
                    return result, failed
            if self.sleep is not None:
                self.sleep(pause)
            else:
                self._limiter.wait(pause)
        raise AssertionError("unreachable")

    def _left(self, begun: float) -> float:
        """Seconds for the next call."""
        if self.deadline is None:
            return math.inf
        # A call that may take no time at all could not even fail.
        return max(0.001, begun + self.deadline - time.monotonic())

    def models(self) -> list[str]:
        """The models that the endpoint lists.

        Raises:
            EndpointError: It lists none of them.
        """
        return [model.id for model in self.call(lambda client: client.models.list())[0].data or ()]

    def _pause(self, error: Exception, failed: int) -> float | None:
        """Seconds until the next call; None where it would not help."""
        if failed >= self.retries or not passes(error):
            return None
        asked = retry_after(error)
        if asked is None:
            return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**failed) * random.uniform(0.5, 1)
        # Callers that were turned away together do not come back together.
        return asked + random.uniform(0, 0.25) if asked <= self.patience else None

    def said(self, error: Any) -> str:
        """Status and words of an answer, without the key."""
        return words(error, self.api_key)

    def _unknown(self, model: str, said: str) -> str:
        from openai import APIError

        try:
            listed = [m.id for m in self._client.models.list().data]
        except (APIError, NoAnswer, ValueError):  # no list to help with
            listed = []
        if not model or not listed:
            return (
                f"{self.shown} knows no such address or model {model!r} ({said}); check the "
                "model's name, and the address: it usually ends in /v1."
            )
        close = difflib.get_close_matches(model, listed, n=1, cutoff=0.5)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        return f"{self.shown} has no model {model!r}.{hint} It lists: {some(listed)}."


def some(names: list[str]) -> str:
    """The first of some names."""
    return (", ".join(sorted(names)[:20]) + (", …" if len(names) > 20 else "")) or "none"
