"""PGraphRAG's files: the first review is the target, peers by product; made files and real ones."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from idiolect.bench.loaders.pgraphrag import pgraphrag
from idiolect.errors import DataError
from published_files import write_lines


def review(pid: Any, text: str, rating: Any = 4, title: Any = "A title") -> dict[str, Any]:
    return {"rating": rating, "title": title, "text": text, "pid": pid}


ROWS = [
    {"id": "ann", "profile": [review(7, "ann on 7"), review("8", "ann on 8", 2)]},
    {"id": "bo", "profile": [review("7", "bo on 7", 5)]},
    {"id": "cy", "profile": [review("9", "cy on 9"), review("7", "cy on 7", 1)]},
    {"id": "di", "profile": [review("9", "")]},
]


def write(folder: Path, rows: Any, name: str = "amazon_test.json") -> Path:
    (folder / name).write_text(json.dumps(rows))
    return folder


def test_the_first_review_is_the_target_the_rest_is_history(tmp_path: Path) -> None:
    found = pgraphrag(write(tmp_path, ROWS))
    view = found.view("ann/0")
    assert view.own.texts == ["ann on 8"]
    assert found.truths[0] == "ann on 7"
    assert found.examples["ann/0"].given == {"title": "A title"}
    assert found.grouped("history").tolist() == ["some", "none", "some", "none"]
    assert found.notes == ("1 targets are empty: they have no ROUGE or METEOR.",)


def test_peers_are_by_product_also_where_ids_are_numbers_and_with_their_targets(
    tmp_path: Path,
) -> None:
    view = pgraphrag(write(tmp_path, ROWS)).view("ann/0")
    assert view.peers("7").texts == ["bo on 7", "cy on 7"]


def test_the_three_tasks(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    title = pgraphrag(tmp_path, task="title")
    assert title.truths[0] == "A title"
    assert title.examples["ann/0"].given == {"text": "ann on 7"}
    rating = pgraphrag(tmp_path, task="rating")
    request = rating.examples["ann/0"]
    assert request.scale == (1, 5)
    assert request.given == {"title": "A title", "text": "ann on 7"}
    assert rating.truths == ["4", "5", "4", "4"]
    scores = rating.score({"ann/0": "2", "bo/0": "five", "cy/0": "4", "di/0": "4"})
    # "five" is no number: 1 is farther from 5 than 5 is.
    assert scores["mae"].value == (2 + 4 + 0 + 0) / 4
    assert scores["unparsed"].value == 0.25


def test_an_empty_target_has_no_figure_and_the_rows_say_so(tmp_path: Path) -> None:
    found = pgraphrag(write(tmp_path, ROWS))
    scores = found.score(dict(zip(found.examples, found.truths, strict=True)))
    assert scores["rouge1"].value == 1
    assert scores["rouge1"].rows == 3


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": "x", "profile": []}, "Found no review in 'profile'"),
        ({"id": "x", "profile": [review("7", "a", float("nan"))]}, "Found 'nan' as 'rating'"),
        ({"id": "x", "profile": [review("7", "a", 6)]}, "Found 6.0 as 'rating'"),
        ({"id": "x", "profile": [{"reviewText": "a"}]}, "Found no 'rating' in entry 1"),
        ({"id": "ann", "profile": [review("7", "again")]}, "Found the example 'ann/0' twice"),
    ],
)
def test_refused(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        pgraphrag(write(tmp_path, [*ROWS, row]))


def test_a_file_cut_short_or_missing_is_refused(tmp_path: Path) -> None:
    whole = json.dumps(ROWS).encode()
    (tmp_path / "gap_dev.json").write_bytes(whole[:-30])
    with pytest.raises(DataError, match=r"Found broken JSON .* of 'gap_dev.json'"):
        pgraphrag(tmp_path, source="gap", split="dev")
    (tmp_path / "gap_dev.json").unlink()
    (tmp_path / "gap_dev.json.gz").write_bytes(gzip.compress(whole)[:-9])
    with pytest.raises(DataError, match="cut off or damaged"):
        pgraphrag(tmp_path, source="gap", split="dev")
    with pytest.raises(DataError, match=r"Found no 'b2w_test.json' .*there is: gap_dev"):
        pgraphrag(tmp_path, source="b2w")


def test_only_the_whole_name_counts(tmp_path: Path) -> None:
    write_lines(tmp_path / "amazon_test.jsonl", ROWS)
    with pytest.raises(DataError, match=r"Found no 'amazon_test.json'"):
        pgraphrag(tmp_path)


@pytest.mark.real
@pytest.mark.parametrize(
    ("source", "split", "events", "cold"),
    [("amazon", "dev", 2706, 2374), ("amazon", "test", 2717, 2381), ("gap", "dev", 4356, 1966)],
)
def test_real_files(real_data: Path, source: Any, split: Any, events: int, cold: int) -> None:
    found = pgraphrag(real_data / "peer_reviews", source=source, split=split, task="rating")
    assert len(found.examples) == 2500
    assert len(found.population) == events
    assert found.grouped("history").tolist().count("none") == cold
    published = json.loads(
        gzip.decompress((real_data / "peer_reviews" / f"{source}_{split}.json.gz").read_bytes())
    )
    assert found.truths == [str(row["profile"][0]["rating"]) for row in published]
    for name in list(found.examples)[:300]:
        view = found.view(name)
        item = view.request.item
        assert item is not None
        others = [
            (row["id"], one["text"])
            for row in published
            for one in row["profile"]
            if one["pid"] == item.id and row["id"] != view.request.user
        ]
        assert {event.user for event in view.peers(item.id)} == {user for user, _ in others}
        assert name not in view.own.ids
