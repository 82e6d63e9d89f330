"""An OpenAI-compatible endpoint: where it is, and calls to it with retries and clear errors.

Language models and encoders stand on it; neither knows of the other.
"""

from __future__ import annotations

import difflib
import itertools
import json
import math
import os
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from idiolect.errors import EndpointError, IdiolectError, SettingError, UnknownNameError
from idiolect.limits import Limiter

Thing = TypeVar("Thing")
Result = TypeVar("Result")

OPENAI = "https://api.openai.com/v1"
OLLAMA_PORT = 11434
#: Forms of addresses, by what they begin with.
FORMS = {
    "openai": "openai:MODEL",
    "ollama": "ollama:MODEL",
    "http": "http://HOST:PORT/v1#MODEL",
    "https": "https://HOST/v1#MODEL",
}
# Statuses below 500 that pass by themselves: timeout, conflict, too early, too many requests.
_PASSING = frozenset({408, 409, 425, 429})
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
        from openai import OpenAI

        # The SDK's own retries are off, so that every call is counted.
        client = OpenAI(
            base_url=self.base_url,
            api_key=self.api_key or "none",
            timeout=self.timeout,
            max_retries=0,
        )
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
                except (APIError, json.JSONDecodeError) as error:
                    pause = self._pause(error, failed)
                    late = pause is not None and self._left(begun) <= pause
                    if pause is None or late:
                        said = self._explain(error, model, failed + 1, within)
                        if late:
                            said += f" The `deadline` of {self.deadline:g} seconds allows no more."
                        # The SDK's error may repeat the key, so it does not go along.
                        raise EndpointError(said) from None
                else:
                    if isinstance(result, str):
                        raise EndpointError(
                            f"{self.shown} answered with {result[:80]!r} where JSON is needed; "
                            "check the address: it usually ends in /v1."
                        )
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
        if failed >= self.retries or not _passes(error):
            return None
        asked = _retry_after(error)
        if asked is None:
            return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**failed) * random.uniform(0.5, 1)
        # Callers that were turned away together do not come back together.
        return asked + random.uniform(0, 0.25) if asked <= self.patience else None

    def _explain(self, error: Exception, model: str, calls: int, within: float = math.inf) -> str:
        from openai import APIConnectionError, APIStatusError, APITimeoutError

        times = f"in {calls} calls" if calls > 1 else "in one call"
        if isinstance(error, APITimeoutError):
            seconds = min(self.timeout, within)
            return (
                f"{self.shown} gave no answer within {seconds:.3g} seconds {times}; raise "
                "`timeout`, lower `concurrency`, or look at the server's load."
            )
        if isinstance(error, APIConnectionError):
            cause = _root(error)
            if _lasts(cause):
                return (
                    f"Found no endpoint at {self.shown} ({cause}); a server must be running "
                    "there. Start it (for Ollama: `ollama serve`) or correct the address."
                )
            return (
                f"The connection to {self.shown} broke {times} ({cause}); look at the server's "
                "log, or try again later."
            )
        if not isinstance(error, APIStatusError):
            return (
                f"{self.shown} answered with broken JSON {times}; check that the address is that "
                "of an OpenAI-compatible endpoint."
            )
        status, said = error.status_code, self.said(error)
        if status in (401, 403):
            sent = "the key that was sent" if self.api_key else "a call without a key"
            return (
                f"{self.shown} refused {sent} ({said}); set the environment variable "
                "OPENAI_API_KEY to a key that is valid there."
            )
        if status == 404:
            return self._unknown(model, said)
        if status == 429:
            if error.code == "insufficient_quota":
                return f"{self.shown} says that the quota is used up ({said}); add credit there."
            asked = _retry_after(error)
            wait = f" and asks to wait {asked:g} seconds" if asked else ""
            return (
                f"{self.shown} turned the call away {times} for too many requests{wait} ({said}); "
                "lower `concurrency`, raise `retries` or `patience`, or try again later."
            )
        if overflows(error):
            return (
                f"{self.shown} found the prompt too long ({said}); set `budget` to fewer tokens "
                "than the model's context, or show it fewer events."
            )
        if status < 500:
            return (
                f"{self.shown} refused the request ({said}); change what it objects to: usually "
                "the sampling settings or the model."
            )
        return (
            f"{self.shown} failed {times} ({said}); look at the server's log, or try again later."
        )

    def said(self, error: Any) -> str:
        """Status and words of an answer, without the key."""
        body = error.body
        if isinstance(body, dict):
            body = body.get("message") or body.get("detail") or body
        said = f"{error.status_code}: {str(body or 'no words')[:300]}"
        return said.replace(self.api_key, "***") if self.api_key else said

    def _unknown(self, model: str, said: str) -> str:
        from openai import APIError

        try:
            listed = [m.id for m in self._client.models.list().data]
        except (APIError, ValueError, AttributeError):  # no list to help with
            listed = []
        if not model or not listed:
            return (
                f"{self.shown} knows no such address or model {model!r} ({said}); check the "
                "model's name, and the address: it usually ends in /v1."
            )
        close = difflib.get_close_matches(model, listed, n=1, cutoff=0.5)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        return f"{self.shown} has no model {model!r}.{hint} It lists: {_some(listed)}."


