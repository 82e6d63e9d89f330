"""The planted conversations are what they say they are."""

import pytest

from idiolect.errors import SettingError
from idiolect.profile import learnable
from idiolect.testing.mixed import mixed


@pytest.mark.parametrize("wording", ["first", "second"])
def test_facts_are_one_persons_and_worded_otherwise(wording):
    world = mixed(3, wording=wording)
    facts = [one for one in world.proposed if one.kind == "fact"]
    assert len({one.text for one in facts}) == len(facts) == 60
    for one in facts:
        said = " ".join(learnable(world.view(one.user).own).texts)
        value = max(one.text.strip(".").split(), key=lambda w: (w in said, len(w)))
        assert value in said
        assert one.text not in said


def test_what_the_others_say_is_not_the_users():
    world = mixed(1)
    for one in world.proposed:
        view = world.view(one.user)
        assert any(one.text in text for text in view.heard.texts) == (one.kind == "assistant")
        assert not any(one.text in text for text in view.own.texts)


def test_the_same_seed_gives_the_same_and_the_wordings_share_no_claim():
    assert mixed(5).proposed == mixed(5).proposed != mixed(6).proposed
    first, second = (mixed(5, wording=w) for w in ("first", "second"))
    assert not {one.text for one in first.proposed} & {one.text for one in second.proposed}


def test_more_users_than_values():
    with pytest.raises(SettingError, match="users=11"):
        mixed(0, users=11)
