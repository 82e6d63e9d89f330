"""`idiolect profile`, as a user gives it."""

import csv
import io
import json
import stat
from pathlib import Path

import pytest
from cli_table import PEOPLE, rows, write

from idiolect.lm import Entry, Prompt, endpoint, guarded, own
from idiolect.profile import Claim, Profile
from idiolect.run.folder import REPLIES
from idiolect.run.profile_file import path_of, read
from idiolect.testing import StubServer

RECIPES = '''"""What each text says first, as claims."""
from idiolect.card import recipe
from idiolect.data import Request, View
from idiolect.lm import LanguageModel
from idiolect.profile import Claim, Profile, Span
from idiolect.roles import Learner

card = dict(reads_other_users="none", enters="nowhere", calls="0", evidence={"all": ("none", "")})

@recipe(title="First words", **card)
def first(lm: LanguageModel, *, words: int = 4) -> Learner[Profile]:
    def learn(view: View, request: Request | None = None) -> Profile:
        if view.request.user == "Solo":
            raise KeyboardInterrupt
        found = [Claim("Cannot be shown.", "habits", 0.5, spans=(Span("e99", "x"),))]
        for event in view.own:
            quote = " ".join(event.text.split()[:words])
            found.append(Claim(quote, "habits", 0.7, spans=(Span.of(quote, event),)))
        summary = "It wrote, " + "; ".join(claim.text for claim in found)
        return Profile(view.request.user, claims=tuple(found), summary=summary)
    return learn

@recipe(title="A fault", **card)
def fault(lm: LanguageModel) -> Learner[Profile]:
    def learn(view: View, request: Request | None = None) -> Profile:
        if view.request.user == "Ben":
            return {}["planted"]
        return Profile(view.request.user)
    return learn

@recipe(title="No profile", **card)
def other(lm: LanguageModel) -> Learner[dict]:
    return lambda view, request=None: {}
'''
COLUMNS = ("--columns", "user=critic", "item=place", "text=review", "time=date", "id=id")


def table() -> list[dict[str, str]]:
    """The table, and a sentence that everybody writes."""
    found = rows()
    for at, person in enumerate(PEOPLE):
        same = {"id": f"same{at}", "critic": person, "review": "It rained again.", "place": "fair"}
        found.append(found[0] | same | {"date": "2024-10-01"})
    return found


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A folder with a table and recipes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    write(tmp_path / "reviews.csv", table())
    (tmp_path / "my.py").write_text(RECIPES, encoding="utf-8")
    return tmp_path


@pytest.fixture
def build(idiolect, here):
    def built(*arguments, recipe="my.py@first", data="reviews.csv"):
        return idiolect(
            "profile", "build", *arguments, "--data", data, *COLUMNS, "--recipe", recipe
        )  # fmt: skip

    return built


@pytest.fixture
def ann(build) -> Path:
    """Ann's profile, with everything in it."""
    ran = build("Ann", "--all-claims")
    assert ran.code == 0, ran.err
    return Path("profiles/Ann.json")


def editor(folder, monkeypatch, script):
    path = folder / "editor.sh"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("EDITOR", str(path))


def test_build_show_and_the_filter(idiolect, build):
    ran = build("Ann", "Ben")
    assert ran.code == 0, ran.err
    assert "1 refused for want of evidence" in " ".join(ran.err.split())
    stored = read(Path("profiles/Ann.json"))
    assert len(stored.profile.claims) + len(stored.left) == 9
    assert stored.made["recipe"] == "first"
    assert stored.texts == 9
    assert all(claim.learned_at for claim in stored.profile.claims)
    kept = read(Path("profiles/Ann.json")).profile
    assert [claim.text for claim in stored.left] == ["It rained again."]
    assert "It rained" not in kept.summary
    assert "- Word0x0 soup and bread," in kept.summary
    assert build("Ann", "--all-claims").code == 0
    everything = read(Path("profiles/Ann.json")).profile
    assert len(everything.claims) == 9
    assert {c.text for c in kept.claims} <= {c.text for c in everything.claims}
    said = idiolect("profile", "show", "Ann", "--data", "reviews.csv", *COLUMNS)
    assert said.code == 0
    assert "9 of 9 claims with evidence" in said.err
    assert said.out.startswith("\nAnn\n9 claims")


