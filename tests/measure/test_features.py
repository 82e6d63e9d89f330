import math
import pickle

import numpy as np
import pytest

from idiolect.measure import FEATURES, Text, function_share, language_of, measure
from idiolect.measure.text import ENGLISH_FLOOR

BY_NAME = {feature.name: feature for feature in FEATURES}

ENGLISH = "We went there on a cold day and the coffee was better than what they had at the station."
FRENCH = (
    "Le café était froid et la serveuse ne nous a même pas dit bonjour quand nous sommes partis."
)
GERMAN = (
    "Der Kaffee war kalt und die Bedienung hat uns nicht einmal gegrüßt, als wir gegangen sind."
)
DUTCH = (
    "De koffie was koud en het meisje zei niet eens gedag toen wij weer naar buiten gingen lopen."
)
COMMIT = "Fix the crash in the parser when a line has no end and add a test for it to the suite"

#: For every feature a text with more of it, then one with less.
PAIRS = {
    "length": ("one two three four", "one two"),
    "sentence_length": ("All in one long sentence here.", "In three. Short ones. Here."),
    "word_length": ("remarkable architecture", "an odd hut"),
    "richness": ("a b c d e f g h i j k l", "a a a b b b c c c d d d"),
    "function_words": ("it was of the", "green tea tastes bitter"),
    "exclamations": ("Fine! Good!", "Fine! Good."),
    "questions": ("Why? Who?", "Why? Well."),
    "commas": ("tea, cake, bread", "tea, cake and bread"),
    "dashes": ("tea – cake -- bread", "well-made cake"),
    "ellipses": ("well... maybe…", "well. maybe."),
    "semicolons": ("one; two: three", "at 12:30 one two"),
    "asides": ("tea (green) cake (dry)", "tea (green) cake dry"),
    "quotation": ("the “best” tea", "the best tea"),
    "line_breaks": ("tea\ncake\nbread", "tea cake\nbread"),
    "capitals": ("the BEST tea I had", "the best tea I had"),
    "lower_starts": ("fine. good.", "Fine. good."),
    "contractions": ("it's fine, don't go", "it is fine, do not go"),
    "first_person": ("I like my tea", "she likes her tea"),
    "first_plural": ("we like our tea", "I like my tea"),
    "second_person": ("you like your tea", "I like my tea"),
    "hedges": ("perhaps it is sort of fine", "it is fine as it was"),
    "negations": ("it is not good, I didn't go", "it is good, I did go"),
    "sentiment": ("It was wonderful.", "It was horrible."),
    "sentiment_range": ("It was wonderful. It was horrible.", "It was wonderful. It was lovely."),
    "intensifiers": ("really very good", "good enough now"),
    "absolutes": ("always the best, never wrong", "often good, seldom wrong"),
    "stretched": ("sooo good", "so good"),
    "emoji": ("good 😊 :) ", "good (so)"),
    "density": ("bitter tea, sweet cake", "it is what it is"),
    "numbers": ("12 tables at 3.50", "twelve tables at three"),
    "names": ("we met Ada in Bern", "We met her in town"),
    "long_words": ("remarkable architecture", "good building"),
    "reasons": ("good because it is warm", "good and it is warm"),
    "comparisons": ("better than the other", "good as ever"),
    "advice": ("you should try the tea", "I drank the tea"),
}


def test_every_feature_has_its_pair_of_texts() -> None:
    assert set(PAIRS) == set(BY_NAME)
    assert len(BY_NAME) == len(FEATURES)


@pytest.mark.parametrize("name", PAIRS)
def test_a_feature_is_greater_where_there_is_more_of_it(name: str) -> None:
    more, less = PAIRS[name]
    assert BY_NAME[name](more) > BY_NAME[name](less)


