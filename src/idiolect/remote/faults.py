"""What can go wrong with a call: what passes by itself, how long to wait, and how to say it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# Statuses below 500 that pass by themselves: timeout, conflict, too early, too many requests.
_PASSING = frozenset({408, 409, 425, 429})


class NoAnswer(Exception):
    """What came with a status of success and is no answer; its words are the beginning of it."""


def answered(response: Any) -> None:
    """A hook of the HTTP client: refuses a page, a word or nothing in the place of an answer.

    JSON under a wrong content type is an answer: it was paid for, and is read.

    Args:
        response: As httpx has it, before its body is read.

    Raises:
        NoAnswer: It is none.
    """
    kind = response.headers.get("content-type", "")
    if not response.is_success or "event-stream" in kind:
        return
    body = response.read().strip()
    if body.startswith(b"{"):
        response.headers["content-type"] = "application/json"
        if b'"error"' in body and (said := _refused(body)):
            raise NoAnswer(said)
    elif not body.startswith((b"data:", b"event:", b":")):  # a stream under another name
        raise NoAnswer(body[:80].decode("utf-8", "replace"))


def _refused(body: bytes) -> str:
    """The words of a refusal that some proxies send with status 200; empty where it is none."""
    try:
        told = json.loads(body)
    except ValueError:
        return ""  # broken JSON, which the client finds itself
    refusal = told.get("error")
    if not refusal or told.get("choices") or told.get("data"):
        return ""
    return str(refusal.get("message") or refusal if isinstance(refusal, dict) else refusal)[:300]


def passes(error: Exception) -> bool:
    """True if the same call may succeed later."""
    from openai import APIConnectionError, APIStatusError

    if isinstance(error, APIConnectionError):
        return not lasts(root(error))
    if isinstance(error, APIStatusError):
        passing = error.status_code in _PASSING or error.status_code >= 500
        return passing and error.code != "insufficient_quota"
    return isinstance(error, (NoAnswer, json.JSONDecodeError))  # the latter is half a reply


def lasts(cause: BaseException) -> bool:
    """True for a connection that cannot be made, against which waiting does not help."""
    import socket
    import ssl

    return isinstance(
        cause, (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)
    )


def root(error: BaseException) -> BaseException:
    """Where an error began."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error


def retry_after(error: Exception) -> float | None:
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


def words(error: Any, key: str | None) -> str:
    """Status and words of a refusal, without the key."""
    body = error.body
    if isinstance(body, dict):
        body = body.get("message") or body.get("detail") or body
    return hidden(f"{error.status_code}: {str(body or 'no words')[:300]}", key)


def hidden(text: str, key: str | None) -> str:
    """The text without the key."""
    return text.replace(key, "***") if key else text


@dataclass(frozen=True)
class Explained:
    """Says of calls that failed for good what was found and what to do.

    Attributes:
        shown: The endpoint's address.
        key: What was sent there.
        unknown: Says what it means that the endpoint knows no such thing, given its words.
    """

    shown: str
    key: str | None
    unknown: Callable[[str], str]

    def __call__(self, error: Exception, calls: int, seconds: float) -> str:
        """What to do about an error.

        Args:
            error: Of the last call.
            calls: How many were made.
            seconds: How long an answer was waited for.
        """
        from openai import APIConnectionError, APIStatusError, APITimeoutError

        times = f"in {calls} calls" if calls > 1 else "in one call"
        if isinstance(error, APITimeoutError):
            return (
                f"{self.shown} gave no answer within {seconds:.3g} seconds {times}; raise "
                "`timeout`, lower `concurrency`, or look at the server's load."
            )
        cause = root(error)
        if isinstance(cause, NoAnswer):
            return (
                f"{self.shown} answered with {hidden(str(cause), self.key)!r} {times}, where JSON "
                "is needed; look at the server, or at the proxy in front of it, and check the "
                "address: it usually ends in /v1."
            )
        if isinstance(error, APIConnectionError):
            if lasts(cause):
                return (
                    f"Found no endpoint at {self.shown} ({cause}); a server must be running "
                    "there. Start it (for Ollama: `ollama serve`) or correct the address."
                )
            return (
                f"The connection to {self.shown} broke {times} ({cause}); look at the server's "
                "log, or try again later."
            )
        if isinstance(error, APIStatusError):
            return self._status(error, times)
        return (
            f"{self.shown} answered with broken JSON {times}; check that the address is that "
            "of an OpenAI-compatible endpoint."
        )

    def _status(self, error: Any, times: str) -> str:
        status, said = error.status_code, words(error, self.key)
        if status in (401, 403):
            sent = "the key that was sent" if self.key else "a call without a key"
            return (
                f"{self.shown} refused {sent} ({said}); set the environment variable "
                "OPENAI_API_KEY to a key that is valid there."
            )
        if status == 404:
            return self.unknown(said)
        if status == 429:
            if error.code == "insufficient_quota":
                return f"{self.shown} says that the quota is used up ({said}); add credit there."
            asked = retry_after(error)
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
