"""Comparing on worlds whose truth is planted: order, sizes, null rates, failures, wrong input."""

import json
import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from idiolect.bench import Benchmark
from idiolect.catalog import recipe
from idiolect.data import Event, Population, last_per_user
from idiolect.errors import DataError, SettingError, UnknownNameError
from idiolect.lm import Prompt, Scripted, peers
from idiolect.measure import text_metric
from idiolect.report.comparison import MANY, ONE_USER, alarms, notes, to_html
from idiolect.report.tidy import plain as as_plain
from idiolect.roles import Draft, Nothing
from idiolect.run import Assembly
from idiolect.run.canary import watch
from idiolect.run.compare import compare
from idiolect.run.controls import controls

START = datetime(2024, 1, 1, tzinfo=UTC)
EVERYBODYS = ["und", "dann"]
POOL = [f"wort{n}" for n in range(32)]


def held(people, requests=None, metrics=("rouge1",)):
    asked = last_per_user(people) if requests is None else requests
    return Benchmark.held_out(people, asked, map(text_metric, metrics))


METHODS = {"plain": Assembly(recipe("plain")), "rag": Assembly(recipe("rag"))}


def world(seed: int, users: int = 40, texts: int = 9, *, habits: bool = True) -> Population:
    """Everybody writes ten words a text: two that all use, eight of the user's own (or random)."""
    rng = random.Random(seed)
    events = []
    for user in range(users):
        own = rng.sample(POOL, 8)
        for text in range(texts):
            words = EVERYBODYS + own if habits else rng.choices(POOL, k=10)
            rng.shuffle(words)
            when = START + timedelta(days=text, minutes=user)
            events.append(Event(f"u{user:02}", " ".join(words), f"item{text}", when))
    return Population.of(events)


def obey(prompt: Prompt) -> str:
    """Writes exactly the words that recur in three quarters of the texts shown as the user's."""
    shown = [set(entry.text.split()) for entry in prompt.section("own")]
    counts = Counter(word for words in shown for word in words)
    return " ".join(sorted(w for w, n in counts.items() if n >= 0.75 * len(shown))) or "nichts"


def test_own_history_beats_every_control_in_the_planted_order_and_size():
    people = world(0)
    found = compare(
        METHODS, held(people), Scripted(obey),
        controls=controls(),
    )  # fmt: skip
    mean = {arm.name: found.score(arm, "rouge1").value for arm in found.arms}
    # Own: all ten words. Wrong user: two that all use and 8 · 8/32 = 2 more in ten, so F = .4.
    # Shuffled and mean: the two that all use, 2 · .2 / 1.2. None: nothing.
    assert mean["rag"] == pytest.approx(1)
    assert mean["rag (wrong user)"] == pytest.approx(0.4, abs=0.05)
    assert mean["rag (shuffled)"] == pytest.approx(1 / 3, abs=0.03)
    assert mean["rag (population mean)"] == pytest.approx(1 / 3, abs=0.03)
    assert mean["plain"] == 0
    order = ["rag", "rag (wrong user)", "rag (shuffled)", "plain"]
    assert sorted(order, key=mean.__getitem__, reverse=True) == order
    assert {t.against for t in found.controlled("rouge1")} == {
        f"rag ({kind})" for kind in controls()
    }
    for test in [*found.tests("rouge1"), *found.controlled("rouge1")]:
        assert test.p < 0.001
        assert test.paired.low > 0.5
        assert test.paired.users == 40
    assert "plain (wrong user)" not in mean, "a method that reads no history needs no control"


def test_where_nothing_is_planted_no_method_wins_beyond_the_nominal_rate():
    def anything(prompt: Prompt) -> str:
        return " ".join(random.Random(prompt.render().text).choices(POOL, k=10))

    wins = 0
    for seed in range(60):
        people = world(seed, users=20, texts=4, habits=False)
        methods = METHODS | {"other": Assembly(recipe("rag"), settings={"events": 2})}
        found = compare(methods, held(people), Scripted(anything))
        wins += any(test.p <= 0.05 for test in found.tests("rouge1"))
    # Of 60 at .05, eight or more would happen once in a hundred times.
    assert wins < 8


class Half:
    """Fails for every second user, as a method might on hard requests."""

    def answer(self, view):
        if int(view.request.user[1:]) % 2:
            raise DataError("cannot")
        return Draft("und dann", "und dann", Nothing())


