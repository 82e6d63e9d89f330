"""What a benchmark scores: by id, by group, averaged as the official figure is."""

from dataclasses import replace

import numpy as np
import pytest

from idiolect.bench import USER, Benchmark
from idiolect.data import Event, Population, Request, last_per_user
from idiolect.errors import DataError, UnknownNameError
from idiolect.measure import estimate, text_metric
from idiolect.measure.judge import Counts, Judged
from idiolect.measure.metrics import TextMetric
from idiolect.roles import Verdict

RIGHT = TextMetric(
    "right",
    "1 where it is the reference",
    True,
    lambda a, b: [float(x == y) for x, y in zip(a, b, strict=True)],
)


def made(users: str, groups: str = "", average: str = "") -> Benchmark:
    """One example a letter of `users`; all references are "yes"."""
    names = [f"q{n}" for n in range(len(users))]
    kinds = {"kind": dict(zip(names, groups, strict=True))} if groups else {}
    return Benchmark(
        "made",
        Population.of([Event(user, "before", id=f"e{user}") for user in sorted(set(users))]),
        {name: Request(user, "Yes?") for name, user in zip(names, users, strict=True)},
        (RIGHT,),
        True,
        references={name: Event("x", "yes", id=name) for name in names},
        groups=kinds,
        average=average,
    )


def answers(pattern: str) -> dict[str, str]:
    return {f"q{n}": "yes" if right == "1" else "no" for n, right in enumerate(pattern)}


def test_rows_users_and_groups_are_averaged_as_the_data_set_says() -> None:
    users, groups, pattern = "aaabbc", "xxxyyy", "111001"
    by_row = made(users, groups).score(answers(pattern))["right"]
    assert (by_row.value, by_row.rows) == (4 / 6, 6)
    by_user = made(users, groups, USER).score(answers(pattern))["right"]
    assert by_user.value == pytest.approx((1 + 0 + 1) / 3)
    means = estimate(np.array([1.0, 0, 1]), np.array(["a", "b", "c"]))
    assert (by_user.low, by_user.high) == (means.low, means.high)
    by_kind = made(users, groups, "kind").score(answers(pattern))["right"]
    assert by_kind.value == pytest.approx((1 + 1 / 3) / 2)
    assert by_kind.low <= by_kind.value <= by_kind.high


def test_an_interval_of_group_means_covers_the_truth_as_often_as_it_says() -> None:
    rng, inside, rounds = np.random.default_rng(0), 0, 200
    users = "".join(chr(97 + n) for n in range(24) for _ in range(3))
    groups = "".join("xy"[n % 2] for n in range(len(users)))
    benchmark = made(users, groups, "kind")
    chance = np.where(np.array(list(groups)) == "x", 0.8, 0.4)
    for _ in range(rounds):
        pattern = "".join("01"[int(hit)] for hit in rng.random(len(users)) < chance)
        score = benchmark.score(answers(pattern))["right"]
        inside += score.low <= 0.6 <= score.high
    assert 0.90 < inside / rounds < 0.985  # 95 % within what 200 rounds allow


def test_figures_of_each_group() -> None:
    found = made("aaabbc", "xxxyyy").by("kind", answers("111001"))
    assert {group: its["right"].value for group, its in found.items()} == {"x": 1, "y": 1 / 3}
    assert made("aab").by(USER, answers("101"))["a"]["right"].value == 0.5
    with pytest.raises(UnknownNameError, match="grouping of 'made'"):
        made("aab").by("kind", answers("101"))


def test_an_example_without_a_figure_is_left_out_and_counted() -> None:
    benchmark = made("aab", average=USER)
    score = benchmark.figure(RIGHT, ["yes", None, "no"])
    assert (score.value, score.rows) == (0.5, 2)
    assert np.isnan(benchmark.figure(RIGHT, [None, None, None]).value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"q0": "yes"}, "1 examples without a prediction"),
        ({"q0": "yes", "q1": "no", "q9": "no"}, "1 predictions without an example"),
        ({"q0": "yes", "q1": None}, "Found None as the prediction for 'q1'"),
        ({"q0": "yes", "q1": float("nan")}, "Found nan as the prediction for 'q1'"),
    ],
)
def test_nothing_is_scored_on_a_subset_in_silence(wrong: dict[str, str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        made("ab").score(wrong)
    with pytest.raises(DataError, match=message):
        made("ab").by(USER, wrong)


def test_what_makes_no_benchmark() -> None:
    whole = made("ab", "xy")
    arguments = dict(vars(whole))
    with pytest.raises(DataError, match="1 examples of 'made' without a gold answer"):
        Benchmark(**arguments | {"references": {"q0": whole.references["q0"]}})
    with pytest.raises(DataError, match="without a 'kind'"):
        Benchmark(**arguments | {"groups": {"kind": {"q0": "x"}}})
    with pytest.raises(UnknownNameError, match="Did you mean 'kind'"):
        Benchmark(**arguments | {"average": "kinds"})
    with pytest.raises(DataError, match="no example"):
        whole.only([])


def test_events_held_out_of_ones_own_are_a_benchmark() -> None:
    people = Population.of([Event(u, f"{u} wrote {n}", time=n) for u in "ab" for n in range(3)])
    benchmark = Benchmark.held_out(people, last_per_user(people), [text_metric("rouge1")])
    assert benchmark.truths == ["a wrote 2", "b wrote 2"]
    assert list(benchmark.examples) == [request.event for request in benchmark.requests]
    assert benchmark.view(next(iter(benchmark.examples))).own.texts == ["a wrote 0", "a wrote 1"]
    truths = dict(zip(benchmark.examples, benchmark.truths, strict=True))
    assert benchmark.score(truths)["rouge1"].value == 1
    with pytest.raises(DataError, match="stands for no event"):
        Benchmark.held_out(people, [Request("a")], [RIGHT])


def test_intervals_know_what_belongs_together() -> None:
    apart = made("abcdef", "xxyyzz")
    together = replace(apart, cluster="kind")
    assert list(together.clusters) == list("xxyyzz")
    one, other = (each.score(answers("110011"))["right"] for each in (apart, together))
    assert one.value == other.value == 4 / 6
    whole = estimate(np.array([1.0, 1, 0, 0, 1, 1]), np.array(list("xxyyzz")))
    assert (other.low, other.high) == (whole.low, whole.high)
    assert other.high - other.low > one.high - one.low
    with pytest.raises(UnknownNameError, match="grouping of 'made'"):
        replace(apart, cluster="persona")


def test_labels_are_summed_before_they_are_divided() -> None:
    benchmark = made("abc")
    counts = [Counts(1, 1, 1, 4), Counts(0.5, 3, 2, 2)]
    verdicts = [Verdict(one.f1, parts=vars(one)) for one in counts]
    found = benchmark.marks(Judged((*verdicts, Verdict(None, "no reply"))))
    precision, recall = 1.5 / 4, 3 / 6
    assert found["precision"].value == precision
    assert found["recall"].value == recall
    assert found["f1"].value == 2 * precision * recall / (precision + recall)
    assert found["f1"].rows == found["judge"].rows == 2, "who got no mark does not count"
    assert found["judge"].value == pytest.approx((counts[0].f1 + counts[1].f1) / 2)
    plain = benchmark.marks(Judged((Verdict(1.0), Verdict(None, "x"), Verdict(0.0))))
    assert list(plain) == ["judge"]
    assert (plain["judge"].value, plain["judge"].rows) == (0.5, 2)
