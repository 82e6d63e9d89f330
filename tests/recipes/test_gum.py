"""GUM: stages and their fields, the audit, and a long stream in which the user changes their mind.

The scripted model reads the sections of the prompts and nothing else: it notes what a sentence
says, sometimes in other words, and labels claims by what they are about.
"""

import json
import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from idiolect.data import Event, Population, Request
from idiolect.lm import Scripted
from idiolect.profile import to_markdown
from idiolect.recipes.infer.gum import gum
from idiolect.run import Assembly, answer
from idiolect.run.folder import result

START = datetime(2024, 1, 1, tzinfo=UTC)
#: Topic → how the user says it, how a model says it (in two ways), what it can be.
TOPICS = {
    "city": ("I live in {}", "Lives in {}.", "The home is {}.", "Oslo Rome Graz Porto Lyon"),
    "editor": ("I write code in {}", "Codes in {}.", "The editor is {}.", "Emacs Helix Kate Zed"),
    "drink": ("I start the day with {}", "Drinks {}.", "The morning cup is {}.",
              "tea coffee cocoa mate"),
    "pet": ("my pet is a {}", "Keeps a {}.", "The animal at home is a {}.", "cat dog parrot newt"),
    "sport": ("I train for {}", "Trains for {}.", "The sport is {}.", "judo rowing chess fencing"),
    "bike": ("I ride a {} bike", "Rides a {} bike.", "The bike is {}.", "red blue green yellow"),
    "boss": ("my boss is {}", "Works for {}.", "The boss is {}.", "Ines Karl Mira Otto"),
    "course": ("I study {}", "Studies {}.", "The subject is {}.", "Greek botany logic sailing"),
}  # fmt: skip
DAYS = ("Monday", "Tuesday", "Thursday", "Sunday")
CHATTER = ("The bus was late again.", "What a grey morning.", "Nothing to report.", "Soup for two.")


def pattern(form: str) -> str:
    return re.escape(form).replace(r"\{\}", r"(\w+)")


def meant(text: str) -> tuple[str, str]:
    """Topic and value of a claim, in whichever words."""
    for topic, (_, one, other, _) in TOPICS.items():
        for form in (one, other):
            if found := re.fullmatch(pattern(form), text):
                return topic, found[1]
    return "cello", text


def extract(prompt) -> str:
    found = []
    entries = prompt.section("own")
    for number, entry in enumerate(entries, 1):
        for topic, (says, one, other, _) in TOPICS.items():
            for match in re.finditer(pattern(says), entry.text):
                form = other if len(entry.text) % 3 == 0 else one
                found.append((form.format(match[1]), number, match[0], True))
            if match := re.search(rf"A leaflet about (\w+), {topic}\.", entry.text):
                found.append((one.format(match[1]), number, match[0], False))
        if match := re.search(r"Played the cello on (\w+)", entry.text):
            found.append((f"Plays the cello on {match[1]}.", number, match[0], True))
    return json.dumps(
        {
            "claims": [
                {"text": text, "dimension": "facts", "number": number, "quote": quote,
                 "stated": stated, "polarity": "positive", "confidence": 0.9, "days": None}
                for text, number, quote, stated in found
            ]
        }
    )  # fmt: skip


def relate(prompt) -> str:
    known = {e.fact("id"): e.text for e in (*prompt.section("profile"), *prompt.section("drafts"))}
    relations = []
    for new in prompt.section("drafts"):
        topic, value = meant(new.text)
        for name, text in known.items():
            if name == new.fact("id") or meant(text)[0] != topic:
                continue
            label = "identical" if meant(text)[1] == value else "contradictory"
            label = "similar" if topic == "cello" else label
            relations.append({"claim": new.fact("id"), "label": label, "to": [name]})
    return json.dumps({"relations": relations})


def revise(prompt) -> str:
    shown = [*prompt.section("profile"), *prompt.section("drafts")]
    days = [day for day in DAYS if any(day in entry.text for entry in shown)]
    text = f"Plays the cello on {', '.join(days)}."
    of = [entry.fact("id") for entry in shown]
    return json.dumps({"claims": [{"text": text, "of": of, "confidence": 0.9, "days": None}]})


def script(**more) -> Scripted:
    return Scripted({"extract": extract, "relate": relate, "revise": revise, **more})


