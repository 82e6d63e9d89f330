"""What anybody may say of any place, and the short forms that they may use."""

from __future__ import annotations

import re


def listed(line: str) -> tuple[str, ...]:
    """What stands between the commas."""
    return tuple(line.split(", "))


FAVOURITES = listed(
    "honestly, frankly, admittedly, curiously, oddly, naturally, incidentally, anyway, evidently, "
    "basically, overall, meanwhile"
)
HEDGES = listed("perhaps, maybe, probably, apparently")
SOFT = listed("a bit, rather, somewhat, fairly, slightly")
STRONG = listed("very, really, so, extremely, absolutely, incredibly")
PRAISE = listed(
    "it is a place to come back to, that is a good way to spend an hour, it does not get much "
    "better in this town, they do not hurry anybody, it is easy to like this place"
)
BLAME = listed(
    "it is not worth the trip, that is not how one treats guests, it did not get better later, "
    "they do not care any more, it is hard to like this place"
)
PLAIN = listed(
    "it is on the corner by the tram stop, it was a grey weekday, the sign outside is green, it "
    "was not the first visit, there is a second entrance around the back, the street was not busy, "
    "they have changed the opening hours, a school class was on the way out"
)
FACTS = listed(
    "the visit took {d}5 minutes, tram {a} stops outside, it was {c} degrees outside, the place is "
    "{c} years old, there were {d} other guests"
)
ACTS = listed(
    "went on a rainy Tuesday, came with my sister, had heard of it from a colleague, stayed longer "
    "than planned, took a few photographs, left before the evening crowd, showed it to my parents, "
    "talked to my neighbour about it"
)
TIPS = listed(
    "go on a weekday, bring some cash, take the side entrance, you should go early, ask for the "
    "manager, skip the weekend, make sure to check the hours"
)
ASK_GOOD = listed(
    "Where else is it like this?, Why did nobody mention it before?, What more does one need?, Who "
    "would leave early?"
)
ASK_BAD = listed(
    "Who thinks of such things?, Is that too much to ask?, Why is it like this?, Does nobody check?"
)
BRACKETS = listed(
    "as always, at least that day, again, my neighbour agrees, no surprise there, on a weekday"
)
SMILEYS = listed(":), 😊, ;)")
SHORT_FORMS = {
    "it is": "it's",
    "that is": "that's",
    "there is": "there's",
    "do not": "don't",
    "does not": "doesn't",
    "did not": "didn't",
    "is not": "isn't",
    "are not": "aren't",
    "was not": "wasn't",
    "I would": "I'd",
    "I have": "I've",
}
CONTRACTED = re.compile(r"\b(" + "|".join(SHORT_FORMS) + r")\b", re.IGNORECASE)
