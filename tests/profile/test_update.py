"""How profiles are kept: evidence joined, contradictions settled, near duplicates joined."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from idiolect.data import Event, Events, Population
from idiolect.errors import DataError, ReplyError, UnknownNameError
from idiolect.lm import Scripted
from idiolect.profile import (
    Append,
    Claim,
    Consolidate,
    Field,
    FieldUpdate,
    Profile,
    Retrieve,
    Revise,
    Schema,
    Span,
)

START = datetime(2024, 1, 1, tzinfo=UTC)
TEXTS = ("I love jazz.", "Jazz bores me now.", "My home is Oslo.", "Moved to Rome!",
         "Jazz, please.", "I play the cello.", "Mondays are for the cello.",
         "My prayers.")  # fmt: skip


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def events(*texts: str) -> Events:
    made = [Event("ann", text, time=day(n), id=f"e{n}") for n, text in enumerate(texts)]
    return Population.of(made).events_of("ann")


OWN = events(*TEXTS)


def claim(text: str, event: int, **more: Any) -> Claim:
    """A claim shown by the whole of one event."""
    given = {"dimension": "tastes", "confidence": 0.8, "learned_at": day(event)} | more
    return Claim(text, spans=(Span(f"e{event}", TEXTS[event]),), **given)


JAZZ = claim("Likes jazz.", 0)


def labelled(**labels: str) -> Scripted:
    """A model that labels pairs of texts: `a|b` → label; everything else is unrelated."""
    pairs = {frozenset(pair.split("|")): label for pair, label in labels.items()}

    def relate(prompt: Any) -> str:
        drafts = prompt.section("drafts")
        shown = (*prompt.section("profile"), *drafts)
        return json.dumps(
            {
                "relations": [
                    {"claim": new.fact("id"), "to": [old.fact("id")], "label": label}
                    for new in drafts
                    for old in shown
                    if (label := pairs.get(frozenset((new.text, old.text))))
                ]
            }
        )

    def revise(prompt: Any) -> str:
        entries = (*prompt.section("profile"), *prompt.section("drafts"))
        joined = " And: ".join(entry.text for entry in entries)
        of = [entry.fact("id") for entry in entries]
        return json.dumps({"claims": [{"text": joined, "of": of, "confidence": 0.7, "days": 30.0}]})

    return Scripted({"relate": relate, "revise": revise})


def test_append_joins_the_evidence_of_equal_words() -> None:
    profile = Append(OWN)(Profile("ann"), [JAZZ, claim("likes  JAZZ.", 4, confidence=0.9)])
    assert [c.text for c in profile.claims] == ["Likes jazz."]
    again = Append(OWN)(profile, [claim("Likes jazz.", 4), claim("Home is Oslo.", 2)])
    assert [c.own for c in again.claims] == [("e0", "e4"), ("e2",)]
    assert again.claims[0].confidence == 0.9
    assert again.claims[0].learned_at == day(4)
    assert profile.claims[0].own == ("e0", "e4"), "and an old profile stays as it was"


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (replace(JAZZ, spans=(Span("e99", "I love jazz."),)), "cites 'e99', no event of the user"),
        (replace(JAZZ, spans=(Span("e0", "I adore jazz."),)), "which does not occur"),
        (replace(JAZZ, spans=()), "quotes nothing"),
    ],
)
def test_no_policy_takes_in_what_the_users_events_do_not_show(bad: Any, why: str) -> None:
    schema = Schema((Field("taste"),))
    given = replace(bad, attribute="taste", value="jazz")
    for update, wrong in (
        (Append(OWN), bad),
        (Revise(Scripted(), OWN), bad),
        (FieldUpdate(schema, OWN), given),
    ):
        with pytest.raises(DataError, match=why):
            update(Profile("ann"), [claim("Home is Oslo.", 2, attribute="taste", value="x"), wrong])


def test_what_is_suppressed_is_not_believed_again_in_these_or_other_words() -> None:
    profile = Append(OWN)(Profile("ann"), [JAZZ]).suppress("c1")
    assert Append(OWN)(profile, [claim("Likes jazz.", 4)]) == profile
    lm = labelled(**{"Likes jazz.|Is fond of jazz.": "identical"})
    other = claim("Is fond of jazz.", 4)
    after = Revise(lm, OWN)(profile, [other])
    assert after == profile, "no claim, and no trace"
    assert [e.text for e in lm.prompts[0].section("profile")] == ["Likes jazz."]
    assert Revise(labelled(), OWN)(profile, [other]).current()[0].text == "Is fond of jazz."


def test_what_is_corrected_is_not_believed_again_as_it_was() -> None:
    profile = Append(OWN)(Profile("ann"), [JAZZ]).correct("c1", "Likes free jazz.")
    assert Append(OWN)(profile, [claim("Likes jazz.", 4)]) == profile
    lm = Scripted()
    assert Revise(lm, OWN)(profile, [claim("Likes jazz.", 4)]) == profile
    assert not lm.prompts


CHANGE = {"Likes jazz.|Dislikes jazz.": "contradictory"}


@pytest.mark.parametrize(
    ("old", "new", "believed"),
    [
        ("inferred", "stated", "Dislikes jazz."),
        ("stated", "stated", "Dislikes jazz."),
        ("inferred", "inferred", "Dislikes jazz."),
        ("stated", "inferred", "Likes jazz."),
        ("corrected", "stated", "Likes jazz."),
        ("corrected", "inferred", "Likes jazz."),
    ],
)
def test_of_two_that_contradict_one_is_current_and_both_are_kept(
    old: Any, new: Any, believed: str
) -> None:
    profile = Profile("ann").add([replace(JAZZ, status=old)], "given", at=day(0))
    after = Revise(labelled(**CHANGE), OWN)(profile, [claim("Dislikes jazz.", 1, status=new)])
    assert {c.text for c in after.claims} == {"Likes jazz.", "Dislikes jazz."}
    assert [c.text for c in after.current()] == [believed]
    assert [c.text for c in after.current(day(0.5))] == ["Likes jazz."]
    after.verify(OWN)
    if believed == "Dislikes jazz.":
        assert after.claim("c1").valid_to == after.claim("c2").valid_from == day(1)
        assert after.past("c1") == profile.claims
        assert [step.why for step in after.history[1:]] == [
            "contradicts c1",
            "contradicted by c2",
        ]
    else:
        assert after.history[-1].why == f"contradicts the {old} c1"
        again = Revise(labelled(**CHANGE), OWN)(
            after, [replace(claim("Dislikes jazz.", 1, status=new), spans=(Span("e4", "Jazz"),))]
        )
        assert len(again.claims) == 2, "what is not believed does not pile up"


def test_older_evidence_that_comes_late_is_past() -> None:
    rome = claim("Home is Rome.", 3, status="stated")
    oslo = claim("Home is Oslo.", 2, status="stated")
    lm = labelled(**{"Home is Rome.|Home is Oslo.": "contradictory"})
    after = Revise(lm, OWN)(Append(OWN)(Profile("ann"), [rome]), [oslo])
    assert [c.text for c in after.current()] == ["Home is Rome."]
    assert (after.claim("c2").valid_from, after.claim("c2").valid_to) == (day(2), day(3))


def test_contradictory_dates_never_end_a_claim_before_it_begins() -> None:
    """What holds from a later day on is contradicted by something that was stated before."""
    from_later = replace(JAZZ, valid_from=day(30))
    profile = Profile("ann").add([from_later], "given")
    after = Revise(labelled(**CHANGE), OWN)(profile, [claim("Dislikes jazz.", 1, status="stated")])
    assert after.claim("c1").valid_to == day(30)
    assert not after.claim("c1").holds(day(31))
    with pytest.raises(DataError, match="must not end before it begins"):
        Claim("x", "tastes", 0.5, valid_from=day(2), valid_to=day(1))


def test_without_times_the_past_is_in_the_history() -> None:
    profile = Profile("ann").add([replace(JAZZ, learned_at=None)], "given")
    new = replace(claim("Dislikes jazz.", 1), learned_at=None)
    after = Revise(labelled(**CHANGE), OWN)(profile, [new])
    assert [c.text for c in after.claims] == ["Dislikes jazz."]
    assert [c.text for c in after.past("c1")] == ["Likes jazz."]


def test_to_and_fro_within_one_batch_is_followed() -> None:
    lm = labelled(**{"Home is Rome.|Home is Oslo.": "contradictory"})
    said = [claim("Home is Oslo.", n) for n in (2, 4)] + [claim("Home is Rome.", 3)]
    after = Revise(lm, OWN)(Profile("ann"), said)
    spans = [(c.text, c.valid_from, c.valid_to) for c in after.claims]
    assert spans == [
        ("Home is Oslo.", None, day(3)),
        ("Home is Rome.", day(3), day(4)),
        ("Home is Oslo.", day(4), None),
    ]


def test_similar_ones_are_rewritten_with_all_evidence_ids_and_history() -> None:
    stored = Append(OWN)(Profile("ann"), [claim("Plays the cello.", 5), JAZZ])
    lm = labelled(**{"Plays the cello.|Plays cello on Mondays.": "similar"})
    new = claim("Plays cello on Mondays.", 6)
    after = Revise(lm, OWN)(stored, [new])
    rewritten = after.claim("c1")
    assert rewritten.text == "Plays the cello. And: Plays cello on Mondays."
    assert (rewritten.own, rewritten.version, rewritten.durability) == (("e5", "e6"), 2, 30.0)
    assert after.past("c1") == (stored.claim("c1"),)
    assert after.claim("c2") == stored.claim("c2"), "what is not similar stays"
    assert after.history[-1].why == "written anew from c1, c3"
    assert [p.stage for p in lm.prompts] == ["relate", "revise"]
    quotes = [entry.text for entry in lm.prompts[1].section("own")]
    assert quotes == [TEXTS[5], TEXTS[6]], "and the rewriting sees all of it"


def test_nothing_is_destroyed_by_a_rewriting_that_leaves_something_out() -> None:
    stored = Append(OWN)(Profile("ann"), [claim("Plays the cello.", 5)])
    lm = labelled(**{"Plays the cello.|Plays cello on Mondays.": "similar"})
    lm.answers["revise"] = '{"claims": []}'  # type: ignore[index]
    after = Revise(lm, OWN)(stored, [claim("Plays cello on Mondays.", 6)])
    assert [c.text for c in after.claims] == ["Plays the cello.", "Plays cello on Mondays."]


def test_what_the_user_corrected_is_never_rewritten() -> None:
    stored = Append(OWN)(Profile("ann"), [claim("Plays.", 5)]).correct("c1", "Plays the cello.")
    lm = labelled(**{"Plays the cello.|Plays cello on Mondays.": "similar"})
    after = Revise(lm, OWN)(stored, [claim("Plays cello on Mondays.", 6)])
    assert after.claim("c1") == stored.claim("c1")
    assert [p.stage for p in lm.prompts] == ["relate"]


def test_a_rewriting_does_not_turn_sensitive() -> None:
    stored = Append(OWN)(Profile("ann"), [claim("Says prayers.", 7), claim("Plays the cello.", 5)])
    lm = labelled(**{"Plays the cello.|Plays cello on Mondays.": "similar"})
    lm.answers["revise"] = json.dumps(  # type: ignore[index]
        {"claims": [{"text": "Is a devout cellist.", "of": ["c2", "n1"], "confidence": 1.0,
                     "days": None}]}
    )  # fmt: skip
    new = claim("Plays cello on Mondays.", 6)
    assert "devout" not in Revise(lm, OWN)(stored, [new]).to_json()
    allowed = Revise(lm, OWN, allow_sensitive=True)(stored, [new])
    assert allowed.claim("c2").sensitive == "beliefs"


@pytest.mark.parametrize(
    "reply",
    ["", "{}", '{"relations": [{"claim": "n7", "label": "identical", "to": ["c1"]}]}',
     '{"relations": [{"claim": "n1", "label": "same", "to": ["c1"]}]}',
     '{"relations": [{"claim": "n1", "label": "identical", "to": ["c9"]}]}'],
)  # fmt: skip
def test_replies_that_are_empty_misshapen_or_name_unknown_claims_are_errors(reply: str) -> None:
    profile = Append(OWN)(Profile("ann"), [JAZZ])
    with pytest.raises(ReplyError):
        Revise(Scripted(reply), OWN)(profile, [claim("Loves jazz.", 4)])


def test_nothing_to_relate_asks_nobody() -> None:
    lm = Scripted()
    revise = Revise(lm, OWN)
    assert revise(Profile("ann"), []) == Profile("ann")
    assert [c.id for c in revise(Profile("ann"), [JAZZ]).claims] == ["c1"]
    assert not lm.prompts


SCHEMA = Schema(
    (
        Field("home"),
        Field("languages", many=True),
        Field("career", protected=True),
        Field("religion", sensitive="beliefs"),
        Field("age", "number"),
    )
)


def given(name: str, value: Any, event: int, **more: Any) -> Claim:
    return SCHEMA.claim(
        name, value, 0.8, spans=(Span(f"e{event}", TEXTS[event]),), learned_at=day(event), **more
    )


def test_fields_are_brought_up_to_date_one_by_one() -> None:
    update = FieldUpdate(SCHEMA, OWN)
    profile = update(
        Profile("ann"),
        [given("home", "Oslo", 2), given("languages", "nb", 2), given("languages", "it", 3),
         given("languages", "nb", 4), given("home", "Rome", 3)],
    )  # fmt: skip
    assert profile.attributes() == {"home": ("Rome",), "languages": ("nb", "it")}
    assert profile.attributes(day(2.5))["home"] == ("Oslo",)
    assert next(c for c in profile.claims if c.value == "nb").own == ("e2", "e4")
    assert not SCHEMA.problems(profile)


def test_a_protected_field_is_changed_only_by_the_user() -> None:
    update = FieldUpdate(SCHEMA, OWN)
    profile = update(Profile("ann"), [given("career", "baker", 0)])
    after = update(profile, [given("career", "pilot", 3)])
    assert after.attributes() == {"career": ("baker",)}
    assert [c.value for c in after.claims] == ["baker", "pilot"], "kept, not believed"
    assert after.history[-1].why == "contradicts the protected c1"
    stated = update(after, [given("career", "nurse", 4, status="stated")])
    assert stated.attributes() == {"career": ("nurse",)}


def test_a_sensitive_field_is_never_inferred() -> None:
    update = FieldUpdate(SCHEMA, OWN)
    tried = update(Profile("ann"), [given("religion", "Zoroastrian", 7)])
    assert "Zoroastrian" not in tried.to_json()
    assert tried.notes == ("'religion' is only taken from what the user states",)
    assert update(tried, [given("religion", "Zoroastrian", 7)]).notes == tried.notes
    said = update(tried, [given("religion", "Zoroastrian", 7, status="stated")])
    assert said.attributes() == {"religion": ("Zoroastrian",)}
    assert said.claims[0].sensitive == "beliefs"


def test_fields_refuse_what_is_none_of_the_schema() -> None:
    update = FieldUpdate(SCHEMA, OWN)
    with pytest.raises(DataError, match="gives no attribute"):
        update(Profile("ann"), [JAZZ])
    with pytest.raises(UnknownNameError):
        update(Profile("ann"), [replace(JAZZ, attribute="hat", value="red")])
    with pytest.raises(DataError, match="needed is number"):
        update(Profile("ann"), [replace(JAZZ, attribute="age", value="old")])


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        ("Likes strong black tea.", "Likes black tea.", True),
        ("The user likes strong black tea.", "Likes strong black tea.", True),
        ("Likes strong black tea.", "Does not like strong black tea.", False),
        ("Moved to Rome with the whole family.", "Moved to Oslo with the whole family.", False),
        ("Prefers tea to coffee at work.", "Prefers coffee to tea at work.", False),
        ("Drinks strong black tea.", "Used to drink strong black tea.", False),
        ("Has two dogs and 2 cats.", "Has two dogs and 3 cats.", False),
        ("Likes tea.", "Likes tea with milk and much sugar.", False),
    ],
)
def test_near_duplicates_are_joined_and_others_are_not(one: str, other: str, joined: bool) -> None:
    profile = Append(OWN)(Profile("ann"), [claim(one, 0), claim(other, 4)])
    after = Consolidate()(profile)
    if joined:
        assert [c.text for c in after.claims] == [max(one, other, key=len)]
        assert after.claims[0].id == "c1"
        assert set(after.claims[0].own) == {"e0", "e4"}
        assert after.history[-1].why == "nearly the same, joined from c1, c2"
        assert {c.text for name in ("c1", "c2") for c in after.past(name)} == {one, other}
    else:
        assert after == profile


def test_consolidation_takes_in_first_and_clears_away_what_is_long_superseded() -> None:
    change = Consolidate(FieldUpdate(SCHEMA, OWN), superseded=2)
    profile = change(Profile("ann"), [given("home", "Oslo", 2), given("home", "Rome", 3)])
    assert len(profile.claims) == 2
    later = change(profile, [given("languages", "it", 6)])
    assert [c.value for c in later.claims] == ["Rome", "it"]
    assert later.history[-1].reason == "superseded since 2024-01-04"
    assert later.past("c1")[-1].value == "Oslo", "the history keeps it"
    with pytest.raises(DataError, match="no `update`"):
        Consolidate()(profile, [JAZZ])


def test_what_lasts_counts_for_longer() -> None:
    """Decay goes the right way: after a week, what lasts is before what was said to pass."""
    passing = claim("Looks for a jazz club.", 0, durability=1.0)
    lasting = claim("Sings in a jazz choir.", 0, durability=1000.0)
    assert lasting.currency(day(7)) > 0.99 > passing.currency(day(7)) > 0
    (first, score), (second, less) = Retrieve(2)([passing, lasting], "jazz", day(7))
    assert (first, second) == (lasting, passing)
    assert score > less


def test_forgetting_leaves_no_words_of_what_was_believed() -> None:
    """Nor in the reasons of changes to other claims, nor in words that were joined."""
    profile = Append(OWN)(Profile("ann"), [JAZZ, claim("Likes loud jazz.", 4)])
    profile = Consolidate(alike=0.5)(profile)
    changed = Revise(labelled(**{"Likes loud jazz.|Is bored by jazz.": "contradictory"}), OWN)(
        profile, [claim("Is bored by jazz.", 6)]
    )
    assert changed.claim("c1").valid_to == day(6)
    assert "bored" not in changed.forget(["e6"]).to_json()
    left = profile.forget(["e4"])
    assert "loud" not in left.to_json()
    assert left.claims == (replace(JAZZ, id="c1"),)
    assert [c.text for c in profile.forget(["e0"]).claims] == ["Likes loud jazz."]


def test_forgetting_takes_a_rewriting_apart() -> None:
    stored = Append(OWN)(Profile("ann"), [claim("Plays the cello.", 5)])
    lm = labelled(**{"Plays the cello.|Plays cello on Mondays.": "similar"})
    profile = Revise(lm, OWN)(stored, [claim("Plays cello on Mondays.", 6)])
    (one,) = profile.claims
    assert one.own == ("e5", "e6")
    assert "Monday" not in profile.forget(["e6"]).to_json()
    assert [c.text for c in profile.forget(["e6"]).claims] == ["Plays the cello."]
    assert [c.text for c in profile.forget(["e5"]).claims] == ["Plays cello on Mondays."]
    assert profile.forget(["e5", "e6"]).claims == ()
    own_words = profile.correct("c1", "Plays badly.")
    assert [c.text for c in own_words.forget(["e6"]).claims] == ["Plays badly."]


def test_a_rewriting_that_parts_a_claim_is_taken_apart_as_a_whole() -> None:
    stored = Append(OWN)(Profile("ann"), [claim("Plays the cello.", 5)])
    lm = labelled(**{"Plays the cello.|Plays on Mondays.": "similar"})
    parts = [("Plays an instrument.", ["c1"]), ("Has the cello on Mondays.", ["c1", "n1"])]
    lm.answers["revise"] = json.dumps(  # type: ignore[index]
        {"claims": [{"text": text, "of": of, "confidence": 0.7, "days": None}
                    for text, of in parts]}
    )  # fmt: skip
    profile = Revise(lm, OWN)(stored, [claim("Plays on Mondays.", 6)])
    assert [(c.id, c.text) for c in profile.claims] == [("c1", parts[0][0]), ("c3", parts[1][0])]
    steps = profile.history[-3:]
    assert {step.version for step in steps} == {profile.version}, "one step"
    assert [step.kind for step in steps] == ["replaced", "replaced", "added"]
    left = profile.forget(["e6"])
    assert "Monday" not in left.to_json()
    assert [c.text for c in left.claims] == ["Plays an instrument."]
    # The second half goes back to what it was made from, as the first one does.
    assert [c.text for c in profile.forget(["e5"]).claims] == ["Plays on Mondays."]


def test_forgetting_goes_back_over_several_rewritings_and_later_forgettings() -> None:
    def joined(profile: Profile, names: list[str], *events: int) -> Profile:
        spans = tuple(Span(f"e{n}", TEXTS[n]) for n in events)
        text = " ".join(profile.claim(name).text for name in names)
        return profile.replaced(names, [Claim(text, "tastes", 0.5, spans=spans)], "joined")

    profile = Append(OWN)(Profile("ann"), [claim(f"Fact {n}.", n) for n in (0, 1, 2, 3)])
    profile = joined(joined(profile, ["c1", "c2"], 0, 1), ["c1", "c3"], 0, 1, 2)
    assert [c.text for c in profile.forget(["e1"]).claims] == ["Fact 3.", "Fact 0.", "Fact 2."]
    assert profile.forget(["e3"]).forget(["e1"]).claims[:1] == profile.past("c1")[:1]


def test_what_was_contradicted_by_what_is_forgotten_holds_again() -> None:
    changed = Revise(labelled(**CHANGE), OWN)(
        Append(OWN)(Profile("ann"), [JAZZ]), [claim("Dislikes jazz.", 1)]
    )
    assert [c.text for c in changed.current()] == ["Dislikes jazz."]
    left = changed.forget(["e1"])
    assert [c.text for c in left.current()] == ["Likes jazz."]
    assert (left.history[-1].kind, left.history[-1].claim) == ("forgotten", "c2")
    assert left.history[1].by == ("c2",), "an id tells nothing of what was forgotten"
    firm = Profile("ann").add([replace(JAZZ, status="stated")], "given")
    kept = Revise(labelled(**CHANGE), OWN)(firm, [claim("Dislikes jazz.", 1)])
    assert [c.text for c in kept.forget(["e0"]).current()] == ["Dislikes jazz."]


@pytest.mark.parametrize(
    ("by", "then"), [((), False), (("c2",), True), (("c3",), False), (("c2", "c3"), False)]
)
def test_it_holds_again_by_what_ended_it_not_by_how_the_reason_is_put(
    by: tuple[str, ...], then: bool
) -> None:
    both = Profile("ann").add([JAZZ, claim("Dislikes jazz.", 1), claim("Reads.", 2)], "learned")
    for reason in ("contradicted by", "contradicts", "no more, because of", "contradicted by c2"):
        left = both.end("c1", reason, by=by, at=day(1)).forget(["e1"])
        assert (left.claim("c1") in left.current()) == then
        rest = left.forget(["e2"])
        assert (rest.claim("c1") in rest.current()) == bool(by), "once all are gone"


def test_a_fresh_figure_of_how_rare_it_is_replaces_the_old_one() -> None:
    profile = Append(OWN)(Profile("ann"), [replace(JAZZ, distinctiveness=0.9)])
    again = Append(OWN)(profile, [replace(JAZZ, distinctiveness=0.2)])
    assert again.claim("c1").distinctiveness == 0.2
    assert Append(OWN)(again, [JAZZ]) == again, "no figure takes none away"
