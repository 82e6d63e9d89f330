"""LaMP's published files: what is shown and asked, how it is scored, and what is refused."""

import itertools
import json
import math
import random
from pathlib import Path
from typing import Any

import pytest

from idiolect.bench import Benchmark
from idiolect.bench.lamp_form import CATEGORIES, FORMS, TAGS
from idiolect.bench.loaders.lamp import lamp, leaderboard
from idiolect.bench.outputs import read_outputs
from idiolect.catalog import recipe
from idiolect.errors import DataError, SettingError, UnknownNameError
from idiolect.floor import Extractive
from idiolect.select import Okapi
from lamp_files import GOLDS, SUBJECTS, asked, dated, golds, questions, write, write_lamp

TASKS = tuple(FORMS)
METHODS = ("plain", "rag", "intsum", "dpl_measured")


def load(folder: Path, task: str, made: Any = None, answers: Any = True, **how: Any) -> Benchmark:
    return lamp(write_lamp(folder, task, made, answers), task=task, **how)


@pytest.mark.parametrize("task", TASKS)
def test_a_right_prediction_scores_fully_and_no_gold_is_shown(tmp_path: Path, task: str) -> None:
    found = load(tmp_path, task)
    assert list(found.examples) == ["11", "12", "13"]
    assert [len(found.view(name).own) for name in found.examples] == [4, 4, 4]
    right = found.score(dict.fromkeys(found.examples, GOLDS[task]))
    expected = {"accuracy": 1.0, "mae": 0.0, "rmse": 0.0, "rouge1": 1.0, "rougeL": 1.0}
    shown = {name: score.value for name, score in right.items() if name in expected}
    assert shown
    assert shown == {name: expected[name] for name in shown}
    # A label of two is half of macro-F1 over both; LaMP counts labels that never occur.
    if "macro_f1" in right:
        assert right["macro_f1"].value == pytest.approx(1 / len(FORMS[task].labels))
    if task not in {"LaMP-2", "LaMP-2-old", "LaMP-1", "LaMP-3"}:
        assert GOLDS[task] not in " ".join(found.population.frame["text"])


@pytest.mark.parametrize("task", [task for task in TASKS if task != "LaMP-6"])
def test_own_texts_are_ranked_as_by_the_authors_retriever(tmp_path: Path, task: str) -> None:
    """Their query and corpus, written down again here, through rank_bm25 itself."""
    from rank_bm25 import BM25Okapi

    draw = random.Random(task)
    words = [f"w{n}" for n in range(40)]

    def text(size: int) -> str:
        return " ".join(draw.choices(words, k=size))

    fields = {
        "LaMP-1": ("title", "abstract"),
        "LaMP-2": ("description",),
        "LaMP-2-old": ("title", "text"),
        "LaMP-3": ("text",),
        "LaMP-4": ("title", "text"),
        "LaMP-5": ("title", "abstract"),
        "LaMP-7": ("text",),
    }[task]
    made = questions(task, ["1"])
    first, second, about = text(5), text(5), text(12)
    made[0]["profile"] = [
        {**made[0]["profile"][0], **{name: text(9) for name in fields}, "id": str(n)}
        for n in range(30)
    ]
    made[0]["input"] = asked(task, "X").replace("A short piece on X and frost", about)
    if task == "LaMP-1":
        made[0]["input"] = (
            f'The paper with the title "{about}" cites one of two. Which? '
            f'[1]: "{first}" [2]: "{second}"'
        )
    found = load(tmp_path, task, made)
    request = found.examples["1"]
    theirs = BM25Okapi([" ".join(e[name] for name in fields).split() for e in made[0]["profile"]])
    query = f"{first} {second}" if task == "LaMP-1" else about
    scores = theirs.get_scores(query.split())
    # Our ties go to the newest; the authors' sort is numpy's reversed, which does the same.
    best = sorted(range(30), key=lambda n: (-scores[n], -n))[:8]
    ours = Okapi(8, published=True)(found.population.uncut(request))
    assert [event.id for event in ours.events] == [f"1/{n}" for n in best]


def test_what_is_asked_is_shown_but_not_searched_by(tmp_path: Path) -> None:
    request = load(tmp_path / "2", "LaMP-2").examples["12"]
    assert request.item is not None
    assert request.item.description == "A short piece on snow 12 and frost"
    assert request.words == ""
    assert request.messages[0].content.endswith("description:")
    assert sorted(request.options) == sorted(TAGS)
    assert request.options[:2] == ("sci-fi", "based on a book")
    old = load(tmp_path / "old", "LaMP-2-old").examples["12"].options
    # The question's own order, not the task's.
    assert old[:2] == ("women", "religion")
    assert sorted(old) == sorted(CATEGORIES)
    cited = load(tmp_path / "1", "LaMP-1").examples["11"]
    assert cited.words == "[1] Deep snow 11 and rain\n[2] Frost without snow 11"
    assert cited.options == ("[1]", "[2]")
    assert '"Of snow 11"' in cited.messages[0].content
    assert load(tmp_path / "3", "LaMP-3").examples["11"].scale == (1.0, 5.0)


