from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from idiolect.data import Event, Item, Population, Request, last_per_user, since
from idiolect.data.index import Rowed
from idiolect.errors import DataError, UnknownNameError

START = datetime(2024, 1, 1, tzinfo=UTC)


def town(seed: int, *, timed: bool = True) -> list[Event]:
    """Random events with many ties in time, all audiences, and rows without an item."""
    rng = np.random.default_rng(seed)
    return [
        Event(
            user=f"u{rng.integers(7)}",
            text=f"text {n}",
            item=None if rng.random() < 0.1 else f"i{rng.integers(5)}",
            time=START + timedelta(days=int(rng.integers(12))) if timed else None,
            thread=str(rng.integers(3)),
            audience=("public", "group", "self", None)[rng.integers(4)],
            id=f"e{n}",
        )
        for n in range(60)
    ]


def may_read(event: Event, own: list[Event]) -> bool:
    groups = {mine.thread for mine in own}
    return event.audience in {"public", None} or (
        event.audience == "group" and event.thread in groups
    )


def oracle(events: list[Event], request: Request) -> tuple[list[Event], list[Event]]:
    """Own events and readable events of others, by the definition and nothing else."""
    place = {event.id: n for n, event in enumerate(events)}
    mine = [e for e in events if e.user == request.user]
    theirs = [e for e in events if e.user != request.user]
    target = None if request.event is None else events[place[request.event]]
    timed = events[0].time is not None
    if target is not None and timed:
        mine = [e for e in mine if (e.time, place[e.id]) < (target.time, place[target.id])]
        theirs = [e for e in theirs if e.time < target.time]
    elif target is not None:
        mine = [e for e in mine if e.id != target.id]
    elif request.time is not None and timed:
        mine = [e for e in mine if e.time < request.time]
        theirs = [e for e in theirs if e.time < request.time]
    if timed:
        mine.sort(key=lambda e: (e.time, place[e.id]))
        theirs.sort(key=lambda e: (e.time, place[e.id]))
    return mine, [e for e in theirs if may_read(e, mine)]


def latest_by_user(events: list[Event], item: str) -> list[str]:
    last = {event.user: event.id for event in events if event.item == item}
    return [last[user] for user in sorted(last)]


@pytest.mark.parametrize("timed", [True, False])
@pytest.mark.parametrize("seed", range(8))
def test_views_equal_brute_force(seed: int, timed: bool) -> None:
    events = town(seed, timed=timed)
    population = Population.of(events)
    requests = [population.request(event.id) for event in events]
    requests += [
        Request(user=f"u{n}", time=START + timedelta(days=day)) for n in range(8) for day in (0, 5)
    ]
    requests.append(Request(user="u1"))
    for request in requests:
        view = population.as_of(request)
        mine, theirs = oracle(events, request)
        assert view.own.ids == [e.id for e in mine]
        assert view.others.ids == [e.id for e in theirs]
        peers = {f"i{n}": latest_by_user(theirs, f"i{n}") for n in range(6)}
        assert {item: view.peers(item).ids for item in peers} == peers
        for at_least in (1, 3):
            assert view.comparable(at_least).ids == [
                e.id for e in mine if e.item and len(peers[e.item]) >= at_least
            ]


@pytest.mark.parametrize("seed", range(4))
def test_deleting_the_future_changes_no_view(seed: int) -> None:
    events = town(seed)
    population = Population.of(events)
    for target in events[::7]:
        request = population.request(target.id)
        past = [e for e in events if e.time < target.time or e == target]
        past += [
            e for e in events if e.time == target.time and e.user == target.user and e != target
        ]
        order = {e.id: n for n, e in enumerate(events)}
        cut = Population.of(sorted(past, key=lambda e: order[e.id]))
        before, after = population.as_of(request), cut.as_of(request)
        assert before.own == after.own
        assert before.others == after.others
        assert before.snapshot().key == after.snapshot().key
        assert before.snapshot().events == after.snapshot().events
        assert before.until == after.until


def test_published_mode_shows_later_events_of_others_only() -> None:
    events = [
        Event("ann", "first", "a", START),
        Event("ann", "target", "a", START + timedelta(days=1)),
        Event("ann", "later", "a", START + timedelta(days=2)),
        Event("bob", "later", "a", START + timedelta(days=3)),
    ]
    population = Population.of(events)
    view = population.uncut(population.request("1"))
    assert view.own.texts == ["first"]
    assert view.peers("a").texts == ["later"]
    assert view.published
    assert len(population.as_of(population.request("1")).peers("a")) == 0


