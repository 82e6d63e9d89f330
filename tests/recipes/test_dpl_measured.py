"""What the measured recipe tells a model, and what it keeps: figures and own words."""

import pytest

from idiolect.catalog import recipe
from idiolect.data import Population, Request, View
from idiolect.difference import Measured
from idiolect.lm import Scripted, Tape
from idiolect.profile import Profile, claims
from idiolect.testing import town


@pytest.fixture(scope="module")
def people() -> Population:
    return town(users=24, texts=16, peers=6).population


@pytest.fixture(scope="module")
def view(people: Population) -> View:
    """Of the first user of whom several differences are found."""
    for user in people.users:
        view = people.as_of(people.request(people.events_of(user).ids[-1]))
        if len(Measured()(view).found) > 2:
            return view
    raise AssertionError("nobody in the town differs")


def test_the_model_sums_up_what_was_measured_and_writes_with_the_summary(view: View) -> None:
    tape = Tape(Scripted({"summarize": "Loud and brief.", "write": "A text."}))
    draft = recipe("dpl_measured")(tape).write(view)
    found = Measured()(view).differences()
    summarize, write = (call.prompt for call in tape.calls)
    assert [entry.text for entry in summarize.section("differences")] == [d.text for d in found]
    assert len(summarize.section("own")) == 8
    assert not summarize.section("peers")
    assert [entry.text for entry in write.section("profile")] == ["Loud and brief."]
    assert write.section("own") == summarize.section("own")
    assert draft.text == "A text."


def test_the_profile_keeps_claims_with_figures_and_quotes_of_own_texts(view: View) -> None:
    profile = recipe("dpl_measured")(Scripted("A text.")).write(view).user_model
    assert isinstance(profile, Profile)
    assert profile.claims == claims(Measured()(view).differences(), view.own)
    assert len(profile.claims) > 2
    assert all(0.95 <= claim.confidence <= 1 for claim in profile.claims)
    quotes = [quote for claim in profile.claims for quote in claim.quotes]
    assert quotes
    assert all(any(quote in text for text in view.own.texts) for quote in quotes)
    assert all(set(claim.own) <= set(view.own.ids) for claim in profile.claims)


def test_each_word_is_a_claim_of_its_own_shown_where_it_stands(view: View) -> None:
    found = {d.text: d for d in Measured()(view).differences() if d.term}
    said = claims(tuple(found.values()), view.own)
    assert [claim.text for claim in said] == list(found)
    assert said
    for claim in said:
        term = found[claim.text].term
        assert claim.confidence == round(1 - term.q, 4)
        assert claim.quotes
        assert all(term.text in quote.lower() for quote in claim.quotes)
        assert set(claim.own) == set(term.own)
        assert Profile("x").add([claim], "found", among=view.own).claims


def test_its_bars_are_settings(view: View) -> None:
    words = [found.text for found in Measured()(view).differences() if found.term]

    def kept(**settings: float) -> int:
        writer = recipe("dpl_measured")(Scripted("A text."), **settings)
        return sum(claim.text not in words for claim in writer.write(view).user_model.claims)

    sizes = sorted(abs(measure.effect) for measure in Measured()(view).found)
    assert kept(least=sizes[-1] + 0.01) == 0
    assert kept(least=sizes[1] - 0.001) == len(sizes) - 1
    assert kept(q=1e-6) == 0


def test_without_a_history_it_says_so_and_asks_once(people: Population) -> None:
    lm = Scripted("A text.")
    draft = recipe("dpl_measured")(lm).write(people.as_of(Request("newcomer", "Write.")))
    assert [prompt.stage for prompt in lm.prompts] == ["write"]
    assert draft.notes == ("no events: nothing to choose",)
