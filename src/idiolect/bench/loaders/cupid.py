"""CUPID: what does a user want here, as earlier sessions in the same context showed?

Kim et al. 2025 (arXiv 2508.01674). A folder holds ``test*`` (Parquet, JSON or JSON lines, also
under ``data/``), rows ``persona_id, current_request, current_context_factor,
current_contextual_preference, current_checklist`` (a list of texts) and ``prior_interactions``, a
list of sessions with ``dialogue`` (messages ``{role, content}``), and in some releases
``instance_type`` (consistent, contrastive, changing).

A persona has several instances with different sessions, so ``persona_id`` is no id: the authors'
code saves results under it, and later instances overwrite earlier ones. Here an instance is a user
of its own, ``PERSONA/TYPE``, or ``PERSONA/ROW`` where that repeats; the persona is a group.
Sessions also carry ``context_factor`` and ``contextual_preference``, which are answers: they are
not shown.

`inference` asks for the preference in one sentence, which `idiolect.measure.judge.Checklist` marks
(precision, recall and F1 over sums of all instances: `micro`). `generation` asks for the reply
itself, marked by a judge with the same checklist. No figure is made without a judge.

No file of the release was at hand: the format is as its authors' code reads and writes it.

Licence: MIT.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from idiolect.bench.benchmark import Benchmark
from idiolect.bench.dataset import absent, dataset
from idiolect.bench.examples import Examples
from idiolect.bench.roles import role
from idiolect.bench.rows import Found, parts, rows
from idiolect.data import Event, Message, Request
from idiolect.errors import DataError
from idiolect.measure.judge import Checklist, Rubric

HOME = "hub:kixlab/CUPID"
#: What is asked beside the request; the authors ask for one sentence of at most 30 words.
INFER = (
    "What does the user expect of the reply to this request that the request does not say? Judge "
    "by the earlier sessions. Answer with the most likely preference alone: one sentence of at "
    "most 30 words."
)


@dataset(
    title="CUPID",
    paper="https://arxiv.org/abs/2508.01674",
    home=HOME,
    licence="MIT",
    files="data/test*.parquet",
    shapes=("rubric",),
)
def cupid(folder: Path, *, task: Literal["inference", "generation"] = "inference") -> Benchmark:
    """The instances; see the module.

    Args:
        folder: Holds the file.
        task: Whether the preference is asked for, or the reply.

    Raises:
        DataError: The file is missing, cut short, or of another release.
    """
    folder = Path(folder).expanduser()
    paths = parts(folder, "test") or parts(folder / "data", "test")
    if not paths:
        raise absent("cupid", folder, "test*.parquet", home=HOME)
    read = list(rows(paths))
    whose = [(row.text("persona_id"), _kind(row)) for row in read]
    often, personas = Counter(whose), Counter(persona for persona, _ in whose)
    found, events = Examples(f"CUPID {task}"), list[Event]()
    for number, (row, (persona, kind)) in enumerate(zip(read, whose, strict=True), 1):
        name = f"{persona}/{kind if kind and often[persona, kind] == 1 else number}"
        events.extend(_sessions(name, row))
        checklist = tuple(row.get("current_checklist", list))
        if not checklist or not all(isinstance(one, str) and one.strip() for one in checklist):
            raise DataError(
                f"Found {str(checklist)[:60]!r} as 'current_checklist' in {row.where}; a list of "
                "texts is needed: what an answer is judged by."
            )
        found.add(
            name,
            Request(
                name,
                INFER if task == "inference" else "",
                (Message("user", row.get("current_request", str)),),
            ),
            row.get("current_contextual_preference", str),
            {"checklist": checklist, "aspects": checklist},
            persona=persona,
            instance_type=kind or "unknown",
        )
    repeated = sum(many > 1 for many in personas.values())
    return found.benchmark(
        events,
        (),
        notes=[
            f"{repeated} of {len(personas)} personas have several instances; intervals are "
            "clustered by persona."
            if repeated
            else "",
            "Scored by a judge only.",
        ],
        judged_by=Checklist if task == "inference" else Rubric,
        cluster="persona",
    )


def _kind(row: Found) -> str:
    return row.get("instance_type", str) if row.row.get("instance_type") else ""


def _sessions(user: str, row: Found) -> Iterator[Event]:
    for at, session in enumerate(row.all("prior_interactions"), 1):
        for turn, message in enumerate(session.all("dialogue"), 1):
            yield Event(
                user,
                message.get("content", str),
                kind="message",
                thread=f"{user}/{at}",
                role=role(message),
                id=f"{user}/{at}/{turn}",
            )
