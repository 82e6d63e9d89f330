"""`differ`, as a new user gives it."""

import json

import polars as pl
import pytest

from idiolect.testing import town


@pytest.fixture(scope="module")
def reviews(tmp_path_factory):
    path = tmp_path_factory.mktemp("town") / "reviews.csv"
    rows = town(users=30, texts=16, seed=3).population.to_polars()
    # Places that belong to nobody else, and a name that needs care.
    rows = rows.with_columns(pl.col("district").replace("Hillside", "<b>Hill</b> [dim]side"))
    rows.write_csv(path)
    return path


def test_a_group_in_the_terminal(idiolect, reviews):
    done = idiolect("differ", "--data", reviews, "--group", "district=Harbour")
    assert done.code == 0
    said = " ".join(done.out.split())
    assert "What sets Harbour apart" in said
    assert "Gives more numbers than the rest on the same things" in said
    assert "Compared on the same things only (topic control)." in said
    assert "opic control" in said.split("rank:")[1], "what the control changes comes last"
    assert "than others" not in said


def test_a_group_in_files(idiolect, reviews, tmp_path):
    page, data, table = (tmp_path / f"found.{end}" for end in ("html", "json", "csv"))
    done = idiolect(
        "differ", "--data", reviews, "--group", "district=Harbour",
        "--against", "district=<b>Hill</b> [dim]side",
        "--html", page, "--json", data, "--csv", table,
    )  # fmt: skip
    assert (done.code, done.out) == (0, "")
    found = json.loads(data.read_text(encoding="utf-8"))
    assert found["group"] == {"district": "Harbour"}
    assert found["against"] == {"district": "<b>Hill</b> [dim]side"}
    assert found["topic_control"] is True
    assert found["measured"][0]["compared"] == "same things"
    assert set(found["own"]).isdisjoint(found["reference"])
    rows = pl.read_csv(table)
    assert rows.height == len(found["measured"])
    assert rows["effect"].to_list() == pytest.approx([m["effect"] for m in found["measured"]])
    written = page.read_text(encoding="utf-8")
    assert "<b>Hill" not in written
    assert "&lt;b&gt;Hill" in written
    assert "less than the others" in written
    assert "With and without topic control" in written
    assert "http" not in written.replace("http://www.w3.org/2000/svg", "")
    for line in found["found"]:
        assert line.split(":")[0] in written.replace("&lt;", "<").replace("&gt;", ">")


def test_without_topic_control_the_report_says_so(idiolect, reviews, tmp_path):
    page, data = tmp_path / "found.html", tmp_path / "found.json"
    done = idiolect(
        "differ", "--data", reviews, "--group", "district=Harbour", "--no-topic-control",
        "--html", page, "--json", data,
    )  # fmt: skip
    assert done.code == 0
    found = json.loads(data.read_text(encoding="utf-8"))
    assert found["topic_control"] is False
    assert found["measured"][0]["compared"] == "overall"
    assert "on the same things" not in found["found"][0]
    assert "All texts compared with all, without topic control" in page.read_text(encoding="utf-8")


def test_drift_in_the_terminal_and_in_files(idiolect, reviews, tmp_path):
    user = pl.read_csv(reviews)["user"].min()
    done = idiolect("differ", "--data", reviews, "--user", user, "--drift")
    assert done.code == 0
    assert f"How {user} changed" in done.out
    assert "8 later texts" in done.out
    assert "others changed on average over the same split is taken off" in " ".join(
        done.out.split()
    )
    page, data, table = (tmp_path / f"drift.{end}" for end in ("html", "json", "csv"))
    done = idiolect(
        "differ", "--data", reviews, "--user", user, "--drift", "--split", "2024-01-15",
        "--html", page, "--json", data, "--csv", table,
    )  # fmt: skip
    assert done.code == 0
    found = json.loads(data.read_text(encoding="utf-8"))
    assert found["split"] == "2024-01-15T00:00:00+00:00"
    times = dict(pl.read_csv(reviews, try_parse_dates=True).select("id", "time").iter_rows())
    assert all(str(times[int(name)]) >= "2024-01-15" for name in found["own"])
    assert all(str(times[int(name)]) < "2024-01-15" for name in found["reference"])
    assert found["later_texts"] + found["earlier_texts"] == 16
    assert "others_change" in pl.read_csv(table).columns
    written = page.read_text(encoding="utf-8")
    assert "more than earlier" in written
    assert written.count("<svg") == 4, "the bars and three features text by text"
    assert "than others" not in written


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "neither --group and --user; give one of them"),
        (["--group", "district=Harbour", "--user", "Ann"], "both --group and --user"),
        (["--user", "Ann"], "--user without --drift; add --drift"),
        (["--group", "a=b", "--drift"], "--group with --drift or --split"),
        (["--group", "a=b", "--split", "2024"], "--group with --drift or --split"),
        (["--user", "Ann", "--drift", "--against", "a=b"], "--user with --against"),
        (["--user", "Ann", "--drift", "--split", "soon"], "'soon' where a time is needed"),
        (["--group", "district"], "'district' after --group; write NAME=VALUE"),
        (["--group", "district=Harbor"], "called 'Harbor'. Did you mean 'Harbour'? Known: "),
        (["--group", "distict=Harbour"], "no column 'distict'. Did you mean 'district'?"),
        (["--group", "district=Harbour", "--against", "district=X"], "called 'X'"),
        (["--user", "Nobody", "--drift"], "no user 'Nobody'"),
    ],
)
def test_options_that_cannot_be_are_one_line(idiolect, reviews, options, said):
    done = idiolect("differ", "--data", reviews, *options)
    assert done.code == 2
    assert said in done.error


def test_a_split_beyond_all_texts_is_refused_with_the_span(idiolect, reviews):
    user = pl.read_csv(reviews)["user"].min()
    done = idiolect("differ", "--data", reviews, "--user", user, "--drift", "--split", "2031")
    assert done.code == 2
    assert "on one side of 2031-01-01; give a date after 20" in done.error


def test_a_small_group_gets_a_note_and_no_claim(idiolect, table, tmp_path):
    data = tmp_path / "found.json"
    done = idiolect("differ", "--data", table, "--group", "critic=Ann", "--json", data)
    # Who wrote is a column too; the first name for it is our own.
    assert done.code == 2
    done = idiolect("differ", "--data", table, "--group", "user=Ann", "--json", data)
    assert done.code == 0
    found = json.loads(data.read_text(encoding="utf-8"))
    assert found["found"] == found["measured"] == []
    assert "nothing is claimed of a group" in found["notes"][0]
