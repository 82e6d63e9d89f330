"""Methods with settings, as `rpm:voice=counted,events=4`: one spelling in every command."""

import json
import re
from html import unescape
from typing import Annotated

import pytest
import typer

from idiolect.catalog import recipe
from idiolect.cli.comparing import assembled, named_path
from idiolect.cli.options import Variadic, assemble, method
from idiolect.errors import SettingError, UnknownNameError
from idiolect.run import Assembly
from idiolect.testing import town
from idiolect.testing.server import StubServer
from lamp_files import questions, write_lamp


@pytest.fixture(scope="module")
def reviews(tmp_path_factory):
    path = tmp_path_factory.mktemp("settings") / "reviews.csv"
    town(users=8, texts=9, peers=4).population.to_polars().write_csv(path)
    return path


@pytest.mark.parametrize(
    ("word", "name", "settings"),
    [
        ("dpl", "dpl", []),
        ("dpl:events=2", "dpl", ["events=2"]),
        ("rpm:voice=counted,events=4", "rpm", ["voice=counted", "events=4"]),
        ("mine.py", "mine.py", []),
        ("mine.py:events=4", "mine.py", ["events=4"]),
        ("mine.py@only:events=4", "mine.py@only", ["events=4"]),
        (r"C:\me\mine.py@only", r"C:\me\mine.py@only", []),
        (r"C:\me\mine.py@only:events=4,a=b", r"C:\me\mine.py@only", ["events=4", "a=b"]),
        ("C:mine.py@only:events=4", "C:mine.py@only", ["events=4"]),
        ("/a=b:c/me.py@work/mine.py@only:n=1", "/a=b:c/me.py@work/mine.py@only", ["n=1"]),
        ("mine.py@only:from=their.py@x:y=1", "mine.py@only", ["from=their.py@x:y=1"]),
        ("gum:user=Lee, Ann,events=4", "gum", ["user=Lee, Ann", "events=4"]),
        ("gum:user=a,b,,c", "gum", ["user=a,b,,c"]),
        ("gum:user=", "gum", ["user="]),
        ("gum:url=http://h:1/v1?a=b", "gum", ["url=http://h:1/v1?a=b"]),
        ("no-such-recipe", "no-such-recipe", []),
    ],
)
def test_a_method_is_a_recipe_and_settings(word, name, settings):
    assert method(word) == (name, settings)
    # Nothing is lost: the parts make the word again.
    assert ":".join([name, *([",".join(settings)] if settings else [])]) == word


@pytest.mark.parametrize(
    "word", ["dpl:", "dpl:events", "events=4", "dpl:4", r"C:\mine@only", "a:b"]
)
def test_what_is_no_method_says_how_to_write_one(word):
    with pytest.raises(SettingError, match=r"Found .* as a method; write RECIPE or RECIPE:NAME="):
        method(word)


def test_settings_are_checked_before_anything_is_run():
    assert assemble("dpl:events=2", "lsa").settings == {"events": 2}
    assert assemble("dpl:events=2", "lsa", ["temperature=0"]).settings["temperature"] == 0.0
    with pytest.raises(UnknownNameError, match=r"setting of 'dpl' 'event'.*'events'.*Known: .*rep"):
        assemble("dpl:event=2", "lsa")
    with pytest.raises(
        SettingError, match=r"voice='cuonted' for recipe 'rpm'.*'told' or 'counted'"
    ):
        assemble("rpm:voice=cuonted", "lsa")
    with pytest.raises(SettingError, match=r"events=2 and events=3 after 'dpl:'; give one"):
        assemble("dpl:events=2,events=3", "lsa")
    with pytest.raises(SettingError, match=r"events=2 and events=3 after 'dpl:' and --set; give"):
        assemble("dpl:events=2", "lsa", ["events=3"])


def test_the_name_of_an_assembly_is_what_would_be_written():
    encoder = {"encoder": object()}
    same = {
        "dpl": {},
        "dpl:events=2,representatives=3": {"representatives": "3", "events": 2},
        "dpl:temperature=0.5": {"temperature": 0.5, "events": recipe("dpl").settings[0].default},
    }
    for word, settings in same.items():
        assert Assembly(recipe("dpl"), encoder, settings).name == word
        assert assemble(word, "lsa").name == word


