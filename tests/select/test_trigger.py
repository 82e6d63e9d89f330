"""The coverage test: the rule of ERAGent's code (cosine ≥ .4, at least 3 titles), and its part."""

import numpy as np
import pytest

from idiolect.embed import Encoder
from idiolect.errors import SettingError
from idiolect.select import Trigger, covered
from idiolect.testing.standins import Hashing


def rule(queries, titles, threshold=0.4, popularity=3):
    """The authors' rule, by the definition of a cosine: True means search."""
    decisions = []
    for query in queries:
        near = []
        for n, title in enumerate(titles):
            length = np.sqrt((query**2).sum()) * np.sqrt((title**2).sum())
            if (query * title).sum() / length >= threshold:
                near.append(n)
        decisions.append(near if len(near) >= popularity else True)
    return decisions


@pytest.mark.parametrize("seed", range(20))
def test_the_decision_equals_the_rule_on_given_vectors(seed):
    rng = np.random.default_rng(seed)
    queries, titles = rng.normal(size=(6, 4)), rng.normal(size=(12, 4))

    class Given(Encoder):
        name = "given"

        def encode(self, texts):
            return np.array([vectors[text] for text in texts], dtype=np.float32)

    vectors = {f"q{n}": q for n, q in enumerate(queries)} | {
        f"t{n}": t for n, t in enumerate(titles)
    }
    asked, known = [f"q{n}" for n in range(6)], [f"t{n}" for n in range(12)]
    found = Trigger(Given())(asked, known)
    expected = rule(queries, titles)
    assert found == [() if each is True else tuple(each) for each in expected]
    assert any(each is True for each in expected) or any(found)


def test_both_bounds_are_reached_by_equality():
    assert covered(np.array([[0.4, 0.4, 0.4, 0.39]])) == [(0, 1, 2)]
    assert covered(np.array([[0.4, 0.4, 0.39999]])) == [()]
    assert covered(np.array([[0.9]]), popularity=1) == [(0,)]
    assert covered(np.zeros((2, 0))) == [(), ()]


def test_nothing_known_or_asked_covers_nothing():
    trigger = Trigger(Hashing(), popularity=1)
    assert trigger(["boats", " "], []) == [(), ()]
    assert trigger([], ["boats"]) == []
    assert trigger([" ", "boats"], ["", "boats", "bread"]) == [(), (1,)]


def test_settings_out_of_range():
    with pytest.raises(SettingError, match="popularity=0"):
        Trigger(Hashing(), popularity=0)
    with pytest.raises(SettingError, match="threshold=2"):
        Trigger(Hashing(), threshold=2)
