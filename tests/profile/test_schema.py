"""Typed attributes: what fits, how often, and what becomes of profiles when a schema changes."""

import pytest

from idiolect.errors import DataError, SettingError, UnknownNameError
from idiolect.profile import Field, Profile, Schema

SCHEMA = Schema(
    (
        Field("languages", many=True, group="person"),
        Field("age", "number"),
        Field("answers", "choice", options=("short", "long")),
        Field("born", "date"),
        Field("member", "yes or no"),
    )
)


def test_values_are_read_as_their_kind() -> None:
    given = {"languages": " Welsh ", "age": 41, "answers": "short", "born": "1983-02-28"}
    made = [SCHEMA.claim(name, value, 0.9) for name, value in given.items()]
    assert [c.value for c in made] == ["Welsh", 41.0, "short", "1983-02-28"]
    assert [c.text for c in made][:2] == ["languages: Welsh", "age: 41"]
    assert [c.dimension for c in made][:2] == ["person", "attributes"]
    profile = Profile("ann").add([*made, SCHEMA.claim("languages", "Irish", 0.5)], "filled in")
    assert profile.attributes()["languages"] == ("Welsh", "Irish")
    assert SCHEMA.problems(profile) == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("age", "41"), ("age", True), ("answers", "brief"), ("born", "28.2.1983"),
        ("age", float("nan")), ("age", float("inf")),
        ("languages", ""), ("member", "yes"), ("languages", 3),
    ],
)  # fmt: skip
def test_values_of_another_kind_are_refused(name: str, value: object) -> None:
    with pytest.raises(DataError, match=f"for '{name}'; needed is"):
        SCHEMA.claim(name, value, 1.0)
    with pytest.raises(UnknownNameError, match="Did you mean 'languages'"):
        SCHEMA.claim("language", "Welsh", 1.0)


def test_what_is_no_schema() -> None:
    with pytest.raises(SettingError, match="'age' twice"):
        Schema((Field("age"), Field("age")))
    with pytest.raises(SettingError, match="a choice has options"):
        Field("size", "choice")
    with pytest.raises(SettingError, match="a choice has options"):
        Field("size", options=("s", "l"))


def test_a_new_schema_takes_old_profiles_over_or_says_what_does_not_fit() -> None:
    old = Profile("ann").add(
        [SCHEMA.claim("age", 41, 0.9), SCHEMA.claim("answers", "short", 0.9)], "filled in"
    )
    new = Schema((Field("years", "number"), Field("answers", "choice", options=("brief", "long"))))
    with pytest.raises(DataError, match="2 claims about 'ann' that do not fit") as error:
        new.migrate(old)
    assert "c1" in str(error.value)
    assert "c2" in str(error.value)
    moved = new.migrate(old, renamed={"age": "years"}, drop=["answers"])
    assert moved.attributes() == {"years": (41.0,)}
    assert moved.claim("c2").text == "answers: short", "its words stay"
    assert moved.past("c1") == (old.claim("c1"),)
    twice = old.add([SCHEMA.claim("age", 42, 0.9)], "again")
    assert SCHEMA.problems(twice) == ("c3: a second value of 'age', which has one.",)
