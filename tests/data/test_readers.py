import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from idiolect.data import Item, Loaded, Population, Request, last_per_user, read, read_peer_reviews
from idiolect.errors import DataError, SettingError, UnknownNameError


def csv_of(tmp_path: Path, text: str, name: str = "t.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def rows(tmp_path: Path, text: str, **settings: object) -> Loaded:
    return read(csv_of(tmp_path, text), **settings)  # type: ignore[arg-type]


def test_columns_are_named_by_the_caller(tmp_path: Path) -> None:
    loaded = rows(
        tmp_path,
        "critic,movie,date,verdict,score,review,text\nAnn, 7 ,2001-02-03,fresh,0.5,Good,xx\n",
        columns={"user": "critic", "item": "movie", "time": "date", "rating": "score",
                 "title": "verdict", "text": "review"},
    )  # fmt: skip
    event = loaded.population.event("0")
    assert (event.user, event.item, event.text) == ("Ann", "7", "Good")
    assert (event.title, event.rating) == ("fresh", 0.5)
    assert event.time == datetime(2001, 2, 3, tzinfo=UTC)
    assert event.extra == {"text_in_file": "xx"}
    assert loaded.report.guessed == ()
    assert "Column 'text' is kept as 'text_in_file'." in loaded.report.notes


@pytest.mark.parametrize(
    ("header", "guessed"),
    [
        ("reviewerID,asin,reviewText,overall,summary,unixReviewTime",
         ["user", "item", "text", "rating", "title", "time"]),
        ("user_id,parent_asin,text,rating,title,timestamp", ["user", "item", "time"]),
        ("Author,Product,Comment,Stars,Subject,Date",
         ["user", "item", "text", "rating", "title", "time"]),
    ],
)  # fmt: skip
def test_well_known_names_are_guessed_and_said(
    tmp_path: Path, header: str, guessed: list[str]
) -> None:
    loaded = rows(tmp_path, header + "\nann,B01,words,4,short,1400000000\n")
    event = loaded.population.event("0")
    assert (event.user, event.item, event.text, event.title) == ("ann", "B01", "words", "short")
    assert event.rating == 4
    assert event.time == datetime.fromtimestamp(1400000000, UTC)
    assert sorted(loaded.report.guessed) == sorted(guessed)
    assert "Guessed from the column names" in str(loaded.report)


def test_nothing_is_guessed_once_a_column_is_named(tmp_path: Path) -> None:
    loaded = rows(
        tmp_path, "critic,review,score\nann,words,4\n", columns={"user": "critic", "text": "review"}
    )
    assert loaded.population.event("0").rating is None
    assert loaded.population.event("0").extra == {"score": "4"}


def test_one_of_ours_can_be_left_out(tmp_path: Path) -> None:
    loaded = rows(tmp_path, "author,text,time\nann,x,soon\nbob,y,later\n", columns={"time": ""})
    assert not loaded.population.timed
    assert loaded.population.event("0").extra == {"time_in_file": "soon"}


def test_mistyped_columns_are_suggested(tmp_path: Path) -> None:
    path = csv_of(tmp_path, "critic,review\nann,x\n")
    with pytest.raises(UnknownNameError, match=r"no column 'critc'. Did you mean 'critic'.*review"):
        read(path, {"user": "critc"})
    with pytest.raises(UnknownNameError, match=r"'usr'\. Did you mean 'user'"):
        read(path, {"usr": "critic"})
    with pytest.raises(DataError, match=r"'critic', 'review', none of which.*user=critic"):
        read(path, {"text": "review"})
    with pytest.raises(
        DataError, match="first line of a CSV or TSV file must hold the column names"
    ):
        read(csv_of(tmp_path, "Bob,5,nice\nAnn,3,bad\n"))


BAD = """user,item,text,time,rating,id
ann,i1,good,2024-01-01,4,a
,i1,good,2024-01-01,4,b
ann,i2,good,soon,4,c
ann,i3,good,2024-01-02,four,d
ann,i4,good,2024-01-02,11,e
ann,i5,  ,2024-01-03,,f
ann,i1,good,2024-01-01,5,g
ann,i6,good,2024-01-04,3,a
ann,i7,good
bob,i1,,2024-01-05,2,j
bob,i1,fine,2024-01-06,NA,k
bob,i2,fine,2024-01-06,3,l
bob,i3,fine,2024-01-06,3,m
"""


def test_every_unusable_row_is_counted_and_listed(tmp_path: Path) -> None:
    report = rows(tmp_path, BAD, rating_range=(1, 5)).report
    assert [(p.row, p.column, p.found, p.why) for p in report.problems] == [
        (2, "user", "", "no user"),
        (3, "time", "soon", "its time cannot be read"),
        (4, "rating", "four", "its rating is not a number"),
        (5, "rating", "11", "its rating is not within 1 to 5"),
        (6, "text", "  ", "empty: neither text nor rating nor choice"),
        (7, "text", "good", "the same user, item, text and time as a row before"),
        (8, "id", "a", "its id occurred before"),
        (9, "the whole row", "3 fields, not 6: ann,i7,good",
         "it has not as many fields as the header"),
    ]  # fmt: skip
    assert (report.read, report.used, report.left_out) == (13, 5, 8)
    assert sum(report.counts.values()) == report.left_out


def test_usable_rows_are_all_there(tmp_path: Path) -> None:
    population = rows(tmp_path, BAD, rating_range=(1, 5)).population
    assert population.frame["id"].to_list() == ["a", "j", "k", "l", "m"]
    assert [e.rating for e in population.events_of("bob")] == [2, None, 3, 3]


def test_the_report_reads_as_a_person_would_say_it(tmp_path: Path) -> None:
    lines = rows(tmp_path, BAD, rating_range=(1, 5)).report.lines()
    assert lines[0].endswith("t.csv: 13 rows read, 5 used, 8 left out.")
    assert "  Left out, its time cannot be read: 1 row" in lines
    assert "    row 3, time: 'soon'" in lines
    assert "  Times from 2024-01-01 to 2024-01-06." in lines


def test_long_lists_are_cut_but_counted(tmp_path: Path) -> None:
    text = "user,text\n" + "ann,words\n" + "ann,\n" * 1500 + "bob,words\n"
    report = rows(tmp_path, text).report
    assert list(report.counts.values()) == [1500]
    assert len(report.problems) == 1000
    assert "    and 1,497 more" in report.lines()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("user,text\n,a\n,b\n", r"no row that can be used among 2: no user \(2; row 1, user: ''\)"),
        ("user,text\nann,\nbob, \n", "empty: neither text nor rating nor choice"),
        ("user,text,time\na,x,31/05/24\nb,y,30/05/24\nc,z,2024-01-01\n",
         "2 of 3 rows where its time cannot be read: column 'time' has '31/05/24' in row 1, "
         "'30/05/24' in row 2. Times are ISO dates"),
        ("user,text,score\na,x,fresh\nb,y,rotten\n",
         "2 of 2 rows where its rating is not a number: column 'score' has 'fresh' in row 1.*"
         "leave ratings out .rating=."),
        ("id,author,text\n1,a,x\n1,a,y\n1,a,z\n", "column 'id' has '1' in row 2.*not whose"),
    ],
)  # fmt: skip
def test_tables_of_the_wrong_kind_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        rows(tmp_path, text)


