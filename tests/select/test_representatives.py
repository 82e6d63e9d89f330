"""Who stands for the others: planted groups, too few peers, equal texts."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.cluster import KMeans

from idiolect.data import Event, Population, Request, View
from idiolect.embed import GivenVectors
from idiolect.errors import SettingError
from idiolect.select import (
    ClusterCentres,
    Farthest,
    Nearest,
    RandomPeers,
    Representatives,
    StratifiedByRating,
    cluster_centres,
    stratified,
)


def world(
    own: list[float], peers: list[list[float]], ratings: list[float | None] | None = None
) -> tuple[Event, View, GivenVectors]:
    """One own text and peers `p00`, `p01`, … whose texts have these vectors."""
    names = [f"p{n:02}" for n in range(len(peers))]
    vectors = {"own": own} | dict(zip(names, peers, strict=True))
    rated = ratings or [None] * len(peers)
    events = [
        Event("me", "own", "i"),
        *(Event(n, n, "i", rating=r) for n, r in zip(names, rated, strict=True)),
    ]
    view = Population.of(events).as_of(Request("me"))
    encoder = GivenVectors({k: np.array(v, dtype=np.float32) for k, v in vectors.items()})
    return view.own[0], view, encoder


def groups(seed: int = 0) -> tuple[list[list[float]], list[int]]:
    """23 peers in five far groups; the first group is where the own text is."""
    rng = np.random.default_rng(seed)
    corners = np.array([[0, 0], [40, 0], [0, 40], [40, 40], [80, 20]], dtype=float)
    of = [0] * 3 + [1] * 8 + [2] * 6 + [3] * 4 + [4] * 2
    return (corners[of] + rng.normal(size=(23, 2))).tolist(), of


MAKERS: list[Callable[[GivenVectors], Representatives]] = [
    ClusterCentres,
    Nearest,
    Farthest,
    lambda encoder: RandomPeers(),
    lambda encoder: StratifiedByRating(),
]


@pytest.mark.parametrize("make", MAKERS)
def test_every_choice_has_one_shape_and_says_when_there_is_none(
    make: Callable[[GivenVectors], Representatives],
) -> None:
    peers, _ = groups()
    own, view, encoder = world([0, 1], peers, [float(n % 5) for n in range(23)])
    chosen = make(encoder)(own, view)
    assert len(chosen) == len(chosen.reasons) == len(set(chosen.events.users)) == 4
    assert chosen.note == ""
    assert make(encoder)(own, view).events.ids == chosen.events.ids

    for count, note in [
        (0, "nobody else wrote about this"),
        (1, "only 1 other wrote about this: nothing to choose"),
        (2, "only 2 others wrote about this: nothing to choose"),
        (4, "exactly 4 others wrote about this: nothing to choose"),
    ]:
        own, view, encoder = world([0, 1], peers[3 : 3 + count])
        chosen = make(encoder)(own, view)
        assert (len(chosen), len(chosen.reasons), chosen.note) == (count, count, note)
        assert sorted(chosen.events.users) == [f"p{n:02}" for n in range(count)]

    about_nothing = Population.of([Event("me", "own"), Event("p", "p")]).as_of(Request("me"))
    chosen = make(encoder)(about_nothing.own[0], about_nothing)
    assert len(chosen) == 0
    assert chosen.note == "the text is about no item, so nobody else wrote about the same"


def test_one_member_of_each_foreign_group_stands_for_it() -> None:
    peers, of = groups()
    own, view, encoder = world([0, 1], peers)
    chosen = ClusterCentres(encoder)(own, view)
    at = [int(name[1:]) for name in chosen.events.users]
    assert sorted(of[n] for n in at) == [1, 2, 3, 4]
    for position, reason in zip(at, chosen.reasons, strict=True):
        members = [n for n in range(23) if of[n] == of[position]]
        centre = np.mean([peers[n] for n in members], axis=0)
        distances = {n: float(np.linalg.norm(np.array(peers[n]) - centre)) for n in members}
        assert distances[position] == pytest.approx(min(distances.values()))
        assert reason == f"nearest to the centre of {len(members)} of 23 peers"


def test_clusters_are_those_of_scikit_learn_in_its_order() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        vectors = rng.normal(size=(int(rng.integers(6, 40)), 8)).astype(np.float32)
        chosen, sizes = cluster_centres(vectors, 4, 42)
        fitted = KMeans(5, random_state=42, n_init=1).fit(vectors)
        foreign = [n for n in range(5) if n != fitted.labels_[0]]
        assert fitted.labels_[chosen + 1].tolist() == foreign
        assert sizes.tolist() == [int((fitted.labels_ == n).sum()) for n in foreign]


def test_equal_texts_are_one_group_without_a_warning() -> None:
    """Warnings are errors here: k-means must not be asked for more clusters than texts differ."""
    own, view, encoder = world([0, 0], [[1, 0]] * 6 + [[0, 1]] * 3)
    chosen = ClusterCentres(encoder)(own, view)
    assert sorted(chosen.reasons) == [
        "nearest to the centre of 3 of 9 peers",
        "nearest to the centre of 6 of 9 peers",
    ]
    assert chosen.note == (
        "2 instead of 4: too few of the texts of the user and 9 others differ from each other"
    )
    own, view, encoder = world([1, 0], [[1, 0]] * 6)
    chosen = ClusterCentres(encoder)(own, view)
    assert len(chosen) == 0
    assert chosen.note.startswith("0 instead of 4: ")


def test_a_peer_who_wrote_the_same_as_the_user_is_dropped_with_a_note() -> None:
    own, view, encoder = world([0, 0], [[0, 0], [9, 0], [0, 9], [9, 9]])
    chosen = ClusterCentres(encoder)(own, view)
    assert sorted(chosen.events.users) == ["p01", "p02", "p03"]
    assert chosen.note.startswith("3 instead of 4: ")


@pytest.mark.parametrize("seed", range(5))
def test_nearly_equal_vectors_cause_no_warning(seed: int) -> None:
    rng = np.random.default_rng(seed)
    few = rng.normal(size=(3, 16))[rng.integers(0, 3, 30)] + 5
    vectors = (few + rng.normal(size=few.shape) * 1e-7).astype(np.float32)
    chosen, sizes = cluster_centres(vectors, 4, 42)
    assert len(chosen) == len(sizes) == 2


def test_nearest_and_farthest_are_the_ends_of_the_cosines() -> None:
    angles = [5, 80, 20, 170, 40, 120]
    peers = [[float(np.cos(np.radians(a))), float(np.sin(np.radians(a)))] for a in angles]
    own, view, encoder = world([3, 0], peers)
    assert Nearest(encoder, 2)(own, view).events.users == ["p00", "p02"]
    far = Farthest(encoder, 2)(own, view)
    assert far.events.users == ["p03", "p05"]
    assert far.reasons[0] == "cosine -0.98 with the user's own text, among the 2 lowest of 6"


def test_equally_near_peers_are_taken_by_name_and_said_so() -> None:
    own, view, encoder = world([1, 0], [[0, 1]] * 6)
    chosen = Nearest(encoder, 2)(own, view)
    assert chosen.events.users == ["p00", "p01"]
    assert chosen.note == "all 6 others are equally near: the first by name"


def test_a_draw_depends_on_its_seed() -> None:
    peers, _ = groups()
    own, view, _ = world([0, 1], peers, [float(n % 5) for n in range(23)])
    for make in (RandomPeers, StratifiedByRating):
        draws = {tuple(make(4, seed)(own, view).events.users) for seed in range(10)}
        assert len(draws) > 5


def test_strata_cover_the_range_of_ratings() -> None:
    peers, _ = groups()
    ratings: list[float | None] = [5.0] * 11 + [3.0] * 6 + [1.0] * 6
    own, view, _ = world([0, 1], peers, ratings)
    for seed in range(10):
        chosen = StratifiedByRating(4, seed)(own, view)
        found = chosen.events.ratings.tolist()
        assert found == sorted(found)
        assert {found[0], found[-1]} == {1.0, 5.0}
        assert chosen.reasons[-1] == "drawn from the peers rating 5"


def test_every_part_is_drawn_from_evenly() -> None:
    ratings, counts = np.arange(8.0), np.zeros(8)
    for seed in range(400):
        for at, _, _ in stratified(ratings, 4, np.random.default_rng(seed)):
            counts[at] += 1
    assert (counts[::2] + counts[1::2] == 400).all()
    assert np.abs(counts / 400 - 0.5).max() < 4 * 0.5 / 20


def test_missing_ratings_are_said() -> None:
    peers, _ = groups()
    own, view, _ = world([0, 1], peers, [1.0] * 20 + [None] * 3)
    chosen = StratifiedByRating()(own, view)
    assert chosen.note == "3 of 23 peers gave no rating: they come last"
    assert chosen.reasons[-1] == "drawn from the peers rating 1 to nothing"


@pytest.mark.parametrize("make", [ClusterCentres, Nearest, Farthest])
def test_a_count_below_one_is_refused(make: Callable[..., object]) -> None:
    with pytest.raises(SettingError, match="Found representatives=0; give at least 1"):
        make(GivenVectors({}), 0)
