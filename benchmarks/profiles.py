"""What profiles of many users cost: to build, change one, find, tell and write them.

    python benchmarks/profiles.py

Every user has 50 made-up claims, each with its own words and a quote of an event, taken in five at
a time; what is measured is the code and not a language model. Each number of users runs in a
process of its own. Memory is what the process holds more after building than before it. Times are
of the processor; a time a profile is the median over USERS_TIMED of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from record import record

SIZES = (1_000, 3_000, 10_000)
CLAIMS, AT_A_TIME, USERS_TIMED, SEED = 50, 5, 200, 0
START = datetime(2024, 1, 1, tzinfo=UTC)
DIMENSIONS = ("facts", "tastes", "views", "habits", "writing")
VERBS = ("likes", "avoids", "wants", "owns", "reads about", "asks for", "repairs", "compares")


def held() -> float:
    """Megabytes that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def words(rng: np.random.Generator, length: int) -> str:
    """Words whose frequency falls with the power 1.3 of their rank."""
    return " ".join(f"word{rank}" for rank in rng.zipf(1.3, length) % 20_000)


def learned(user: str, rng: np.random.Generator) -> list[Any]:
    """CLAIMS claims, AT_A_TIME a day."""
    from idiolect.profile import Claim, Span

    claims = []
    for number in range(CLAIMS):
        quote = words(rng, 8)
        claims.append(
            Claim(
                f"{VERBS[number % len(VERBS)].capitalize()} {quote[: quote.rindex(' ')]}.",
                DIMENSIONS[number % len(DIMENSIONS)],
                0.5 + (number % 5) / 10,
                spans=(Span(f"{user}-{number}", quote),),
                learned_at=START + timedelta(days=number // AT_A_TIME),
            )
        )
    return claims


def built(user: str, claims: list[Any]) -> Any:
    """The profile of some claims, taken in AT_A_TIME at a time."""
    from idiolect.profile import Profile

    profile = Profile(user)
    for first in range(0, len(claims), AT_A_TIME):
        new = claims[first : first + AT_A_TIME]
        profile = profile.add(new, "learned", at=new[0].learned_at)
    return profile


def milliseconds(work: Callable[[Any], object], profiles: list[Any]) -> float:
    """The median time of some work on a profile."""
    times = []
    for profile in profiles:
        start = time.process_time()
        work(profile)
        times.append(time.process_time() - start)
    return round(1e3 * float(np.median(times)), 4)


def measured(users: int) -> dict[str, Any]:
    """Times and memory at one number of users."""
    from idiolect.profile import Profile, Render, Retrieve, to_markdown

    rng = np.random.default_rng(SEED)
    query = words(rng, 6)
    for warm in (Render(), lambda profile, asked: Retrieve()(profile.claims, asked)):
        warm(
            built("warm", learned("warm", rng)), query
        )  # what is imported and remembered once is not counted
    profiles, seconds, before = [], 0.0, held()
    for number in range(users):
        claims = learned(f"u{number}", rng)
        start = time.process_time()
        profiles.append(built(f"u{number}", claims))
        seconds += time.process_time() - start
    grown = held() - before
    some = profiles[:: max(1, users // USERS_TIMED)][:USERS_TIMED]
    later = START + timedelta(days=100)
    texts = [profile.to_json() for profile in some]
    render, retrieve = Render(), Retrieve()
    return {
        "users": users,
        "claims": users * CLAIMS,
        "s to build all": round(seconds, 2),
        "ms to build one": round(1e3 * seconds / users, 3),
        "MB held": round(grown, 1),
        "bytes a claim": round(1e6 * grown / (users * CLAIMS)),
        "ms to correct a claim": milliseconds(lambda p: p.correct("c7", "Likes tea."), some),
        "ms to forget an event": milliseconds(lambda p: p.forget([f"{p.user}-3"]), some),
        "ms to render for a query": milliseconds(lambda p: render(p, query, at=later), some),
        "ms to render it again": milliseconds(lambda p: render(p, query, at=later), some),
        "ms to retrieve 3 claims": milliseconds(lambda p: retrieve(p.claims, query, later), some),
        "ms to Markdown": milliseconds(to_markdown, some),
        "ms to JSON": milliseconds(Profile.to_json, some),
        "ms from JSON": milliseconds(Profile.from_json, texts),
        "kB of JSON": round(float(np.median([len(text) for text in texts])) / 1e3, 1),
    }


def main() -> None:
    """Measures every size in a process of its own, prints and writes."""
    if sys.argv[1:]:
        print(json.dumps(measured(int(sys.argv[1]))))
        return
    rows = [
        json.loads(
            subprocess.run(
                [sys.executable, __file__, str(size)], check=True, capture_output=True, text=True
            ).stdout
        )
        for size in SIZES
    ]
    for name in rows[0]:
        print(f"{name:28}", *(f"{row[name]:>12}" for row in rows))
    what = f"profiles of {CLAIMS} claims a user, learned {AT_A_TIME} at a time"
    record("profiles", what, {"sizes": rows}, "numpy")


if __name__ == "__main__":
    main()
