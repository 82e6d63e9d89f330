"""A run's folder: it goes on after any end, refuses another run, and gives the same bytes."""

import errno
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from idiolect.errors import BudgetError, DataError, EndpointError, SettingError
from idiolect.floor import Extractive
from idiolect.lm import (
    Budget,
    Cached,
    Completion,
    Ledger,
    Price,
    Prompt,
    Scripted,
    Spent,
    guarded,
    query,
)
from idiolect.profile import Profile
from idiolect.recipes.generate.plain import plain
from idiolect.roles import Personalizer
from idiolect.run import (
    REPLIES,
    Assembly,
    Job,
    RunFolder,
    asked,
    fingerprint,
    manifest,
    run_iter,
    usable,
)
from idiolect.testing.world import world

POPULATION, REQUESTS = world().population, list(world().requests)
JOB = Job(Assembly(plain), POPULATION, REQUESTS, Extractive())
MANIFEST = manifest(Assembly(plain), Extractive(), data=fingerprint(POPULATION)) | {
    "requests": asked(REQUESTS)
}


def run(path: Path, most: int | None = None) -> bytes | None:
    """What the folder's output is after going on, for some requests only."""
    with RunFolder(path, MANIFEST, len(REQUESTS)) as kept:
        for at, row in JOB.results(kept.todo[:most]):
            kept.add(at, row)
        output = kept.finish()
        return None if output is None else output.read_bytes()


