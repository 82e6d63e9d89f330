"""Models by address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import MappingProxyType

from idiolect.errors import UnknownNameError
from idiolect.limits import Limiter
from idiolect.lm import Call, Completion, LanguageModel, Prompt
from idiolect.remote import ENDPOINTS, form_of

ADDRESSES = MappingProxyType(
    {
        "extractive": "no language model: classical means, see the guide",
        **ENDPOINTS,
        "hf:NAME_OR_PATH": "an open model in this process, by transformers (extra train)",
    }
)


def language_model(address: str, *, limiter: Limiter | None = None) -> LanguageModel:
    """The model at an address; see `ADDRESSES`.

    Args:
        address: As in `ADDRESSES`.
        limiter: Of an endpoint's calls, for several clients of it; None gives it one of its own.

    Raises:
        UnknownNameError: No model has such an address.
        EndpointError: A key or a server is missing.
        MissingExtraError: The address needs an extra that is not installed.
        SettingError: A local model is not there.
    """
    if address == "extractive":
        from idiolect.floor import Extractive

        return Extractive()
    if form_of(address) is not None:
        from idiolect.lm.endpoints import endpoint

        return endpoint(address, limiter=limiter)
    if address.startswith("hf:"):
        from idiolect.lm.local import local

        return local(address.removeprefix("hf:"))
    raise UnknownNameError("model", address, ADDRESSES)


class Seeded(LanguageModel):
    """A model whose draws are others than a recipe's own seeds give.

    Args:
        lm: The model.
        seed: Added to the seed of each prompt, or its seed where it has none.
    """

    def __init__(self, lm: LanguageModel, seed: int) -> None:
        self.lm, self.seed = lm, seed
        self.name, self.honours, self.attempts, self.free = (
            lm.name, lm.honours, lm.attempts, lm.free,
        )  # fmt: skip

    def complete(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """As the model beneath, with other seeds."""
        return self.lm.complete([self._seeded(prompt) for prompt in prompts])

    def keep(self, calls: Iterable[Call]) -> None:
        """Passed on."""
        self.lm.keep(calls)

    def _seeded(self, prompt: Prompt) -> Prompt:
        seed = self.seed + (prompt.sampling.seed or 0)
        return prompt.replace(sampling=replace(prompt.sampling, seed=seed))
