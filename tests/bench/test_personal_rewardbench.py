"""PersonalRewardBench's files: the role "model", splits by column, earlier pairs as history."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from idiolect.bench.loaders.personal_rewardbench import personal_rewardbench
from idiolect.errors import DataError
from published_files import write_lines


def row(n: int, split: str, user: str = "u1", **changes: Any) -> dict[str, Any]:
    return {
        "user_id": user,
        "split": split,
        "conversation_id": f"c{n}",
        "context": [
            {"role": "user", "content": f"First, {n}."},
            {"role": "model", "content": "Go on."},
            {"role": "user", "content": f"Then, {n}."},
        ],
        "chosen": {"role": "model", "content": f"good {n}"},
        "rejected": {"role": "assistant", "content": f"bad {n}"},
        "chosen_score": 80.0,
        "reasoning_gemini/gemini-1.5-pro": "A is better, says a model.",
    } | changes


ROWS = [
    row(1, "train"), row(2, "val"), row(3, "test"), row(4, "test", "u2"), row(5, "train", "u3")
]  # fmt: skip


def test_earlier_pairs_are_the_history(tmp_path: Path) -> None:
    write_lines(tmp_path / "all.jsonl", ROWS)
    found = personal_rewardbench(tmp_path)
    assert list(found.examples) == ["3", "4"]
    own = found.view("3").own
    assert [event.chosen for event in own] == ["good 1", "good 2"]
    assert own[0].kind == "comparison"
    assert set(own[0].options) == {"good 1", "bad 1"}
    assert own[0].text == "Then, 1."
    assert not len(found.view("4").own)
    assert "1 users have no earlier pair." in found.notes
    val = personal_rewardbench(tmp_path, split="val")
    assert val.view("2").own.column("chosen") == ["good 1"]
    assert not {"good 2", "good 3"} & set(val.population.frame["chosen"])


def test_model_is_the_assistant_and_annotations_are_not_read(tmp_path: Path) -> None:
    write_lines(tmp_path / "all.jsonl", ROWS)
    found = personal_rewardbench(tmp_path)
    request = found.examples["3"]
    assert [message.role for message in request.messages] == ["user", "assistant", "user"]
    assert request.words == "Then, 3."
    assert request.given[found.references["3"].text] == "good 3"
    assert "says a model" not in str(found.population.frame.rows())


def test_parquet_in_parts_and_both_orders(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for part, rows in enumerate((ROWS[:2], ROWS[2:])):
        # The column counts, not the name of the file.
        pl.DataFrame(rows).write_parquet(tmp_path / "data" / f"train-{part:05d}-of-00002.parquet")
    found = personal_rewardbench(tmp_path, order="both")
    assert list(found.examples) == ["3/1", "3/2", "4/1", "4/2"]
    assert {found.references[n].text for n in ("3/1", "3/2")} == {"[[A]]", "[[B]]"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": "dev"}, "Found 'dev' as 'split'"),
        ({"rejected": "bad"}, "Found 'bad' as 'rejected' in row 1"),
        ({"chosen": {"role": "model"}}, "Found no 'content' in 'chosen' of row 1"),
        ({"context": [{"role": "bot", "content": "x"}]}, "Found the role 'bot'"),
    ],
)
def test_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    write_lines(tmp_path / "all.jsonl", [row(1, "test") | changes])
    with pytest.raises(DataError, match=message):
        personal_rewardbench(tmp_path)


def test_a_parquet_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    pl.DataFrame(ROWS).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(DataError, match="cut off"):
        personal_rewardbench(tmp_path)
