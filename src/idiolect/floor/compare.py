"""Comparing by measuring: what an own text has more or less of than all of the others shown."""

from __future__ import annotations

from collections import Counter

import numpy as np

from idiolect.errors import CapabilityError
from idiolect.floor.similar import Floats, shown
from idiolect.lm import Prompt
from idiolect.measure import FEATURES, Text, measure
from idiolect.measure.text import content

#: Statements a dimension at most.
MOST = 2
#: Words of the user's own at most.
WORDS = 5
DIMENSIONS = tuple(dict.fromkeys(feature.dimension for feature in FEATURES))


def compare(prompt: Prompt) -> str:
    """One line a dimension: where the mean of own texts lies outside the range of the others'.

    Raises:
        CapabilityError: The prompt lacks own or other texts.
    """
    own = [e.text for e in prompt.section("own") if Text(e.text).words]
    others = (*prompt.section("peers"), *prompt.section("drafts"))
    peers = [e.text for e in others if Text(e.text).words]
    if not own or not peers:
        raise CapabilityError(
            f"The floor compares by measuring and found {len(own)} own and {len(peers)} other "
            f"texts in prompt {prompt.stage!r}; it needs at least one of each."
        )
    found = _outside(measure(own), measure(peers))
    words = _only_own(own, peers, "\n".join(map(shown, prompt.section("item"))))
    lines = []
    for dimension in DIMENSIONS:
        said = [text for at, text in found if FEATURES[at].dimension == dimension][:MOST]
        if dimension == "semantic" and words:
            said.append("alone mentions " + ", ".join(f"“{word}”" for word in words))
        lines.append(f"{dimension}: {'; '.join(said) or 'nothing beyond the range of the others'}.")
    return "\n".join(lines)


def _outside(mine: Floats, others: Floats) -> list[tuple[int, str]]:
    """Features outside the others' range, the farthest first, with what is said of each."""
    found = []
    for at, feature in enumerate(FEATURES):
        own, theirs = mine[:, at], others[:, at]
        own, theirs = own[~np.isnan(own)], theirs[~np.isnan(theirs)]
        if not len(own) or not len(theirs) or theirs.min() <= own.mean() <= theirs.max():
            continue
        distance = own.mean() - theirs.mean()
        # Over all texts shown, so that peers who happen to agree exactly don't make it infinite.
        far = abs(distance) / np.concatenate([own, theirs]).std()
        wording = feature.more if distance > 0 else feature.less
        figures = f"{own.mean():.3g} against {theirs.mean():.3g} {feature.unit}"
        found.append((-far, at, f"{wording} ({figures})"))
    return [(at, text) for _, at, text in sorted(found)]


def _only_own(own: list[str], peers: list[str], item: str) -> list[str]:
    """Content words of own texts, most frequent first, that no peer and no item text has."""
    known = {word for text in (*peers, item) for word in content(text)}
    counts = Counter(w for text in own for w in content(text) if w not in known and w.isalpha())
    return [word for word, _ in counts.most_common(WORDS)]
