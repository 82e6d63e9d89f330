import csv
import gzip
import io
import json
import random
from pathlib import Path

import polars as pl
import pytest

from idiolect.data import read_table
from idiolect.errors import DataError

ROWS = [
    {"user": "ann", "text": 'She said "no", twice', "rating": "4.5"},
    {"user": "bob", "text": "two\nlines, ünïcode ☕", "rating": "3"},
]


def as_csv(delimiter: str = ",") -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(ROWS[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(ROWS)
    return out.getvalue().encode()


def as_parquet() -> bytes:
    out = io.BytesIO()
    pl.DataFrame(ROWS).write_parquet(out)
    return out.getvalue()


LINES = "\n".join(json.dumps(row) for row in ROWS).encode()
FORMS = {
    "a.csv": as_csv(),
    "b.tsv": as_csv("\t"),
    "c.jsonl": LINES,
    "d.ndjson": LINES + b"\n\n",
    "e.json": json.dumps(ROWS, indent=2).encode(),
    "lines.json": LINES,
    "f.parquet": as_parquet(),
    "bom.csv": b"\xef\xbb\xbf" + as_csv(),
    "semicolons.csv": as_csv(";"),
    "UPPER.CSV": as_csv(),
    "blank_lines.csv": as_csv().replace(b"\r\nann", b"\r\n\r\nann"),
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("zipped", [False, True])
def test_all_forms_give_the_same_table(tmp_path: Path, name: str, zipped: bool) -> None:
    if zipped and name.endswith("parquet"):
        pytest.skip("Parquet compresses by itself")
    path = tmp_path / (name + ".gz" if zipped else name)
    path.write_bytes(gzip.compress(FORMS[name]) if zipped else FORMS[name])
    table = read_table(path)
    assert table.frame.to_dicts() == ROWS
    assert table.numbers.tolist() == [1, 2]
    assert table.read == 2
    assert not table.problems
    assert ("Fields are separated by ';'." in table.notes) == name.startswith("semi")


def written(tmp_path: Path, name: str, content: bytes | str) -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_rows_of_another_width_are_listed_not_padded(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "user,text,rating\na,x,1\nb,y\nc,z,3,4\n\nd,w,5\n")
    table = read_table(path)
    assert table.frame["user"].to_list() == ["a", "d"]
    assert table.numbers.tolist() == [1, 4]
    assert [(p.row, p.found) for p in table.problems] == [
        (2, "2 fields, not 3: b,y"),
        (3, "4 fields, not 3: c,z,3,4"),
    ]
    assert table.read == 4


def test_unmatched_quotes_inside_a_row_are_listed(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", 'user,text\na,"x"y\nb,z\n')
    table = read_table(path)
    assert table.frame["user"].to_list() == ["b"]
    assert [(p.row, p.why) for p in table.problems] == [(1, "its quotes do not match")]


def test_any_text_survives_csv(tmp_path: Path) -> None:
    chance = random.Random(0)
    texts = ["".join(chance.choices('ab",;\n\r \t☕', k=12)).strip() or "x" for _ in range(5000)]
    path = tmp_path / "t.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["user", "text"], *(["u", text] for text in texts)])
    assert read_table(path).frame["text"].to_list() == texts


def test_json_values_of_mixed_or_nested_kinds_become_text(tmp_path: Path) -> None:
    things = [
        {"user": 1, "n": 1, "mix": "a", "tags": ["x", "y"], "deep": {"k": [1]}, "big": 2**70},
        {"user": 2, "n": 2.5, "mix": 3, "tags": [], "yes": True, "emoji": "\ud83d"},
    ]
    table = read_table(written(tmp_path, "t.jsonl", "\n".join(map(json.dumps, things))))
    assert table.frame.to_dicts() == [
        {"user": 1, "n": 1.0, "mix": "a", "tags": ["x", "y"], "deep": '{"k": [1]}',
         "big": str(2**70), "yes": None, "emoji": None},
        {"user": 2, "n": 2.5, "mix": "3", "tags": [], "deep": None,
         "big": None, "yes": True, "emoji": "?"},
    ]  # fmt: skip


LATIN = "user,text\nann,fine\nbob,caf\u00e9\n".encode("latin-1")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", "an empty file at"),
        ("t.csv", b"\n\n", "only blank lines"),
        ("t.csv", b"user,text\n", "column names but no rows"),
        ("t.csv", b"user,text,user\na,b,c\n", "column 'user' more than once in the header"),
        ("t.csv", b"user,text\na\nb\n", "no row in 't.csv' with as many fields as the header"),
        ("t.csv", LATIN, r"byte 0xe9 in line 3 of 't.csv' \(byte 27, after 'bob,caf'\).*iconv"),
        ("t.csv.gz", gzip.compress(LATIN), "byte 0xe9 in line 3"),
        ("t.csv", "user,text\na,b\n".encode("utf-16"), "UTF-16 in 't.csv'.*save it again as UTF-8"),
        ("t.csv", b"PK\x03\x04xx", "ZIP archive or an Excel workbook"),
        ("t.csv", b'user,text\na,x\nb,"y\nc,z\n', "quote in row 2 of 't.csv' .from line 3 on"),
        ("t.csv", b'"user,text\na,b\n', "cannot be read as column names"),
        ("t.csv.gz", gzip.compress(as_csv() * 50)[:-20], "'t.csv.gz' cut off or damaged"),
        ("t.jsonl", b'{"user": "a"}\n{"user": "b", "te', "broken JSON in line 2 of 't.jsonl'"),
        ("t.json", b'[{"user": "a"},\n {"us', "broken JSON in line 2 of 't.json', at character 3"),
        ("t.json", b'{\n "user": "a"\n}', "broken JSON in line 1"),
        ("t.jsonl", b'{"user": "a"}\n["b"]\n', r'\["b"\] as record 2 of'),
        ("t.json", b"[]", "no rows in 't.json'"),
        ("t.json", b"{}", "no columns in 't.json'"),
        ("t.jsonl", b"\n\n", "no rows in 't.jsonl'"),
        ("t.parquet", b"hello, world", "no Parquet in 't.parquet'"),
        ("t.parquet", FORMS["f.parquet"][:-9], "'t.parquet' cut off: a Parquet file ends with"),
        ("t.parquet", b"PAR1" + bytes(30) + b"PAR1", "'t.parquet' damaged"),
        ("t.xlsx", b"x", "file 't.xlsx', whose ending.*bring .csv, .tsv"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_table(written(tmp_path, name, content))


def test_missing_files_and_folders_are_said(tmp_path: Path) -> None:
    written(tmp_path, "reviews.csv", as_csv())
    with pytest.raises(DataError, match=r"no file at .*/review\.csv'\. Tables in .*: reviews\.csv"):
        read_table(tmp_path / "review.csv")
    with pytest.raises(DataError, match=r"no file at .* Check the path"):
        read_table(tmp_path / "nowhere" / "review.csv")
    with pytest.raises(DataError, match=r"a folder at .*; name one file in it"):
        read_table(tmp_path)
    (tmp_path / ".git").mkdir()
    with pytest.raises(DataError, match="for its commits give 'git:"):
        read_table(tmp_path)


def test_a_character_cut_at_the_end_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not UTF-8"):
        read_table(written(tmp_path, "t.csv", "user,text\na,☕".encode()[:-1]))


def test_an_empty_parquet_table_is_said(tmp_path: Path) -> None:
    pl.DataFrame({"user": []}).write_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match=r"no rows in 't.parquet'"):
        read_table(tmp_path / "t.parquet")
