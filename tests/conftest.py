"""What all tests share: where the real data is, and one thread for numeric libraries."""

import os
from pathlib import Path

import pytest

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