def locate(address: str, *, api_key: str | None = None, **settings: Any) -> tuple[Remote, str, str]:
    """The endpoint, the model and the full name that an address stands for.

    Args:
        address: ``openai:gpt-4o-mini`` (at `OPENAI_BASE_URL` where that is set),
            ``ollama:llama3.2`` (at `OLLAMA_HOST` where that is set), or
            ``http://host:port/v1#model``; without ``#model``, the only model that is listed there.
        api_key: Default: the environment's `OPENAI_API_KEY`, which is sent to the address that
            you name; none for Ollama.
        settings: As for `Remote`.

    Raises:
        UnknownNameError: The address begins with something else.
        SettingError: The model is missing and there is not exactly one.
        EndpointError: There is no key, or the endpoint does not answer.
    """
    begin, _, rest = address.partition(":")
    if begin not in FORMS:
        raise UnknownNameError("kind of endpoint", begin, FORMS)
    if begin in ("openai", "ollama"):
        url, model = _openai_url() if begin == "openai" else _ollama_url(), rest
        if not model:
            raise SettingError(
                f"Found {address!r}; a model is needed after the colon: {FORMS[begin]}."
            )
    else:
        url, _, model = address.partition("#")
    if api_key is None and begin != "ollama":
        api_key = os.environ.get("OPENAI_API_KEY")
    remote = Remote(url, api_key, **settings)
    if begin in ("openai", "ollama"):
        return remote, model, address
    model = model or _only(remote)
    return remote, model, f"{remote.shown}#{model}"


def overflows(error: Any) -> bool:
    """True if a refused request was longer than the model's context."""
    return error.code == "context_length_exceeded" or bool(
        re.search(r"context (length|window|size)|maximum context|too long", str(error.body), re.I)
    )


def overrun(error: Any) -> tuple[int, int] | None:
    """Tokens that were asked for and that the model's context takes, where a refusal tells them."""
    # OpenAI and vLLM tell both in words ("maximum context length is 8192 tokens. However, …"),
    # Anthropic's models as "prompt is too long: 9000 tokens > 8192 maximum", llama.cpp in fields.
    said = str(error.body).replace(",", "")
    fields = re.search(r"n_prompt_tokens\D+(\d+).*n_ctx\D+(\d+)", said)
    limit = re.search(
        r"(?:context (?:length|window|size)|maximum)[a-z ()]*?(?:is|of)[a-z ]*(\d+)", said
    )
    over = re.search(r"(\d+) tokens > (\d+)", said)
    asked = re.search(
        r"(?:requested|resulted in|ha[sv]e|passed|contains?)(?: about| at least)? (\d+)", said
    )
    if pair := fields or over:
        return int(pair[1]), int(pair[2])
    if limit is None or asked is None:
        return None
    more = re.search(r"input tokens and requested (\d+) output", said)
    return int(asked[1]) + (int(more[1]) if more else 0), int(limit[1])


def _openai_url() -> str:
    return os.environ.get("OPENAI_BASE_URL") or OPENAI


def _ollama_url() -> str:
    """Where Ollama listens; `OLLAMA_HOST` may be a host, host:port or an address."""
    host = os.environ.get("OLLAMA_HOST") or "localhost"
    parts = urlsplit(host if "://" in host else f"http://{host}")
    # The variable also tells the server where to listen; "everywhere" is no place to call.
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(parts.hostname or "", parts.hostname)
    default = OLLAMA_PORT if "://" not in host else {"http": 80, "https": 443}.get(parts.scheme)
    shown = f"[{name}]" if ":" in (name or "") else name
    return f"{parts.scheme}://{shown}:{parts.port or default}{parts.path.rstrip('/')}/v1"


def _only(remote: Remote) -> str:
    listed = remote.models()
    if len(listed) == 1:
        return listed[0]
    raise SettingError(
        f"{remote.shown} lists {len(listed)} models ({_some(listed)}); name one after a #: "
        f"{remote.shown}#{listed[0] if listed else 'MODEL'}."
    )


def _some(names: list[str]) -> str:
    return (", ".join(sorted(names)[:20]) + (", …" if len(names) > 20 else "")) or "none"


def _passes(error: Exception) -> bool:
    from openai import APIConnectionError, APIStatusError

    if isinstance(error, APIConnectionError):
        return not _lasts(_root(error))
    if isinstance(error, APIStatusError):
        passing = error.status_code in _PASSING or error.status_code >= 500
        return passing and error.code != "insufficient_quota"
    return isinstance(error, json.JSONDecodeError)  # half a reply


def _lasts(cause: BaseException) -> bool:
    """True for a connection that cannot be made, against which waiting does not help."""
    import socket
    import ssl

    return isinstance(
        cause, (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)
    )


def _root(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error


def _retry_after(error: Exception) -> float | None:
    """Seconds to wait as the endpoint asks, in seconds or as a date."""
    from email.utils import mktime_tz, parsedate_tz

    response = getattr(error, "response", None)
    asked = None if response is None else response.headers.get("retry-after")
    if not asked:
        return None
    try:
        return max(0.0, float(asked))
    except ValueError:
        date = parsedate_tz(asked)
        return None if date is None else max(0.0, mktime_tz(date) - time.time())