def stream(
    seed: int, size: int = 1000
) -> tuple[list[Event], dict[str, list[tuple[datetime, str]]]]:
    """A user's notes, hourly; and topic → the times at which a new value was stated."""
    rng = np.random.default_rng(seed)
    values = {topic: forms[3].split() for topic, forms in TOPICS.items()}
    truth: dict[str, list[tuple[datetime, str]]] = {topic: [] for topic in TOPICS}
    events = []
    for hour in range(size):
        time, draw = START + timedelta(hours=hour), rng.random()
        topic = str(rng.choice(list(TOPICS)))
        now = truth[topic][-1][1] if truth[topic] else ""
        extra, role = {"recalled": False}, "user"
        if draw < 0.25:
            value = now
            if not now or rng.random() < 0.25:
                value = str(rng.choice([v for v in values[topic] if v != now]))
                truth[topic].append((time, value))
            text = (
                f"{rng.choice(CHATTER)} These days {TOPICS[topic][0].format(value)}, hour {hour}."
            )
        elif draw < 0.32 and now:
            wrong = str(rng.choice([v for v in values[topic] if v != now]))
            text = f"A leaflet about {wrong}, {topic}. Hour {hour}."
        elif draw < 0.36:
            text = f"Played the cello on {rng.choice(DAYS)}, hour {hour}."
        elif draw < 0.44:
            wrong = str(rng.choice(values[topic]))
            text, role = f"So {TOPICS[topic][0].format(wrong)}, as you said. {hour}", "assistant"
        elif draw < 0.5:
            wrong = str(rng.choice(values[topic]))
            text = f"{TOPICS[topic][0].format(wrong)}, hour {hour}."
            extra = {"recalled": True}
        else:
            text = f"{rng.choice(CHATTER)} Hour {hour}."
        events.append(Event("ann", text, time=time, role=role, extra=extra, id=f"e{hour}"))
    return events, truth


@pytest.mark.parametrize("batch", [5, 50])
def test_a_thousand_observations_with_changes_of_mind(batch: int) -> None:
    events, truth = stream(seed=batch)
    population, lm = Population.of(events), script()
    asked = Request("ann", "Where do I live?", time=START + timedelta(days=90))
    outcome = answer(
        Assembly(gum, settings={"batch": batch, "batches": 1000}), population, asked, lm
    )
    assert outcome.failure is None, outcome.failure
    profile = outcome.answer
    changes = sum(len(steps) - 1 for steps in truth.values())
    assert changes > 30, "the user changes their mind"

    # The current value is the one stated last, and only that.
    current: dict[str, list[str]] = {}
    for claim in profile.current():
        topic, value = meant(claim.text)
        current.setdefault(topic, []).append(value)
    days = [day for day in DAYS if any(f"Played the cello on {day}" in e.text for e in events)]
    assert current.pop("cello") == [f"Plays the cello on {', '.join(days)}."]
    assert current == {topic: [steps[-1][1]] for topic, steps in truth.items()}

    # The history is kept: what was true when, with the very hours of the changes.
    ever = [c for c in profile.claims if c.valid_from != c.valid_to]  # believed at some time
    for topic, steps in truth.items():
        held = sorted(
            (c.valid_from or steps[0][0], c.valid_to, meant(c.text)[1])
            for c in ever
            if meant(c.text)[0] == topic and c.status == "stated"
        )
        ends = [*(time for time, _ in steps[1:]), None]
        assert held == [(time, end, value) for (time, value), end in zip(steps, ends, strict=True)]

    # What was only inferred gives way to what was stated. BM25 sees no contradiction between claims
    # that share no word, so now and then such a thing is believed for a while.
    leaflets = sum("leaflet" in event.text for event in events)
    believed = [c for c in ever if c.status == "inferred"]
    assert leaflets > 40
    assert len(believed) <= 2, believed

    # Every quote occurs, in texts that the user wrote.
    own = population.events_of("ann")
    profile.verify(own)
    spans = [span for claim in profile.claims for span in claim.spans]
    written = {e.id for e in events if e.role == "user" and not e.extra["recalled"]}
    assert {span.event for span in spans} <= written
    stated = {
        e.id for e in events if e.id in written and re.search(r"These days|leaflet|cello", e.text)
    }
    assert {span.event for span in spans} == stated, "no evidence is lost"
    assert outcome.answer.summary.count("\n") <= 2
    assert "Lives in" in outcome.answer.summary or "home is" in outcome.answer.summary


def small(*texts: str) -> Population:
    return Population.of(
        Event("ann", text, time=START + timedelta(days=n), id=f"e{n}")
        for n, text in enumerate(texts)
    )


