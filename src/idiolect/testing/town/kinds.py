"""The kinds of places: what is good or bad about them, what is there, what one does there."""

from __future__ import annotations

from dataclasses import dataclass

from idiolect.testing.town.phrases import listed


@dataclass(frozen=True)
class Aspect:
    """Something about a place that can be good or bad.

    Attributes:
        noun: Without article.
        good: Adjectives of praise.
        bad: Adjectives of blame.
        plural: Whether the noun is.
    """

    noun: str
    good: tuple[str, ...]
    bad: tuple[str, ...]
    plural: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of place.

    Attributes:
        name: What it is called.
        names: Endings of such places' names.
        aspects: What people write about.
        things: What one may find in one, each a subject of a sentence.
        facts: Sentences with a number in them.
        acts: What visitors do there, after "I".
        tips: Advice.
    """

    name: str
    names: tuple[str, ...]
    aspects: tuple[Aspect, ...]
    things: tuple[str, ...]
    facts: tuple[str, ...]
    acts: tuple[str, ...]
    tips: tuple[str, ...]


def _aspect(noun: str, good: str, bad: str, plural: bool = False) -> Aspect:
    return Aspect(noun, listed(good), listed(bad), plural)


KINDS: tuple[Kind, ...] = (
    Kind(
        "café",
        listed("Café, Coffee House, Tea Room"),
        (
            _aspect("coffee", "strong, rich, excellent", "weak, bitter, lukewarm"),
            _aspect("cakes", "fresh, lovely, delicious", "dry, horrible, disappointing", True),
            _aspect("service", "friendly, quick, warm", "slow, rude, careless"),
            _aspect("seats", "comfortable, cosy, generous", "cramped, hard, terrible", True),
            _aspect("music", "pleasant, quiet, charming", "loud, annoying, awful"),
            _aspect("bill", "fair, reasonable, honest", "steep, wrong, outrageous"),
        ),
        listed(
            "the brass clock over the counter, the blue door, the shelf of board games, the window "
            "seat, the tiled stove, the courtyard with the fig tree, the old piano"
        ),
        listed(
            "a pot of tea costs {a}.{b}0, there are {c} tables, the order took {d} minutes, it "
            "opens at {e}:30"
        ),
        listed(
            "sat by the window with a newspaper, ordered the plum cake, stayed for a second cup, "
            "met an old friend at the counter"
        ),
        listed("try the plum cake, ask for a table in the back, avoid the noon rush"),
    ),
    Kind(
        "museum",
        listed("Museum, Gallery, Collection"),
        (
            _aspect("rooms", "bright, beautiful, calm", "dark, ugly, gloomy", True),
            _aspect("labels", "clear, helpful, witty", "confusing, tiny, useless", True),
            _aspect("guide", "wonderful, patient, funny", "boring, hurried, arrogant"),
            _aspect("shop", "charming, well stocked, lovely", "overpriced, dull, poor"),
            _aspect("entrance", "welcoming, free, easy", "chaotic, hidden, unpleasant"),
            _aspect("new exhibition", "fascinating, inspiring, bold", "boring, weak, tedious"),
        ),
        listed(
            "the whale skeleton, the room of maps, the glass staircase, the harbour model, the "
            "portrait of the twins, the printing press, the roof terrace"
        ),
        listed(
            "a ticket costs {c}.50, the collection holds {c}{d} paintings, the tour lasts {d}5 "
            "minutes, the house was built in 18{c}"
        ),
        listed(
            "spent a whole morning in the map room, took the tour with a class of children, made a "
            "drawing of the model ships, came back for the prints"
        ),
        listed("start on the top floor, skip the audio guide, make sure to see the roof"),
    ),
    Kind(
        "park",
        listed("Park, Gardens, Meadow"),
        (
            _aspect("paths", "clean, pretty, smooth", "muddy, broken, dirty", True),
            _aspect("benches", "comfortable, plentiful, nice", "broken, filthy, awful", True),
            _aspect("pond", "lovely, peaceful, clear", "smelly, ugly, neglected"),
            _aspect("playground", "safe, fun, imaginative", "dangerous, rusty, sad"),
            _aspect("flower beds", "gorgeous, bright, fresh", "bare, ugly, neglected", True),
            _aspect("kiosk", "cheerful, cheap, friendly", "closed, unfriendly, rude"),
        ),
        listed(
            "the copper beech, the bandstand, the stone heron, the rope bridge, the sundial, the "
            "row of lime trees, the boathouse"
        ),
        listed(
            "the loop is {a}.{b} kilometres, tram {a} stops at the gate, the gates close at {e}, "
            "there are {c} benches around the water"
        ),
        listed(
            "walked the dog around the water, read under the trees, ran two rounds before work, "
            "watched the chess players"
        ),
        listed("go before breakfast, try the gate by the boathouse, avoid Sunday afternoons"),
    ),
    Kind(
        "bakery",
        listed("Bakery, Bread, Ovens"),
        (
            _aspect("rye bread", "wonderful, moist, perfect", "sour, burnt, awful"),
            _aspect("rolls", "crisp, fresh, perfect", "soggy, terrible, disappointing", True),
            _aspect("queue", "short, cheerful, friendly", "endless, chaotic, terrible"),
            _aspect("sellers", "kind, quick, cheerful", "rude, tired, unfriendly", True),
            _aspect("tarts", "delicious, pretty, light", "greasy, horrible, disgusting", True),
            _aspect("smell", "heavenly, sweet, warm", "burnt, bad, unpleasant"),
        ),
        listed(
            "the open oven, the chalkboard with the day's loaves, the marble counter, the flour "
            "mill in the yard, the bench outside, the basket of seconds, the delivery bicycle"
        ),
        listed(
            "a loaf costs {a}.{b}0, they bake {c} sorts of bread, the doors open at {e}:15, the "
            "line was {d} people long"
        ),
        listed(
            "bought two loaves for the week, ate a roll on the way home, asked for the seeded one, "
            "went back for the almond tart"
        ),
        listed("come before eight, try the almond tart, ask for yesterday's loaf"),
    ),
    Kind(
        "bookshop",
        listed("Books, Bookshop, Pages"),
        (
            _aspect("shelves", "tidy, great, inviting", "messy, dusty, half empty", True),
            _aspect("owner", "wise, kind, generous", "grumpy, rude, impatient"),
            _aspect("choice of novels", "excellent, surprising, smart", "poor, dull, dated"),
            _aspect("reading corner", "cosy, peaceful, comfortable", "cold, awful, noisy"),
            _aspect("prices", "fair, friendly, honest", "high, insulting, terrible", True),
            _aspect("children's room", "cheerful, clever, lovely", "sad, bare, chaotic"),
        ),
        listed(
            "the spiral stair, the grey cat, the wall of atlases, the bargain crate, the green "
            "lamp, the poetry table, the cellar"
        ),
        listed(
            "there are {c}00 atlases downstairs, the order came in {a} days, most paperbacks cost "
            "{a}.90, the reading starts at {e}:00"
        ),
        listed(
            "found a first edition by accident, left with three novels, asked about a poet, lost "
            "an hour in the cellar"
        ),
        listed("ask the owner for a tip, go down to the cellar, try the bargain crate first"),
    ),
    Kind(
        "pool",
        listed("Baths, Pool, Lido"),
        (
            _aspect("water", "warm, clear, clean", "cold, disgusting, dirty"),
            _aspect("showers", "hot, clean, good", "broken, cold, disgusting", True),
            _aspect("lanes", "calm, wide, pleasant", "crowded, terrible, chaotic", True),
            _aspect("lifeguards", "friendly, alert, helpful", "bored, rude, careless", True),
            _aspect("lockers", "safe, handy, great", "broken, tiny, dirty", True),
            _aspect("sauna", "perfect, peaceful, relaxing", "closed, awful, unpleasant"),
        ),
        listed(
            "the mosaic of fish, the diving tower, the glass roof, the sun deck, the old changing "
            "cabins, the salt basin, the slide"
        ),
        listed(
            "the main basin is {c}5 metres long, an evening ticket costs {a}.{b}0, there were {d} "
            "people in one lane, the water had {c} degrees"
        ),
        listed(
            "swam forty lengths before lunch, dried off on the sun deck, took the children to the "
            "slide, forgot a towel and got one at the desk"
        ),
        listed("bring a coin for the locker, come after seven, avoid the school hours"),
    ),
)