def test_the_default_needs_no_model_and_finds_what_is_planted(idiolect, here):
    ran = idiolect("profile", "build", "Ann", "--data", "reviews.csv", *COLUMNS)
    assert ran.code == 0, ran.err
    said = idiolect("profile", "show", "Ann").out
    assert "What sets Ann apart" in said
    assert "exclamation" in said.lower()
    assert " of 100" in said
    own = read(Path("profiles/Ann.json")).profile.claim("c1").own
    ran = idiolect("profile", "edit", "Ann", "--forget", own[0])
    assert "shown again when the profile is built again" in " ".join(ran.err.split())
    assert " of 100" not in idiolect("profile", "show", "Ann").out
    idiolect("profile", "build", "Ann", "--data", "reviews.csv", *COLUMNS)
    assert " of 100" in idiolect("profile", "show", "Ann").out


def test_again_is_up_to_date_and_changes_are_said(build, ann, here):
    before = ann.read_bytes()
    ran = build("Ann", "--all-claims")
    assert "1 profile up to date" in ran.err
    assert ann.read_bytes() == before
    more = [
        *table(),
        rows()[0] | {"id": "new", "review": "Later I came again.", "date": "2025-01-01"},
    ]
    write(here / "reviews.csv", more)
    ran = build("Ann", "--all-claims")
    assert "the data have changed since" in " ".join(ran.err.split())
    assert "(1 added)" in ran.err
    write(here / "others.csv", more)
    assert "up to date" in build("Ann", "--all-claims", data="others.csv").err, "the same data"
    write(here / "others.csv", more[:-2] + more[-1:])
    ran = build("Ann", "--all-claims", data="others.csv")
    assert "data 'reviews.csv' before, 'others.csv' now" in " ".join(ran.err.split())
    ran = build("Ann", "--all-claims", "--set", "words=5", data="others.csv")
    assert "words=4 before, 5 now" in " ".join(ran.err.split())
    ran = build("Ann", recipe="intsum")
    assert "recipe 'first' before, 'intsum' now" in " ".join(ran.err.split())
    assert len(read(ann).profile.claims) == 18, "other words are other claims"


