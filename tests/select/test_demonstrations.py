"""Which demonstrations: the authors' sets and scores, the planted best set, counted calls.

`AUTHORS` was made with SynthesizeMe's own search (MIT; dspy 2.6.14) around a judge whose answer is
a hash of what it is shown: (salt, examples, percent right, zero-shot allowed) → each set that was
tried (+ solved, - labelled) and how many held-out examples it got right.
"""

from hashlib import sha256

import pytest

from idiolect.errors import DataError, SettingError
from idiolect.select import Attempt, Demonstration, SearchDemonstrations

AUTHORS = {
    ("a", 10, 50, True): [
        ("", 3),
    ],
    ("b", 15, 40, True): [
        ("", 2),
        ("-6 -9 -0 -2", 1),
        ("+2 +3 +7 +8 +9", 3),
        ("+1 +5 +3 +0 +9", 1),
        ("+8 +9 +1 -2", 1),
        ("+5 -9 -8 -1", 3),
        ("+6 +2 +8 -3", 2),
        ("+8 +6 +1 +3", 4),
    ],
    ("c", 5, 60, True): [
        ("", 1),
        ("-1 -2 -0", 1),
        ("-2 -1 -0", 0),
        ("+0 -1 -2", 1),
        ("+2 -0 -1", 1),
        ("+2 -0 -1", 1),
        ("+2 -0 -1", 1),
        ("-0 -1 -2", 2),
    ],
    ("d", 12, 20, False): [
        ("-6 -7 -3 -0", 0),
        ("+1 +4 +7 -6", 0),
        ("+0 +6 -4 -2", 0),
        ("+3 +6 +5 -2", 0),
        ("+5 -0 -3 -2", 1),
        ("+6 +3 -0 -2", 2),
        ("+4 +7 -1 -0", 0),
        ("-4 -5 -1 -7", 1),
        ("+5 -1 -7 -0", 2),
        ("+3 +5 -6 -4", 0),
        ("+6 +4 +1 -3", 1),
        ("+6 +2 +4 -7", 0),
    ],
    ("e", 15, 70, False): [
        ("-6 -9 -0 -2", 2),
        ("+0 +1 +2 +3 +6 +7", 5),
    ],
    ("f", 7, 45, False): [
        ("-3 -1 -0 -2", 1),
        ("-3 -0 -2 -1", 1),
        ("-3 -2 -1 -0", 1),
        ("+2 -1 -0 -3", 2),
        ("+1 -0 -3 -2", 2),
        ("+2 -1 -0 -3", 2),
        ("+2 +1 -3 -0", 2),
        ("+1 +3 +2 -0", 3),
    ],
}


class Hashed:
    """Right or wrong by a hash of the demonstrations and the example; counts what it solves."""

    def __init__(self, salt, rate):
        self.salt, self.rate, self.asked = salt, rate, 0

    def __call__(self, shown, examples):
        self.asked += len(examples)
        names = [f"x{d.example}{'-' if d.reason is None else '+'}" for d in shown]
        return [Attempt(self._right(names, f"x{one}"), f"why {one}") for one in examples]

    def _right(self, names, example):
        key = "|".join([self.salt, *names, ">", example])
        return sha256(key.encode()).digest()[0] % 100 < self.rate


def as_text(shown):
    return " ".join(f"{'-' if d.reason is None else '+'}{d.example}" for d in shown)


@pytest.mark.parametrize("case", AUTHORS, ids=lambda case: case[0])
def test_sets_scores_and_the_best_equal_the_authors(case):
    salt, many, rate, zero_shot = case
    cut = int(many * 0.7)
    train, held = list(range(cut)), list(range(cut, many))
    found = SearchDemonstrations(Hashed(salt, rate), zero_shot=zero_shot)(train, held)
    tried = [(as_text(one.shown), round(one.accuracy * len(held))) for one in found.tried]
    assert tried == AUTHORS[case]
    right = [score for _, score in AUTHORS[case]]
    assert as_text(found.best.shown) == AUTHORS[case][right.index(max(right))][0]


