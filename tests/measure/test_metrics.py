import csv
import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import nltk
import numpy as np
import pytest
import sacrebleu
from nltk.corpus.reader.wordnet import WordNetCorpusReader
from nltk.translate.meteor_score import single_meteor_score
from rouge_score.rouge_scorer import RougeScorer

from idiolect.embed import GivenVectors
from idiolect.errors import CapabilityError, DataError, UnknownNameError
from idiolect.measure import METRICS, similarity, text_metric
from idiolect.measure import meteor as meteor_module
from idiolect.measure.meteor import WordNet, tokens, wordnet_folder

ROUGE = [(name, stem) for name in ("rouge1", "rouge2", "rougeL") for stem in (False, True)]
MADE = [
    "The waiters were friendly, and the soup was hot.",
    "I can't say that it's well-made; 3 of 10!",
    "running runs ran easily fairly",
    "one",
    "Ein schöner Film_noir über Äpfel",
    "the the the cat",
]
REAL = [
    "The soup was hot and our waiter friendly. The room was cold.",
    "It's not made well: 10 of 3, I'd say.",
    "he runs a fair run, easy",
    "one two",
    "Ein schlechter Film über Birnen",
    "cat the cat the",
]


def words(rng: np.random.Generator, size: int) -> str:
    pool = ["running", "runs", "the", "The", "café", "x_y", "3.5", "don't", "films", "film", "a"]
    return " ".join(rng.choice(pool, size))


@pytest.mark.parametrize(("name", "stem"), ROUGE)
def test_rouge_is_rouge_scores(name: str, stem: bool) -> None:
    rng = np.random.default_rng(0)
    made = MADE + [words(rng, size) for size in rng.integers(2, 90, 60)]
    real = REAL + [words(rng, size) for size in rng.integers(2, 90, 60)]
    theirs = RougeScorer([name], use_stemmer=stem)
    expected = [theirs.score(r, m)[name].fmeasure for m, r in zip(made, real, strict=True)]
    found = METRICS[name + "_stem" * stem].score(made, real)
    np.testing.assert_array_equal(found, expected)
    assert len(set(found)) > 40


@pytest.mark.real
def test_metrics_are_the_packages_on_a_thousand_real_pairs(real_data: Path) -> None:
    with gzip.open(real_data / "rotten" / "reviews.csv.gz", "rt", encoding="utf-8") as file:
        texts = [row["review"] for row in csv.DictReader(file)][:2000]
    made, real = texts[:1000], texts[1000:]
    for stem in (False, True):
        names = ["rouge1", "rouge2", "rougeL"]
        theirs = RougeScorer(names, use_stemmer=stem)
        scores = [theirs.score(r, m) for m, r in zip(made, real, strict=True)]
        for name in names:
            found = METRICS[name + "_stem" * stem].score(made, real)
            expected = np.array([score[name].fmeasure for score in scores])
            # A reference of one word has no bigram.
            there = ~np.isnan(found)
            np.testing.assert_array_equal(found[there], expected[there])
            assert there.sum() >= 990
    bleu = sacrebleu.corpus_bleu(made, [real]).score
    assert METRICS["bleu"].corpus(made, real) == pytest.approx(bleu, abs=1e-12)
    sentences = [sacrebleu.sentence_bleu(m, [r]).score for m, r in zip(made, real, strict=True)]
    np.testing.assert_allclose(METRICS["sentence_bleu"].score(made, real), sentences, atol=1e-12)


def test_bleu_of_a_corpus_and_of_sentences_are_sacrebleus_and_differ() -> None:
    whole = METRICS["bleu"].corpus(MADE, REAL)
    assert whole == pytest.approx(sacrebleu.corpus_bleu(MADE, [REAL]).score, abs=1e-12)
    rows = METRICS["sentence_bleu"].score(MADE, REAL)
    expected = [sacrebleu.sentence_bleu(m, [r]).score for m, r in zip(MADE, REAL, strict=True)]
    np.testing.assert_allclose(rows, expected, atol=1e-12)
    assert abs(rows.mean() - whole) > 1
    assert np.isnan(METRICS["bleu"].score(MADE, REAL)).all()
    assert METRICS["sentence_bleu"].corpus(MADE, REAL) is None