def test_ratings_out_of_range_need_a_range(tmp_path: Path) -> None:
    assert rows(tmp_path, "user,rating\na,1000\n").population.event("0").rating == 1000
    with pytest.raises(SettingError, match=r"rating_range=\(5, 1\)"):
        rows(tmp_path, "user,rating\na,3\n", rating_range=(5, 1))


def test_comparisons_are_no_duplicates_of_each_other(tmp_path: Path) -> None:
    things = [
        {"user": "ann", "options": ["x", "y"], "chosen": "x"},
        {"user": "ann", "options": ["x", "z"], "chosen": "x"},
        {"user": "ann", "options": ["x", "z"], "chosen": "x"},
    ]
    path = csv_of(tmp_path, "\n".join(map(json.dumps, things)), "t.jsonl")
    loaded = read(path)
    assert [e.options for e in loaded.population.events_of("ann")] == [("x", "y"), ("x", "z")]
    assert loaded.report.left_out == 1


def test_options_in_text_files(tmp_path: Path) -> None:
    loaded = rows(tmp_path, 'user,options,chosen\nann,x | y,y\nbob,"[""p|q"", ""r""]",r\n')
    assert loaded.population.event("0").options == ("x", "y")
    assert loaded.population.event("1").options == ("p|q", "r")


