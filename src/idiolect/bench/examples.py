"""Examples as a loader reads them: request, gold and groups of each, under one id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from idiolect.bench.benchmark import USER, Benchmark
from idiolect.data import Event, Population, Request
from idiolect.errors import DataError
from idiolect.lm import LanguageModel
from idiolect.measure.judge import Pointwise
from idiolect.measure.metrics import TextMetric
from idiolect.roles import Judge


@dataclass
class Examples:
    """What was read so far.

    Attributes:
        name: Of the benchmark.
        examples: Id → request.
        references: Id → gold, and what judges need.
        groups: Grouping → id → group.
    """

    name: str
    examples: dict[str, Request] = field(default_factory=dict)
    references: dict[str, Event] = field(default_factory=dict)
    groups: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(
        self,
        example: str,
        request: Request,
        gold: str,
        extra: Mapping[str, Any] | None = None,
        **groups: str,
    ) -> None:
        """One more example.

        Raises:
            DataError: Its id was there before, or its gold is none of its options.
        """
        if example in self.examples:
            raise DataError(
                f"Found the example {example!r} twice in {self.name!r}; ids must differ. Fetch the "
                "file again, and keep one release a folder."
            )
        if request.options and gold not in request.options:
            raise DataError(
                f"Found {gold!r} as the answer to {example!r} of {self.name!r}; one of "
                f"{', '.join(map(repr, request.options))} is needed. The file may be of another "
                "release."
            )
        self.examples[example] = request
        self.references[example] = Event(request.user, gold, extra=dict(extra or {}), id=example)
        for grouping, group in groups.items():
            self.groups.setdefault(grouping, {})[example] = group

    def benchmark(
        self,
        events: Iterable[Event],
        metrics: Iterable[TextMetric],
        *,
        published: bool = False,
        notes: Iterable[str] = (),
        judged_by: Callable[[LanguageModel], Judge] = Pointwise,
        cluster: str = USER,
    ) -> Benchmark:
        """All of it, with what is known of the users; empty notes are left out.

        Raises:
            DataError: Nothing was read, or the id of an event occurs twice.
        """
        return Benchmark(
            self.name,
            Population.of(events),
            self.examples,
            tuple(metrics),
            published,
            tuple(filter(None, notes)),
            self.references,
            self.groups,
            judged_by=judged_by,
            cluster=cluster,
        )
