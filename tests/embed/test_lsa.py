"""LSA: what it is fitted on, its vectors, and that it is the same every time."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from idiolect.data import Event, Population, Request
from idiolect.embed import FittedLsa, Lsa, unit, words
from idiolect.errors import CapabilityError, SettingError

START = datetime(2024, 1, 1, tzinfo=UTC)
TOPICS = {"food": "soup bread salt oven dinner", "sea": "boat wave sand wind harbour"}


def topical(count: int, seed: int = 0) -> tuple[list[str], list[str]]:
    rng = np.random.default_rng(seed)
    kinds = [sorted(TOPICS)[n] for n in rng.integers(0, 2, count)]
    return [" ".join(rng.choice(TOPICS[kind].split(), 3)) for kind in kinds], kinds


def people(count: int, *, timed: bool = True) -> Population:
    texts, _ = topical(count)
    return Population.of(
        Event(f"u{n % 7}", text, time=START + timedelta(days=n) if timed else None)
        for n, text in enumerate(texts)
    )


def test_texts_about_the_same_are_near_without_a_shared_word() -> None:
    texts, kinds = topical(200)
    vectors = Lsa(dim=2).fit(texts).encode(texts)
    cosines = vectors @ vectors.T
    same = np.array(kinds)[:, None] == np.array(kinds)
    assert cosines[same].min() > 0.8
    assert cosines[~same].max() < 0.2
    apart = Lsa(dim=2).fit(texts).encode(["soup", "oven", "wave"])
    assert apart[0] @ apart[1] > 0.8 > 0.2 > abs(apart[0] @ apart[2])


def test_vectors_are_those_of_scikit_learn() -> None:
    texts, _ = topical(60)
    weights = TfidfVectorizer(sublinear_tf=True).fit_transform(texts)
    theirs = TruncatedSVD(4, random_state=3).fit_transform(weights)
    theirs /= np.linalg.norm(theirs, axis=1, keepdims=True)
    ours = Lsa(dim=4, seed=3).fit(texts).encode(texts)
    np.testing.assert_allclose(ours @ ours.T, theirs @ theirs.T, atol=1e-4)


def test_vectors_have_length_one_and_nothing_known_is_zero() -> None:
    texts, _ = topical(50)
    vectors = Lsa(dim=6).fit(texts).encode([*texts, "unheard", "", "?!"])
    assert (vectors.dtype, vectors.shape) == (np.float32, (53, 6))
    np.testing.assert_allclose(np.linalg.norm(vectors[:-3], axis=1), 1, atol=1e-6)
    assert not vectors[-3:].any()


@pytest.mark.parametrize(
    "texts",
    [[], ["?!", ""], ["one text"], ["one text", "two texts"], ["two", "one", "one two"] * 9],
)
def test_few_texts_give_vectors_of_the_same_width(texts: list[str]) -> None:
    fitted = Lsa(dim=5).fit(texts)
    vectors = fitted.encode([*texts, "two"])
    assert vectors.shape == (len(texts) + 1, 5)
    assert np.isfinite(vectors).all()
    assert vectors.tobytes() == Lsa(dim=5).fit(texts).encode([*texts, "two"]).tobytes()
    assert fitted.encode([]).shape == (0, 5)


def test_the_same_texts_give_the_same_bytes() -> None:
    texts, _ = topical(300)
    first, second = (Lsa(dim=8).fit(texts).encode(texts).tobytes() for _ in range(2))
    assert first == second


def test_it_is_fitted_on_what_was_there_before_the_request() -> None:
    crowd, lsa = people(100), Lsa(dim=3)
    for day in (0, 1, 5, 60):
        asked = START + timedelta(days=day)
        view = crowd.as_of(Request("u1", time=asked))
        fitted = lsa.at(view)
        assert fitted.events == len(view.snapshot().events)
        assert fitted.key == view.snapshot().key
        assert fitted.users == min(7, fitted.events)
        assert fitted.until is None if day == 0 else fitted.until < asked


def test_what_comes_after_the_request_changes_nothing() -> None:
    whole, request = people(100), Request("u1", time=START + timedelta(days=60))
    cut = whole.keep(np.arange(60))
    texts = whole.frame["text"].to_list()
    assert (
        Lsa(dim=3).at(whole.as_of(request)).encode(texts).tobytes()
        == Lsa(dim=3).at(cut.as_of(request)).encode(texts).tobytes()
    )


def test_one_fit_serves_all_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    fits = []
    fit = Lsa.fit

    def counted(self: Lsa, texts: list[str]) -> FittedLsa:
        fits.append(len(texts))
        return fit(self, texts)

    monkeypatch.setattr(Lsa, "fit", counted)
    crowd, lsa = people(100), Lsa(dim=3)
    views = [crowd.as_of(Request(f"u{n % 7}")) for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lsa.at, views))
    assert fits == [100]
    assert all(fitted is found[0] for fitted in found)
    assert lsa.at(people(100).as_of(Request("u1"))) is not found[0]
    assert len(fits) == 2


def test_a_population_that_is_gone_is_not_kept() -> None:
    crowd, lsa = people(20), Lsa(dim=3)
    lsa.at(crowd.as_of(Request("u1")))
    seen = weakref.ref(crowd)
    del crowd
    gc.collect()
    assert seen() is None


def test_a_fit_reads_at_most_so_many_texts() -> None:
    crowd = people(100)
    fitted = Lsa(dim=3, texts=10).at(crowd.as_of(Request("u1")))
    assert fitted.events == 100
    spaced = [crowd.frame["text"][n] for n in range(0, 100, 11)]
    texts = crowd.frame["text"].to_list()
    assert fitted.encode(texts).tobytes() == Lsa(dim=3).fit(spaced).encode(texts).tobytes()


def test_only_the_most_frequent_words_are_kept() -> None:
    fitted = Lsa(dim=2, vocabulary=2).fit(["a a b", "a b", "a b c", "d"])
    assert fitted.encode(["a", "b", "c", "d"]).any(axis=1).tolist() == [True, True, False, False]


def test_unfitted_it_says_what_to_do() -> None:
    with pytest.raises(CapabilityError, match=r"not fitted.*encoder\.at\(view\)"):
        Lsa().encode(["text"])


@pytest.mark.parametrize("setting", ["dim", "texts", "vocabulary"])
def test_settings_below_one_are_refused(setting: str) -> None:
    with pytest.raises(SettingError, match=f"Found {setting}=0; give at least 1"):
        Lsa(**{setting: 0})


def test_words_of_any_script() -> None:
    assert words("Don't PANIC, naïve_1 Öl!") == ["don", "t", "panic", "naïve_1", "öl"]
    assert words("部屋 ok カナ") == ["部", "屋", "ok", "カ", "ナ"]


def test_unit_vectors() -> None:
    scaled = unit(np.array([[3, 4], [0, 0]], dtype=np.float32))
    np.testing.assert_allclose(scaled, [[0.6, 0.8], [0, 0]], atol=1e-7)