def test_nothing_is_fitted_on_the_target_in_published_mode() -> None:
    population = Population.of(
        [Event("ann", str(n), time=START + timedelta(days=n)) for n in range(40)]
    )
    for n in range(40):
        snapshot = population.uncut(population.request(str(n))).snapshot()
        assert str(n) not in snapshot.events.ids
        assert len(snapshot.events) > 20


@pytest.mark.parametrize("told", [None, START + timedelta(days=900), datetime(2020, 1, 1)])
def test_a_view_is_of_the_time_of_the_event_that_its_request_stands_for(
    told: datetime | None,
) -> None:
    population = Population.of(
        [Event("ann", str(n), time=START + timedelta(days=n)) for n in range(4)]
    )
    asked = Request("ann", event="2", time=told)
    for view in (population.as_of(asked), population.uncut(asked)):
        assert view.request.time == START + timedelta(days=2)
        assert view.own.ids == ["0", "1"]
    assert asked.time == told


def test_times_without_a_zone_are_utc() -> None:
    population = Population.of([Event("ann", "x", time=START), Event("ann", "y", time=START)])
    view = population.as_of(Request("ann", time=datetime(2024, 1, 2)))
    assert view.request.time == START + timedelta(days=1)
    assert len(view.own) == 2


def test_people_who_come_later_are_not_known() -> None:
    days = {"ann": (0, 5), "bob": (1, 9), "eve": (5, 6), "zoe": (7, 8)}
    population = Population.of(
        [Event(user, "x", time=START + timedelta(days=d)) for user in days for d in days[user]]
    )
    asked = {day: Request("ann", time=START + timedelta(days=day)) for day in (0, 1, 5, 6, 8)}
    assert {day: population.as_of(request).other_users for day, request in asked.items()} == {
        0: [], 1: [], 5: ["bob"], 6: ["bob", "eve"], 8: ["bob", "eve", "zoe"],
    }  # fmt: skip


def test_ties_in_time_keep_the_order_of_the_table() -> None:
    population = Population.of([Event("ann", str(n), "a", START) for n in range(5)])
    view = population.as_of(population.request("3"))
    assert view.own.texts == ["0", "1", "2"]
    assert len(view.others) == 0
    assert view.until is None


def test_group_events_are_read_by_those_of_the_thread_only() -> None:
    events = [
        Event("bob", "ours", "a", thread="t1", audience="group"),
        Event("bob", "mine", "b", audience="self"),
        Event("ann", "hello", "c", thread="t1"),
        Event("eve", "hello", "c", thread="t2"),
    ]
    population = Population.of(events)
    assert population.as_of(Request("ann")).peers("a").texts == ["ours"]
    assert population.as_of(Request("eve")).peers("a").texts == []
    assert population.as_of(Request("ann")).peers("b").texts == []
    assert population.as_of(Request("bob")).own.texts == ["ours", "mine"]
    assert population.as_of(Request("ann")).snapshot().events.texts == ["hello", "hello"]


MARKS = (
    {}, {"role": "user"}, {"extra": {"recalled": False}}, {"extra": {"injected": "no"}},
    {"role": "assistant"}, {"role": "system"}, {"extra": {"recalled": True}},
    {"role": "user", "extra": {"injected": "yes"}},
)  # fmt: skip
THEIRS = 4  # of the marks


def conversations(timed: bool) -> Population:
    """Three people with every mark, in another order each; ids say whose event it is by rights."""
    rng, events = np.random.default_rng(0), []
    for user in ("ann", "bob", "cleo"):
        for turn, at in enumerate(rng.permutation(len(MARKS))):
            whose = user if at < THEIRS else "program"
            time = START + timedelta(hours=turn) if timed else None
            event = Event(user, f"said by {whose}", "a", time, 1.0 + (whose == user))
            events.append(replace(event, id=f"{whose}/{user}/{turn}", **MARKS[at]))
    return Population.of(events)


