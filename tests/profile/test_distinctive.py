"""The difference filter: rarity by hand and by oracle, what is kept, and what is never read."""

import math
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from idiolect.data import Event, Population, Request
from idiolect.errors import SettingError
from idiolect.profile import Claim, Profile, Render, Span
from idiolect.profile.crowd import template
from idiolect.profile.distinctive import Distinctive
from idiolect.profile.rarity import Rarities
from idiolect.testing.mixed import mixed

START = datetime(2024, 1, 1, tzinfo=UTC)
COMMON = ("I need more sleep", "the weather is awful today", "please explain it simply")
OWN = {
    "ada": "practised the cello until my arms hurt",
    "ben": "the goat ate my neighbour's tulips",
    "eva": "only archery calms me down",
    "kai": "my shift at the bakery starts at four",
    "mia": "the Tagalog lesson was cancelled again",
}


def events(**changes):
    """Four texts of each of five people: three that all write, one that is theirs."""
    return [
        Event(who, text, time=START + timedelta(hours=n), id=f"{who}{n}", **changes)
        for who, own in OWN.items()
        for n, text in enumerate((*COMMON, own))
    ]


#: Authors of the half that the filter was made on, who wrote at the same time.
AUTHORS = ("a001", "a004", "a025", "a026", "a029", "a035", "a038")


def view(more=(), user="ada", at=None):
    return Population.of([*events(), *more]).as_of(Request(user, time=at))


def values(sentences, seen, **settings):
    return [found.value for found in Rarities(**settings)(sentences, seen)]


def claim(text, **changes):
    return Claim(text, "facts", 0.9, **changes)


def test_ones_own_is_kept_and_what_all_say_or_somebody_else_does_is_left():
    claims = [claim("Plays the cello."), claim("Would like more sleep."), claim("Keeps a goat.")]
    sifted = Distinctive()(claims, view())
    assert [one.text for one in sifted.kept] == ["Plays the cello."]
    assert [one.text for one in sifted.left] == ["Would like more sleep.", "Keeps a goat."]
    assert sifted.kept[0].distinctiveness > 0.5 > sifted.left[0].distinctiveness
    assert claims[0].distinctiveness is None
    assert "said by 0 of 4 others" in sifted.why["Plays the cello."]


def test_the_reason_counts_who_says_it_and_shows_the_nearest():
    [found] = Rarities()(["the weather is awful"], view())
    assert (found.people, found.said_by) == (4, 4)
    assert found.nearest == "the weather is awful today"
    assert found.event in {f"{who}1" for who in OWN if who != "ada"}
    assert "said by 4 of 4 others" in found.reason
    [found] = Rarities()(["Would like more sleep."], view())
    assert (found.said_by, found.nearest) == (4, "I need more sleep")
    [found] = Rarities()(["Plays the cello."], view())
    assert found.said_by == 0


def terms(text):
    """Terms by kind, counted anew: words and pairs in lower case, runs of three to five."""
    words = re.findall(r"\w+(?:['’-]\w+)*", text.lower())
    runs = re.sub(r"\s\s+", " ", text)
    return (
        Counter([*words, *(" ".join(pair) for pair in pairwise(words))]),
        Counter(runs[n : n + k] for k in (3, 4, 5) for n in range(len(runs) - k + 1)),
    )


def by_hand(sentence, own, others, crowd, told, smoothing=0.5):
    """The value by the formulas of the module, with dictionaries."""
    apart, whole, rare, program = np.zeros(len(others)), 0.0, 0.0, 0.0
    n = len(others)
    for kind, factor in ((0, 1.0), (1, 0.5)):

        def count(texts, kind=kind):
            return sum((terms(text)[kind] for text in texts), Counter())

        asked = terms(sentence)[kind]
        mine, theirs = count(own), [count(texts) for texts in others]
        heard_me = count(told)
        total = mine.total() + sum(c.total() for c in theirs)
        mu, scale = smoothing * total / (1 + n), factor / math.sqrt(asked.total())
        for term, times in asked.items():
            usual = mine[term] + sum(c[term] for c in theirs) + 0.5
            usual /= total + 0.5 * len(count(crowd))
            u = math.log((mine[term] + mu * usual) / (mine.total() + mu))
            for at, c in enumerate(theirs):
                o = math.log((c[term] + mu * usual) / (c.total() + mu))
                apart[at] += times * scale * (u - o)
            having = sum(term in c for c in theirs)
            weight = max(0.0, math.log((1 + n) / (having + 0.5)))
            if not having and not mine[term] and not heard_me[term]:
                weight /= 4
            whole += scale * weight
            rare += scale * weight**2 / math.log((1 + n) / 0.5) * bool(mine[term])
            program += scale * weight * (not mine[term] and bool(heard_me[term]))
    rather = 1 / (1 + math.exp(-(apart.mean() + apart.min()) / 4 * n / (n + 1)))
    return (rather**2 * min(rare / whole, 1) * (1 - program / whole) ** 4) ** (1 / 6)


