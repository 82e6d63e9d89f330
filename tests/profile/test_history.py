"""Whatever is done to a profile, in whatever order: what must hold after every step."""

import json
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from idiolect.data import Event, Events, Population
from idiolect.lm import Prompt, Scripted
from idiolect.profile import (
    Append,
    Claim,
    Consolidate,
    Field,
    FieldUpdate,
    Profile,
    Revise,
    Schema,
    Span,
    from_markdown,
    to_markdown,
)
from idiolect.profile.renew import earlier

START = datetime(2024, 1, 1, tzinfo=UTC)
COUNT = 12
#: Each text has a word of its own, which every claim that rests on it alone repeats.
OWN: Events = Population.of(
    [
        Event("ann", f"So I like kind{n}x now.", time=START + timedelta(days=n), id=f"e{n}")
        for n in range(COUNT)
    ]
).events_of("ann")
KIND = re.compile(r"kind\d+x")
SCHEMA = Schema((Field("home"), Field("languages", many=True)))


def shown(n: int) -> tuple[Span, ...]:
    return (Span(f"e{n}", f"like kind{n}x", 5),)


def likes(n: int, **more: Any) -> Claim:
    given: dict[str, Any] = {
        "learned_at": START + timedelta(days=n),
        "distinctiveness": n / COUNT,
    } | more
    return Claim(f"Likes kind{n}x.", "tastes", 0.5 + n / 50, spans=shown(n), **given)


def has(name: str, n: int, status: Any = "inferred") -> Claim:
    more = {"spans": shown(n), "learned_at": START + timedelta(days=n), "status": status}
    return SCHEMA.claim(name, f"kind{n}x", 0.5, **more)


def model(dice: random.Random) -> Scripted:
    """Labels at random, and puts in other words at random: one for many, many for one."""

    def relate(prompt: Prompt) -> str:
        new = prompt.section("drafts")
        said = []
        for one in new:
            other = dice.choice((*prompt.section("profile"), *new))
            same = set(KIND.findall(one.text)) == set(KIND.findall(other.text))
            label = dice.choice(("identical" if same else "similar", "similar", "contradictory"))
            said.append({"claim": one.fact("id"), "to": [other.fact("id")], "label": label})
        return json.dumps({"relations": said})

    def revise(prompt: Prompt) -> str:
        entries = (*prompt.section("profile"), *prompt.section("drafts"))
        made = []
        for turn in range(dice.randint(0, 3)):
            of = dice.sample(entries, dice.randint(1, min(3, len(entries))))
            words = sorted({word for entry in of for word in KIND.findall(entry.text)})
            text = f"{('Loves', 'Enjoys', 'Favours')[turn]} {' and '.join(words)}."
            ids = [entry.fact("id") for entry in of]
            made.append({"text": text, "of": ids, "confidence": 0.5, "days": None})
        return json.dumps({"claims": made})

    return Scripted({"relate": relate, "revise": revise})


def step(profile: Profile, dice: random.Random) -> Profile:
    """One thing that may happen to a profile, but forgetting and merging."""
    n = dice.randrange(COUNT)
    names = [claim.id for claim in profile.claims]
    kinds = ["add", "append", "revise", "fields", "consolidate"]
    kinds += ["correct", "suppress", "end", "words", "replace"] if names else []
    name = dice.choice(names) if names else ""
    match dice.choice(kinds):
        case "add":
            return profile.add([likes(n)], "read", among=OWN)
        case "append":
            return Append(OWN)(profile, [likes(n), likes(dice.randrange(COUNT))])
        case "revise":
            new = [likes(dice.randrange(COUNT)) for _ in range(dice.randint(1, 3))]
            return Revise(model(dice), OWN)(profile, new)
        case "fields":
            status = dice.choice(["inferred", "stated"])
            new = [has(dice.choice(["home", "languages"]), n, status)]
            return FieldUpdate(SCHEMA, OWN)(profile, new)
        case "consolidate":
            return Consolidate(Append(OWN), alike=0.5, superseded=3)(profile, [likes(n)])
        case "correct" if not profile.claim(name).attribute:
            return profile.correct(name, f"Says fact{profile.version}.", at=START)
        case "suppress":
            return profile.suppress(name)
        case "end":
            begun = profile.claim(name).valid_from or START
            return profile.end(name, "over", at=max(begun, START + timedelta(days=n)))
        case "words":
            return profile.revise(name, "seen again", when=f"w{n}")
        case "replace":
            old = dice.sample(names, min(2, len(names)))
            spans = tuple(dict.fromkeys(s for one in old for s in profile.claim(one).spans))
            words = " ".join(KIND.findall(" ".join(profile.claim(o).text for o in old)))
            made = [Claim(f"Part{p} {words}", "t", 0.5, spans=spans) for p in range(n % 3)]
            return profile.replaced(old, made, "written anew")
    return profile


