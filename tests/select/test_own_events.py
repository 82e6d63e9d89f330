"""Dense, recency, random, MMR and fusion, against plain definitions."""

import numpy as np
import pytest

from idiolect.data import Event, Population, Request, View
from idiolect.embed import GivenVectors, Lsa, unit
from idiolect.errors import SettingError
from idiolect.select import (
    Dense,
    Fused,
    Mmr,
    Okapi,
    Random,
    Recency,
    Selector,
    asked_words,
    mmr_order,
)

TEXTS = [f"text {n}" for n in range(12)]
VECTORS = np.random.default_rng(0).normal(size=(13, 4)).astype(np.float32)
ENCODER = GivenVectors(dict(zip([*TEXTS, "question"], VECTORS, strict=True)))


def view(texts: list[str], query: str = "question") -> View:
    people = Population.of([*(Event("u", text) for text in texts), Event("v", "other")])
    return people.as_of(Request("u", query))


EVERY: list[Selector] = [
    Okapi(3),
    Dense(Lsa(dim=4), 3),
    Recency(3),
    Random(3),
    Mmr(Lsa(dim=4), 3),
    Fused([Okapi(5), Recency(5)], 3),
]


@pytest.mark.parametrize("selector", EVERY, ids=lambda s: type(s).__name__)
def test_every_selector_has_one_shape(selector: Selector) -> None:
    here = view(TEXTS)
    chosen = selector(here)
    assert len(chosen) == len(chosen.reasons) == len(set(chosen.events.ids)) == 3
    assert selector(here).events.ids == chosen.events.ids
    assert set(selector(here, here.own[2:6]).events.ids) <= {"2", "3", "4", "5"}
    few = selector(view(TEXTS[:2]))
    assert (len(few), "only 2 events: nothing to choose" in few.note) == (2, True)
    none = selector(Population.of([Event("v", "x")]).as_of(Request("u", "question")))
    assert (len(none), none.note) == (0, "no events: nothing to choose")


def test_dense_is_the_order_of_cosines() -> None:
    own = [e.text for e in view(TEXTS).own]
    vectors = ENCODER.encode([*own, "question"]).astype(float)
    cosines = [
        float(v @ vectors[-1] / np.linalg.norm(v) / np.linalg.norm(vectors[-1]))
        for v in vectors[:-1]
    ]
    expected = sorted(own, key=lambda text: -cosines[own.index(text)])[:5]
    chosen = Dense(ENCODER, 5, document=lambda event, item: event.text)(view(TEXTS))
    assert chosen.events.texts == expected
    assert chosen.reasons[0] == f"cosine {max(cosines):.2f}, rank 1 of 12"


def test_a_request_without_words_is_answered_by_the_newest() -> None:
    chosen = Dense(ENCODER, 2)(view(TEXTS, query=""))
    assert asked_words(Request("u")) == ""
    assert chosen.events.texts == ["text 11", "text 10"]
    assert chosen.note == "all 12 events have the same cosine: newest first"


def test_recency_is_newest_first() -> None:
    assert Recency(3)(view(TEXTS)).events.texts == ["text 11", "text 10", "text 9"]


def test_random_depends_on_seed_and_request_only() -> None:
    draws = {tuple(Random(4, seed)(view(TEXTS)).events.ids) for seed in range(20)}
    assert len(draws) > 15
    assert Random(4)(view(TEXTS)).events.ids == Random(4)(view(TEXTS)).events.ids
    other = Random(4)(view(TEXTS, query="another question"))
    assert other.events.ids != Random(4)(view(TEXTS)).events.ids


def test_random_is_even() -> None:
    """Each of 12 events in 4 of 12 draws: 1/3, within four standard errors of 600 draws."""
    here, counts = view(TEXTS), np.zeros(12)
    for seed in range(600):
        for text in Random(4, seed)(here).events.ids:
            counts[int(text)] += 1
    assert np.abs(counts / 600 - 1 / 3).max() < 4 * np.sqrt(2 / 9 / 600)


@pytest.mark.parametrize("trade_off", [0.1, 0.3, 0.5, 1.0])
def test_mmr_is_its_definition(trade_off: float) -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        vectors = unit(rng.normal(size=(9, 3)).astype(np.float32))
        relevance = rng.uniform(-1, 1, 9)
        expected: list[int] = []
        while len(expected) < 5:
            worth = {
                n: trade_off * relevance[n]
                - (1 - trade_off)
                * max((float(vectors[n] @ vectors[c]) for c in expected), default=0)
                for n in range(9)
                if n not in expected
            }
            expected.append(max(worth, key=lambda n: worth[n]))
        order, alike = mmr_order(relevance, vectors, 5, trade_off)
        assert order.tolist() == expected
        assert alike[0] == 0
        assert alike[1] == pytest.approx(float(vectors[order[1]] @ vectors[order[0]]), abs=1e-6)


def test_mmr_without_variety_is_dense() -> None:
    def own(event: Event, item: object) -> str:
        return event.text

    here = view(TEXTS)
    assert (
        Mmr(ENCODER, 6, 1.0, document=own)(here).events.ids
        == Dense(ENCODER, 6, document=own)(here).events.ids
    )


def test_mmr_does_not_take_the_same_text_twice() -> None:
    vectors = {"q": [1, 0.2, 0], "same": [1, 0, 0], "other": [0.5, 1, 0]}
    encoder = GivenVectors({k: np.array(v, dtype=np.float32) for k, v in vectors.items()})
    here = view(["other", "same", "same"], query="q")
    assert Dense(encoder, 2)(here).events.texts == ["same", "same"]
    assert Mmr(encoder, 2)(here).events.texts == ["same", "other"]


def test_fusion_adds_reciprocal_ranks() -> None:
    here = view(["great view", "dull", "a view", "new"], query="great view")
    chosen = Fused([Okapi(2), Recency(2)], 4)(here)
    # 2/62 for the second of both, 1/61 for the first of one (a tie: the newer first).
    assert chosen.events.texts == ["a view", "new", "great view"]
    assert chosen.reasons[0] == "Okapi rank 2, Recency rank 2"
    assert chosen.reasons[1] == "Recency rank 1"


@pytest.mark.parametrize("trade_off", [-0.1, 1.5])
def test_a_trade_off_outside_its_range_is_refused(trade_off: float) -> None:
    with pytest.raises(SettingError, match=r"trade_off=.* between 0 .* and 1"):
        Mmr(ENCODER, 3, trade_off)


def test_counts_below_one_are_refused() -> None:
    for make in (lambda: Dense(ENCODER, 0), lambda: Recency(0), lambda: Random(0)):
        with pytest.raises(SettingError, match="Found events=0; give at least 1"):
            make()
    with pytest.raises(SettingError, match="number of selectors=0"):
        Fused([])
