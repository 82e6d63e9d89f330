"""A small table, a small repository, and the command line run in this process."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from cli_table import rows, write

from idiolect.cli import main


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line that says why it could not be done."""
        assert "Traceback" not in self.out + self.err
        lines = [line for line in self.err.splitlines() if line.startswith("Error:")]
        assert len(lines) == 1, self.err
        assert self.err.rstrip().endswith(lines[0]), "the error is the last line"
        return lines[0]


@pytest.fixture
def idiolect(monkeypatch, capsys):
    """Runs a command as the console script does."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    def ran(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["idiolect", *map(str, arguments)])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        return Ran(code, *capsys.readouterr())

    return ran


@pytest.fixture
def table(tmp_path) -> Path:
    """The table in a file, its columns under well-known names."""
    return write(tmp_path / "reviews.csv", rows())


@pytest.fixture(scope="session")
def repository(tmp_path_factory) -> Path:
    """Three authors who touch two folders."""
    folder = tmp_path_factory.mktemp("repository")

    def git(*arguments: str, **env: str) -> None:
        subprocess.run(
            ["git", "-C", str(folder), *arguments],
            check=True,
            capture_output=True,
            env=os.environ | {"GIT_CONFIG_GLOBAL": os.devnull} | env,
        )

    git("init", "-q")
    for number in range(24):
        author, top = ("Ada", "Bob", "Cy")[number % 3], ("docs", "src")[number // 3 % 2]
        (folder / top).mkdir(exist_ok=True)
        (folder / top / f"{number}.txt").write_text(str(number), encoding="utf-8")
        git("add", ".")
        who = {
            f"GIT_{role}_{key}": value
            for role in ("AUTHOR", "COMMITTER")
            for key, value in {
                "NAME": author,
                "EMAIL": f"{author.lower()}@example.org",
                "DATE": f"{1_700_000_000 + number * 3600} +0000",
            }.items()
        }
        git("commit", "-q", "-m", f"Change thing {number} as {author} would", **who)
    return folder