def test_reasons_are_the_models_own():
    found = SearchDemonstrations(Hashed("b", 100), enough=1.1, candidates=2)(range(5), [8, 9])
    every = found.tried[2]
    assert every.name == "all solved"
    assert [d.reason for d in every.shown] == [f"why {n}" for n in range(5)]
    assert [one.name for one in found.tried] == [
        "none", "labelled", "all solved", "drawn 1", "drawn 2",
    ]  # fmt: skip
    assert found.tried[0].shown == ()
    assert [d.reason for d in found.tried[1].shown] == [None] * 4


class Planted:
    """A held-out example is solved if its own demonstration is shown and no harmful one is."""

    def __init__(self, needed, harmful):
        self.needed, self.harmful, self.asked = needed, harmful, 0

    def __call__(self, shown, examples):
        self.asked += len(examples)
        seen = {d.example for d in shown}
        return [
            Attempt(one in self.needed or one in self.harmful)
            if one not in (10, 11)
            else Attempt(self.needed[one - 10] in seen and not seen & set(self.harmful))
            for one in examples
        ]


def test_the_planted_best_set_is_found_and_calls_are_counted():
    """Examples 2 and 5 help, 3 spoils everything, the others cannot be solved."""
    solve = Planted(needed=(2, 5), harmful=(3,))
    search = SearchDemonstrations(solve, labelled=0, candidates=10)
    found = search(range(8), [10, 11])
    assert {d.example for d in found.best.shown} == {2, 5}
    assert found.best.accuracy == 1.0
    assert found.best.name.startswith("drawn"), "no other set leaves the harmful one out"
    assert found.tried[-1] == found.best, "the search ends where it is good enough"
    assert max(one.accuracy for one in found.tried[:-1]) < 0.8
    assert found.solved == solve.asked <= search.most_solved(8, 2)


def test_nothing_more_is_asked_after_a_set_that_is_good_enough():
    solve = Hashed("a", 100)
    found = SearchDemonstrations(solve)(range(7), range(7, 10))
    assert len(found.tried) == 1
    assert found.solved == solve.asked == 3


def test_calls_are_at_most_what_is_stated_where_all_is_wrong():
    solve = Hashed("a", 0)
    search = SearchDemonstrations(solve, labelled=2)
    found = search(range(7), range(7, 10))
    assert len(found.tried) == 13
    assert found.solved == solve.asked <= search.most_solved(7, 3) == 11 * 7 + 13 * 3


def test_a_set_that_was_tried_before_is_not_tried_again():
    """With a single example every drawn set is the same."""
    solve = Hashed("a", 0)
    found = SearchDemonstrations(solve)([0], [1])
    assert len(found.tried) == 13
    assert solve.asked == 11 + 2, "11 attempts to solve it; no demonstration, and the labelled one"


def test_an_example_is_solved_without_its_own_answer_in_sight():
    def solve(shown, examples):
        assert all(d.example not in examples for d in shown)
        assert all(d.reason is None for d in shown)
        return [Attempt(False)] * len(examples)

    found = SearchDemonstrations(lambda s, e: solve(s, e) if len(e) == 1 else [Attempt(False)] * 2)(
        range(6), [7, 8]
    )
    assert all(len(one.shown) <= 4 for one in found.tried)


def test_another_seed_draws_other_sets():
    sets = [
        [one.shown for one in SearchDemonstrations(Hashed("b", 60), seed=s, enough=2)(
            range(9), [10]
        ).tried]
        for s in (0, 0, 50)
    ]  # fmt: skip
    assert sets[0] == sets[1] != sets[2]


def test_bad_settings_and_nothing_to_try_on_are_refused():
    with pytest.raises(SettingError, match="candidates=-1; give at least 0"):
        SearchDemonstrations(Hashed("a", 1), candidates=-1)
    with pytest.raises(SettingError, match="bootstrapped=0; give at least 1"):
        SearchDemonstrations(Hashed("a", 1), bootstrapped=0)
    with pytest.raises(DataError, match="0 examples to show and 1 to try them on"):
        SearchDemonstrations(Hashed("a", 1))([], [1])
    assert Demonstration(1) == Demonstration(1, None)
