"""What no recipe that makes a profile of texts may do: learn from what a program wrote."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from idiolect.catalog import recipe
from idiolect.data import Event, Item, Population, Request
from idiolect.lm import Scripted
from idiolect.run import Assembly, answer
from idiolect.testing.standins import Hashing

START = datetime(2024, 1, 1, tzinfo=UTC)
NOTED = json.dumps({"aspects": [{"name": "battery", "influence": 0.5, "polarity": "for"}]})
GUESS = json.dumps({"hypotheses": [{"text": "Is brief", "side": "style", "numbers": [1]}] * 5})
SCRIPT = {
    "aspects": NOTED,
    "asked": NOTED,
    "group": '{"factors": [{"name": "power", "numbers": [1, 2]}]}',
    "name": '{"words": ["battery"]}',
    "hypothesize": GUESS,
}
COUNTED = [
    ("gpg", {"digest": "counted"}),
    ("rpm", {"voice": "counted"}),
    ("teach", {"words": "counted"}),
]
NAMES = ("gpg", "rpm", "teach", "preference_agents", "hyperalign")


#: Text, what marks it. A program's are under the user's name too.
TEXTS = (
    ("The battery died, the battery!", {}),
    ("Sorry to hear about the zeppelin.", {"role": "assistant"}),
    ("Battery again.", {"role": "user"}),
    ("You like zeppelins and zeppelins.", {"extra": {"recalled": True}}),
    ("A good battery at last.", {}),
    (" ", {}),
)


def conversation():
    events = [
        Event("ann", text, "phone", START + timedelta(days=n), id=f"e{n}", **marks)
        for n, (text, marks) in enumerate(TEXTS)
    ]
    others = [Event(f"v{n}", f"Other words {n}", "lamp", START, id=f"v{n}") for n in range(8)]
    return Population.of([*events, *others], [Item("phone", "A phone"), Item("lamp", "A lamp")])


@pytest.mark.parametrize(("name", "settings"), [*((name, {}) for name in NAMES), *COUNTED])
def test_what_a_program_wrote_is_not_learned_from(name, settings):
    needs = {"encoder": Hashing(512)} if "encoder" in recipe(name).needs else {}
    lm, request = Scripted(lambda p: SCRIPT.get(p.stage, "a text")), Request("ann", "The battery?")
    outcome = answer(Assembly(recipe(name), needs, settings), conversation(), request, lm)
    assert outcome.failure is None, outcome.failure
    assert "zeppelin" not in "".join(p.render().text for p in lm.prompts)
    known = outcome.answer.user_model
    assert set(known.evidence) <= {"e0", "e2", "e4", "e5"}
    assert {"e0", "e2", "e4"} <= set(known.evidence)