def walk(seed: int, length: int = 14) -> Iterator[Profile]:
    dice, profile = random.Random(seed), Profile("ann")
    yield profile
    for _ in range(length):
        profile = step(profile, dice)
        yield profile


def by_id(profile: Profile) -> dict[str, Claim]:
    return {claim.id: claim for claim in profile.claims}


@pytest.mark.parametrize("seed", range(60))
def test_of_every_step(seed: int) -> None:
    steps = list(walk(seed))
    last = steps[-1]
    for one in steps:
        assert len(by_id(one)) == len(one.claims), "an id stands once"
        assert all(claim.id for claim in one.claims)
        assert Profile.from_json(one.to_json()) == one
        assert from_markdown(one, to_markdown(one)) == one
        for name, claim in by_id(one).items():
            assert claim in (*last.past(name), *last.claims), "no form is lost"
        then = earlier(last, one.version)
        assert by_id(then) == by_id(one)
        assert (then.version, then.history) == (one.version, one.history)
        differ = {
            name
            for name in {**by_id(one), **by_id(last)}
            if by_id(one).get(name) != by_id(last).get(name)
        }
        told = one.diff(last)
        assert sorted(change.claim for change in told) == sorted(differ)
        assert all(change.before == by_id(one).get(change.claim) for change in told)
    assert [change.version for change in last.history] == sorted(
        change.version for change in last.history
    )
    last.verify(OWN)


@pytest.mark.parametrize("seed", range(60))
def test_of_forgetting(seed: int) -> None:
    dice = random.Random(1000 + seed)
    full = list(walk(seed))[-1]
    gone = dice.sample(range(COUNT), 3)
    events = [f"e{n}" for n in gone]
    left = full.forget(events)
    text = left.to_json()
    for n in gone:
        assert f"kind{n}x" not in text, "no quote, no claim, no earlier form, no reason"
        assert f'"e{n}"' not in text
    left.verify(OWN)
    assert Profile.from_json(text) == left
    assert left.forget(events).claims == left.claims, "what is forgotten is not forgotten again"
    one_by_one = full
    for name in events:
        one_by_one = one_by_one.forget([name])
    assert not any(f"kind{n}x" in one_by_one.to_json() for n in gone)
    # Nothing else is lost: neither claims nor forms that rest on other events.
    for claim in full.claims:
        if not set(events) & set(claim.own):
            assert left.claim(claim.id).text == claim.text
    for change in full.history:
        form = change.before
        if form is not None and not set(events) & set(form.own) and change.claim in by_id(left):
            assert form in left.past(change.claim)
    told = {change.claim for change in full.diff(left)}
    assert told == {c.claim for c in left.history if c.version == left.version} & (
        by_id(full).keys() | by_id(left).keys()
    )
    hidden = {c.id for c in full.claims if c.status == "suppressed"}
    assert all(c.status == "suppressed" for c in left.claims if c.id in hidden)
    # No id is given again.
    ever = {c.id for c in full.claims} | {c.claim for c in full.history}
    assert left.add([likes(0)], "read").claims[-1].id not in ever


@pytest.mark.parametrize("seed", range(60))
def test_of_merging(seed: int) -> None:
    dice = random.Random(2000 + seed)
    base = list(walk(seed, 6))
    one, other = base[-1], base[-1] if seed % 2 else Profile("ann")
    for _ in range(6):
        one, other = step(one, dice), step(other, dice)
    assert one.merge(one) == one
    assert one.merge(base[-1]) == one, "an earlier version adds nothing"
    assert by_id(base[-1].merge(one)) == by_id(one), "a later one has moved on"
    both = one.merge(other)
    assert both.merge(other) == both
    assert both.merge(both) == both
    assert len(by_id(both)) == len(both.claims)
    assert Profile.from_json(both.to_json()) == both
    both.verify(OWN)
    assert both.history[: len(one.history)] == one.history, "the history goes on"
    seen = {span for c in both.claims for span in c.spans} | {
        span for c in both.history if c.before for span in c.before.spans
    }
    for side in (one, other):
        assert {span for claim in side.claims for span in claim.spans} <= seen, (
            "no evidence is lost"
        )
        hidden = {c.said for c in side.claims if c.status == "suppressed"}
        put = {c.said for c in side.claims if c.status != "suppressed" and c.valid_to is None}
        now = {c.said for c in both.current()}
        assert not now & (hidden - put)
        fixed = {c.said for c in side.claims if c.status == "corrected"}
        assert fixed <= {c.said for c in both.claims} | {
            c.before.said for c in (*one.history, *other.history) if c.before
        }
    for version in {change.version for change in one.history}:
        assert by_id(earlier(both, version)) == by_id(earlier(one, version))
    gone = [f"e{n}" for n in dice.sample(range(COUNT), 3)]
    text = both.forget(gone).to_json()
    assert not any(f"kind{name[1:]}x" in text for name in gone)
