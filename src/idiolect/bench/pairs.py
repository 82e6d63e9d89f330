"""Two replies, one of which a person preferred: which stands first is drawn, and told apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import numpy as np

from idiolect.bench.benchmark import Benchmark, Score
from idiolect.errors import DataError
from idiolect.measure.answers import ANSWER_METRICS, verdict
from idiolect.measure.metrics import TextMetric

#: `drawn` from the example's id; `swapped` the other way round; `both` asks each pair twice.
Order = Literal["drawn", "swapped", "both"]
FIRST, SECOND, TIE = "[[A]]", "[[B]]", "[[C]]"
#: How a choice between two replies is scored.
PAIR_METRICS: tuple[TextMetric, ...] = (
    ANSWER_METRICS["double_brackets"],
    ANSWER_METRICS["double_brackets_unparsed"],
)
#: Where an example of `order="both"` is the other one's, in a reference's `extra`.
PAIR = "pair"


@dataclass(frozen=True)
class Shown:
    """A pair as it is shown.

    Attributes:
        id: Of the example.
        replies: Label → reply, in the order shown.
        gold: Label of the preferred one.
        options: The labels.
    """

    id: str
    replies: Mapping[str, str]
    gold: str
    options: tuple[str, ...] = (FIRST, SECOND)


def shown(name: str, chosen: str, rejected: str, order: Order) -> Iterator[Shown]:
    """The pair in the order asked for; once or twice.

    Args:
        name: What the draw depends on, and nothing else.
        chosen: The preferred reply.
        rejected: The other.
        order: Which stands first.
    """
    first = draw(name, 2) == 0
    if order == "both":
        yield _shown(f"{name}/1", chosen, rejected, first)
        yield _shown(f"{name}/2", chosen, rejected, not first)
    else:
        yield _shown(name, chosen, rejected, first == (order == "drawn"))


def _shown(name: str, chosen: str, rejected: str, first: bool) -> Shown:
    replies = (chosen, rejected) if first else (rejected, chosen)
    return Shown(name, dict(zip((FIRST, SECOND), replies, strict=True)), FIRST if first else SECOND)


def draw(name: str, many: int) -> int:
    """A number below `many` that depends on a name only, the same everywhere."""
    return int.from_bytes(sha256(name.encode()).digest()[:8]) % many


def consistency(benchmark: Benchmark, predictions: Mapping[str, str]) -> Score:
    """Share of pairs asked in both orders for which the same reply was chosen.

    A reply without a verdict is not consistent. Compare with the accuracy: a judge that always
    takes the first is right half of the time and never consistent.

    Raises:
        DataError: Predictions do not match by id, or the pairs were not asked in both orders.
    """
    benchmark.score(predictions)
    sides: dict[str, list[str]] = {}
    for name in benchmark.examples:
        pair = benchmark.references[name].extra.get(PAIR)
        sides.setdefault(str(pair), []).append(name)
    if any(len(names) != 2 for names in sides.values()):
        raise DataError(
            f"Found pairs of {benchmark.name!r} that are asked once; load it with order='both' to "
            "see whether the order decides."
        )
    same, users = [], []
    for one, other in sides.values():
        taken = [_right(benchmark, predictions, name) for name in (one, other)]
        same.append(float(None not in taken and taken[0] == taken[1]))
        users.append(benchmark.examples[one].user)
    return Score.of(np.array(same), np.array(users))


def _right(benchmark: Benchmark, predictions: Mapping[str, str], name: str) -> bool | None:
    """Whether the preferred reply was chosen; None without a verdict."""
    said = verdict(predictions[name])
    return None if said is None else f"[[{said}]]" == benchmark.references[name].text