def test_the_interval_of_corpus_bleu_is_that_of_texts_drawn_anew() -> None:
    rng = np.random.default_rng(0)
    made = [words(rng, 6) for _ in range(36)]
    real = [f"{text} {words(rng, 3)}" for text in made]
    users = np.repeat(np.arange(12), 3)
    low, high = METRICS["bleu"].corpus_interval(made, real, users, np.random.default_rng(1))
    drawn = []
    for _ in range(200):
        rows = (rng.integers(12, size=12)[:, None] * 3 + np.arange(3)).ravel()
        texts = [made[n] for n in rows], [real[n] for n in rows]
        drawn.append(sacrebleu.corpus_bleu(texts[0], [texts[1]]).score)
    spread = np.std(drawn)
    assert [low, high] == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=spread / 2)
    assert np.isnan(METRICS["bleu"].corpus_interval(made, real, users * 0, rng)).all()
    assert np.isnan(METRICS["rouge1"].corpus_interval(made, real, users, rng)).all()


def test_the_interval_of_corpus_bleu_leaves_failures_out() -> None:
    users = np.array(["a", "a", "b", "b", "c", "c"])
    some, users_of_some = [*MADE[:5], None], users
    found = METRICS["bleu"].corpus_interval(some, REAL, users_of_some, np.random.default_rng(0))
    only = METRICS["bleu"].corpus_interval(MADE[:5], REAL[:5], users[:5], np.random.default_rng(0))
    assert found == only
    assert METRICS["bleu"].corpus(some, REAL) == METRICS["bleu"].corpus(MADE[:5], REAL[:5])


INDEX = {
    "noun": [("film", (1,)), ("movie", (1,)), ("picture", (1, 2)), ("motion_picture", (1,))],
    "verb": [("run", (1,)), ("operate", (1,)), ("go", (2,)), ("travel", (2,))],
    "adj": [("fine", (1,)), ("good", (1,)), ("galore", (2,)), ("plenty", (2,))],
    "adv": [("well", (1,)), ("good", (1,))],
}
MEANINGS = {
    "noun": [["movie", "film", "picture", "motion_picture"], ["picture", "image"]],
    "verb": [["run", "operate"], ["go", "travel"]],
    "adj": [["good", "fine"], ["galore(ip)", "plenty"]],
    "adv": [["well", "good"]],
}
EXCEPTIONS = {"noun": "", "verb": "went go\nran run\n", "adj": "better good\n", "adv": ""}


@pytest.fixture
def miniature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A WordNet of a few words, in the format of its files."""
    folder = tmp_path / "corpora" / "wordnet"
    folder.mkdir(parents=True)
    for part, letter in zip(INDEX, "nvar", strict=True):
        data, places = "  1 licence\n", {}
        for number, names in enumerate(MEANINGS[part], start=1):
            places[number] = len(data)
            listed = " ".join(f"{name} 0" for name in names)
            head = f"{len(data):08d} 00 {letter} {len(names):02x} {listed} 000"
            data += f"{head} {'00 ' if part == 'verb' else ''}| a meaning\n"
        (folder / f"data.{part}").write_text(data)
        lines = ["  1 licence\n"]
        for lemma, numbers in sorted(INDEX[part]):
            at = " ".join(f"{places[n]:08d}" for n in numbers)
            lines.append(f"{lemma} {letter} {len(numbers)} 0 {len(numbers)} 0 {at}  \n")
        (folder / f"index.{part}").write_text("".join(lines))
        (folder / f"{part}.exc").write_text(EXCEPTIONS[part])
    (folder / "lexnames").write_text("00\tsome.kind\t1\n")
    for name in ("cntlist.rev", "index.sense"):
        (folder / name).write_text("")
    monkeypatch.setattr(nltk.data, "path", [str(tmp_path)])
    monkeypatch.setattr(meteor_module, "DEBIAN", tmp_path / "nowhere")
    monkeypatch.delenv("WNSEARCHDIR", raising=False)
    monkeypatch.setenv("NLTK_DATA", str(tmp_path))
    return folder


@pytest.fixture
def nltks(miniature: Path) -> Iterator[WordNetCorpusReader]:
    """NLTK's reader of the same files."""
    with pytest.warns(UserWarning, match="multilingual"):
        reader = WordNetCorpusReader(str(miniature), None)
    yield reader
    for file in reader._data_file_map.values():
        file.close()


