"""Stored verdicts: read back as they were, refused where they do not match."""

import json
import math
from pathlib import Path

import pytest

from idiolect.data import Event, Population, Request
from idiolect.errors import DataError
from idiolect.measure import Preference, ReplayJudge, ReplayPairs, against, judged
from idiolect.measure.judge import asked_id, line, samples
from idiolect.roles import Verdict

POPULATION = Population.of([Event("ann", f"Text {n}.", id=f"e{n}") for n in range(3)])
VIEWS = [POPULATION.as_of(POPULATION.request(f"e{n}")) for n in range(3)]


def written(path: Path, *rows: object) -> Path:
    file = path / "verdicts.jsonl"
    text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    file.write_text(text, encoding="utf-8")
    return file


def test_what_is_stored_is_read_back_equal(tmp_path):
    given = [
        Verdict(0.7, "good", 0.9, "match"),
        Verdict(None, "The endpoint was down."),
        Verdict(0.0),
    ]
    texts = ("one", "two\u2028with a separator", "three")
    rows = [line(v, (t,), g) for v, t, g in zip(VIEWS, texts, given, strict=True)]
    replay = ReplayJudge.read(written(tmp_path, *rows))
    found = judged(replay, [(v, t, None) for v, t in zip(VIEWS, texts, strict=True)])
    assert list(found.verdicts) == given
    assert found.failures == ("The endpoint was down.",)
    assert math.isnan(found.values[1])


def test_pairs_are_read_back_equal(tmp_path):
    given = [
        Preference("a", said=("a", "a"), certainty=0.8),
        Preference("inconsistent", said=("a", "b")),
        Preference(None, "no reply"),
    ]
    rows = [line(v, ("x", "y"), g) for v, g in zip(VIEWS, given, strict=True)]
    replay = ReplayPairs.read(written(tmp_path, *rows))
    assert [replay(view, "x", "y", None) for view in VIEWS] == given
    verdicts = [against(replay, lambda *_: "y")(view, "x", None) for view in VIEWS]
    assert [v.value for v in verdicts] == [1.0, None, None]
    assert [v.label for v in verdicts] == ["preferred", "inconsistent", ""]
    with pytest.raises(DataError, match="only on other texts"):
        replay(VIEWS[0], "y", "x", None)


def test_a_second_asking_is_kept_apart(tmp_path):
    file = written(
        tmp_path,
        line(VIEWS[0], ("x",), Verdict(0.2)),
        line(VIEWS[0], ("x",), Verdict(0.6), sample=1),
    )
    assert samples(file) == (0, 1)
    assert [ReplayJudge.read(file, n)(VIEWS[0], "x").value for n in (0, 1)] == [0.2, 0.6]
    with pytest.raises(DataError, match="`sample` 2"):
        ReplayJudge.read(file, 2)


def test_verdicts_on_other_ids_or_texts_are_refused(tmp_path):
    replay = ReplayJudge.read(written(tmp_path, line(VIEWS[0], ("x",), Verdict(0.2))))
    with pytest.raises(DataError, match=r"no stored verdict on 'x' for the request 'e1' \(1 are"):
        replay(VIEWS[1], "x")
    with pytest.raises(DataError, match="on 'other' for the request 'e0', only on other texts"):
        replay(VIEWS[0], "other")
    with pytest.raises(DataError, match="no stored verdict"):
        judged(replay, [(VIEWS[0], "x", None), (VIEWS[2], "x", None)])


def test_a_request_without_an_event_is_known_by_user_and_words():
    view = POPULATION.as_of(Request("ann", "Which lamp?"))
    assert asked_id(view) == "ann: Which lamp?"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("not json", "'not json' in line 1"),
        ([1], "give an object with"),
        ({"id": "e0", "output": "x"}, "give an object with"),
        ({"id": "e0", "output": "x", "value": None}, "no value and no `why`"),
        ({"id": "e0", "output": "x", "value": "7"}, "value='7'"),
        ({"id": "e0", "output": "x", "value": True}, "value=True"),
        ('{"id": "e0", "output": "x", "value": NaN}', "value=nan"),
        ({"id": "e0", "output": "x", "value": 1, "certainty": 80}, "certainty=80"),
    ],
)
def test_lines_that_are_no_verdicts_are_refused(tmp_path, row, says):
    with pytest.raises(DataError, match="in line 1") as error:
        ReplayJudge.read(written(tmp_path, row))
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"id": "e0", "a": "x", "b": "y", "said": ["x"]}, "said="),
        ({"id": "e0", "a": "x", "b": "y", "said": None}, "said=None"),
        ({"id": "e0", "a": "x", "b": "y", "said": []}, "no answer and no `why`"),
        ({"id": "e0", "a": "x", "said": ["a"]}, "give an object with"),
    ],
)
def test_lines_that_are_no_preferences_are_refused(tmp_path, row, says):
    with pytest.raises(DataError, match="in line 1") as error:
        ReplayPairs.read(written(tmp_path, row))
    assert says in str(error.value)


def test_what_is_said_twice_is_refused(tmp_path):
    row = line(VIEWS[0], ("x",), Verdict(0.2))
    with pytest.raises(DataError, match="a second verdict on the same text for 'e0'"):
        ReplayJudge.read(written(tmp_path, row, row))
    with pytest.raises(DataError, match="Found no verdict in"):
        ReplayJudge.read(written(tmp_path))
