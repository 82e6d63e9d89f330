"""What an import loads: the package is light, the catalogue loads no model library."""

import subprocess
import sys

import pytest

OF_MODELS = ["torch", "transformers", "sklearn", "ray", "fastapi", "openai"]
HEAVY = [*OF_MODELS, "scipy", "polars", "pydantic"]


def loaded(statement: str) -> set[str]:
    """Top-level modules after a statement in a fresh interpreter."""
    shown = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import idiolect", HEAVY),
        ("from idiolect.catalog import recipes; assert len(recipes()) >= 4", OF_MODELS),
        ("import idiolect.run, idiolect.roles, idiolect.card", HEAVY),
    ],
)
def test_nothing_heavy_is_loaded(statement: str, unwanted: list[str]) -> None:
    found = loaded(statement)
    assert "idiolect" in found
    assert not found & set(unwanted)


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("idiolect.run", "idiolect.profile"),
        ("idiolect.cli", "idiolect.run"),
        ("idiolect.cli", "idiolect.report"),
        ("idiolect.cli", "numpy"),
    ],
)
def test_a_room_does_not_load_a_later_one(module: str, unwanted: str) -> None:
    shown = f"import {module}, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True)
    names = done.stdout.split()
    assert module in names
    assert unwanted not in names
