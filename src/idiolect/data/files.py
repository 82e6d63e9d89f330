"""Files of tables: of which kind one is, and its text, whether gzipped, cut off or not UTF-8."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from idiolect.errors import DataError

_KINDS = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "json", ".ndjson": "json",
    ".json": "json", ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
_KNOWN = ".csv, .tsv, .jsonl, .ndjson, .json (each also .gz) or .parquet"
_MARKS = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"PK\x03\x04": "a ZIP archive or an Excel workbook",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "Zstandard",
}


def kind_of(path: Path) -> str:
    """csv, tsv, json or parquet, by its ending.

    Raises:
        DataError: There is no such file, or it is empty or of another kind.
    """
    if path.is_dir():
        advice = f"; for its commits give 'git:{path}'" if (path / ".git").exists() else ""
        raise DataError(f"Found a folder at '{path}'; name one file in it{advice}.")
    if not path.is_file():
        folder = path.parent
        there = (
            sorted(f.name for f in folder.iterdir() if _suffix(f) in _KINDS)[:8]
            if folder.is_dir()
            else []
        )
        hint = f"Tables in '{folder}': {', '.join(there)}." if there else "Check the path."
        raise DataError(f"Found no file at '{path}'. {hint}")
    if _suffix(path) not in _KINDS:
        raise DataError(
            f"Found the file '{path.name}', whose ending is not one that can be read; bring "
            f"{_KNOWN} (unpack archives and save workbooks as CSV first)."
        )
    if not path.stat().st_size:
        raise DataError(f"Found an empty file at '{path}'; bring one with a row for each event.")
    return _KINDS[_suffix(path)]


def _suffix(path: Path) -> str:
    return Path(path.name.lower().removesuffix(".gz")).suffix


def _open(path: Path) -> gzip.GzipFile | io.BufferedReader:
    """The bytes of a file, unzipped if it is gzipped, whatever its name says."""
    with path.open("rb") as file:
        start = file.read(4)
    for mark, what in _MARKS.items():
        if start.startswith(mark):
            raise DataError(
                f"Found {what} in '{path.name}'; plain or gzipped UTF-8 text is needed: unpack it "
                "or save it again as UTF-8."
            )
    zipped = start.startswith(b"\x1f\x8b")
    return gzip.open(path, "rb") if zipped else path.open("rb")


@contextmanager
def opened(path: Path) -> Iterator[IO[str]]:
    """The text of a file.

    Raises:
        DataError: It is not UTF-8, or its gzip stream is cut off or damaged.
    """
    try:
        with _open(path) as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as text:
            yield text
    except UnicodeDecodeError:
        raise DataError(_not_utf8(path)) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"Found '{path.name}' cut off or damaged ({error}); the rows before that point are not "
            "used either. Fetch or copy the file again."
        ) from None


def _not_utf8(path: Path) -> str:
    """Where a file stops being UTF-8, and what to do."""
    at = 0
    with _open(path) as raw:
        for number, line in enumerate(raw, 1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                return (
                    f"Found the byte {hex(line[error.start])} in line {number:,} of '{path.name}' "
                    f"(byte {at + error.start + 1:,}, after "
                    f"{line[max(0, error.start - 20) : error.start].decode(errors='replace')!r}), "
                    "which is not UTF-8; save the file as UTF-8, for example: "
                    f"iconv -f WINDOWS-1252 -t UTF-8 {path.name}"
                )
            at += len(line)
    return f"Found '{path.name}' cut off inside a character; fetch or copy the file again."
