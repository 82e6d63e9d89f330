"""Models by address."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from idiolect.errors import SettingError, UnknownNameError
from idiolect.limits import Limiter
from idiolect.lm import LanguageModel, Prompt, Rewriting
from idiolect.remote import ENDPOINTS, form_of

ADDRESSES = MappingProxyType(
    {
        "extractive": "no language model: classical means, see the guide",
        **ENDPOINTS,
        "hf:NAME_OR_PATH": "an open model in this process, by transformers (extra train)",
    }
)


def language_model(
    address: str, *, limiter: Limiter | None = None, budget: int | None = None
) -> LanguageModel:
    """The model at an address; see `ADDRESSES`.

    Args:
        address: As in `ADDRESSES`.
        limiter: Of an endpoint's calls, for several clients of it; None gives it one of its own.
        budget: Tokens of a prompt at most, beyond which entries are cut; None sends all.

    Raises:
        UnknownNameError: No model has such an address.
        EndpointError: A key or a server is missing.
        MissingExtraError: The address needs an extra that is not installed.
        SettingError: A local model is not there, or the model reads whole prompts only.
    """
    if address == "extractive":
        if budget is not None:
            raise SettingError(
                f"Found budget={budget} for 'extractive', which reads whole prompts; leave it out."
            )
        from idiolect.floor import Extractive

        return Extractive()
    if form_of(address) is not None:
        from idiolect.lm.endpoints import endpoint

        return endpoint(address, limiter=limiter, budget=budget)
    if address.startswith("hf:"):
        from idiolect.lm.local import local

        return local(address.removeprefix("hf:"), budget=budget)
    raise UnknownNameError("model", address, ADDRESSES)


class Seeded(Rewriting):
    """A model whose draws are others than a recipe's own seeds give.

    Args:
        lm: The model.
        seed: Added to the seed of each prompt, or its seed where it has none.
    """

    def __init__(self, lm: LanguageModel, seed: int) -> None:
        super().__init__(lm)
        self.seed = seed

    def rewritten(self, prompt: Prompt) -> Prompt:
        """With another seed."""
        seed = self.seed + (prompt.sampling.seed or 0)
        return prompt.replace(sampling=replace(prompt.sampling, seed=seed))


class Again(Rewriting):
    """A model asked a second time: another draw, which no cache answers from the first one.

    Args:
        lm: The model.
        draw: Added to the number of each prompt's draw.
    """

    def __init__(self, lm: LanguageModel, draw: int = 1) -> None:
        super().__init__(lm)
        self.draw = draw

    def rewritten(self, prompt: Prompt) -> Prompt:
        """As another draw."""
        return prompt.replace(sample=prompt.sample + self.draw)
