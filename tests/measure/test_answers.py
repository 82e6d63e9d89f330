import numpy as np
import pytest

from idiolect.errors import DataError
from idiolect.measure import ANSWER_METRICS, final_answers, verdict, word_set


@pytest.mark.parametrize(
    ("reply", "gold", "right", "unparsed"),
    [
        ("I think (a) is close, but <final_answer> (b)", "(b)", 1, 0),
        ("<final_answer>(b)</final_answer>", "(b)", 1, 0),
        ("<final_answer> B.", "(b)", 1, 0),
        ("<final_answer> (b) or (c)", "(b)", 0, 1),
        # Nothing usable after the mark: the whole reply is read.
        ("The best is (b). <final_answer> see above!", "(b)", 1, 0),
        ("(a)? <final_answer> (c) <final_answer> (b)", "(b)", 1, 0),
        ("(b)", "(b)", 1, 0),
        ("(c)", "(b)", 0, 0),
        ("none of these", "(b)", 0, 1),
        ("I choose a", "(a)", 1, 0),
        ("", "(a)", 0, 1),
    ],
)
def test_final_answer(reply: str, gold: str, right: float, unparsed: float) -> None:
    assert ANSWER_METRICS["final_answer"].score([reply], [gold]).tolist() == [right]
    assert ANSWER_METRICS["final_answer_unparsed"].score([reply], [gold]).tolist() == [unparsed]


def test_letters_in_brackets_come_before_bare_ones() -> None:
    assert final_answers("a dog: (d)")[0] == {"d"}
    assert final_answers("a dog")[0] == {"a"}
    assert final_answers("(a) <final_answer> (b)") == (frozenset("b"), frozenset("ab"))


@pytest.mark.parametrize(
    ("reply", "letter"),
    [("[[A]] [[85]]", "A"), ("Certainty [[85]], so [[B]]", "B"), ("A]] [[70]]", "A"), ("A", None)],
)
def test_double_brackets(reply: str, letter: str | None) -> None:
    assert verdict(reply) == letter
    for gold in ("A", "[[A]]"):
        found = ANSWER_METRICS["double_brackets"].score([reply], [gold])
        assert found.tolist() == [letter == "A"]
    unparsed = ANSWER_METRICS["double_brackets_unparsed"].score([reply], ["A"])
    assert unparsed.tolist() == [letter is None]


def test_prefix_takes_the_output_as_it_is() -> None:
    outputs = ["是的，因为", "Yes, I do", " Yes", "no"]
    found = ANSWER_METRICS["prefix"].score(outputs, ["是", "Yes", "Yes", "no way"])
    assert found.tolist() == [1, 1, 0, 0]


def test_word_sets() -> None:
    assert word_set("It's, it's a well-made FILM!") == {"its", "a", "wellmade", "film"}
    made = ["Red, red wine", "", "tea", None]
    real = ["wine red rosé", "wine", "!", "wine"]
    scores = {
        n: ANSWER_METRICS[f"word_{n}"].score(made, real) for n in ("precision", "recall", "f1")
    }
    # "rosé" is "ros" under the authors' rule.
    np.testing.assert_allclose(scores["precision"], [1, 0, np.nan, np.nan])
    np.testing.assert_allclose(scores["recall"], [2 / 3, 0, np.nan, np.nan])
    np.testing.assert_allclose(scores["f1"], [0.8, 0, np.nan, np.nan])


@pytest.mark.parametrize(
    ("name", "gold", "said"),
    [
        ("final_answer", "(e)", r"'\(e\)'; PersonaMem's"),
        ("double_brackets", "tie", "'tie'; give one capital"),
        ("prefix", "", "empty answer"),
    ],
)
def test_answers_that_no_output_can_match(name: str, gold: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        ANSWER_METRICS[name].score(["x"], [gold])


def test_names_are_keys() -> None:
    for name, metric in ANSWER_METRICS.items():
        assert metric.name == name
        assert metric.source