def test_the_value_is_that_of_the_formulas():
    said = "The cello is a fine thing to hear at a concert."
    told = Event("ada", said, role="assistant", id="t", time=START)
    asked = ["Plays the cello at a concert.", "Would like more sleep.", "Keeps a goat."]
    seen = view([told])
    own, *others = ([*COMMON, text] for text in OWN.values())
    crowd = [*COMMON, *OWN.values()]
    expected = [by_hand(text, own, others, crowd, [said]) for text in asked]
    # Hashing may let two terms fall together; with so few it does not.
    assert values(asked, seen, common=1) == pytest.approx(expected, abs=2e-4)
    # What all four others say is everybody's.
    assert values(asked, seen) == pytest.approx([expected[0], 0, expected[2]], abs=2e-4)


@pytest.mark.parametrize(
    ("sayers", "others", "common", "kept"),
    [
        (2, 4, 0.5, True),
        (3, 4, 0.5, False),
        (3, 4, 0.7, True),
        (1, 1, 0.5, True),
        (2, 2, 0.5, False),
    ],
)
def test_what_most_others_say_is_everybodys(sayers, others, common, kept):
    """The bar is more than the share of the others and of one more without an opinion."""
    rows = [
        Event(f"o{who}", text, id=f"o{who}{n}", time=START)
        for who in range(others)
        for n, text in enumerate(
            ("I practise the cello" if who < sayers else "I keep goats", f"thing {who}", "so be it")
        )
    ]
    mine = [
        Event("ada", text, id=f"a{n}", time=START)
        for n, text in enumerate(("I practise the cello daily", "the cello again", "cello"))
    ]
    [found] = Rarities(common=common, templates=9)(
        ["I practise the cello"], Population.of([*mine, *rows]).as_of(Request("ada"))
    )
    assert (found.said_by, found.people) == (sayers, others)
    assert (found.value > 0, found.note == "") == (kept, kept)
    assert kept or found.reason.endswith("most others say it")


def test_letters_do_not_matter():
    """Another alphabet, letter for letter: the same values, so no list of words is behind them."""
    latin = "abcdefghijklmnopqrstuvwxyz"
    greek = str.maketrans(latin + latin.upper(), "".join(map(chr, range(0x10D0, 0x10D0 + 52))))
    lower = [replace(e, text=e.text.lower().replace("'", "")) for e in events()]
    asked = ["plays the cello", "would like more sleep", "keeps a goat"]
    other = [replace(e, text=e.text.translate(greek)) for e in lower]
    plain = values(asked, Population.of(lower).as_of(Request("ada")))
    coded = values(
        [text.translate(greek) for text in asked], Population.of(other).as_of(Request("ada"))
    )
    assert plain == pytest.approx(coded, abs=2e-3)
    assert plain[0] > 0.5 > max(plain[1:])


@pytest.mark.parametrize(
    ("common", "own", "fact", "junk"),
    [
        ("今天天气很糟糕。我想多睡一会儿。", "我每天练习大提琴。", "喜欢大提琴", "想多睡一会儿"),
        ("Sää on tänään kamala. Haluaisin nukkua enemmän.", "Soitin selloa koko illan.",
         "Soittaa selloa.", "Haluaisi nukkua enemmän."),
        ("วันนี้อากาศแย่มาก อยากนอนมากขึ้น", "ฉันซ้อมเชลโลทุกวัน", "เล่นเชลโล", "อยากนอนมากขึ้น"),
    ],
)  # fmt: skip
def test_other_languages(common, own, fact, junk):
    people = [
        Event(who, common if n else (own if who == "a" else f"{common} {who}"), id=f"{who}{n}")
        for who in "abcdef"
        for n in range(4)
    ]
    seen = Population.of(people).as_of(Request("a"))
    of_fact, of_junk = values([fact, junk], seen)
    assert of_fact > 0.5 > of_junk


def test_nothing_later_is_read():
    at = START + timedelta(days=1)
    later = [
        Event(
            who, "practised the cello until my arms hurt", time=at + timedelta(n), id=f"l{who}{n}"
        )
        for who in OWN
        for n in range(4)
    ]
    asked = ["Plays the cello.", "Keeps a goat."]
    assert Rarities()(asked, view(later, at=at)) == Rarities()(asked, view(at=at))
    assert values(asked, view(later))[0] < values(asked, view())[0]


