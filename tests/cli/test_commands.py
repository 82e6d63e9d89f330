"""The commands, as a new user gives them."""

import csv
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from cli_table import NASTY, PEOPLE, rows, write

from idiolect.difference import Measure, Measurements
from idiolect.report.chart import effects, strongest
from idiolect.report.terminal import bars
from idiolect.testing import StubServer, town

ROOT = Path(__file__).parent.parent.parent
HEAVY = (
    "torch", "transformers", "sklearn", "scipy", "polars", "ray", "fastapi", "openai", "pydantic",
)  # fmt: skip
COMMANDS = ("demo", "explain", "run", "data", "recipes", "show", "check")
VOID = {"meta", "br", "hr", "img", "link", "input"}

LEAKY = '''"""Text written with what others wrote.

How it works:
    1. It shows others' texts, and its card denies it.

Use it when: never. Prefer instead: `plain`.

Differs from the paper: there is none.

Checked: here.

Reference: none.
"""
from idiolect.card import recipe
from idiolect.data import Request, View
from idiolect.lm import LanguageModel, entries
from idiolect.profile import Profile, writing
from idiolect.roles import Personalizer

@recipe(
    title="Leaky", reads_other_users="none", enters="prompt", calls="1",
    evidence={"all": ("none", "")},
)
def leaky(lm: LanguageModel) -> Personalizer[Profile]:
    def learn(view: View, request: Request) -> Profile:
        return Profile(request.user, examples=entries(view.own) + entries(view.others))

    return Personalizer(lm, learn, writing("Write."))
'''


