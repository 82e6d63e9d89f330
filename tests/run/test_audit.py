"""The audit finds the bias that was planted in a judge, and no other."""

import random
from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest

from idiolect.data import Event, Population
from idiolect.errors import DataError, SettingError
from idiolect.lm import Prompt, Scripted
from idiolect.measure import Pairwise, Personalized, Pointwise, Text
from idiolect.measure.judge import Told
from idiolect.run.audit import audit_marks, audit_pairs
from idiolect.run.models import Again
from idiolect.run.planted import LONGER, WRONG, negated, planted, turned
from idiolect.testing import town

TOWN = town()
CASES = planted(TOWN.population)


def content(text: str) -> list[str]:
    return sorted(Text(text).sentences)


def paired(prefers) -> Pairwise:
    """A judge of pairs whose model says first, second or tie by the texts and the real text."""

    def answer(prompt: Prompt) -> str:
        a, b = (entry.text for entry in prompt.section("options"))
        return prefers(a, b, prompt.section("own")[0].text)

    return Pairwise(Scripted(answer))


def marked(mark) -> Pointwise:
    """A judge of single texts whose model gives a mark by the text and the real text."""

    def answer(prompt: Prompt) -> str:
        return str(mark(prompt.section("options")[0].text, prompt.section("own")[0].text))

    return Pointwise(Scripted(answer))


def by(score):
    """Prefers the higher score; a tie where both have the same."""

    def prefers(a: str, b: str, real: str) -> str:
        one, other = score(a, real), score(b, real)
        return "tie" if one == other else "first" if one > other else "second"

    return prefers


def right(text: str, real: str) -> int:
    return int(content(text) == content(real))


def longer(text: str, real: str) -> int:
    return len(text)


def statuses(found) -> dict[str, str]:
    return {finding.test: finding.status for finding in found.findings}


def test_a_perfect_judge_is_trusted_with_everything():
    judge = paired(by(right))
    found = audit_pairs(judge, CASES, judge)
    assert set(statuses(found).values()) == {"good"}
    assert found.biases == ()
    assert found.trusted == tuple(WRONG)
    assert found.verdict == (
        "It can be trusted to tell the right text from these: wrong user, other item, negated, "
        "empty praise. None of the biases was found."
    )


def test_a_judge_that_always_says_the_first_has_that_bias_alone():
    judge = paired(lambda a, b, real: "first")
    found = audit_pairs(judge, CASES, judge)
    assert found.biases == ("order",)
    assert found.trusted == ()
    said = statuses(found)
    assert (said["length"], said["verbosity"], said["repeatability"]) == ("good",) * 3
    assert found.finding("order").rate.value == 1
    assert "favours the first place" in found.finding("order").said
    assert "Biases found: order." in found.verdict
    second = audit_pairs(paired(lambda a, b, real: "second"), CASES)
    assert second.biases == ("order",)
    assert "favours the second place" in second.finding("order").said


def test_a_judge_that_likes_length_has_that_bias_alone():
    judge = paired(by(longer))
    found = audit_pairs(judge, CASES, judge)
    assert found.biases == ("length", "verbosity")
    assert found.trusted == ()
    said = statuses(found)
    assert (said["order"], said["consistency"], said["repeatability"]) == ("good",) * 3


def test_a_judge_that_only_looks_at_the_end_likes_padding_but_not_many_words():
    """The wordy text ends as the right one does; the padded one does not."""

    def ends_neutral(text: str, real: str) -> int:
        return int(text[-15:] not in real)

    found = audit_pairs(paired(by(ends_neutral)), [c for c in CASES if c.test in LONGER])
    assert found.biases == ("length",)


def test_a_weak_lean_to_the_first_place_is_found():
    """It knows what is right in three of four pairs, else it says the first."""
    draw = random.Random(0)

    def lean(a: str, b: str, real: str) -> str:
        return by(right)(a, b, real) if draw.random() < 0.75 else "first"

    found = audit_pairs(paired(lean), CASES, threads=1)
    assert found.biases == ("order",)
    assert {statuses(found)[test] for test in WRONG} <= {"weak", "good"}
    assert "Better than guessing, but not shown to be reliable" in found.verdict