def test_titles_with_quotes_are_cut_where_the_references_are(tmp_path: Path) -> None:
    made = questions("LaMP-1", ["1"])
    made[0]["input"] = made[0]["input"].replace("Deep snow 1", 'The "deep" snow')
    words = load(tmp_path, "LaMP-1", made).examples["1"].words
    assert words == '[1] The "deep" snow and rain\n[2] Frost without snow 1'


def test_users_who_met_the_same_thing_are_peers(tmp_path: Path) -> None:
    view = load(tmp_path, "LaMP-4").view("12")
    assert [(e.user, e.text) for e in view.peers(view.own[1].item or "")] == [
        ("11", "number 11 finds wind"),
        ("13", "number 13 finds wind"),
    ]
    one = view.item(view.own[1].item or "")
    assert (one.title, one.description) == (None, "A tale of wind.")
    tagged = load(tmp_path / "2", "LaMP-2").view("12").own[0]
    assert (tagged.text, tagged.chosen) == ("", "comedy")
    assert load(tmp_path / "3", "LaMP-3").view("12").own[0].rating == 4.0


@pytest.mark.parametrize(
    "place",
    ["", "dev", "LaMP_3", "LaMP_3/dev", "LaMP-3/dev"],
)
def test_every_layout_of_the_server_is_found(tmp_path: Path, place: str) -> None:
    write_lamp(tmp_path / place, "LaMP-3")
    assert len(lamp(tmp_path, task="LaMP-3").examples) == 3
    assert lamp(str(tmp_path), task="LaMP-3").name == "LaMP-3 user dev"


def test_both_releases_of_the_second_task_and_both_settings_lie_side_by_side(
    tmp_path: Path,
) -> None:
    write_lamp(tmp_path / "LaMP_2/new/dev", "LaMP-2")
    write_lamp(tmp_path / "LaMP_2/dev", "LaMP-2-old")
    dates = ["2012-01-01", "2013-05-02", "2014-01-01", "2015-01-01"]
    write_lamp(tmp_path / "time/LaMP_2/new/dev", "LaMP-2", dated(questions("LaMP-2", ["7"]), dates))
    assert lamp(tmp_path, task="LaMP-2").references["11"].chosen == "dark comedy"
    assert lamp(tmp_path, task="LaMP-2-old").references["11"].chosen == "food & drink"
    assert list(lamp(tmp_path, task="LaMP-2", setting="time").examples) == ["7"]
    write_lamp(tmp_path / "mixed", "LaMP-2-old")
    with pytest.raises(DataError, match="task='LaMP-2-old'"):
        lamp(tmp_path / "mixed", task="LaMP-2")


def test_gzipped_and_merged_files_and_ids_as_numbers(tmp_path: Path) -> None:
    made = questions("LaMP-5")
    for number, one in enumerate(made):
        one |= {"id": number, "output": f"Title {number}"}
    write(tmp_path / "merged" / "train_questions.json", made)
    merged = lamp(tmp_path / "merged", task="LaMP-5", split="train")
    assert merged.truths == ["Title 0", "Title 1", "Title 2"]
    write(tmp_path / "zipped" / "dev_questions.json.gz", made)
    answers = {"task": "LaMP_5", "golds": [{"id": str(n), "output": f"T {n}"} for n in (2, 0, 1)]}
    write(tmp_path / "zipped" / "dev_outputs.json.gz", answers)
    zipped = lamp(tmp_path / "zipped", task="LaMP-5")
    # The answers' own order does not matter; a file of answers goes before merged ones.
    assert zipped.truths == ["T 0", "T 1", "T 2"]


def test_the_time_setting_is_cut_just_after_the_users_last_entry(tmp_path: Path) -> None:
    made = questions("LaMP-4", ["a", "b"])
    dated(made[:1], ["2012", "2013-05", "2014-01-02", "2014-06-01"])
    dated(made[1:], [2013, "2014-06-01", "2014-06-02", "2016-01-01"])
    found = load(tmp_path, "LaMP-4", made, setting="time")
    assert [e.time and e.time.date().isoformat() for e in found.view("a").own] == [
        "2012-01-01", "2013-05-01", "2014-01-02", "2014-06-01",
    ]  # fmt: skip
    # Of b's four entries two are later than a's last one.
    assert [e.id for e in found.view("a").others] == ["b/b0", "b/b1"]
    assert len(found.view("b").others) == 4
    made[0]["date"] = "2014-06-02"
    asked_later = load(tmp_path, "LaMP-4", made, setting="time").view("a")
    assert [e.id for e in asked_later.others] == ["b/b0", "b/b1"]
    made[0]["profile"][1]["date"] = "May"
    with pytest.raises(DataError, match="'May' as 'date' in entry 2 of 'profile' in row 1"):
        load(tmp_path, "LaMP-4", made, setting="time")
    del made[0]["profile"][1]["date"]
    with pytest.raises(DataError, match="no 'date' in entry 2"):
        load(tmp_path, "LaMP-4", made, setting="time")