class Page(HTMLParser):
    """Reads a page, and fails where a tag is not closed in turn."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"{tag} closes another one, at {self.getpos()}"

    def handle_data(self, data):
        self.words.append(data)

    @property
    def said(self) -> str:
        return " ".join("".join(self.words).split())


def self_contained(path: Path) -> Page:
    """The page, after checking that it is well-formed and needs nothing from elsewhere."""
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert not {"script", "link", "iframe", "img", "b"} & set(page.tags), "none of these is ours"
    outside = [v for name, v in page.attributes if name in ("src", "href", "srcset", "data")]
    handlers = [name for name, _ in page.attributes if name.startswith("on")]
    assert not outside
    assert not handlers
    assert "@import" not in text
    assert "url(" not in text
    return page


def test_recipes_are_listed_with_what_they_read_cost_and_were_checked_for(idiolect):
    ran = idiolect("recipes")
    assert ran.code == 0
    said = " ".join(ran.out.split())
    for part in (
        "dpl Text written the user's way",
        "Personalizer; reads texts of other users; 1 + min(own, 1) * (compared + 1) model calls",
        "plain Text written with no personalization",
        "reads nothing of other users; 1 model call a request",
        "checked: selection: equals authors' code; text: not checked",
    ):
        assert part in said
    assert max(map(len, ran.out.splitlines())) <= 100
    assert idiolect("recipes", "--gives", "personalizer").out.startswith(ran.out[:20])


def test_show_prints_page_settings_and_figures(idiolect):
    said = idiolect("show", "dpl").out
    for part in ("How it works", "representatives", "paper, figure 4", "Reported by the paper"):
        assert part in said


def test_check_passes_a_good_recipe(idiolect):
    ran = idiolect("check", "plain")
    assert ran.code == 0
    assert re.search(r"passed +deterministic", ran.out)
    assert re.search(r"waived +history matters", ran.out)
    assert "failed" not in ran.out


def test_check_fails_a_recipe_that_reads_what_its_card_denies(idiolect, tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text(LEAKY, encoding="utf-8")
    ran = idiolect("check", f"{mine}@leaky")
    assert ran.code == 1
    assert re.findall(r"failed +(\w+)", ran.out) == ["others"]


def test_data_says_what_a_table_holds_and_what_to_do_next(idiolect, table):
    ran = idiolect("data", table)
    assert ran.code == 0
    said = " ".join(ran.out.split())
    for part in (
        "52 rows read, 52 used, none left out",
        "user = critic, text = review, item = place, time = date, rating = score, title = heading",
        "52 events by 8 users; events a user: median 8, most 8; 0 users with 12 or more",
        "11 things; people a thing: median 6, most 7; 8 things with 5 or more",
        "Times from 2024-01-10 to 2024-09-04",
        f"Next: idiolect explain Ann --data {table}",
    ):
        assert part in said


@pytest.fixture
def chats(table):
    """The table, an assistant's answer after each review, and one of an assistant's own name."""
    answers = [
        row | {"id": f"re-{row['id']}", "review": "How nice!", "role": "assistant", "score": "5"}
        for row in rows()
    ]
    answers += [row | {"id": f"bot-{row['id']}", "critic": "Helper"} for row in answers[:30]]
    both = [row | {"role": "user"} for row in rows()] + answers
    return write(table.parent / "chats.csv", both)


def test_data_counts_what_people_did(idiolect, table, chats):
    plain, told = (idiolect("data", path).out.splitlines() for path in (table, chats))
    start = next(n for n, line in enumerate(plain) if line.startswith("52 events by 8 users"))
    end = next(n for n, line in enumerate(plain) if line.startswith("Next:"))
    at = told.index(plain[start])
    assert told[at : at + end - start] == plain[start:end]
    said = " ".join(" ".join(told[at + end - start :]).split())
    assert said.startswith("82 further events that no user did (an assistant's")
    assert said.endswith(f"; 1 name with nothing else. Next: idiolect explain Ann --data {chats}")


def test_explain_holds_out_what_the_person_did(idiolect, table, chats, tmp_path):
    found = []
    for path in (table, chats):
        page = tmp_path / f"{path.stem}.json"
        assert idiolect("explain", "Ann", "--data", path, "--json", page).code == 0
        found.append(json.loads(page.read_text(encoding="utf-8")))
    assert found[0] == found[1]
    theirs = idiolect("explain", "Ann", "--data", chats, "--event", "re-e70")
    assert "'re-e70' is a program's, not what 'Ann' did; give one of theirs" in theirs.error
    nobody = idiolect("explain", "Helper", "--data", chats)
    assert "30 events under the name 'Helper', none of which they did" in nobody.error


def test_a_table_of_programs_alone_is_refused(idiolect, chats):
    with chats.open(encoding="utf-8") as file:
        alone = [row for row in csv.DictReader(file) if row["role"] != "user"]
    ran = idiolect("data", write(chats, alone))
    assert ran.code == 2
    assert "82 events, all of them an assistant's or a system's turns" in ran.error


def test_data_reads_a_repository(idiolect, repository):
    ran = idiolect("data", f"git:{repository}")
    assert ran.code == 0
    said = " ".join(ran.out.split())
    assert "24 events by 3 users; events a user: median 8, most 8" in said
    assert "2 things; people a thing: median 3, most 3" in said


COLUMNS = ("user=critic", "item=place", "text=review")
REPEATED = [word for column in COLUMNS for word in ("--columns", column)]


@pytest.mark.parametrize("how", [["--columns", *COLUMNS], REPEATED], ids=["at once", "repeated"])
def test_columns_are_named_at_once_or_one_by_one(idiolect, table, how):
    ran = idiolect("data", *how, table)
    assert ran.code == 0
    assert "Columns: user = critic, text = review, item = place, id." in ran.out
    assert "Further columns, kept: heading, date, score." in ran.out, (
        "nothing is guessed once one is named"
    )


def test_the_next_command_reads_the_same_data(idiolect, table):
    things = table.parent / "things.csv"
    things.write_text("place,name\nplace7,The “Blue” Door\n", encoding="utf-8")
    given = ["--columns", *COLUMNS, "--items", things, "--item-columns", "id=place", "title=name"]
    line = idiolect("data", table, *given, "--rating-range", 1, 5).out.splitlines()[-1]
    command = f"idiolect explain Ann --data {table} --columns {' '.join(COLUMNS)} --items {things}"
    assert line == f"Next: {command} --item-columns id=place title=name --rating-range 1 5"
    ran = idiolect(*line.split()[2:], "--recipe", "plain")
    assert ran.code == 0
    assert "The “Blue” Door" in ran.out


def test_run_writes_for_one_user_with_the_facts_that_are_given(idiolect, table):
    ask = ["run", "rag", "--data", table, "--user", PEOPLE[2], "--item", "place1"]
    with StubServer(answer="A fine soup.") as server:
        ran = idiolect(*ask, "--given", "rating=4", "title=Warm", "--lm", server.address)
    assert ran.code == 0
    assert "A fine soup." in ran.out
    assert "1 request, 0 failed; 1 call, 0 retries" in ran.err
    sent = server.bodies[0]["messages"][-1]["content"]
    assert "rating: 4 | title: Warm" in sent
    assert "Word3x2" in sent, "an own text"
    assert "Word3x1" not in sent, "another's text"


def test_run_holds_out_the_last_event_of_every_user(idiolect, table, tmp_path):
    out = tmp_path / "replies.jsonl"
    ran = idiolect("run", "rag", "--data", table, "--out", out)
    assert ran.code == 0
    assert "Wrote 7 lines" in ran.err
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    last = {row["critic"]: row for row in rows() if row["critic"] != "Solo"}
    assert {line["user"]: line["event"] for line in lines} == {u: r["id"] for u, r in last.items()}
    assert {line["truth"] for line in lines} == {row["review"] for row in last.values()}
    for line in lines:
        assert line["reply"]
        assert line["truth"] != line["reply"]
        assert (line["calls"], line["retries"], line["failure"]) == (1, 0, None)
        assert line["item"] == last[line["user"]]["place"]


def test_run_takes_settings_and_a_limit(idiolect, table, tmp_path):
    out = tmp_path / "replies.jsonl"
    settings = ["--set", "events=3", "representatives=2"]
    ran = idiolect("run", "dpl", "--data", table, *settings, "--limit", 2, "--out", out)
    assert ran.code == 0
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["user"] for line in lines] == ["Ann", "Ben"]
    assert [line["calls"] for line in lines] == [5, 5], "three compared, summary, text"


def test_run_without_out_prints_each_reply(idiolect, table):
    ran = idiolect("run", "plain", "--data", table, "--limit", 2, "--last", 2)
    assert ran.code == 0
    assert "2 requests, 0 failed" in ran.err
    heads = [line for line in ran.out.splitlines() if line.startswith("Ann place")]
    assert heads == ["Ann place6", "Ann place7"]


@pytest.mark.parametrize("recipe", ["plain", "rag", "dpl", "dpl_measured"])
@pytest.mark.parametrize("source", ["table", "repository"])
def test_explain_in_the_terminal_and_in_files(idiolect, request, tmp_path, recipe, source):
    path = request.getfixturevalue(source)
    data, user = (path, "Ann") if source == "table" else (f"git:{path}", "Ada")
    ask = ["explain", user, "--data", data, "--recipe", recipe]
    shown = idiolect(*ask)
    assert shown.code == 0
    said = " ".join(shown.out.split())
    for part in (f"What sets {user} apart", "7 earlier texts", f"Method {recipe}", "asked about"):
        assert part in said
    assert max(map(len, shown.out.splitlines())) <= 100

    html, everything, figures = (tmp_path / f"it.{end}" for end in ("html", "json", "csv"))
    ran = idiolect(*ask, "--html", html, "--json", everything, "--csv", figures)
    assert ran.code == 0
    assert not ran.out
    assert ran.err.count("Wrote") == 3
    page = self_contained(html)
    assert f"What sets {user} apart" in page.said
    found = json.loads(everything.read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert (found["user"], found["recipe"], found["lm"]) == (user, recipe, "extractive")
    assert found["reply"] in " ".join(page.words)
    table = pl.read_csv(figures)
    assert table["feature"].to_list() == [row["feature"] for row in found["measured"]]
    if source == "table":
        # Three exclamation marks where others have one at most: planted.
        assert table.row(0, named=True)["feature"] == "exclamations"
        assert table.row(0, named=True)["effect"] > 1
        assert "exclamations" in shown.out


@pytest.mark.parametrize(("recipe", "calls"), [("plain", 1), ("rag", 1), ("dpl", 9)])
def test_the_json_has_every_event_that_reached_a_prompt(idiolect, table, tmp_path, recipe, calls):
    path = tmp_path / "it.json"
    assert idiolect("explain", "Ann", "--data", table, "--recipe", recipe, "--json", path).code == 0
    found = json.loads(path.read_text(encoding="utf-8"))
    assert len(found["calls"]) == calls
    texts = {row["id"]: row["review"] for row in rows()}
    for call in found["calls"]:
        # Longest first, so that a text within another one is not counted twice.
        reached = {name for name, text in texts.items() if text in call["prompt"]}
        assert reached <= set(call["events"])
    if recipe == "dpl":
        assert [c["own"] for c in found["compared"]] == [
            name for c in found["calls"][:7] for name in c["events"][:1]
        ]
        assert all(len(c["others"]) == 4 for c in found["compared"])
        assert "e70" not in json.dumps(found["calls"]), "the held-out event"


def test_texts_of_the_data_are_escaped_in_the_page(idiolect, table, tmp_path):
    html = tmp_path / "it.html"
    ask = ["explain", PEOPLE[2], "--data", table, "--set", "representatives=5", "--html", html]
    assert idiolect(*ask).code == 0
    page = self_contained(html)
    assert f"What sets {PEOPLE[2]} apart" in page.said
    assert NASTY in page.said, "as the words that they are"


def test_explain_another_event_than_the_last(idiolect, table, tmp_path):
    path = tmp_path / "it.json"
    assert idiolect("explain", "Ann", "--data", table, "--event", "e40", "--json", path).code == 0
    found = json.loads(path.read_text(encoding="utf-8"))
    assert (found["request"]["event"], found["own_events"]) == ("e40", 4)
    assert found["truth"] == next(row["review"] for row in rows() if row["id"] == "e40")


def test_notes_of_one_comparison_stand_there_only(idiolect, table):
    out = idiolect("explain", "Ann", "--data", table, "--set", "representatives=5").out
    head, _, rest = out.partition("feature")
    assert "exactly 5 others" not in head
    assert rest.count("exactly 5 others wrote about this: nothing to choose") == 3


def test_what_is_sure_stands_before_what_may_be_chance():
    odd = {"names": (1.7, 0.3), "length": (-0.7, 0.01), "commas": (0.9, 0.01), "dashes": (0.2, 0.0)}
    measures = [
        Measure(name, "writing", effect, 50.0, q, q, 1.0, 1.0, 9, 9, 9)
        for name, (effect, q) in sorted(odd.items(), key=lambda pair: -abs(pair[1][0]))
    ]
    found = Measurements("Ann", tuple(measures))
    order = ["commas", "length", "dashes", "names"]
    assert [m.feature for m in strongest(found)] == order
    assert re.findall("commas|length|dashes|names", effects(found, rows=9, title="")) == order
    assert list(bars(found, 3).columns[0].cells) == order[:3]


@pytest.fixture
def small_town(monkeypatch):
    """The demo's town with fewer people, so that it is quick."""
    monkeypatch.setattr("idiolect.testing.town", lambda seed: town(16, 24, 18, seed=seed))


