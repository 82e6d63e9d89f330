"""Each input that cannot be used: exit code 2, one line that says what, what is needed, what to do.

Rows that cannot be used are counted and listed by their number, and the rest is used.
"""

import gzip
import os
import socket

import polars as pl
import pytest
from cli_table import rows, write

from idiolect.cli.options import Variadic
from idiolect.testing import StubServer

NUMBER = '''"""A number of the tests."""
from idiolect.card import recipe
from idiolect.lm import LanguageModel, Number, Prompt
from idiolect.data import Request, View
from idiolect.profile import Profile
from idiolect.roles import Personalizer

@recipe(
    title="A number", reads_other_users="none", enters="nowhere", calls="1",
    evidence={"all": ("none", "")},
)
def number(lm: LanguageModel) -> Personalizer[Profile]:
    def learn(view: View, request: Request) -> Profile:
        return Profile(request.user)

    def prompt(request: Request, user: Profile) -> Prompt:
        return Prompt("How many stars?", expects=Number(1, 5), stage="rate")

    return Personalizer(lm, learn, prompt)

@recipe(
    title="A fault", reads_other_users="none", enters="nowhere", calls="1",
    evidence={"all": ("none", "")},
)
def fault(lm: LanguageModel) -> Personalizer[Profile]:
    def learn(view: View, request: Request) -> Profile:
        return {}["planted"]

    return Personalizer(lm, learn, lambda request, user: Prompt("never"))
'''


