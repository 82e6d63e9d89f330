"""What is asked of an open model, one row of a batch each, and which rows go together."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from idiolect.lm.prompt import Sampling

Task = Literal["write", "score", "show"]


@dataclass(frozen=True, eq=False)
class Job:
    """A text to go on with, given words to score, or activations to show.

    Attributes:
        ids: Tokens of the prompt.
        soft: Vectors before them.  # (tokens, dim)
        adapter: By name; None for the model itself.
        schema: Of JSON that is written, as JSON.
        sampling: Of what is written.
        draw: Which one; added to the seed.
        most: Tokens to write at most.
        given: Tokens to score.
        layer: Whose activations are shown.
    """

    ids: tuple[int, ...]
    soft: NDArray[np.float32] | None = None
    adapter: str | None = None
    schema: str | None = None
    sampling: Sampling = field(default_factory=Sampling)
    draw: int = 0
    most: int = 0
    given: tuple[int, ...] = ()
    layer: int | None = None

    @property
    def task(self) -> Task:
        """What is to be done."""
        return "show" if self.layer is not None else "score" if self.given else "write"

    @property
    def read(self) -> int:
        """Tokens before what is written or given."""
        return len(self.ids) + (0 if self.soft is None else len(self.soft))

    @property
    def length(self) -> int:
        """Tokens that the model reads."""
        return self.read + len(self.given)

    @property
    def kind(self) -> tuple[Task, bool, str]:
        """What must be the same within a batch."""
        return self.task, self.soft is not None, self.schema or ""

    @cached_property
    def start(self) -> tuple[Any, ...]:
        """What stands before what is written or given; jobs of one start read the same."""
        return self.ids, self.adapter, None if self.soft is None else self.soft.tobytes()


def batches(jobs: Sequence[Job], rows: int, tokens: int) -> Iterator[list[int]]:
    """Positions of jobs of one kind and about one length, the longest first.

    What is scored after one start counts as one of the `rows`, since its start is read once.
    """
    starts: dict[Any, int] = {}
    for job in jobs:
        starts.setdefault(job.start, len(starts))

    def place(at: int) -> tuple[Any, ...]:
        return jobs[at].kind, -jobs[at].read, starts[jobs[at].start], -len(jobs[at].given)

    order = sorted(range(len(jobs)), key=place)
    for (task, *_), alike in itertools.groupby(order, key=lambda at: jobs[at].kind):
        batch: list[int] = []
        seen: set[int] = set()
        width = 0
        for at in alike:
            row = starts[jobs[at].start] if task == "score" else at
            width = max(width, jobs[at].length + jobs[at].most)
            if batch and (len(seen | {row}) > rows or width * (len(batch) + 1) > tokens):
                yield batch
                batch, seen, width = [], set(), jobs[at].length + jobs[at].most
            batch.append(at)
            seen.add(row)
        yield batch
