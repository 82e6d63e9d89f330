"""Factor statistics: by hand, against brute force, and read off texts without a model."""

import random

import pytest

from idiolect.data import Event, Population, Request
from idiolect.errors import DataError
from idiolect.profile.factors import Aspect, by_stem, factors, mentioned


def test_statistics_by_hand():
    aspects = [
        Aspect("battery", 0.8, 1, "a"),
        Aspect("charge", 0.4, 0, "a"),
        Aspect("price", 1.0, -1, "a"),
        Aspect("battery", 0.2, -1, "b"),
    ]
    found = {one.name: one for one in factors(aspects, {"power": [0, 1, 3], "cost": [2]}, texts=4)}
    assert list(found) == ["cost", "power"], "by coverage × influence: .25 before .2"
    assert found["power"].coverage == 2 / 4
    # Text a counts once, by its mean: influence .6 and polarity .5; text b has .2 and -1.
    assert found["power"].influence == pytest.approx((0.6 + 0.2) / 2)
    assert found["power"].polarity == pytest.approx((0.5 - 1) / 2)
    assert found["power"].aspects == ("battery", "charge")
    assert found["power"].events == ("a", "b")
    assert found["power"].leaning == "negative"
    assert found["cost"].text == "cost: in 25% of the texts, influence 1.00, against it (-1.00)"


@pytest.mark.parametrize("seed", range(10))
def test_random_groups_equal_brute_force(seed):
    draw = random.Random(seed)
    aspects = [
        Aspect(f"a{n % 7}", draw.random(), draw.uniform(-1, 1), f"t{draw.randrange(9)}")
        for n in range(40)
    ]
    groups = {f"g{k}": [n for n in range(40) if n % 5 == k] for k in range(4)} | {"empty": []}
    found = factors(aspects, groups, texts=12)
    assert {each.name for each in found} == {"g0", "g1", "g2", "g3"}
    for each in found:
        members = [aspects[n] for n in groups[each.name]]
        texts = {one.event for one in members}
        assert each.coverage == len(texts) / 12
        for name in ("influence", "polarity"):
            total = 0.0
            for text in texts:
                of = [getattr(one, name) for one in members if one.event == text]
                total += sum(of) / len(of)
            assert getattr(each, name) == pytest.approx(total / len(texts))
    worth = [each.coverage * each.influence for each in found]
    assert worth == sorted(worth, reverse=True)
    assert factors(aspects, groups, texts=12, most=2) == found[:2]


def test_numbers_out_of_range_are_refused():
    with pytest.raises(DataError, match="influence=2"):
        Aspect("x", 2, 0)


def test_what_a_text_mentions_and_in_which_tone():
    good, bad = "The battery is great.", "Sadly the screens are terrible and the battery dies."
    alone = {each.name: each for each in mentioned(good, "e")}
    assert set(alone) == {"battery"}, "neither grammar nor words with a tone"
    assert alone["battery"].polarity > 0
    both = {each.name: each for each in mentioned(f"{good} {bad}", "e")}
    assert {"battery", "screens"} <= set(both)
    assert both["screens"].polarity < 0
    assert both["screens"].influence == -both["screens"].polarity
    one, other = alone["battery"].polarity, both["screens"].polarity
    assert both["battery"].polarity == pytest.approx((one + other) / 2), "mean of its sentences"
    assert mentioned("") == ()


def test_a_stem_of_two_texts_is_a_factor_named_by_its_usual_form():
    aspects = [
        *mentioned("The screen is great. The screens are great.", "a"),
        *mentioned("Screens, screens: terrible.", "b"),
        *mentioned("Screens are fine.", "c"),
        *mentioned("A cable.", "c"),
    ]
    groups = by_stem(aspects)
    assert list(groups) == ["screens"]
    (screens,) = factors(aspects, groups, texts=4)
    assert screens.coverage == 3 / 4
    assert screens.events == ("a", "b", "c")


def test_a_factor_is_a_claim_that_quotes_its_texts():
    population = Population.of([Event("u", "My battery died.", id="a"), Event("u", "no", id="b")])
    own = population.as_of(Request("u")).own
    aspects = [Aspect("battery", 1, -1, "a"), Aspect("power", 0.5, -1, "b")]
    (found,) = factors(aspects, {"energy": [0, 1]}, texts=2)
    claim = found.claim(own)
    assert [(s.event, s.quote, s.start) for s in claim.spans] == [("a", "battery", 3), ("b", "", 0)]
    assert (claim.polarity, claim.confidence) == ("negative", 1.0)
