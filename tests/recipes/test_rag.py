"""What rag matches past texts by."""

from idiolect.catalog import recipe
from idiolect.data import Event, Item, Population, Request
from idiolect.lm import Scripted
from idiolect.run import Assembly, answer


def test_past_texts_are_matched_by_all_words_or_as_in_the_paper() -> None:
    items = [
        Item("lake", "Lake", "a boat on the water"),
        Item("hill", "Hill", "a path up the hill"),
    ]
    events = [
        Event("ann", "We took a picnic.", item="lake", id="by description"),
        Event("ann", "The boat was leaking, the water cold.", item="hill", id="by text"),
    ]
    people = Population.of(events, items)
    asked = Request("ann", item=Item("pond", "Pond", "a boat on the water, cold and leaking"))
    first = {}
    for match in ("all words", "title and description"):
        lm = Scripted("a reply")
        answer(Assembly(recipe("rag"), settings={"events": 1, "match": match}), people, asked, lm)
        first[match] = lm.prompts[0].section("own")[0].events[0]
    assert first == {"all words": "by text", "title and description": "by description"}
