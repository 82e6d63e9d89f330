"""Choosing by similarity, rating by neighbours."""

from __future__ import annotations

import numpy as np

from idiolect.difference import RelativeRating
from idiolect.floor.request import asked
from idiolect.floor.similar import Floats, likeness, number, shown
from idiolect.lm import Choice, Number, Prompt

#: What a neighbour without a word in common still counts (ours).
LEAST = 0.1


def choose(prompt: Prompt, expects: Choice) -> str:
    """The option that own neighbours of the request carry; else the one most like what was liked.

    Own texts whose facts name an option vote for it, by their likeness to the request. Where none
    does, each option scores its likeness to own texts, weighted by how far their rating lies above
    the user's mean; without own texts, its likeness to the request. Ties go to the first option.
    """
    own = prompt.section("own")
    options = list(expects.options)
    texts = [shown(entry) for entry in own]
    near = LEAST + likeness(texts, [asked(prompt)])[:, 0]
    named = np.array(
        [[any(v.casefold() == o.casefold() for _, v in e.facts) for o in options] for e in own]
    ).reshape(len(own), len(options))
    scores = near @ named
    if not scores.any():
        scores = _liking(prompt) @ likeness(texts, options)
    if not scores.any():
        scores = likeness([asked(prompt)], options)[0]
    return options[int(np.argmax(scores))]


def _liking(prompt: Prompt) -> Floats:
    ratings = [number(entry.fact("rating")) for entry in prompt.section("own")]
    known = np.array([np.nan if r is None else r for r in ratings], dtype=float)
    rated = known[~np.isnan(known)]
    if not len(rated) or rated.min() == rated.max():
        return np.ones(len(ratings))
    return np.where(np.isnan(known), 0.0, known - rated.mean())


def rate(prompt: Prompt, expects: Number) -> str:
    """Own ratings, each as heavy as its text is near the item, shrunk to the peers' mean.

    The shrinkage is that of `RelativeRating`. Without peers it is the own weighted mean, without
    own ratings the peers' mean, without either the middle of the range.
    """
    allowed = (expects.low, expects.high)
    own = [(e, r) for e in prompt.section("own") if _inside(r := number(e.fact("rating")), allowed)]
    peers = [r for e in prompt.section("peers") if _inside(r := number(e.fact("rating")), allowed)]
    near = LEAST + likeness([shown(entry) for entry, _ in own], [asked(prompt)])[:, 0]
    given = np.array([r for _, r in own], dtype=float)
    prior = np.mean(np.array(peers, dtype=float)) if peers else 0.0
    weight = RelativeRating().own_shrinkage if peers else 0.0
    heavy = near * len(near) / near.sum() if len(near) else near
    if not own and not peers:
        value = sum(allowed) / 2
    else:
        value = (weight * prior + heavy @ given) / (weight + heavy.sum())
    value = min(max(round(float(value), 3), expects.low), expects.high)
    return np.format_float_positional(value, trim="-")


def _inside(rating: float | None, allowed: tuple[float, float]) -> bool:
    return rating is not None and allowed[0] <= rating <= allowed[1]
