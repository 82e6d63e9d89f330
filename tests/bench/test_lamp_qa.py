"""LaMP-QA's rows, and the official mean of a judge's marks."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from idiolect.bench import Benchmark
from idiolect.bench.loaders.lamp_qa import lamp_qa
from idiolect.bench.outputs import read_outputs
from idiolect.errors import DataError
from idiolect.lm import Prompt, Scripted
from idiolect.measure import Rubric


def rows() -> list[dict[str, Any]]:
    return [
        {
            "id": f"q{n}",
            "question": f"How do I keep snow off roof {n}?",
            "narrative": f"My secret roof is number {n}.",
            "profile": [{"id": f"p{n}{m}", "text": f"Post {m} on roof {n}"} for m in range(2)],
            "rubric_aspects": [
                {"aspect": f"aspect {m}", "reason": "it leaks", "evidence": "secret roof"}
                for m in range(n + 1)
            ],
        }
        for n in range(3)
    ]


def load(folder: Path, made: list[dict[str, Any]]) -> Benchmark:
    name = "Society_and_Culture"
    (folder / f"{name}_test.json").write_text(json.dumps(made))
    return lamp_qa(folder, category=name)


def test_questions_show_no_narrative_and_no_aspect(tmp_path: Path) -> None:
    found = load(tmp_path, rows())
    view = found.view("q1")
    assert view.request.query == "How do I keep snow off roof 1?"
    assert [event.text for event in view.own] == ["Post 0 on roof 1", "Post 1 on roof 1"]
    shown = f"{view.request} {found.population.frame}"
    assert "secret" not in shown
    assert "aspect" not in shown
    assert found.references["q1"].extra["narrative"] == "My secret roof is number 1."
    assert [one["aspect"] for one in found.references["q2"].extra["aspects"]] == [
        "aspect 0", "aspect 1", "aspect 2",
    ]  # fmt: skip


def test_the_score_is_the_mean_over_questions_of_covered_shares(tmp_path: Path) -> None:
    found = load(tmp_path, rows())
    marks = iter(range(100))
    # 0 | 1 2 | 0 1 2, each of 2 at most: shares 0, 3/4 and 1/2.
    scripted = [0, 1, 2, 0, 1, 2]

    def says(prompt: Prompt) -> str:
        return str(scripted[next(marks)])

    made = dict.fromkeys(found.examples, "An answer.")
    judged = found.judge(Rubric(Scripted(says)), made, threads=1)
    assert judged.values.tolist() == [0.0, 0.75, 0.5]
    assert found.mean(judged.values).value == pytest.approx((0 + 0.75 + 0.5) / 3)
    with pytest.raises(DataError, match=r"scored by a judge.*Rubric"):
        found.score(made)


def test_a_judge_that_fails_is_counted_apart(tmp_path: Path) -> None:
    found = load(tmp_path, rows())
    says = lambda prompt: "2" if "roof 0" in prompt.render().text else "maybe"  # noqa: E731
    judged = found.judge(Rubric(Scripted(says)), dict.fromkeys(found.examples, "An answer."))
    assert judged.values[0] == 1.0
    assert np.isnan(judged.values[1:]).all()
    assert len(judged.failures) == 2
    assert found.mean(judged.values).rows == 1


def test_the_hubs_layout_and_predictions_in_the_authors_form(tmp_path: Path) -> None:
    place = tmp_path / "Art_and_Entertainment"
    place.mkdir()
    pl.DataFrame(rows()).write_parquet(place / "validation-00000-of-00001.parquet")
    found = lamp_qa(tmp_path, split="validation")
    assert found.name == "LaMP-QA Art_and_Entertainment validation"
    path = tmp_path / "predictions.json"
    path.write_text(json.dumps({name: [{"output": f"For {name}"}] for name in found.examples}))
    made = read_outputs(path)
    assert made == {"q0": "For q0", "q1": "For q1", "q2": "For q2"}
    del made["q0"]
    with pytest.raises(DataError, match="1 examples without a prediction"):
        found.judge(Rubric(Scripted(lambda prompt: "2")), made)


def test_oddities_are_counted_and_others_refused(tmp_path: Path) -> None:
    made = [*rows(), rows()[0]]
    made[1]["rubric_aspects"] = []
    made[2]["profile"] = []
    notes = load(tmp_path, made).notes
    assert [note[0] for note in notes] == ["1", "1", "1"]
    assert "no aspect" in notes[2]
    made[3]["question"] = "Another?"
    with pytest.raises(DataError, match=r"id 'q0' in row 1 of .* and again"):
        load(tmp_path, made)
    made = rows()
    made[1]["rubric_aspects"][0]["aspect"] = " "
    with pytest.raises(DataError, match="no words as 'aspect' in entry 1 of 'rubric_aspects'"):
        load(tmp_path, made)
    with pytest.raises(DataError, match=r"no 'Art_and_Entertainment/test\*'"):
        lamp_qa(tmp_path)
