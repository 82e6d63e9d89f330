"""Models by address."""

from __future__ import annotations

from idiolect.errors import UnknownNameError
from idiolect.lm import LanguageModel

ADDRESSES = {
    "extractive": "no language model: classical means, see the guide",
    "openai:NAME": "OpenAI; the key is read from OPENAI_API_KEY",
    "ollama:NAME": "a local Ollama server",
    "http://HOST:PORT/v1#NAME": "any OpenAI-compatible server (vLLM, SGLang, LM Studio, …)",
}


def language_model(address: str) -> LanguageModel:
    """The model at an address; see `ADDRESSES`.

    Raises:
        UnknownNameError: No model has such an address.
        EndpointError: A key or a server is missing.
    """
    if address == "extractive":
        from idiolect.floor import Extractive

        return Extractive()
    if address.startswith(("openai:", "ollama:", "http://", "https://")):
        from idiolect.lm.endpoints import endpoint

        return endpoint(address)
    raise UnknownNameError("model", address, ADDRESSES)
