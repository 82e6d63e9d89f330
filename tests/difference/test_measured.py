import pickle
from dataclasses import replace

import numpy as np
import pytest

from idiolect.data import Event, Population, Request
from idiolect.difference import Measured, measure_group
from idiolect.errors import DataError, SettingError
from idiolect.measure import FEATURES, measure

PLAIN = (
    "The soup of place {n} was warm and the bread was fresh.",
    "The waiter was quick but the room of place {n} was loud.",
    "A table near the window of place {n} is the best choice.",
    "The fish was fine and the price of place {n} was fair.",
)
LOUD = (
    "Honestly the soup was warm! The bread was great!",
    "Honestly the waiter was quick! Never a better evening!",
    "Honestly the table was lovely! The window too!",
    "Honestly the fish was superb! The price was fair!",
)


def events(places: int = 10, peers: int = 6, **mine: object) -> list[Event]:
    made = [
        Event("ann", LOUD[n % 4], f"place-{n}", rating=5.0, id=f"ann-{n}", **mine)  # type: ignore[arg-type]
        for n in range(places)
    ]
    made += [
        Event(
            f"peer-{p}",
            PLAIN[(n + p) % 4].format(n=n),
            f"place-{n}",
            rating=float(2 + (n + p) % 3),
            id=f"peer-{p}-{n}",
        )
        for n in range(places)
        for p in range(peers)
    ]
    return made


def view(rows: list[Event], user: str = "ann"):  # type: ignore[no-untyped-def]
    return Population.of(rows).as_of(Request(user))


def test_a_loud_user_is_found_out() -> None:
    result = Measured()(view(events()))
    found = {measure.feature: measure for measure in result.found}
    assert found["exclamations"].effect > 2
    assert found["exclamations"].percentile == 100
    assert (found["exclamations"].own_mean, found["exclamations"].reference_mean) == (1, 0)
    assert (found["exclamations"].texts, found["exclamations"].reference_texts) == (10, 60)
    assert found["sentence_length"].effect < -0.6
    assert found["rating"].own_mean == 5
    assert all(measure.q <= 0.05 for measure in result.found)
    sizes = [abs(measure.effect) for measure in result.measures]
    assert sizes == sorted(sizes, reverse=True)
    assert [term.text for term in result.terms][:1] == ["honestly"]
    assert result.terms[0].own_texts == 10
    assert result.note == ""


def test_sentences_say_what_who_has_more_and_by_how_much() -> None:
    result = Measured()(view(events()))
    texts = {d.measure.feature: d.text for d in result.differences() if d.measure}
    assert texts["exclamations"].startswith(
        "Uses more exclamation marks than others on the same things: 1.00 against 0.00 a sentence "
        "(d = +"
    )
    assert texts["exclamations"].endswith(", 100th percentile, 10 texts).")
    assert texts["sentence_length"].startswith("Writes shorter sentences than others")
    [said] = [d for d in result.differences() if d.term and d.term.text == "honestly"]
    assert said.text == (
        "Uses “honestly” more than others on the same things: in 10 texts, where "
        f"{said.term.expected:.2f} would be expected."
    )
    assert (said.dimension, said.q) == ("semantic", said.term.q)
    assert len([d for d in result.differences() if d.term]) == len(result.terms)


def test_evidence_points_to_both_sides() -> None:
    result = Measured()(view(events()))
    for difference in result.differences():
        assert difference.voice == "measured"
        assert set(difference.own) <= {f"ann-{n}" for n in range(10)}
        assert difference.own
        assert set(difference.reference) == {f"peer-{p}-{n}" for p in range(6) for n in range(10)}


def test_quotes_are_exact_and_other_peoples_words_stay_out() -> None:
    rows = events()
    rows = [
        replace(e, text=f"{e.text} Zanzibar marmalade!") if e.user == "peer-3" else e for e in rows
    ]
    result = Measured()(view(rows))
    quotes = [quote for measure in result.measures for quote in measure.quotes]
    assert quotes
    assert all(any(quote in text for text in LOUD) for quote in quotes)
    assert "Zanzibar" not in repr(result)
    assert "marmalade" not in repr(result.differences())


def test_the_same_seed_gives_the_same_figures_and_settings_survive_pickling() -> None:
    measured = Measured(draws=200)
    first = measured(view(events()))
    assert first == measured(view(events()))
    assert pickle.loads(pickle.dumps(measured))(view(events())) == first
    other = replace(measured, seed=1)(view(events()))
    assert [m.effect for m in other.measures] == [m.effect for m in first.measures]


