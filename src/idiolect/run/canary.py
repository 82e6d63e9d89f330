"""A canary for leaks: every event is dyed with a word of its own; no prompt may show a later one.

Nobody is asked: the model is a rehearsal. What is not shown but was learned from (a fitted encoder)
is the contract's to find, which deletes the future and looks for any change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from idiolect.bench import Benchmark, Rehearsal
from idiolect.data import Population
from idiolect.lm import Prompt
from idiolect.run.runner import Build, run

#: So many examples, evenly spaced, are watched at most.
MOST = 100
_DYE = re.compile(r"qz(\d+)zq")
_SHOWN = 20


@dataclass(frozen=True)
class Leak:
    """An event that a prompt showed, though it lies from the request onward.

    Attributes:
        example: Whose prompt.
        stage: Of the prompt.
        event: What it showed.
    """

    example: str
    stage: str
    event: str


@dataclass(frozen=True)
class Canary:
    """What the prompts of a method showed.

    Attributes:
        examples: Requests that were watched.
        failed: Those of them that could not be rehearsed to the end.
        shown: Events that prompts showed, over all requests.
        late: How many of these were not to be seen.
        leaks: The first of them.
    """

    examples: int
    failed: int
    shown: int
    late: int
    leaks: tuple[Leak, ...]


def watch(build: Build, benchmark: Benchmark, *, most: int = MOST) -> Canary:
    """Goes through a method's prompts on some examples and looks for events of the future.

    Args:
        build: Makes the method around a model.
        benchmark: Its views are used as they are: published ones show the future.
        most: Examples at most.
    """
    names = list(benchmark.examples)
    names = names[:: max(1, -(-len(names) // most))]
    dyed = _dyed(benchmark.population)
    made = run(
        build,
        dyed,
        [benchmark.examples[name] for name in names],
        Rehearsal(),
        threads=1,
        published=benchmark.published,
    )
    shown, late, leaks = 0, 0, []
    for name, outcome in zip(names, made, strict=True):
        view = dyed.as_of(outcome.request)
        allowed = set(view.own.join(view.heard, view.others).rows.tolist())
        seen: dict[int, str] = {}
        for call in outcome.calls:
            for row in _rows(call.prompt):
                seen.setdefault(row, call.prompt.stage)
        shown += len(seen)
        later = [row for row in seen if row not in allowed]
        late += len(later)
        leaks += [Leak(name, seen[row], dyed.frame["id"][row]) for row in later]
    failed = sum(outcome.failure is not None for outcome in made)
    return Canary(len(names), failed, shown, late, tuple(leaks[:_SHOWN]))


def _dyed(population: Population) -> Population:
    """The population with its row number before and after each text, so that a cut keeps one."""
    import polars as pl

    dye = pl.format("qz{}zq", pl.int_range(pl.len()))
    text = pl.format("{} {} {}", dye, pl.col("text").fill_null(""), dye)
    return Population(population.frame.with_columns(text.alias("text")), population.items)


def _rows(prompt: Prompt) -> set[int]:
    words = " ".join(entry.text for section in prompt.sections for entry in section.entries)
    facts = " ".join(v for s in prompt.sections for e in s.entries for _, v in e.facts)
    return {int(number) for number in _DYE.findall(f"{prompt.instruction} {words} {facts}")}
