"""`run --out FOLDER`: goes on, pays once, stops at a budget, refuses another run."""

import json

from idiolect.testing import StubServer


def test_a_run_stops_at_its_budget_and_goes_on_without_paying_twice(idiolect, table, tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    with StubServer(answer=lambda body: f"{len(str(body['messages']))} characters") as server:
        ask = ["run", "dpl", "--data", table, "--lm", server.address, "--out"]
        priced = ["--price", "stub=1/2"]
        ran = idiolect(*ask, whole, *priced)
        assert ran.code == 0, ran.err
        assert "from cache" in ran.err
        once = server.successes
        # One at a time, so that two or three are whole when the budget ends.
        stopped = idiolect(*ask, parts, *priced, "--max-calls", 20, "--threads", 1)
        assert stopped.code == 2
        assert "max_calls=20" in stopped.error
        assert server.successes - once <= 20
        assert not (parts / "output.jsonl").exists()
        again = idiolect(*ask, parts, *priced, "--max-calls", 1000)
        assert again.code == 0, again.err
        assert "answered before; going on" in " ".join(again.err.split())
        assert server.successes == 2 * once, "no recorded call was repeated"
    assert (parts / "output.jsonl").read_bytes() == (whole / "output.jsonl").read_bytes()
    rows = [json.loads(line) for line in (whole / "results.jsonl").read_text().splitlines()]
    assert sum(row["paid"]["calls"] for row in rows) == once
    assert all(row["cost"] > 0 for row in rows)


def test_another_setting_or_table_is_refused_and_said(idiolect, table, tmp_path):
    ask = ["run", "dpl", "--data", table, "--out", tmp_path / "run"]
    assert idiolect(*ask).code == 0
    assert "settings.events: 8 there, 4 now" in idiolect(*ask, "--set", "events=4").error
    assert "seed: None there, 3 now" in idiolect(*ask, "--seed", 3).error
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text("".join(lines[:-1]), encoding="utf-8")
    assert "data: " in idiolect(*ask).error


def test_engines_that_are_not_there(idiolect, table):
    ask = ["run", "rag", "--data", table]
    assert "no engine 'rya'" in idiolect(*ask, "--engine", "rya").error
    assert "--workers without --engine ray" in idiolect(*ask, "--workers", 2).error


def test_a_line_that_was_cut_off_is_said(idiolect, table, tmp_path):
    ask = ["run", "rag", "--data", table, "--out", tmp_path / "run"]
    assert idiolect(*ask).code == 0
    results = tmp_path / "run" / "results.jsonl"
    results.write_bytes(results.read_bytes()[:-9])
    ran = idiolect(*ask)
    assert ran.code == 0
    assert "was cut off when the run ended" in ran.err
    assert "6 of 7 requests were answered before" in ran.err