def random_judge(seed: int) -> Pairwise:
    draw = random.Random(seed)
    return paired(lambda a, b, real: draw.choice(["first", "second"]))


def test_a_random_judge_has_no_bias_and_no_ability():
    found = audit_pairs(random_judge(1), CASES, random_judge(2), threads=1)
    assert found.biases == found.trusted == ()
    assert statuses(found)["repeatability"] == "bad"
    assert statuses(found)["consistency"] == "bad"
    assert "Not steady: consistency, repeatability" in found.verdict


def test_chance_is_seldom_taken_for_a_bias():
    """60 random judges, three biases each at 99 %: about two false findings in 180."""
    few = CASES[:: len({case.test for case in CASES})] + CASES[4::6] + CASES[5::6]
    found = Counter(
        bias
        for seed in range(60)
        for bias in audit_pairs(random_judge(seed), few, threads=1).biases
    )
    assert sum(found.values()) <= 6


def test_a_judge_of_single_texts_is_examined_by_its_marks():
    perfect = marked(lambda text, real: 9 if right(text, real) else 2)
    found = audit_marks(perfect, CASES, perfect)
    assert (found.biases, found.trusted) == ((), tuple(WRONG))
    assert "order" not in statuses(found)
    assert "one text at a time" in found.notes[0]
    length = marked(lambda text, real: min(len(text) / 200, 10))
    assert audit_marks(length, CASES).biases == ("length", "verbosity")
    constant = marked(lambda text, real: 7)
    found = audit_marks(constant, CASES, constant)
    assert (found.biases, found.trusted) == ((), ())
    assert found.finding("negated").rate.value == 0.5


def test_each_text_is_marked_once():
    lm = Scripted("5")
    audit_marks(Pointwise(lm), CASES)
    texts = {(c.reference.id, t) for c in CASES for t in (c.a, c.b)}
    assert len(lm.prompts) == len(texts) < 2 * len(CASES)


def test_a_gullible_judge_is_trusted_with_some_tests_only():
    """It takes praise for right, whatever the user wrote."""

    def praised(text: str, real: str) -> float:
        return 2 if "could not be recommended" in text or "great" in text else right(text, real)

    found = audit_pairs(paired(by(praised)), CASES)
    assert found.trusted == ("wrong user", "other item", "negated")
    assert found.finding("empty praise").status == "bad"
    assert "cannot be trusted to tell it from these: empty praise." in found.verdict


def test_failures_are_counted_apart_and_change_no_rate():
    perfect = by(right)
    broken = {case.reference.id for case in CASES[:60]}
    texts = {case.reference.text for case in CASES if case.reference.id in broken}

    def sometimes(a: str, b: str, real: str) -> str:
        return "I cannot say." if real in texts else perfect(a, b, real)

    found = audit_pairs(paired(sometimes), CASES)
    lost = sum(case.reference.id in broken for case in CASES)
    assert len(found.failures) == lost
    assert sum(found.finding(test).rate.failures for test in (*WRONG, *LONGER)) == lost
    assert all(found.finding(test).rate.value == 1 for test in WRONG)
    assert f"counted apart: {lost}." in found.verdict


def test_a_judge_that_never_answers_is_unknown_and_not_bad():
    found = audit_pairs(paired(lambda *_: "?"), CASES)
    assert {f.status for f in found.findings} == {"unknown"}
    assert len(found.failures) == len(CASES)
    assert found.biases == ()
    assert "Not known, as too few verdicts came back" in found.verdict


def test_a_judge_by_history_is_examined_alike():
    """The model is told nothing but the history; the script knows what is true."""
    real = {tuple(content(case.reference.text)) for case in CASES}

    def answer(prompt: Prompt) -> str:
        held = [tuple(content(entry.text)) in real for entry in prompt.section("options")]
        said = "C" if held[0] == held[1] else "A" if held[0] else "B"
        return f"[[{said}]] certainty: 60"

    judge = Personalized(Scripted(answer), Told(4), tie=True, order="both")
    found = audit_pairs(judge, CASES)
    assert (found.biases, set(found.trusted)) == ((), set(WRONG))
    one = Personalized(Scripted(answer), Told(4), tie=True)
    assert "Order was not tested" in audit_pairs(one, CASES).notes[0]