def test_the_demo_finds_again_what_was_planted(idiolect, small_town, tmp_path):
    ran = idiolect("demo", "--out", tmp_path / "new" / "demo", "--seed", 1)
    assert ran.code == 0
    numbers = re.search(
        r"(\d+) strong differences.* (\d+) of them were found again",
        " ".join(ran.out.split()),
    )
    assert numbers is not None
    there, found = map(int, numbers.groups())
    assert 0.85 * there <= found <= there
    for part in ("Planted:", "what they really wrote", "without a language model", "git:."):
        assert part in ran.out
    page = self_contained(tmp_path / "new" / "demo" / "town.html")
    for part in ("Planted against found", "planted", "Measured differences", "Prompts and replies"):
        assert part in page.said
    assert page.tags.count("circle") > 400, "one dot a person and feature"


def test_the_demo_says_when_the_model_fails(idiolect, small_town, tmp_path):
    with StubServer(fault_rate=1.0, fault_kinds=["429 quota"]) as server:
        ran = idiolect("demo", "--out", tmp_path, "--lm", server.address)
    assert ran.code == 2
    assert "quota" in ran.error
    assert not list(tmp_path.iterdir())


def process(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "idiolect", *arguments],
        capture_output=True, encoding="utf-8", errors="replace", check=False,
        env=os.environ | {"COLUMNS": "80"} | env,
    )  # fmt: skip


