"""Entries under fixed keys: one prompt a person, every key needed, nothing else read."""

import json

import pytest

from idiolect.errors import ReplyError
from idiolect.lm import Entry, Scripted, own
from idiolect.profile import Keyed, as_lines

SHOWN = [[own([Entry("I like tea.")])], [own([Entry("I sail.")])]]


def test_one_prompt_a_person_asks_for_exactly_the_keys():
    said = {
        "tea": {"topics": ["tea"], "moral_values": []},
        "sail": {"topics": [], "moral_values": []},
    }
    lm = Scripted(
        lambda p: json.dumps(said["tea" if "tea" in p.render().text else "sail"] | {"age": ["9"]})
    )
    noted = Keyed(lm, "Note.", ("topics", "moral_values"))(SHOWN)
    assert noted == [
        {"topics": ("tea",), "moral_values": ()},
        {"topics": (), "moral_values": ()},
    ]
    assert [p.stage for p in lm.prompts] == ["extract"] * 2
    assert '"required": ["topics", "moral_values"]' in lm.prompts[0].render().text


def test_prompts_of_the_same_texts_are_equal():
    first, second = (Scripted('{"topics": []}') for _ in range(2))
    for lm in (first, second):
        Keyed(lm, "Note.", ("topics",))(SHOWN)
    assert first.prompts == second.prompts


@pytest.mark.parametrize("reply", ["tea", "{}", '{"topics": "tea"}', '{"topics": [1]}'])
def test_another_form_is_unusable(reply):
    with pytest.raises(ReplyError, match="not Noted as JSON"):
        Keyed(Scripted(reply), "Note.", ("topics",))(SHOWN)


def test_lines_leave_out_what_is_empty():
    noted = {"topics": ("tea", "sails"), "moral_values": ("care",), "notes": ()}
    assert as_lines(noted) == "topics: tea; sails\nmoral values: care"
