"""Comparing on worlds whose truth is planted: order, sizes, null rates, failures, wrong input."""

import json
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from idiolect.catalog import recipe
from idiolect.cli.compare import plain as as_plain
from idiolect.data import Event, Population, last_per_user
from idiolect.errors import DataError, UnknownNameError
from idiolect.lm import Prompt, Scripted
from idiolect.report.comparison import MANY, NO_CONTROLS, ONE_USER, notes, to_html
from idiolect.roles import Draft, Nothing
from idiolect.run import Assembly
from idiolect.run.compare import compare
from idiolect.run.controls import controls

START = datetime(2024, 1, 1, tzinfo=UTC)
EVERYBODYS = ["und", "dann"]
POOL = [f"wort{n}" for n in range(32)]
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
        METHODS, people, last_per_user(people), Scripted(obey), metrics=["rouge1"],
        controls=controls(),
    )  # fmt: skip
    mean = {arm.name: found.mean(arm, "rouge1").mean for arm in found.arms}
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
        found = compare(
            methods, people, last_per_user(people), Scripted(anything), metrics=["rouge1"]
        )
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
        METHODS | {"half": lambda lm: Half()}, people, requests, Scripted(obey),
        metrics=["rouge1"],
    )  # fmt: skip
    half = found.arm("half")
    score = found.mean(half, "rouge1")
    assert (score.rows, score.left_out) == (20, 20)
    assert score.mean == pytest.approx(1 / 3), "failures are not zeros"
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
    found = compare(METHODS, people, last_per_user(people), Scripted(""), metrics=["rouge1"])
    summary = found.summary()
    assert summary["failed"].to_list() == [6, 6]
    assert summary["unreadable"].to_list() == [6, 6]
    assert np.isnan(summary["mean"].to_list()).all()
    assert as_plain(found)["summary"][0]["mean"] is None


def test_one_user_has_no_interval_and_the_report_says_so():
    people = world(0, users=8)
    requests = last_per_user(people, k=3, users=["u03"])
    found = compare(METHODS, people, requests, Scripted(obey), metrics=["rouge1"])
    score = found.mean(found.arm("rag"), "rouge1")
    assert (score.mean, score.rows) == (pytest.approx(1), 3)
    assert np.isnan([score.low, score.high]).all()
    assert "one user only" in score.note
    assert ONE_USER in notes(found)
    assert "no interval" in to_html(found)


def test_without_controls_the_report_warns():
    people = world(0, users=8)
    found = compare(METHODS, people, last_per_user(people), Scripted(obey), metrics=["rouge1"])
    assert NO_CONTROLS in notes(found)


def test_predictions_made_elsewhere_count_and_must_match_by_id():
    people = world(0, users=5)
    requests = last_per_user(people)
    texts = {r.event: people.event(r.event).text for r in requests}
    found = compare(
        METHODS, people, requests, Scripted(obey), metrics=["rouge1"], predictions={"mine": texts}
    )
    assert found.mean(found.arm("mine"), "rouge1").mean == pytest.approx(1)
    wrong = dict(texts)
    wrong["elsewhere"] = wrong.pop(requests[0].event)
    with pytest.raises(DataError, match=r"1 requests have none .* 1 are for other events"):
        compare(
            METHODS, people, requests, Scripted(obey), metrics=["rouge1"],
            predictions={"mine": wrong},
        )  # fmt: skip


def test_bad_input_is_refused():
    people = world(0, users=5)
    with pytest.raises(DataError, match="no request to compare on"):
        compare(METHODS, people, [], Scripted(obey))
    with pytest.raises(UnknownNameError, match="Did you mean 'rouge1'"):
        compare(METHODS, people, last_per_user(people), Scripted(obey), metrics=["rogue1"])


def test_the_tables_are_tidy_and_json_holds_them():
    people = world(0, users=6)
    found = compare(
        METHODS, people, last_per_user(people), Scripted(obey), metrics=["rouge1", "length_ratio"],
        controls=controls(),
    )  # fmt: skip
    rows = found.rows()
    assert rows.height == 6 * len(found.arms) * 2
    assert set(rows.columns) == {"event", "user", "method", "history", "metric", "value"}
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
    found = compare(METHODS, people, last_per_user(people), Scripted(obey), metrics=["rouge1"])
    assert "<script" not in to_html(found)
