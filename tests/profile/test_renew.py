"""A profile whose user's texts were read again, and as it was before."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from idiolect.difference import Difference
from idiolect.errors import DataError
from idiolect.profile import Claim, Profile, Span
from idiolect.profile.renew import GONE, earlier, keys, renewed, told_again

DAY = datetime(2024, 5, 1, tzinfo=UTC)


def free(text, event="e1", **more):
    return Claim(text, "tastes", 0.8, spans=(Span(event),), **more)


def measured(feature, figure, event="e1"):
    text = f"Writes more {feature} than others: {figure} against 1.20 (d = +0.9, 62nd percentile)."
    return Claim(text, "writing", 0.9, spans=(Span(event),), reference=("o1", "o2"))


def profile(*claims, **more):
    return Profile("ann", **more).add(claims, "found")


def texts(found):
    return [claim.text for claim in found.current()]


def test_the_same_again_changes_nothing():
    old = profile(free("Likes tea."), measured("dashes", "3.50"))
    assert renewed(old, profile(*old.claims), at=DAY) == old


def test_equal_words_gain_evidence_and_new_ones_are_added():
    old = profile(free("Likes tea."))
    now = renewed(old, profile(free("likes  TEA.", "e2"), free("Swims.", "e3")), at=DAY)
    assert texts(now) == ["Likes tea.", "Swims."]
    assert now.claim("c1").own == ("e1", "e2")
    assert [change.kind for change in now.history] == ["added", "revised", "added"]


def test_what_was_measured_again_keeps_its_id_and_takes_the_new_figures():
    old = profile(measured("dashes", "3.50"), measured("commas", "4.00"))
    now = renewed(old, profile(measured("dashes", "-3.75", "e9")), at=DAY)
    assert now.claim("c1").text == measured("dashes", "-3.75").text
    assert now.claim("c1").own == ("e9",)
    assert now.past("c1") == (old.claim("c1"),)
    # The other one is not found any more: it ends, and comes back when it is found again.
    assert now.claim("c2").valid_to == DAY
    assert now.history[-1].reason == GONE
    later = renewed(now, profile(measured("commas", "4.10")), at=DAY + timedelta(days=9))
    assert later.claim("c2").holds()
    assert later.history[-2].reason == "found again"
    assert not later.claim("c1").holds()


def test_another_method_says_nothing_of_what_it_did_not_look_for():
    old = profile(measured("dashes", "3.50"))
    assert texts(renewed(old, profile(free("Swims.")), at=DAY, same=False)) == [
        old.claims[0].text,
        "Swims.",
    ]


@pytest.mark.parametrize("claim", [measured("dashes", "3.50"), free("Likes tea.")])
@pytest.mark.parametrize("how", ["suppress", "correct", "end"])
def test_the_user_s_word_stays(claim, how):
    old = profile(claim, free("Swims.", "e2"))
    edited = {
        "suppress": lambda: old.suppress("c1"),
        "correct": lambda: old.correct("c1", "Something else."),
        "end": lambda: old.end("c1", "ended by the user", at=DAY),
    }[how]()
    again = [replace(claim, text=claim.text.replace("3.50", "3.90")), free("Swims.", "e2")]
    found = profile(*again, summary=claim.text, differences=(difference(again[0]),))
    now = renewed(edited, found, at=DAY + timedelta(days=1))
    assert [c for c in now.claims if c.id == "c1"] == [edited.claim("c1")]
    assert len(now.claims) == 2
    assert claim.text not in now.summary
    assert "Swims." in now.summary
    assert now.differences == (() if claim.reference else found.differences)


def difference(claim):
    return Difference(claim.dimension, claim.text, "measured", ("e1",))


def test_a_correction_is_known_when_its_first_words_were_forgotten():
    for claim in (measured("dashes", "3.50"), free("Likes tea.")):
        both = replace(claim, spans=(Span("e1"), Span("e2")))
        edited = profile(both).correct("c1", "Something else.")
        known = keys(edited)
        left = edited.forget(["e2"])
        found = profile(replace(claim, text=claim.text.replace("3.50", "3.90")))
        assert texts(renewed(left, found, known=known, at=DAY)) == ["Something else."]
        assert not any(claim.text in key for key in known)


def test_one_value_before_and_another_now_is_a_contradiction():
    def lives(where, day):
        return free(
            f"lives in: {where}", attribute="lives_in", value=where,
            learned_at=DAY + timedelta(days=day),
        )  # fmt: skip

    now = renewed(profile(lives("Oslo", 0)), profile(lives("Rome", 5)), at=DAY)
    assert now.attributes() == {"lives_in": ("Rome",)}
    assert now.claim("c1").valid_to == DAY + timedelta(days=5)
    two = profile(lives("Rome", 5), lives("Bari", 6))
    several = renewed(profile(lives("Oslo", 0)), two, at=DAY)
    assert several.attributes() == {"lives_in": ("Oslo", "Rome", "Bari")}


def test_another_user_s_is_refused():
    with pytest.raises(DataError, match="'ann' and 'bob'"):
        renewed(profile(), Profile("bob"))


def test_every_earlier_version_is_found_again():
    steps = [profile(free("Likes tea."), free("Swims.", "e2"))]
    steps.append(steps[-1].correct("c1", "Likes green tea."))
    steps.append(steps[-1].add([free("Runs.", "e3")], "learned"))
    steps.append(steps[-1].end("c2", "stopped", at=DAY))
    steps.append(steps[-1].replaced(["c1", "c3"], [free("Tea and running.", "e4")], "joined"))
    steps.append(steps[-1].suppress("c2"))
    for step in steps:
        found = earlier(steps[-1], step.version)
        assert {c.id: c for c in found.claims} == {c.id: c for c in step.claims}
        assert found.history == step.history
    assert earlier(steps[-1], 0).claims == ()


def test_what_was_forgotten_is_in_no_earlier_version():
    made = profile(free("Likes tea."), free("Swims.", "e2")).correct("c2", "Swims daily.")
    left = made.forget(["e1"])
    assert [c.text for c in earlier(left, 1).claims] == ["Swims."]


def test_a_summary_tells_nothing_that_was_taken_out():
    made = profile(free("Likes tea."), free("Swims.", "e2"), summary="Likes tea and swims.")
    now = told_again(made.suppress("c1"))
    assert now.summary == "- Swims."
    assert told_again(now.suppress("c2")).summary == ""


@pytest.mark.parametrize("why", ["ended by the user", "moved away"])
def test_what_was_ended_is_not_told_by_a_new_summary_whatever_the_reason(why):
    claims = (free("Lives in Oslo."), free("Likes tea."))
    old = profile(*claims).end("c1", why, at=DAY)
    now = renewed(old, profile(*claims, summary="Lives in Oslo and likes tea."), at=DAY)
    assert texts(now) == ["Likes tea."]
    assert now.summary == "- Likes tea."