@pytest.mark.parametrize("timed", [True, False])
def test_what_a_program_put_under_a_name_is_nobodys(timed: bool) -> None:
    population = conversations(timed)
    for request in [Request("ann"), *(population.request(name) for name in population.frame["id"])]:
        view = population.as_of(request)
        seen = [*view.own, *view.others, *view.peers("a", 9), *view.comparable()]
        seen += [event for name in view.other_users for event in view.history_of(name)]
        seen += [*view.snapshot().events, *view.instead(population.events_of("bob")).own]
        assert {event.text for event in seen} <= {f"said by {name}" for name in population.users}
        heard = [*view.heard, *view.snapshot().heard, *population.uncut(request).heard]
        assert {event.text for event in heard} <= {"said by program"}
        under = population.events_of(request.user)
        if not timed or request.event is None:
            assert len(view.own) + len(view.heard) == len(under) - (request.event is not None)
    view = population.as_of(Request("ann"))
    assert (len(view.own), len(view.heard)) == (THEIRS, len(MARKS) - THEIRS)
    assert sorted(view.own.ids + view.heard.ids) == sorted(population.events_of("ann").ids)
    assert view.mean_rating == 2.0


def test_a_control_takes_the_words_of_programs_away_too() -> None:
    view = conversations(True).as_of(Request("ann"))
    other = view.instead(view.history_of("bob"))
    assert set(other.own.users) == {"bob"}
    assert not len(other.heard)
    both = view.instead(view.own.join(view.heard)[1:])
    assert len(both.own) + len(both.heard) == len(MARKS) - 1


def test_only_what_people_did_is_held_out() -> None:
    population = conversations(True)
    last, later = last_per_user(population, 2), since(population, START + timedelta(hours=4))
    assert len(last) == 2 * 3
    assert all(request.event.startswith(request.user) for request in (*last, *later))
    with pytest.raises(DataError, match=f"the most is {THEIRS}"):
        last_per_user(population, THEIRS)


def test_an_unknown_user_has_no_history_but_peers() -> None:
    population = Population.of([Event("ann", "x", "a"), Event("bob", "y", "a")])
    view = population.as_of(Request("new"))
    assert len(view.own) == 0
    assert view.peers("a").users == ["ann", "bob"]
    assert view.peers("nowhere").users == []
    assert view.comparable().ids == []


def test_snapshots_without_times_leave_out_the_targets_quarter() -> None:
    population = Population.of([Event(f"u{n % 9}", f"text {n}") for n in range(400)])
    sizes = set()
    for n in range(0, 400, 40):
        snapshot = population.as_of(population.request(str(n))).snapshot()
        assert str(n) not in snapshot.events.ids
        sizes.add(len(snapshot.events))
    assert all(240 < size < 360 for size in sizes)


def test_snapshots_with_times_never_hold_what_comes_later_and_are_few() -> None:
    events = [Event("ann", str(n), time=START + timedelta(hours=n)) for n in range(500)]
    population = Population.of(events)
    keys = set()
    for n in range(500):
        request = population.request(str(n))
        snapshot = population.as_of(request).snapshot()
        keys.add(snapshot.key)
        assert len(snapshot.events) <= n
        assert len(snapshot.events) * 2**0.25 > n - 2
        assert snapshot.until is None or snapshot.until < request.time
    assert len(keys) < 40


def test_groups_are_by_most_frequent_value_then_alphabet() -> None:
    frame = pl.DataFrame(
        {"user": ["a", "a", "a", "b", "b", "c"], "city": ["x", "y", "y", "y", "x", None]}
    )
    population = Population(frame)
    assert population.groups("city") == {"x": ("b",), "y": ("a",)}
    with pytest.raises(UnknownNameError, match="Did you mean 'city'"):
        population.groups("ciy")


def test_append_makes_a_new_population_with_free_ids() -> None:
    first = Population.of([Event("ann", str(n), time=START) for n in range(4)])
    kept = first.keep(np.array([1, 3]))
    assert kept.frame["id"].to_list() == ["1", "3"]
    more = kept.append(
        [Event("bob", "new", time=START), Event("bob", "own id", time=START, id="4")]
    )
    assert more.frame["id"].to_list() == ["1", "3", "2", "4"]
    assert len(kept) == 2
    assert more.append([Event("bob", "z", time=START)]).event("5").text == "z"
    assert more.append([]) is more


