"""iCOPERNICUS: planted models that follow every cue, none, or get worse with the contrast."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import polars as pl
import pytest

from idiolect.catalog import recipe
from idiolect.data import Event, Item, Population
from idiolect.errors import DataError, ReplyError, SettingError
from idiolect.lm import Prompt, Scripted

study = recipe("icopernicus")
CUES = ["nothing", "examples", "history", "contrast"]
START = datetime(2024, 1, 1, tzinfo=UTC)


def population(people: int = 8, things: int = 14) -> Population:
    """Everybody says something of their own of everything, a word of which is always the same."""
    rng = Random(0)
    words = [f"word{n}" for n in range(40)]
    events = [
        Event(
            f"u{p}",
            f"own{p} {' '.join(rng.sample(words, 6))}",
            f"t{t}",
            START + timedelta(days=t, minutes=p),
            id=f"e{p}-{t}",
        )
        for t in range(things)
        for p in range(people)
    ]
    return Population.of(events, [Item(f"t{t}", f"Thing {t}") for t in range(things)])


POPULATION = population()


def follows(shares: dict[str, int]):
    """At each cue, so many words of eight are the user's own; the others are everybody's."""

    def answer(prompt: Prompt) -> str:
        own = prompt.section("own")
        user = own[0].text.split()[0] if own else "nobody"
        mine = shares[prompt.stage]
        return " ".join([f"{user}-{n}" if n < mine else f"all{n}" for n in range(8)])

    return Scripted(answer)


def table(lm, **settings):
    return study(lm, documents=8, users=4, **settings)(POPULATION)


@pytest.mark.parametrize(
    ("shares", "verdict"),
    [
        ((0, 2, 4, 6), "present"),
        ((0, 2, 4, 3), "absent"),
        ((0, 3, 3, 3), "not shown"),
        ((0, 0, 0, 0), "not shown"),
    ],
)
def test_what_was_planted_is_found(shares, verdict):
    found = table(follows(dict(zip(CUES, shares, strict=True))))
    assert found["cue"].to_list() == CUES
    assert set(found["personalization"]) == {verdict}
    falls = found["egises"].diff().drop_nulls().to_list()
    assert found["change"].drop_nulls().to_list() == pytest.approx(falls)
    steps = [b - a for a, b in pairwise(shares)]
    assert [f < 0 for f in falls] == [step > 0 for step in steps]
    assert found["change"][0] is None
    assert (found["outputs"] == 32).all()


def test_the_same_for_everybody_is_no_response_and_a_copy_is_a_full_one():
    assert table(Scripted("the same"))["egises"].to_list() == pytest.approx([1.0] * 4, abs=1e-3)
    real = {
        (e.user, e.item): e.text for user in POPULATION.users for e in POPULATION.events_of(user)
    }

    def knows(prompt: Prompt) -> str:
        own = prompt.section("own")
        if not own:
            return "the same"
        thing = prompt.section("item")[0].fact("title").split()[1]
        return real["u" + own[0].text.split()[0][3:], f"t{thing}"]

    found = table(Scripted(knows))
    assert found["egises"][0] == pytest.approx(1, abs=1e-3)
    assert found["egises"][1:].to_list() == pytest.approx([0.0] * 3, abs=1e-3)
    assert found["distance"][1:].to_list() == [0.0] * 3


def test_cues_are_added_step_by_step_and_nobody_sees_the_answer():
    lm = follows(dict.fromkeys(CUES, 1))
    study(lm, documents=3, users=3, examples=2, events=4)(POPULATION)
    assert len(lm.prompts) == 4 * 9 == study.calls(documents=3, users=3)
    for nothing, examples, history, contrast in zip(
        *(lm.prompts[n : n + 9] for n in range(0, 36, 9)), strict=True
    ):
        assert [p.stage for p in (nothing, examples, history, contrast)] == CUES
        assert len({p.instruction for p in (nothing, examples, history, contrast)}) == 1
        assert [s.kind for s in nothing.sections] == ["item"]
        assert [len(p.section("own")) for p in (examples, history, contrast)] == [2, 4, 4]
        assert not examples.section("own")[0].facts
        assert history.section("own")[0].fact("about")
        assert contrast.section("own") == history.section("own")
        user = history.section("own")[0].events[0].split("-")[0]
        others = {entry.events[0].split("-")[0] for entry in contrast.section("peers")}
        assert len(others) == 1
        assert others != {user}
        asked = int(nothing.section("item")[0].fact("title").split()[1])
        told = [e for p in (examples, history, contrast) for e in p.events]
        assert all(int(event.split("-t")[0].split("-")[1]) <= asked for event in told)
        assert f"{user}-{asked}" not in told


def test_another_seed_draws_other_things():
    def things(seed):
        lm = follows(dict.fromkeys(CUES, 1))
        study(lm, documents=3, users=3, seed=seed)(POPULATION)
        return [p.section("item")[0].fact("title") for p in lm.prompts]

    assert things(0) == things(0)
    assert things(0) != things(1)


def test_too_little_data_says_what_is_needed():
    with pytest.raises(DataError, match=r"Found \d+ things that 8 people with 2 earlier events"):
        study(Scripted("x"), documents=20, users=8)(POPULATION)
    alone = Population(POPULATION.frame.drop("item"))
    with pytest.raises(DataError, match="Found 0 things"):
        study(Scripted("x"))(alone)
    with pytest.raises(SettingError, match="users=1"):
        study(Scripted("x"), users=1)(POPULATION)


def test_a_missing_output_is_no_row():
    with pytest.raises(ReplyError, match="no usable reply"):
        table(Scripted(""))


def test_the_table_is_plain():
    found = table(follows(dict.fromkeys(CUES, 2)))
    assert isinstance(found, pl.DataFrame)
    assert found.columns == [
        "cue", "egises", "low", "high", "change", "change_low", "change_high", "distance",
        "outputs", "personalization",
    ]  # fmt: skip
    assert (found["low"] <= found["egises"]).all()
    assert (found["egises"] <= found["high"]).all()
