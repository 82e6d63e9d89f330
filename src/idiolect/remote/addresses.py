"""Addresses of endpoints, and what they stand for."""

from __future__ import annotations

import os
from collections.abc import Iterable
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from idiolect.errors import SettingError, UnknownNameError
from idiolect.remote.calls import OPENAI, Remote, some

OLLAMA_PORT = 11434
#: Forms of addresses, and what each is.
ENDPOINTS = MappingProxyType(
    {
        "openai:NAME": "OpenAI; the key is read from OPENAI_API_KEY",
        "ollama:NAME": "a local Ollama server",
        "http://HOST:PORT/v1#NAME": "any OpenAI-compatible server (vLLM, SGLang, LM Studio, …)",
        "https://HOST/v1#NAME": "the same, encrypted",
    }
)


def form_of(address: str, forms: Iterable[str] = ENDPOINTS) -> str | None:
    """The one of some forms that an address has, by what it begins with; None where it has none."""
    begin = address.partition(":")[0]
    return next((form for form in forms if form.partition(":")[0] == begin), None)


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
    form = form_of(address)
    begin, _, rest = address.partition(":")
    if form is None:
        raise UnknownNameError("kind of endpoint", begin, [f.partition(":")[0] for f in ENDPOINTS])
    named = begin in ("openai", "ollama")
    if named:
        url, model = _openai_url() if begin == "openai" else _ollama_url(), rest
        if not model:
            raise SettingError(f"Found {address!r}; a model is needed after the colon: {form}.")
    else:
        url, _, model = address.partition("#")
    if api_key is None and begin != "ollama":
        api_key = os.environ.get("OPENAI_API_KEY")
    remote = Remote(url, api_key, **settings)
    if named:
        return remote, model, address
    model = model or _only(remote)
    return remote, model, f"{remote.shown}#{model}"


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
        f"{remote.shown} lists {len(listed)} models ({some(listed)}); name one after a #: "
        f"{remote.shown}#{listed[0] if listed else 'MODEL'}."
    )
