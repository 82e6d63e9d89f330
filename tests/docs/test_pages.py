"""Every code block of README and guide runs; what a page prints is what the code prints.

A page is one session in an empty folder: its `python` blocks share their names, a `text` block
after a `python` block is its output, and each line of a `sh` block is run. Blocks with another
name (`console`, `toml`, …) are not run.
"""

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_blocks_run_and_print_what_the_page_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict = {"__name__": "page"}
    printed = None
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    for kind, body in blocks:
        if kind == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(body, f"{page.name}", "exec"), names)
            printed = out.getvalue()
        elif kind == "text" and printed is not None:
            assert _trimmed(printed) == _trimmed(body)
            printed = None
        elif kind == "sh":
            for line in body.splitlines():
                _shell(line, tmp_path)
    assert blocks, "a page without a block shows nothing"


def _trimmed(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def _shell(line: str, folder: Path) -> None:
    if not line.strip() or line.startswith("#"):
        return
    bins = Path(sys.executable).parent
    env = os.environ | {"PATH": f"{bins}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "100"}
    done = subprocess.run(
        line, shell=True, cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"


def test_the_first_screen_has_exactly_the_two_commands():
    first = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:40])
    commands = [
        line
        for kind, body in BLOCK.findall(first)
        for line in body.splitlines()
        if kind == "console" and line.startswith("make")
    ]
    assert [c.split("#")[0].strip() for c in commands] == ["make demo", "make test"]


def test_links_lead_somewhere():
    broken = []
    for page in [*PAGES, ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert not broken


def test_generated_pages_are_fresh():
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
