"""PersonaBench's files: answers of all kinds, alternative segments, noise, outdated values."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from idiolect.bench import Benchmark
from idiolect.bench.loaders.personabench import outdated, personabench, retrieval
from idiolect.errors import DataError
from idiolect.select import Okapi, Recency


def talk(segment: str, text: str, time: str = "2024/Oct/14/07:12 AM") -> dict[str, Any]:
    return {
        "session": "conversation---session---1",
        "time": time,
        "target_name": "Bo",
        "conversation": [{"role": "Ida", "content": text}, {"role": "Bo", "content": "Caf\u00e9?"}],
        "segment_id": segment,
    }


def chat(segment: str, text: str, time: str = "2024/Nov/03/07:55 PM") -> dict[str, Any]:
    return {
        "session": "user_ai_interaction---session---1",
        "time": time,
        "user_ai_interaction": [{"role": "user", "content": text}],
        "segment_id": segment,
    }


def bought(segment: str, title: str) -> dict[str, Any]:
    goods = [{"title": title, "description": "d", "brand": "b", "categories": ["Lamps"]}]
    return {
        "session": "purchase_history---session---1",
        "time": "2024/Dec/01/12:00 PM",
        "purchase_history": goods,
        "segment_id": segment,
    }


def question(
    name: str, answer: Any, kind: str = "Basic information", hard: str = "easy", old: Any = None
) -> dict[str, Any]:
    return {
        "q_id": name,
        "question": f"What about {name}?",
        "answer": answer,
        "type": kind,
        "difficulty": hard,
        "outdated_value": old,
    }


QUESTIONS = [
    question("q0", "Blue lamps, mostly"),
    question("q1", 1983),
    question("q2", [{"Height": "6'0\""}, {"Eye color": "Blue"}]),
    question("q3", ["jazz", "folk"], "Preference", "hard", ["rock", "jazz rock"]),
    question("q4", "Bo", "Social", "hard"),
    question("q5", "Why not?", "Subjective"),
]
PROOFS = {
    "q0": {"Blue lamps, mostly": ["s1"]},
    "q1": {"1983": ["s2", "s3"]},
    "q2": {"6'0\"": ["s1"], "Blue": ["s1"]},
    "q3": {"jazz": ["s2", "s4"], "folk": ["s3"]},
    "q4": {"Bo": ["s4"]},
    "q5": {"x": ["s1"]},
}
SEGMENTS = {
    "conversation_data": [
        {"Target_name": "Bo", "Conversations": [talk("s1", "q0 blue"), talk("s2", "born 1983")]}
    ],
    "user_ai_interaction_data": [chat("s3", "What about q3? Folk.")],
    "purchase_history_data": [bought("s4", "A lamp for q4")],
}


def write(
    folder: Path,
    questions: Any = None,
    proofs: Any = None,
    segments: Any = None,
    noise: str = "0.0",
    named: str = "community_0",
) -> Path:
    community = folder / "eval_data" / named
    info, private = community / "eval_info", community / "private_data" / f"noise_{noise}"
    info.mkdir(parents=True, exist_ok=True)
    private.mkdir(parents=True, exist_ok=True)
    people = [
        {"Name": "Ida", "Eval_Info": {"qa": questions or QUESTIONS}},
        {"Name": "Una", "Eval_Info": {"qa": [question("q9", "x")]}},
    ]
    (info / "eval_info_all.json").write_text(json.dumps(people))
    told = [
        {"q_id": name, "question": "?", "answer": "?", "segment_id": some}
        for name, some in (proofs or PROOFS).items()
    ]
    (info / f"qa_gt_context_all_noise_{noise}.json").write_text(json.dumps(told))
    for source, data in (segments or SEGMENTS).items():
        (private / f"{source}_all.json").write_text(json.dumps([{"Name": "Ida", "Data": data}]))
    return folder


@pytest.fixture
def made(tmp_path: Path) -> Benchmark:
    return personabench(write(tmp_path))


def test_one_session_is_one_event_in_time(made: Benchmark) -> None:
    own = made.view("q0").own
    assert own.ids == ["s1", "s2", "s3", "s4"]
    assert own.column("kind") == [
        "conversation", "conversation", "user_ai_interaction", "purchase_history",
    ]  # fmt: skip
    assert [event.time.hour for event in own if event.time] == [7, 7, 19, 12]
    session = json.loads(own[0].text)
    assert set(session) == {"time", "target_name", "conversation"}
    assert "\\u00e9" in own[0].text  # as the authors' script writes it


def test_people_of_one_name_in_two_communities_stay_apart(tmp_path: Path) -> None:
    write(tmp_path)
    other = {source: [] for source in SEGMENTS} | {"purchase_history_data": [bought("t1", "x")]}
    proofs = {"r0": {"x": ["t1"]}}
    write(tmp_path, [question("r0", "x")], proofs, other, named="community_1")
    found = personabench(tmp_path)
    assert found.view("r0").own.ids == ["t1"]
    assert found.view("q0").own.ids == ["s1", "s2", "s3", "s4"]


def test_subjective_questions_and_people_without_documents_are_not_asked(made: Benchmark) -> None:
    assert list(made.examples) == ["q0", "q1", "q2", "q3", "q4"]
    assert made.notes == ("1 people have questions and no documents; they are not asked.",)
    assert made.grouped("category").tolist() == [
        "Basic_information_easy", "Basic_information_easy", "Basic_information_easy",
        "Preference_hard", "Social_easy",
    ]  # fmt: skip


def test_answers_of_every_kind_are_scored_against_themselves(made: Benchmark) -> None:
    said = {"q0": "blue LAMPS", "q1": "1983.", "q2": "blue", "q3": "jazz and folk", "q4": "Una"}
    by = {name: made.only([name]).score({name: text}) for name, text in said.items()}
    f1 = {name: scores["word_f1"].value for name, scores in by.items()}
    assert f1["q0"] == pytest.approx(2 * 2 / (2 + 3))
    # The authors' script would compare the number with the words of q0.
    assert f1["q1"] == 1
    # height 60 eye color blue: objects as Python writes them, without punctuation.
    assert f1["q2"] == pytest.approx(2 * 1 / (1 + 5))
    assert f1["q3"] == pytest.approx(2 * 2 / (3 + 2))
    assert f1["q4"] == 0
    assert made.score(said)["word_f1"].value == pytest.approx(np.mean(list(f1.values())))


def test_outdated_values(made: Benchmark) -> None:
    said = dict.fromkeys(made.examples, "rock")
    assert outdated(made, said).value == 0.5  # of {rock, jazz}
    assert outdated(made, said).rows == 1
    with pytest.raises(DataError, match="do not match"):
        outdated(made, {})


def brute(ranking: list[str], alternatives: list[list[str]], k: int) -> tuple[float, float]:
    """Recall and nDCG by the definition, the best over all combinations."""
    best = [0.0, 0.0]
    for combination in product(*alternatives):
        gold, top = set(combination), ranking[:k]
        gain = sum(1 / np.log2(n + 2) for n, one in enumerate(top) if one in gold)
        ideal = sum(1 / np.log2(n + 2) for n in range(min(len(gold), k)))
        best[0] = max(best[0], len(gold & set(top)) / len(gold))
        best[1] = max(best[1], gain / ideal)
    return best[0], best[1]


@pytest.mark.parametrize("k", [1, 2, 5])
def test_retrieval_is_the_best_over_alternatives(made: Benchmark, k: int) -> None:
    for choose in (Okapi(k), Recency(k)):
        rows = [
            brute(choose(made.view(name)).events.ids, list(PROOFS[name].values()), k)
            for name in made.examples
        ]
        found = retrieval(made, choose, k)
        assert list(found) == [f"recall@{k}", f"ndcg@{k}"]
        means = [score.value for score in found.values()]
        assert means == pytest.approx(np.mean(rows, axis=0).tolist())


def test_noise_levels_are_files_of_their_own(tmp_path: Path) -> None:
    write(tmp_path)
    renumbered = {name: {value: ["s1"] for value in some} for name, some in PROOFS.items()}
    write(tmp_path, proofs=renumbered, noise="0.7")
    assert retrieval(personabench(tmp_path, noise="0.7"), Recency(1), 1)["recall@1"].value == 0
    assert retrieval(personabench(tmp_path), Recency(1), 1)["recall@1"].value > 0
    with pytest.raises(DataError, match=r"Found no 'conversation_data_all.json' in .*noise_0.3"):
        personabench(tmp_path, noise="0.3")


@pytest.mark.parametrize(
    ("questions", "proofs", "message"),
    [
        ([question("q0", None)], None, "Found None as the answer"),
        ([question("q0", "?!")], None, r"Found '\?!' as the answer"),
        ([question("q0", {"a": 1})], None, "a text, a number or a list is needed"),
        ([question("q0", "x", "Gossip")], None, "Found the type 'Gossip'"),
        ([question("q7", "x")], None, "Found no segments for question 'q7'"),
        (None, PROOFS | {"q0": {"x": ["s99"]}}, r"no document for \(s99\)"),
        (None, PROOFS | {"q0": {"x": []}}, r"no document for \(none at all\)"),
        ([question("q0", "x"), question("q0", "y")], None, "Found the example 'q0' twice"),
    ],
)
def test_refused(tmp_path: Path, questions: Any, proofs: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        personabench(write(tmp_path, questions, proofs))


def test_files_cut_short_and_strange_times_are_refused(tmp_path: Path) -> None:
    strange = SEGMENTS | {"user_ai_interaction_data": [chat("s3", "x", "14.10.2024")]}
    with pytest.raises(DataError, match=r"Found the time '14.10.2024'"):
        personabench(write(tmp_path, segments=strange))
    write(tmp_path)
    path = tmp_path / "eval_data" / "community_0" / "eval_info" / "eval_info_all.json"
    path.write_text(path.read_text()[:-40])
    with pytest.raises(DataError, match=r"Found broken JSON .* of 'eval_info_all.json'"):
        personabench(tmp_path)
    with pytest.raises(DataError, match=r"Found no 'community_\*/eval_info'"):
        personabench(tmp_path / "elsewhere")
