"""An explanation holds what the run held, no more and nothing later; and can be read as a page."""

import io
import json
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import polars as pl
import pytest
from rich.console import Console

from idiolect.catalog import recipe
from idiolect.data import Event, Item, Population, Request
from idiolect.embed import Lsa
from idiolect.lm import Scripted
from idiolect.report import Explanation, explain
from idiolect.report.html import to_html
from idiolect.report.terminal import show
from idiolect.run import Assembly, language_model
from idiolect.testing import town

EVIL = '<script>alert("x")</script> & more'


@pytest.fixture(scope="module")
def people() -> Population:
    return town(users=16, texts=12, peers=5).population


@pytest.fixture(scope="module")
def asked(people: Population) -> Request:
    return people.request(people.events_of(people.users[3]).ids[10])


def dpl() -> Assembly:
    return Assembly(recipe("dpl"), {"encoder": Lsa()}, {"representatives": 3})


@pytest.fixture(scope="module")
def found(people: Population, asked: Request) -> Explanation:
    return explain(dpl(), people, asked, language_model("extractive"))


def test_it_rests_on_earlier_events_alone(
    found: Explanation, people: Population, asked: Request
) -> None:
    assert asked.time is not None
    used = {event.id for event in found.own} | {
        e for c in found.outcome.calls for e in c.prompt.events
    }
    assert len(used) > 20
    assert all(people.event(name).time < asked.time for name in used)  # type: ignore[operator]
    assert found.truth == people.event(asked.event or "")
    assert [event.id for event in found.own] == people.events_of(asked.user).ids[:10]


def test_it_shows_who_each_text_was_compared_with_and_why(found: Explanation) -> None:
    told = [call for call in found.outcome.calls if call.prompt.stage == "compare"]
    assert [c.told for c in found.compared] == [call.reply.text for call in told]
    for c, call in zip(found.compared, told, strict=True):
        assert {event.item for event in c.others} == {c.own.item}
        assert c.own.user == found.request.user
        assert c.own.user not in {event.user for event in c.others}
        assert (c.own.id, *(event.id for event in c.others)) == call.prompt.events
        assert len(c.reasons) == len(c.others)


def test_selected_texts_are_those_of_the_last_prompt_best_first(found: Explanation) -> None:
    last = found.outcome.calls[-1].prompt
    shown = tuple(event for entry in last.section("own") for event in entry.events)
    assert tuple(event.id for event in found.selected) == shown
    assert [event.text for event in found.selected] == [entry.text for entry in last.section("own")]


def test_json_holds_all_of_it(found: Explanation, asked: Request) -> None:
    told = json.loads(found.to_json())
    assert told["user"] == asked.user
    assert told["request"]["event"] == asked.event
    assert told["request"]["given"] == dict(asked.given)
    assert told["selected"] == [event.id for event in found.selected]
    assert [c["own"] for c in told["compared"]] == [c.own.id for c in found.compared]
    assert [c["prompt"] for c in told["calls"]] == [
        c.prompt.render().text for c in found.outcome.calls
    ]
    assert told["calls"][-1]["events"] == list(found.outcome.calls[-1].prompt.events)
    assert told["reply"] == found.outcome.text
    assert told["failure"] is None
    assert found.truth is not None
    assert told["truth"] == found.truth.text
    assert found.profile is not None
    assert told["profile"] == json.loads(found.profile.to_json())
    assert pl.DataFrame(told["measured"])["feature"].equals(found.frame()["feature"])


def test_the_page_shows_every_text_and_id_and_loads_nothing(found: Explanation) -> None:
    page = to_html(found)
    for event in (*found.selected, *(e for c in found.compared for e in (c.own, *c.others))):
        assert event.id in page
        assert event.text in unescape(page)
    assert found.outcome.text in unescape(page)
    assert not re.findall(r"<(?:script|link|img|iframe)|@import|url\(", page)
    assert page.count("<svg") == page.count("</svg>") > 0


def test_the_terminal_shows_bars_comparisons_profile_and_reply(found: Explanation) -> None:
    out = io.StringIO()
    show(found, Console(file=out, width=4000), rows=3, comparisons=1)
    said = out.getvalue()
    assert [m.feature.replace("_", " ") in said for m in found.measurements.measures[:4]] == [
        True, True, True, False,
    ]  # fmt: skip
    assert found.compared[0].own.text in said
    assert f"and {len(found.compared) - 1} more comparisons" in said
    assert found.outcome.text in said


def test_no_text_of_the_data_becomes_markup(people: Population) -> None:
    start = people.frame["time"][0]
    events = [
        Event(user, EVIL, "<i>inn</i>", start + timedelta(days=n), 3.0, EVIL, id=f"<{user}{n}>")
        for user in ("<ann>", "bob", "eve", "joe")
        for n in range(4)
    ]  # fmt: skip
    told = Population.of(events, [Item("<i>inn</i>", EVIL, EVIL)])
    page = to_html(
        explain(dpl(), told, told.request("<<ann>3>"), Scripted(f"{EVIL} [bold]reply[/bold]"))
    )
    assert "<script" not in page
    assert "<ann>" not in page
    assert "<i>" not in page
    assert EVIL in unescape(page)


def test_a_failure_is_explained(people: Population, asked: Request) -> None:
    found = explain(dpl(), people, asked, Scripted(""))
    message = "gave no usable reply to prompt 'compare'"
    assert message in json.loads(found.to_json())["failure"]
    assert json.loads(found.to_json())["reply"] == ""
    assert message in unescape(to_html(found))
    out = io.StringIO()
    show(found, Console(file=out, width=4000))
    assert message in out.getvalue()


def test_a_newcomer_is_explained_and_what_is_missing_said(
    people: Population, asked: Request
) -> None:
    request = replace(asked, user="newcomer", event=None)
    found = explain(dpl(), people, request, language_model("extractive"))
    assert found.outcome.failure is None
    assert (found.own, found.selected, found.compared, found.truth) == ((), (), (), None)
    assert "Nothing is known of newcomer before this" in found.notes[0]
    assert found.frame().height == 0
    assert found.notes[0] in to_html(found)


@pytest.mark.parametrize("name", ["rag", "dpl"])
def test_what_programs_put_under_names_changes_nothing(people, asked, talked_over, name) -> None:  # type: ignore[no-untyped-def]
    needs = {"encoder": Lsa()} if name == "dpl" else {}
    one, two = (
        explain(Assembly(recipe(name), needs), p, asked, language_model("extractive"))
        for p in (people, talked_over(people))
    )
    assert one.measurements.measures
    assert one.to_json() == two.to_json()
