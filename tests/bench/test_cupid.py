"""CUPID's files: made ids, sessions without their answers, what the judge is given."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from idiolect.bench.loaders.cupid import cupid
from idiolect.errors import DataError
from idiolect.lm import Scripted
from idiolect.measure.judge import Checklist
from published_files import write_lines

SESSION = {
    "context_factor": "Aunt Ro",
    "contextual_preference": "Letters to Aunt Ro should be short.",
    "dialogue": [
        {"role": "user", "content": "Write to my aunt."},
        {"role": "assistant", "content": "Dear aunt, and so on for two pages."},
        {"role": "user", "content": "Too long for her."},
    ],
}


def instance(kind: str | None = "consistent", **changes: Any) -> dict[str, Any]:
    row = {
        "persona_id": "p7",
        "current_request": "Write to Aunt Ro about the lamp.",
        "current_context_factor": "Aunt Ro",
        "current_contextual_preference": "Letters to Aunt Ro should be short.",
        "current_checklist": ["Is the letter short?", "Is it addressed to Aunt Ro?"],
        "prior_interactions": [SESSION],
    }
    return row | ({} if kind is None else {"instance_type": kind}) | changes


def test_ids_are_made_and_histories_stay_apart(tmp_path: Path) -> None:
    other = {**SESSION, "dialogue": [{"role": "user", "content": "Longer now, please."}]}
    rows = [instance(), instance("changing", prior_interactions=[SESSION, other])]
    write_lines(tmp_path / "test.jsonl", rows)
    found = cupid(tmp_path)
    assert list(found.examples) == ["p7/consistent", "p7/changing"]
    assert "Longer now, please." not in found.view("p7/consistent").own.texts
    assert found.view("p7/changing").own.texts[-1] == "Longer now, please."
    assert found.view("p7/changing").own.column("thread")[-1] == "p7/changing/2"
    assert found.grouped("instance_type").tolist() == ["consistent", "changing"]
    assert found.grouped("persona").tolist() == ["p7", "p7"]
    assert any("1 of 1 personas have several instances" in note for note in found.notes)


def test_where_types_are_missing_or_repeat_rows_are_counted(tmp_path: Path) -> None:
    rows = [instance(None), instance(None), instance("changing"), instance("changing")]
    write_lines(tmp_path / "test.jsonl", rows)
    assert list(cupid(tmp_path).examples) == ["p7/1", "p7/2", "p7/3", "p7/4"]


def test_no_answer_of_any_session_is_shown(tmp_path: Path) -> None:
    write_lines(tmp_path / "test.jsonl", [instance()])
    found = cupid(tmp_path)
    shown = json.dumps(found.population.frame.rows(), default=str)
    assert "should be short" not in shown
    assert "Too long for her." in shown
    asked = found.examples["p7/consistent"]
    assert asked.messages[-1].content == "Write to Aunt Ro about the lamp."
    assert "should be short" not in asked.words
    assert cupid(tmp_path, task="generation").examples["p7/consistent"].query == ""


def test_parquet_as_on_the_hub(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    pl.DataFrame([instance(), instance("contrastive")]).write_parquet(
        tmp_path / "data" / "test-00000-of-00001.parquet"
    )
    view = cupid(tmp_path).view("p7/contrastive")
    assert len(view.own) + len(view.heard) == len(SESSION["dialogue"]) == 3
    assert view.own.texts == [t["content"] for t in SESSION["dialogue"] if t["role"] == "user"]


def test_the_checklist_judge_finds_what_it_needs(tmp_path: Path) -> None:
    write_lines(tmp_path / "test.jsonl", [instance()])
    answers = {
        "items": json.dumps({"items": ["Is it short?"]}),
        "match": lambda prompt: json.dumps(
            {"labels": ["Fully"] if len(prompt.section("query")) == 1 else ["Fully", "Not"]}
        ),
    }
    judged = cupid(tmp_path).judge(
        Checklist(Scripted(answers)), {"p7/consistent": "Short letters to the aunt."}
    )
    # Precision 1 of 1, recall 1 of 2.
    assert judged.values.tolist() == pytest.approx([2 / 3])


def test_nothing_is_scored_without_a_judge(tmp_path: Path) -> None:
    write_lines(tmp_path / "test.jsonl", [instance()])
    with pytest.raises(DataError, match="Found no metric of 'CUPID inference'"):
        cupid(tmp_path).score({"p7/consistent": "Short letters."})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"current_checklist": []}, "what an answer is judged by"),
        ({"current_checklist": [float("nan")]}, "what an answer is judged by"),
        ({"current_contextual_preference": None}, "'current_contextual_preference'"),
        ({"prior_interactions": [{"chat": []}]}, "Found no 'dialogue' in entry 1"),
        ({"prior_interactions": "[]"}, "a list is needed"),
    ],
)
def test_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    write_lines(tmp_path / "test.jsonl", [instance(**changes)])
    with pytest.raises(DataError, match=message):
        cupid(tmp_path)


def test_a_folder_without_the_file_says_where_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "README.md").touch()
    with pytest.raises(DataError, match=r"there is: README.md.*hub:kixlab/CUPID"):
        cupid(tmp_path)
