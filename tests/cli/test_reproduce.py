"""`reproduce` on a miniature set against a stub endpoint: whole, killed, resumed, and bad input."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from idiolect.lm import Endpoint
from idiolect.testing import StubServer
from published_files import published, write_published

USERS = 6
#: Calls a request, with nine earlier reviews that everybody shares.
CALLS = {"plain": 1, "rag": 1, "dpl": 10}
METHODS = ("--method", "Non-Perso", "--method", "rag", "--method", "DPL")

Idiolect = Callable[..., Any]


def answer(body: dict[str, Any]) -> str:
    instruction, shown = body["messages"][0]["content"], body["messages"][-1]["content"]
    if "Give a mark" in instruction:
        return "no mark" if "user 3" in shown else "7.5"
    return "Lamp shade warm light desk cord."


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer(answer) as stub:
        yield stub


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_published(tmp_path / "data", "Books", *published(USERS))
    return tmp_path


@pytest.fixture
def reproduce(idiolect: Idiolect, folder: Path, server: StubServer) -> Idiolect:
    def ran(*more: object) -> Any:
        return idiolect(
            "reproduce", "dpl", "--table", 1, "--lm", server.address, "--data", folder / "data",
            "--category", "Books", "--out", folder / "out", *METHODS, *more,
        )  # fmt: skip

    return ran


def lines(folder: Path, recipe: str) -> list[dict[str, Any]]:
    path = folder / "out" / "Books" / f"{recipe}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_ours_stand_beside_theirs(reproduce: Idiolect, folder: Path, server: StubServer) -> None:
    ran = reproduce()
    assert ran.code == 0, ran.err
    assert server.requests == USERS * sum(CALLS.values())
    ours = r"0\.\d{4} \[0\.\d{4}, 0\.\d{4}\]"
    assert re.search(rf"DPL +│ 6 of 6 +│ rouge1 │ {ours} │ 0\.3318 ± 0\.0047", ran.out)
    assert "stub (theirs: Qwen2.5-7B-Instruct)" in ran.out
    told = json.loads((folder / "out" / "table.json").read_text())
    [dpl] = [row for row in told["rows"] if row["method"] == "DPL"]
    assert (dpl["asked"], dpl["failed"], dpl["calls"]) == (USERS, 0, USERS * CALLS["dpl"])
    assert dpl["ours"]["rouge1"]["rows"] == USERS
    assert dpl["theirs"]["bleu"] == {"value": 5.9379, "spread": 0.3108}
    for recipe, calls in CALLS.items():
        assert [row["calls"] for row in lines(folder, recipe)] == [calls] * USERS


def test_prompts_hold_others_profiles_and_never_a_target(
    reproduce: Idiolect, server: StubServer
) -> None:
    reproduce()
    rows, _ = published(USERS)
    sent = [body["messages"][-1]["content"] for body in server.bodies]
    assert not any(row["data"]["text"] in text for row in rows for text in sent)
    compared = [text for text in sent if "<texts_by_other_people>" in text]
    assert len(compared) == 8 * USERS
    everybody = {one["text"] for row in rows for one in row["profile"]}
    assert all(sum(text in shown for text in everybody) == 5 for shown in compared)


def test_a_killed_run_goes_on_without_repeating_what_is_kept(
    reproduce: Idiolect, folder: Path, server: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, lock, left = Endpoint.complete, threading.Lock(), [2 * USERS + 35]

    def killed(self: Endpoint, prompts: Any) -> Any:
        with lock:
            left[0] -= len(prompts)
            if left[0] < 0:
                raise KeyboardInterrupt
        return real(self, prompts)

    with monkeypatch.context() as patch:
        patch.setattr(Endpoint, "complete", killed)
        assert reproduce("--threads", 2).code != 0
    first = lines(folder, "dpl")
    assert len(lines(folder, "rag")) == USERS
    assert 1 <= len(first) < USERS
    asked = server.requests
    ran = reproduce("--threads", 2)
    assert ran.code == 0, ran.err
    assert server.requests - asked == (USERS - len(first)) * CALLS["dpl"]
    assert lines(folder, "dpl")[: len(first)] == first
    assert len({row["id"] for row in lines(folder, "dpl")}) == len(lines(folder, "dpl")) == USERS
    asked = server.requests
    assert reproduce().out == ran.out
    assert server.requests == asked, "a finished run asks nobody"


def test_more_requests_are_added_and_fewer_are_scored(
    reproduce: Idiolect, folder: Path, server: StubServer
) -> None:
    assert re.search(r"RAG +│ 2 of 2", reproduce("--limit", 2).out)
    asked = server.requests
    assert asked == 2 * sum(CALLS.values())
    assert re.search(r"RAG +│ 6 of 6", reproduce().out)
    assert server.requests == USERS * sum(CALLS.values())
    assert re.search(r"RAG +│ 3 of 3", reproduce("--limit", 3).out)
    assert server.requests == USERS * sum(CALLS.values())


def test_changed_data_or_model_is_refused_with_the_difference(
    reproduce: Idiolect, idiolect: Idiolect, folder: Path, server: StubServer
) -> None:
    reproduce("--limit", 1)
    rows, meta = published(USERS, seed=1)
    write_published(folder / "data", "Books", rows, meta)
    ran = reproduce("--limit", 1)
    assert ran.code == 2
    assert re.search(r"plain\.manifest\.json.*\(data: '\w{16}' there, '\w{16}' now\)", ran.error)
    server.models = ("stub", "other")
    write_published(folder / "data", "Books", *published(USERS))
    other = idiolect(
        "reproduce", "dpl", "--lm", f"{server.url}#other", "--data", folder / "data",
        "--category", "Books", "--out", folder / "out", "--limit", 1,
    )  # fmt: skip
    assert f"model: '{server.url}#stub' there, '{server.url}#other' now" in other.error


def test_marks_are_kept_and_failures_of_the_judge_counted_apart(
    reproduce: Idiolect, folder: Path, server: StubServer
) -> None:
    rows, meta = published(USERS)
    rows[3]["data"]["title"] = "By user 3"
    write_published(folder / "data", "Books", rows, meta)
    ran = reproduce("--judge", server.address)
    assert ran.code == 0, ran.err
    told = json.loads((folder / "out" / "table.json").read_text())
    for row in told["rows"]:
        assert row["ours"]["judge"] == {"value": 0.75, "low": 0.75, "high": 0.75, "rows": 5}
        assert (row["failed"], row["not_judged"]) == (0, 1)
    assert "DPL: 1 of 6 not judged" in ran.out
    asked = server.requests
    # Only the three texts without a mark are judged again, three attempts each.
    reproduce("--judge", server.address)
    assert server.requests - asked == 3 * 3


def test_half_of_the_requests_failing_is_shown_and_not_averaged_away(
    reproduce: Idiolect, folder: Path, server: StubServer
) -> None:
    def half(body: dict[str, Any]) -> str:
        if re.search(r"Title 500[024]", body["messages"][-1]["content"]):
            raise RuntimeError("no")
        return "Lamp shade."

    server.answer = half
    ran = reproduce()
    assert ran.code == 0
    assert re.search(r"RAG +│ 3 of 6", ran.out)
    assert "RAG: 3 of 6 failed; the first: EndpointError" in ran.out
    told = json.loads((folder / "out" / "table.json").read_text())
    assert {row["failed"] for row in told["rows"]} == {3}
    assert {row["ours"]["rouge1"]["rows"] for row in told["rows"]} == {3}
    server.answer = answer
    assert re.search(r"RAG +│ 6 of 6", reproduce().out)


def test_a_dead_endpoint_ends_the_run_early_and_says_so(
    idiolect: Idiolect, folder: Path, server: StubServer
) -> None:
    write_published(folder / "data", "Books", *published(40))
    ran = idiolect(
        "reproduce", "dpl", "--lm", "http://127.0.0.1:9/v1#none", "--data", folder / "data",
        "--category", "Books", "--out", folder / "out", "--method", "RAG",
    )  # fmt: skip
    assert ran.code == 2
    assert "Found no endpoint at http://127.0.0.1:9/v1" in ran.error
    assert "0 of 40 predictions" in ran.error
    assert "the same command goes on from there" in ran.error
    assert 10 <= len(lines(folder, "rag")) < 40


def test_a_dry_run_asks_nobody_and_counts_what_the_run_then_does(
    reproduce: Idiolect, folder: Path, server: StubServer
) -> None:
    ran = reproduce("--dry-run", "--price", 100, 200)
    assert ran.code == 0, ran.err
    assert server.requests == 0
    assert not (folder / "out").exists()
    table = {
        cells[1]: [float(c.replace(",", "")) for c in cells[2:]]
        for line in ran.out.splitlines()
        if len(cells := [c.strip() for c in line.strip("│ ").split("│")]) == 7
        and cells[0] == "Books"
    }
    assert {name: row[1] for name, row in table.items()} == {
        "Non-Perso": USERS * CALLS["plain"],
        "RAG": USERS * CALLS["rag"],
        "DPL": USERS * CALLS["dpl"],
    }
    for row in table.values():
        assert row[-1] == pytest.approx((row[2] * 100 + row[3] * 200) / 1e6, abs=0.006)
    reproduce()
    sent: dict[str, int] = {}
    for body in server.bodies:
        method = "RAG" if "copy what the earlier" in body["messages"][0]["content"] else "other"
        size = sum(len(message["content"]) for message in body["messages"])
        sent[method] = sent.get(method, 0) + size
    assert table["RAG"][2] == pytest.approx(sent["RAG"] / 4, rel=0.02)


def test_without_a_folder_and_a_model_all_that_is_missing_is_said(
    idiolect: Idiolect, tmp_path: Path
) -> None:
    ran = idiolect("reproduce", "dpl", "--data", tmp_path / "none")
    assert ran.code == 2
    for part in (
        "none/DPL-main/Books/test*",
        "none/DPL-meta/CDs_and_Vinyl/full*",
        "hf download SnowCharmQ/DPL-main",
        "Qwen2.5-7B-Instruct",
        "--lm",
    ):
        assert part in ran.error


def test_the_hub_out_of_reach_is_said(
    idiolect: Idiolect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys
    from types import SimpleNamespace

    def snapshot_download(**asked: Any) -> None:
        raise ConnectionError("no route to host")

    monkeypatch.setitem(
        sys.modules, "huggingface_hub", SimpleNamespace(snapshot_download=snapshot_download)
    )
    ran = idiolect("reproduce", "dpl", "--data", tmp_path, "--category", "Books", "--dry-run")
    assert "DPL-main/Books/test*" in ran.error
    assert "ConnectionError: no route to host" in ran.error


def test_what_the_hub_gives_is_read(
    idiolect: Idiolect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys
    from types import SimpleNamespace

    wanted = []

    def snapshot_download(repo_id: str, local_dir: Path, **asked: Any) -> None:
        wanted.append((repo_id, asked["repo_type"], asked["allow_patterns"]))
        write_published(tmp_path, "Books", *published(USERS))

    monkeypatch.setitem(
        sys.modules, "huggingface_hub", SimpleNamespace(snapshot_download=snapshot_download)
    )
    ran = idiolect(
        "reproduce", "dpl", "--data", tmp_path, "--category", "Books", "--method", "RAG",
        "--dry-run",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert wanted == [
        ("SnowCharmQ/DPL-main", "dataset", ["Books/test*"]),
        ("SnowCharmQ/DPL-meta", "dataset", ["Books/full*"]),
    ]


def test_the_floor_runs_and_says_what_its_figures_are_not(reproduce: Idiolect) -> None:
    ran = reproduce("--lm", "extractive", "--limit", 2)
    assert ran.code == 0, ran.err
    assert "not the quality of any method" in " ".join(ran.out.split())


def test_one_user_has_no_interval(reproduce: Idiolect) -> None:
    assert "(one user: no interval)" in reproduce("--limit", 1).out


def test_a_method_whose_recipe_is_not_here_is_said(
    reproduce: Idiolect, monkeypatch: pytest.MonkeyPatch
) -> None:
    import idiolect.catalog

    there = tuple(r for r in idiolect.catalog.recipes() if r.name != "dpl")
    monkeypatch.setattr(idiolect.catalog, "recipes", lambda: there)
    ran = reproduce("--limit", 1)
    assert ran.code == 0
    assert "DPL: not here yet (recipe 'dpl')" in ran.err
    assert "DPL   " not in ran.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("drp",), "no paper that can be made again 'drp'"),
        (("dpl", "--table", 7), "no table of 'dpl' '7'"),
        (("dpl", "--category", "Book"), "Did you mean 'Books'"),
        (("dpl", "--method", "RAGS"), "Did you mean 'RAG'"),
        (("dpl", "--judge", "extractive"), "cannot judge"),
    ],
)
def test_unknown_names_are_refused(
    idiolect: Idiolect, tmp_path: Path, arguments: tuple[Any, ...], said: str
) -> None:
    ran = idiolect("reproduce", *arguments, "--data", tmp_path)
    assert ran.code == 2
    assert said in ran.error
