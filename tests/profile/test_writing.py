"""The last prompt asks for what the request asks for."""

import pytest

from idiolect.data import Request
from idiolect.floor import Extractive
from idiolect.lm import Choice, Number, Scripted, Text
from idiolect.profile import Profile, writing
from idiolect.profile.writing import DECIDE, expected
from idiolect.roles import Nothing, Personalizer
from idiolect.testing.world import world

ASKED = Request("ann", query="Which one?")


@pytest.mark.parametrize(
    ("request_", "expects"),
    [
        (ASKED, Text("writing")),
        (Request("ann", options=("tea", "ale")), Choice(("tea", "ale"))),
        (Request("ann", scale=(1, 5)), Number(1, 5)),
    ],
)
def test_what_a_request_asks_for(request_: Request, expects: object) -> None:
    assert expected(request_) == expects
    prompt = writing("Write it.")(request_, Profile("ann"))
    assert prompt.expects == expects
    assert prompt.instruction == ("Write it." if expects == Text("writing") else DECIDE)
    assert [entry.text for entry in prompt.section("options")] == list(request_.options)


def test_the_answer_is_the_option_or_number_alone() -> None:
    view = world().population.as_of(world().requests[0])

    def answer(reply: str, request: Request) -> str:
        made = Personalizer(
            Scripted(reply), lambda *_: Nothing(), lambda *_: writing("w")(request, Profile("ann"))
        )
        return made.write(view).answered

    assert answer("I would take tea.", Request("ann", options=("tea", "ale"))) == "tea"
    assert answer("4.50 of 5", Request("ann", scale=(1, 5))) == "4.5"
    assert answer(" My text. ", ASKED) == "My text."


def test_the_floor_chooses_what_is_most_like_the_request() -> None:
    request = Request("ann", query="tea, please", options=("ale", "tea"))
    assert Extractive().one(writing("w")(request, Profile("ann"))).value == "tea"
