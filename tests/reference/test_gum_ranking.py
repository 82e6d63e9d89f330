"""The order in which GUM's own code retrieves propositions, and the scores it gives them.

`gum_ranking.json` was made by the authors' function on propositions and observations of ours.
"""

import json
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from nltk.stem.porter import PorterStemmer

from idiolect.profile import Claim, Retrieve, Span

#: SQLite's `porter` gives the same stems.
STEM = PorterStemmer(PorterStemmer.MARTIN_EXTENSIONS).stem
FILE = Path(__file__).parent / "gum_ranking.json"


@cache
def made() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def now() -> datetime:
    return datetime.fromisoformat(made()["now"])


@cache
def propositions() -> tuple[Claim, ...]:
    """Their propositions as claims: an observation is a quote, a decay of d lasts 2**(d-1) days."""
    return tuple(
        Claim(
            f"{one['text']} {one['reasoning']}",
            "facts",
            0.5,
            spans=tuple(Span(f"o{n}", made()["observations"][n]) for n in one["observations"]),
            learned_at=now() - timedelta(hours=one["hours"]),
            durability=None if one["decay"] is None else 2.0 ** (one["decay"] - 1),
            id=f"c{number}",
        )
        for number, one in enumerate(made()["propositions"])
    )


@pytest.mark.parametrize("varied", [True, False])
@pytest.mark.parametrize("decay", ["published", "none"])
@pytest.mark.parametrize("quotes", [True, False])
def test_order_and_scores_are_the_authors(quotes: bool, decay: str, varied: bool) -> None:
    searches = [
        one
        for one in made()["searches"]
        if one["include_observations"] == quotes
        and one["enable_mmr"] == varied
        and one["enable_decay"] == (decay == "published")
    ]
    assert len(searches) == 20
    for one in searches:
        retrieve = Retrieve(
            one["limit"],
            quotes=quotes,
            varied=varied,
            decay=decay,  # type: ignore[arg-type]
            stem=STEM,
        )
        found = retrieve(propositions(), one["query"], now())
        ours = [(claim.id, round(score, 9)) for claim, score in found]
        theirs = [(f"c{number}", round(score, 9)) for number, score in one["found"]]
        # Among equal scores their sort (numpy's default) leaves the order to the processor.
        if not varied:
            ours.sort(key=by_score_then_name)
            theirs.sort(key=by_score_then_name)
        assert ours == theirs, one


def by_score_then_name(found: tuple[str, float]) -> tuple[float, str]:
    return -found[1], found[0]


def test_our_stems_change_little() -> None:
    """With NLTK's own stems: the name Ines is a name, and four of five searches are the same."""
    same = 0
    for one in made()["searches"]:
        decay = "published" if one["enable_decay"] else "none"
        retrieve = Retrieve(
            one["limit"],
            quotes=one["include_observations"],
            varied=one["enable_mmr"],
            decay=decay,  # type: ignore[arg-type]
        )
        found = retrieve(propositions(), one["query"], now())
        same += {c.id for c, _ in found} == {f"c{number}" for number, _ in one["found"]}
    assert same >= 128, same
    assert len(made()["searches"]) == 160


def test_they_forget_first_what_lasts_and_we_do_not() -> None:
    """A passing and a lasting claim of the same age and relevance, after two days."""
    old = now() - timedelta(days=2)
    passing = Claim("Looks for a bread oven.", "facts", 0.5, learned_at=old, durability=1)
    lasting = Claim("Owns one bread oven.", "facts", 0.5, learned_at=old, durability=512)
    other = Claim("Sings in a choir.", "facts", 0.5, learned_at=old)
    claims = (passing, lasting, other)
    first = {
        decay: Retrieve(1, decay=decay)(claims, "bread oven", now())[0][0]  # type: ignore[arg-type]
        for decay in ("durability", "published")
    }
    assert first == {"durability": lasting, "published": passing}
