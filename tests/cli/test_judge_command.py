"""`judge audit` as a user gives it: on a stub endpoint, on stored verdicts, and with bad input."""

import json
import re

import pytest

from idiolect.testing import StubServer

SHOWN = re.compile(r"<options>\n\[1\] (.*?)\n\n\[2\] (.*?)\n</options>", re.S)
REAL = re.compile(r"<texts_by_the_user>\n(.*?)\n</texts_by_the_user>", re.S)


def longest(body) -> str:
    """What a judge says that likes long texts."""
    one, two = SHOWN.search(body["messages"][-1]["content"]).groups()
    return "tie" if len(one) == len(two) else "first" if len(one) > len(two) else "second"


@pytest.fixture
def audited(idiolect, tmp_path):
    """An audit of the judge that likes long texts, with what it wrote."""
    keep, found = tmp_path / "verdicts.jsonl", tmp_path / "found.json"
    with StubServer(longest) as server:
        ran = idiolect(
            "judge", "audit", "--lm", server.address, "--judge", "pairwise", "--cases", 24,
            "--keep", keep, "--json", found, "--seed", 3,
        )  # fmt: skip
        calls = server.requests
    assert ran.code == 0, ran.err
    return ran, keep, json.loads(found.read_text()), calls


def test_it_finds_what_is_planted_and_says_so(audited):
    ran, keep, found, calls = audited
    statuses = {row["test"]: row["status"] for row in found["findings"]}
    assert [t for t, s in statuses.items() if s == "bad"][:2] == ["length", "verbosity"]
    assert statuses["order"] == statuses["repeatability"] == statuses["consistency"] == "good"
    said = " ".join(ran.out.split())
    assert "Biases found: length, verbosity." in said
    assert found["verdict"] in said
    assert found["failures"] == []
    rows = [json.loads(line) for line in keep.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 2 * 24 * 6
    assert calls >= 2 * len(rows)
    assert {row["sample"] for row in rows} == {0, 1}


def test_stored_verdicts_give_the_same_audit(audited, idiolect, tmp_path):
    _, keep, found, _ = audited
    again = tmp_path / "again.json"
    ran = idiolect(
        "judge", "audit", "--judge", "pairwise", "--cases", 24, "--seed", 3,
        "--verdicts", keep, "--json", again,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert json.loads(again.read_text()) == found


def test_stored_verdicts_of_other_cases_are_refused(audited, idiolect):
    _, keep, _, _ = audited
    base = ("judge", "audit", "--judge", "pairwise", "--verdicts", keep)
    assert "on what is no case of this audit" in idiolect(*base, "--cases", 8, "--seed", 3).error
    assert "no case of this audit" in idiolect(*base, "--cases", 16).error
    assert "no stored verdict" in idiolect(*base, "--cases", 30, "--seed", 3).error
    assert "give an object with" in idiolect(
        "judge", "audit", "--judge", "pointwise", "--verdicts", keep, "--cases", 16
    ).error  # fmt: skip


def test_failures_are_shown_apart(idiolect):
    with StubServer("I would rather not.") as server:
        ran = idiolect("judge", "audit", "--lm", server.address, "--cases", 2, "--once")
    assert ran.code == 0
    assert "Pairs without a verdict, counted apart: 12." in " ".join(ran.out.split())
    assert "without a verdict: " in ran.out
    assert "0.00" not in ran.out
    assert "Repeatability was not tested" in ran.out


def test_it_reads_a_table_of_ones_own(idiolect, table):
    with StubServer("5") as server:
        ran = idiolect(
            "judge", "audit", "--lm", server.address, "--once", "--data", table, "--cases", 4,
            "--columns", "user=critic", "item=place", "text=review", "time=date",
        )  # fmt: skip
    assert ran.code == 0, ran.err
    assert "cannot be trusted" in ran.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--judge", "pairwize"), "Did you mean 'pairwise'"),
        ((), "needs free reasoning"),
        (("--verdicts", "nowhere.jsonl"), "no file 'nowhere.jsonl'"),
        (("--columns", "user=critic"), "without --data"),
        (("--keep", "no/such/folder.jsonl"), "Found no folder 'no/such'"),
        (("--lm", "openai:x"), "OPENAI_API_KEY"),
    ],
)
def test_bad_input_is_one_line(idiolect, arguments, says):
    ran = idiolect("judge", "audit", *arguments)
    assert ran.code == 2
    assert says in ran.error


@pytest.mark.parametrize(
    ("recipe", "role"), [("personalized_judge", "Judge"), ("icopernicus", "Study")]
)
def test_what_answers_no_request_is_not_run(idiolect, table, recipe, role):
    ran = idiolect("run", recipe, "--data", table)
    assert f"gives a {role} and answers no requests" in ran.error
