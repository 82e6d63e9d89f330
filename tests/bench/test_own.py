"""One's own lines: what is read, written back unchanged, and refused; outputs made elsewhere."""

import json
from pathlib import Path
from typing import Any

import pytest

from idiolect.bench import Benchmark
from idiolect.bench.loaders.lamp import lamp
from idiolect.bench.loaders.own import own
from idiolect.bench.outputs import read_outputs
from idiolect.bench.own_format import save
from idiolect.data import Event, Population, last_per_user
from idiolect.errors import DataError
from idiolect.measure import text_metric
from idiolect.testing import town
from lamp_files import GOLDS, write_lamp

RAIN = {"id": "r", "title": "Rain", "description": "Water from above"}
ANN = [
    {"text": "Rain is fine", "item": RAIN, "rating": 4},
    {"text": "Wind is not", "item": "w", "chosen": "no", "title": "Wind", "audience": "group"},
]


def line(**changes: Any) -> dict[str, Any]:
    made = {"id": "1", "user": "ann", "query": "Write of snow.", "gold": "Snow, at last",
            "profile": ANN}  # fmt: skip
    return {name: value for name, value in (made | changes).items() if value is not None}


def write(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "own.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_texts_with_histories_items_and_people_who_are_asked_nothing(tmp_path: Path) -> None:
    bob = {"user": "bob", "history": [{"text": "No rain", "item": "r"}]}
    second = line(id=2, item={"id": "r"} | RAIN, profile=None, groups={"topic": 7})
    found = own(write(tmp_path, line(groups={"topic": "snow"}), second, bob))
    assert list(found.examples) == ["1", "2"]
    assert [event.text for event in found.view("2").own] == ["Rain is fine", "Wind is not"]
    assert [event.user for event in found.view("2").peers("r")] == ["bob"]
    about = found.examples["2"].item
    assert about is not None
    assert about.words == "Rain. Water from above"
    assert found.groups == {"topic": {"1": "snow", "2": "7"}}
    made = {"1": "Snow, at last", "2": "Rain"}
    assert [m.name for m in found.metrics] == ["rouge1", "rougeL", "meteor_exact_stem"]
    assert found.score(made)["rouge1"].value == 0.5
    by = found.by("topic", made)
    assert {group: by[group]["rouge1"].value for group in by} == {"snow": 1.0, "7": 0.0}


def test_choices_ratings_and_aspects(tmp_path: Path) -> None:
    choice = own(write(tmp_path, line(options=["a", "b"], gold="b"),
                       line(id="2", options=["b", "a"], gold="a")))  # fmt: skip
    scores = choice.score({"1": "b", "2": "neither"})
    assert {name: score.value for name, score in scores.items()} == {
        "accuracy": 0.5, "macro_f1": 0.5, "unparsed": 0.5,
    }  # fmt: skip
    several = own(write(tmp_path, line(options=["a", "b"], gold="b"),
                        line(id="2", options=["c", "d"], gold="c")))  # fmt: skip
    assert list(several.score({"1": "b", "2": "c"})) == ["accuracy", "unparsed"]
    rating = own(write(tmp_path, line(scale=[1, 10], gold=7)))
    assert rating.truths == ["7"]
    assert rating.score({"1": "no idea"})["mae"].value == 6
    rubric = own(write(tmp_path, line(aspects=["warm", {"aspect": "short"}], gold=None)))
    assert rubric.references["1"].extra["aspects"] == ("warm", {"aspect": "short"})
    with pytest.raises(DataError, match="scored by a judge"):
        rubric.score({"1": "x"})
    hidden = own(write(tmp_path, line(gold=None), line(id="2", gold=None)))
    assert hidden.hidden
    with pytest.raises(DataError, match="not published"):
        hidden.score({"1": "x", "2": "y"})


def test_metrics_and_the_average_can_be_named(tmp_path: Path) -> None:
    path = write(
        tmp_path, line(groups={"t": "a"}), line(id="2", groups={"t": "a"}),
        line(id="3", groups={"t": "b"}),
    )  # fmt: skip
    found = own(path, metrics=("rouge2",), average="t")
    right = "Snow, at last"
    assert found.score({"1": "no", "2": "no", "3": right})["rouge2"].value == 0.5
    assert own(path).score({"1": "no", "2": "no", "3": right})["rouge1"].value == 1 / 3


def test_different_profiles_are_joined_and_cut_by_time(tmp_path: Path) -> None:
    early = [{"text": "one", "time": "2020-01-01"}]
    late = [*early, {"text": "two", "time": "2021-01-01"}]
    found = own(write(tmp_path, line(profile=early, time="2020-06-01"),
                      line(id="2", profile=late, time="2021-06-01")))  # fmt: skip
    assert [[event.text for event in found.view(name).own] for name in "12"] == [
        ["one"], ["one", "two"],
    ]  # fmt: skip


def same(one: Benchmark, other: Benchmark) -> bool:
    return (
        list(one.examples.items()) == list(other.examples.items())
        and one.references == other.references
        and one.groups == other.groups
        and all(
            [e.text for e in one.view(name).own] == [e.text for e in other.view(name).own]
            and [(e.user, e.text) for e in one.view(name).others]
            == [(e.user, e.text) for e in other.view(name).others]
            for name in one.examples
        )
    )


def test_what_is_written_reads_the_same(tmp_path: Path) -> None:
    bob = {"user": "bob", "profile": [{"text": "No rain", "item": "r"}]}
    first = own(
        write(
            tmp_path,
            line(groups={"topic": "snow"}, given={"rating": 4.0}, messages=[
                {"role": "user", "content": "Hello"}]),
            line(id="2", item=RAIN, profile=None, groups={"topic": "rain"}),
            bob,
        )
    )  # fmt: skip
    save(first, tmp_path / "again.jsonl")
    again = own(tmp_path / "again.jsonl")
    assert same(first, again)
    assert again.population.frame.equals(first.population.frame)


@pytest.mark.parametrize("task", ["LaMP-2", "LaMP-3", "LaMP-5"])
def test_a_public_benchmark_reads_the_same_in_this_form(tmp_path: Path, task: Any) -> None:
    theirs = lamp(write_lamp(tmp_path, task), task=task)
    save(theirs, tmp_path / "own.jsonl")
    ours = own(tmp_path / "own.jsonl")
    assert ours.examples == theirs.examples
    assert ours.truths == theirs.truths
    assert ours.population.frame.equals(theirs.population.frame)
    made = dict.fromkeys(ours.examples, GOLDS[task])
    shared = [name for name in theirs.score(made) if name in ours.score(made)]
    assert shared
    assert all(ours.score(made)[name] == theirs.score(made)[name] for name in shared)


def test_events_held_out_of_ones_own_are_written_with_their_times(tmp_path: Path) -> None:
    population = town(users=6, texts=5, peers=3).population
    held = Benchmark.held_out(population, last_per_user(population, 2), [text_metric("rouge1")])
    save(held, tmp_path / "held.jsonl")
    again = own(tmp_path / "held.jsonl")
    assert again.truths == held.truths
    for name in held.examples:
        assert again.view(name).own.texts == held.view(name).own.texts
        assert set(again.view(name).others.texts) <= set(held.view(name).others.texts)


def test_what_an_assistant_said_is_not_written_as_the_users(tmp_path: Path) -> None:
    said = [
        ("ann", "Hello.", "user"),
        ("ann", "I am a program.", "assistant"),
        ("ann", "Bye.", None),
    ]
    events = [Event(*two, role=role) for *two, role in [*said, ("bob", "I am one, too.", "system")]]
    population = Population.of([*events, Event("bob", "Hi.")])
    held = Benchmark.held_out(population, last_per_user(population), [text_metric("rouge1")])
    save(held, tmp_path / "held.jsonl")
    assert held.truths == ["Bye."]
    assert "Hello." in (written := (tmp_path / "held.jsonl").read_text())
    assert "Hi." in written
    assert "program" not in written
    assert "too" not in written


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([line(qury="?")], r"'qury' in line 1 of 'own.jsonl'"),
        ([line(user=None)], r"'user' in line 1"),
        ([line(gold=float("nan"))], r"nan as 'gold' in line 1"),
        ([line(profile=[{"text": "x", "rating": "good"}])], r"'good' as 'profile.0.rating'"),
        ([line(profile=[{"text": "x", "time": "soon"}])], r"In line 1 .*'soon' where a time"),
        ([line(), line()], r"id '1' in line 1 .* and in line 2"),
        ([line(options=["a", "b"], gold="c")], r"gold 'c' in line 1 .* none of its options"),
        ([line(scale=[1, 5], gold=6)], r"gold 6.0 in line 1 .* from 1 to 5"),
        ([line(scale=[1, 5], gold="four")], r"gold 'four' in line 1"),
        ([line(scale=[1, 5], gold=2), line(id="2", scale=[1, 9], gold=2)], r"several scales"),
        ([line(), line(id="2", options=["a", "b"], gold="a")], r"1 of text, 1 of choice"),
        ([line(query=None)], r"nothing that is asked in line 1"),
        ([line(), line(id="2", gold=None)], r"1 examples .* without a gold answer \('2'\)"),
        ([line(item=RAIN | {"title": "Hail"})], r"item 'r' told as"),
        ([line(), line(id="2", profile=ANN[:1])], r"different profiles of 'ann' in line 1"),
        (
            [line(profile=[{"text": "x", "time": 2020}, {"text": "y"}])],
            r"a time for 1 of 2 entries",
        ),
        ([line(), line(id="2", groups={"t": "x"})], r"1 examples .* without a 't' \('1'\)"),
        ([line(profile=None)], r"no events"),
        ([{"user": "ann", "profile": ANN}], r"no example"),
    ],
)
def test_what_cannot_be_used_is_named(
    tmp_path: Path, rows: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(DataError, match=said):
        own(write(tmp_path, *rows))


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, line(), line(id="2"))
    path.write_text(path.read_text()[:-20])
    with pytest.raises(DataError, match=r"broken JSON in line 2 of 'own.jsonl'"):
        own(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", '{"id": 1, "output": "x"}\n{"id": 2, "text": "y", "failure": null}'),
        ("a.jsonl", '{"event": "1", "reply": "x"}\n{"id": "2", "prediction": "y"}'),
        ("a.json", '{"1": "x", "2": "y"}'),
        ("a.json", '{"1": [{"output": "x"}], "2": [{"output": "y"}]}'),
        ("a.json", '[{"id": "1", "output": "x"}, {"id": "2", "output": "y"}]'),
        ("a.json", '{"task": "LaMP_4", "golds": [{"id": 1, "output": "x"}, '
         '{"id": 2, "output": "y"}]}'),
        ("a.csv", "id,output\n1,x\n2,y\n"),
    ],
)  # fmt: skip
def test_outputs_are_read_in_every_form(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert read_outputs(tmp_path / name) == {"1": "x", "2": "y"}


def test_where_nothing_was_written_there_is_none(tmp_path: Path) -> None:
    lines = '{"id": 1, "output": null}\n{"event": 2, "reply": "x", "failure": "ReplyError"}'
    (tmp_path / "a.jsonl").write_text(lines)
    assert read_outputs(tmp_path / "a.jsonl") == {"1": None, "2": None}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"id": 1, "output": "x"}\n{"id": 1, "output": "y"}', "two outputs for '1'"),
        ('{"id": 1, "output": 1.5e}', "broken JSON"),
        ('{"name": 1, "output": "x"}', "in row 1 of 'a.jsonl', and no id"),
    ],
)
def test_outputs_that_cannot_be_matched_are_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.jsonl").write_text(text)
    with pytest.raises(DataError, match=said):
        read_outputs(tmp_path / "a.jsonl")
