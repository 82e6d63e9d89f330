from datetime import UTC, datetime, timedelta

import pytest

from idiolect.data import Event, Item, Population, last_per_user, since
from idiolect.errors import DataError, SettingError, UnknownNameError

START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def population() -> Population:
    """Ann has four events, bob two, eve one; a day apart."""
    who = ["ann", "ann", "bob", "ann", "eve", "bob", "ann"]
    return Population.of(
        [
            Event(user, f"text {n}", f"i{n}", START + timedelta(days=n), float(n), f"title {n}")
            for n, user in enumerate(who)
        ],
        [Item("i6", "Inn")],
    )


def test_the_last_of_each_user_with_a_history(population: Population) -> None:
    requests = last_per_user(population)
    assert [r.event for r in requests] == ["6", "5"]
    assert requests[0].item == Item("i6", "Inn")
    assert requests[0].given == {"rating": 6.0, "title": "title 6"}
    assert requests[0].time == START + timedelta(days=6)
    assert all("text" not in str(r) for r in requests)


def test_each_target_has_a_history_and_k_targets_a_user(population: Population) -> None:
    requests = last_per_user(population, k=3)
    assert [r.event for r in requests] == ["1", "3", "6"]
    assert all(len(population.as_of(r).own) >= 1 for r in requests)


def test_longer_histories_fewer_users_and_other_facts(population: Population) -> None:
    assert [r.user for r in last_per_user(population, at_least=4)] == ["ann"]
    only = last_per_user(population, users=["bob"], give=["title"])
    assert [(r.user, dict(r.given)) for r in only] == [("bob", {"title": "title 5"})]
    assert dict(last_per_user(population, give=())[0].given) == {}


def test_since_takes_every_event_from_then_on(population: Population) -> None:
    requests = since(population, "2024-01-04")
    assert [(r.user, r.event) for r in requests] == [("ann", "3"), ("ann", "6"), ("bob", "5")]
    assert [r.event for r in since(population, "2024-01-04", at_least=2)] == ["3", "6"]
    assert [r.event for r in since(population, "2024-01-04", at_least=0)] == ["3", "6", "5", "4"]


def test_splits_that_find_nothing_say_what_there_is(population: Population) -> None:
    with pytest.raises(DataError, match=r"at least 9 events \(the most is 4\)"):
        last_per_user(population, at_least=9)
    with pytest.raises(DataError, match=r"no event from 2030-01-01 on whose user has 1 events"):
        since(population, "2030")
    with pytest.raises(DataError, match="split it by `last_per_user`"):
        since(Population.of([Event("ann", "x")]), "2024")
    with pytest.raises(DataError, match="'soon' where a time is needed"):
        since(population, "soon")
    with pytest.raises(SettingError, match="k=0"):
        last_per_user(population, k=0)
    with pytest.raises(UnknownNameError, match="Did you mean 'ann'"):
        last_per_user(population, users=["anne"])


def test_a_single_event_makes_no_target() -> None:
    with pytest.raises(DataError, match="the most is 1"):
        last_per_user(Population.of([Event("ann", "x"), Event("bob", "y")]))


def test_an_item_that_is_the_answer_is_not_given() -> None:
    population = Population.of(
        [Event("ann", "one", item="a"), Event("ann", "two", item="b", rating=3)]
    )
    asked = population.request("1", give=("rating",))
    assert asked.item is None
    assert dict(asked.given) == {"rating": 3.0}
    told = population.request("1")
    assert told.item is not None
    assert told.item.id == "b"


def test_options_come_with_the_request() -> None:
    population = Population.of(
        [Event("ann", "", options=("a", "b"), chosen="a"), Event("ann", "", options=("c", "d"))]
    )
    assert population.request("0").options == ("a", "b")
