"""PersonaFeedback: which of two replies does a person prefer, whose persona is written down?

Tao et al. 2025 (arXiv 2506.12915). A folder holds ``persona/all_personas.jsonl``, whose line
number, from 1, is the ``user_id`` (fields ``Name, Demographics, Personality, Preference, Bias``,
nested), and ``data/TRACK/TIER.jsonl``, rows ``user_id, question, chosen, reject``. Tracks are
``general`` and ``spedific`` (so misspelled in the release; ``specific`` is read too), tiers
``easy``, ``medium`` and ``hard``.

The preferred reply is always ``chosen``, so a model that takes the first is right every time if
pairs are shown as they stand. Here the order is drawn from the example's id; ``order="swapped"``
turns it round, ``"both"`` asks twice, and `idiolect.bench.consistency` says how often the order
decided. A persona's fields are the user's events, one each: there is no other history.

Figures are reported by track and tier. The format was taken from code that reads the release; no
row of it was seen here.

Licence: Apache-2.0.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from idiolect.bench.benchmark import Benchmark
from idiolect.bench.dataset import absent, dataset
from idiolect.bench.examples import Examples
from idiolect.bench.pairs import PAIR, PAIR_METRICS, Order, shown
from idiolect.bench.rows import rows, told
from idiolect.data import Event, Request
from idiolect.errors import DataError

HOME = "hub:PersonalAILab/PersonaFeedback"
TIERS = ("easy", "medium", "hard")
#: Our names and the release's.
TRACKS = {"general": ("general",), "specific": ("spedific", "specific")}


@dataset(
    title="PersonaFeedback",
    paper="https://arxiv.org/abs/2506.12915",
    home=HOME,
    licence="Apache-2.0",
    files="persona/all_personas.jsonl and data/{general,spedific}/{easy,medium,hard}.jsonl",
    shapes=("pair",),
)
def personafeedback(
    folder: Path,
    *,
    track: Literal["general", "specific", "all"] = "all",
    order: Order = "drawn",
) -> Benchmark:
    """The pairs; see the module.

    Args:
        folder: Holds the files.
        track: Questions written for the persona, for nobody in particular, or both.
        order: Which reply stands first.

    Raises:
        DataError: A file is missing, cut short, or of another release.
    """
    folder = Path(folder).expanduser()
    personas = folder / "persona" / "all_personas.jsonl"
    if not personas.is_file():
        raise absent("personafeedback", folder, "persona/all_personas.jsonl", home=HOME)
    events = [
        Event(str(user), told(value), kind="persona", title=name, id=f"{user}/{name}")
        for user, row in enumerate(rows([personas]), 1)
        for name, value in row.row.items()
    ]
    known = {event.user for event in events}
    found = Examples(f"PersonaFeedback {track}")
    for name in TRACKS if track == "all" else (track,):
        for tier in TIERS:
            _add(found, name, tier, _file(folder, name, tier), order, known)
    return found.benchmark(events, PAIR_METRICS)


def _file(folder: Path, track: str, tier: str) -> Path:
    names = [f"data/{spelled}/{tier}.jsonl" for spelled in TRACKS[track]]
    there = [folder / name for name in names if (folder / name).is_file()]
    if not there:
        raise absent("personafeedback", folder, names[0], home=HOME)
    return there[0]


def _add(found: Examples, track: str, tier: str, path: Path, order: Order, known: set[str]) -> None:
    for number, row in enumerate(rows([path]), 1):
        user = row.text("user_id")
        if user not in known:
            raise DataError(
                f"Found the user {user!r} in {row.where}, and {len(known)} personas; a user_id is "
                "the number of a line of all_personas.jsonl. Fetch that file again: it may be cut "
                "short."
            )
        name = f"{track}/{tier}/{number}"
        for pair in shown(name, row.get("chosen", str), row.get("reject", str), order):
            found.add(
                pair.id,
                Request(user, row.get("question", str), options=pair.options, given=pair.replies),
                pair.gold,
                {PAIR: name},
                track=track,
                tier=tier,
                track_tier=f"{track} {tier}",
            )