def test_append_at_an_equal_time_comes_after_and_at_an_earlier_time_before() -> None:
    population = Population.of([Event("ann", "a", time=START)])
    more = population.append(
        [Event("bob", "b", time=START), Event("bob", "c", time=START - timedelta(days=1))]
    )
    assert more.frame["text"].to_list() == ["c", "a", "b"]


def test_append_refuses_a_mix_of_timed_and_untimed() -> None:
    with pytest.raises(DataError, match="either every event has a time or none"):
        Population.of([Event("ann", "a", time=START)]).append([Event("bob", "b")])
    with pytest.raises(DataError, match="either every event has a time or none"):
        Population.of([Event("ann", "a")]).append([Event("bob", "b", time=START)])


def test_keep_takes_masks_and_keeps_items() -> None:
    population = Population.of(
        [Event("ann", "a", "i"), Event("bob", "b", "i")], [Item("i", "Inn", attributes={"x": 1})]
    )
    kept = population.keep(np.array([False, True]))
    assert kept.users == ["bob"]
    assert kept.item("i") == Item("i", "Inn", attributes={"x": 1})
    assert kept.item("unknown") == Item("unknown")


def test_events_survive_the_table_in_full() -> None:
    event = Event(
        "ann", "words", "i", START, 4.5, "title", "comparison", "a.png", ("x", "y"), "x", "t",
        "user", "public", "en", {"city": "Rome"}, "e1",
    )  # fmt: skip
    assert Population.of([event]).event("e1") == event


def test_frames_go_out_and_in_unchanged() -> None:
    population = Population.of(town(3), [Item("i1", "Inn")])
    again = Population(population.to_polars(), population.items)
    assert again.frame.equals(population.frame)
    pandas = pytest.importorskip("pandas")
    frame = population.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    back = Population.from_pandas(frame, pandas.DataFrame({"id": ["i1"], "title": ["Inn"]}))
    assert list(back.as_of(Request("u1")).own) == list(population.as_of(Request("u1")).own)
    assert back.item("i1").title == "Inn"


def test_event_sequences_are_lazy_and_like_lists() -> None:
    population = Population.of([Event("ann", str(n)) for n in range(5000)])
    events = population.as_of(Request("bob")).others
    assert events[4999].text == events[-1].text == "4999"
    assert events[np.int64(7)].text == "7"
    assert [e.text for e in events[2:4]] == ["2", "3"]
    assert [e.text for e in events] == [str(n) for n in range(5000)]
    assert "_made" not in vars(events)
    assert events.take([3, 1]).texts == ["3", "1"]
    assert events[:3] == events[:3]
    assert events[:3] != events[1:4]
    with pytest.raises(IndexError):
        events[5000]


def test_columns_that_are_absent_read_as_nothing() -> None:
    events = Population.of([Event("ann", "a")]).as_of(Request("ann")).own
    assert events.items == [None]
    assert np.isnan(events.ratings).all()
    assert events.about == [None]


def test_rowed_finds_each_name_and_no_other() -> None:
    names = pl.Series([f"name {n}" for n in range(3000)])
    rowed = Rowed(names)
    assert [rowed.find(name) for name in names] == list(range(3000))
    assert rowed.find("name") is None
    assert rowed.find("") is None


def test_rowed_compares_names_whose_hashes_are_equal() -> None:
    rowed = Rowed(pl.Series(["a", "b", "c"]))
    rowed._hashes = np.repeat(pl.Series(["b"]).hash().to_numpy(), 3)
    assert rowed.find("b") == 1