@pytest.fixture
def closed() -> str:
    """The address of a port where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1#model"


def says(line: str, *parts: str) -> None:
    for part in parts:
        assert part in line, f"{part!r} is not in {line!r}"


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["--columns", "user=critik"], ["no column 'critik'", "Did you mean 'critic'"]),
        (["--columns", "usr=critic"], ["no field 'usr'", "Did you mean 'user'"]),
        (["--columns", "critic"], ["'critic' after --columns", "NAME=VALUE"]),
        (["--columns", "user=critic", "user=place"], ["user=critic and user=place", "give one"]),
        (["--columns", "item=place"], ["'critic'", "say who did it", "user="]),
        (["--rating-range", "5", "1"], ["(5.0, 1.0)", "lowest rating and a higher one"]),
        (["--item-columns", "id=place"], ["--item-columns without --items", "name the table"]),
        (["--items", "nowhere.csv"], ["no file at 'nowhere.csv'", "Check the path"]),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_columns_and_options_of_the_data(idiolect, table, arguments, parts):
    ran = idiolect("data", table, *arguments)
    assert ran.code == 2
    says(ran.error, *parts)


def test_items_that_are_not_those_of_the_events(idiolect, table, tmp_path):
    things = write(tmp_path / "things.csv", [{"id": "spoon", "title": "A spoon"}])
    ran = idiolect("data", table, "--items", things)
    assert ran.code == 2
    says(ran.error, "no item of the events", "'cave1'", "'spoon'", "id=COLUMN")


@pytest.mark.parametrize(
    ("name", "content", "parts"),
    [
        ("gone.csv", None, ["no file", "Tables in", "reviews.csv"]),
        ("empty.csv", b"", ["empty file", "a row for each event"]),
        ("head.csv", b"user,text\n", ["column names but no rows", "a row for each event"]),
        ("latin.csv", "user,text\nAnn,café\n".encode("latin-1"), ["0xe9", "line 2", "iconv"]),
        ("cut.csv.gz", gzip.compress(bytes(range(97, 123)) * 9)[:30], ["cut off", "again"]),
        ("quote.csv", b'user,text\nBen,y\nAnn,"hello\n', ["row 2", "never closed", "doubled"]),
        ("cut.jsonl", b'{"user": "Ann", "text": "a"}\n{"us', ["line 2", "cut off", "again"]),
        ("cut.parquet", b"PAR1 and then nothing", ["cut off", "PAR1", "again"]),
        ("notes.txt", b"hello", ["'notes.txt'", ".csv", "save workbooks as CSV"]),
        ("twice.csv", b"user,user\nAnn,x\n", ["'user' more than once", "must differ"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_files_that_cannot_be_read(idiolect, table, name, content, parts):
    path = table.parent / name
    if content is not None:
        path.write_bytes(content)
    ran = idiolect("data", path)
    assert ran.code == 2
    says(ran.error, *parts)


def test_folders_that_are_no_repository(idiolect, tmp_path):
    for source, *parts in (
        (f"git:{tmp_path}", "no git repository", "cloned repository"),
        ("git:https://example.org/x", "address", "clone it"),
        (tmp_path, "folder", "name one file"),
    ):
        ran = idiolect("data", source)
        assert ran.code == 2
        says(ran.error, *parts)


def test_unusable_rows_are_counted_and_listed_by_number_and_the_rest_is_used(idiolect, tmp_path):
    table = rows()
    table[2]["date"] = "last Tuesday"
    table[4]["score"] = "eleven"
    table[6]["review"], table[6]["score"] = "  ", ""
    table[8]["id"] = table[0]["id"]
    table[10]["critic"] = ""
    table[12] |= {name: table[11][name] for name in ("critic", "place", "review", "date")}
    table[14]["score"] = "9"
    columns = ["user=critic", "item=place", "text=review", "time=date", "rating=score", "id=id"]
    path = write(tmp_path / "some.csv", table)
    ran = idiolect("data", path, "--columns", *columns, "--rating-range", 1, 5)
    assert ran.code == 0
    said = " ".join(ran.out.split())
    says(said, f"{len(table)} rows read, {len(table) - 7} used, 7 left out")
    for why, row in [
        ("its time cannot be read: 1 row row 3", "'last Tuesday'"),
        ("its rating is not a number: 1 row row 5", "'eleven'"),
        ("empty: neither text nor rating nor choice: 1 row row 7", "review: ' '"),
        ("its id occurred before: 1 row row 9", "'e00'"),
        ("no user: 1 row row 11", "critic"),
        ("the same user, item, text and time as a row before: 1 row row 13", "nice"),
        ("its rating is not within 1 to 5: 1 row row 15", "'9'"),
    ]:
        says(said, why, row)


def test_a_column_of_which_most_cannot_be_read_is_the_wrong_one(idiolect, tmp_path):
    table = [row | {"date": f"day {n}"} for n, row in enumerate(rows())]
    ran = idiolect("data", write(tmp_path / "odd.csv", table))
    assert ran.code == 2
    says(ran.error, "52 of 52", "'day 0' in row 1", "ISO dates", "time=COLUMN")


def test_long_lists_of_rows_and_names_are_capped(idiolect, tmp_path):
    table = [{"user": f"user{n:03}", "text": "word" if n % 3 else ""} for n in range(300)]
    path = write(tmp_path / "many.csv", table)
    ran = idiolect("data", path)
    assert ran.code == 0
    assert len(ran.out.splitlines()) < 25
    says(ran.out, "100 rows", "and 97 more")
    unknown = idiolect("explain", "user1", "--data", path)
    assert unknown.code == 2
    says(unknown.error, "no user 'user1'", "Did you mean 'user", ", …")
    assert len(unknown.error) < 400


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["explain", "Anne"], ["no user 'Anne'", "Did you mean 'Ann'"]),
        (["explain", "Ann", "--event", "e09x"], ["no event 'e09x'", "Did you mean"]),
        (["explain", "Ann", "--event", "e01"], ["'e01' is by 'Ben', not by 'Ann'", "'e70'"]),
        (["explain", "Ann", "--recipe", "dpll"], ["no recipe 'dpll'", "Did you mean 'dpl'"]),
        (["run", "dpll"], ["no recipe 'dpll'", "Did you mean 'dpl'"]),
        (["run", "nowhere.py"], ["no file 'nowhere.py'", "file.py@recipe"]),
        (["explain", "Ann", "--lm", "extractiv"], ["no model", "Did you mean 'extractive'"]),
        (["explain", "Ann", "--lm", "openai:"], ["'openai:'", "after the colon"]),
        (["explain", "Ann", "--lm", "openai:gpt-x"], ["no key", "OPENAI_API_KEY", "ollama:"]),
        (["explain", "Ann", "--encoder", "lsaa"], ["no encoder 'lsaa'", "Did you mean 'lsa'"]),
        (["explain", "Ann", "--set", "event=4"], ["'event'", "Did you mean 'events'"]),
        (["explain", "Ann", "--set", "events=many"], ["events='many'", "integer", "default is 8"]),
        (["run", "dpl", "--set", "events=0"], ["events='0'", "greater than 0", "default is 8"]),
        (["run", "rag", "--user", "Ann"], ["--user without --item or --query", "say what"]),
        (["run", "rag", "--query", "Hello"], ["--query", "without --user", "say for whom"]),
        (["run", "rag", "--user", "An", "--query", "x"], ["no user 'An'", "Did you mean 'Ann'"]),
        (["run", "rag", "--user", "Ann", "--item", "plac1"], ["no item 'plac1'", "'place1'"]),
        (
            ["run", "rag", "--user", "Ann", "--item", "place1", "--given", "rating=lots"],
            ["rating=lots", "a number is needed"],
        ),
        (["run", "rag", "--last", "50"], ["no user with at least 51", "is 8", "--last"]),
        (["explain", "Ann", "--html", "no/page.html"], ["no folder 'no'", "make it first"]),
        (["explain", "Ann", "--json", "."], ["folder '.'", "name of a file"]),
        (["explain", "Ann", "--csv", "reviews.csv"], ["as data and as output", "another path"]),
        (["run", "rag", "--out", "no/x.jsonl"], ["no folder 'no'", "make it first"]),
    ],
    ids=lambda value: " ".join(value[-2:]) if isinstance(value, list) else "",
)
def test_what_is_asked_for_and_not_there(idiolect, table, monkeypatch, arguments, parts):
    monkeypatch.chdir(table.parent)
    before = table.read_bytes()
    ran = idiolect(*arguments, "--data", "reviews.csv")
    assert ran.code == 2
    says(ran.error, *parts)
    assert not ran.out, "nothing was begun"
    assert table.read_bytes() == before
    assert [path.name for path in table.parent.iterdir()] == ["reviews.csv"], "nothing was written"


def test_a_path_that_cannot_be_written_is_found_before_any_call(idiolect, table, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with StubServer() as server:
        for option, command in [("--html", ["explain", "Ann"]), ("--out", ["run", "dpl"])]:
            target = table.parent / "result"
            ran = idiolect(*command, "--data", table, "--lm", server.address, option, target)
            assert ran.code == 2
            says(ran.error, "may not write", str(target), "permissions")
        assert server.requests == 0


def test_the_demo_needs_a_folder(idiolect, table):
    ran = idiolect("demo", "--out", table)
    assert ran.code == 2
    says(ran.error, "a file at", "give a folder")
    assert not ran.out


def test_unknown_recipes_and_roles_of_the_catalogue(idiolect):
    for command in ("show", "check"):
        ran = idiolect(command, "dpll")
        assert ran.code == 2
        says(ran.error, "no recipe 'dpll'", "Did you mean 'dpl'")
    ran = idiolect("recipes", "--gives", "Personaliser")
    assert ran.code == 2
    says(ran.error, "no role 'Personaliser'", "Did you mean 'Personalizer'")


def test_an_endpoint_that_is_down(idiolect, table, closed):
    explained = idiolect("explain", "Ann", "--data", table, "--lm", closed)
    assert explained.code == 2
    says(explained.error, "no endpoint at http://127.0.0.1", "must be running", "Start it")
    assert "What sets Ann apart" in explained.out, "what was measured needs no model"
    one = idiolect(
        "run", "rag", "--data", table, "--user", "Ann", "--item", "place1", "--lm", closed
    )
    assert one.code == 2
    says(one.error, "no endpoint", "must be running", "Start it")


def test_a_run_of_which_every_request_fails(idiolect, table, closed, tmp_path):
    out = tmp_path / "replies.jsonl"
    ran = idiolect("run", "rag", "--data", table, "--lm", closed, "--out", out)
    assert ran.code == 1
    says(ran.error, "7 of 7 requests failed", "no endpoint", "must be running")
    assert pl.read_ndjson(out)["failure"].str.contains("EndpointError: Found no endpoint").all()


def test_a_reply_that_does_not_parse(idiolect, table, tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text(NUMBER, encoding="utf-8")
    ask = ["run", f"{mine}@number", "--data", table, "--user", "Ann", "--item", "place1"]
    with StubServer(answer="quite a few") as server:
        ran = idiolect(*ask, "--lm", server.address)
        assert ran.code == 2
        says(ran.error, "'quite a few'", "one number from 1 to 5", "3 attempts", "ask again")
        assert server.requests == 3
    with StubServer(answer="4") as server:
        assert idiolect(*ask, "--lm", server.address).code == 0


def test_a_fault_in_a_recipe_shows_where_it_is(idiolect, table, tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text(NUMBER, encoding="utf-8")
    one = idiolect("run", f"{mine}@fault", "--data", table, "--user", "Ann", "--item", "place1")
    assert one.code == 2
    says(one.err, "Error: KeyError: 'planted'", "mine.py", "in learn")
    many = idiolect("run", f"{mine}@fault", "--data", table)
    assert many.code == 1
    says(many.err, "7 of 7 requests failed with KeyError: 'planted'", "mine.py")


def test_one_event_that_is_held_out_leaves_nothing_to_know(idiolect, table):
    ran = idiolect("explain", "Solo", "--data", table)
    assert ran.code == 2
    says(ran.error, "nothing to write from", "no own texts", "--lm")
    says(ran.out, "Nothing is known of Solo before this", "Explain someone with more events")
    with StubServer(answer="Nice soup.") as server:
        written = idiolect("explain", "Solo", "--data", table, "--lm", server.address)
    assert written.code == 0
    says(written.out, "Nothing is known of Solo", "Nice soup.")


def test_nobody_else_wrote_about_the_same_things(idiolect, table):
    ran = idiolect("explain", "Lone", "--data", table)
    assert ran.code == 0
    said = " ".join(ran.out.replace("│", " ").split())
    says(said, "2 earlier texts from September 2024; 0 of them on things that others wrote about")
    says(said, "Only 0 of 2 own texts are on things", "fewer than the 3 needed")
    says(said, "number2 was enough", "Model calls: 1 summarize, 1 write")


def test_markup_in_the_data_is_no_markup_for_the_terminal(idiolect, tmp_path):
    text = "[/dim] oops [bold]x"
    table = [{"user": "[/b]", "item": "x", "text": text}] * 2 + [
        {"user": "[/b]", "item": f"[red]{n}", "text": f"{n} {text}"} for n in range(2)
    ]
    path = write(tmp_path / "[markup].csv", table)
    for command in (
        ["data", path],
        ["explain", "[/b]", "--data", path],
        ["run", "rag", "--data", path],
    ):
        ran = idiolect(*command)
        assert ran.code == 0
        says(ran.out, text)


def test_options_that_take_several_are_those_of_the_form_name_value():
    assert Variadic.several == ("--columns", "--item-columns", "--set", "--given", "--add")
