"""What do a memory of prompts and a search for demonstrations bring, where the truth is planted?

    python benchmarks/search.py

No language model. *Prompts*: a candidate is 12 guesses about a user; question n is answered right
if guess n is true. *Noisy*: with .9 if it is, with .5 if not, a fixed draw for each candidate and
question. The proposer takes a kept candidate and sets a guess that it failed by, three times in ten
to the wrong value. Chosen from memory, as here; from the last proposals, unscored, as a public
implementation of Fermi does; and with a memory of one.

*Demonstrations*: a user's taste is a vector of five numbers; a judge knows the usual taste and adds
the mean of the pairs that it is shown, one in five of which was answered by mistake. The sets are
tried on the last 30 % of the pairs, as in SynthesizeMe; figures are accuracies on 400 fresh pairs.

Intervals: 95 %, normal, over users.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray
from record import record

from idiolect.profile import Graded, Optimize, Trial
from idiolect.select import Attempt, Demonstration, SearchDemonstrations

TRAITS, SEARCHES, USERS, FRESH = 12, 300, 200, 400
PAIRS = (5, 10, 15, 40)


def share(*parts: object) -> float:
    """A fixed draw from 0..1 for some parts."""
    return int.from_bytes(sha256(repr(parts).encode()).digest()[:6]) / 2**48


def prompts(seed: int, likely: tuple[float, float]) -> dict[str, float]:
    """True shares of right guesses after each way of searching, and calls.

    Args:
        seed: Of the user.
        likely: How probable a right answer is where the guess is wrong, and where it is true.
    """
    rng = np.random.default_rng(seed)
    truth = rng.integers(2, size=TRAITS)
    start = "".join(map(str, rng.integers(2, size=TRAITS)))

    def score(texts: Sequence[str]) -> list[list[Graded]]:
        def right(text: str, at: int) -> float:
            return float(share(seed, text, at) < likely[int(int(text[at]) == truth[at])])

        return [[Graded("", right(text, at)) for at in range(TRAITS)] for text in texts]

    def quality(text: str) -> float:
        return float(np.mean([int(guess) == true for guess, true in zip(text, truth, strict=True)]))

    last: list[str] = []

    def proposer(draw: np.random.Generator) -> Callable[[tuple[Trial, ...], int], list[str]]:
        def propose(memory: tuple[Trial, ...], number: int) -> list[str]:
            last.clear()
            for trial in [memory[int(n)] for n in draw.integers(len(memory), size=4)]:
                text, at = list(trial.text), int(draw.choice(trial.failures or range(TRAITS)))
                text[at] = str(truth[at] if draw.random() < 0.7 else 1 - truth[at])
                last.append("".join(text))
            return list(last)

        return propose

    kept = Optimize(score, proposer(np.random.default_rng(seed)), TRAITS)
    found = kept(start)
    unscored = quality(last[0]) if last else quality(found.best.text)
    single = Optimize(score, proposer(np.random.default_rng(seed)), TRAITS, kept=1)(start)
    return {
        "start": quality(start),
        "from memory": quality(found.best.text),
        "from the last proposals, unscored": unscored,
        "memory of one": quality(single.best.text),
        "calls": found.calls,
        "calls at most": kept.most_calls,
    }


def demonstrations(pairs: int, seed: int) -> dict[str, float]:
    """Accuracies on fresh pairs of the sets that a search tried and of the one that it chose."""
    rng = np.random.default_rng([seed, pairs])
    usual = np.array([1.0, 0.0, 0.0, 0.0, 0.0])
    taste = usual + rng.normal(size=5)
    gaps = rng.normal(size=(pairs + FRESH, 5))  # of the two replies of a pair
    truth = np.sign(gaps @ taste)
    mistaken = rng.random(pairs) < 0.2
    said = truth.copy()
    said[:pairs][mistaken] *= -1

    def judged(shown: Sequence[Demonstration[int]], asked: Sequence[int]) -> NDArray[np.float64]:
        known = [said[one.example] * gaps[one.example] for one in shown]
        believed = usual + (2 * np.mean(known, axis=0) if known else 0)
        signs: NDArray[np.float64] = np.sign(gaps[list(asked)] @ believed)
        return signs

    solved = 0

    def solve(shown: Sequence[Demonstration[int]], asked: Sequence[int]) -> list[Attempt]:
        nonlocal solved
        solved += len(asked)
        return [Attempt(bool(r)) for r in judged(shown, asked) == said[list(asked)]]

    cut = int(pairs * 0.7)
    search = SearchDemonstrations(solve)
    found = search(range(cut), range(cut, pairs))
    fresh = range(pairs, pairs + FRESH)

    def accuracy(shown: Sequence[Demonstration[int]]) -> float:
        return float(np.mean(judged(shown, fresh) == truth[pairs:]))

    tried = [accuracy(one.shown) for one in found.tried]
    return {
        "no pairs": accuracy(()),
        "all pairs, as answered": accuracy(list(map(Demonstration, range(pairs)))),
        "chosen by search": accuracy(found.best.shown),
        "best that was tried, in hindsight": max(tried),
        "held-out accuracy it was chosen by": found.best.accuracy,
        "solved": solved,
        "solved at most": search.most_solved(cut, pairs - cut),
    }


def summary(rows: Sequence[dict[str, float]]) -> dict[str, Any]:
    """Means with half widths of their intervals."""
    made = {}
    for name in rows[0]:
        values = np.array([row[name] for row in rows])
        half = 1.96 * values.std(ddof=1) / np.sqrt(len(values))
        made[name] = {"mean": round(float(values.mean()), 4), "±": round(float(half), 4)}
    return made


def main() -> None:
    """Searches, prints and keeps the figures."""
    found: dict[str, Any] = {
        "prompts": {
            name: summary([prompts(seed, likely) for seed in range(SEARCHES)])
            for name, likely in {"exact": (0.0, 1.0), "noisy": (0.5, 0.9)}.items()
        },
        "demonstrations": {
            str(pairs): summary([demonstrations(pairs, seed) for seed in range(USERS)])
            for pairs in PAIRS
        },
        "searches": SEARCHES,
        "users": USERS,
    }
    what = "Searches for prompts and demonstrations where the best is planted; no language model"
    record("search", what, found, "numpy")


if __name__ == "__main__":
    main()
