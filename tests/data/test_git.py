import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from idiolect.data import git_table, read
from idiolect.data.git import without_trailers
from idiolect.errors import DataError

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(where: Path, *arguments: str, **environment: str) -> None:
    plain = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    clean = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(where)}
    subprocess.run(
        ["git", "-C", str(where), *arguments],
        check=True, capture_output=True, env=plain | clean | environment,
    )  # fmt: skip


def commit(where: Path, name: str, email: str, day: int, message: str, *paths: str) -> None:
    for path in paths:
        file = where / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(message + path)
    git(where, "add", "-A")
    when = f"2024-01-{day:02} 12:00:00 +0200"
    who = {
        "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": email, "GIT_AUTHOR_DATE": when,
        "GIT_COMMITTER_NAME": "Boss", "GIT_COMMITTER_EMAIL": "boss@x.org",
        "GIT_COMMITTER_DATE": f"2024-02-{day:02} 12:00:00 +0000",
    }  # fmt: skip
    git(where, "commit", "--allow-empty", "-m", message, **who)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    where = tmp_path / "repo"
    where.mkdir()
    git(where, "init", "-q", "-b", "main")
    commit(where, "Ann", "ann@x.org", 1, "Begin\n\nThe body.\n\nSigned-off-by: Ann <a@x.org>",
           "README", "src/a b.py", "src/ü\tx.py", "docs/c.md")  # fmt: skip
    commit(where, "Ann", "ANN@x.org", 2, "Nothing")
    commit(where, "Old Bob", "bob@old.org", 3, "Docs", "docs/c.md", "docs/d.md", "src/e.py")
    commit(where, "Bob", "bob@new.org", 4, "Root", "LICENSE")
    git(where, "checkout", "-q", "-b", "side", "HEAD~1")
    commit(where, "Ann", "ann@home.org", 5, "Side", "test/x.py")
    git(where, "checkout", "-q", "main")
    git(where, "-c", "user.name=M", "-c", "user.email=m@x.org", "merge", "-q", "side")
    (where / ".mailmap").write_text("Bob <bob@new.org> <bob@old.org>\n")
    return where


def test_commits_become_events(repository: Path) -> None:
    loaded = read(f"git:{repository}")
    population = loaded.population
    assert population.frame.select("user", "title", "item").rows() == [
        ("Ann", "Begin", "src"),
        ("Ann", "Nothing", None),
        ("Bob", "Docs", "docs"),
        ("Bob", "Root", "(root)"),
        ("Ann", "Side", "test"),
    ]
    first = population.events_of("Ann")[0]
    assert first.text == "Begin\n\nThe body."
    assert first.time == datetime(2024, 1, 1, 10, tzinfo=UTC)
    assert len(first.id) == 40
    assert "3 addresses of 2 authors (put together by name)." in loaded.report.notes


def test_times_may_be_those_of_the_commit(repository: Path) -> None:
    times = git_table(repository, time="commit").frame["time"]
    assert times[0] == datetime(2024, 2, 1, 12)


def test_settings_of_the_user_change_nothing(repository: Path) -> None:
    before = git_table(repository).frame
    for setting in (
        "diff.relative=true", "log.showSignature=true", "diff.renames=copies", "color.ui=always",
        "log.showRoot=false", "format.pretty=oneline", "diff.external=false", "log.date=relative",
        "i18n.logOutputEncoding=latin1", "log.mailmap=false", "core.quotePath=true",
    ):  # fmt: skip
        git(repository, "config", *setting.split("=", 1))
    assert git_table(repository / "src").frame.equals(before)


def test_a_bare_repository_is_read_too(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(repository), "bare.git")
    assert git_table(tmp_path / "bare.git").read == 5


def test_a_shallow_clone_is_reported(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth", "2", f"file://{repository}", "shallow")
    report = read(f"git:{tmp_path / 'shallow'}").report
    assert any("This clone is shallow" in note for note in report.notes)


def test_git_dir_in_the_environment_is_ignored(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert git_table(repository).read == 5


@pytest.mark.parametrize(
    ("message", "left"),
    [
        ("Fix\n\nBody.\n\nSigned-off-by: A <a@x>\nCc: b\nReviewed-by: C", "Fix\n\nBody."),
        ("Fix\n\nBody.\n\nSigned-off-by: A\n[b: reworded]\nSigned-off-by: B", "Fix\n\nBody."),
        ("Fix\n\nBody.\n(cherry picked from commit abc123)", "Fix\n\nBody."),
        ("Fix\n\nNote: this stays.", "Fix\n\nNote: this stays."),
        ("Fix\n\nSee by: me\n\nChange-Id: I1\nFixes: #12", "Fix\n\nSee by: me"),
        ("Cc: everybody", "Cc: everybody"),
        ("Fix\n\nCo-authored-by: A <a@x>\n\nCloses: #3\n", "Fix"),
        ("Fix\n\nCc: is a field.\n\nMore.", "Fix\n\nCc: is a field.\n\nMore."),
        ("", ""),
    ],
)  # fmt: skip
def test_trailers_at_the_end_are_removed(message: str, left: str) -> None:
    assert without_trailers(message) == left


def test_places_without_commits_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(DataError, match="no git repository at"):
        read(f"git:{tmp_path}")
    with pytest.raises(DataError, match="no folder at"):
        read(f"git:{tmp_path / 'nowhere'}")
    with pytest.raises(DataError, match="clone it, then give git:FOLDER"):
        read("git:https://example.org/x.git")
    git(tmp_path, "init", "-q")
    with pytest.raises(DataError, match="no commits in"):
        read(f"git:{tmp_path}")


def test_a_missing_git_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataError, match="no program 'git'; install git"):
        read(f"git:{tmp_path}")
