"""Predictions that are kept: added at once, continued only under the same manifest, never mixed."""

import json
import threading
from pathlib import Path

import pytest

from idiolect.bench import Predictions, Rehearsal
from idiolect.errors import DataError, SettingError
from idiolect.lm import Number, Prompt, Text, estimate

MANIFEST = {"recipe": "rag", "settings": {"events": 8}, "versions": {"numpy": "2"}}


def test_lines_are_there_at_once_and_the_last_one_counts(tmp_path: Path) -> None:
    path = tmp_path / "Books" / "rag.jsonl"
    kept = Predictions(path, MANIFEST)
    kept.add("a", text="", failure="EndpointError: down", calls=0)
    kept.add("b", text="Two.", calls=1)
    kept.add("a", text="One.", calls=1)
    assert [json.loads(line)["id"] for line in path.read_text().splitlines()] == ["a", "b", "a"]
    again = Predictions(path, MANIFEST)
    assert again.texts == {"a": "One.", "b": "Two."}
    assert again.failures == {}
    assert again.rows["b"]["calls"] == 1


def test_another_manifest_is_refused_with_the_difference(tmp_path: Path) -> None:
    path = tmp_path / "rag.jsonl"
    Predictions(path, MANIFEST).add("a", text="One.")
    changed = MANIFEST | {"settings": {"events": 4}, "model": "other"}
    with pytest.raises(SettingError) as told:
        Predictions(path, changed)
    said = str(told.value)
    assert "settings.events: 8 there, 4 now" in said
    assert "model: 'nothing' there, 'other' now" in said
    assert "versions" not in said
    assert Predictions(path, MANIFEST).texts == {"a": "One."}


def test_a_line_cut_off_by_the_end_of_a_run_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "rag.jsonl"
    Predictions(path, MANIFEST).add("a", text="One.")
    with path.open("a") as file:
        file.write('{"id": "b", "te')
    kept = Predictions(path, MANIFEST)
    assert kept.texts == {"a": "One."}
    kept.add("b", text="Two.")
    assert Predictions(path, MANIFEST).texts == {"a": "One.", "b": "Two."}


def test_foreign_and_broken_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rag.jsonl"
    path.write_text("")
    with pytest.raises(DataError, match=r"without 'rag.manifest.json'"):
        Predictions(path, MANIFEST)
    path.unlink()
    Predictions(path, MANIFEST).add("a", text="One.")
    path.write_text(path.read_text() + '{"name": "b"}\n')
    with pytest.raises(DataError, match=r"line 2 of .*no id, text or failure"):
        Predictions(path, MANIFEST)


def test_many_threads_write_whole_lines(tmp_path: Path) -> None:
    kept = Predictions(tmp_path / "rag.jsonl", MANIFEST)
    threads = [
        threading.Thread(target=lambda n=n: kept.add(f"{n}", text="x" * 5000)) for n in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Predictions(kept.path, MANIFEST).texts == {f"{n}": "x" * 5000 for n in range(16)}


def test_a_rehearsal_counts_what_would_be_sent() -> None:
    prompts = [Prompt("Write.", expects=Text("writing")), Prompt("Mark it.", expects=Number(0, 10))]
    free, mark = Rehearsal(120).reply(prompts)
    assert free.prompt_tokens == prompts[0].render().tokens
    assert free.completion_tokens == estimate(free.text.rstrip() + " ") == 120
    assert 0 <= mark.value <= 10
    assert mark.completion_tokens < 5