def test_what_only_its_author_may_read_is_not_read():
    secret = [
        Event(who, OWN["ada"], time=START, id=f"s{who}", audience="self") for who in ("ben", "eva")
    ]
    shown = [replace(event, audience="public") for event in secret]
    [hidden], [seen] = (values(["Plays the cello."], view(more)) for more in (secret, shown))
    assert hidden == values(["Plays the cello."], view())[0] > seen


def test_with_few_others_it_is_less_sure():
    found = []
    for people in (2, 3, 5):
        kept = [e for e in events() if e.user in list(OWN)[:people]]
        [one] = Rarities()(["practised the cello"], Population.of(kept).as_of(Request("ada")))
        found.append(one)
    assert [one.people for one in found] == [1, 2, 4]
    assert 0.5 < found[0].rather < found[1].rather < found[2].rather
    [sure] = Rarities(even=0)(["practised the cello"], view())
    assert sure.rather > found[2].rather


def test_alone_nothing_is_left_out():
    alone = Population.of([e for e in events() if e.user == "ada"]).as_of(Request("ada"))
    sifted = Distinctive()([claim("Would like more sleep.")], alone)
    assert sifted.kept[0].distinctiveness is None
    assert sifted.why["Would like more sleep."] == "nobody to compare with"


def test_a_user_without_texts_and_a_claim_without_words():
    [found] = Rarities()(["Plays the cello."], view(user="new"))
    assert (found.value, found.note) == (None, "the user wrote nothing yet")
    [found] = Rarities()(["!"], view())
    assert (found.value, found.note) == (None, "it has no word to compare")
    assert Rarities()([], view()) == ()


def test_assistants_words_count_against_it_and_recalled_ones_do_not():
    said = "A cello should be stored in a dry cupboard."
    told = Event("ada", said, role="assistant", id="t", time=START)
    recalled = replace(told, role="user", extra={"recalled": True})
    [plain] = Rarities()([said], view())
    [against] = Rarities()([said], view([told]))
    [same] = Rarities()([said], view([recalled]))
    assert against.value < same.value == plain.value
    assert against.program > 0.3
    assert same.program == 0
    assert "assistant" in against.reason


def test_templates():
    assert template("Merge branch 'ab/cello' into next") == template(
        "Merge branch 'goat' into next"
    )
    assert template("(cherry picked from commit 1a2b)") == "cherry picked from commit"
    assert template("Signed-off-by: Ada <ada@example.org>") == "signed-off-by ada"
    assert template("Plays the cello.") != template("Plays the harp.")


def test_a_template_of_others_is_nobodys_own():
    forms = [
        Event(who, f"Merge branch 'topic/{who}' into next", time=START, id=f"m{who}")
        for who in ("ben", "eva")
    ]
    line = "Merge branch 'cello/practised' into next"
    [found] = Rarities()([line], view(forms))
    assert (found.value, found.seen) == (0.0, 2)
    assert "template of 2 others" in found.reason
    assert Rarities(templates=3)([line], view(forms))[0].value > 0


def test_a_form_that_is_filled_in_again_and_again():
    lines = [f"Merge branch 'cello/{n}' into next" for n in range(3)]
    assert values(lines, view(), repeats=3) == [0.0] * 3
    assert min(values(lines, view())) > 0
    assert min(values(lines[:2], view(), repeats=3)) > 0
    assert values(["Plays the cello."] * 3, view(), repeats=3)[0] > 0.5


def test_on_items_only_those_who_know_the_subject_are_others():
    more = [
        Event(who, text, item=item, time=START, id=f"{who}{item}{n}")
        for who, item in (("ada", "music"), ("ben", "music"), ("eva", "garden"))
        for n, text in enumerate(("the cello was fine", "a cello again", "tulips are out"))
    ]
    [wide] = Rarities()(["Plays the cello."], view(more))
    [narrow] = Rarities(on_items=True)(["Plays the cello."], view(more))
    assert (wide.people, narrow.people) == (4, 1)
    assert narrow.value < wide.value


def test_the_users_word_and_what_was_compared_stay():
    before = [
        claim("Would like more sleep.", status="corrected"),
        claim("Complains of the weather.", status="suppressed"),
        claim("Writes longer texts.", reference=("ben0",), distinctiveness=0.8),
    ]
    sifted = Distinctive()(before, view())
    assert (sifted.kept, sifted.left, sifted.measured) == (tuple(before), (), {})
    assert sifted.why["Would like more sleep."] == "corrected by the user"


