"""Rows of published files: what is refused, and nested values as lines."""

from pathlib import Path

import pytest

from idiolect.bench.rows import Found, rows, told
from idiolect.errors import DataError


def test_a_short_row_of_a_table_ends_the_reading(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n3\n4,5\n")
    with pytest.raises(DataError, match=r"Found 1 of 3 rows in 't.csv' that cannot be read"):
        list(rows([path]))
    path.write_text("a,b\n1,2\n4,5\n")
    assert [row.row for row in rows([path])] == [{"a": "1", "b": "2"}, {"a": "4", "b": "5"}]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, None, "x"])
def test_what_is_no_number(value: object) -> None:
    with pytest.raises(DataError, match="a number is needed"):
        Found({"score": value}, "row 1").get("score", float)


@pytest.mark.parametrize("value", [float("nan"), True, None, []])
def test_what_is_no_text(value: object) -> None:
    with pytest.raises(DataError, match="text is needed"):
        Found({"id": value}, "row 1").text("id")


def test_numbers_as_text() -> None:
    assert [Found({"id": v}, "row 1").text("id") for v in (7, 7.0, "7", 7.5)] == [
        "7", "7", "7", "7.5",
    ]  # fmt: skip


def test_nested_values_as_lines() -> None:
    value = {"age": 41, "home": {"town": "Bergen", "since": None}, "likes": ["tea", "jazz"]}
    assert told(value) == "age: 41\nhome:\n  town: Bergen\n  since: \nlikes: tea, jazz"
