"""Raw Amazon files and the filters of DPL: against the same steps typed plainly, on odd files."""

import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from idiolect.bench import amazon, build, dpl_reviews
from idiolect.errors import DataError
from published_files import START, raw, raw_item, raw_review, write_lines


def read(folder: Path, reviews: list[Any], meta: list[Any], **how: Any) -> Any:
    return amazon.read(
        write_lines(folder / "Books.jsonl.gz", reviews),
        write_lines(folder / "meta_Books.jsonl", meta),
        **how,
    )


def test_a_review_becomes_an_event_of_the_parent_item(tmp_path: Path) -> None:
    row = raw_review("U", "I1", START + 1234, "Some words.", rating=3, title="So")
    population = read(tmp_path, [row], [raw_item("I1")]).population
    [event] = population.events_of("U")
    assert (event.item, event.text, event.title, event.rating) == ("I1", "Some words.", "So", 3)
    assert event.time is not None
    assert event.time.timestamp() * 1000 == START + 1234
    assert (event.extra["asin"], event.extra["verified_purchase"]) == ("I1-red", True)
    about = population.item("I1")
    assert about.title == "Item I1"
    assert about.description == " ".join(raw_item("I1")["description"])
    assert about.attributes["categories"] == "Books | Lamps"


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        (["One part.", "Another."], "One part. Another."),
        (["Product Description", "The rest."], "The rest."),
        (["Product Description"], ""),
        ([], ""),
        (None, ""),
        ("Plain text ", "Plain text"),
    ],
)
def test_descriptions_are_joined_without_their_heading(parts: Any, joined: str) -> None:
    assert amazon.description(parts) == joined


def test_odd_rows_are_read_or_counted(tmp_path: Path) -> None:
    rows = [
        raw_review("U", "I1", START, "First."),
        raw_review("U", "I2", START, "Numbers as text.", rating="5.0", timestamp=str(START + 5)),
        raw_review("U", "I3", START, "No title.", title=None),
        raw_review("U", "I1", START, "First."),
        raw_review("", "I1", START, "By nobody."),
        raw_review("U", "I4", START, "Never.", timestamp="soon"),
        raw_review("U", "I5", START, "Ninety stars.", rating=90.0),
    ]
    meta = [raw_item("I1", title=None, description=[]), raw_item("I2"), raw_item("I2")]
    loaded = read(tmp_path, rows, meta)
    assert sorted(loaded.population.frame["item"]) == ["I1", "I2", "I3"]
    assert loaded.population.item("I1").title is None
    by_item = {e.item: e for e in loaded.population.events_of("U")}
    assert by_item["I2"].rating == 5
    assert by_item["I2"].time > by_item["I1"].time
    assert by_item["I3"].title is None
    assert loaded.report.left_out == 4
    assert sorted(loaded.report.counts.values()) == [1, 1, 1, 1]
    assert {problem.row for problem in loaded.report.problems} == {4, 5, 6, 7}
    assert loaded.report.items.left_out == 1


def test_what_is_not_asked_for_is_counted(tmp_path: Path) -> None:
    rows = [raw_review("U", "I1", START, "x" * 200), raw_review("U", "I1", START + 1, "x" * 199)]
    rows += [raw_review("U", "I2", START + 2, "y" * 300)]
    loaded = read(tmp_path, rows, [raw_item("I1")], shortest=200, described=True)
    assert loaded.population.frame["text"].to_list() == ["x" * 200]
    assert [note.split()[0] for note in loaded.report.notes] == ["1", "1"]
    with pytest.raises(DataError, match="of one category"):
        read(tmp_path, rows, [raw_item("I9")], described=True)


def test_another_format_is_refused_with_its_fields(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "Books.jsonl", [{"reviewerID": "U", "reviewText": "old form"}])
    with pytest.raises(DataError, match=r"'reviewerID'.*row 1 of 'Books.jsonl'.*'user_id'"):
        amazon.read(path)
    path.write_text('{"user_id": "U", "par')
    with pytest.raises(DataError, match="broken JSON in line 1"):
        amazon.read(path)
    path.write_text("[1, 2]\n")
    with pytest.raises(DataError, match="one object a line"):
        amazon.read(path)


