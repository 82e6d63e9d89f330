"""PersonaMem's files: the cut of the context, the literal of options, older files, bad files."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from idiolect.bench import Benchmark
from idiolect.bench.loaders.personamem import personamem
from idiolect.errors import DataError
from idiolect.profile import Profile, writing
from published_files import write_lines

CONTEXT = "c0ffee"
MESSAGES = [
    {"role": "system", "content": "Current user persona: Ida, who mends lamps."},
    {"role": "user", "content": "User: I like brass lamps."},
    {"role": "assistant", "content": "Assistant: Noted."},
    {"role": "user", "content": "User: I changed my mind: glass it is."},
]
OPTIONS = [
    "(a) You said that you 'like' brass (b) most.",
    '(b) You once told me about "glass" lamps.',
    "(c) You've never spoken of lamps.",
    "(d) You like paper shades.",
]


def question(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "persona_id": 0,
        "question_id": name,
        "question_type": "recalling_facts_mentioned_by_the_user",
        "topic": "shopping",
        "context_length_in_tokens": 31999,
        "context_length_in_letters": 150000,
        "distance_to_ref_in_blocks": 2,
        "distance_to_ref_in_tokens": 25000,
        "num_irrelevant_tokens": 200,
        "distance_to_ref_proportion_in_context": "97.80%",
        "user_question_or_message": "Which lamp, then, and why?\nA second line.",
        "correct_answer": "(b)",
        # As Python writes a list, not as JSON does.
        "all_options": repr(OPTIONS),
        "shared_context_id": CONTEXT,
        "end_index_in_shared_context": 2,
        "stereotypical": "No",
    } | changes


def write(folder: Path, questions: list[dict[str, Any]], contexts: list[Any] | None = None) -> None:
    with (folder / "questions_32k.csv").open("w", newline="") as file:
        rows = csv.DictWriter(file, list(questions[0]))
        rows.writeheader()
        rows.writerows(questions)
    unused = {"feed": [{"role": "user", "content": "Nobody asks about me."}]}
    write_lines(folder / "shared_contexts_32k.jsonl", contexts or [unused, {CONTEXT: MESSAGES}])


def load(folder: Path, *questions: dict[str, Any], contexts: list[Any] | None = None) -> Benchmark:
    write(folder, list(questions), contexts)
    return personamem(folder)


def test_a_question_knows_what_comes_before_its_end_only(tmp_path: Path) -> None:
    early, late = question("q1"), question("q2", end_index_in_shared_context=4)
    found = load(tmp_path, early, late)
    texts = [message["content"] for message in MESSAGES]
    for name, known in {"q1": texts[:2], "q2": texts}.items():
        view = found.view(name)
        assert sorted(view.own.texts + view.heard.texts) == sorted(known)
    assert found.view("q2").own.texts == [m["content"] for m in MESSAGES if m["role"] == "user"]
    assert len(found.population) == 4  # neither the other context nor what nobody may know


def test_what_no_question_may_know_is_not_in_the_population(tmp_path: Path) -> None:
    found = load(tmp_path, question("q1"))
    assert "changed my mind" not in " ".join(found.population.frame["text"])


def test_options_are_letters_and_the_replies_are_shown(tmp_path: Path) -> None:
    found = load(tmp_path, question("q1"))
    request = found.examples["q1"]
    assert request.options == ("(a)", "(b)", "(c)", "(d)")
    assert request.given["(b)"] == 'You once told me about "glass" lamps.'
    shown = writing("Answer.")(request, Profile("x")).render().text
    assert "You've never spoken of lamps." in shown
    assert "A second line." in shown
    assert found.truths == ["(b)"]


@pytest.mark.parametrize(
    ("reply", "right", "unread"),
    [
        ("(b)", 1, 0),
        ("b", 1, 0),
        ("It could be (a). <final_answer>(b)</final_answer>", 1, 0),
        ("<final_answer>(a)</final_answer>", 0, 0),
        ("(a) or (b)", 0, 1),
        ("I do not know.", 0, 1),
    ],
)
def test_the_official_rule_with_the_unparsed_rate(
    tmp_path: Path, reply: str, right: int, unread: int
) -> None:
    scores = load(tmp_path, question("q1")).score({"q1": reply})
    assert scores["final_answer"].value == right
    assert scores["final_answer_unparsed"].value == unread


def test_groups(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        question("q1"),
        question("q2", distance_to_ref_proportion_in_context="3.10%", topic="therapy"),
        question("q3", distance_to_ref_proportion_in_context="", topic="therapy"),
    )
    assert found.grouped("distance").tolist() == ["75–100 %", "0–25 %", "unknown"]
    assert found.grouped("persona").tolist() == ["0"] * 3
    by = found.by("topic", {"q1": "(b)", "q2": "(b)", "q3": "(a)"})
    assert by["shopping"]["final_answer"].value == 1
    assert by["therapy"]["final_answer"].value == 0.5


def test_older_files_say_question_and_no_persona(tmp_path: Path) -> None:
    old = question("q1")
    old["question"] = old.pop("user_question_or_message")
    del old["persona_id"]
    found = load(tmp_path, old)
    assert found.examples["q1"].query == "Which lamp, then, and why?\nA second line."
    assert found.grouped("persona").tolist() == [CONTEXT]


def test_options_are_read_and_never_run(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    evil = f"[open({str(trap)!r}, 'w').write('x')]"
    with pytest.raises(DataError, match="a list of four texts that begin with"):
        load(tmp_path, question("q1", all_options=evil))
    assert not trap.exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"correct_answer": "(e)"}, r"Found '\(e\)' as the answer to 'q1'"),
        ({"correct_answer": ""}, "Found 'None' as 'correct_answer'"),
        ({"all_options": repr(OPTIONS[:3])}, "a list of four texts"),
        ({"all_options": repr(OPTIONS[::-1])}, "a list of four texts"),
        ({"all_options": "[" * 500}, "a list of four texts"),
        ({"end_index_in_shared_context": "nan"}, "a whole number is needed"),
        ({"end_index_in_shared_context": 5}, "Found 4 messages of context 'c0ffee'"),
        ({"shared_context_id": "dead"}, "Found no context 'dead'"),
    ],
)
def test_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(tmp_path, question("q1", **changes))


def test_an_unknown_role_is_refused(tmp_path: Path) -> None:
    strange = [{"role": "tool", "content": "x"}, *MESSAGES]
    with pytest.raises(DataError, match="Found the role 'tool'"):
        load(tmp_path, question("q1"), contexts=[{CONTEXT: strange}])


def test_two_questions_of_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Found the example 'q1' twice"):
        load(tmp_path, question("q1"), question("q1", topic="therapy"))


def test_a_download_cut_short_is_refused_not_scored_on_the_rest(tmp_path: Path) -> None:
    write(tmp_path, [question("q1"), question("q2")])
    questions, contexts = tmp_path / "questions_32k.csv", tmp_path / "shared_contexts_32k.jsonl"
    whole = questions.read_text()
    questions.write_text(whole[: whole.rindex(CONTEXT)])
    with pytest.raises(DataError, match=r"Found 1 of 2 rows in 'questions_32k.csv'"):
        personamem(tmp_path)
    questions.write_text(whole)
    contexts.write_text(contexts.read_text()[:-20])
    with pytest.raises(DataError, match="Found broken JSON in line 2"):
        personamem(tmp_path)
    contexts.write_text(json.dumps({"feed": []}) + "\n")
    with pytest.raises(DataError, match="Found no context"):
        personamem(tmp_path)
    contexts.unlink()
    with pytest.raises(DataError, match=r"Found no .* 'shared_contexts_32k.jsonl'"):
        personamem(tmp_path)


def test_predictions_must_match_by_id(tmp_path: Path) -> None:
    found = load(tmp_path, question("q1"), question("q2"))
    with pytest.raises(DataError, match=r"1 examples without a prediction \('q2'\)"):
        found.score({"q1": "(a)"})
