"""Which token comes next, and when a text ends: for each row of a batch by itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idiolect.lm.prompt import Sampling

Draw = Callable[[NDArray[Any]], int]


def drawing(sampling: Sampling, number: int, config: Any) -> Draw:
    """Takes one of several scores: the greatest at temperature 0, else one by chance.

    Args:
        sampling: As the prompt has it.
        number: Of the draw; added to the seed.
        config: The model's generation settings, for what the prompt leaves open.
    """
    temperature, top_p, top_k = sampling.temperature, sampling.top_p, None
    if temperature is None:
        # What the model's authors set; without sampling, they take the likeliest.
        temperature = (config.temperature or 1.0) if config.do_sample else 0.0
        top_p = top_p or (config.top_p if config.do_sample else None)
        top_k = config.top_k if config.do_sample else None
    if temperature <= 0:
        return lambda scores: int(scores.argmax())
    seed = None if sampling.seed is None else (sampling.seed + number) % 2**64
    rng = np.random.default_rng(seed)
    heat, share, most = temperature, top_p or 1.0, top_k or None

    def draw(scores: NDArray[Any]) -> int:
        order = np.argsort(-scores, kind="stable")[:most]
        weights = np.exp((scores[order] - scores[order[0]]) / heat)
        sums = np.cumsum(weights)
        # The likeliest that together have the share, at least one.
        kept = int(np.searchsorted(sums, share * sums[-1])) + 1
        sums = sums[:kept]
        return int(
            order[min(np.searchsorted(sums, rng.random() * sums[-1], "right"), len(sums) - 1)]
        )

    return draw


class Drawn:
    """Leaves one token a row: the one that the row's own generator draws.

    Attributes:
        logprobs: Of the tokens of each row that wants them.
    """

    def __init__(self, draws: list[Draw], keep: list[bool]) -> None:
        self.draws, self.keep = draws, keep
        self.logprobs: list[list[float]] = [[] for _ in draws]

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """The scores, of which one a row is left.  # (rows, vocabulary)"""
        import torch

        values = scores.float().cpu().numpy()
        chosen = [draw(row) for draw, row in zip(self.draws, values, strict=True)]
        for at, token in enumerate(chosen):
            if self.keep[at]:
                self.logprobs[at].append(torch.log_softmax(scores[at].float(), -1)[token].item())
        at = torch.tensor(chosen, device=scores.device)[:, None]
        return torch.full_like(scores, -math.inf).scatter(1, at, 0.0)


class Stopping:
    """Ends each row by its own limit and its own strings.

    Attributes:
        written: Tokens of each row: as many as it may have, until it ends earlier.
    """

    def __init__(
        self, most: list[int], start: int, stops: list[Callable[[list[int]], bool] | None]
    ) -> None:
        self.start, self.stops = start, stops
        self.written = list(most)

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        """Which rows have ended.  # (rows,)"""
        import torch

        written = input_ids.shape[1] - self.start
        for at, stop in enumerate(self.stops):
            row = input_ids[at, self.start :].tolist() if stop else []
            if stop is not None and written < self.written[at] and stop(row):
                self.written[at] = written
        ended = [written >= most for most in self.written]
        return torch.tensor(ended, device=input_ids.device)


def until(text: str, stops: Iterable[str]) -> tuple[str, bool]:
    """The text before the first of some strings, and whether one was there."""
    ends = [at for stop in stops if (at := text.find(stop)) >= 0]
    return (text[: min(ends)], True) if ends else (text, False)