def test_only_things_that_others_wrote_about_count() -> None:
    rows = events(places=4)
    rows += [Event("ann", LOUD[n], f"lonely-{n}", id=f"lonely-{n}") for n in range(4)]
    rows += [Event("ann", LOUD[0], None, id="nowhere")]
    result = Measured()(view(rows))
    assert result.note == ("only 4 of 9 texts are on things that at least 2 others wrote about")
    assert set(result.own) == {f"ann-{n}" for n in range(4)}
    assert all(d.note == result.note for d in result.differences())


def test_nothing_comparable_is_empty_and_says_so() -> None:
    rows = [Event("ann", LOUD[n], f"lonely-{n}") for n in range(4)] + events()[10:]
    result = Measured()(view(rows))
    assert (result.measures, result.terms, result.differences()) == ((), (), ())
    assert result.note.startswith("only 0 of 4 texts are on things")
    assert "comparable texts on 0 things, fewer than the 3 needed" in result.note
    assert result.frame().height == 0
    nobody = Measured()(view(events(), user="new"))
    assert nobody.note == "comparable texts on 0 things, fewer than the 3 needed"


def test_several_texts_of_one_person_on_one_thing_count_as_one_by_their_mean() -> None:
    rows = events()
    rows.append(replace(rows[0], text="Calm words this time, as it was a calm day.", id="later"))
    once, twice = Measured()(view(events())), Measured()(view(rows))
    assert {"ann-0", "later"} <= set(twice.own)
    before, after = (
        next(m for m in r.measures if m.feature == "exclamations") for r in (once, twice)
    )
    assert (before.items, before.texts) == (10, 10)
    assert (after.items, after.texts) == (10, 11)
    # One of ten things now shows half of what it did.
    loud = measure([rows[0].text], [f for f in FEATURES if f.name == "exclamations"])[0, 0]
    assert after.own_mean == pytest.approx(before.own_mean - loud / 2 / 10)
    assert "11 texts on 10 things" in twice.sentence(after)


def test_one_person_with_many_texts_does_not_outvote_the_others() -> None:
    rows = events()
    copies = [
        replace(e, id=f"{e.id}-copy{n}") for e in rows if e.user == "peer-2" for n in range(9)
    ]
    once, often = Measured()(view(rows)), Measured()(view([*rows, *copies]))
    assert [m.reference_mean for m in often.measures] == pytest.approx(
        [m.reference_mean for m in once.measures]
    )
    assert [m.p for m in often.measures] == [m.p for m in once.measures]


def test_at_most_so_many_texts_of_one_person_on_one_thing_are_read() -> None:
    rows = events()
    rows += [replace(rows[0], id=f"more-{n}") for n in range(9)]
    result = Measured(each=4)(view(rows))
    assert [name for name in result.own if name.startswith("more")] == [
        f"more-{n}" for n in range(5, 9)
    ]
    assert "ann-0" not in result.own


def test_given_events_are_what_is_compared() -> None:
    here = view(events())
    result = Measured()(here, here.own[2:7])
    assert result.own == ("ann-2", "ann-3", "ann-4", "ann-5", "ann-6")


def test_later_events_do_not_count() -> None:
    rows = [replace(e, time=None, extra={}) for e in events()]
    from datetime import UTC, datetime, timedelta

    start = datetime(2024, 1, 1, tzinfo=UTC)
    timed = [replace(e, time=start + timedelta(days=int(e.id.split("-")[-1]))) for e in rows]
    population = Population.of(timed)
    result = Measured()(population.as_of(population.request("ann-6")))
    assert {name.split("-")[-1] for name in result.reference} == {str(n) for n in range(6)}


def test_texts_in_another_language_are_compared_by_features_for_any() -> None:
    german = "Ehrlich gesagt war die Suppe warm und das Brot sehr gut! Der Wein war auch gut!"
    rows = [replace(e, text=german) if e.user == "ann" else e for e in events()]
    result = Measured()(view(rows))
    measured = {measure.feature for measure in result.measures}
    assert measured <= {f.name for f in FEATURES if not f.languages} | {"rating"}
    assert "exclamations" in measured
    assert "10 own texts name no language and do not look English" in result.note
    given = Measured()(view([replace(e, language="de") for e in rows]))
    assert {measure.feature for measure in given.measures} == measured
    assert given.note == ""


def test_texts_without_words_are_left_out_of_the_features() -> None:
    rows = [replace(e, text="") if e.id in {"ann-0", "peer-2-3"} else e for e in events()]
    by_name = {m.feature: m for m in Measured()(view(rows)).measures}
    assert (by_name["exclamations"].texts, by_name["exclamations"].reference_texts) == (9, 53)
    assert (by_name["rating"].texts, by_name["rating"].reference_texts) == (10, 60)