def test_asking_again_is_another_draw():
    lm = Scripted("5")
    Pointwise(Again(lm))(CASES[0].view, "A text.", CASES[0].reference)
    Pointwise(lm)(CASES[0].view, "A text.", CASES[0].reference)
    assert [prompt.sample for prompt in lm.prompts] == [1, 0]


def test_planted_texts_are_what_they_are_called():
    population = TOWN.population
    assert Counter(case.test for case in CASES) == dict.fromkeys((*LONGER, *WRONG), 32)
    for case in CASES:
        real, item = case.reference.text, case.reference.item
        assert content(case.a) == content(real)
        assert case.view.request.event == case.reference.id
        events = population.frame.filter(population.frame["text"] == case.b)
        length = len(case.b) / len(case.a)
        if case.test == "wrong user":
            assert set(events["item"]) == {item}
            assert case.reference.user not in set(events["user"])
        elif case.test == "other item":
            assert set(events["user"]) == {case.reference.user}
            assert item not in set(events["item"])
        elif case.test == "negated":
            assert 0.7 < length < 1.3
        elif case.test == "empty praise":
            assert 0.6 < length < 1.4
        elif case.test == "length":
            assert case.b.startswith(case.a)
            assert length >= 1.5
        else:
            assert all(sentence in case.b for sentence in Text(case.a).sentences)
            assert length > 1.3


def test_wrong_texts_are_as_long_as_right_ones_in_the_mean():
    """Otherwise a taste for length would pass for an ability."""
    for test in ("wrong user", "other item", "empty praise"):
        longer = [len(c.b) > len(c.a) for c in CASES if c.test == test]
        assert 0.2 < np.mean(longer) < 0.8


def test_cases_follow_from_the_seed():
    assert [c.b for c in planted(TOWN.population, 8)] == [c.b for c in planted(TOWN.population, 8)]
    assert {c.reference.id for c in planted(TOWN.population, 8)} != {
        c.reference.id for c in planted(TOWN.population, 8, seed=1)
    }


@pytest.mark.parametrize(
    ("text", "opposite"),
    [
        ("The tea was good.", "The tea was not good."),
        ("The tea wasn't good.", "The tea was good."),
        ("I won't go again! They can't cook.", "I will go again! They can cook."),
        ("It is not cheap. We liked it.", "It is cheap. We liked it."),
        ("Never again.", "again."),
    ],
)
def test_sentences_are_turned_into_their_opposite(text, opposite):
    assert negated(text) == opposite


@pytest.mark.parametrize(
    "text",
    [
        "Lovely tea and cakes.",
        "",
        "Das Essen war an diesem Abend gut und der Wein auch, sehr zu empfehlen.",
    ],
)
def test_what_cannot_be_negated_is_left_out(text):
    assert negated(text) == ""


def test_turning_keeps_the_content():
    assert turned("One. Two! Three?") == "Two! Three? One."
    assert turned("One.") == "One."


def test_little_data_makes_the_cases_that_it_can():
    """Without items the wrong user's text is on anything; one text each leaves no other item."""
    events = [Event(f"u{n % 3}", f"It was text number {n}.", id=f"e{n}") for n in range(9)]
    found = planted(Population.of(events))
    assert Counter(case.test for case in found) == dict.fromkeys((*LONGER, *WRONG), 3)
    german = [Event(f"u{n % 3}", f"Das war {n}.", "x", id=f"e{n}") for n in range(9)]
    tests = Counter(case.test for case in planted(Population.of(german)))
    assert tests["other item"] == 0
    with pytest.raises(DataError, match="at least 3 events"):
        planted(Population.of(events[:3]))
    with pytest.raises(SettingError, match="cases=1"):
        planted(Population.of(events), 1)


def test_the_right_text_comes_after_all_that_a_view_shows():
    start = datetime(2024, 1, 1, tzinfo=UTC)
    assert all(
        case.view.until is None or case.view.until > start.replace(year=2020) for case in CASES
    )
    assert all(case.reference.text not in case.view.own.texts for case in CASES)


def test_cases_are_planted_with_words_of_people(talked_over) -> None:
    told = planted(talked_over(TOWN.population))
    assert [(c.test, c.a, c.b) for c in told] == [(c.test, c.a, c.b) for c in CASES]