def test_the_test_split_can_be_run_but_not_scored(tmp_path: Path) -> None:
    write_lamp(tmp_path, "LaMP-7", answers=False, split="test")
    found = lamp(tmp_path, task="LaMP-7", split="test")
    assert found.hidden
    assert "3 answers are not published" in found.notes[0]
    made = {n: recipe("rag")(Extractive()).write(found.view(n)).answered for n in found.examples}
    assert all(made.values())
    for refused in (lambda: found.score(made), lambda: found.truths):
        with pytest.raises(DataError, match=r"not published.*leaderboard"):
            refused()
    leaderboard(tmp_path / "made.json", made, task="LaMP-7")
    kept = json.loads((tmp_path / "made.json").read_text())
    assert kept["task"] == "LaMP_7"
    assert kept["golds"][0] == {"id": "11", "output": made["11"]}
    assert read_outputs(tmp_path / "made.json") == made
    with pytest.raises(DataError, match=r"no 'dev_outputs.json'"):
        lamp(write_lamp(tmp_path / "dev", "LaMP-7", answers=False), task="LaMP-7")


def test_ratings_follow_lamps_rules(tmp_path: Path) -> None:
    answers = {"task": "LaMP_3", "golds": [{"id": i, "output": o} for i, o in
                                            (("11", "2"), ("12", "5"), ("13", "3"))]}  # fmt: skip
    found = load(tmp_path, "LaMP-3", answers=answers)
    scores = found.score({"11": "2.5", "12": "good", "13": "3"})
    # "good" counts as 1, the end farther from 5.
    assert scores["mae"].value == pytest.approx((0.5 + 4 + 0) / 3)
    assert scores["rmse"].value == pytest.approx(math.sqrt((0.25 + 16) / 3))
    assert scores["unparsed"].value == pytest.approx(1 / 3)


def test_labels_equal_scikit_learn(tmp_path: Path) -> None:
    from sklearn.metrics import accuracy_score, f1_score

    draw = random.Random(5)
    people = [str(n) for n in range(60)]
    made = questions("LaMP-2", people)
    real = draw.choices(TAGS[:6], k=60)
    said = [r if draw.random() < 0.5 else draw.choice([*TAGS, "horror"]) for r in real]
    answers = {
        "task": "LaMP_2",
        "golds": [{"id": i, "output": f" {o} "} for i, o in zip(people, real, strict=True)],
    }
    scores = load(tmp_path, "LaMP-2", made, answers).score(dict(zip(people, said, strict=True)))
    code = {tag: n for n, tag in enumerate(TAGS)}
    truth, guess = ([code.get(text, -1) for text in side] for side in (real, said))
    assert scores["accuracy"].value == pytest.approx(accuracy_score(truth, guess))
    expected = f1_score(truth, guess, labels=range(15), average="macro", zero_division=0)
    assert scores["macro_f1"].value == pytest.approx(expected)
    assert scores["unparsed"].value == said.count("horror") / 60


def test_what_histories_give_away_is_counted(tmp_path: Path) -> None:
    made = questions("LaMP-4")
    made[0]["profile"][0]["title"] = GOLDS["LaMP-4"]
    made[1]["profile"][1]["text"] = "A short piece on snow 12 and frost"
    made[2]["profile"] = []
    notes = load(tmp_path, "LaMP-4", made).notes
    assert [note.split(" ")[0] for note in notes] == ["1", "1", "1", "2"]
    assert "have no history" in notes[0]
    assert "requests are about something" in notes[1]
    assert "in the user's own history" in notes[2]
    assert "in another user's history" in notes[3]


def test_oddities_are_counted(tmp_path: Path) -> None:
    made = questions("LaMP-5")
    made.append(made[0])
    made[1]["profile"][0]["abstract"] = None
    made[1]["profile"][2]["id"] = made[1]["profile"][1]["id"]
    for entry in made[2]["profile"]:
        del entry["id"]
    made[2]["input"] = "A cut question"
    found = load(tmp_path, "LaMP-5", made, golds("LaMP-5", made[:3]))
    assert [note.split(" ")[0] for note in found.notes] == ["1", "1", "1", "1"]
    for note, said in zip(found.notes, ["twice", "lack words", "share an id", "'paper:'"],
                          strict=True):  # fmt: skip
        assert said in note
    request = found.examples["13"]
    assert request.item is not None
    assert request.item.description == "A cut question"
    assert request.messages == ()
    assert [e.id for e in found.view("12").own][1:3] == ["12/121", "12/121#2"]
    assert [e.id for e in found.view("13").own] == [f"13/{n}" for n in range(4)]