def test_meeting_an_item_is_an_event_where_nothing_else_is_told(tmp_path: Path) -> None:
    loaded = rows(tmp_path, "user,item\nann,x\nann,y\n")
    assert loaded.population.events_of("ann").items == ["x", "y"]
    assert any("No column holds texts" in note for note in loaded.report.notes)


def test_an_unknown_audience_is_never_read_as_public(tmp_path: Path) -> None:
    loaded = rows(tmp_path, "user,text,audience\nann,x,friends\nann,y,Public\nbob,z,\n")
    assert loaded.population.frame["text"].to_list() == ["y", "z"]
    assert loaded.report.problems[0].found == "friends"


def test_roles_are_read_and_other_columns_of_that_name_are_not_taken_for_one(
    tmp_path: Path,
) -> None:
    table = "user,text,role\nann,x,User\nann,y,assistant\nann,z,\nann,w,narrator\n"
    loaded = rows(tmp_path, table)
    assert loaded.population.as_of(Request("ann")).own.texts == ["x", "z"]
    assert loaded.report.problems[0].found == "narrator"
    jobs = "user,text,role\nann,x,Baker\nbob,y,Smith\n"
    with pytest.raises(DataError, match=r"leave the column out \(role=\)"):
        rows(tmp_path, jobs)


def test_numbers_as_names_are_the_same_in_both_tables(tmp_path: Path) -> None:
    # A float column of ids is what pandas makes of integers with a gap.
    pl.DataFrame({"user": [1, 2], "item": [7.0, None], "text": ["a", "b"]}).write_parquet(
        tmp_path / "e.parquet"
    )
    items = csv_of(tmp_path, "item,title\n7,Inn\n", "items.csv")
    loaded = read(tmp_path / "e.parquet", items=items)
    assert loaded.population.item("7").title == "Inn"
    assert loaded.population.event("1").item is None


ITEMS = "movie,synopsis,genre\n1,A tale,drama\n2,Another,\n2,Again,\n,None,\n"


def test_items_are_found_by_the_name_of_the_event_column(tmp_path: Path) -> None:
    items = csv_of(tmp_path, ITEMS, "items.csv")
    loaded = rows(tmp_path, "critic,movie,review\nann,1,x\nann,9,y\n", items=items)
    assert loaded.population.item("1") == Item(
        "1", description="A tale", attributes={"genre": "drama"}
    )
    report = loaded.report.items
    assert report is not None
    assert dict(report.counts) == {"no id": 1, "its id occurred before": 1}
    assert "1 of the 2 items that events are about are among them." in report.notes
    assert "items.csv: 4 rows read, 2 used" in str(loaded.report)


def test_item_columns_are_named_by_the_caller(tmp_path: Path) -> None:
    items = csv_of(tmp_path, "key,movie,id\na,Alien,z\n", "items.csv")
    loaded = rows(tmp_path, "user,item,text\nann,a,x\n", items=items,
                  item_columns={"id": "key", "title": "movie"})  # fmt: skip
    assert loaded.population.item("a") == Item("a", "Alien", attributes={"id_in_file": "z"})