def test_stages_and_their_fields_in_order() -> None:
    population, lm = small("I live in Oslo", "I live in Rome, ok", "Played the cello on Monday",
                           "Played the cello on Sunday"), script()  # fmt: skip
    asked = Request("ann", "cello", time=START + timedelta(days=9))
    outcome = answer(Assembly(gum, settings={"batch": 2}), population, asked, lm)
    assert [p.stage for p in lm.prompts] == ["extract", "relate", "extract", "relate", "revise"]
    assert len(lm.prompts) <= gum.calls(own=4, batch=2)
    kinds = [[section.kind for section in prompt.sections] for prompt in lm.prompts]
    assert kinds == [
        ["own"], ["drafts"], ["own"], ["profile", "drafts"], ["drafts", "own"]
    ]  # fmt: skip
    facts = [dict(entry.facts) for entry in lm.prompts[1].section("drafts")]
    assert facts[0] == {"id": "n1", "about": "facts", "status": "stated", "learned": "2024-01-01"}
    shows = [(e.text, e.fact("shows"), e.events) for e in lm.prompts[4].section("own")]
    assert shows == [
        ("Played the cello on Monday", "n1", ("e2",)),
        ("Played the cello on Sunday", "n2", ("e3",)),
    ]
    assert outcome.answer.summary == "- Plays the cello on Monday, Sunday."
    assert set(outcome.answer.evidence) == {"e0", "e1", "e2", "e3"}


def test_the_audit_keeps_texts_from_being_learned_from() -> None:
    def audit(prompt) -> str:
        text = prompt.section("own")[0].text
        return json.dumps({"new": True, "kind": "home", "subject": "ann", "recipient": "a program",
                           "allowed": "Oslo" not in text})  # fmt: skip

    population, lm = small("I live in Oslo", "I study Greek"), script(audit=audit)
    asked = Request("ann", time=START + timedelta(days=9))
    outcome = answer(Assembly(gum, settings={"audit": True}), population, asked, lm)
    assert [p.stage for p in lm.prompts] == ["audit", "audit", "extract", "relate"][
        : len(lm.prompts)
    ]
    assert "Oslo" not in lm.prompts[2].render().text
    assert [claim.text for claim in outcome.answer.claims] == ["Studies Greek."]
    assert outcome.answer.notes == ("1 texts were not learned from, by the audit",)


def test_what_the_user_did_not_write_is_not_audited_and_what_is_not_read_is_said() -> None:
    events = [
        Event("ann", "I live in Oslo", time=START, id="e0"),
        Event("ann", "So you live in Rome", time=START, role="assistant", id="e1"),
        Event("ann", "I live in Graz", time=START, extra={"recalled": True}, id="e2"),
        Event("ann", "I study Greek", time=START, id="e3"),
    ]
    allowed = {"new": True, "kind": "", "subject": "ann", "recipient": "", "allowed": True}
    lm = script(audit=json.dumps(allowed))
    asked = Request("ann", time=START + timedelta(days=9))
    settings = {"audit": True, "batch": 1, "batches": 1}
    outcome = answer(Assembly(gum, settings=settings), Population.of(events), asked, lm)
    assert [(p.stage, p.events) for p in lm.prompts] == [("audit", ("e3",)), ("extract", ("e3",))]
    assert outcome.answer.notes == ("1 older texts were not read",)


def test_a_result_is_the_profile_as_a_page() -> None:
    population, lm = small("I live in Oslo", "I study Greek"), script()
    outcome = answer(Assembly(gum), population, Request("ann", time=START + timedelta(days=9)), lm)
    assert result(outcome, population)["answer"] == to_markdown(outcome.answer)


def test_the_floor_cannot_and_nobody_is_nobody() -> None:
    from idiolect.floor import Extractive

    population = small("I live in Oslo")
    asked = Request("ann", time=START + timedelta(days=9))
    refused = answer(Assembly(gum), population, asked, Extractive())
    assert refused.failure.kind == "CapabilityError"
    nobody = answer(Assembly(gum), population, Request("bob"), script())
    assert nobody.answer.claims == ()
    assert nobody.answer.notes == ("'bob' wrote nothing: nothing is believed",)


@pytest.mark.parametrize(
    "reply", ["", "no JSON", "{}", '{"claims": {}}', '{"claims": [{"text": 1}]}']
)
def test_an_empty_or_misshapen_reply_is_an_error(reply: str) -> None:
    population, lm = small("I live in Oslo"), script(extract=reply)
    asked = Request("ann", time=START + timedelta(days=9))
    outcome = answer(Assembly(gum), population, asked, lm)
    assert outcome.failure.kind == "ReplyError"
