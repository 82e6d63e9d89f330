from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from idiolect.data import Event, Population
from idiolect.data.readers import read
from idiolect.errors import DataError, SettingError
from idiolect.measure.frame import without_frame
from idiolect.measure.judge import judged
from idiolect.measure.separation import separation
from idiolect.measure.verification import Verified, verify

#: Same subjects for all; what differs is how each one writes.
HABITS = {
    "ann": lambda s: f"Well... the {s} was fine, I guess... nothing more to say...",
    "bob": lambda s: f"THE {s.upper()} WAS GREAT!!! Go there now!!!",
    "cyd": lambda s: f"One finds that the {s} was, on balance; adequate (if one is patient).",
    "dan": lambda s: f"{s} ok. will go again. {s} cheap. no complaints",
    "eve": lambda s: f"Honestly, we loved the {s} - and honestly, so would you, honestly.",
}
SUBJECTS = ("soup", "bread", "music", "view", "room", "garden", "salad", "coffee", "host", "wine")


def texts(user, subjects=SUBJECTS):
    return [HABITS[user](subject) for subject in subjects]


def town(more=()):
    start = datetime(2020, 1, 1, tzinfo=UTC)
    events = [
        Event(user, text, time=start + timedelta(days=10 * n + m), id=f"{user}{n}")
        for m, user in enumerate(HABITS)
        for n, text in enumerate(texts(user))
    ]
    return Population.of([*events, *more])


KNOWN = {user: texts(user, SUBJECTS[:6]) for user in HABITS}
ASKED = [text for user in HABITS for text in texts(user, SUBJECTS[6:])]
BY = [user for user in HABITS for _ in SUBJECTS[6:]]


