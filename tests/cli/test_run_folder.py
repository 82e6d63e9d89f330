"""`run --out FOLDER`: goes on, pays once, stops at a budget, refuses another run."""

import json

from idiolect.lm import Ledger
from idiolect.run import REPLIES
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
        # Calls of requests that have no result yet count too, by the ledger.
        short = idiolect(*ask, parts, *priced, "--max-calls", once - 1)
        assert short.code == 2
        assert f"max_calls={once - 1}" in short.error
        again = idiolect(*ask, parts, *priced, "--max-calls", once)
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


def test_a_price_that_comes_later_holds_for_what_was_spent(idiolect, table, tmp_path):
    with StubServer() as server:
        ask = [
            "run",
            "rag",
            "--data",
            table,
            "--lm",
            server.address,
            "--out",
            tmp_path / "a" / "run",
        ]
        assert idiolect(*ask, "--max-calls", 3, "--threads", 1).code == 2
        ran = idiolect(*ask, "--max-cost", 1e-9, "--price", "stub=1/1")
        assert ran.code == 2
        assert "of max_cost=0, 0.000" in ran.error
        assert server.successes == 3


def test_calls_that_were_in_flight_are_said(idiolect, table, tmp_path):
    with StubServer() as server:
        ask = ["run", "rag", "--data", table, "--lm", server.address, "--out", tmp_path / "run"]
        assert idiolect(*ask, "--max-calls", 3).code == 2
        Ledger(tmp_path / "run" / REPLIES).claim([b"one", b"other"])
        ran = idiolect(*ask)
    assert "Up to 2 calls were in flight when the run ended" in ran.err


def test_a_prompt_is_cut_to_the_budget_which_is_part_of_the_run(idiolect, table, tmp_path):
    with StubServer() as server:
        ask = ["run", "rag", "--data", table, "--lm", server.address, "--out", tmp_path / "run"]
        assert idiolect(*ask, "--budget", 150).code == 0
        cut = [sum(len(m["content"]) for m in body["messages"]) for body in server.bodies]
        assert max(cut) <= 4 * 150
        assert "budget: 150 there, 'nothing' now" in idiolect(*ask).error
    assert "which reads whole prompts" in idiolect(*ask[:4], "--budget", 150).error