def test_edits_stay_when_it_is_built_again(idiolect, build, ann):
    first = read(ann).profile.claim("c1")
    ran = idiolect(
        "profile", "edit", "Ann", "--correct", "c1=Likes a=b soup.", "--suppress", "c2",
        "--add", "tastes: Likes rye.", "--end", "c3", "--on", "2024-12-24", "--forget", "e30",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    edited = read(ann).profile
    assert edited.claim("c1").text == "Likes a=b soup."
    assert edited.past("c1") == (first,)
    assert f"{edited.claim('c3').valid_to:%Y-%m-%d}" == "2024-12-24"
    assert all(change.at for change in edited.history)
    assert "Word3" not in ann.read_text()
    assert "It wrote" not in edited.summary
    ran = build("Ann", "--all-claims")
    assert "no claim changed" in ran.err
    now = read(ann).profile
    assert now.claims == edited.claims
    assert "Word3" not in ann.read_text(), "what is forgotten is not learned again"
    assert "1 profile up to date" in build("Ann", "--all-claims").err
    assert idiolect("profile", "edit", "Ann", "--restore", "c2").code == 0
    assert read(ann).profile.claim("c2").status == "inferred"


def test_all_or_nothing(idiolect, ann):
    before = ann.read_bytes()
    ran = idiolect("profile", "edit", "Ann", "--suppress", "c1", "--suppress", "c99")
    assert ran.code == 2
    assert "no claim 'c99'" in ran.error
    assert ann.read_bytes() == before


def test_forgetting_reaches_the_replies(idiolect, ann):
    with StubServer("Word4x0 soup") as server:
        lm = guarded(endpoint(server.address), cache=ann.parent / REPLIES)
        lm.complete([Prompt("p", own([Entry("x", events=("e40",))]), stage="write")])
        lm.close()
    ran = idiolect("profile", "edit", "Ann", "--forget", "e40", "--forget", "e77")
    assert "Deleted 1 reply" in ran.err
    assert "Nothing rests on the event 'e77'" in " ".join(ran.err.split())
    before = ann.read_bytes()
    replies = ann.parent / REPLIES
    replies.write_text("no database")
    assert "corrupt" in idiolect("profile", "edit", "Ann", "--forget", "e30").error
    assert ann.read_bytes() == before
    replies.rename(f"{replies}.corrupt-1")
    ran = idiolect("profile", "edit", "Ann", "--forget", "e30")
    assert "may hold what is forgotten; delete it" in " ".join(ran.err.split())
    assert "Word3" not in ann.read_text()


def test_an_editor_s_changes_are_taken_over(idiolect, ann, here, monkeypatch):
    editor(here, monkeypatch, "exit 0")
    assert "Nothing was changed" in idiolect("profile", "edit", "Ann").err
    editor(
        here, monkeypatch,
        "sed -i -e 's/- .* <!-- c1 -->/- Eats soup. <!-- c1 -->/' -e '/c2 -->/,+2d' \"$1\"\n"
        "printf '## tastes\\n\\n- Rye.\\n' >> \"$1\"",
    )  # fmt: skip
    ran = idiolect("profile", "edit", "Ann")
    assert ran.code == 0, ran.err
    profile = read(ann).profile
    assert (profile.claim("c1").text, profile.claim("c1").status) == ("Eats soup.", "corrected")
    assert profile.claim("c2").status == "suppressed"
    assert profile.claims[-1].text == "Rye."
    assert [file.name for file in ann.parent.iterdir()] == ["Ann.json"]


def test_a_wrong_edit_is_kept_and_gone_on_with(idiolect, ann, here, monkeypatch):
    before = ann.read_bytes()
    editor(here, monkeypatch, "printf 'no claim\\n' >> \"$1\"")
    ran = idiolect("profile", "edit", "Ann")
    draft = Path("profiles/Ann.v1.md")
    lines = draft.read_text().splitlines()
    assert f"'no claim' in line {len(lines)}" in ran.error
    assert str(draft) in ran.error
    assert ann.read_bytes() == before
    assert "unfinished edit" in idiolect("profile", "edit", "Ann", "--forget", "e00").error
    for script in ("exit 3", "kill -9 $$"):
        editor(here, monkeypatch, script)
        assert "is kept" in idiolect("profile", "edit", "Ann").error
        assert draft.is_file()
    monkeypatch.setenv("EDITOR", "there-is-no-such-editor")
    assert "set $EDITOR" in idiolect("profile", "edit", "Ann").error
    assert draft.is_file()
    editor(here, monkeypatch, "sed -i '/^no claim/d' \"$1\"; printf -- '- Rye.\\n' >> \"$1\"")
    ran = idiolect("profile", "edit", "Ann")
    assert "Going on" in ran.err
    assert read(ann).profile.claims[-1].text == "Rye."
    assert not draft.exists()


def test_an_emptied_text_is_no_edit(idiolect, ann, here, monkeypatch):
    before = ann.read_bytes()
    editor(here, monkeypatch, ': > "$1"')
    ran = idiolect("profile", "edit", "Ann")
    assert (ran.code, ran.err) == (0, "Nothing was changed: the text was emptied.\n")
    assert ann.read_bytes() == before
    assert [file.name for file in ann.parent.iterdir()] == ["Ann.json"]
    editor(here, monkeypatch, "sed -i 's/^  > .*/  > Other words./' \"$1\"")
    assert "Only claims can be edited" in idiolect("profile", "edit", "Ann").err
    assert read(ann).profile == Profile.from_json(json.dumps(json.loads(before)["profile"]))


def test_a_wrong_edit_can_be_begun_anew(idiolect, ann, here, monkeypatch):
    editor(here, monkeypatch, "sed -i 's/<!-- c1 -->/<!-- c77 -->/' \"$1\"")
    said = idiolect("profile", "edit", "Ann").error
    assert "'c77' of no claim" in said
    assert "to begin anew, delete it" in said


@pytest.mark.parametrize("user", ["line\nbreak", " Ann  Lee ", "漢字 🙂", "<!-- c1 -->"])
def test_every_name_can_be_edited(idiolect, here, monkeypatch, user):
    path = path_of(Path(), user)
    path.write_text(Profile(user).add([Claim("Eats soup.", "tastes", 0.5)], "found").to_json())
    editor(here, monkeypatch, "printf -- '- Rye.\\n' >> \"$1\"")
    ran = idiolect("profile", "edit", path)
    assert ran.code == 0, ran.err
    assert [claim.text for claim in read(path).profile.claims] == ["Eats soup.", "Rye."]


def test_words_of_the_data_cannot_command_a_terminal(idiolect, build, here, monkeypatch):
    name = "Eve\x1b[2J\u202e"
    nasty = [row | {"critic": name, "id": f"n{at}", "review": f"\x1b]0;title\x07 {row['review']}"}
             for at, row in enumerate(rows()[:12])]  # fmt: skip
    write(here / "reviews.csv", [*table(), *nasty])
    ran = build(name, "Ann", "--all-claims")
    assert ran.code == 0, ran.err
    said = [ran.err, idiolect("profile", "show", "Nobody").err]
    for command in (["show"], ["show", "--evidence"], ["show", "--query", "\x1b[2J soup"],
                    ["show", "--claim", "c1"], ["explain", "c1"]):  # fmt: skip
        said += idiolect("profile", command[0], name, *command[1:])[1:]
    said += idiolect("profile", "explain", name, "c1", "--data", "reviews.csv", *COLUMNS)[1:]
    said += idiolect("profile", "diff", name, "--since", "0")[1:]
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    said += [
        idiolect("profile", "export", name, "--to", form).out for form in ("md", "csv", "html")
    ]
    for text in said:
        assert "\x1b]0" not in text
        assert "\x1b[2J" not in text
        assert not {"\x07", "\u202e"} & set(text)
    monkeypatch.setattr("sys.stdout.isatty", lambda: False)
    assert "\x1b]0;title" in idiolect("profile", "export", name, "--to", "md").out, "data, piped"


def test_two_edits_at_once(idiolect, ann, here, monkeypatch):
    path = here / "other.json"
    path.write_text(Profile.to_json(read(ann).profile.suppress("c1")))
    editor(here, monkeypatch, f"printf -- '- Rye.\\n' >> \"$1\"; cp {path} {ann}")
    ran = idiolect("profile", "edit", "Ann")
    assert "changed meanwhile" in ran.error
    assert read(ann).profile.version == 2
    assert "- Rye." in Path("profiles/Ann.v1.md").read_text()
    assert "of another version" in idiolect("profile", "edit", "Ann").error


def test_an_interrupt_loses_nothing_that_was_made(build, here):
    ran = build("--all", "--at-least", "1", "--threads", "1")
    assert ran.code != 0
    assert "Ended early: wrote " in ran.err
    done = sorted(path.stem for path in (here / "profiles").glob("*.json"))
    assert "Ann" in done
    assert "Solo" not in done
    assert not list((here / "profiles").glob("*.part"))
    ran = build("--all", "--at-least", "2")
    assert f"{len(done)} profiles up to date" in ran.err
    assert len(list((here / "profiles").glob("*.json"))) == 7


def test_one_failure_does_not_end_the_others(build):
    ran = build("Ann", "Ben", "Cat", recipe="my.py@fault")
    assert ran.code == 1
    assert "Ben: 'planted'" in ran.err
    assert "Wrote 2 profiles" in ran.err
    assert "1 profile failed" in ran.err


def test_diff_of_files_and_of_versions(idiolect, ann, here):
    (here / "old.json").write_bytes(ann.read_bytes())
    idiolect("profile", "edit", "Ann", "--correct", "c1=Eats soup.")
    for arguments in (("old.json", ann), ("Ann", "--since", 1), (ann, "old.json")):
        said = idiolect("profile", "diff", *arguments).out
        assert "version 1 → 2" in said
        assert "+ Eats soup." in said
    assert "No claim changed" in idiolect("profile", "diff", "Ann", "--since", 2).out


def test_explain_marks_the_quote_and_names_nobody(idiolect, here):
    idiolect("profile", "build", "Ann", "--data", "reviews.csv", *COLUMNS)
    stored = read(Path("profiles/Ann.json"))
    (claim, *_) = [c for c in stored.profile.claims if c.quotes and c.reference]
    ran = idiolect(
        "profile", "explain", "Ann", claim.id, "--data", "reviews.csv", *COLUMNS, "--all"
    )
    said = " ".join(ran.out.split())
    assert f"»{' '.join(claim.quotes[0].split())}" in said
    assert f"{len(claim.reference)} texts by 6 others" in said
    for name in ("Ben", "Cat", "Dan", "Eve", *claim.reference):
        assert name not in said.split()


@pytest.mark.parametrize("event", ["e99", "e10"])
def test_evidence_that_is_not_there_is_found(idiolect, ann, event):
    raw = json.loads(ann.read_text())
    raw["profile"]["claims"][0]["spans"][0]["event"] = event
    ann.write_text(json.dumps(raw))
    ran = idiolect("profile", "show", "Ann", "--data", "reviews.csv", *COLUMNS)
    assert ran.code == 1
    assert "8 of 9" in ran.err
    assert ("cites 'e99'" if event == "e99" else "does not occur") in " ".join(ran.err.split())


def test_a_program_is_no_evidence(idiolect, ann):
    path = Path("reviews.csv")
    with path.open(encoding="utf-8") as file:
        told = [row | {"role": "user"} for row in csv.DictReader(file)]
    show = ("profile", "show", "Ann", "--data", "reviews.csv", *COLUMNS, "role=role")
    write(path, told)
    assert idiolect(*show).code == 0
    cited = json.loads(ann.read_text())["profile"]["claims"][0]["spans"][0]["event"]
    write(path, [row | {"role": "assistant"} if row["id"] == cited else row for row in told])
    ran = idiolect(*show)
    assert ran.code == 1
    assert f"cites '{cited}', no event of the user" in " ".join(ran.err.split())


def test_export_in_every_form(idiolect, build, here):
    build("Ann", "Ben", "--all-claims")
    profile = read(Path("profiles/Ann.json")).profile
    assert Profile.from_json(idiolect("profile", "export", "Ann", "--to", "json").out) == profile
    assert "# What is believed of Ann" in idiolect("profile", "export", "Ann", "--to", "md").out
    table = idiolect("profile", "export", "Ann", "Ben", "--to", "csv").out
    assert [row["user"] for row in csv.DictReader(io.StringIO(table))] == ["Ann"] * 9 + ["Ben"] * 9
    for form in ("html", "json", "md"):
        assert idiolect("profile", "export", "Ann", "Ben", "--to", form, "--out", form).code == 0
        names = sorted(path.name for path in (here / form).iterdir())
        assert names == [f"Ann.{form}", f"Ben.{form}"]
    assert idiolect("profile", "show", "json/Ann.json").code == 0


def test_a_request_and_what_a_prompt_is_told(idiolect, ann):
    said = idiolect("profile", "show", "Ann", "--query", "soup", "--budget", "20").out
    assert "What a prompt is told for: soup" in said
    assert "over the budget" in said
    assert "c1 " in idiolect("profile", "show", "Ann", "--claim", "c1").out


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["build"], ["Name the users", "--all"]),
        (["build", "Ann", "--all"], ["Name the users"]),
        (["build", "Anne"], ["no user 'Anne'", "Did you mean 'Ann'"]),
        (["build", "--all", "--at-least", "99"], ["nobody with at least 99", "--at-least"]),
        (["build", "Ann", "--recipe", "my.py@other"], ["'other'", "no profile", "dpl_measured"]),
        (["build", "Ann", "--recipe", "gum"], ["free reasoning", "--lm"]),
        (["build", "Ann", "--out", "my.py"], ["a file at 'my.py'", "give a folder"]),
        (["show", "Anne"], ["of 'Anne'", "Did you mean 'Ann'"]),
        (["show", "ANN"], ["of 'ANN'", "Did you mean 'Ann'"]),
        (["show", "Ann", "--in", "nowhere"], ["no profile in 'nowhere'", "profile build"]),
        (["show", "nowhere/Ann.json"], ["no file 'nowhere/Ann.json'"]),
        (["show", "reviews.csv"], ["'reviews.csv'", "no JSON"]),
        (["show", "Ann", "--claim", "c99"], ["no claim 'c99'", "c1"]),
        (["show", "Ann", "--claim", "c1", "--query", "x"], ["beside --claim"]),
        (["show", "Ann", "--claim", "c1", "--budget", "9"], ["--budget beside --claim"]),
        (["diff", "Ann"], ["two files", "--since"]),
        (["diff", "Ann", "--since", "9"], ["--since 9", "version 1"]),
        (["explain", "Ann", "x"], ["no claim 'x'"]),
        (["edit", "Ann"], ["$EDITOR", "edit --help"]),
        (["edit", "Ann", "--correct", "c1"], ["'c1'", "--correct"]),
        (["edit", "Ann", "--correct", "c1= "], ["no words", "--suppress c1"]),
        (["edit", "Ann", "--add", "Rye."], ["'Rye.'", "dimension: text"]),
        (["edit", "Ann", "--on", "2024-01-01"], ["--on without --end"]),
        (["edit", "Ann", "--end", "c1", "--on", "soon"], ["'soon'", "ISO date"]),
        (["edit", "Ann", "--restore", "c1"], ["'c1'", "in use"]),
        (["export", "Ann", "--to", "pdf"], ["no form 'pdf'", "html"]),
        (["export", "Ann", "Ann", "--to", "md"], ["2 profiles", "--out FOLDER"]),
        (["export", "Ann", "--to", "json", "--out", "profiles/Ann.json"], ["as output"]),
        (["export", "Ann", "Ann", "--to", "json", "--out", "profiles"], ["another folder"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_said_and_nothing_is_changed(idiolect, ann, arguments, parts):
    before = ann.read_bytes()
    data = ["--data", "reviews.csv", *COLUMNS] if arguments[0] == "build" else []
    ran = idiolect("profile", *arguments, *data)
    assert ran.code == 2
    for part in parts:
        assert part in ran.error
    assert ann.read_bytes() == before


def test_a_file_of_somebody_else_is_neither_shown_nor_written_over(idiolect, build, here):
    build("Ann")
    path_of(Path("profiles"), "Ben").write_bytes(Path("profiles/Ann.json").read_bytes())
    for ran in (
        build("Ben"),
        idiolect("profile", "show", "Ben"),
        idiolect("profile", "edit", "Ben"),
    ):
        assert (
            "profile of 'Ann' in 'profiles/Ben.json', which is to hold that of 'Ben'" in ran.error
        )
    assert idiolect("profile", "show", "profiles/Ben.json").out.startswith("\nAnn\n")
