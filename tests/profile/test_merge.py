"""Two profiles of one user become one; see also the random walks in `test_history.py`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from idiolect.data import Event, Population
from idiolect.profile import Append, Claim, Field, Profile, Schema, Span

DAY = datetime(2024, 5, 1, tzinfo=UTC)
SCHEMA = Schema((Field("home"), Field("languages", many=True)))


def day(number: float) -> datetime:
    return DAY + timedelta(days=number)


def free(text: str, event: str = "e1", **more: Any) -> Claim:
    return Claim(text, "tastes", 0.8, spans=(Span(event),), **more)


def given(name: str, value: str, at: int | None, **more: Any) -> Claim:
    when = None if at is None else day(at)
    return SCHEMA.claim(name, value, 0.8, spans=(Span(f"e{at}"),), learned_at=when, **more)


def profile(*claims: Claim) -> Profile:
    return Profile("ann").add(claims, "read")


def now(found: Profile) -> list[str]:
    return [claim.text for claim in found.current()]


def test_what_one_side_knows_to_have_ended_has_ended() -> None:
    mine = profile(free("Lives in Oslo.", learned_at=day(0)))
    theirs = profile(free("lives in Oslo.", "e2", learned_at=day(1))).end("c1", "moved", at=day(5))
    both = mine.merge(theirs)
    assert both.claim("c1").valid_to == day(5)
    assert both.claim("c1").own == ("e1", "e2")
    assert both.history[-1].reason == "merged"
    assert theirs.merge(mine).claim("c1").valid_to == day(5)
    later = profile(free("Lives in Oslo.", learned_at=day(9)))
    back = later.merge(theirs)
    assert now(back) == ["Lives in Oslo."], "said after the end: it is so again"
    assert [c.valid_to for c in back.claims] == [None, day(5)]


def test_what_either_side_corrected_is_not_believed_as_it_was_there_nor_later() -> None:
    read, said = profile(free("Likes jazz.")), profile(free("Reads."), free("Likes jazz.", "e2"))
    fixed = said.correct("c2", "Likes free jazz.")
    for both in (read.merge(fixed), fixed.merge(read)):
        assert sorted(now(both)) == ["Likes free jazz.", "Reads."]
        name = next(c.id for c in both.claims if c.status == "corrected")
        assert [form.text for form in both.past(name)] == ["Likes jazz."], "its history comes along"
    assert read.merge(fixed).merge(read) == read.merge(fixed)


def test_ids_in_histories_name_the_same_claims_as_before() -> None:
    theirs = profile(free("A.", "e2"), free("B.", "e3"))
    one = replace(free("A and B."), spans=(Span("e2"), Span("e3")))
    theirs = theirs.replaced(["c1", "c2"], [one], "written anew from", by=["c1", "c2"])
    both = profile(free("X."), free("Y.")).merge(theirs)
    assert [(c.id, c.text) for c in both.claims] == [("c1", "X."), ("c2", "Y."), ("c3", "A and B.")]
    assert both.history[-1].why == "written anew from c3, c4"
    assert [c.text for c in both.forget(["e3"]).claims] == ["X.", "Y.", "A."]
    assert [step.version for step in both.history] == sorted(s.version for s in both.history)


def test_a_claim_that_does_not_come_along_is_named_by_an_id_of_no_other() -> None:
    theirs = profile(free("Likes jazz."), free("Hates jazz.", "e2"))
    theirs = theirs.end("c1", "contradicted by", by=["c2"], at=day(1)).forget(["e2"])
    theirs = theirs.end("c1", "contradicted by", by=["c9"], at=day(1))
    both = profile(free("X.")).merge(theirs)
    assert [(c.id, c.text) for c in both.claims] == [("c1", "X."), ("c2", "Likes jazz.")]
    assert [step.by for step in both.history if step.kind == "ended"] == [("c3",), ("c4",)]
    assert both.add([free("Y.")], "read").claims[-1].id == "c5", "nor is it given to another"


def test_of_an_attribute_that_has_one_value_one_is_current_by_the_schema() -> None:
    mine = profile(given("home", "Oslo", 1), given("languages", "nb", 1))
    theirs = profile(given("home", "Rome", 4), given("languages", "it", 4))
    assert mine.merge(theirs).attributes() == {"home": ("Oslo", "Rome"), "languages": ("nb", "it")}
    both = mine.merge(theirs, schema=SCHEMA)
    assert both.attributes() == {"home": ("Rome",), "languages": ("nb", "it")}
    assert both.attributes(day(2))["home"] == ("Oslo",)
    assert both.history[-1].why == "contradicted by c3"
    assert both.merge(theirs, schema=SCHEMA) == both
    assert theirs.merge(mine, schema=SCHEMA).attributes() == {
        "home": ("Rome",), "languages": ("it", "nb"),
    }  # fmt: skip
    stated = profile(given("home", "Bari", 0, status="stated"))
    assert both.merge(stated, schema=SCHEMA).attributes()["home"] == ("Bari",)
    bare = profile(given("home", "Oslo", None)).merge(
        profile(given("home", "Rome", None)), schema=SCHEMA
    )
    assert bare.attributes() == {"home": ("Rome",)}
    assert [c.value for c in bare.past("c1")] == ["Oslo"]


def test_claims_without_ids_get_them() -> None:
    bare = Profile("ann", claims=(free("A."), free("B.")))
    assert bare.merge(bare) == bare
    both = bare.merge(Profile("ann", claims=(free("b.", "e2"), free("C."))))
    assert [(c.id, c.text) for c in both.claims] == [("c1", "A."), ("c2", "B."), ("c3", "C.")]
    assert both.claim("c2").own == ("e1", "e2")


def test_what_was_suppressed_elsewhere_is_not_heard_after_the_merge() -> None:
    own = Population.of([Event("ann", "Jazz!", id="e1")]).events_of("ann")
    both = Profile("ann").merge(profile(free("Likes jazz.")).suppress("c1"))
    assert both.claim("c1").status == "suppressed"
    assert Append(own)(both, [free("Likes jazz.")]) == both
    assert [form.status for form in both.past("c1")] == ["inferred"]