def test_methods_of_a_comparison_share_their_encoder():
    built = assembled(["plain", "dpl:events=2", "dpl:events=4"], "lsa")
    assert list(built) == ["plain", "dpl:events=2", "dpl:events=4"]
    assert built["dpl:events=2"].supplies["encoder"] is built["dpl:events=4"].supplies["encoder"]


def test_a_name_may_hold_the_sign_that_ends_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.jsonl", "dpl-events=2.jsonl"):
        (tmp_path / name).touch()
    expected = {
        "dpl:events=2=a.jsonl": ("dpl:events=2", "a.jsonl"),
        "dpl-events=2.jsonl": ("", "dpl-events=2.jsonl"),
        "few=dpl-events=2.jsonl": ("few", "dpl-events=2.jsonl"),
        "mine=missing=1.jsonl": ("mine", "missing=1.jsonl"),
        "missing.jsonl": ("", "missing.jsonl"),
    }
    for word, (name, path) in expected.items():
        found = named_path(word)
        assert (found[0], str(found[1])) == (name, path)


def test_a_method_after_several_values_is_none_of_them():
    seen = {}

    def told(words: list[str], given: Annotated[list[str] | None, typer.Option("--set")] = None):
        seen.update(words=words, given=given)

    app = typer.Typer()
    app.command(cls=Variadic)(told)
    words = ["--set", "task=LaMP-3", "split=dev", "dpl:events=2", "mine.py@x:a=b", "plain"]
    app(words, standalone_mode=False)
    assert seen["given"] == ["task=LaMP-3", "split=dev"]
    assert seen["words"] == ["dpl:events=2", "mine.py@x:a=b", "plain"]


