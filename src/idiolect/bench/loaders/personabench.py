"""PersonaBench: facts about a person, to be found in their conversations, chats and purchases.

Tan et al. 2025 (arXiv 2502.20616). A folder holds ``community_*/``, each with
``eval_info/eval_info_all.json`` (a list of ``{Name, Eval_Info: {qa: […]}}``, a question ``{q_id,
question, answer, type, difficulty, outdated_value}``, the answer a text, a whole number, a list of
texts or of objects), ``eval_info/qa_gt_context_all_noise_N.json`` (``{q_id, segment_id: {answer
value: [segment, …]}}``: any one segment shows that value) and, under
``private_data/noise_N/``, ``conversation_data_all.json``, ``user_ai_interaction_data_all.json`` and
``purchase_history_data_all.json``. Folders above the communities, as in the release
(``eval_data/eval_data_v1/synthetic_data``), are looked through.

One session is one event, in the authors' form: JSON without session and segment id. Documents are
there for three people a community, questions for ten: only those people are asked. Subjective
questions have no score and are left out, as in the authors' script.

Answers are scored by precision, recall and F1 of word sets over all questions, by category (type,
with the difficulty of preferences); `outdated` is the recall of values that no longer hold (lower
is better). `retrieval` scores a selector by the best choice of one segment for each value. The
authors' script scores an answer that is a number against the question before; here it is scored
against itself.

Licence: CC BY-NC-SA 4.0, and not for models that compete with OpenAI's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np

from idiolect.bench.benchmark import Benchmark, Score
from idiolect.bench.dataset import absent, dataset
from idiolect.bench.examples import Examples
from idiolect.bench.rows import Found, rows
from idiolect.data import Event, Request
from idiolect.errors import DataError
from idiolect.measure.answers import ANSWER_METRICS, word_set
from idiolect.measure.ranking import ranking_metric
from idiolect.select import Selector

HOME = "https://github.com/SalesforceAIResearch/personabench"
METRICS = tuple(ANSWER_METRICS[n] for n in ("word_f1", "word_precision", "word_recall"))
TYPES = ("Basic information", "Preference", "Social", "Subjective")
SOURCES = ("conversation_data", "user_ai_interaction_data", "purchase_history_data")
#: In a reference's `extra`: the segments of which one is enough, for each value; outdated words.
SEGMENTS, OUTDATED = "segments", "outdated"
_TIME = "%Y/%b/%d/%I:%M %p"


@dataset(
    title="PersonaBench",
    paper="https://arxiv.org/abs/2502.20616",
    home=HOME,
    licence="CC BY-NC-SA 4.0",
    files="community_*/eval_info and community_*/private_data/noise_N",
    shapes=("text",),
)
def personabench(folder: Path, *, noise: Literal["0.0", "0.3", "0.5", "0.7"] = "0.0") -> Benchmark:
    """All communities at one level of noise; see the module.

    Args:
        folder: Holds the communities, or a folder that does.
        noise: Share of documents that tell nothing.

    Raises:
        DataError: A file is missing, cut short, or of another release.
    """
    folder = Path(folder).expanduser()
    communities = sorted(path.parent for path in folder.glob("**/community_*/eval_info"))
    if not communities:
        raise absent("personabench", folder, "community_*/eval_info", home=HOME)
    found, events, silent = Examples(f"PersonaBench noise {noise}"), list[Event](), 0
    for community in communities:
        private = community / "private_data" / f"noise_{noise}"
        documents = [
            event
            for source in SOURCES
            for person in rows([_file(private / f"{source}_all.json")])
            for event in _sessions(source, community.name, person)
        ]
        events.extend(documents)
        shown = _by_user(documents)
        info = community / "eval_info"
        proofs = {
            row.text("q_id"): row
            for row in rows([_file(info / f"qa_gt_context_all_noise_{noise}.json")])
        }
        for person in rows([_file(info / "eval_info_all.json")]):
            name = f"{community.name}/{person.get('Name', str)}"
            about = Found(person.get("Eval_Info", dict), f"'Eval_Info' of {person.where}")
            silent += name not in shown
            for question in about.all("qa") if name in shown else ():
                _add(found, name, question, proofs, shown[name])
    note = f"{silent} people have questions and no documents; they are not asked." if silent else ""
    return found.benchmark(events, METRICS, notes=[note])


def retrieval(benchmark: Benchmark, choose: Selector, k: int = 5) -> dict[str, Score]:
    """Recall and nDCG of the first `k` documents that a selector finds.

    The best figure over all choices of one segment for each value of the answer.

    Args:
        benchmark: Made by `personabench`.
        choose: Gives documents for a view, best first.
        k: How many count.

    Raises:
        DataError: The benchmark's answers name no segments.
    """
    metrics = [ranking_metric(f"{name}@{k}") for name in ("recall", "ndcg")]
    figures = []
    for name in benchmark.examples:
        alternatives = benchmark.references[name].extra.get(SEGMENTS)
        if not alternatives:
            raise DataError(
                f"Found no segments for {name!r} of {benchmark.name!r}; retrieval is scored on "
                "`personabench`."
            )
        ranking = choose(benchmark.view(name)).events.ids
        figures.append([metric.best(ranking, alternatives) for metric in metrics])
    columns = np.array(figures).T
    return {m.name: benchmark.mean(column) for m, column in zip(metrics, columns, strict=True)}


def outdated(benchmark: Benchmark, predictions: Mapping[str, str]) -> Score:
    """Recall of values that no longer hold, over the questions that have one; lower is better.

    Raises:
        DataError: Predictions and examples do not match by id.
    """
    benchmark.score(predictions)
    recalls = []
    for name in benchmark.examples:
        old = benchmark.references[name].extra.get(OUTDATED) or frozenset()
        said = word_set(predictions[name])
        recalls.append(len(old & said) / len(old) if old else np.nan)
    return benchmark.mean(np.array(recalls))


def _file(path: Path) -> Path:
    if not path.is_file():
        raise absent("personabench", path.parent, path.name, home=HOME)
    return path


def _sessions(source: str, community: str, person: Found) -> Iterator[Event]:
    name = f"{community}/{person.get('Name', str)}"
    told: Iterable[Found] = person.all("Data")
    if source == "conversation_data":
        told = (one for partner in told for one in partner.all("Conversations"))
    for session in told:
        content = {k: v for k, v in session.row.items() if k not in {"session", "segment_id"}}
        yield Event(
            name,
            json.dumps(content, separators=(",", ":")),
            time=_time(session),
            kind=source.removesuffix("_data"),
            thread=session.text("segment_id"),
            id=session.text("segment_id"),
        )


def _time(session: Found) -> datetime:
    written = session.get("time", str)
    try:
        return datetime.strptime(written, _TIME)
    except ValueError:
        raise DataError(
            f"Found the time {written!r} in {session.where}; one such as '2024/Oct/14/07:12 AM' is "
            "needed."
        ) from None


def _by_user(events: Iterable[Event]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for event in events:
        found.setdefault(event.user, set()).add(event.id)
    return found


def _add(
    found: Examples, user: str, question: Found, proofs: Mapping[str, Found], known: set[str]
) -> None:
    kind, name = question.get("type", str), question.text("q_id")
    if kind not in TYPES:
        raise DataError(f"Found the type {kind!r} in {question.where}; one of {TYPES} is needed.")
    if kind == "Subjective":
        return
    if name not in proofs:
        raise DataError(
            f"Found no segments for question {name!r} ({question.where}); questions and contexts "
            "are of different releases, or a file is cut short."
        )
    segments = [tuple(map(str, some)) for some in proofs[name].get("segment_id", dict).values()]
    strange = {one for some in segments for one in some} - known
    if not segments or not all(segments) or strange:
        raise DataError(
            f"Found segments of question {name!r} that {user!r} has no document for "
            f"({', '.join(sorted(strange)) or 'none at all'}); the noise levels or releases of the "
            "files differ."
        )
    level = question.get("difficulty", str) if kind == "Preference" else "easy"
    old = question.row.get("outdated_value")
    found.add(
        name,
        Request(user, question.get("question", str)),
        _words(question.row.get("answer"), question.where),
        {
            SEGMENTS: tuple(segments),
            OUTDATED: None if old is None else word_set(_words(old, question.where)),
        },
        category=f"{kind} {level}".replace(" ", "_"),
        type=kind,
        difficulty=question.get("difficulty", str),
    )


def _words(answer: Any, where: str) -> str:
    """An answer as one text; objects as Python writes them, as the authors' script does."""
    usable = isinstance(answer, str | int | float | list) and not isinstance(answer, bool)
    text = " ".join(map(str, answer)) if isinstance(answer, list) else str(answer)
    if not usable or not word_set(text):
        raise DataError(
            f"Found {answer!r} as the answer in {where}; a text, a number or a list is needed."
        )
    return text
