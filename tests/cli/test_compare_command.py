"""`compare` as a researcher uses it: table, page, predictions from elsewhere, wrong input."""

import json

import pytest

from idiolect.testing import town


@pytest.fixture(scope="module")
def reviews(tmp_path_factory):
    path = tmp_path_factory.mktemp("compare") / "reviews.csv"
    town(users=10, texts=13, peers=5).population.to_polars().write_csv(path)
    return path


def test_methods_controls_power_and_files(idiolect, reviews, tmp_path):
    page, tables, scores = tmp_path / "r.html", tmp_path / "r.json", tmp_path / "r.csv"
    ran = idiolect(
        "compare", "plain", "rag", "--data", reviews, "--controls", "--power", "--metrics",
        "rouge1,rouge1_stem,bleu,similarity", "--html", page, "--json", tables, "--scores", scores,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    for words in ("rag (wrong user)", "Gains over plain", "Gains over controls", "10 users"):
        assert words in ran.out
    assert "LLM-free floor" in " ".join(ran.out.split())
    html = page.read_text(encoding="utf-8")
    for words in ("Is it this user", "Cost against quality", "User by user", "Best and worst"):
        assert words in html
    whole = json.loads(tables.read_text(encoding="utf-8"))
    assert whole["requests"] == 10
    assert {row["method"] for row in whole["summary"]} == {"plain", "rag"}
    # 10 requests, plain and rag with its three controls, four metrics; and the head.
    assert len(scores.read_text(encoding="utf-8").splitlines()) == 10 * 5 * 4 + 1


def test_predictions_of_run_count_as_a_method(idiolect, reviews, tmp_path):
    replies = tmp_path / "replies.jsonl"
    made = idiolect("run", "rag", "--data", reviews, "--at-least", 12, "--out", replies)
    assert made.code == 0, made.err
    ran = idiolect(
        "compare", "plain", "rag", "--data", reviews, "--add", f"again={replies}", "--metrics",
        "rouge1",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    rows = {line.split()[0]: line.split()[1] for line in ran.out.splitlines() if line.strip()}
    assert rows["again"] == rows["rag"]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["plain"], "name a second method, or add --controls"),
        (["plain", "rga"], "Did you mean 'rag'"),
        (["plain", "rag", "--metrics", "rogue1"], "Did you mean 'rouge1'"),
        (["plain", "rag", "--metrics", "bleu"], "defined on a corpus only"),
        (["plain", "rag", "--at-least", "500"], "no user with at least 500 events"),
        (["plain", "rag", "--html", "nowhere/r.html"], "nowhere"),
        (["plain", "--add", "x=missing.jsonl"], "missing.jsonl"),
    ],
)
def test_what_cannot_be_compared_is_one_line(idiolect, reviews, more, says):
    ran = idiolect("compare", *more, "--data", reviews)
    assert ran.code == 2
    assert says in ran.error


def test_predictions_for_other_events_are_refused(idiolect, reviews, tmp_path):
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text('{"event": "nobody", "reply": "text"}\n', encoding="utf-8")
    ran = idiolect("compare", "plain", "--data", reviews, "--add", f"x={wrong}")
    assert ran.code == 2
    assert "10 requests have none" in ran.error
    wrong.write_text('{"reply": "text"}\n', encoding="utf-8")
    ran = idiolect("compare", "plain", "--data", reviews, "--add", f"x={wrong}")
    assert "in row 1 of 'wrong.jsonl', and no id" in ran.error
