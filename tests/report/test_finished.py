"""Finished runs read back: the figures of `compare`, failures kept, seeds apart."""

import json
from pathlib import Path
from statistics import stdev

import numpy as np
import pytest

from idiolect.bench import Benchmark
from idiolect.catalog import recipe
from idiolect.data import last_per_user
from idiolect.errors import DataError, SettingError
from idiolect.floor import Extractive
from idiolect.lm import Scripted
from idiolect.measure import text_metric
from idiolect.report.comparison import to_html
from idiolect.report.finished import compared, held_out, left, same_data
from idiolect.report.tidy import ENDINGS, read_scores, write_json, write_scores
from idiolect.run import Assembly, RunFolder, asked, fingerprint, manifest, result, run
from idiolect.run.compare import compare
from idiolect.run.finished import Finished, named
from idiolect.testing import town

METRICS = ("rouge1", "bleu", "length_ratio")


@pytest.fixture(scope="module")
def people():
    return town(users=8, texts=8, peers=4).population


@pytest.fixture(scope="module")
def benchmark(people) -> Benchmark:
    return Benchmark.held_out(people, last_per_user(people), map(text_metric, METRICS))


@pytest.fixture(scope="module")
def at_once(benchmark):
    methods = {name: Assembly(recipe(name)) for name in ("plain", "rag")}
    return compare(methods, benchmark, Extractive())


def folder(path: Path, people, requests, name="rag", *, lm=None, seed=None, rows=None) -> Path:
    """A run's folder, as `idiolect run --out` leaves it; `rows` changes its lines."""
    build, lm = Assembly(recipe(name)), lm or Extractive()
    told = manifest(build, lm, data=fingerprint(people)) | {
        "requests": asked(requests),
        "seed": seed,
    }
    with RunFolder(path, told, len(requests)) as kept:
        for at, outcome in enumerate(run(build, people, requests, lm)):
            row = result(outcome, people)
            row = row if rows is None else rows(at, row)
            if row is not None:
                kept.add(at, row)
        kept.finish()
    return path


@pytest.fixture(scope="module")
def folders(people, benchmark, tmp_path_factory) -> list[tuple[str, Path]]:
    place = tmp_path_factory.mktemp("runs")
    return [
        ("", folder(place / name, people, benchmark.requests, name)) for name in ("plain", "rag")
    ]


def test_folders_give_what_comparing_at_once_gave(folders, people, benchmark, at_once):
    found = left(folders)
    of = held_out(found, people, benchmark.metrics)
    same_data(found, of)
    again = compared(found, of)
    without = compared(found, None, METRICS)
    assert again.methods == without.methods == ["plain", "rag"]
    for mine in (again, without):
        assert mine.tests("rouge1") == at_once.tests("rouge1")
        for metric in METRICS:
            for name in mine.methods:
                assert mine.score(mine.arm(name), metric) == at_once.score(
                    at_once.arm(name), metric
                )
    for name in ("calls", "tokens", "retries"):
        assert again.arm("rag").cost[name] == at_once.arm("rag").cost[name]
    assert "Cost against quality" in to_html(again)


@pytest.mark.parametrize("ending", [*ENDINGS, ".json"])
def test_scores_come_back_as_they_were_written(ending, at_once, tmp_path):
    path = tmp_path / f"scores{ending}"
    (write_json if ending == ".json" else write_scores)(at_once, path)
    again = compared(left([("", path)]), None, ("rouge1", "length_ratio"))
    assert again.tests("rouge1") == at_once.tests("rouge1")
    for arm in at_once.arms:
        back = again.arm(arm.method, arm.history)
        assert (back.failed, back.texts) == (arm.failed, None)
        np.testing.assert_array_equal(back.costs, arm.costs)
        for metric in ("rouge1", "length_ratio"):
            np.testing.assert_array_equal(again.column(back, metric), at_once.column(arm, metric))
    assert "Scores" in to_html(again)
    # A corpus's figure is no mean of rows, so scores do not hold it.
    assert not np.isfinite(compared(left([("", path)])).score(back, "bleu").value)


def test_parquet_has_typed_columns_and_nulls(at_once, tmp_path):
    import polars as pl

    path = tmp_path / "scores.parquet"
    write_scores(at_once, path)
    frame = pl.read_parquet(path)
    assert frame.equals(at_once.rows())
    assert {frame.schema[name] for name in ("value", "calls", "cost")} == {pl.Float64}
    assert frame.filter(pl.col("metric") == "bleu")["value"].null_count() == frame.height // 3
    assert frame["value"].is_nan().sum() == 0
    assert dict(read_scores(path).metrics)["length_ratio"] == ""


