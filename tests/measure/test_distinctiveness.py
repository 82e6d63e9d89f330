import gzip
import json

import numpy as np
import pytest
from scipy.stats import entropy

from idiolect.embed import GivenVectors
from idiolect.errors import DataError, SettingError
from idiolect.measure.distinctiveness import nearest_other, ranked, reidentified, spread
from idiolect.measure.output_spread import effective_number, output_spread, voices
from idiolect.testing.standins import Hashing

WORDS = [f"{one}{other}" for one in ("amber", "basin", "cedar") for other in ("ed", "o", "s", "ly")]


def vectors(table):
    return GivenVectors({text: np.array(v, dtype=np.float32) for text, v in table.items()})


def test_own_words_find_their_user_and_one_profile_for_all_finds_nobody():
    users = [f"u{n}" for n in range(len(WORDS))]
    held_out = {u: [f"the {w} again", f"{w} once more"] for u, w in zip(users, WORDS, strict=True)}
    encoder = Hashing(dim=4096)
    own = {u: f"writes about {w}" for u, w in zip(users, WORDS, strict=True)}
    found = reidentified(own, held_out, encoder)
    assert found.rate.mean == 1
    assert found.mean_rank.mean == 1
    assert found.chance == pytest.approx(1 / 12)
    nothing = reidentified(dict.fromkeys(users, "is a nice person"), held_out, encoder)
    assert nothing.rate.mean == pytest.approx(1 / 12)
    assert nothing.mean_rank.mean == pytest.approx(6.5)
    turned = {u: own[v] for u, v in zip(users, users[1:] + users[:1], strict=True)}
    assert reidentified(turned, held_out, encoder).rate.mean == 0


def test_random_profiles_find_their_user_at_the_rate_of_chance():
    rng = np.random.default_rng(0)
    users = [f"u{n}" for n in range(400)]
    found = ranked(users, rng.normal(size=(400, 400)))
    # 400 trials of chance 1/400; mean rank 200.5 with sd 115 / 20.
    assert found.rate.mean < 0.015
    assert abs(found.mean_rank.mean - 200.5) < 4 * 115.5 / 20


def test_equal_profiles_share_the_place():
    near = np.array([[0.5, 0.5, 0.1], [0.9, 0.2, 0.2], [0.1, 0.2, 0.3]])
    found = ranked(["a", "b", "c"], near)
    assert found.first.tolist() == [0.5, 0, 1]
    assert found.rank.tolist() == [1.5, 2.5, 1]


def test_users_without_held_out_texts_stay_in_the_gallery_and_are_counted():
    encoder = vectors({"A": [1, 0], "B": [0, 1], "C": [1, 1], "a": [1, 0.1], "b": [0.2, 1]})
    found = reidentified({"a": "A", "b": "B", "c": "C"}, {"a": ["a"], "b": ["b", " "]}, encoder)
    assert found.left_out == 1
    assert found.chance == pytest.approx(1 / 3)
    assert found.rate.users == 2
    assert found.rate.mean == 1
    assert np.isnan(found.rank[2])


@pytest.mark.parametrize(
    ("profiles", "held_out", "says"),
    [
        ({"a": "x"}, {"a": ["y"]}, "1 profiles; with fewer than two"),
        ({"a": "x", "b": "y"}, {"a": [" "], "b": []}, "no held-out text of any of the 2 users"),
        ({"a": "x", "b": "y"}, {"z": ["t"]}, "1 users without a profile .first 'z'"),
    ],
)
def test_bad_input_of_reidentified(profiles, held_out, says):
    with pytest.raises(DataError, match=says):
        reidentified(profiles, held_out, Hashing())


def test_bad_input_of_the_others():
    with pytest.raises(DataError, match=r"2 users and nearness of shape \(2, 3\)"):
        ranked(["a", "b"], np.zeros((2, 3)))
    with pytest.raises(DataError, match="no value"):
        spread([])
    with pytest.raises(DataError, match="1 profiles"):
        nearest_other({"a": "x"}, Hashing())
    with pytest.raises(DataError, match="2 vectors, 1 of them 0"):
        effective_number(np.array([[1.0, 0], [0, 0]]))
    with pytest.raises(DataError, match="3 outputs of 3 users for 10 clusters"):
        voices(np.eye(3), ["a", "b", "c"])


@pytest.mark.parametrize("counts", [[5, 3, 2], [1, 1, 1, 1], [7]])
def test_entropy_is_scipys(counts):
    values = [("open", n) for n, count in enumerate(counts) for _ in range(count)]
    found = spread(values)
    assert found.entropy == pytest.approx(entropy(counts, base=2))
    assert found.distinct == len(counts)
    assert found.top == max(counts) / sum(counts)
    assert found.most == pytest.approx(np.log2(sum(counts)))
    assert found.effective == pytest.approx(2 ** entropy(counts, base=2))
    assert found.surprisal.mean() == found.entropy