def test_synonyms_are_those_of_nltks_reader(miniature: Path, nltks: WordNetCorpusReader) -> None:
    ours = WordNet.read(miniature)
    asked = "films movies Picture pictures runs ran running went goes finer better galore well zzz"
    for word in asked.split():
        found = {lemma.name() for synset in ours.synsets(word) for lemma in synset.lemmas()}
        expected = {lemma.name() for synset in nltks.synsets(word) for lemma in synset.lemmas()}
        assert found == expected
    assert {lemma.name() for s in ours.synsets("went") for lemma in s.lemmas()} == {"go", "travel"}


PAIR = ("A good movie ran well. It travels!", "The fine film was running good; it went on.")


@pytest.mark.parametrize("zipped", [False, True])
def test_meteor_is_nltks_with_the_same_wordnet(
    miniature: Path, nltks: WordNetCorpusReader, zipped: bool
) -> None:
    expected = single_meteor_score(tokens(PAIR[1]), tokens(PAIR[0]), wordnet=nltks)
    if zipped:
        shutil.make_archive(str(miniature), "zip", miniature.parent, "wordnet")
        shutil.rmtree(miniature)
    found = METRICS["meteor"].score([PAIR[0]], [PAIR[1]])
    assert found.tolist() == [expected]
    assert METRICS["meteor_exact_stem"].score([PAIR[0]], [PAIR[1]])[0] < expected


def test_wordnet_is_looked_for_where_its_variable_points(
    miniature: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nltk.data, "path", [])
    assert wordnet_folder() is None
    monkeypatch.setenv("WNSEARCHDIR", str(miniature))
    assert wordnet_folder() == miniature


def test_meteor_without_wordnet_says_so_before_anything_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nltk.data, "path", [str(tmp_path)])
    monkeypatch.setattr(meteor_module, "DEBIAN", tmp_path)
    monkeypatch.delenv("WNSEARCHDIR", raising=False)
    for ask in (METRICS["meteor"].require, lambda: METRICS["meteor"].score(["a"], ["a"])):
        with pytest.raises(CapabilityError, match=r"wordnet-base.*'meteor_exact_stem'"):
            ask()
    METRICS["meteor_exact_stem"].require()


def test_meteor_without_synonyms_is_nltks_without_synonyms() -> None:
    nothing = SimpleNamespace(synsets=lambda word: [])
    found = METRICS["meteor_exact_stem"].score(MADE, REAL)
    pairs = [(tokens(r), tokens(m)) for m, r in zip(MADE, REAL, strict=True)]
    assert found.tolist() == [single_meteor_score(r, m, wordnet=nothing) for r, m in pairs]
    assert (found > 0).all()


def test_meteor_with_a_whole_wordnet_is_nltks_documented_example() -> None:
    if wordnet_folder() is None:
        pytest.skip("WordNet is not installed (Debian: wordnet-base; NLTK: corpora/wordnet)")
    made = (
        "It is a guide to action which ensures that the military always obeys the commands of "
        "the party"
    )
    real = "It is a guide to action that ensures that the military will forever heed Party commands"
    assert METRICS["meteor"].score([made], [real]) == pytest.approx([0.6944], abs=5e-5)