def test_what_is_counted_in_whole_texts_is_not_held_against_words():
    whole = claim("dots in a row: in 3 of 9 texts", spans=(Span("ada0"), Span("ada3")))
    quoted = claim("Would like more sleep.", spans=(Span("ada0", "I need more sleep"),))
    sifted = Distinctive()([whole, quoted], view())
    assert (sifted.kept, [one.text for one in sifted.left]) == ((whole,), [quoted.text])
    assert sifted.why[whole.text].startswith("it rests on whole texts")
    assert list(sifted.measured) == [quoted.text]


def test_an_old_text_of_the_users_counts_however_many_came_later():
    later = [
        Event("ada", f"the weather is awful today {n}", time=START + timedelta(days=n), id=f"l{n}")
        for n in range(1, 30)
    ]
    [found] = Rarities(texts=5)(["Plays the cello."], view(later))
    assert found.rare > 0.5 < found.value


def test_the_threshold_moves_what_is_kept():
    claims = [claim("Plays the cello."), claim("Would like more sleep."), claim("Keeps a goat.")]
    kept = [len(Distinctive(least=at)(claims, view()).kept) for at in (0, 0.5, 1)]
    assert kept == [3, 1, 0]


def test_before_a_profile_and_in_what_a_prompt_is_told():
    claims = [claim("Would like more sleep."), claim("Plays the cello.")]
    sifted = Distinctive(least=0)(claims, view())
    profile = Profile("ada").add(sifted.kept, "noted")
    assert Render()(profile).claims[0].text == "Plays the cello."
    strict = Profile("ada").add(Distinctive()(claims, view()).kept, "noted")
    assert [one.text for one in strict.claims] == ["Plays the cello."]


def test_somebody_elses_history_bears_none_of_it_out():
    people = Population.of(events())
    mine = people.as_of(Request("ada"))
    control = mine.instead(people.events_of("ben"))
    [own], [other] = (values(["Plays the cello."], seen) for seen in (mine, control))
    assert own > 0.5 > other
    assert values(["Keeps a goat."], control)[0] > 0.5


@pytest.mark.parametrize(
    "settings",
    [{"people": 0}, {"texts": 0}, {"at_least": 0}, {"smoothing": 0}, {"even": -1}, {"alike": 0},
     {"templates": 0}, {"repeats": 1}],
)  # fmt: skip
def test_settings_out_of_range(settings):
    with pytest.raises(SettingError, match=next(iter(settings))):
        Rarities(**settings)


def test_a_threshold_that_is_no_share():
    with pytest.raises(SettingError, match=r"least=1\.5"):
        Distinctive(least=1.5)


def test_of_planted_claims_it_keeps_the_facts():
    """The worlds that it was made on; the others are `results/difference_filter.json`."""
    kept, right, facts, everything = 0, 0, 0, 0
    for world in map(mixed, range(4)):
        for user in world.population.users:
            proposed = world.of(user)
            truth = {one.text for one in proposed if one.kind == "fact"}
            sifted = Distinctive()([claim(one.text) for one in proposed], world.view(user))
            kept += len(sifted.kept)
            right += sum(one.text in truth for one in sifted.kept)
            facts += len(truth)
            everything += len(proposed)
    assert right / kept > 0.8
    assert right / facts > 0.8
    # All that are proposed: a quarter are facts.
    assert facts / everything == 0.25


def test_a_value_does_not_depend_on_what_else_is_asked():
    asked = ["Plays the cello.", "Would like more sleep.", "Keeps a goat and rides it to town."]
    alone = [value for text in asked for value in values([text], view())]
    assert alone == values(asked, view()) == values(asked[::-1], view())[::-1]


@pytest.mark.real
def test_real_sentences_of_the_author_come_before_those_of_others(real_data):
    """Authors that the filter was made on; `results/difference_filter.json` has the others."""
    import polars as pl

    frame = pl.read_csv(real_data / "commits" / "commits.csv.gz").sort("time")
    frame = frame.filter(pl.col("body").is_not_null() & pl.col("author").is_in(AUTHORS))
    people = Population(
        frame.select(user="author", text="body", title="subject", time=pl.from_epoch("time", "s"))
    )
    wins, measure = [], Rarities()
    for user in people.users:
        mine = people.events_of(user)
        cut = int(len(mine) * 0.6)
        seen = people.as_of(people.request(mine[cut].id))
        own = [text[:300] for text in mine[cut : cut + 10].texts]
        rest = [t for who in people.users if who != user for t in people.events_of(who)[-4:].texts]
        scores = np.array(values([*own, *(text[:300] for text in rest)], seen))
        wins.append((scores[: len(own), None] > scores[None, len(own) :]).mean())
        assert measure == Rarities()
    assert np.mean(wins) > 0.85