def edited(task: str, edit: Any) -> Any:
    made = questions(task)
    answers = golds(task, made)
    edit(made, answers)
    return made, answers


@pytest.mark.parametrize(
    ("task", "edit", "said"),
    [
        (
            "LaMP-3",
            lambda q, g: g["golds"].pop(),
            r"1 questions without an answer \('13'\), 0 answ",
        ),
        ("LaMP-3", lambda q, g: g["golds"][0].update(id="x"), r"\('11'\), 1 answers .* \('x'\)"),
        ("LaMP-3", lambda q, g: g["golds"][1].update(output="6"), r"'6' in entry 2 of 'golds'"),
        ("LaMP-3", lambda q, g: g["golds"][1].update(output="nan"), r"answer 'nan'"),
        (
            "LaMP-3",
            lambda q, g: g["golds"][1].update(output=None),
            r"'None' as 'output' in entry 2",
        ),
        (
            "LaMP-3",
            lambda q, g: g["golds"].append({"id": "11", "output": "1"}),
            r"two answers to '11'",
        ),
        ("LaMP-3", lambda q, g: g.update(task="LaMP_4"), r"answers of 'LaMP_4'.*LaMP-3 is asked"),
        (
            "LaMP-3",
            lambda q, g: q[0]["profile"][0].update(score="six"),
            r"'six' as 'score' in entry 1",
        ),
        ("LaMP-3", lambda q, g: q[0].update(profile="none"), r"'none' as 'profile' in row 1"),
        (
            "LaMP-3",
            lambda q, g: q[0]["profile"][0].pop("text"),
            r"no 'text' in entry 1 of 'profile'",
        ),
        ("LaMP-3", lambda q, g: q[0].pop("input"), r"no 'input' in row 1 of 'dev_questions.json'"),
        ("LaMP-3", lambda q, g: q.append({**q[0], "input": "?"}), r"id '11' in row 1 .* and again"),
        (
            "LaMP-2",
            lambda q, g: g["golds"][2].update(output="horror"),
            r"'horror' .* none of the 15",
        ),
        ("LaMP-1", lambda q, g: g["golds"][2].update(output="1"), r"'1' .* none of the 2 labels"),
    ],
)
def test_what_is_not_as_published_is_named(tmp_path: Path, task: str, edit: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        load(tmp_path, task, *edited(task, edit))


def test_truncated_empty_and_missing_files_are_named(tmp_path: Path) -> None:
    write_lamp(tmp_path, "LaMP-4")
    for name in ("dev_questions.json", "dev_outputs.json"):
        path = tmp_path / name
        whole = path.read_text()
        path.write_text(whole[: len(whole) // 2])
        with pytest.raises(DataError, match=rf"broken JSON in line 1 of '{name}'.*cut off"):
            lamp(tmp_path, task="LaMP-4")
        path.write_text(whole)
    write(tmp_path / "dev_outputs.json", [])
    with pytest.raises(DataError, match=r"a list in 'dev_outputs.json'"):
        lamp(tmp_path, task="LaMP-4")
    write(tmp_path / "dev_questions.json", [])
    with pytest.raises(DataError, match=r"no rows in 'dev_questions.json'"):
        lamp(tmp_path, task="LaMP-4")
    with pytest.raises(
        DataError, match=r"no 'train_questions.json'.*dev_questions.json.*lamp-bench"
    ):
        lamp(tmp_path, task="LaMP-4", split="train")
    with pytest.raises(DataError, match="no such folder"):
        lamp(tmp_path / "nowhere", task="LaMP-4")


def test_unknown_settings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="task='LaMP-8'"):
        lamp(tmp_path, task="LaMP-8")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="splits"):
        lamp(tmp_path, splits="dev")  # type: ignore[call-arg]


@pytest.mark.parametrize(("task", "method"), list(itertools.product(TASKS, METHODS)))
def test_methods_answer_every_task_in_its_form(tmp_path: Path, task: str, method: str) -> None:
    found = load(tmp_path, task)
    write_for = recipe(method)(Extractive()).write
    made = {name: write_for(found.view(name)).answered for name in found.examples}
    scores = found.score(made)
    assert scores.get("unparsed") is None or scores["unparsed"].value == 0.0
    if method == "rag" and task not in {"LaMP-1", "LaMP-3"}:
        assert any(subject in made["11"] for subject in (*SUBJECTS, "comedy", "travel"))
