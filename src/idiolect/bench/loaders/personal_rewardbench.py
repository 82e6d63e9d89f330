"""PersonalRewardBench: which of two replies does this person prefer, given earlier choices?

Ryan et al. 2025 (arXiv 2506.05598, SynthesizeMe), from Chatbot Arena and PRISM. A folder holds one
of the two releases, ``MichaelR207/chatbot_arena_personalized_0125`` or
``MichaelR207/prism_personalized_0125`` (Parquet, JSON or JSON lines, also under ``data/``): rows
``user_id, split`` (train, val, test), ``context`` (messages ``{role, content}``), ``chosen`` and
``rejected`` (a message each), and many columns of models' annotations, which are not read. Roles
may be ``model`` for the assistant. The column ``split`` counts, not the file's name.

A user's earlier pairs (train, and val for the test) are comparisons in the history: the replies
are ``options``, in a drawn order, the preferred one is ``chosen``. The authors score each pair in
both orders: ``order="both"``. Figures are over all pairs, with intervals by user.

A newer, unrelated set is called Personalized RewardBench (arXiv 2604.07343). The format was taken
from the authors' reader; no row was seen here.

Licence: none stated with the files; the code is MIT, and PRISM's replies are CC BY-NC 4.0.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from idiolect.bench.benchmark import Benchmark
from idiolect.bench.dataset import absent, dataset
from idiolect.bench.examples import Examples
from idiolect.bench.pairs import PAIR, PAIR_METRICS, Order, shown
from idiolect.bench.roles import said
from idiolect.bench.rows import Found, parts, rows
from idiolect.data import Event, Message, Request
from idiolect.errors import DataError

HOME = "hub:MichaelR207/prism_personalized_0125"
#: What is history when a split is asked.
BEFORE = {"val": ("train",), "test": ("train", "val")}
SPLITS = ("train", "val", "test")


@dataset(
    title="PersonalRewardBench",
    paper="https://arxiv.org/abs/2506.05598",
    home=HOME,
    licence="none stated",
    files="data/*.parquet",
    shapes=("pair",),
)
def personal_rewardbench(
    folder: Path, *, split: Literal["val", "test"] = "test", order: Order = "drawn"
) -> Benchmark:
    """The pairs of a split; see the module.

    Args:
        folder: Holds the files of one release.
        split: What is asked; the splits before it are history.
        order: Which reply stands first; ``both`` is the authors' way.

    Raises:
        DataError: The files are missing, cut short, or of another release.
    """
    folder = Path(folder).expanduser()
    paths = parts(folder, "") or parts(folder / "data", "")
    if not paths:
        raise absent("personal_rewardbench", folder, "data/*.parquet", home=HOME)
    found, events = Examples(f"PersonalRewardBench {split}"), list[Event]()
    for number, row in enumerate(rows(paths), 1):
        which = row.get("split", str)
        if which not in SPLITS:
            raise DataError(
                f"Found {which!r} as 'split' in {row.where}; one of {', '.join(SPLITS)} is needed."
            )
        if which == split:
            _add(found, str(number), row, order)
        elif which in BEFORE[split]:
            events.append(_compared(str(number), row))
    told = {event.user for event in events}
    bare = {request.user for request in found.examples.values()} - told
    note = f"{len(bare)} users have no earlier pair." if bare else ""
    return found.benchmark(events, PAIR_METRICS, notes=[note])


def _context(row: Found) -> tuple[Message, ...]:
    return tuple(map(said, row.all("context")))


def _replies(row: Found) -> tuple[str, str]:
    chosen, rejected = (
        said(Found(row.get(name, dict), f"{name!r} of {row.where}")).content
        for name in ("chosen", "rejected")
    )
    return chosen, rejected


def _add(found: Examples, name: str, row: Found, order: Order) -> None:
    user, context = row.text("user_id"), _context(row)
    for pair in shown(name, *_replies(row), order):
        found.add(
            pair.id,
            Request(user, messages=context, options=pair.options, given=pair.replies),
            pair.gold,
            {PAIR: name},
        )


def _compared(name: str, row: Found) -> Event:
    chosen, rejected = _replies(row)
    (pair,) = shown(name, chosen, rejected, "drawn")
    asked = Request("", messages=_context(row)).words
    return Event(
        row.text("user_id"),
        asked,
        kind="comparison",
        options=tuple(pair.replies.values()),
        chosen=chosen,
        id=name,
    )