def test_a_method_that_fails_on_half_is_shown_and_never_averaged_away():
    people = world(0)
    requests = last_per_user(people)
    found = compare(
        METHODS | {"half": lambda lm: Half()}, held(people, requests), Scripted(obey)
    )  # fmt: skip
    half = found.arm("half")
    score = found.score(half, "rouge1")
    assert score.rows == 20
    assert score.value == pytest.approx(1 / 3), "failures are not zeros"
    assert half.failures == {"DataError": 20}
    summary = found.summary().filter(method="half")
    assert summary["failed"].to_list() == [20]
    assert next(t for t in found.tests("rouge1") if t.method == "half").paired.rows == 20
    said = [note for note in notes(found) if note.startswith("half failed on 20 of 40")]
    assert said
    assert said[0] in to_html(found).replace("&#x27;", "'")
    assert MANY < 0.5


def test_unreadable_replies_are_counted_apart_from_other_failures():
    people = world(0, users=6)
    found = compare(METHODS, held(people), Scripted(""))
    summary = found.summary()
    assert summary["failed"].to_list() == [6, 6]
    assert summary["unreadable"].to_list() == [6, 6]
    assert np.isnan(summary["value"].to_list()).all()
    assert as_plain(found)["summary"][0]["value"] is None


def test_one_user_has_no_interval_and_the_report_says_so():
    people = world(0, users=8)
    requests = last_per_user(people, k=3, users=["u03"])
    found = compare(METHODS, held(people, requests), Scripted(obey))
    score = found.score(found.arm("rag"), "rouge1")
    assert (score.value, score.rows) == (pytest.approx(1), 3)
    assert np.isnan([score.low, score.high]).all()
    assert ONE_USER in notes(found)
    assert "no interval" in to_html(found)


def test_a_gain_without_its_wrong_user_control_is_said_in_red():
    people = world(0, users=8)
    bare = compare(METHODS, held(people), Scripted(obey))
    [alarm] = alarms(bare)
    assert alarm.startswith("rag gained over plain without the control of a wrong user")
    assert '<div class="alarm" role="alert">rag gained' in to_html(bare)
    assert not alarms(compare(METHODS, held(people), Scripted(obey), controls=controls()))
    assert not alarms(compare(METHODS, held(people), Scripted("nichts")))
    texts = {request.event: "und dann" for request in last_per_user(people)}
    added = compare(
        METHODS, held(people), Scripted("nichts"), controls=controls(), predictions={"mine": texts}
    )
    assert "mine gained" in alarms(added)[0]


def test_where_lower_is_better_a_fall_is_the_gain():
    people = world(0, users=8)
    falling = replace(text_metric("rouge1"), name="distance", higher_is_better=False)
    benchmark = Benchmark.held_out(people, last_per_user(people), [falling])
    found = compare(METHODS, benchmark, Scripted(obey))
    assert not found.uncontrolled("distance")
    turned = compare(dict(reversed(METHODS.items())), benchmark, Scripted(obey))
    assert turned.uncontrolled("distance") == ["plain"]
    assert "lower distance is better" in to_html(turned)


def test_the_noise_of_wording_is_measured():
    people = world(0, users=8)

    def moved(prompt: Prompt) -> str:
        """Writes one word more for each letter more of the instruction, over ten."""
        return " ".join(["und"] * (1 + len(prompt.instruction) % 10))

    found = compare(METHODS, held(people), Scripted(moved), paraphrases=6)
    assert found.noise["rag"].shape == (6, 1)
    assert found.noise_floor("rag", "rouge1") == pytest.approx(
        1.96 * np.std(found.noise["rag"][:, 0], ddof=1)
    )
    assert found.noise_floor("rag", "rouge1") > 0.005
    steady = compare(METHODS, held(people), Scripted(obey), paraphrases=3)
    assert steady.noise_floor("rag", "rouge1") == 0
    assert "Is it more than wording?" in to_html(steady)
    assert np.isnan(bare_noise(steady))


def bare_noise(found):
    return replace(found, noise={}).noise_floor("rag", "rouge1")


