"""Profiles in files."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from idiolect.errors import DataError, IdiolectError, SettingError, UnknownNameError
from idiolect.profile import Claim, Profile, Span
from idiolect.run.profile_file import FORMAT, Standing, Stored, find, path_of, read, stamped, write

NAMES = [
    "Ann", "ann lee", "ann-lee", "../../etc/passwd", "con", "CON", "a/b", "a\\b", ".hidden", "",
    "Ünïcode 名前", "x" * 300, "nul\x00l", "a\nb", "-rf", "名前", "名後", "com1", "a.json",
]  # fmt: skip


@pytest.fixture
def stored() -> Stored:
    claims = [
        Claim("Likes tea.", "tastes", 0.8, spans=(Span("e1", "tea", 3), Span("e2"))),
        Claim("Swims.", "habits", 0.5, spans=(Span("e2"),)),
    ]
    left = Claim("Writes.", "habits", 0.5, spans=(Span("e1"),))
    return Stored(
        Profile("ann").add(claims, "found", at=datetime(2024, 5, 1, tzinfo=UTC)),
        made={"recipe": "gum", "settings": {"batch": 3}},
        source="a.csv",
        left=(left,),
        standing={"Likes tea.": Standing(0.9, 0, 7, "why"), "Writes.": Standing(0.1, 7, 7, "not")},
        texts=2,
    )


def test_every_name_has_a_file_of_its_own_within_the_folder(tmp_path):
    paths = [path_of(tmp_path, name) for name in NAMES]
    # Also where capitals do not count, but for plain names.
    assert len({str(path).casefold() for path in paths}) == len(NAMES)
    for name, path in zip(NAMES, paths, strict=True):
        assert path.parent == tmp_path, name
        assert path.name.isascii()
        assert path.suffix == ".json"
        assert len(path.name) < 110
        path.write_text("x")
    assert path_of(tmp_path, "Ann").name == "Ann.json"


def test_what_is_written_is_read_equal(stored, tmp_path):
    path = tmp_path / "ann.json"
    write(path, stored, None)
    assert read(path) == stored
    assert json.loads(path.read_text())["format"] == FORMAT
    later = replace(stored, profile=stored.profile.suppress("c1"))
    write(path, later, stored)
    assert read(path) == later
    assert [file.name for file in tmp_path.iterdir()] == ["ann.json"]


def test_json_of_a_profile_is_read_and_claims_get_ids(stored, tmp_path):
    path = tmp_path / "ann.json"
    path.write_text(stored.profile.to_json())
    assert read(path).profile == stored.profile
    bare = Profile("ann", claims=(Claim("Swims.", "habits", 0.5),))
    path.write_text(bare.to_json())
    assert [claim.id for claim in read(path).profile.claims] == ["c1"]


def test_a_change_meanwhile_is_seen_and_nothing_is_lost(stored, tmp_path):
    path = tmp_path / "ann.json"
    write(path, stored, None)
    with pytest.raises(SettingError, match="no file before, version 1 now"):
        write(path, stored, None)
    mine = replace(stored, profile=stored.profile.suppress("c1"))
    theirs = replace(stored, profile=stored.profile.suppress("c2"))
    write(path, theirs, stored)
    with pytest.raises(SettingError, match=r"version 1 before, version 2 now.*nothing was written"):
        write(path, mine, stored)
    assert read(path) == theirs


def test_of_many_at_once_one_wins(stored, tmp_path):
    path = tmp_path / "ann.json"
    write(path, stored, None)

    def attempt(number):
        changed = replace(stored, profile=stored.profile.correct("c1", f"Number {number}."))
        try:
            write(path, changed, stored)
        except SettingError:
            return None
        return changed

    with ThreadPoolExecutor(8) as pool:
        won = [one for one in pool.map(attempt, range(16)) if one]
    assert won == [read(path)]


def test_forgetting_leaves_no_word(stored, tmp_path):
    left = stored.forget(["e1", "e2", "e2"])
    path = tmp_path / "ann.json"
    write(path, left, None)
    for word in ("tea", "Swims", "Writes"):
        assert word not in path.read_text()
    assert left.forgotten == ("e1", "e2")
    assert [c.text for c in stored.forget(["e1"]).profile.claims] == ["Likes tea.", "Swims."]
    assert stored.forget(["e1"]).left == ()


def test_steps_without_a_time_get_one(stored):
    now = datetime(2024, 6, 1, tzinfo=UTC)
    after = stamped(stored.profile, stored.profile.suppress("c1"), now)
    assert [change.at for change in after.history[2:]] == [now]
    assert after.history[:2] == stored.profile.history


def broken(stored, tmp_path, change):
    path = tmp_path / "ann.json"
    write(path, stored, None)
    raw = json.loads(path.read_text())
    change(raw)
    path.write_text(json.dumps(raw))
    return path


def claim(raw, at=0):
    return raw["profile"]["claims"][at]


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (lambda raw: raw.update(format="idiolect profile 9"), ["'idiolect profile 9'", FORMAT]),
        (lambda raw: raw.pop("profile"), ["JSON but no profile"]),
        (
            lambda raw: [claim(raw).update(colour=1), claim(raw, 1).update(status="maybe")],
            ["2 fields", "claims.0.colour", "claims.1.status: input should be 'stated'"],
        ),
        (
            lambda raw: claim(raw).update(
                valid_from="2024-05-02T00:00:00Z", valid_to="2024-05-01T00:00:00Z"
            ),
            ["'Likes tea.' valid from 2024-05-02 to 2024-05-01", "must not end before it begins"],
        ),
        (
            lambda raw: claim(raw).update(
                valid_from="2024-05-02T00:00:00", valid_to="2024-05-01T00:00:00Z"
            ),
            ["valid from 2024-05-02 to 2024-05-01"],
        ),
        (lambda raw: claim(raw).update(confidence=7), ["confidence=7", "give 0 to 1"]),
        (lambda raw: claim(raw).update(id="c2"), ["the id 'c2' twice"]),
        (lambda raw: claim(raw).update(id=""), ["no id", "one of its own"]),
    ],
)
def test_what_does_not_fit_is_listed(stored, tmp_path, change, parts):
    path = broken(stored, tmp_path, change)
    with pytest.raises(DataError) as error:
        read(path)
    for part in (str(path), *parts):
        assert part in str(error.value)


def test_times_without_a_zone_are_read_as_utc(stored, tmp_path):
    path = broken(stored, tmp_path, lambda raw: claim(raw).update(valid_from="2024-05-02T00:00:00"))
    assert read(path).profile.claim("c1").valid_from == datetime(2024, 5, 2, tzinfo=UTC)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b'{"format": "idio', b"[" * 99_999, b"[1]"])
def test_what_is_no_file_of_ours_is_refused(tmp_path, content):
    path = tmp_path / "ann.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match="profile"):
        read(path)


def test_every_cut_of_a_file_is_refused(stored, tmp_path):
    path = tmp_path / "ann.json"
    write(path, stored, None)
    whole = path.read_bytes().rstrip()
    for size in range(0, len(whole), 37):
        path.write_bytes(whole[:size])
        with pytest.raises(IdiolectError):
            read(path)


def test_a_file_is_found_by_path_or_user(stored, tmp_path):
    there = path_of(tmp_path, "Ann Lee")
    write(there, replace(stored, profile=replace(stored.profile, user="Ann Lee")), None)
    assert find("Ann Lee", tmp_path) == find(str(there), tmp_path / "x") == there
    with pytest.raises(UnknownNameError, match="Did you mean 'Ann Lee'"):
        find("Ann Le", tmp_path)
    for name, why in (("x.json", "no file 'x.json'"), (str(tmp_path), "the folder")):
        with pytest.raises(DataError, match=why):
            find(name, tmp_path)
    with pytest.raises(DataError, match="idiolect profile build"):
        find("Ann Lee", tmp_path / "nowhere")
