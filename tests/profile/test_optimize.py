"""A search with a memory: the planted best is found, calls are counted, nothing good is lost."""

import numpy as np
import pytest

from idiolect.errors import DataError, SettingError
from idiolect.profile import Graded, Optimize, shared_and_new

WORDS = ("brief", "warm", "exact", "playful", "formal", "curious")


class Knows:
    """Question n is answered rightly if the candidate has the n-th word; keeps what it is asked."""

    def __init__(self, questions=WORDS):
        self.questions, self.asked = questions, []

    def __call__(self, texts):
        self.asked += texts
        return [
            [Graded(text, float(word in text.split())) for word in self.questions] for text in texts
        ]


def adds_a_word(rng):
    """Adds one word of a question that the best candidate failed, or one that is of no use."""

    def propose(memory, number):
        best = memory[-1]
        words = [*(WORDS[at] for at in best.failures), "loud", "late", "green"]
        return [f"{best.text} {rng.choice(words)}" for _ in range(4)]

    return propose


@pytest.mark.parametrize("seed", range(5))
def test_the_planted_best_is_found_within_the_stated_calls(seed):
    score = Knows()
    search = Optimize(score, adds_a_word(np.random.default_rng(seed)), len(WORDS), 30, 5, 4)
    found = search("start")
    assert set(WORDS) <= set(found.best.text.split())
    assert found.best.score == 1
    assert found.ended == "no failures"
    assert found.calls == len(score.asked) * len(WORDS)
    assert found.calls <= search.most_calls == (30 * 4 + 1) * len(WORDS)


def test_all_calls_are_made_where_nothing_is_perfect_and_never_more():
    score = Knows((*WORDS, "never"))
    counter = iter(range(1000))
    search = Optimize(score, lambda m, n: [f"text {next(counter)}" for _ in range(4)], 7)
    found = search("start")
    assert found.ended == "rounds"
    assert found.calls == len(score.asked) * 7 == search.most_calls == (1 + 10 * 4) * 7


def test_the_same_generator_gives_the_same_search():
    runs = [
        Optimize(Knows(), adds_a_word(np.random.default_rng(3)), len(WORDS), 3)("start")
        for _ in range(2)
    ]
    assert runs[0] == runs[1]


def test_the_memory_holds_the_best_ascending_and_of_equal_ones_the_first():
    seen = []

    def propose(memory, number):
        seen.append([trial.text for trial in memory])
        return [["a brief", "b", "c brief warm", "d brief"], ["e"], ["f"]][number]

    found = Optimize(Knows(), propose, len(WORDS), rounds=3, kept=3)("start")
    assert seen[0] == ["start"]
    assert seen[1] == ["d brief", "a brief", "c brief warm"]
    assert [trial.score for trial in found.memory] == pytest.approx([1 / 6, 1 / 6, 2 / 6])
    assert found.best.text == "c brief warm"


def test_what_is_chosen_was_scored_and_an_early_best_survives_a_poor_last_round():
    score = Knows()
    replies = [["brief warm exact"], ["loud"], ["late"]]
    found = Optimize(score, lambda m, n: replies[n], len(WORDS), rounds=3, kept=2)("start")
    assert found.best.text == "brief warm exact"
    assert {trial.text for trial in found.memory} <= set(score.asked)
    late = Optimize(Knows(), lambda m, n: [["loud"], [" ".join(WORDS)]][n], len(WORDS), 2)("start")
    assert late.best.score == 1, "the last proposals are scored before one is chosen"


def test_what_is_proposed_twice_is_scored_once_and_more_than_asked_for_is_not_read():
    score = Knows()
    propose = lambda memory, number: ["brief", "brief", "start", "warm", "exact"]  # noqa: E731
    found = Optimize(score, propose, len(WORDS), rounds=4, new=4)("start")
    assert score.asked == ["start", "brief", "warm"]
    assert found.calls == 3 * len(WORDS)


def test_a_budget_is_kept_to_the_call():
    score = Knows()
    counter = iter(range(1000))
    search = Optimize(
        score, lambda m, n: [f"t{next(counter)}" for _ in range(4)], len(WORDS), budget=40
    )
    found = search("start")
    assert found.ended == "budget"
    assert found.calls == len(score.asked) * len(WORDS) == 36


def test_the_prompt_that_did_best_on_the_nearest_questions_is_retrieved():
    found = Optimize(Knows(), lambda m, n: ["brief warm exact", "formal"], len(WORDS), 1)("start")
    assert found.best.text == "brief warm exact"
    assert found.retrieve([4]).text == "formal"
    assert found.retrieve([0, 4]).text == "brief warm exact", "of equal ones the best overall"
    assert found.retrieve([]) == found.best


def test_failures_are_told_against_those_of_the_worst():
    def propose(memory, number):
        return ["brief warm", "exact playful formal curious"]

    found = Optimize(Knows(), propose, len(WORDS), rounds=1, kept=2)("start")
    worst, best = found.memory
    assert worst.failures == (2, 3, 4, 5)
    assert shared_and_new(found.memory) == [((2, 3, 4, 5), 0), ((), 2)]
    assert best.failures == (0, 1)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"rounds": 0}, "rounds=0; give at least 1"),
        ({"kept": 0}, "kept=0"),
        ({"new": 0}, "new=0"),
        ({"questions": 0}, "questions=0"),
        ({"budget": 5}, "budget=5, which does not cover one candidate on 6 questions"),
    ],
)
def test_settings_out_of_range_are_refused(settings, says):
    with pytest.raises(SettingError, match=says):
        Optimize(Knows(), lambda m, n: [], **{"questions": 6, **settings})


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan")])
def test_a_score_that_no_order_can_be_made_of_is_refused(score):
    with pytest.raises(DataError, match=r"score=.* of 'x'; give 0 to 1"):
        Graded("x", score)


def test_a_scorer_that_leaves_something_out_is_refused():
    with pytest.raises(DataError, match=r"\[2\] grades for 1 candidates; needed are 6"):
        Optimize(lambda texts: [[Graded("", 0.0)] * 2 for _ in texts], lambda m, n: [], 6)("start")
    with pytest.raises(SettingError, match="no candidate to start from"):
        Optimize(Knows(), lambda m, n: [], 6)()