def test_help_loads_nothing_heavy_and_shows_every_command():
    code = (
        "import runpy, sys\n"
        "sys.argv = ['idiolect', '--help']\n"
        "try:\n    runpy.run_module('idiolect', run_name='__main__')\n"
        "except SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *shown, heavy = done.stdout.splitlines()
    assert heavy == "[]"
    listed = {line.split()[0]: line for line in shown if re.match(r"  [a-z]+  ", line)}
    assert set(COMMANDS) <= set(listed)
    assert not [name for name in COMMANDS if listed[name].endswith("...")], "each in one line"


def test_help_of_every_command_shows_its_options(idiolect):
    for command in COMMANDS:
        ran = idiolect(command, "--help")
        assert ran.code == 0
        assert f"Usage: idiolect {command}" in ran.out
        assert "list[str]" not in ran.out


def test_as_a_process_on_a_terminal_that_is_not_utf8(table):
    done = process("explain", "Ann", "--data", str(table), PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert "What sets Ann apart" in done.stdout


def test_as_a_process_an_error_is_one_line(table):
    done = process("explain", "Anne", "--data", str(table))
    assert done.returncode == 2
    assert not done.stdout
    assert done.stderr.splitlines()[-1].startswith("Error: There is no user 'Anne'.")
    assert "Traceback" not in done.stderr


@pytest.mark.real
def test_explain_on_real_reviews(idiolect, real_data, tmp_path):
    folder = real_data / "rotten"
    columns = ["user=critic", "item=movie", "text=review", "time=date", "rating=score"]
    page = tmp_path / "it.html"
    ran = idiolect(
        "explain", "Dennis Schwartz", "--data", folder / "reviews.csv.gz", "--columns", *columns,
        "--items", folder / "movies.csv.gz", "--recipe", "rag", "--html", page,
    )  # fmt: skip
    assert ran.code == 0
    assert "28,228 rows read, 28,228 used, none left out" in ran.err
    assert "1,045 of the 1,045 items" in ran.err
    said = self_contained(page).said
    assert "411 earlier texts from January 2000 to October 2018" in said
    assert "Writes shorter texts than others on the same things" in said
