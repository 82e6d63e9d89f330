"""Published data sets from the command line: listed, shown, run, answered, scored."""

import json
from pathlib import Path

import polars as pl
import pytest

from idiolect.bench import datasets
from idiolect.testing.server import StubServer
from lamp_files import questions, write_lamp


@pytest.fixture
def stars(tmp_path: Path) -> Path:
    return write_lamp(tmp_path / "LaMP", "LaMP-3", questions("LaMP-3", [str(n) for n in range(8)]))


def test_every_data_set_is_listed_and_says_how_to_get_it(idiolect) -> None:
    listed = idiolect("bench", "list")
    assert listed.code == 0
    for one in datasets():
        assert one.name in listed.out
        shown = idiolect("bench", "show", one.name).out
        assert one.page.splitlines()[0] in shown
        assert one.licence in shown
        assert one.get in shown
    assert "Did you mean 'lamp'?" in idiolect("bench", "show", "lmap").error


def test_methods_on_a_published_data_set_with_controls(idiolect, stars, tmp_path) -> None:
    page, tables, scores = tmp_path / "r.html", tmp_path / "r.json", tmp_path / "r.parquet"
    ran = idiolect(
        "bench", "run", "lamp", "plain", "rag", "--data", stars, "--set", "task=LaMP-3",
        "--controls", "--paraphrases", 2, "--replies", tmp_path / "replies",
        "--html", page, "--json", tables, "--scores", scores,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    for words in ("rag (wrong user)", "mae", "rmse", "unparsed", "Canary", "Noise of wording"):
        assert words in ran.out
    assert "lower mae is better" in page.read_text()
    whole = json.loads(tables.read_text())
    assert whole["canary"]["rag"]["late"] == 0
    assert pl.read_parquet(scores)["example"].n_unique() == 8
    lines = (tmp_path / "replies/rag.jsonl").read_text().splitlines()
    replies = [json.loads(line) for line in lines]
    assert {row["reply"] for row in replies} <= {"1", "2", "3", "4", "5"}
    again = idiolect(
        "bench", "score", "lamp", tmp_path / "replies/rag.jsonl", "--data", stars, "--set",
        "task=LaMP-3", "--by", "user", "--json", tmp_path / "figures.json",
    )  # fmt: skip
    assert again.code == 0, again.err
    figures = json.loads((tmp_path / "figures.json").read_text())
    of_run = {row["metric"]: row["value"] for row in whole["summary"] if row["method"] == "rag"
              and row["history"] == "own"}  # fmt: skip
    for metric, score in figures["all"].items():
        assert score["value"] == pytest.approx(of_run[metric])
    assert set(figures) == {"all", *map(str, range(8))}


def test_a_split_whose_answers_are_not_published_is_answered(idiolect, tmp_path) -> None:
    folder = write_lamp(tmp_path / "LaMP", "LaMP-3", answers=False, split="test")
    how = ("--data", folder, "--set", "task=LaMP-3", "split=test")
    refused = idiolect("bench", "run", "lamp", "rag", *how)
    assert "answers are not published" in refused.error
    ran = idiolect("bench", "run", "lamp", "rag", *how, "--replies", tmp_path / "out")
    assert ran.code == 0, ran.err
    assert len((tmp_path / "out/rag.jsonl").read_text().splitlines()) == 3
    score = idiolect("bench", "score", "lamp", tmp_path / "out/rag.jsonl", *how)
    assert "not published" in score.error


def test_a_judge_marks_what_no_metric_can_score(idiolect, tmp_path) -> None:
    folder = tmp_path / "Art_and_Entertainment"
    folder.mkdir()
    rows = [
        {
            "id": f"q{n}",
            "question": f"How do I draw {n} trees?",
            "narrative": "I want it quick.",
            "profile": [{"id": "0", "text": "I draw with ink."}],
            "rubric_aspects": [{"aspect": "ink", "reason": "asked", "evidence": "wants ink"}],
        }
        for n in range(3)
    ]
    (folder / "test.jsonl").write_text("\n".join(map(json.dumps, rows)))
    made = tmp_path / "made.json"
    made.write_text(json.dumps({f"q{n}": [{"output": "Use ink."}] for n in range(3)}))
    how = ("bench", "score", "lamp_qa", made, "--data", tmp_path)
    assert "name one with --judge" in idiolect(*how).error
    with StubServer("1") as server:
        ran = idiolect(*how, "--judge", f"{server.url}#stub", "--json", tmp_path / "f.json")
        assert ran.code == 0, ran.err
        figures = json.loads((tmp_path / "f.json").read_text())["all"]
        assert figures["judge"]["value"] == 0.5
    with StubServer("hm") as server:
        ran = idiolect(*how, "--judge", f"{server.url}#stub")
        assert "no mark to 3 of 3 answers; they do not count" in ran.err
        assert "nan" in ran.out


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('{"id": "0", "reply": "4"}', "7 examples without a prediction"),
        ('{"id": "x", "reply": "4"}', "1 predictions without an example"),
        ('{"id": "0", "failure": "ReplyError", "reply": ""}', "1 reply that failed"),
        ('{"id": "0", "reply": "4"}\n{"id": "0", "reply": "5"}', "two outputs for '0'"),
        ('{"id": "0", "rep', "cut off"),
        ("", "an empty file"),
    ],
)
def test_nothing_is_scored_on_a_subset(idiolect, stars, tmp_path, lines, message) -> None:
    path = tmp_path / "made.jsonl"
    path.write_text(lines)
    ran = idiolect("bench", "score", "lamp", path, "--data", stars, "--set", "task=LaMP-3")
    assert message in ran.error


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--data", "nowhere"], "no such folder"),
        (["--set", "tusk=LaMP-3"], "Did you mean 'task'"),
        (["--set", "task=LaMP-9"], "for benchmark 'lamp'"),
        (["--scores", "x.xlsx"], "scores go to .csv, .parquet, .jsonl"),
    ],
)
def test_what_cannot_be_run_is_one_line(idiolect, stars, tmp_path, words, message) -> None:
    usual = {"--data": str(stars), "--set": "task=LaMP-3"} | dict([words])
    if "--scores" in usual:
        usual["--scores"] = str(tmp_path / usual["--scores"])
    more = [word for pair in usual.items() for word in pair]
    assert message in idiolect("bench", "run", "lamp", "plain", "rag", *more).error
