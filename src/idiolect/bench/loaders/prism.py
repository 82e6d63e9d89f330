"""PRISM: which of two first replies did this person score higher, who told a survey about themself?

Kirk et al. 2024 (arXiv 2404.16019); the pairs are those of the personalized judge (Dong et al.
2024, arXiv 2406.11657). A folder holds ``survey.jsonl`` (a row a user: ``user_id, age, gender,
employment_status, education, marital_status, ethnicity, religion, location`` and more) and
``utterances.jsonl`` (a row a reply: ``utterance_id, interaction_id, conversation_id, user_id, turn,
model_name, model_response, user_prompt, score`` 1–100, ``conversation_type``).
``conversations.jsonl`` holds the same talk by conversation and is not needed.

Of each interaction of the first turn (``turn`` 0) the best-scored reply stands against one of the
others. Kept are pairs whose scores differ by at least 10; with ``ties`` the others too, and [[C]]
is right. Replies that say "AI", "language model" or "chatbot" are left out first, and with
``without="gpt"`` those of models whose name holds that: a judge favours its own family.

Differs from the authors' code: which other reply, and which stands first, is drawn from the
interaction's id, where they draw in one sequence; they stop after 1,000; and their ties show the
replies of the pair before, as the variables are not set anew. Survey answers are the user's
events, one a field; answers of "Prefer not to say" are not.

No file of the release was at hand: the format is as its authors' code reads and writes it.

Licence: human texts CC BY 4.0, models' replies CC BY-NC 4.0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from idiolect.bench.benchmark import Benchmark
from idiolect.bench.dataset import absent, dataset
from idiolect.bench.examples import Examples
from idiolect.bench.pairs import PAIR, PAIR_METRICS, TIE, Order, draw, shown
from idiolect.bench.rows import Found, rows, told
from idiolect.data import Event, Request
from idiolect.errors import DataError

HOME = "hub:HannahRoseKirk/prism-alignment"
#: Replies that tell what they come from.
GIVEAWAYS = ("AI", "language model", "chatbot")
#: What the survey tells of a person; objects hold the answer in several forms.
FIELDS = (
    "age", "gender", "employment_status", "education", "marital_status", "english_proficiency",
    "ethnicity", "religion", "location", "lm_usecases", "stated_prefs", "self_description",
    "system_string",
)  # fmt: skip
GAP = 10


@dataset(
    title="PRISM, personalized judge",
    paper="https://arxiv.org/abs/2406.11657",
    home=HOME,
    licence="human texts CC BY 4.0, replies CC BY-NC 4.0",
    files="survey.jsonl and utterances.jsonl",
    shapes=("pair",),
)
def prism(
    folder: Path, *, ties: bool = False, without: str = "", order: Order = "drawn"
) -> Benchmark:
    """The pairs; see the module.

    Args:
        folder: Holds the files.
        ties: Whether pairs whose scores are near are asked too.
        without: Part of the names of models whose replies are left out; empty for none.
        order: Which reply stands first.

    Raises:
        DataError: A file is missing, cut short, or of another release.
    """
    folder = Path(folder).expanduser()
    survey, utterances = folder / "survey.jsonl", folder / "utterances.jsonl"
    if not survey.is_file() or not utterances.is_file():
        raise absent("prism", folder, survey.name, utterances.name, home=HOME)
    events = [event for row in rows([survey]) for event in _answers(row)]
    known = {event.user for event in events}
    found, left = Examples("PRISM"), Counter[str]()
    for name, replies in _interactions(utterances, without).items():
        if len(replies) < 2:
            left["with fewer than two replies left"] += 1
            continue
        best, *others = sorted(replies, key=_score, reverse=True)
        other = others[draw(f"{name}/other", len(others))]
        tie = _score(best) - _score(other) < GAP
        if tie and not ties:
            left[f"with scores nearer than {GAP}"] += 1
            continue
        _add(found, name, best, other, tie if ties else None, order, known)
    notes = [f"{n} interactions {why} are not asked." for why, n in left.items()]
    return found.benchmark(events, PAIR_METRICS, notes=notes)


def _answers(row: Found) -> Iterator[Event]:
    """What a person answered, an event a field."""
    user = row.text("user_id")
    for name in FIELDS:
        text = told(_chosen(row.row.get(name)))
        if text and "prefer not to say" not in text.lower():
            yield Event(
                user, text, kind="survey", title=name.replace("_", " "), id=f"{user}/{name}"
            )


def _chosen(value: object) -> object:
    """Of an object its simplified form where it has one; else what is set in it."""
    if not isinstance(value, dict):
        return value
    if "simplified" in value:
        return value["simplified"]
    if value and set(value.values()) <= {0, 1, None}:
        return [name.replace("_", " ") for name, one in value.items() if one]
    return {name: one for name, one in value.items() if one not in (None, "")}


def _interactions(path: Path, without: str) -> dict[str, list[Found]]:
    found: dict[str, list[Found]] = {}
    for row in rows([path]):
        if row.get("turn", int):
            continue
        replies = found.setdefault(row.text("interaction_id"), [])
        text, model = row.get("model_response", str), row.get("model_name", str)
        if not any(word in text for word in GIVEAWAYS) and not (without and without in model):
            replies.append(row)
    return found


def _score(row: Found) -> float:
    score = row.get("score", float)
    if not 1 <= score <= 100:
        raise DataError(f"Found the score {score!r} in {row.where}; 1 to 100 is needed.")
    return score


def _add(
    found: Examples,
    name: str,
    best: Found,
    other: Found,
    tie: bool | None,
    order: Order,
    known: set[str],
) -> None:
    user = best.text("user_id")
    if user not in known:
        raise DataError(
            f"Found the user {user!r} in {best.where} and not in survey.jsonl; the files are of "
            "different releases, or the survey is cut short."
        )
    replies = best.get("model_response", str), other.get("model_response", str)
    for pair in shown(name, *replies, order):
        found.add(
            pair.id,
            Request(
                user,
                best.get("user_prompt", str),
                options=pair.options if tie is None else (*pair.options, TIE),
                given=pair.replies,
            ),
            TIE if tie else pair.gold,
            {PAIR: name},
            conversation_type=best.get("conversation_type", str),
        )
