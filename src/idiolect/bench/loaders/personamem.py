"""PersonaMem: which of four replies fits what a user told an assistant over many sessions.

Jiang et al. 2025 (arXiv 2504.14225). A folder holds, for each length of the context,
``questions_32k.csv`` and ``shared_contexts_32k.jsonl`` (also ``128k`` and ``1M``). A question has
``question_id, question_type, topic, user_question_or_message, correct_answer`` ("(b)"),
``all_options`` (a Python list of four texts that begin "(a) " to "(d) "), ``shared_context_id,
end_index_in_shared_context, distance_to_ref_proportion_in_context`` and more; older files say
``question`` and have no ``persona_id``. A line of contexts is an object with one key, the
context's id, and its messages ``{role, content}``.

A question knows the messages before its ``end_index`` only; what comes after would give answers
away. The data has no times, so a message's place in its context stands for its time, in seconds
since 1970. One context is one user here; several belong to one persona (group ``persona``), by
which intervals are clustered. No whole real file was read here: rows of older question files were.

The release of 32k has 589 questions of seven types: recall_user_shared_facts,
recalling_facts_mentioned_by_the_user, recalling_the_reasons_behind_previous_updates,
track_full_preference_evolution, suggest_new_ideas, generalizing_to_new_scenarios and
provide_preference_aligned_recommendations. Other releases name some of them otherwise.

An answer is right if the letters after ``<final_answer>``, or else in the whole reply, are the
right one alone. Figures are over all questions, and by type, topic and distance.

Licence: the release on the hub (PersonaMem-v1) says MIT; PersonaMem-v2 and v3 have other files.
"""

from __future__ import annotations

from ast import literal_eval
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from idiolect.bench.benchmark import Benchmark
from idiolect.bench.dataset import absent, dataset
from idiolect.bench.examples import Examples
from idiolect.bench.roles import role
from idiolect.bench.rows import Found, rows
from idiolect.data import Event, Request
from idiolect.data.times import EPOCH
from idiolect.errors import DataError
from idiolect.measure.answers import ANSWER_METRICS

HOME = "hub:bowen-upenn/PersonaMem-v1"
LETTERS = ("(a)", "(b)", "(c)", "(d)")
METRICS = tuple(ANSWER_METRICS[name] for name in ("final_answer", "final_answer_unparsed"))
_QUARTERS = ("0–25 %", "25–50 %", "50–75 %", "75–100 %")


@dataset(
    title="PersonaMem",
    paper="https://arxiv.org/abs/2504.14225",
    home=HOME,
    licence="MIT",
    files="questions_32k.csv and shared_contexts_32k.jsonl (also 128k, 1M)",
    shapes=("choice",),
)
def personamem(folder: Path, *, size: Literal["32k", "128k", "1M"] = "32k") -> Benchmark:
    """Questions of one length of context; see the module.

    Args:
        folder: Holds the files.
        size: Which ones.

    Raises:
        DataError: Files are missing, cut short, or of another release.
    """
    folder = Path(folder).expanduser()
    asked, told = folder / f"questions_{size}.csv", folder / f"shared_contexts_{size}.jsonl"
    if not asked.is_file() or not told.is_file():
        raise absent("personamem", folder, asked.name, told.name, home=HOME)
    found = Examples(f"PersonaMem {size}")
    ends: dict[str, int] = {}
    for row in rows([asked]):
        end = _whole(row, "end_index_in_shared_context")
        context = row.get("shared_context_id", str)
        ends[context] = max(end, ends.get(context, 0))
        _add(found, row, context, end)
    return found.benchmark(_messages(told, ends), METRICS, cluster="persona")


def _add(found: Examples, row: Found, context: str, end: int) -> None:
    message = "user_question_or_message" if "user_question_or_message" in row.row else "question"
    replies = _replies(row)
    found.add(
        row.get("question_id", str),
        Request(
            context,
            row.get(message, str),
            time=_time(end),
            options=tuple(replies),
            given=replies,
        ),
        row.get("correct_answer", str).strip(),
        question_type=row.get("question_type", str),
        topic=row.get("topic", str),
        distance=_distance(row),
        persona=row.text("persona_id") if "persona_id" in row.row else context,
    )


def _replies(row: Found) -> dict[str, str]:
    """Letter → reply."""
    written = row.get("all_options", str)
    try:
        replies = literal_eval(written)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        replies = None
    if not (
        isinstance(replies, list)
        and len(replies) == len(LETTERS)
        and all(
            isinstance(reply, str) and reply.startswith(letter)
            for letter, reply in zip(LETTERS, replies, strict=True)
        )
    ):
        raise DataError(
            f"Found {written[:60]!r} as 'all_options' in {row.where}; a list of four texts that "
            "begin with (a), (b), (c) and (d) is needed. The file may be of another release."
        )
    return {
        letter: reply.removeprefix(letter).strip()
        for letter, reply in zip(LETTERS, replies, strict=True)
    }


def _distance(row: Found) -> str:
    """How far back the reference lies, in quarters of the context."""
    written = row.row.get("distance_to_ref_proportion_in_context")
    try:
        share = float(str(written).rstrip("%")) / 100
        return _QUARTERS[min(int(share * 4), 3)]
    except (ValueError, IndexError, OverflowError):
        return "unknown"


def _whole(row: Found, name: str) -> int:
    written = row.text(name).removesuffix(".0")
    if not written.isdecimal():
        raise DataError(f"Found {written!r} as {name!r} in {row.where}; a whole number is needed.")
    return int(written)


def _time(place: int) -> datetime:
    return EPOCH + timedelta(seconds=place)


def _messages(path: Path, ends: Mapping[str, int]) -> Iterator[Event]:
    """The messages that some question knows, of the contexts that are asked about."""
    missing = set(ends)
    for line in rows([path]):
        for context in line.row:
            if context not in missing:
                continue
            missing.remove(context)
            messages = line.all(context)
            if len(messages) < ends[context]:
                raise DataError(
                    f"Found {len(messages)} messages of context {context!r} in {line.where}, and a "
                    f"question that knows {ends[context]}; questions and contexts are of different "
                    "releases, or the file is cut short."
                )
            for place, message in enumerate(messages[: ends[context]]):
                yield _message(context, place, message)
    if missing:
        raise DataError(
            f"Found no context {min(missing)!r} in '{path.name}' ({len(missing)} of {len(ends)} "
            "are missing), though questions are asked about it; fetch the files again: they may be "
            "cut short or of different releases."
        )


def _message(context: str, place: int, message: Found) -> Event:
    return Event(
        context,
        message.get("content", str),
        time=_time(place),
        thread=context,
        role=role(message),
        kind="message",
        id=f"{context}/{place}",
    )
