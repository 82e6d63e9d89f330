"""What a paper reports: figures by data set, method and metric, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

#: Data set, method, metric.
Cell = tuple[str, str, str]


@dataclass(frozen=True)
class Figure:
    """A figure as printed: value, and what stands after ± (None where nothing does)."""

    value: float
    spread: float | None = None


@dataclass(frozen=True)
class PaperTable:
    """One table of a paper.

    Attributes:
        source: Paper and table.
        model: Who wrote there.
        encoder: Whose vectors it compared with.
        data: The data sets, as the data calls them.
        methods: The rows, as the paper calls them.
        metrics: The columns, under our names; what judges give is named after the judge.
        figures: By data set, method and metric.
    """

    source: str
    model: str
    encoder: str
    data: tuple[str, ...]
    methods: tuple[str, ...]
    metrics: tuple[str, ...]
    figures: Mapping[Cell, Figure]


def parsed(
    data: tuple[str, ...], metrics: tuple[str, ...], lines: str
) -> tuple[tuple[str, ...], Mapping[Cell, Figure]]:
    """Methods and figures of a table written line by line: method, then value±spread by column.

    The columns run through all metrics of the first data set, then of the second, and so on.
    """
    figures: dict[Cell, Figure] = {}
    methods = []
    for line in lines.strip().splitlines():
        method, *cells = line.split()
        methods.append(method)
        columns = [(name, metric) for name in data for metric in metrics]
        for (name, metric), cell in zip(columns, cells, strict=True):
            value, _, spread = cell.partition("±")
            figures[name, method, metric] = Figure(float(value), float(spread) if spread else None)
    return tuple(methods), MappingProxyType(figures)