def test_figures_of_one_text_are_as_counted_by_hand() -> None:
    text = "I liked the tea (green)! It's 3.50, isn't it? Really very GOOD…"
    # 13 words: the price makes two.
    found = dict(zip(BY_NAME, measure([text])[0], strict=True))
    assert found["length"] == 13
    assert found["sentence_length"] == pytest.approx(13 / 3)
    assert found["exclamations"] == pytest.approx(1 / 3)
    assert found["questions"] == pytest.approx(1 / 3)
    assert found["commas"] == pytest.approx(100 / 13)
    assert found["asides"] == pytest.approx(100 / 13)
    assert found["ellipses"] == pytest.approx(100 / 13)
    assert found["numbers"] == pytest.approx(100 / 13)
    assert found["capitals"] == pytest.approx(100 / 13)
    assert found["contractions"] == pytest.approx(200 / 13)
    assert found["first_person"] == pytest.approx(100 / 13)
    assert found["intensifiers"] == pytest.approx(200 / 13)
    assert found["negations"] == pytest.approx(100 / 13)
    # liked, tea, green, 3, 50, really, good
    assert found["density"] == pytest.approx(700 / 13)


def test_richness_is_what_random_draws_of_ten_words_give() -> None:
    words = list("abcdefgabcabaahijkab")
    rng = np.random.default_rng(0)
    draws = [len(set(rng.permutation(words)[:10])) for _ in range(20_000)]
    assert BY_NAME["richness"](" ".join(words)) == pytest.approx(10 * np.mean(draws), abs=0.3)


def test_sentiment_is_the_mean_of_vaders_scores_of_the_sentences() -> None:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    sentences = ["The cake was lovely!", "The tea was awful.", "We sat outside."]
    scores = [SentimentIntensityAnalyzer().polarity_scores(s)["compound"] for s in sentences]
    text = " ".join(sentences)
    assert BY_NAME["sentiment"](text) == pytest.approx(np.mean(scores))
    assert BY_NAME["sentiment_range"](text) == pytest.approx(max(scores) - min(scores))


def test_sentences_are_exact_substrings_in_order() -> None:
    raw = ' One costs 3.50!!  "Two?" he said.\n\n- three\n...\nFour…  '
    text = Text(raw)
    assert text.sentences == ["One costs 3.50!!", '"Two?"', "he said.", "- three", "Four…"]
    assert all(raw[i:j] == said for (i, j), said in zip(text.spans, text.sentences, strict=True))


def test_hard_wrapped_lines_go_on_and_other_lines_end() -> None:
    raw = (
        "Fix the parser\n\nA line that is wrapped because it would have been too long for\n"
        "the terminal goes on here. Next. The things that follow are a list, one to a line\n"
        "- first\n- second\nGreat place\nLoved it"
    )
    assert Text(raw).sentences == [
        "Fix the parser",
        "A line that is wrapped because it would have been too long for\n"
        "the terminal goes on here.",
        "Next.",
        "The things that follow are a list, one to a line",
        "- first",
        "- second",
        "Great place",
        "Loved it",
    ]


def test_scripts_without_spaces_count_characters() -> None:
    assert BY_NAME["length"]("咖啡很好。服务不错！") == 8
    assert BY_NAME["sentence_length"]("咖啡很好。服务不错！") == 4


@pytest.mark.parametrize("text", ["", "  \n", "!!! ...", ":)"])
def test_a_text_without_words_has_no_figures(text: str) -> None:
    assert np.isnan(measure([text])).all()
    assert math.isnan(BY_NAME["exclamations"](text))


@pytest.mark.parametrize("text", [FRENCH, GERMAN, DUTCH])
def test_other_languages_get_only_features_for_any_language(text: str) -> None:
    known = np.isfinite(measure([text])[0])
    assert not known[[n for n, f in enumerate(FEATURES) if f.languages]].any()
    assert known[[n for n, f in enumerate(FEATURES) if not f.languages]].all()
    assert function_share([Text(text)]) < ENGLISH_FLOOR


@pytest.mark.parametrize("text", [ENGLISH, COMMIT, "Cold tea."])
def test_english_is_taken_for_english(text: str) -> None:
    assert language_of(Text(text), None) == "en"


def test_a_given_language_goes_before_the_guess() -> None:
    by_code = measure([ENGLISH, ENGLISH, FRENCH], languages=["de", "en-GB", "fr_CA"])
    hedges, names = list(BY_NAME).index("hedges"), list(BY_NAME).index("names")
    assert np.isnan(by_code[:, hedges]).tolist() == [True, False, True]
    assert np.isnan(by_code[:, names]).tolist() == [True, False, False]


def test_no_texts_give_an_empty_table() -> None:
    assert measure([]).shape == (0, len(FEATURES))


def test_features_can_be_sent_to_other_processes() -> None:
    assert pickle.loads(pickle.dumps(FEATURES)) == FEATURES