def brute(known, text, candidate, author, ngrams=(2, 4)):
    """The score by its definition, one cosine at a time."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    tfidf = TfidfVectorizer(
        analyzer="char", ngram_range=ngrams, lowercase=False, sublinear_tf=True, min_df=2,
        max_features=20_000,
    ).fit([t for of in known.values() for t in of])  # fmt: skip

    def vector(one):
        return tfidf.transform([one]).toarray()[0]

    def mean(of):
        total = sum(vector(t) for t in of) / len(of)
        return total / np.linalg.norm(total)

    means = {user: mean(of) for user, of in known.items()}
    peers = [user for user in known if user not in (candidate, author)]

    def distance(one, against):
        return vector(one) @ (means[candidate] - np.mean([means[p] for p in against], axis=0))

    mine = distance(text, peers)
    usual = np.array([distance(t, [q for q in peers if q != p]) for p in peers for t in known[p]])
    return (usual < mine - 1e-9).mean() + ((abs(usual - mine) <= 1e-9).mean()) / 2


def test_the_score_is_its_definition():
    scores = verify(KNOWN, ASKED, by=BY)
    people = list(KNOWN)
    for row in (0, 5, 11, 19):
        for column, person in enumerate(people):
            assert scores[row, column] == pytest.approx(brute(KNOWN, ASKED[row], person, BY[row]))


def test_planted_habits_are_verified_and_permuted_authors_are_not():
    same = np.array(BY)[:, None] == np.array(list(KNOWN))
    scores = verify(KNOWN, ASKED, by=BY)
    assert scores[same].min() > 0.9
    assert roc_auc_score(same.ravel(), scores.ravel()) > 0.9
    # Easier: who wrote the text is among the peers.
    assert roc_auc_score(same.ravel(), verify(KNOWN, ASKED).ravel()) > 0.99
    rng = np.random.default_rng(0)
    areas = []
    for _ in range(30):
        by = [BY[n] for n in rng.permutation(len(BY))]
        mixed = np.array(by)[:, None] == np.array(list(KNOWN))
        areas.append(roc_auc_score(mixed.ravel(), verify(KNOWN, ASKED, by=by).ravel()))
    # 30 means of an AUC with sd about .1.
    assert abs(np.mean(areas) - 0.5) < 0.1


def test_the_same_way_of_writing_for_all_is_told_from_nobody():
    rng = np.random.default_rng(1)
    words = list(SUBJECTS)
    same_style = {f"u{n}": [" ".join(rng.choice(words, 12)) for _ in range(8)] for n in range(12)}
    asked = [" ".join(rng.choice(words, 12)) for _ in range(60)]
    by = [f"u{n % 12}" for n in range(60)]
    scores = verify(same_style, asked, by=by)
    same = np.array(by)[:, None] == np.array(list(same_style))
    # Shares of anybody's texts are uniform: mean 1/2; 60 texts, sd .29.
    assert abs(scores[same].mean() - 0.5) < 4 * 0.29 / np.sqrt(60)
    assert abs(scores[~same].mean() - 0.5) < 0.1


def test_a_text_without_a_known_ngram_has_no_score():
    assert np.isnan(verify(KNOWN, ["日本語", "soup"])[0]).all()
    assert not np.isnan(verify(KNOWN, ["日本語", "soup"])[1]).any()
    assert verify(KNOWN, []).shape == (0, 5)


@pytest.mark.parametrize(
    ("known", "by", "says"),
    [
        ({**KNOWN, "fay": ["  "]}, None, "no text with words that is known to be by 'fay'"),
        ({"ann": ["a text"], "bob": ["a text"]}, None, "2 people with known texts; 3 are needed"),
        ({u: KNOWN[u] for u in ("ann", "bob", "cyd")}, BY, "4 are needed"),
        (KNOWN, BY[:-1], "20 texts and 19 authors"),
        ({"a": ["xy"], "b": ["uv"], "c": ["st"]}, None, "no n-gram of 2 to 4 characters"),
    ],
)
def test_bad_input_of_verify(known, by, says):
    with pytest.raises(DataError, match=says):
        verify(known, ASKED, by=by)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"ngrams": (0, 3)}, r"ngrams=\(0, 3\)"),
        ({"ngrams": (4, 3)}, r"ngrams=\(4, 3\)"),
        ({"vocabulary": 0}, "vocabulary=0"),
        ({"people": 1}, "people=1; give at least 2"),
        ({"texts": 0}, "texts=0"),
        ({"at_least": 51}, "at_least=51 above texts=50"),
    ],
)
def test_settings_out_of_range(settings, says):
    with pytest.raises(SettingError, match=says):
        Verified(**settings)


def test_the_judge_knows_own_from_others_and_says_against_whom():
    people, judge = town(), Verified()
    view = people.as_of(people.request("bob9"))
    own, other = judge(view, texts("bob")[9], None), judge(view, texts("cyd")[9], None)
    assert own.value == 1
    assert other.value < 0.5
    assert "peers" in own.why


def test_the_judge_reads_nothing_from_the_request_onward_nor_the_reference():
    people = town()
    request = people.request("ann7")
    judge = Verified()
    output = texts("ann")[8]
    verdict = judge(people.as_of(request), output, people.event("ann7"))
    row = people.row("ann7")
    before = people.keep(np.arange(row + 1))
    assert Verified()(before.as_of(request), output, None) == verdict
    later = [
        Event(user, "BREAD!!! fine... honestly", time=datetime(2021, 1, 1, tzinfo=UTC), id=f"x{n}")
        for n, user in enumerate(["ann", "bob", "cyd", "zoe"] * 3)
    ]
    assert Verified()(town(later).as_of(request), output, None) == verdict


def test_the_judge_draws_peers_by_its_seed_alone():
    people = town()
    view = people.as_of(people.request("dan9"))
    output = texts("dan")[3]
    few = [Verified(people=2, seed=seed)(view, output, None) for seed in (0, 0, 1, 2, 3)]
    assert few[0] == few[1]
    assert all("of 2 peers" in v.why or "of 3 peers" in v.why for v in few)


def test_many_threads_say_what_one_says():
    people = town()
    rows = [(people.as_of(people.request(f"{u}{n}")), texts(v)[n], None)
            for u in HABITS for v in HABITS for n in (5, 9)]  # fmt: skip
    assert judged(Verified(), rows, threads=8) == judged(Verified(), rows, threads=1)


def test_texts_that_only_their_author_may_read_are_no_peers():
    alone = [
        Event(f"p{n}", HABITS["bob"](s), time=datetime(2019, 1, 1, tzinfo=UTC), audience="self")
        for n in range(3)
        for s in SUBJECTS
    ]
    view = town(alone).as_of(town(alone).request("bob9"))
    assert "of 4 peers" in Verified()(view, texts("bob")[9], None).why


def test_a_control_with_anothers_history_judges_by_that_history():
    people = town()
    view = people.as_of(people.request("bob9"))
    as_cyd = view.instead(view.history_of("cyd"))
    verdict = Verified()(as_cyd, texts("cyd")[9], None)
    assert verdict.value == 1
    assert "of 3 peers" in verdict.why


@pytest.mark.parametrize(
    ("event", "output", "why"),
    [
        ("bob9", " \n", "nothing written"),
        ("bob1", "SOUP!!!", "The user has 1 texts before the request, not 3"),
        ("bob9", "日本語", "no n-gram"),
    ],
)
def test_the_judge_fails_with_a_reason_and_no_value(event, output, why):
    people = town()
    verdict = Verified()(people.as_of(people.request(event)), output, None)
    assert verdict.value is None
    assert why in verdict.why


def test_the_judge_needs_peers():
    people = Population.of(
        Event("ann", text, time=datetime(2020, 1, n + 1, tzinfo=UTC), id=str(n))
        for n, text in enumerate(texts("ann"))
    )
    verdict = Verified()(people.as_of(people.request("9")), "the soup was fine...", None)
    assert verdict.value is None
    assert "1 people with 3 texts before the request, not 2" in verdict.why


BODY = "the parser forgets a token.\n\nBest results come with -O2"


@pytest.mark.parametrize(
    ("framed", "left"),
    [
        (f"Hi all,\n\n{BODY}\n\nBest regards,\nJane Doe", BODY),
        (f"Dear Mr. Smith:\n{BODY}\nCheers", BODY),
        (f"{BODY}\n\nThanks!\n\n-- \nJane\nACME Inc.\n+1 555", BODY),
        (f"{BODY}\n\nSigned-off-by: A <a@b.c>\nCc: d@e.f", BODY),
        (f"{BODY}\n\nThanks,\nJ.\n\nReviewed-by: A <a@b.c>", BODY),
        (BODY, BODY),
        ("Hi", "Hi"),
        ("Thanks", "Thanks"),
        ("Hide the cursor\nwhile typing", "Hide the cursor\nwhile typing"),
        ("Hello world is told twice.\nFix it", "Hello world is told twice.\nFix it"),
        ("fix it\n\nNow it works", "fix it\n\nNow it works"),
        ("", ""),
    ],
)  # fmt: skip
def test_greeting_sign_off_and_trailers_are_left_out_and_nothing_else(framed, left):
    assert without_frame(framed) == left
    assert without_frame(without_frame(framed)) == left


def test_a_sign_off_gives_the_author_away_unless_it_is_left_out():
    people = town()
    view = people.as_of(people.request("ann9"))
    forged = f"{texts('bob')[9]}\n\nRegards,\nann"
    assert Verified()(view, forged, None) == Verified()(view, texts("bob")[9], None)


def two_sided(rng, people=6, each=4):
    users = [f"u{n}" for n in range(people)]
    authors = np.repeat(users, each * people)
    candidates = np.tile(users, each * people)
    scores = rng.normal(size=len(authors)).round(1) + 0.8 * (authors == candidates)
    return scores, authors, candidates


def test_auc_is_sklearns_with_ties():
    rng = np.random.default_rng(3)
    scores, authors, candidates = two_sided(rng)
    found = separation(scores, authors, candidates, rng)
    assert found.auc == pytest.approx(roc_auc_score(authors == candidates, scores))
    assert found.low < found.auc < found.high
    assert (found.people, found.pairs, found.left_out) == (6, len(scores), 0)


def test_the_interval_is_that_of_repeated_pairs():
    """Weights stand for people drawn several times: the same by listing pairs again."""
    rng = np.random.default_rng(4)
    scores, authors, candidates = two_sided(rng, people=4, each=2)
    found = separation(scores, authors, candidates, np.random.default_rng(7), draws=200)
    drawn = np.random.default_rng(7).multinomial(4, np.full(4, 0.25), 200)
    number = {f"u{n}": n for n in range(4)}
    areas = []
    for times in drawn:
        a, c = (np.array([times[number[u]] for u in of]) for of in (authors, candidates))
        again = np.where(authors == candidates, a, a * c)
        same = np.repeat(authors == candidates, again)
        if same.any() and not same.all():
            areas.append(roc_auc_score(same, np.repeat(scores, again)))
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(areas, [0.025, 0.975])))


def test_scores_that_are_missing_are_counted_and_left_out():
    scores, authors, candidates = two_sided(np.random.default_rng(5))
    scores[:7] = np.nan
    found = separation(scores, authors, candidates, np.random.default_rng(0))
    there = ~np.isnan(scores)
    assert found.left_out == 7
    assert found.auc == pytest.approx(roc_auc_score((authors == candidates)[there], scores[there]))


def test_bad_input_of_separation():
    rng = np.random.default_rng(0)
    with pytest.raises(DataError, match="2 pairs of the same author among 2"):
        separation(np.array([1.0, 2.0]), ["a", "b"], ["a", "b"], rng)
    with pytest.raises(DataError, match="2 scores, 1 authors"):
        separation(np.array([1.0, 2.0]), ["a"], ["a", "b"], rng)
    with pytest.raises(SettingError, match="level=2"):
        separation(np.array([1.0, 2.0]), ["a", "a"], ["a", "b"], rng, level=2)


@pytest.mark.real
def test_commit_authors_are_verified_better_than_by_nearest_words(real_data):
    from sklearn.feature_extraction.text import TfidfVectorizer

    people = read(
        real_data / "commits" / "commits.csv.gz",
        {"user": "author", "text": "body", "time": "time"},
    ).population
    users = people.users[1::4]
    own = {u: [t for t in people.events_of(u).texts if t][-30:] for u in users}
    known = {u: t[:20] for u, t in own.items()}
    asked, by = [t for u in users for t in own[u][20:]], [u for u in users for _ in own[u][20:]]
    scores = verify(known, asked, by=by)
    same = np.array(by)[:, None] == np.array(users)
    area = roc_auc_score(same.ravel(), scores.ravel())
    tfidf = TfidfVectorizer(sublinear_tf=True)
    tfidf.fit([t for of in known.values() for t in of])
    middle = np.array(
        [np.asarray(tfidf.transform(of).mean(axis=0)).ravel() for of in known.values()]
    )
    middle /= np.linalg.norm(middle, axis=1, keepdims=True)
    words = roc_auc_score(same.ravel(), np.asarray(tfidf.transform(asked) @ middle.T).ravel())
    assert area > 0.8
    assert area > words + 0.05