def test_the_output_is_in_order_and_the_same_however_the_run_was_ended(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole")
    assert whole is not None
    rows = [json.loads(line) for line in whole.splitlines()]
    assert [row["event"] for row in rows] == [request.event for request in REQUESTS]
    assert "seconds" not in rows[0]
    parts = tmp_path / "parts"
    assert [run(parts, 2), run(parts, 1)] == [None, None]
    assert not (parts / "output.jsonl").exists()
    results = parts / "results.jsonl"
    assert len(results.read_bytes().splitlines()) == 3
    assert run(parts) == whole
    assert len(results.read_bytes().splitlines()) == len(REQUESTS), "nothing was asked again"


def test_a_torn_last_line_is_taken_away_and_asked_again(tmp_path: Path) -> None:
    whole = run(tmp_path / "run")
    results = tmp_path / "run" / "results.jsonl"
    content = results.read_bytes()
    last = len(content.splitlines(keepends=True)[-1])
    for cut in (1, last - 1):
        results.write_bytes(content[:-cut])
        with RunFolder(tmp_path / "run", MANIFEST, len(REQUESTS)) as kept:
            assert kept.torn == last - cut
            assert len(kept.todo) == 1
        assert run(tmp_path / "run") == whole


def test_another_run_is_refused_with_the_difference(tmp_path: Path) -> None:
    run(tmp_path / "run", 1)
    changed = MANIFEST | {"seed": 1, "versions": {**MANIFEST["versions"], "numpy": "0"}}
    with pytest.raises(SettingError) as told:
        RunFolder(tmp_path / "run", changed, len(REQUESTS))
    assert f"versions.numpy: {MANIFEST['versions']['numpy']!r} there, '0' now" in str(told.value)
    assert "seed: 'nothing' there, 1 now" in str(told.value)
    assert "recipe" not in str(told.value)


def test_the_manifest_tells_settings_data_and_requests_apart() -> None:
    other = manifest(Assembly(plain, {}, {"temperature": "0.5"}), Extractive(), data="")
    assert other["settings"]["temperature"] == 0.5
    assert MANIFEST["settings"]["temperature"] == 0.8
    assert asked(REQUESTS) != asked(REQUESTS[::-1])
    assert asked(iter(REQUESTS))["count"] == len(REQUESTS)
    without = type(POPULATION)(POPULATION.frame[1:], POPULATION.items)
    assert fingerprint(without) != fingerprint(POPULATION)
    assert fingerprint(type(POPULATION)(POPULATION.frame, POPULATION.items)) == MANIFEST["data"]


def test_one_that_failed_is_asked_again_and_its_last_line_counts(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", MANIFEST, len(REQUESTS)) as kept:
        for at, row in JOB.results(kept.todo):
            kept.add(at, row | ({"failure": "EndpointError: down"} if at == 1 else {}))
        assert kept.complete
        assert kept.todo == [1]
    assert run(tmp_path / "run") == run(tmp_path / "other")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")
def test_two_runs_do_not_write_to_one_folder(tmp_path: Path) -> None:
    with (
        RunFolder(tmp_path / "run", MANIFEST, len(REQUESTS)),
        pytest.raises(SettingError, match="another run is writing"),
    ):
        RunFolder(tmp_path / "run", MANIFEST, len(REQUESTS))
    RunFolder(tmp_path / "run", MANIFEST, len(REQUESTS)).close()


def test_folders_that_are_no_runs(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SettingError, match=r"has files \(notes.txt\) and no manifest.json"):
        usable(tmp_path)
    with pytest.raises(SettingError, match="Found the file"):
        usable(tmp_path / "notes.txt")
    with pytest.raises(SettingError, match=r"Found the file '.*notes.txt', in which no folder"):
        usable(tmp_path / "notes.txt" / "runs" / "first")
    run(tmp_path / "run", 1)
    results = tmp_path / "run" / "results.jsonl"
    results.write_text("broken\n" + results.read_text())
    with pytest.raises(DataError, match="line 1 of"):
        RunFolder(tmp_path / "run", MANIFEST, len(REQUESTS))
    (tmp_path / "run" / "manifest.json").write_text("{")
    with pytest.raises(DataError, match="is no manifest"):
        RunFolder(tmp_path / "run", MANIFEST, len(REQUESTS))


def test_folders_above_a_run_are_made(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "2024" / "first"
    usable(path)
    assert not path.parent.exists(), "looking makes nothing"
    assert run(path) is not None


def test_a_full_disk_leaves_no_half_output_and_the_run_can_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with RunFolder(tmp_path / "run", MANIFEST, len(REQUESTS)) as kept:
        for at, row in JOB.results(kept.todo):
            kept.add(at, row)
        results = kept.path / "results.jsonl"
        before = results.read_bytes()
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            with pytest.raises(SettingError, match=r"output.jsonl' cannot be written \(No space"):
                kept.finish()
            with pytest.raises(SettingError, match=r"results.jsonl' cannot be written \(No space"):
                kept.add(0, json.loads(before.splitlines()[0]))
        assert {file.name for file in kept.path.iterdir()} == {"manifest.json", "results.jsonl"}
        assert results.read_bytes() == before
    assert run(tmp_path / "run") == run(tmp_path / "other")


def test_rows_are_read_with_one_opening_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RunFolder(tmp_path / "run", MANIFEST, len(REQUESTS)) as kept:
        assert list(kept.rows()) == []
        for at, row in JOB.results(kept.todo[::-1]):
            kept.add(at, row)
        opened: list[Path] = []
        whole = Path.open

        def seen(path: Path, *how: Any, **more: Any) -> Any:
            opened.append(path)
            return whole(path, *how, **more)

        monkeypatch.setattr(Path, "open", seen)
        assert [row["at"] for row in kept.rows()] == list(range(len(REQUESTS)))
    assert opened == [tmp_path / "run" / "results.jsonl"]


class Paid(Scripted):
    """A model that counts tokens and fails for what is asked with certain words."""

    fails = "nothing"

    def arriving(self, prompts: Any) -> Any:
        for at, prompt in enumerate(prompts):
            failed = self.fails in prompt.render().text
            yield at, EndpointError("down") if failed else Completion("fine", 10, 5)


def test_what_a_run_has_spent_is_told_by_the_ledger_too(tmp_path: Path) -> None:
    path, price = tmp_path / "run", Price(1e6, 2e6)
    ledger = Ledger(path / REPLIES)
    lm = Cached(Paid(), ledger.path)
    for text in ("one", "two", "three"):
        lm.one(Prompt(text))
    # Results tell of one call; two were recorded, and the run was ended before theirs.
    with RunFolder(path, MANIFEST, len(REQUESTS)) as kept:
        (row,) = [row for _, row in JOB.results([0])]
        kept.add(0, row | {"paid": {"calls": 1, "tokens": 15}})
    with RunFolder(path, MANIFEST, len(REQUESTS)) as kept:
        assert kept.spent == Spent(1, 15, 0.0)
    with RunFolder(path, MANIFEST, len(REQUESTS), ledger=ledger) as kept:
        assert (kept.spent, kept.lost) == (Spent(3, 45, 0.0), 0)
    # A price that is given later holds for what was spent before.
    with RunFolder(path, MANIFEST, len(REQUESTS), ledger=ledger, price=price) as kept:
        assert kept.spent == Spent(3, 45, 3 * (10 + 2 * 5))
    lm.lm.fails = "four"  # type: ignore[attr-defined]
    with pytest.raises(EndpointError):
        lm.one(Prompt("four"))
    ledger.claim([b"in flight"])
    with RunFolder(path, MANIFEST, len(REQUESTS), ledger=ledger) as kept:
        assert (kept.spent.calls, kept.spent.tokens, kept.lost) == (4, 45, 1)


def test_of_a_cache_that_others_use_what_came_before_the_run_does_not_count(
    tmp_path: Path,
) -> None:
    path, shared = tmp_path / "run", tmp_path / "shared.sqlite"
    lm = Cached(Paid(), shared)
    lm.one(Prompt("before"))
    time.sleep(0.05)
    RunFolder(path, MANIFEST, len(REQUESTS)).close()
    lm.one(Prompt("since"))
    lm.ledger.claim([b"another's"])
    with RunFolder(path, MANIFEST, len(REQUESTS), ledger=lm.ledger) as kept:
        assert (kept.spent, kept.lost) == (Spent(1, 15, 0.0), 0)


def test_a_budget_ends_a_run_after_what_was_in_work(tmp_path: Path) -> None:
    class Counted(Scripted):
        def complete(self, prompts):
            return [Completion("a reply", 5, 2) for _ in prompts]

    model = guarded(Counted(), budget=Budget(max_calls=2))
    texts = [replace(request, options=()) for request in REQUESTS]
    job = Job(Assembly(plain), POPULATION, texts, model, threads=2)
    found = []
    with pytest.raises(BudgetError, match="max_calls"):
        found.extend(job.results(range(len(REQUESTS))))
    assert len(found) == 2
    assert all(row["failure"] is None and row["paid"]["calls"] == 1 for _, row in found)
    assert found[0][1]["paid"]["tokens"] == 7


def test_requests_are_taken_as_they_are_needed() -> None:
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield REQUESTS[taken % len(REQUESTS)]

    def build(lm):
        return Personalizer(
            lm, lambda view, r: Profile(r.user), lambda r, user: Prompt("Write.", query(r))
        )

    outcomes = run_iter(build, POPULATION, endless(), Scripted(), threads=2)
    positions = sorted(next(outcomes)[0] for _ in range(50))
    outcomes.close()
    assert set(range(40)) <= set(positions)
    assert taken <= 50 + 2 * 2
