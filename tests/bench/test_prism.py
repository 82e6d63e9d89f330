"""PRISM's files as pairs: first turns, the gap, ties, giveaways, the survey."""

from pathlib import Path
from typing import Any

import pytest

from idiolect.bench import Benchmark
from idiolect.bench.loaders.prism import prism
from idiolect.errors import DataError
from published_files import write_lines

SURVEY = {
    "user_id": "user1",
    "survey_only": False,
    "self_description": "I mend lamps.",
    "age": "35-44 years old",
    "gender": "Prefer not to say",
    "ethnicity": {"self_described": "northern", "categorised": "White", "simplified": "White"},
    "location": {"birth_country": "Norway", "reside_country": "Canada", "same": None},
    "lm_usecases": {"creative_writing": 1, "homework_assistance": 0, "other_text": None},
    "stated_prefs": {"values": 30, "creativity": 90},
}


def reply(of: int, score: float, text: str, turn: int = 0, **changes: Any) -> dict[str, Any]:
    return {
        "utterance_id": f"ut{of}{score}",
        "interaction_id": f"int{of}",
        "conversation_id": f"c{of}",
        "user_id": "user1",
        "turn": turn,
        "within_turn_id": 0,
        "conversation_type": "values guided",
        "user_prompt": f"What of {of}?",
        "model_response": text,
        "model_name": "command-light",
        "score": score,
        "if_chosen": score > 50,
    } | changes


def load(folder: Path, *replies: dict[str, Any], **how: Any) -> Benchmark:
    write_lines(folder / "survey.jsonl", [SURVEY])
    write_lines(folder / "utterances.jsonl", replies)
    return prism(folder, **how)


CLEAR = [reply(1, 90, "best"), reply(1, 40, "worse")]


def test_the_best_of_a_first_turn_against_another(tmp_path: Path) -> None:
    later = [reply(2, 99, "second turn", 1), reply(2, 1, "second turn too", 1)]
    near = [reply(3, 80, "near"), reply(3, 71, "nearly")]
    alone = [reply(4, 80, "alone")]
    found = load(tmp_path, *CLEAR, *later, *near, *alone)
    assert list(found.examples) == ["int1"]
    request = found.examples["int1"]
    assert request.query == "What of 1?"
    assert request.given[found.references["int1"].text] == "best"
    assert set(request.given.values()) == {"best", "worse"}
    assert request.options == ("[[A]]", "[[B]]")
    assert set(found.notes) == {
        "1 interactions with fewer than two replies left are not asked.",
        "1 interactions with scores nearer than 10 are not asked.",
    }
    assert found.grouped("conversation_type").tolist() == ["values guided"]


def test_a_gap_of_ten_is_wide_enough(tmp_path: Path) -> None:
    assert len(load(tmp_path, reply(1, 50, "a"), reply(1, 40, "b")).examples) == 1


def test_ties_show_the_pair_they_are_about(tmp_path: Path) -> None:
    found = load(tmp_path, *CLEAR, reply(3, 80, "near"), reply(3, 71, "nearly"), ties=True)
    assert [found.references[name].text == "[[C]]" for name in found.examples] == [False, True]
    assert set(found.examples["int3"].given.values()) == {"near", "nearly"}
    assert found.examples["int1"].options == ("[[A]]", "[[B]]", "[[C]]")
    scores = found.score({"int1": found.references["int1"].text, "int3": "Rating: [[C]]"})
    assert scores["double_brackets"].value == 1


def test_replies_that_tell_what_they_are_and_a_family_are_left_out(tmp_path: Path) -> None:
    told = [
        reply(1, 95, "As an AI, I do not mind."),
        reply(1, 94, "I am a language model."),
        reply(1, 60, "mine", model_name="gpt-4"),
    ]
    whole = load(tmp_path, *CLEAR, *told)
    assert "best" in whole.examples["int1"].given.values()
    assert not any("AI" in str(text) for text in whole.examples["int1"].given.values())
    without = load(tmp_path, *CLEAR, *told, without="gpt")
    assert set(without.examples["int1"].given.values()) == {"best", "worse"}


def test_which_other_and_which_first_hang_on_the_id(tmp_path: Path) -> None:
    many = [
        one
        for n in range(60)
        for one in (reply(n, 90, "best"), reply(n, 40, "worse"), reply(n, 30, "worst"))
    ]
    found = load(tmp_path, *many)
    backwards = load(tmp_path, *many[::-1])
    assert {n: dict(r.given) for n, r in found.examples.items()} == {
        n: dict(r.given) for n, r in backwards.examples.items()
    }
    others = [text for r in found.examples.values() for text in r.given.values() if text != "best"]
    assert {"worse", "worst"} == set(others)
    assert {found.references[name].text for name in found.examples} == {"[[A]]", "[[B]]"}


def test_the_survey_is_the_history(tmp_path: Path) -> None:
    told = {event.title: event.text for event in load(tmp_path, *CLEAR).view("int1").own}
    assert told == {
        "age": "35-44 years old",
        "ethnicity": "White",
        "location": "birth_country: Norway\nreside_country: Canada",
        "lm usecases": "creative writing",
        "stated prefs": "values: 30\ncreativity: 90",
        "self description": "I mend lamps.",
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"score": float("nan")}, "Found 'nan' as 'score'"),
        ({"score": 0}, "Found the score 0.0"),
        ({"score": None}, "Found 'None' as 'score'"),
        ({"turn": "0"}, "a whole number is needed"),
        ({"user_id": "user2"}, "Found the user 'user2' .* not in survey.jsonl"),
    ],
)
def test_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(tmp_path, reply(1, 90, "best") | changes, reply(1, 40, "worse"))


def test_both_files_are_needed_and_whole(tmp_path: Path) -> None:
    load(tmp_path, *CLEAR)
    path = tmp_path / "utterances.jsonl"
    path.write_text(path.read_text()[:-5])
    with pytest.raises(DataError, match=r"Found broken JSON in line 2 of 'utterances.jsonl'"):
        prism(tmp_path)
    (tmp_path / "survey.jsonl").unlink()
    with pytest.raises(DataError, match=r"Found no 'survey.jsonl'"):
        prism(tmp_path)
