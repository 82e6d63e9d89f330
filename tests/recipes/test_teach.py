"""Teach: what is read, in which order, and what each stage sees of the request."""

import json
from typing import Any

import pytest

from idiolect.data import Event, Item, Population, Request
from idiolect.floor import Extractive
from idiolect.lm import Prompt, Scripted
from idiolect.recipes.generate.teach import teach
from idiolect.run import answer
from idiolect.select import within
from idiolect.testing.standins import Hashing

EVENTS = [
    Event(
        "ann", "The kiln was cold. I glazed a bowl, and the bowl cracked.", id="a0", title="Clay"
    ),
    Event("ann", "The ferry was late and the harbour loud.", id="a1", title="Sea"),
    Event("ann", "I glazed the jug twice; the kiln ran hot.", id="a2", title="Jug"),
    Event("bo", "The weather is what it is.", id="b0"),
    Event("cy", "A long letter on the weather.", id="c0"),
]
POPULATION = Population.of(EVENTS)
ASKED = Request(
    "ann", "Write on.", item=Item("i", "Pottery"), given={"title": "The kiln", "rating": 4.0}
)


def script(words: Any = ("glazed", "volcano", "Kiln")) -> Scripted:
    return Scripted(
        {"summarize": "a summary", "name": json.dumps({"words": list(words)}), "write": "a text"}
    )


def ran(request: Request = ASKED, **settings: Any) -> list[Prompt]:
    lm = script()
    outcome = answer(lambda model: teach(model, Hashing(1024), **settings), POPULATION, request, lm)
    assert outcome.failure is None, outcome.failure
    assert len(lm.prompts) == teach.calls(**settings)
    return list(lm.prompts)


def kinds(prompt: Prompt) -> list[str]:
    return [section.kind for section in prompt.sections]


def test_summary_and_words_then_the_text() -> None:
    summarize, name, write = ran()
    assert [p.stage for p in (summarize, name, write)] == ["summarize", "name", "write"]
    assert kinds(summarize) == kinds(name) == ["query", "own"]
    assert summarize.section("query")[0].text == "The kiln Pottery Write on."
    assert "20 words" in name.instruction


def test_the_writer_sees_start_summary_words_and_past_texts_in_this_order() -> None:
    write = ran()[-1]
    assert kinds(write) == ["item", "given", "query", "profile", "own"]
    told = write.section("profile")[0].text.splitlines()
    assert told == ["a summary", "Important words: glazed, Kiln"], "volcano is in no past text"
    assert write.section("own")[0].events == ("a2",)


def test_a_word_counts_once_and_named_words_that_are_not_there_are_told_of() -> None:
    lm = script(["kiln", "volcano", "Kiln", "glazed", "hot lava"])
    outcome = answer(lambda model: teach(model, Hashing(1024)), POPULATION, ASKED, lm)
    told = lm.prompts[-1].section("profile")[0].text.splitlines()
    assert told[1] == "Important words: kiln, glazed"
    assert outcome.answer.notes == ("2 named words are in no text that was read",)


def test_a_summary_of_all_sees_nothing_of_the_request() -> None:
    assert kinds(ran(summary="of all")[0]) == ["own"]


@pytest.mark.parametrize(
    ("settings", "stages"),
    [
        ({"summary": "none"}, ["name", "write"]),
        ({"words": "none"}, ["summarize", "write"]),
        ({"words": "counted"}, ["summarize", "write"]),
        ({"summary": "none", "words": "none"}, ["write"]),
    ],
)
def test_stages_that_are_left_out(settings: Any, stages: list[str]) -> None:
    prompts = ran(**settings)
    assert [p.stage for p in prompts] == stages
    shown = [entry.text for entry in prompts[-1].section("profile")]
    if settings == {"summary": "none", "words": "none"}:
        assert shown == []


def test_counted_words_come_back_in_the_users_texts() -> None:
    # Of words that come back, kiln and glazed are in two of five texts: log(5/2) < 1.5.
    told = ran(words="counted")[-1].section("profile")[0].text
    assert told == "a summary\nImportant words: bowl"
    crowd = [Event(f"u{n}", "The weather is what it is.", id=f"u{n}") for n in range(20)]
    lm = script()
    more = Population.of([*EVENTS, *crowd])
    outcome = answer(lambda m: teach(m, Hashing(), words="counted"), more, ASKED, lm)
    told = lm.prompts[-1].section("profile")[0].text
    assert {"kiln", "glazed", "bowl"} == set(told.split("words: ")[1].split(", "))
    assert set(outcome.answer.user_model.evidence) == {"a0", "a1", "a2"}


@pytest.mark.parametrize(
    ("ranking", "first"),
    [("by snippet", "a2"), ("BM25", "a2"), ("dense", "a2"), ("snippets", "a2"), ("recency", "a2")],
)
def test_every_ranking_reads_the_own_texts_only(ranking: str, first: str) -> None:
    read = ran(ranking=ranking, summary="none", words="none")[0]
    assert read.section("own")[0].events == (first,)
    assert set(read.events) <= {"a0", "a1", "a2"}


def test_recency_reads_the_newest_first_and_ranking_what_is_near() -> None:
    sea = Request("ann", "The ferry in the harbour")
    for ranking, first in {
        "recency": "a2",
        "BM25": "a1",
        "by snippet": "a1",
        "dense": "a1",
    }.items():
        assert ran(sea, ranking=ranking)[-1].section("own")[0].events == (first,)


def test_what_is_read_is_cut_and_so_is_the_start() -> None:
    summarize = ran(evidence=60, start=9)[0]
    whole = ran()[0].section("own")
    assert summarize.section("own") == within(whole, 60)
    assert len("\n".join(e.text for e in summarize.section("own"))) == 60
    assert summarize.section("query")[0].text == "The kiln "


def test_somebody_without_texts_is_written_for() -> None:
    lm = script()
    outcome = answer(lambda m: teach(m, Hashing()), POPULATION, Request("new", "Write."), lm)
    assert [p.stage for p in lm.prompts] == ["write"]
    assert teach.calls(own=0) == 1
    assert outcome.answer.notes == ("no past text to read",)


def test_it_runs_without_a_language_model_where_words_are_counted() -> None:
    def counted(model: Any) -> Any:
        return teach(model, Hashing(), words="counted")

    outcome = answer(counted, POPULATION, ASKED, Extractive())
    assert outcome.failure is None
    assert any(sentence in outcome.text for sentence in ("I glazed", "The kiln"))
    named = answer(lambda m: teach(m, Hashing()), POPULATION, ASKED, Extractive())
    assert named.failure is not None
    assert named.failure.kind == "CapabilityError"
