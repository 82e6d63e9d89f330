"""ERAGent: profile, question, trigger, search, filter, answer; what was found is kept."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from idiolect.catalog import recipe
from idiolect.data import Event, Population, Request
from idiolect.floor import Extractive
from idiolect.lm import Entry, Scripted
from idiolect.profile.knowledge import OwnAndPublic, merged, sections, title
from idiolect.run import Assembly, answer
from idiolect.testing.standins import Hashing

START = datetime(2024, 1, 1, tzinfo=UTC)
WEB = {
    "boats": [Entry(f"boats page {n}", (("title", f"boats part {n}"),)) for n in range(4)],
    "bread": [Entry("bread page", (("title", "bread"),)), Entry("no answer", (("title", "nil"),))],
}


class Web:
    """A search tool that counts."""

    def __init__(self):
        self.asked = []

    def __call__(self, query):
        self.asked.append(query)
        return WEB.get(query, [])


def world():
    return Population.of(
        [
            Event("u", "I like boats", time=START, id="e0"),
            Event("u", "and bread", time=START + timedelta(days=1), id="e1"),
            Event("u", "later", time=START + timedelta(days=9), id="e2"),
            Event("v", "boats are for sailing", time=START, id="x"),
            Event("v", "a private word on boats", time=START, audience="self", id="y"),
        ]
    )


def script(*queries, verdict=None):
    def filtered(prompt):
        shown = prompt.sections[0].entries[0].text
        return verdict or ("neutral" if shown == "no answer" else "entailment")

    return Scripted(
        {
            "update": lambda p: f"knows of {'; '.join(e.text for e in p.section('own'))}",
            "rewrite": json.dumps({"question": "What are boats?", "queries": list(queries)}),
            "filter": filtered,
            "write": "an answer",
        }
    )


def ask(lm, *, search=None, day=2, **settings):
    request = Request("u", "and what are they?", time=START + timedelta(days=day))
    given = {"search": search, **settings}
    built = Assembly(recipe("eragent"), {"encoder": Hashing(dim=4096)}, given)
    return answer(built, world(), request, lm)


def test_stages_in_order_with_their_fields():
    lm, web = script("boats", "bread"), Web()
    outcome = ask(lm, search=web)
    assert outcome.failure is None
    assert [p.stage for p in lm.prompts] == ["update", "rewrite"] + ["filter"] * 5 + ["write"]
    assert len(lm.prompts) == recipe("eragent").calls() == 8
    update, rewrite, *filters, write = lm.prompts
    assert [s.kind for s in update.sections] == ["own"]
    assert update.events == ("e1", "e0")
    assert [s.kind for s in rewrite.sections] == ["query"]
    assert web.asked == ["boats", "bread"]
    # The best of each query, then the second; five of all.
    assert [p.sections[0].entries[0].text for p in filters] == [
        "boats page 0", "bread page", "boats page 1", "no answer", "boats page 2",
    ]  # fmt: skip
    assert all([s.kind for s in p.sections] == ["peers", "query"] for p in filters)
    assert {p.section("query")[0].text for p in filters} == {"What are boats?"}
    assert [s.kind for s in write.sections] == ["peers", "profile", "query"]
    assert [e.text for e in write.section("peers")] == [
        "boats page 0", "bread page", "boats page 1", "boats page 2",
    ]  # fmt: skip
    assert write.section("profile")[0].text == "knows of and bread; I like boats"
    assert write.section("query")[0].text == "and what are they?"


def test_somebody_without_texts_has_no_profile_to_bring_up_to_date():
    lm = script("boats", "bread")
    request = Request("nobody", "and what are they?", time=START + timedelta(days=2))
    built = Assembly(recipe("eragent"), {"encoder": Hashing(dim=4096)}, {"search": Web()})
    answer(built, world(), request, lm)
    assert [p.stage for p in lm.prompts] == ["rewrite"] + ["filter"] * 5 + ["write"]
    assert len(lm.prompts) == recipe("eragent").calls(own=0)


def test_a_covered_query_saves_search_and_filter():
    web = Web()
    first = ask(script("boats"), search=web).answer.user_model
    assert [e.text for e in first.pool[0].knowledge] == [f"boats page {n}" for n in range(4)]
    lm = script("boats part")
    second = ask(lm, search=web, before=first, day=3)
    assert [p.stage for p in lm.prompts] == ["rewrite", "write"], "nothing new to learn either"
    assert web.asked == ["boats"]
    assert [e.text for e in lm.prompts[-1].section("peers")] == [
        f"boats page {n}" for n in range(4)
    ]
    assert second.answer.user_model.pool == first.pool
    assert second.answer.user_model.searched == ()


def test_what_is_not_covered_is_searched_beside_it():
    first = ask(script("boats"), search=Web()).answer.user_model
    web, lm = Web(), script("boats part", "bread")
    second = ask(lm, search=web, before=first, day=3).answer.user_model
    assert web.asked == ["bread"]
    assert second.searched == ("bread",)
    assert len(second.pool) == 2
    assert [e.text for e in lm.prompts[-1].section("peers")][-1] == "bread page"


@pytest.mark.parametrize(("popularity", "searches"), [(4, 0), (5, 1)])
def test_too_few_titles_do_not_cover(popularity, searches):
    first = ask(script("boats"), search=Web()).answer.user_model
    web = Web()
    ask(script("boats part"), search=web, before=first, day=3, popularity=popularity)
    assert len(web.asked) == searches


@pytest.mark.parametrize("verdict", ["neutral", "contradiction"])
def test_what_does_not_answer_is_neither_shown_nor_kept(verdict):
    lm = script("boats", verdict=verdict)
    outcome = ask(lm, search=Web())
    assert not lm.prompts[-1].section("peers")
    assert outcome.answer.user_model.pool == ()
    assert outcome.answer.notes == ("no document answers this",)


def test_the_profile_grows_by_what_is_new():
    first = ask(script("none"), search=Web()).answer.user_model
    lm = script("none")
    second = ask(lm, search=Web(), before=first, day=10).answer.user_model
    update = lm.prompts[0]
    assert update.stage == "update"
    assert [s.kind for s in update.sections] == ["profile", "own"]
    assert update.section("profile")[0].text == first.profile.summary
    assert {s.kind: s.events for s in update.sections} == {"profile": ("e0", "e1"), "own": ("e2",)}
    # So that forgetting an event finds every reply that rests on it.
    assert set(lm.prompts[-1].events) >= {"e0", "e1", "e2"}
    assert second.profile.sources == ("e0", "e1", "e2")


def test_only_what_was_shown_is_evidence_and_older_texts_are_not_read_later():
    lm = script("none")
    first = ask(lm, search=Web(), history=1).answer.user_model
    assert lm.prompts[0].events == ("e1",)
    assert first.profile.sources == ("e1",)
    lm = script("none")
    second = ask(lm, search=Web(), before=first, day=3, history=1).answer.user_model
    assert [p.stage for p in lm.prompts] == ["rewrite", "write"], "nothing was written since"
    assert second.profile.sources == ("e1",)


def test_only_the_users_own_words_make_the_profile():
    said = [
        Event("u", "I like boats", time=START, id="e0", role="user"),
        Event("u", "You like trains", time=START, id="a0", role="assistant"),
        Event("u", "I like trams", time=START, id="r0", extra={"recalled": True}),
    ]
    lm = script("boats")
    request = Request("u", "boats?", time=START + timedelta(days=2))
    built = Assembly(recipe("eragent"), {"encoder": Hashing(dim=4096)})
    outcome = answer(built, Population.of(said), request, lm)
    assert lm.prompts[0].events == ("e0",)
    assert outcome.answer.user_model.profile.sources == ("e0",)
    shown = {s.kind: s.events for s in lm.prompts[-1].sections}
    assert shown["own"] == ("e0",), "never told as the user's"


def test_the_default_search_reads_own_and_public_texts_only():
    lm = script("boats")
    outcome = ask(lm, documents=3)
    seen = [p.sections[0].entries[0].text for p in lm.prompts if p.stage == "filter"]
    assert sorted(seen) == ["I like boats", "and bread", "boats are for sailing"]
    assert [s.kind for s in lm.prompts[-1].sections] == ["own", "peers", "profile", "query"]
    assert "later" not in str(outcome.answer.user_model), "after the request"
    search = OwnAndPublic(world().as_of(Request("u", "boats")), documents=9)
    found = [entry.events[0] for entry in search("boats")]
    assert set(found) == {"e0", "e1", "e2", "x"}
    assert set(found[:2]) == {"e0", "x"}


def test_a_user_model_of_somebody_else_or_of_later_is_refused():
    later = ask(script("boats"), search=Web(), day=10).answer.user_model
    outcome = ask(script("boats"), before=later, day=2)
    assert outcome.failure.kind == "DataError"
    assert "'e2'" in outcome.failure.message
    other = replace(later, profile=replace(later.profile, user="v", sources=()))
    outcome = ask(script("boats"), before=other, day=2)
    assert "user model of 'v'" in outcome.failure.message


def test_knowledge_of_later_does_not_count():
    model = ask(script("boats"), search=Web(), day=2).answer.user_model
    assert len(model.known(START + timedelta(days=3))) == 4
    assert model.known(START + timedelta(days=2)) == {}
    assert len(model.known()) == 4


def test_forgetting_an_event_takes_its_documents():
    lm = script("boats")
    model = ask(lm, documents=3).answer.user_model
    assert {"e0", "e1", "x"} == set(model.evidence)
    left = model.forget(["x", "e0"])
    assert left.evidence == ("e1",)
    assert left.profile.summary == "", "its words cannot be taken apart"
    assert "sailing" not in str(left)


def test_documents_of_one_title_are_one():
    one, two = Entry("a", (("title", "t"),)), Entry("b", (("title", "t"),))
    assert merged([[one], [two]], 5) == (one,)
    assert merged([], 5) == ()
    assert title(Entry("words")) == "words"
    assert title(Entry("words", (("about", "A boat"), ("title", "Nice")))) == "A boat: Nice"
    assert sections([Entry("web")], {"e0"})[0].kind == "peers"


@pytest.mark.parametrize(
    "reply", ["", '{"question": "", "queries": ["a"]}', '{"question": "a", "queries": []}']
)
def test_a_rewriting_that_asks_nothing_is_unusable(reply):
    lm = script("boats")
    lm.answers = {**lm.answers, "rewrite": reply}
    assert ask(lm).failure.kind == "ReplyError"


def test_the_floor_cannot_rewrite():
    assert ask(Extractive()).failure.kind == "CapabilityError"


def test_the_card_says_the_most_whatever_a_search_finds():
    for lm, search in ((script("boats"), Web()), (script("no such thing"), Web())):
        ask(lm, search=search)
        assert len(lm.prompts) < recipe("eragent").calls()
    lm = script("boats", "bread")
    built = Assembly(recipe("eragent"), {"encoder": Hashing(dim=4096)}, {"search": Web()})
    alone = Population.of([Event("v", "x", time=START, id="x")])
    answer(built, alone, Request("u", "boats?", time=START), lm)
    assert len(lm.prompts) == recipe("eragent").calls(own=0, others=0), "the web has documents"
