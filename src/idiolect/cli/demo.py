"""`demo`: the main job on a made-up town whose truth is known."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""
