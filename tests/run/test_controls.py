"""Controls replace the history and nothing else, and never look past the cut."""

import pytest

from idiolect.data import Population, View
from idiolect.run.controls import controls
from idiolect.testing import town

KINDS = ("wrong user", "shuffled", "population mean")


@pytest.fixture(scope="module")
def people() -> Population:
    return town(users=16, texts=12, peers=5).population


@pytest.fixture
def view(people: Population) -> View:
    return people.as_of(people.request(people.events_of(people.users[3]).ids[8]))


@pytest.mark.parametrize("kind", KINDS)
def test_no_own_event_and_nothing_later_is_left(view, kind):
    changed = controls()[kind](view)
    assert len(changed.own)
    assert view.request.user not in changed.own.users
    assert max(e.time for e in changed.own) < view.request.time
    assert changed.request == view.request


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_that_counts_as_own_is_no_peer(view, kind):
    changed = controls()[kind](view)
    for item in {i for i in changed.own.items if i}:
        peers = changed.peers(item)
        assert not set(peers.ids) & set(changed.own.ids)
        assert view.request.user not in peers.users


def test_they_are_what_their_names_say(people, view):
    made = {kind: control(view) for kind, control in controls().items()}
    wrong = made["wrong user"].own
    assert len(set(wrong.users)) == 1
    assert wrong.ids == view.history_of(wrong.users[0]).ids
    assert len(view.own) / 2 <= len(wrong) <= 2 * len(view.own)
    assert set(made["shuffled"].own.items) <= set(view.own.items)
    assert len(set(made["shuffled"].own.users)) > 3
    mean = made["population mean"].own
    assert len(set(mean.users)) == len(mean) == len(view.own)
    other = people.as_of(people.request(people.events_of(people.users[5]).ids[8]))
    shared = set(controls()["population mean"](other).own.users) & set(mean.users)
    assert len(shared) >= len(mean) // 2, "it is nearly the same for everybody"


@pytest.mark.parametrize("kind", KINDS)
def test_they_are_drawn_by_seed_and_request(view, kind):
    again = [controls(seed)[kind](view).own.ids for seed in (0, 0, 1)]
    assert again[0] == again[1]
    assert again[0] != again[2]


def test_the_view_itself_stays_as_it_was(view):
    before = (view.own.ids, view.others.ids)
    for control in controls().values():
        control(view)
    assert (view.own.ids, view.others.ids) == before