def test_one_recipe_under_three_settings_is_three_methods(idiolect, reviews, tmp_path):
    page, tables, scores = tmp_path / "r.html", tmp_path / "r.json", tmp_path / "r.csv"
    words = ["dpl:events=2", "dpl:events=4,representatives=3", "rpm:voice=counted"]
    ran = idiolect(
        "compare", *words, "--data", reviews, "--at-least", 2, "--metrics", "rouge1",
        "--controls", "--html", page, "--json", tables, "--scores", scores,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    html = unescape(page.read_text(encoding="utf-8"))
    for word in words:
        assert word in ran.out
        assert word in html
        assert f"{word} (wrong user)" in html
    whole = json.loads(tables.read_text(encoding="utf-8"))
    own = {r["method"]: r for r in whole["summary"] if r["history"] == "own"}
    assert list(own) == words
    # A call a compared text, one to sum up, one to write: the settings were used.
    assert [own[word]["calls"] for word in words] == [4, 6, 1]
    again = idiolect("report", scores)
    assert again.code == 0, again.err
    assert all(word in again.out for word in words)


def test_a_run_says_its_settings_however_they_were_given(idiolect, reviews, tmp_path):
    run = ["--data", reviews, "--limit", 4, "--out", tmp_path / "few"]
    assert idiolect("run", "dpl:events=2,representatives=3", *run).code == 0
    told = json.loads((tmp_path / "few" / "manifest.json").read_text(encoding="utf-8"))
    assert told["method"] == "dpl:events=2,representatives=3"
    assert (told["recipe"], told["settings"]["events"]) == ("dpl", 2)
    same = idiolect("run", "dpl", "--set", "representatives=3", "events=2", *run)
    assert same.code == 0, same.err
    assert "4 of 4 requests were answered before" in same.err
    assert "settings.events: 2 there, 4 now" in idiolect("run", "dpl:events=4", *run).error
    for word in ("plain", "dpl", "dpl:temperature=0.5"):
        other = [*run[:-1], tmp_path / re.sub(r"\W", "-", word)]
        assert idiolect("run", word, *other).code == 0
    told = idiolect("report", *sorted(tmp_path.iterdir()), "--metrics", "rouge1", "--json",
                    tmp_path / "r.json")  # fmt: skip
    assert told.code == 0, told.err
    whole = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert {row["method"] for row in whole["summary"]} == {
        "dpl", "dpl:events=2,representatives=3", "dpl:temperature=0.5", "plain",
    }  # fmt: skip


def test_what_is_wrong_in_a_later_method_costs_nothing(idiolect, reviews):
    default = next(s.default for s in recipe("plain").settings if s.name == "max_tokens")
    cases = {
        "dpl:event=2": "Did you mean 'events'",
        "dpl:events=0": "Found events='0' for recipe 'dpl'",
        "dpl:events": "write RECIPE or RECIPE:NAME=VALUE",
        "events=4": "without spaces",
        "plain": "Found 'plain' and 'plain', which are the same",
        f"plain:max_tokens={default}": "which are the same method with the same settings",
    }
    with StubServer() as server:
        model = ("--lm", f"{server.url}#stub")
        for word, says in cases.items():
            ran = idiolect("compare", "plain", word, "--data", reviews, *model)
            assert ran.code == 2
            assert says in ran.error
        assert server.successes == 0


def test_predictions_may_be_called_as_a_method_but_not_as_one_that_is_run(
    idiolect, reviews, tmp_path
):
    replies = tmp_path / "replies.jsonl"
    assert idiolect("run", "rag", "--data", reviews, "--out", replies).code == 0
    usual = ("--data", reviews, "--at-least", 2, "--metrics", "rouge1")
    ran = idiolect("compare", "rag", *usual, "--add", f"rag:events=2={replies}")
    assert ran.code == 0, ran.err
    assert "rag:events=2" in ran.out
    ran = idiolect("compare", "rag", *usual, "--add", f"rag={replies}")
    assert "two methods named 'rag', one of them after --add" in ran.error


@pytest.fixture
def stars(tmp_path):
    return write_lamp(tmp_path / "LaMP", "LaMP-3", questions("LaMP-3", [str(n) for n in range(8)]))


def test_a_published_data_set_under_two_settings(idiolect, stars, tmp_path):
    how, out = ("--data", stars, "--set", "task=LaMP-3"), tmp_path / "replies"
    words, files = ["rag:events=1", "rag:events=4"], ["rag-events=1.jsonl", "rag-events=4.jsonl"]
    ran = idiolect("bench", "run", "lamp", *how, *words, "--replies", out)
    assert ran.code == 0, ran.err
    assert all(word in ran.out for word in words)
    assert sorted(path.name for path in out.iterdir()) == files
    said = [json.loads(line) for line in (out / files[0]).read_text().splitlines()]
    assert {row["method"] for row in said} == {"rag:events=1"}
    score = idiolect("bench", "score", "lamp", out / files[0], *how)
    assert score.code == 0, score.err
    told = idiolect("report", out / files[0], out / files[1], "--bench", "lamp", *how)
    assert told.code == 0, told.err
    assert all(word in told.out for word in words), "the lines say whose they are"
    assert "Did you mean 'events'" in idiolect("bench", "run", "lamp", "rag:evnts=1", *how).error
    assert "no setting of 'lamp' 'events'" in idiolect(
        "bench", "run", "lamp", "rag", *how, "events=1"
    ).error  # fmt: skip


def test_replies_of_a_recipe_of_ones_own_go_to_the_folder_too(idiolect, stars, tmp_path):
    mine, out = tmp_path / "mine.py", tmp_path / "replies"
    mine.write_text(recipe("plain").path.read_text(encoding="utf-8"), encoding="utf-8")
    words = [f"{mine}@plain", f"{mine}@plain:max_tokens=64"]
    how = ("--data", stars, "--set", "task=LaMP-3", "--replies", out)
    ran = idiolect("bench", "run", "lamp", *words, *how)
    assert ran.code == 0, ran.err
    kept = {path.name for path in out.iterdir()}
    assert len(kept) == 2
    assert not [name for name in kept if set(name) & set(':/\\"<>|*? ')]
    assert {path.suffix for path in tmp_path.iterdir()} == {"", ".py"}, "nothing beside the recipe"


def test_prompts_of_a_method_with_settings_are_a_task_of_their_own(idiolect, stars, tmp_path):
    shown = {}
    for word in ("rag:events=1", "rag:events=2"):
        folder = tmp_path / word.replace(":", "-")
        ran = idiolect(
            "bench", "export", "lamp", folder, "--data", stars, "--set", "task=LaMP-3",
            "--recipe", word,
        )  # fmt: skip
        assert ran.code == 0, ran.err
        (task,) = folder.glob("*.yaml")
        assert word in task.read_text(encoding="utf-8")
        shown[task.name] = (folder / "examples.jsonl").read_text(encoding="utf-8")
    assert len(shown) == 2
    first, second = shown.values()
    assert len(first) < len(second)