def test_a_missing_row_and_a_failed_one_are_failures(people, benchmark, tmp_path):
    def some(at, row):
        if at == 2:
            return None
        return row | {"reply": "", "failure": "ReplyError: no words"} if at == 3 else row

    whole = folder(tmp_path / "whole", people, benchmark.requests, "plain")
    torn = folder(tmp_path / "torn", people, benchmark.requests, rows=some)
    with (torn / "results.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"at": 2, "user": "Ann", "event"')  # cut off when the run ended
    found = compared(left([("", whole), ("", torn)]), None, METRICS)
    arm = found.arm("rag")
    assert arm.failures == {"no row": 1, "ReplyError": 1}
    assert arm.unanswered == 2
    score, rows = found.score(arm, "rouge1"), len(benchmark.examples)
    assert score.rows == rows - 2
    assert found.summary().filter(method="rag")["failed"].to_list() == [2] * len(METRICS)
    assert "rag failed on 2 of 8 requests" in to_html(found)
    with pytest.raises(DataError, match="not finished"):
        compared(left([("", torn)]), None, METRICS)


def test_runs_are_called_by_what_was_run_and_what_sets_them_apart():
    def left_by(**manifest) -> Finished:
        return Finished("", Path(f"runs/{len(manifest)}"), {}, {"recipe": "dpl", **manifest})

    older = [left_by(settings={"events": n}) for n in (2, 8)]
    assert [run.name for run in named(older)] == ["dpl events=2", "dpl events=8"]
    told = [
        left_by(method="dpl:events=2", settings={"events": 2}, model="a"),
        left_by(method="dpl", settings={"events": 8}, model="a"),
        left_by(method="dpl", settings={"events": 8}, model="b"),
        left_by(method="rpm:voice=counted", settings={"voice": "counted"}, model="b"),
    ]
    names = ["dpl:events=2", "dpl model=a", "dpl model=b", "rpm:voice=counted"]
    assert [run.name for run in named(told)] == names
    lines = Finished("", Path("x.jsonl"), {n: {"method": "dpl:events=4"} for n in "ab"})
    mixed = Finished("", Path("y.jsonl"), {"a": {"method": "dpl"}, "b": {}})
    assert [run.name for run in named([lines, mixed])] == ["dpl:events=4", "y"]


def test_seeds_stand_apart_and_only_their_spread_is_told(people, benchmark, tmp_path):
    said = ["the soup was fine", "a long evening with bread", "nothing of the kind"]
    paths = [("", folder(tmp_path / "plain", people, benchmark.requests, "plain"))]
    for seed, words in enumerate(said):
        model = Scripted(words)
        path = folder(tmp_path / f"s{seed}", people, benchmark.requests, lm=model, seed=seed)
        paths.append(("", path))
    found = compared(left(paths), None, METRICS)
    names = tuple(f"rag seed={seed}" for seed in range(3))
    assert found.methods == ["plain", *names]
    assert found.repeats == {"rag": names}
    values = [found.score(found.arm(name), "rouge1").value for name in names]
    assert found.between("rag", "rouge1").tolist() == values
    assert len({test.paired.rows for test in found.tests("rouge1")}) == 1
    page = to_html(found)
    assert f"{stdev(values):.4f}" in page
    assert "Between seeds" in page
    # The same seed twice is no spread.
    again = folder(tmp_path / "again", people, benchmark.requests, lm=Scripted("x"), seed=0)
    found = compared(left([paths[1], ("", again)]), None, METRICS)
    assert found.repeats == {}
    assert found.methods == ["s0", "again"]


def test_runs_over_other_data_or_requests_are_refused(people, benchmark, folders, tmp_path):
    other = town(seed=5, users=8, texts=8, peers=4).population
    foreign = folder(tmp_path / "foreign", other, last_per_user(other))
    with pytest.raises(SettingError, match="different data"):
        left([*folders, ("", foreign)])
    fewer = folder(tmp_path / "fewer", people, benchmark.requests[:5])
    with pytest.raises(SettingError, match=r"different requests .*5 of") as refused:
        left([*folders, ("", fewer)])
    assert str(fewer) in str(refused.value)
    with pytest.raises(DataError, match="run over other data"):
        same_data(left([("", foreign)]), benchmark)


def test_lines_of_replies_need_truths_from_somewhere(benchmark, folders, tmp_path):
    lines = tmp_path / "mine.jsonl"
    rows = [{"id": name, "reply": "some words"} for name in list(benchmark.examples)[1:]]
    lines.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with pytest.raises(DataError, match="no run's lines"):
        compared(left([("", lines)]), None, METRICS)
    found = compared(left([folders[1], ("mine", lines)]), None, METRICS)
    assert found.arm("mine").failures == {"no row": 1}
    assert np.isnan(found.arm("mine").cost["tokens"])
    rows.append(rows[0])
    lines.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with pytest.raises(DataError, match="twice"):
        left([("", lines)])


@pytest.mark.parametrize(
    ("name", "holds", "says"),
    [
        ("a.csv", "example,user\n1,Ann\n", "holds no scores"),
        ("a.json", '{"lm": "x"}', "holds no scores"),
        ("a.json", "{", "holds no scores"),
        ("a.parquet", "PAR1", "holds no scores"),
        ("a.jsonl", '{"reply": "x"}\n', "line 1"),
    ],
)
def test_files_of_something_else_are_refused(name, holds, says, tmp_path):
    path = tmp_path / name
    path.write_text(holds, encoding="utf-8")
    with pytest.raises(DataError, match=says):
        left([("", path)])


def test_scores_that_are_cut_short_or_lack_a_metric_are_refused(at_once, folders, tmp_path):
    path = tmp_path / "scores.csv"
    write_scores(at_once, path)
    lines = path.read_text(encoding="utf-8").splitlines()
    short = tmp_path / "short.csv"
    short.write_text("\n".join(lines[:-3]), encoding="utf-8")
    with pytest.raises(DataError, match="cut short"):
        left([("", short)])
    short.write_text("\n".join([*lines, lines[1]]), encoding="utf-8")
    with pytest.raises(DataError, match="1 twice"):
        left([("", short)])
    with pytest.raises(SettingError, match="Found no rouge2"):
        compared(left([folders[0], ("", path)]), None, ("rouge1", "rouge2"))
    with pytest.raises(SettingError, match="two of the files"):
        compared(left([folders[0], ("", path)]), None, ("rouge1",))
