"""Checks of what a recipe says of itself: its page and card, its settings."""

from __future__ import annotations

import re
from pathlib import Path

from idiolect.card import HEADINGS
from idiolect.errors import SettingError, UnknownNameError
from idiolect.testing.contract.bench import Bench, ContractError

MOST_LINES = 150


def card(bench: Bench) -> str:
    """Title, page with all headings in order, a short file, and tests that exist."""
    recipe = bench.recipe
    parts = re.split(rf"^({'|'.join(HEADINGS)}):", recipe.page, flags=re.M)
    found = {name: body.strip() for name, body in zip(parts[1::2], parts[2::2], strict=True)}
    if not parts[0].strip() or not recipe.card.title.strip():
        raise ContractError(
            f"Found no title or no first line in {recipe.path.name}; the docstring's first line "
            "says what one gets."
        )
    if tuple(parts[1::2]) != HEADINGS or not all(found.values()):
        filled = [name for name, body in found.items() if body]
        raise ContractError(
            f"Found the headings {filled} in the docstring of {recipe.name!r}; needed, each once, "
            f"in this order and with a text: {list(HEADINGS)}."
        )
    lines = len(recipe.path.read_text(encoding="utf-8").splitlines())
    if lines > MOST_LINES:
        raise ContractError(
            f"Found {lines} lines in {recipe.path.name}; at most {MOST_LINES} are needed: a longer "
            "recipe misses a part, make one."
        )
    root = _source_tree(recipe.path)
    absent = [
        shown.test
        for shown in recipe.card.evidence
        if root is not None and shown.test and not (root / shown.test.partition("::")[0]).is_file()
    ]
    if absent:
        raise ContractError(
            f"Found evidence by {absent}, which is not in {root}; name the test that shows it, or "
            "say 'none'."
        )
    return ""


def _source_tree(path: Path) -> Path | None:
    """The project that a file is written in; None for installed files and loose ones."""
    if "site-packages" in path.parts:
        return None
    near = (p for p in path.resolve().parents if (p / "pyproject.toml").is_file())
    return next(near, None)


def settings(bench: Bench) -> str:
    """Settings have types, defaults that fit them, and refuse wrong names and values."""
    recipe = bench.recipe
    try:
        known = recipe.settings
        for setting in known:
            setting.checked(recipe.name, setting.default)
    except SettingError as error:
        raise ContractError(str(error)) from error
    for setting in known:
        try:
            setting.checked(recipe.name, bench)
        except SettingError:
            continue
        raise ContractError(
            f"Found that {setting.name} of {recipe.name!r} takes anything; give it the type of "
            "what it may be."
        )
    misspelt = f"{known[0].name}{known[0].name[-1]}" if known else "no_such_setting"
    try:
        recipe(*recipe.needs, **{misspelt: 1})
    except UnknownNameError as error:
        if known and "Did you mean" not in str(error):
            raise ContractError(
                f"Found {str(error)!r} for the misspelt setting {misspelt!r}; it has to name the "
                "one that was meant."
            ) from error
        return ""
    raise ContractError(f"Found that {recipe.name!r} takes the unknown setting {misspelt!r}.")