def plainly(reviews: list[Any], meta: list[Any]) -> dict[str, list[Any]]:
    """The authors' steps, one after the other, on plain lists."""
    described = {}
    for thing in meta:
        text = amazon.description(thing["description"])
        if 100 <= len(text) <= 2000 and thing["title"]:
            described[thing["parent_asin"]] = text
    kept = [
        {
            "user": r["user_id"],
            "rating": float(r["rating"]),
            "title": r["title"],
            "text": r["text"],
            "asin": r["parent_asin"],
            "timestamp": int(r["timestamp"]),
        }
        for r in reviews
        if len(r["text"]) >= 200 and r["title"] and r["parent_asin"] in described
    ]

    def once(rows: list[Any]) -> list[Any]:
        seen_items: set[str] = set()
        seen_texts: set[str] = set()
        unique = []
        for row in sorted(rows, key=lambda r: r["timestamp"], reverse=True):
            if row["asin"] not in seen_items and row["text"] not in seen_texts:
                seen_items.add(row["asin"])
                seen_texts.add(row["text"])
                unique.append(row)
        return unique

    def of_users(rows: list[Any]) -> dict[str, list[Any]]:
        found = defaultdict(list)
        for row in rows:
            found[row["user"]].append(row)
        return found

    while True:
        users = {u for u, rows in of_users(kept).items() if 18 <= len(once(rows)) <= 500}
        people = Counter(item for item, _ in {(r["asin"], r["user"]) for r in kept})
        left = [r for r in kept if r["user"] in users and people[r["asin"]] >= 8]
        if len(left) == len(kept):
            break
        kept = left
    profiles, targets = {}, {}
    for user, rows in of_users(kept).items():
        levelled = [r | {"text": re.sub(r"\s+", " ", r["text"].strip())} for r in rows]
        mine = sorted(once(levelled), key=lambda r: r["timestamp"])
        profiles[user], targets[user] = mine[:-10], mine[-10:]
    while True:
        people = Counter(r["asin"] for rows in profiles.values() for r in rows)
        shorter = {u: [r for r in rows if people[r["asin"]] >= 5] for u, rows in profiles.items()}
        shorter = {u: rows for u, rows in shorter.items() if len(rows) >= 8}
        if shorter == profiles:
            break
        profiles = shorter

    def bare(row: Any) -> Any:
        return {name: row[name] for name in ("rating", "title", "text", "asin", "timestamp")}

    found: dict[str, list[Any]] = {"train": [], "val": [], "test": []}
    for user, rows in profiles.items():
        for at, target in enumerate(targets[user]):
            split = {8: "val", 9: "test"}.get(at, "train")
            before = [bare(r) for r in rows + targets[user][:at]]
            found[split].append({"user_id": user, "profile": before, "data": bare(target)})
    return found


@pytest.mark.parametrize("seed", range(4))
def test_the_splits_are_those_of_the_same_steps_typed_plainly(tmp_path: Path, seed: int) -> None:
    reviews, meta = raw(seed)
    made = build(read(tmp_path, reviews, meta).population)
    expected = plainly(reviews, meta)
    assert len(expected["test"]) > 10, "the miniature must leave enough people"
    assert len(expected["test"]) < 40, "and must drop some"

    def ordered(rows: Any) -> list[Any]:
        return sorted(rows, key=lambda row: (row["user_id"], row["data"]["timestamp"]))

    for split in ("train", "val", "test"):
        assert ordered(made.splits[split]) == ordered(expected[split])
    assert len(made.splits["train"]) == 8 * len(made.splits["test"])


def test_what_is_saved_is_read_as_published(tmp_path: Path) -> None:
    reviews, meta = raw()
    built = build(read(tmp_path, reviews, meta).population)
    built.save(tmp_path, "Books")
    found = dpl_reviews.files(tmp_path, ["Books"])["Books"]
    benchmark = dpl_reviews.read(found, "Books")
    assert len(benchmark.examples) == len(built.splits["test"])
    assert not benchmark.notes
    assert {row["asin"] for row in built.meta} >= set(benchmark.population.frame["item"])


def test_nobody_left_and_nothing_to_filter_by_are_errors(tmp_path: Path) -> None:
    few = [raw_review(f"U{n}", "I1", START + n, "x" * 300) for n in range(9)]
    with pytest.raises(DataError, match="nobody with 18 reviews"):
        build(read(tmp_path, few, [raw_item("I1")]).population)
    alone = amazon.read(write_lines(tmp_path / "Books.jsonl", few))
    with pytest.raises(DataError, match="descriptions of items"):
        build(alone.population)
