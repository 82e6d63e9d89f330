"""Writing for a user out of their own sentences; without any, out of what the request shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from idiolect.floor.request import asked, joined, plain
from idiolect.floor.said import quoted_words, statements
from idiolect.floor.similar import Floats, likeness, number, shown
from idiolect.lm import Entry, Prompt
from idiolect.measure import Text, measure
from idiolect.measure.text import content

#: Weight of the whole text's cosine with the request, so that sentences of one text keep together
#: (ours).
SOURCE_WEIGHT = 0.5
#: What a sentence of another rating loses at most, in cosines with the request (ours).
RATING_WEIGHT = 0.3
#: What a sentence gains by one standard deviation of all that the profile says (ours).
PROFILE_WEIGHT = 0.1
#: What a sentence gains by each distinctive word that the profile names (ours).
WORD_WEIGHT = 0.1
#: Weight of being unlike what was chosen before, against fitting well (ours).
NOVELTY = 0.3
#: Only so many of the sentences that fit best are considered, which bounds time and memory.
POOL = 200


@dataclass(frozen=True)
class Sentence:
    """A sentence of an own text, and where it stood there (0 first, 1 last)."""

    text: str
    entry: Entry
    place: float


def compose(prompt: Prompt) -> str:
    """Own sentences near the request, in about the user's usual length; no other words.

    Raises:
        CapabilityError: The prompt shows nothing to write from.
    """
    own = [entry for entry in prompt.section("own") if Text(entry.text).words]
    if not own:
        return plain(prompt)
    sentences = _sentences(own)
    said = "\n".join(e.text for k in ("profile", "differences") for e in prompt.section(k))
    texts = [s.text for s in sentences]
    worth = _relevance(prompt, sentences) + _rating(prompt, sentences) + _habit(texts, said)
    chosen = _spread(texts, worth, _usual_length(own, said))
    chosen.sort(key=lambda at: (sentences[at].place, at))
    return joined([texts[at] for at in chosen])


def _sentences(own: Sequence[Entry]) -> list[Sentence]:
    found: dict[str, Sentence] = {}
    for entry in own:
        sentences = Text(entry.text).sentences
        for at, sentence in enumerate(sentences):
            place = at / max(len(sentences) - 1, 1)
            found.setdefault(sentence, Sentence(sentence, entry, place))
    return list(found.values())


def _relevance(prompt: Prompt, sentences: Sequence[Sentence]) -> Floats:
    """Cosine with the request, of the sentence and, less heavy, of the text that it is from."""
    sources = list(dict.fromkeys(sentence.entry for sentence in sentences))
    source = {entry: at for at, entry in enumerate(sources)}
    near = likeness([*(s.text for s in sentences), *map(shown, sources)], [asked(prompt)])[:, 0]
    alone, whole = near[: len(sentences)], near[len(sentences) :]
    worth: Floats = alone + SOURCE_WEIGHT * whole[[source[s.entry] for s in sentences]]
    return worth


def _rating(prompt: Prompt, sentences: Sequence[Sentence]) -> Floats:
    """0 for the given rating, down to −`RATING_WEIGHT` for the rating farthest from it."""
    given = [number(entry.fact("rating")) for entry in prompt.section("given")]
    ratings = [number(sentence.entry.fact("rating")) for sentence in sentences]
    if None in ratings or not given or given[0] is None:
        return np.zeros(len(sentences))
    distance = np.abs(np.array(ratings, dtype=float) - given[0])
    worth: Floats = -RATING_WEIGHT * distance / max(distance.max(), 1e-12)
    return worth


def _habit(sentences: Sequence[str], said: str) -> Floats:
    """What sentences are worth for showing what the profile says."""
    words = set(quoted_words(said))
    worth: Floats = WORD_WEIGHT * np.array(
        [len(words & set(content(s))) for s in sentences], dtype=float
    )
    told = [(f, sign) for f, sign in statements(said) if f.shown != "never"]
    if not told:
        return worth
    values = measure(sentences, [feature for feature, _ in told])
    known = ~np.isnan(values)
    means = np.where(known, values, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    distance = np.where(known, values - means, 0)
    spread = distance.std(axis=0)
    z = np.divide(distance, spread, out=np.zeros_like(distance), where=spread > 0)
    worth += PROFILE_WEIGHT * (z @ np.array([sign for _, sign in told])) / len(told)
    return worth


def _usual_length(own: Sequence[Entry], said: str) -> float:
    """Words of a usual own text: the median; a quartile where the profile names the length."""
    lengths = [len(Text(entry.text).words) for entry in own]
    named = {direction for feature, direction in statements(said) if feature.name == "length"}
    share = 0.5 + 0.25 * sum(named)
    return float(np.quantile(lengths, share))


def _spread(sentences: Sequence[str], worth: Floats, words: float) -> list[int]:
    """Positions of worthy sentences unlike each other (MMR), about `words` long together."""
    pool = np.argsort(-worth, kind="stable")[:POOL]
    lengths = np.array([len(Text(sentences[at]).words) for at in pool])
    alike = likeness([sentences[at] for at in pool], [sentences[at] for at in pool])
    value, nearest = (1 - NOVELTY) * worth[pool], np.zeros(len(pool))
    chosen: list[int] = []
    free = np.ones(len(pool), dtype=bool)
    while free.any():
        best = int(np.argmax(np.where(free, value - NOVELTY * nearest, -np.inf)))
        free[best] = False
        total = lengths[chosen].sum()
        # A sentence that overshoots more than it brings nearer is passed over for a shorter one.
        if not chosen or abs(total + lengths[best] - words) < abs(total - words):
            chosen.append(best)
            nearest = np.maximum(nearest, alike[best])
    return [int(pool[at]) for at in chosen]