@pytest.mark.parametrize(
    ("events", "items", "told", "message"),
    [
        ("user,text\na,x\n", ITEMS, {}, "no column of the events that says which item"),
        (
            "user,item,text\na,77,x\n",
            ITEMS,
            {},
            r"the events have \['77'\].*'movie' has \['1', '2'\]",
        ),
        ("user,item,text\na,1,x\n", "foo,bar\n1,2\n", {}, "'foo', 'bar' in the item table"),
        ("user,item,text\na,1,x\n", ITEMS, {"id": "movi"}, "Did you mean 'movie'"),
    ],
)
def test_item_tables_that_do_not_fit(
    tmp_path: Path, events: str, items: str, told: dict[str, str], message: str
) -> None:
    path = csv_of(tmp_path, items, "items.csv")
    with pytest.raises((DataError, UnknownNameError), match=message):
        rows(tmp_path, events, items=path, item_columns=told)


NESTED = [
    {"id": "ann", "profile": [
        {"rating": 5, "title": "target", "text": "the last", "pid": "p1"},
        {"rating": 1, "title": "t1", "text": "older", "pid": "p2"},
        {"rating": 5, "title": "target", "text": "the last", "pid": "p1"},
    ]},
    {"id": "bob", "profile": [{"rating": 2, "title": "t", "text": "only", "pid": "p1"}]},
]  # fmt: skip


def test_peer_reviews_end_with_the_target(tmp_path: Path) -> None:
    path = csv_of(tmp_path, json.dumps(NESTED), "t.json")
    population = read_peer_reviews(path)
    assert population.events_of("ann").ids == ["ann#1", "ann#0"]
    requests = last_per_user(population, at_least=1)
    assert [r.event for r in requests] == ["ann#0"]
    view = population.as_of(requests[0])
    assert view.own.texts == ["older"]
    assert view.peers("p1").users == ["bob"]


def test_a_repeated_target_is_not_left_in_the_history(tmp_path: Path) -> None:
    report = read(csv_of(tmp_path, json.dumps(NESTED), "t.json")).report
    assert [(p.row, p.found) for p in report.problems] == [(3, "the last")]


def test_other_lists_are_no_peer_reviews(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is needed. Read other tables"):
        read_peer_reviews(csv_of(tmp_path, '[{"user": "a", "text": "x"}]', "t.json"))
    with pytest.raises(DataError, match="'words' as the profile of record 1"):
        read(csv_of(tmp_path, '[{"id": "a", "profile": "words"}]', "t.json"))


@pytest.mark.real
def test_film_reviews_are_read_whole(real_data: Path) -> None:
    folder = real_data / "rotten"
    loaded = read(
        folder / "reviews.csv.gz",
        {"user": "critic", "item": "movie", "text": "review", "time": "date", "rating": "score",
         "title": "verdict"},
        folder / "movies.csv.gz",
    )  # fmt: skip
    population = loaded.population
    assert len(population) + loaded.report.left_out == 28_228
    assert len(population.users) == 2_029
    requests = last_per_user(population, at_least=12)
    assert len(requests) == 494
    # The critics with a history, each without the last review, as in the authors' selection.
    targets = {population.row(r.event) for r in requests if r.event}
    chosen = [row for r in requests for row in population.events_of(r.user).rows]
    rest = population.keep(np.array([row for row in chosen if row not in targets]))
    views = [(rest.as_of(replace(r, event=None)), r.item) for r in requests]
    assert sum(not view.peers(item.id) for view, item in views if item) == 41


@pytest.mark.real
@pytest.mark.parametrize("name", ["amazon_dev", "amazon_test", "gap_dev"])
def test_peer_reviews_keep_every_target(real_data: Path, name: str) -> None:
    population: Population = read_peer_reviews(real_data / "peer_reviews" / f"{name}.json.gz")
    assert len(population.users) == 2_500
    assert all(population.events_of(user).ids[-1] == f"{user}#0" for user in population.users)
