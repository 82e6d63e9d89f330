"""User models are stored as JSON and read back equal; what is no such JSON is refused."""

import json
from datetime import UTC, datetime

import pytest

from idiolect.errors import DataError
from idiolect.lm import Entry, Section
from idiolect.profile import Claim, Entities, Entity, Experience, Informed, Profile, Span

DAY = datetime(2024, 5, 1, 12, 30, 0, 250, tzinfo=UTC)
PROFILE = Profile("ann", "Likes “tea”.").add(
    [Claim("Likes tea.", "taste", 0.9, spans=(Span("e1", "tea"),), learned_at=DAY)], "read", at=DAY
)
DOCUMENT = Entry("On tea.", (("title", "Tea"),), ("e1",))
INFORMED = Informed(
    PROFILE.correct("c1", "Likes green tea."),
    (Experience("Which tea?", (DOCUMENT,), DAY), Experience("And now?", ())),
    "Which tea?",
    (Section("own", (DOCUMENT,)), Section("peers", (Entry("Tea \U0001f375"),))),
    ("green tea",),
    ("short",),
)
ENTITIES = Entities(
    "ann",
    (Entity("Pier One", ("e1", "e2"), (DAY, None)), Entity("Ü", (), ())),
    ("e1", "e2"),
    ("x",),
)


@pytest.mark.parametrize(
    "model", [PROFILE, INFORMED, ENTITIES, Informed(Profile("bob")), Entities("bob")]
)
def test_json_is_read_back_equal(model: Profile | Informed | Entities) -> None:
    assert type(model).from_json(model.to_json()) == model


@pytest.mark.parametrize(
    ("model", "change", "message"),
    [
        (INFORMED, {"poool": []}, r"no Informed \(poool: unexpected keyword argument"),
        (INFORMED, {"pool": [{"question": "q", "knowledge": [], "when": 1}]}, "pool.0.when"),
        (INFORMED, {"sources": [{"kind": "web", "entries": []}]}, "sources.0.kind"),
        (ENTITIES, {"user": None}, r"no Entities \(user"),
        (ENTITIES, {"entities": [{"name": "x", "events": ["e"], "times": []}]}, "1 events and 0"),
    ],
)
def test_what_is_no_such_json_is_refused(
    model: Informed | Entities, change: dict[str, object], message: str
) -> None:
    text = json.dumps(json.loads(model.to_json()) | change)
    with pytest.raises(DataError, match=message):
        type(model).from_json(text)
    with pytest.raises(DataError, match="give what"):
        type(model).from_json(model.to_json()[:-9])


def test_steps_of_files_may_name_no_claims() -> None:
    stored = json.loads(PROFILE.to_json())
    assert stored["history"][0].pop("by") == []
    assert Profile.from_json(json.dumps(stored)) == PROFILE


def test_what_is_forgotten_is_not_stored() -> None:
    assert "tea" not in INFORMED.forget(["e1"]).profile.to_json().casefold()
    assert "e1" not in ENTITIES.forget(["e1"]).to_json()
