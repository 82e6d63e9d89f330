"""A profile's history: nothing is lost, ids stay, corrections win, forgetting is real."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from idiolect.data import Event, Events, Population
from idiolect.errors import DataError, UnknownNameError
from idiolect.lm import Entry
from idiolect.profile import Claim, Field, Profile, Schema, Span, grounded

MAY = datetime(2024, 5, 1, tzinfo=UTC)
TEXTS = ("I drink tea every day.", "No tea any more,\n  only coffee.", "My name is Ann.")
OWN: Events = Population.of(
    [Event("ann", text, time=MAY + timedelta(days=n), id=f"e{n}") for n, text in enumerate(TEXTS)]
).events_of("ann")


def claim(text: str, quote: str, event: int, **more: object) -> Claim:
    span = Span.of(quote, OWN[event])
    assert span is not None
    return Claim(text, "taste", 0.8, spans=(span,), **more)  # type: ignore[arg-type]


TEA = claim("Drinks tea.", "drink tea", 0)
COFFEE = claim("Drinks coffee.", "only coffee", 1)
BORN = Profile("ann").add([TEA, COFFEE], "read", at=MAY, among=OWN)


def test_a_change_is_a_new_profile_and_the_old_form_is_kept() -> None:
    revised = BORN.revise("c1", "said otherwise", at=MAY, text="Drank tea.", valid_to=MAY)
    assert BORN.claim("c1").text == "Drinks tea."
    assert (revised.claim("c1").text, revised.claim("c1").version) == ("Drank tea.", 2)
    assert revised.past("c1") == (BORN.claim("c1"),)
    assert [change.kind for change in revised.history] == ["added", "added", "revised"]
    assert [c.id for c in revised.current()] == ["c2"]
    assert [c.id for c in revised.current(MAY - timedelta(days=1))] == ["c1", "c2"]
    assert revised.diff(revised) == ()
    [step] = BORN.diff(revised)
    assert (step.claim, step.kind, step.reason) == ("c1", "revised", "said otherwise")
    assert step.before == BORN.claim("c1")


def test_claims_in_place_of_others_keep_the_first_id_and_the_old_ones_in_history() -> None:
    both = claim("Changed from tea to coffee.", "only coffee", 1)
    merged = BORN.replaced(["c1", "c2"], [both, TEA], "one story")
    assert [c.id for c in merged.claims] == ["c1", "c3"]
    assert merged.claim("c1").version == 2
    assert merged.past("c1") == (BORN.claim("c1"),)
    assert merged.past("c2") == (BORN.claim("c2"),)
    gone = merged.replaced(["c3"], [], "not so")
    assert gone.add([TEA], "again").claims[-1].id == "c4", "an id is never given twice"


def test_the_user_has_the_last_word() -> None:
    fixed = BORN.correct("c1", "Drinks only green tea.", at=MAY)
    assert fixed.claim("c1").status == "corrected"
    assert fixed.claim("c1").confidence == 1
    hidden = BORN.suppress("c2")
    assert [c.id for c in hidden.current()] == ["c1"]
    again = BORN.merge(hidden)
    assert again.claim("c2").status == "suppressed", "what one side hid stays hidden"
    assert hidden.merge(BORN).claim("c2").status == "suppressed"
    read = Profile("ann").add([claim("Drinks tea.", "tea", 1)], "read")
    assert fixed.merge(read) == fixed, "what was corrected is not believed again as it was"
    assert [c.text for c in read.merge(fixed).current()] == [c.text for c in fixed.claims]


def test_merging_joins_the_evidence_of_what_both_say() -> None:
    other = Profile("ann").add(
        [claim("drinks  TEA.", "tea", 1), claim("Is Ann.", "name is Ann", 2)], "read"
    )
    merged = BORN.merge(other)
    assert merged.claim("c1").own == ("e0", "e1")
    assert [c.text for c in merged.claims] == ["Drinks tea.", "Drinks coffee.", "Is Ann."]
    with pytest.raises(DataError, match="two of one user"):
        BORN.merge(Profile("bob"))
    with pytest.raises(DataError, match="two of one user"):
        BORN.diff(Profile("bob"))


def test_forgetting_leaves_no_word_of_it_anywhere() -> None:
    full = Profile(
        "ann", "Tea, then coffee.", BORN.claims, examples=(Entry(TEXTS[0], (), ("e0",)),),
        sources=("e0", "e1"), history=BORN.history,
    )  # fmt: skip
    full = full.revise("c1", "said otherwise", text="Drank tea once.")
    left = full.forget(["e0"])
    assert "tea" not in left.to_json().casefold()
    assert [c.id for c in left.claims] == ["c2"]
    assert left.summary == "", "a summary cannot be taken apart"
    assert left.evidence == ("e1",)
    two = BORN.revise("c1", "seen again", spans=(*TEA.spans, *COFFEE.spans))
    assert two.forget(["e0"]).claim("c1").own == ("e1",)
    assert not two.forget(["e0"]).past("c1"), "its first form rested on nothing else"


def test_a_claim_without_a_quote_that_occurs_is_refused() -> None:
    wrong = [
        Claim("Is tall.", "looks", 0.9),
        Claim("Is tall.", "looks", 0.9, spans=(Span("e9", "tall"),)),
        Claim("Is tall.", "looks", 0.9, spans=(Span("e0", "I am tall"),)),
        Claim("Drinks.", "taste", 0.9, spans=(Span("e0", "drink", 0),)),
    ]
    kept, refused = grounded([TEA, *wrong], OWN)
    assert kept == [TEA]
    for why, words in zip(refused, ("nothing", "'e9'", "'I am tall'", "'drink'"), strict=True):
        assert words in why
    with pytest.raises(DataError, match="4 of 4 claims without evidence"):
        BORN.add(wrong, "guessed", among=OWN)
    assert BORN.verify(OWN) is BORN
    with pytest.raises(DataError, match="1 of 2 claims about 'ann'"):
        BORN.verify(OWN[:1])


def test_a_quote_is_found_where_only_its_white_space_differs() -> None:
    span = Span.of("any more, only", OWN[1])
    assert span == Span("e1", "any more,\n  only", 7)
    assert span.occurs(OWN[1])
    assert Span.of("more only", OWN[1]) is None
    assert Span.of(" ", OWN[1]) is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"text": " "}, "claim without words"),
        ({"confidence": 1.2}, "confidence=1.2"),
        ({"confidence": float("nan")}, "confidence=nan"),
        ({"distinctiveness": -1}, "distinctiveness=-1"),
        ({"durability": 0}, "durability=0"),
        ({"durability": float("inf")}, "durability=inf"),
        ({"value": float("nan")}, "value=nan"),
        ({"valid_from": MAY, "valid_to": MAY - timedelta(days=1)}, "must not end before it begins"),
    ],
)
def test_what_is_no_claim(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        BORN.revise("c1", "edit", **wrong)  # type: ignore[arg-type]


def test_changes_of_what_is_not_there() -> None:
    with pytest.raises(UnknownNameError, match="no claim 'c7'"):
        BORN.suppress("c7")
    with pytest.raises(UnknownNameError, match="Did you mean 'text'"):
        BORN.revise("c1", "edit", tekst="x")
    with pytest.raises(UnknownNameError, match="'id'"):
        BORN.revise("c1", "edit", id="c9")


def test_what_lasts_and_what_fades() -> None:
    lasting = claim("Is Ann.", "name is Ann", 2, learned_at=MAY)
    fading = claim("Has a cold.", "tea", 0, learned_at=MAY, durability=7.0)
    later = MAY + timedelta(days=14)
    assert lasting.currency(later) == 1
    assert fading.currency(later) == pytest.approx(0.25)
    assert fading.currency(MAY - timedelta(days=3)) == 1


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_ids_stay_unique_and_json_is_read_back_equal(seed: int) -> None:
    steps = random.Random(seed).choices(
        ["add", "revise", "suppress", "end", "replace", "correct"], k=12
    )
    profile = BORN
    for n, step in enumerate(steps):
        first = profile.claims[0].id if profile.claims else ""
        if step == "add" or not first:
            profile = profile.add([TEA], "read")
        elif step == "revise":
            profile = profile.revise(first, "edit", text=f"Form {n}.")
        elif step == "suppress":
            profile = profile.suppress(first)
        elif step == "end":
            profile = profile.end(first, "over", at=MAY)
        elif step == "correct":
            profile = profile.correct(first, f"Said {n}.")
        else:
            profile = profile.replaced([first], [COFFEE] if n % 2 else [], "rewritten", at=MAY)
        ids = [c.id for c in profile.claims]
        assert len(set(ids)) == len(ids)
        assert all(len(profile.past(c.id)) == c.version - 1 for c in profile.claims)
    assert Profile.from_json(profile.to_json()) == profile
    assert profile.version == len(steps) + 1 or "replace" in steps


def test_a_correction_is_current_whole_and_of_the_new_words() -> None:
    cold = claim(
        "Has a cold.", "tea", 0, learned_at=MAY, durability=7.0, distinctiveness=0.9,
    )  # fmt: skip
    now = MAY + timedelta(days=90)
    fixed = Profile("ann").add([cold], "read").correct("c1", "Has asthma.", at=now).claim("c1")
    assert fixed.currency(now) == 1, "what was put right today has not faded"
    assert fixed.sensitive == "health"
    assert fixed.distinctiveness is None, "the figure was of other words"


def test_a_correction_of_an_attribute_gives_its_value() -> None:
    schema = Schema((Field("lives_in"), Field("age", "number"), Field("tea", "yes or no")))
    given = [schema.claim(n, v, 0.5) for n, v in (("lives_in", "Oslo"), ("age", 7), ("tea", True))]
    profile = Profile("ann").add(given, "read")
    fixed = profile.correct("c1", "Lives in: Rome, Italy").correct("c2", "age: 8")
    fixed = fixed.correct("c3", "tea: no")
    assert fixed.attributes() == {"lives_in": ("Rome, Italy",), "age": (8.0,), "tea": (False,)}
    assert profile.correct("c1", "Is a Roman.", value="Rome").claim("c1").value == "Rome"
    for name, words in (("c1", "Is a Roman."), ("c2", "age: old"), ("c3", "tea: often")):
        with pytest.raises(DataError, match="for the attribute"):
            profile.correct(name, words)


def test_times_without_a_zone_are_utc() -> None:
    naive = datetime(2024, 5, 1)
    made = claim("Tea.", "tea", 0, valid_from=naive, valid_to=MAY, learned_at=naive)
    assert (made.valid_from, made.learned_at) == (MAY, MAY)
    assert made.currency(naive) == 1
    assert not made.holds(naive)
    text = BORN.to_json().replace('"2024-05-01T00:00:00Z"', '"2024-05-01T00:00:00"')
    assert text != BORN.to_json()
    assert Profile.from_json(text) == BORN


def test_nothing_done_is_no_version_and_no_id_is_given_again() -> None:
    assert BORN.add([], "nothing") == BORN
    assert BORN.replaced([], [], "nothing") == BORN
    assert BORN.forget(["e1"]).add([TEA], "again").claims[-1].id == "c3"


def test_a_summary_of_claims_goes_with_what_they_rest_on() -> None:
    told = replace(BORN, summary="- Drinks coffee.")
    assert told.forget(["e1"]).summary == ""
    assert told.revise("c2", "other evidence", spans=TEA.spans).forget(["e1"]).summary == ""
    assert told.forget(["e2"]).summary == told.summary
