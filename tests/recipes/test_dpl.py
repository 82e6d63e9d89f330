"""DPL against a real HTTP endpoint: calls, cut, the true number of peers, and thin data."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from idiolect.catalog import recipe
from idiolect.data import Event, Item, Population, Request
from idiolect.embed import Lsa
from idiolect.lm import Scripted, endpoint
from idiolect.roles import Draft
from idiolect.run import Assembly, answer
from idiolect.testing import StubServer

START = datetime(2024, 1, 1, tzinfo=UTC)
WORDS = ("warm", "loud", "cheap", "bright", "slow", "crowded", "quiet", "salty", "kind", "green")


def town(people: int = 7, places: int = 10, echo: bool = False) -> Population:
    """Everybody writes about every place, one a day; `echo`: all the others write the same."""
    events = [
        Event(
            user=f"u{person}",
            item=f"p{place}",
            title=f"title {WORDS[place]}",
            text="the very same words"
            if echo and person
            else f"{WORDS[(person + place) % 10]} {WORDS[(person * 3 + place) % 10]} own{person}",
            rating=1 + (person + place) % 5,
            time=START + timedelta(days=place, minutes=person),
            id=f"e{person}-{place}",
        )
        for place in range(places)
        for person in range(people)
    ]
    items = [Item(f"p{n}", f"Place {n}", f"a {WORDS[n]} place by the river") for n in range(places)]
    return Population.of(events, items)


def build(**settings: int) -> Assembly:
    return Assembly(recipe("dpl"), {"encoder": Lsa()}, settings)


def content(body: dict) -> str:
    return "\n".join(message["content"] for message in body["messages"])


def test_calls_are_compared_events_and_two_with_retries_apart():
    population = town()
    with StubServer(answer="A reply.", faults=["503", "429"]) as server:
        lm = endpoint(server.address, sleep=lambda seconds: None)
        outcome = answer(build(events=5), population, population.request("e0-9"), lm)
    assert outcome.failure is None
    assert len(outcome.calls) == 5 + 2 == recipe("dpl").calls(events=5)
    assert server.successes == 7
    assert outcome.retries == 2
    assert server.requests == 7 + 2


def test_nothing_from_the_request_onward_reaches_the_endpoint():
    population = town()
    later = START + timedelta(days=5)
    marked = population.frame.with_columns(
        text=population.frame["text"].zip_with(
            population.frame["time"] < later, population.frame["text"] + " LATER"
        )
    )
    population = Population(marked, population.items)
    with StubServer(answer="A reply.") as server:
        lm = endpoint(server.address)
        request = population.request("e0-5")
        # The target is of day 5; u0 writes first on that day, everybody else's day 5 comes after.
        outcome = answer(build(events=3), population, request, lm)
    assert outcome.failure is None
    assert len(server.bodies) == 5
    assert not [body for body in server.bodies if "LATER" in content(body)]
    assert any("own1" in content(body) for body in server.bodies), "peers before it are read"


@pytest.mark.parametrize("echo", [False, True])
def test_prompts_name_the_true_number_of_peers(echo):
    population = town(echo=echo)
    with StubServer(answer="A reply.") as server:
        answer(build(events=3), population, population.request("e0-9"), endpoint(server.address))
    compared = [content(b) for b in server.bodies if "texts_by_other_people" in content(b)]
    assert len(compared) == 3
    for prompt in compared:
        shown = prompt.split("<texts_by_other_people>")[1].split("</texts_by_other_people>")[0]
        many = len(re.findall(r"^\[\d+\] ", shown, re.M)) or 1
        named = re.search(r"what (\d+) other (?:person|people) wrote", prompt)
        assert named is not None
        assert int(named.group(1)) == many
        assert many == (1 if echo else 4)


def test_stages_hold_the_fields_of_the_paper_in_order():
    population = town()
    lm = Scripted({"compare": "differs", "summarize": "a profile", "write": "a text"})
    outcome = answer(build(events=2), population, population.request("e0-9"), lm)
    assert [p.stage for p in lm.prompts] == ["compare", "compare", "summarize", "write"]
    kinds = [[s.kind for s in p.sections] for p in lm.prompts]
    assert kinds[0] == kinds[1] == ["item", "own", "peers"]
    assert kinds[2:] == [["differences", "own"], ["item", "own", "profile", "given"]]
    compare = lm.prompts[0].render().text
    for field in ("Place", "river", "rating: ", "title: title", "writing", "emotional", "semantic"):
        assert field in compare
    summarize = lm.prompts[2]
    assert [e.text for e in summarize.section("differences")] == ["differs", "differs"]
    assert all("river" in (e.fact("about") or "") for e in summarize.section("differences"))
    write = lm.prompts[3]
    assert write.section("profile")[0].text == "a profile"
    assert dict(write.section("given")[0].facts) == {"rating": "5", "title": "title green"}
    assert isinstance(outcome.answer, Draft)
    assert outcome.text == "a text"


def test_too_few_peers_are_said_and_the_text_is_written_all_the_same():
    population = town(people=3)
    lm = Scripted("a reply")
    outcome = answer(build(), population, population.request("e0-9"), lm)
    assert outcome.failure is None
    assert [p.stage for p in lm.prompts] == ["summarize", "write"]
    assert any("Only 0 of 9" in note for note in outcome.answer.notes)


def test_a_user_without_history_gets_a_text_and_a_note():
    population = town()
    lm = Scripted("a reply")
    request = Request(user="nobody", item=population.item("p1"), query="Write a review.")
    outcome = answer(build(), population, request, lm)
    assert outcome.failure is None
    assert [p.stage for p in lm.prompts] == ["write"]
    assert outcome.answer.notes


def test_a_table_without_items_is_compared_with_nobody():
    events = [Event("ann", f"text {n}", time=START + timedelta(days=n)) for n in range(5)]
    lm = Scripted("a reply")
    population = Population.of([*events, Event("bob", "other", time=START)])
    outcome = answer(build(), population, Request("ann", "Write."), lm)
    assert outcome.failure is None
    assert [p.stage for p in lm.prompts] == ["summarize", "write"]
