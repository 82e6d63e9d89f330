"""What a user decided before, as questions: the answer is never shown."""

from datetime import UTC, datetime, timedelta

import pytest

from idiolect.data import Event, Item, Population, Request
from idiolect.lm import Choice, Number
from idiolect.profile import failed, opinions

START = datetime(2024, 1, 1, tzinfo=UTC)


def view_of(events, items=(), **request):
    timed = [
        Event(
            "ann", e.text, e.item, START + timedelta(days=n), e.rating, e.title,
            options=e.options, chosen=e.chosen, id=f"e{n}",
        )
        for n, e in enumerate(events)
    ]  # fmt: skip
    return Population.of(timed, items).as_of(Request("ann", **request))


def test_a_choice_is_asked_with_its_own_options():
    view = view_of([Event("", "Tea or coffee?", options=("tea", "coffee"), chosen="tea")])
    [opinion] = opinions(view)
    prompt = opinion.prompt("Answer.", "likes leaves")
    assert [s.kind for s in prompt.sections] == ["profile", "query", "options"]
    assert prompt.section("profile")[0].text == "likes leaves"
    assert prompt.section("query")[0].text == "Tea or coffee?"
    assert prompt.expects == Choice(("tea", "coffee"))
    assert prompt.events == ("e0",)
    assert (opinion.said, opinion.right("tea"), opinion.right("coffee")) == ("tea", True, False)


def test_a_thing_that_is_an_option_is_not_shown():
    items = [Item("mill", "Old Mill"), Item("film", "A film", "of trains")]
    events = [
        Event("", "Where to?", "mill", options=("mill", "door"), chosen="mill"),
        Event("", "", "film", chosen="drama"),
        Event("", "", "film", chosen="comedy"),
    ]
    where, first, second = opinions(view_of(events, items))
    assert where.about is None
    assert first.about == items[1]
    assert first.question == "A film of trains"
    assert first.expects == second.expects == Choice(("comedy", "drama"))


def test_options_of_the_request_stand_in_for_missing_ones():
    events = [Event("", "a film", chosen="drama"), Event("", "another", chosen="western")]
    [only] = opinions(view_of(events, options=("comedy", "drama")))
    assert only.expects == Choice(("comedy", "drama")), "a western is none of the options"
    assert only.answer == "drama"


def test_a_rating_is_asked_without_the_title_and_may_be_half_off():
    events = [Event("", "Cold soup.", rating=2.0, title="2 stars"), Event("", "Fine.", rating=5.0)]
    first, _ = opinions(view_of(events, scale=(1.0, 5.0)))
    prompt = first.prompt("Rate.", "")
    assert "2" not in prompt.render().text.replace("Answer with one number from 1 to 5", "")
    assert prompt.expects == Number(1.0, 5.0)
    assert (first.right(2.4), first.right(2.5)) == (True, False)


def test_numbers_asked_for_prefer_ratings_else_choices_come_first():
    events = [Event("", "a", rating=3.0, options=("x", "y"), chosen="x")]
    assert isinstance(opinions(view_of(events))[0].expects, Choice)
    assert isinstance(opinions(view_of(events, scale=(1.0, 5.0)))[0].expects, Number)


@pytest.mark.parametrize(
    "event",
    [
        Event("", "no answer", options=("x", "y")),
        Event("", "none of them", options=("x", "y"), chosen="z"),
        Event("", "nothing to choose", options=("x",), chosen="x"),
    ],
)
def test_what_was_not_decided_is_no_question(event):
    assert opinions(view_of([event])) == []


def test_failures_show_both_answers():
    view = view_of([Event("", "Tea or coffee?", options=("tea", "coffee"), chosen="tea")])
    section = failed(opinions(view), [(0, "coffee")])
    assert section.entries[0].facts == (("question", "1"), ("user", "tea"), ("answered", "coffee"))
    assert section.entries[0].events == ("e0",)
