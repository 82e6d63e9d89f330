"""PersonaFeedback's files: the misspelled folder, users by line, gold that is always first."""

from pathlib import Path
from typing import Any

import pytest

from idiolect.bench import consistency
from idiolect.bench.loaders.personafeedback import TIERS, personafeedback
from idiolect.bench.pairs import FIRST
from idiolect.errors import DataError
from published_files import write_lines

PERSONAS = [
    {
        "Name": "Ida",
        "Demographics": {"Age": 41, "Home": {"Town": "Bergen"}},
        "Personality": {"Traits": ["calm", "curious"]},
        "Preference": {"Style": "short"},
        "Bias": {},
    },
    {"Name": "Bo", "Demographics": {"Age": 20}},
]


def row(n: int, user: Any = 1, **changes: Any) -> dict[str, Any]:
    asked = {"user_id": user, "question": f"How, {n}?", "chosen": f"good {n}", "reject": f"bad {n}"}
    return asked | changes


def write(folder: Path, specific: str = "spedific", **changes: Any) -> None:
    write_lines(folder / "persona" / "all_personas.jsonl", PERSONAS)
    for track in ("general", specific):
        for tier in TIERS:
            rows = [row(n, 1 + n % 2, **changes) for n in range(20)]
            write_lines(folder / "data" / track / f"{tier}.jsonl", rows)


@pytest.mark.parametrize("spelled", ["spedific", "specific"])
def test_tracks_and_tiers(tmp_path: Path, spelled: str) -> None:
    write(tmp_path, spelled)
    found = personafeedback(tmp_path)
    assert len(found.examples) == 120
    assert set(found.grouped("track_tier")) == {
        f"{track} {tier}" for track in ("general", "specific") for tier in TIERS
    }
    assert len(personafeedback(tmp_path, track="specific").examples) == 60


def test_the_gold_reply_does_not_always_stand_first(tmp_path: Path) -> None:
    write(tmp_path)
    found = personafeedback(tmp_path)
    always = found.score(dict.fromkeys(found.examples, FIRST))["double_brackets"].value
    assert 0.35 < always < 0.65
    for name, request in found.examples.items():
        assert str(request.given[found.references[name].text]).startswith("good")
    swapped = personafeedback(tmp_path, order="swapped")
    turned = swapped.score(dict.fromkeys(found.examples, FIRST))["double_brackets"].value
    assert always + turned == pytest.approx(1)
    both = personafeedback(tmp_path, order="both")
    assert consistency(both, dict.fromkeys(both.examples, FIRST)).value == 0


def test_a_persona_is_its_line_and_its_fields_are_events(tmp_path: Path) -> None:
    write(tmp_path)
    own = personafeedback(tmp_path).view("general/easy/1").own
    said = {event.title: event.text for event in own}
    assert said["Name"] == "Ida"
    assert said["Demographics"] == "Age: 41\nHome:\n  Town: Bergen"
    assert said["Personality"] == "Traits: calm, curious"
    assert personafeedback(tmp_path).view("general/easy/2").own.texts[0] == "Bo"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"user_id": 3}, "Found the user '3' in row 1 of 'easy.jsonl', and 2 personas"),
        ({"user_id": float("nan")}, "Found 'nan' as 'user_id'"),
        ({"chosen": None}, "Found 'None' as 'chosen'"),
    ],
)
def test_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    write(tmp_path, **changes)
    with pytest.raises(DataError, match=message):
        personafeedback(tmp_path)


def test_another_release_is_refused(tmp_path: Path) -> None:
    write(tmp_path)
    renamed = [{"user_id": 1, "question": "?", "chosen": "a", "rejected": "b"}]
    write_lines(tmp_path / "data" / "general" / "hard.jsonl", renamed)
    with pytest.raises(DataError, match=r"Found no 'reject' in row 1 of 'hard.jsonl'"):
        personafeedback(tmp_path)
    (tmp_path / "data" / "general" / "hard.jsonl").unlink()
    with pytest.raises(DataError, match=r"Found no 'data/general/hard.jsonl'"):
        personafeedback(tmp_path)
