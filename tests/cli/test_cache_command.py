"""`idiolect cache`, as a user gives it."""

import json
from pathlib import Path

import pytest

from idiolect.lm import Budget, Cached, Entry, Prompt, Scripted, endpoint, guarded, own, prices
from idiolect.run.folder import REPLIES
from idiolect.testing import StubServer


@pytest.fixture
def path(tmp_path) -> Path:
    """Six replies of a server that has a price, two of a model that has none."""
    file = tmp_path / "replies.sqlite"
    with StubServer("a stub's reply") as server:
        budget = Budget(prices=prices(["stub=1000/2000"]))
        lm = guarded(endpoint(server.address), cache=file, budget=budget)
        for _ in range(2):
            lm.complete(
                [
                    Prompt(f"prompt {n}", own([Entry("x", events=(f"e{n}",))]), stage="write")
                    for n in range(6)
                ]
            )
        lm.close()
    lm = Cached(Scripted("x" * 500, name="unpriced"), file)
    lm.complete([Prompt("a"), Prompt("b")])
    lm.close()
    return file


def test_stats_say_what_is_there_and_what_it_cost(idiolect, path):
    ran = idiolect("cache", "stats", path)
    assert ran.code == 0, ran.err
    assert "8 replies of 1.2 kB" in " ".join(ran.out.split())
    rows = {line.split()[0]: line.split()[1:] for line in ran.out.splitlines() if line.strip()}
    assert rows["unpriced"] == ["2", "0", "0", "0", "0", "0", "0.0000"]
    (stub,) = (rows[name] for name in rows if name.endswith("#stub"))
    assert stub[:4] == ["6", "6", "0", "0"]
    tokens_in, tokens_out = (int(n.replace(",", "")) for n in stub[4:6])
    assert float(stub[6]) == pytest.approx((tokens_in * 1000 + tokens_out * 2000) / 1e6, abs=1e-4)


def test_a_run_s_folder_stands_for_the_file_in_it(idiolect, path, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    assert "no file" in idiolect("cache", "stats", folder).error
    path.rename(folder / REPLIES)
    assert "8 replies" in idiolect("cache", "stats", folder).out


def test_stats_of_paid_tokens_without_a_price_show_none(idiolect, tmp_path):
    path = tmp_path / "replies.sqlite"
    with StubServer() as server:
        Cached(endpoint(server.address), path).one(Prompt("a"))
    assert "no price" in idiolect("cache", "stats", path).out


def test_export_gives_replies_with_their_events_or_the_ledger(idiolect, path, tmp_path):
    rows = [json.loads(line) for line in idiolect("cache", "export", path).out.splitlines()]
    assert {tuple(row["events"]) for row in rows} == {(f"e{n}",) for n in range(6)} | {()}
    out = tmp_path / "ledger.jsonl"
    assert idiolect("cache", "export", path, "--ledger", "--out", out).code == 0
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["outcome"] for line in lines] == ["paid"] * 6 + ["cached"] * 6 + ["paid"] * 2
    assert "stub's reply" not in out.read_text()
    assert "as data and as output" in idiolect("cache", "export", path, "--out", path).error


def test_prune_deletes_and_shrinks(idiolect, path):
    ran = idiolect("cache", "prune", path, "--max-size", "0.5k")
    assert "Deleted 7 of 8 replies" in ran.out
    assert "Deleted 0 of 1 replies" in idiolect("cache", "prune", path, "--max-age", "1h").out
    assert "Deleted 1 of 1 replies" in idiolect("cache", "prune", path, "--max-age", "0s").out
    assert len(idiolect("cache", "export", path, "--ledger").out.splitlines()) == 14


def test_forget_deletes_what_was_made_from_events(idiolect, path):
    assert "Deleted 2 replies made from 3 events" in (
        idiolect("cache", "forget", path, "e1", "e2", "unknown").out
    )
    left = [json.loads(line) for line in idiolect("cache", "export", path).out.splitlines()]
    assert len(left) == 6
    assert not {"e1", "e2"} & {event for row in left for event in row["events"]}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["prune", "PATH"], "give --max-size, --max-age"),
        (["prune", "PATH", "--max-age", "5y"], "1s, 1m, 1h, 1d, 1w"),
        (["prune", "PATH", "--max-size", "much"], "1K, 1M, 1G"),
        (["stats", "nowhere.sqlite"], "no file 'nowhere.sqlite'"),
        (["forget", "BROKEN", "e1"], "is not a cache or is corrupt"),
    ],
)
def test_what_cannot_be_done_is_said(idiolect, path, tmp_path, arguments, why):
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(b"no database" * 99)
    named = {"PATH": path, "BROKEN": broken}
    ran = idiolect("cache", *(named.get(word, word) for word in arguments))
    assert ran.code == 2
    assert why in ran.error
    assert broken.read_bytes() == b"no database" * 99