def test_the_frame_has_a_row_for_every_measure() -> None:
    result = Measured()(view(events()))
    frame = result.frame()
    assert frame["feature"].to_list() == [m.feature for m in result.measures]
    assert (frame["standing"] == "found").sum() == len(result.found)
    assert frame["text"][0] == result.sentence(result.measures[0])


def test_a_group_is_compared_with_the_rest_by_whole_users() -> None:
    rng = np.random.default_rng(0)
    rows = [
        Event(
            f"u{user}",
            (LOUD if user < 6 and rng.random() < 0.8 else PLAIN)[int(rng.integers(4))],
            f"place-{place}",
            id=f"{user}-{place}",
        )
        for user in range(14)
        for place in range(12)
    ]
    population = Population.of(rows)
    loud = measure_group(population, [f"u{n}" for n in range(6)], name="loud ones")
    assert loud.user == "loud ones"
    assert "exclamations" in {m.feature for m in loud.found}
    assert loud.note == "only 6 of 6 members wrote about things that others wrote about"
    assert len(loud.own) == 72
    mixed = measure_group(population, ["u0", "u1", "u2", "u8", "u9", "u10", "u11"])
    assert not mixed.found


def test_a_group_of_strangers_is_refused() -> None:
    population = Population.of(events())
    with pytest.raises(DataError, match=r"1 of 2 members of 'group' without events, first 'zed'"):
        measure_group(population, ["ann", "zed"])
    with pytest.raises(DataError, match="0 of 0 members"):
        measure_group(population, [])
    with pytest.raises(DataError, match="no column 'item'"):
        measure_group(Population.of([Event("ann", "hello")]), ["ann"])


@pytest.mark.parametrize(
    ("setting", "value"), [("q", 0), ("q", 1.2), ("draws", 0), ("peers", 0), ("at_least_items", 0)]
)
def test_settings_out_of_range_are_refused(setting: str, value: float) -> None:
    with pytest.raises(SettingError, match=f"{setting} = {value!r}"):
        Measured(**{setting: value})  # type: ignore[arg-type]


def test_a_group_is_compared_on_things_that_enough_others_wrote_about() -> None:
    rows = [e for e in events() if e.user == "ann" or e.item != "place-3" or e.user == "peer-0"]
    result = measure_group(Population.of(rows), ["ann"])
    assert len(result.own) == 9
    assert not {name for name in (*result.own, *result.reference) if name.endswith("-3")}


def test_a_group_is_compared_by_public_texts_alone() -> None:
    private = {"ann-2": "self", "peer-1-5": "group", "peer-2-5": "public"}
    rows = [replace(e, audience=private.get(e.id)) for e in events()]  # type: ignore[arg-type]
    result = measure_group(Population.of(rows), ["ann"])
    assert set(result.own) == {f"ann-{n}" for n in range(10) if n != 2}
    assert "peer-1-5" not in result.reference
    assert "peer-2-5" in result.reference


def test_quotes_are_short_pieces_of_own_texts() -> None:
    long = "Never " + "was the soup of this house so warm and so good " * 6 + "before!"
    assert len(long) > 240
    rows = [replace(e, text=f"{e.text} {long}") if e.user == "ann" else e for e in events()]
    here = view(rows)
    quotes = [quote for m in Measured()(here).measures for quote in m.quotes]
    assert len(quotes) > 3
    assert all(any(quote in text for text in here.own.texts) for quote in quotes)
    assert max(map(len, quotes)) <= 240


def test_words_are_those_of_the_latest_text_on_a_thing() -> None:
    rows = events()
    later = [replace(e, id=f"{e.id}-later", text=PLAIN[0]) for e in rows[:5]]
    term = Measured()(view([*rows, *later])).terms[0]
    assert (term.text, term.own_texts) == ("honestly", 5)
    assert set(term.own) == {f"ann-{n}" for n in range(5, 10)}


def test_what_is_said_of_words_rests_on_the_texts_that_have_them() -> None:
    rows = [replace(e, text=PLAIN[0]) if e.id in {"ann-0", "ann-7"} else e for e in events()]
    said = Measured(terms=1)(view(rows)).differences()[-1]
    assert said.text.startswith("Uses “honestly” more than others on the same things: in 8 texts")
    assert set(said.own) == {f"ann-{n}" for n in range(10)} - {"ann-0", "ann-7"}
