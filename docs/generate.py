"""Writes what the code already says: recipe pages, the command line's reference, the picture.

python docs/generate.py            write
python docs/generate.py --check    fail where a page is not what the code says now
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

DOCS = Path(__file__).resolve().parent
#: Columns of the command line's pages, whatever the terminal has.
WIDTH = 88


def pages() -> dict[Path, str]:
    """Every generated file with its content."""
    from idiolect.catalog import recipes
    from idiolect.report.cards import overview, page

    found = {DOCS / "recipes" / f"{r.name}.md": page(r) for r in recipes()}
    found[DOCS / "recipes" / "README.md"] = overview(recipes())
    found[DOCS / "reference" / "cli.md"] = _cli()
    return found


def _cli() -> str:
    from idiolect.cli import app

    parts = ["# Command line", "Generated from the commands themselves.", ""]
    command = typer.main.get_command(app)
    with typer.Context(command, info_name="idiolect", terminal_width=WIDTH) as root:
        parts += [*_help(root), *_commands(root, "##")]
    return "\n".join(parts)


def _help(context: typer.Context) -> list[str]:
    return ["```text", context.command.get_help(context).strip(), "```", ""]


def _commands(parent: typer.Context, heading: str) -> Iterator[str]:
    """Each command with its options, and those within it."""
    group: Any = parent.command
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        with typer.Context(command, info_name=name, parent=parent, terminal_width=WIDTH) as context:
            yield from (f"{heading} {context.command_path}", "", *_help(context))
            if hasattr(command, "list_commands"):
                yield from _commands(context, f"{heading}#")


def picture() -> str:
    """What sets one person of the made-up town apart, as the tool draws it."""
    from idiolect import Measured, Request
    from idiolect.report.chart import effects
    from idiolect.testing import town

    found = Measured()(town().population.as_of(Request("Ada Farrow")))
    return effects(found, rows=14, title="Ada Farrow against others on the same things")


def refreshed(page: Path) -> str:
    """A page whose outputs (a `text` block after a `python` block) are what its code prints now."""
    done: list[str] = []
    text, names = page.read_text(encoding="utf-8"), {"__name__": "page"}
    printed: str | None = None
    for part in re.split(r"(^```\w+\n.*?^```$)", text, flags=re.M | re.S):
        if part.startswith("```python\n"):
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(part[10:-3], page.name, "exec", dont_inherit=True), names)
            printed = out.getvalue().strip()
        elif part.startswith("```sh\n"):
            for line in filter(str.strip, part[6:-3].splitlines()):
                bins = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
                env = os.environ | {"PATH": bins, "COLUMNS": "100"}
                subprocess.run(line, shell=True, env=env, capture_output=True, check=True)
        elif part.startswith("```text\n") and printed is not None:
            part, printed = f"```text\n{printed}\n```", None
        done.append(part)
    return "".join(done)


def main() -> int:
    """Writes or checks; the picture is only written, as its last digits depend on libraries."""
    stale = []
    if "--check" not in sys.argv:
        (DOCS / "images").mkdir(exist_ok=True)
        (DOCS / "images" / "town.svg").write_text(picture(), encoding="utf-8")
        for page in [DOCS.parent / "README.md", *(DOCS / "guide").glob("*.md")]:
            with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
                fresh = refreshed(page)
            page.write_text(fresh, encoding="utf-8")
    for path, content in pages().items():
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != content:
            stale.append(str(path.relative_to(DOCS.parent)))
    if stale:
        sys.stderr.write(f"Not what the code says now: {', '.join(stale)}; run: make docs\n")
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