def test_the_canary_finds_planted_leaks_and_none_where_views_are_cut():
    people = world(0, users=6)
    benchmark = held(people)

    class ShowsAll:
        """Shows the model everything that its view has of others."""

        def __init__(self, lm):
            self.lm = lm

        def answer(self, view):
            reply = self.lm.one(Prompt("Write.", peers(view.others), stage="peek"))
            return Draft(reply.text, reply.value, Nothing())

    honest = watch(METHODS["rag"], benchmark)
    assert (honest.examples, honest.failed, honest.late) == (6, 0, 0)
    assert honest.shown == 6 * 8, "eight earlier texts of each user"
    assert watch(ShowsAll, benchmark).late == 0
    open_views = replace(benchmark, published=True)
    late = watch(ShowsAll, open_views)
    # The last texts are minutes apart: those of the users after this one lie in the future.
    assert late.late == sum(range(6))
    assert {leak.stage for leak in late.leaks} == {"peek"}
    found = compare({"a": ShowsAll}, open_views, Scripted("x"), controls=controls(), canary=True)
    assert "a read the future: 15 of" in alarms(found)[0]


def test_predictions_made_elsewhere_count_and_must_match_by_id():
    people = world(0, users=5)
    requests = last_per_user(people)
    texts = {r.event: people.event(r.event).text for r in requests}
    found = compare(METHODS, held(people, requests), Scripted(obey), predictions={"mine": texts})
    assert found.score(found.arm("mine"), "rouge1").value == pytest.approx(1)
    wrong = dict(texts)
    wrong["elsewhere"] = wrong.pop(requests[0].event)
    with pytest.raises(DataError, match=r"1 requests have none .* 1 are for other events"):
        compare(
            METHODS, held(people, requests), Scripted(obey),
            predictions={"mine": wrong},
        )  # fmt: skip


def test_bad_input_is_refused():
    people = world(0, users=5)
    with pytest.raises(DataError, match="no example in"):
        compare(METHODS, held(people, []), Scripted(obey))
    with pytest.raises(UnknownNameError, match="Did you mean 'rouge1'"):
        held(people, metrics=["rogue1"])


def test_what_cannot_be_compared_is_refused_before_anybody_is_asked():
    benchmark, model = held(world(0, users=5)), Scripted(obey)
    with pytest.raises(DataError, match="not published"):
        compare(METHODS, replace(benchmark, hidden=True, references={}), model)
    with pytest.raises(DataError, match="5 requests have none"):
        compare(METHODS, benchmark, model, predictions={"mine": {}})
    with pytest.raises(SettingError, match="there are 30 lead-ins"):
        compare(METHODS, benchmark, model, paraphrases=31)
    assert not model.prompts


def test_a_later_method_that_cannot_be_composed_is_refused_before_anybody_is_asked():
    lm, benchmark = Scripted(obey), held(world(0, users=4))
    methods = {
        "plain": Assembly(recipe("plain")),
        "rag": Assembly(recipe("rag"), {}, {"events": 0}),
    }
    with pytest.raises(SettingError, match="events=0 for recipe 'rag'"):
        compare(methods, benchmark, lm)
    assert not lm.prompts
    made = {"plain": dict.fromkeys(benchmark.examples, "text")}
    with pytest.raises(SettingError, match="'plain' as a method and as predictions"):
        compare({"plain": methods["plain"]}, benchmark, lm, predictions=made)
    assert not lm.prompts


def test_the_tables_are_tidy_and_json_holds_them():
    people = world(0, users=6)
    found = compare(
        METHODS, held(people, metrics=["rouge1", "length_ratio"]), Scripted(obey),
        controls=controls(),
    )  # fmt: skip
    rows = found.rows()
    assert rows.height == 6 * len(found.arms) * 2
    assert rows.columns[:7] == ["example", "user", "method", "history", "metric", "better", "value"]
    assert rows.columns[7:] == ["failed", "calls", "tokens", "retries", "seconds", "cost"]
    whole = json.loads(json.dumps(as_plain(found)))
    assert whole["requests"] == whole["users"] == 6
    assert {t["method"] for t in whole["tests"]["controls"]} == {"rag"}
    assert whole["summary"][0]["calls"] == 1


def test_the_page_escapes_what_people_wrote():
    events = [
        Event("ann" if n % 2 else "bob", f"<script>alert({n})</script>", f"i{n // 2}",
              START + timedelta(days=n))
        for n in range(8)
    ]  # fmt: skip
    people = Population.of(events)
    found = compare(METHODS, held(people), Scripted(obey))
    assert "<script" not in to_html(found)
