"""What all tests share: where the real data is, and one thread for numeric libraries."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from idiolect.data import Population

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("POLARS_MAX_THREADS", "1")

ROOT = Path(__file__).parent.parent


def _folder(path: Path, what: str) -> Path:
    if not path.is_dir():
        pytest.skip(f"{what} is not at {path}; set IDIOLECT_DATA to the data folder to run this")
    return path


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets."""
    return _folder(
        Path(os.environ.get("IDIOLECT_DATA", ROOT.parent / "shared" / "data")), "real data"
    )


@pytest.fixture(scope="session")
def reference(real_data: Path) -> Path:
    """The folder of numbers computed by authors' own code."""
    return _folder(real_data.parent / "reference", "reference numbers")


@pytest.fixture(scope="session")
def talked_over() -> Callable[[Population], Population]:
    """Puts programs' events around everybody's, and some under a name with nothing else.

    They stand before and after each event, on its thing and at its time, with its rating and in
    another group: whatever counts them gets other figures.
    """
    import polars as pl

    from idiolect.data import Population

    def made(population: Population) -> Population:
        frame, n = population.frame, pl.int_range(pl.len())
        groups = {name: pl.lit("Elsewhere") for name in ("district", "side") if name in frame}
        said = frame.with_columns(
            text=pl.lit("ZORBLAT!!! 1, 2 and 3, (quiffledrum)!"),
            role=pl.when(n % 4 == 0)
            .then(pl.lit("assistant"))
            .when(n % 4 == 1)
            .then(pl.lit("system")),
            recalled=pl.when(n % 4 == 2).then(pl.lit("yes")),
            injected=n % 4 == 3,
            **groups,
        )
        around = [said.with_columns(id=pl.format("{}{}", pl.lit(at), "id")) for at in ("<", ">")]
        bot = said.with_columns(user=pl.lit("bot"), id=pl.format("bot{}", "id"))
        rows = [bot, around[0], frame, around[1]]
        return Population(pl.concat(rows, how="diagonal_relaxed"), population.items)

    return made