def test_nan_ratings_are_none() -> None:
    frame = pl.DataFrame({"user": ["a", "b"], "rating": [float("nan"), 2.0]})
    assert [e.rating for e in Population(frame).as_of(Request("c")).others] == [None, 2.0]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ({"author": ["a"]}, "no 'user'; rename the column"),
        ({"user": []}, "without rows"),
        ({"user": ["a", None]}, "no user in row 2"),
        ({"user": ["a", "b"], "id": ["x", "x"]}, "'x' more than once"),
        ({"user": ["a", "b"], "id": ["x", None]}, "no id in row 2"),
        ({"user": ["a", "b"], "time": ["2024-01-01", "soon"]}, "'soon' as the time in row 2"),
        ({"user": ["a", "b"], "rating": ["4", "good"]}, "'good' as the rating in row 2"),
        ({"user": ["a"], "audience": ["friends"]}, "'friends' as an audience"),
        ({"user": ["a"], "role": ["Baker"]}, "'Baker' as a role; one of 'system', 'user'"),
    ],
)
def test_tables_that_cannot_be_a_population(frame: dict[str, list[str]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Population(pl.DataFrame(frame))


def test_other_frames_are_refused_by_name() -> None:
    pandas = pytest.importorskip("pandas")
    with pytest.raises(DataError, match=r"pandas\..*DataFrame; give a polars frame, or use `Pop"):
        Population(pandas.DataFrame({"user": ["ann"]}))


@pytest.mark.parametrize(
    ("items", "message"),
    [({"name": ["x"]}, "no 'id' in the item table"), ({"id": ["x", "x"]}, "item id 'x' more than")],
)
def test_item_tables_need_an_id_for_each(items: dict[str, list[str]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Population(pl.DataFrame({"user": ["a"]}), pl.DataFrame(items))


def test_item_ids_are_text_like_those_of_events() -> None:
    population = Population(
        pl.DataFrame({"user": ["a"], "item": [12]}), pl.DataFrame({"id": [12], "title": ["Inn"]})
    )
    assert population.item("12").title == "Inn"


def test_unknown_names_are_suggested() -> None:
    population = Population.of([Event("annabel", "x", id="first")])
    with pytest.raises(UnknownNameError, match="Did you mean 'annabel'"):
        population.events_of("anabel")
    with pytest.raises(UnknownNameError, match="Did you mean 'first'"):
        population.event("frist")
    with pytest.raises(UnknownNameError, match="no fact of an event 'stars'"):
        population.request("first", ["stars"])


def test_a_request_stands_for_an_event_of_its_own_user() -> None:
    population = Population.of([Event("ann", "x", id="e"), Event("bob", "y")])
    with pytest.raises(DataError, match="'e' is by 'ann', but the request is for 'bob'"):
        population.as_of(Request("bob", event="e"))


def test_a_population_needs_an_event() -> None:
    with pytest.raises(DataError, match="no events"):
        Population.of([])


def test_what_is_printed_counts_things() -> None:
    population = Population.of([Event("ann", "x", "i"), Event("bob", "y", "i")])
    assert repr(population) == "<Population: 2 events, 2 users, 1 items>"
    assert repr(population.as_of(Request("ann"))) == "<View for 'ann': 1 own events>"


def test_the_population_of_what_people_did(talked_over) -> None:  # type: ignore[no-untyped-def]
    plain = Population.of(town(3))
    assert plain.by_people is plain
    both = talked_over(plain)
    assert both.by_people is both.by_people
    assert both.by_people.frame.select(plain.columns).equals(plain.frame)
    assert (both.users, both.by_people.users) == (["bot", *plain.users], plain.users)
    only = both.keep(~both.frame["id"].is_in(plain.frame["id"].to_list()).to_numpy())
    with pytest.raises(DataError, match=r"Found 180 events, all of them an assistant's"):
        only.by_people  # noqa: B018


def test_who_only_listened_is_nobody_else(talked_over) -> None:  # type: ignore[no-untyped-def]
    plain = Population.of(town(4))
    both = talked_over(plain)
    for event in plain.frame["id"]:
        one, two = (population.as_of(population.request(event)) for population in (plain, both))
        assert one.other_users == two.other_users
    events = [Event("ann", "x", time=START), Event("bob", "said", role="assistant", time=START)]
    events += [Event("bob", "y", time=START + timedelta(days=9))]
    seen = [
        Population.of(events).as_of(Request("cleo", time=START + timedelta(days=day))).other_users
        for day in (1, 10)
    ]
    assert seen == [["ann"], ["ann", "bob"]]


@pytest.mark.parametrize("timed", [True, False])
def test_fits_see_the_same_events_whatever_programs_said(talked_over, timed: bool) -> None:  # type: ignore[no-untyped-def]
    plain = Population.of(town(5, timed=timed))
    both = talked_over(plain)
    sizes = set()
    for event in plain.frame["id"]:
        one, two = (
            population.as_of(population.request(event)).snapshot() for population in (plain, both)
        )
        assert one.events.ids == two.events.ids
        end = both.row(event) if timed else len(both)
        assert all(row < end for row in two.heard.rows)
        sizes.add(len(one.events))
    assert len(sizes) > 2