def test_tokens_are_nltks_of_each_sentence() -> None:
    found = tokens("It can't be. Or can it?\n\nYes, it can.")
    expected = "It ca n't be . Or can it ? Yes , it can ."
    assert " ".join(found) == expected


def test_length_ratio_and_distinct_by_hand() -> None:
    made, real = ["a b a b", "One!", "我 是"], ["x y", "One, two.", "我是谁"]
    np.testing.assert_allclose(METRICS["length_ratio"].score(made, real), [2, 0.5, 2 / 3])
    np.testing.assert_allclose(METRICS["distinct1"].score(made, real), [0.5, 1, 1])
    np.testing.assert_allclose(METRICS["distinct2"].score(made, real), [2 / 3, np.nan, 1])
    # All outputs together: saying the same to everybody shows.
    assert METRICS["distinct1"].corpus(["a b"] * 5, ["x"] * 5) == pytest.approx(0.2)


def test_similarity_is_the_cosine() -> None:
    vectors = {"a": [3, 4], "b": [4, 3], "": [0, 0], "c": [-3, -4]}
    encoder = GivenVectors({k: np.array(v, dtype=np.float32) for k, v in vectors.items()})
    metric = similarity(encoder)
    assert metric.name == "similarity_given"
    found = metric.score(["a", "a", "", "a", None, "a"], ["b", "c", "a", "", "a", "a"])
    np.testing.assert_allclose(found, [0.96, -1, 0, np.nan, np.nan, 1], atol=1e-7)


COMPARES = sorted(set(METRICS) - {"bleu", "meteor", "distinct1", "distinct2"})


@pytest.mark.parametrize("name", COMPARES)
def test_an_empty_output_is_a_bad_answer_and_a_missing_one_is_none(name: str) -> None:
    found = METRICS[name].score(["", None, "a word", "a fine day out"], ["a b", "a", " ", "a b"])
    assert found[0] == 0
    assert np.isnan(found[1:3]).all()
    assert found[3] >= 0


@pytest.mark.parametrize("name", ["distinct1", "distinct2"])
def test_an_empty_output_repeats_nothing_and_says_nothing(name: str) -> None:
    assert np.isnan(METRICS[name].score(["", None], ["a b", "a b"])).all()


@pytest.mark.parametrize("name", sorted(set(METRICS) - {"meteor"}))
def test_a_copy_of_the_reference_is_best_where_higher_is_better(name: str) -> None:
    metric, texts = METRICS[name], ["the cat sat on the mat", "a dog lay under a very old tree"]
    whole = metric.corpus(texts, texts)
    best = metric.score(texts, texts).mean() if whole is None else whole
    worse = ["the cat", "an old dog lay here"]
    other = metric.corpus(worse, texts)
    lower = metric.score(worse, texts).mean() if other is None else other
    if metric.higher_is_better:
        assert lower < best
    assert metric.source
    assert metric.name == name


def test_nothing_to_score() -> None:
    assert METRICS["rouge1"].score([], []).shape == (0,)
    assert METRICS["rouge1"].score([None], ["a"]).shape == (1,)
    assert np.isnan(METRICS["bleu"].corpus([None], ["a"]) or 0)
    assert np.isnan(METRICS["bleu"].corpus(["a"], [""]) or 0)


def test_outputs_and_references_that_do_not_match() -> None:
    for ask in (METRICS["rouge1"].score, METRICS["bleu"].corpus):
        with pytest.raises(DataError, match=r"2 outputs and 1 references.*None for an output"):
            ask(["a", "b"], ["a"])


def test_an_unknown_metric_is_refused_by_name() -> None:
    with pytest.raises(UnknownNameError, match=r"metric 'rouge3'. Did you mean 'rouge"):
        text_metric("rouge3")
    assert text_metric("rougeL").name == "rougeL"