def test_nearest_other_is_the_double_loop():
    rng = np.random.default_rng(1)
    table = {f"p{n}": rng.normal(size=5) for n in range(7)} | {"blank": np.zeros(5)}
    near = nearest_other({f"u{t}": t for t in table}, vectors(table))
    for row, one in enumerate(table.values()):
        if not one.any():
            assert np.isnan(near[row])
            continue
        cosines = [
            one @ other / np.linalg.norm(one) / max(np.linalg.norm(other), 1e-30)
            for n, other in enumerate(table.values())
            if n != row
        ]
        assert near[row] == pytest.approx(max(cosines), abs=1e-6)


def rows(items=4, people=5):
    return [(f"i{i}", f"u{u}") for i in range(items) for u in range(people)]


def test_output_spread_is_the_double_loop_and_one_where_outputs_are_the_references():
    rng = np.random.default_rng(2)
    pairs = [*rows(), ("alone", "u0")]
    items, users = zip(*pairs, strict=True)
    real = [f"r{n}" for n in range(len(pairs))]
    made = [f"o{n}" for n in range(len(pairs))]
    table = {name: rng.normal(size=6) for name in [*real, *made]}
    encoder = vectors(table)
    same = output_spread(real, real, items, users, encoder, rng)
    assert (same.ratio, same.low, same.high) == pytest.approx((1, 1, 1))
    found = output_spread(made, real, items, users, encoder, rng)

    def mean(names):
        of_items = []
        for item in dict.fromkeys(items):
            at = [n for n in range(len(pairs)) if items[n] == item]
            apart = [
                1 - table[names[a]] @ table[names[b]]
                / np.linalg.norm(table[names[a]]) / np.linalg.norm(table[names[b]])
                for a in at for b in at if a < b
            ]  # fmt: skip
            of_items += [np.mean(apart)] if apart else []
        return np.mean(of_items)

    assert found.outputs == pytest.approx(mean(made), abs=1e-6)
    assert found.ratio == pytest.approx(mean(made) / mean(real), abs=1e-6)
    assert found.low < found.ratio < found.high
    assert (found.users, found.items, found.alone) == (5, 4, 1)


def test_one_output_for_everybody_has_no_spread():
    items, users = zip(*rows(), strict=True)
    real = [f"{WORDS[n % 12]} {WORDS[(5 * n + 1) % 12]}" for n in range(len(items))]
    one = output_spread(
        ["the same"] * len(items), real, items, users, Hashing(256), np.random.default_rng(0)
    )
    assert (one.ratio, one.low, one.high) == (0, 0, 0)
    assert one.references > 0


def test_bad_input_of_output_spread():
    rng, encoder = np.random.default_rng(0), Hashing()
    with pytest.raises(DataError, match="2 outputs, 1 references"):
        output_spread(["a", "b"], ["a"], ["i", "i"], ["u", "v"], encoder, rng)
    with pytest.raises(DataError, match="no item that two users wrote about among 2 items"):
        output_spread(["a", "b"], ["a", "b"], ["i", "j"], ["u", "v"], encoder, rng)
    with pytest.raises(DataError, match="the same reference for all users"):
        output_spread(["a", "b"], ["a", "a"], ["i", "i"], ["u", "v"], encoder, rng)
    with pytest.raises(SettingError, match="draws=0"):
        output_spread(["a"], ["a"], ["i"], ["u"], encoder, rng, draws=0)


def test_effective_number_of_texts_with_nothing_or_all_in_common():
    assert effective_number(3 * np.eye(6)) == pytest.approx(6)
    assert effective_number(np.ones((6, 4))) == pytest.approx(1)
    twice = np.vstack([np.eye(3), np.eye(3)])
    assert effective_number(twice) == pytest.approx(3)


def test_voices_are_those_of_users_and_not_of_shuffled_ones():
    rng = np.random.default_rng(3)
    users = [f"u{n % 5}" for n in range(100)]
    outputs = np.eye(5)[np.arange(100) % 5] + 0.05 * rng.normal(size=(100, 5))
    assert voices(outputs, users, clusters=5) == pytest.approx(1)
    shuffled = [users[n] for n in rng.permutation(100)]
    assert abs(voices(outputs, shuffled, clusters=5)) < 0.1


@pytest.mark.real
def test_profiles_that_a_model_wrote_barely_differ(real_data):
    """The figures that the data set's README states."""
    with gzip.open(real_data / "llm_profiles" / "profiles.jsonl.gz", "rt") as file:
        profiles = [json.loads(line) for line in file]
    traits = spread([tuple(row["traits"]) for row in profiles])
    assert (traits.people, traits.distinct) == (1047, 20)
    assert round(traits.top, 2) == 0.59
    assert 1.5 < traits.entropy < 2.0
    agreeable = sum({"agreeable", "conscientious"} <= set(row["traits"]) for row in profiles)
    assert agreeable == 1036
