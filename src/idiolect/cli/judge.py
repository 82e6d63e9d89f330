"""`judge audit`: what a judge can be trusted with, on cases whose truth is known."""

from __future__ import annotations

import json as jsons
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any

import typer

from idiolect.cli.options import (
    TABLE,
    Columns,
    ItemColumns,
    Items,
    Model,
    Variadic,
    ending,
    load,
    stderr,
    stdout,
    writable,
)
from idiolect.errors import DataError, SettingError, UnknownNameError
from idiolect.words import many

if TYPE_CHECKING:
    from rich.console import Console

    from idiolect.data import Population
    from idiolect.lm import LanguageModel
    from idiolect.run.audit import Audited
    from idiolect.run.planted import Case

#: Kind of judge → what it sees. Those of two texts are asked in both orders.
KINDS = {
    "pointwise": "a mark from 0 to 10 against the user's real text",
    "pairwise": "the better of two texts against the user's real text",
    "personalized": "which of two texts this user would like better, from the user's texts",
    "suits": "whether one text suits the user, from the user's texts",
}
PAIRS = ("pairwise", "personalized")
_HISTORY = 8


def register(app: typer.Typer) -> None:
    """Adds the group of commands."""
    group = typer.Typer(
        help="Examine judges before anybody trusts them.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    # A group with one command would swallow its name.
    group.callback()(lambda: None)
    examples = (
        "idiolect judge audit --lm ollama:llama3.2",
        "idiolect judge audit --lm openai:gpt-4o-mini --judge pairwise --keep verdicts.jsonl",
        "idiolect judge audit --judge pairwise --verdicts verdicts.jsonl",
    )
    group.command(cls=Variadic, epilog=ending(*examples))(audit)
    app.add_typer(group, name="judge")


def audit(
    lm: Model = "extractive",
    kind: Annotated[
        str, typer.Option("--judge", metavar="KIND", help=f"One of {', '.join(KINDS)}.")
    ] = "pointwise",
    source: Annotated[
        str | None,
        typer.Option("--data", metavar="SOURCE", help=f"{TABLE} Default: a made-up town."),
    ] = None,
    columns: Columns = None,
    items: Items = None,
    item_columns: ItemColumns = None,
    cases: Annotated[
        int, typer.Option(metavar="N", help="People, with six cases each.", min=2)
    ] = 32,
    once: Annotated[
        bool, typer.Option("--once", help="Do not ask again: half the calls, no repeatability.")
    ] = False,
    verdicts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Replay stored verdicts instead of asking a model."),
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every verdict here, as JSON lines.")
    ] = None,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the findings here, as JSON.")
    ] = None,
    threads: Annotated[int, typer.Option(metavar="N", help="Cases at once.", min=1)] = 8,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the cases.", min=0)] = 0,
) -> None:
    """Examine a judge on planted cases: what can it be trusted with?

    Biases for a place, for length and for many words; whether it tells the user's real text from
    another person's, from one on something else, from its opposite and from empty praise; whether
    it says the same again. Each is a rate with a 99 % interval; failures are counted apart.
    """
    from idiolect.run.planted import planted

    if kind not in KINDS:
        raise UnknownNameError("kind of judge", kind, KINDS)
    writable(keep, json, source=source or "")
    remarks, out = stderr(), stdout()
    made = planted(_population(source, columns, items, item_columns, remarks), cases, seed)
    kept: list[dict[str, Any]] = []
    if verdicts is None:
        found = _asked(lm, kind, made, kept, 1 if once else 2, threads, remarks)
    else:
        found = _replayed(verdicts, kind, made, kept, threads)
    _print(found, out)
    if keep is not None:
        kept.sort(key=lambda row: jsons.dumps(row, sort_keys=True))
        lines = (jsons.dumps(row, ensure_ascii=False) + "\n" for row in kept)
        keep.write_text("".join(lines), encoding="utf-8")
    if json is not None:
        json.write_text(jsons.dumps(plain(found), indent=1, ensure_ascii=False), encoding="utf-8")
    for path in (keep, json):
        if path is not None:
            remarks.print(f"Wrote {path}.", markup=False)


def plain(found: Audited) -> dict[str, Any]:
    """The findings as plain values; null where there is no figure."""
    rows = []
    for one in found.findings:
        figures = {n: None if v != v else v for n, v in asdict(one.rate).items()}
        words = {"test": one.test, "kind": one.kind, "status": one.status, "said": one.said}
        rows.append(words | figures)
    return {
        "verdict": found.verdict,
        "findings": rows,
        "failures": list(found.failures),
        "notes": list(found.notes),
    }


def _population(
    source: str | None,
    columns: Columns,
    items: Items,
    item_columns: ItemColumns,
    console: Console,
) -> Population:
    if source is not None:
        return load(source, columns, items, console, item_columns).population
    if columns or items or item_columns:
        raise SettingError("Found columns or items without --data; name the table that has them.")
    from idiolect.testing import town

    return town().population


def _asked(
    address: str,
    kind: str,
    cases: Sequence[Case],
    kept: list[dict[str, Any]],
    times: int,
    threads: int,
    console: Console,
) -> Audited:
    """Asks a model."""
    from idiolect.run.models import Again, language_model

    model = language_model(address)
    judges = [
        _kept(_judge(kind, lm), kept, sample)
        for sample, lm in enumerate((model, Again(model))[:times])
    ]
    with console.status(f"{many(len(cases), 'case')}, each asked {many(times, 'time')} …"):
        return _audited(kind, judges, cases, threads)


def _replayed(
    path: Path, kind: str, cases: Sequence[Case], kept: list[dict[str, Any]], threads: int
) -> Audited:
    """Looks stored verdicts up; a second asking where it is stored."""
    from idiolect.measure import ReplayJudge, ReplayPairs
    from idiolect.measure.judge import samples

    if not path.is_file():
        raise SettingError(f"Found no file '{path}'; give what --keep wrote.")
    stored = ReplayPairs if kind in PAIRS else ReplayJudge
    judges = [stored.read(path, sample) for sample in samples(path)[:2]]
    asked = {(c.reference.id, t) for c in cases for t in (c.a, c.b)}
    if kind in PAIRS:
        asked = {(c.reference.id, c.a, c.b) for c in cases}  # type: ignore[misc]
    extra = [key for judge in judges for key in judge.verdicts if key not in asked]
    if extra:
        raise DataError(
            f"Found {many(len(extra), 'verdict')} in '{path}' on what is no case of this audit, "
            f"the first for {extra[0][0]!r}; give the same data, --cases and --seed."
        )
    return _audited(kind, [_kept(j, kept, n) for n, j in enumerate(judges)], cases, threads)


def _judge(kind: str, lm: LanguageModel) -> Callable[..., Any]:
    from idiolect.measure import Pairwise, Personalized, Pointwise, Suits
    from idiolect.measure.judge import Told

    if kind == "personalized":
        return Personalized(lm, Told(_HISTORY), order="both", tie=True)
    if kind == "suits":
        return Suits(lm, Told(_HISTORY))
    return Pairwise(lm) if kind == "pairwise" else Pointwise(lm)


def _kept(judge: Callable[..., Any], rows: list[dict[str, Any]], sample: int) -> Callable[..., Any]:
    """The judge; what it says is added to `rows`."""
    from idiolect.measure.judge import line

    lock = Lock()

    def keeping(view: Any, *texts_and_reference: Any) -> Any:
        said = judge(view, *texts_and_reference)
        with lock:
            rows.append(line(view, texts_and_reference[:-1], said, sample))
        return said

    return keeping


def _audited(
    kind: str, judges: Sequence[Callable[..., Any]], cases: Sequence[Case], threads: int
) -> Audited:
    from idiolect.run.audit import audit_marks, audit_pairs

    examine = audit_pairs if kind in PAIRS else audit_marks
    first, *again = judges
    return examine(first, cases, again[0] if again else None, threads=threads)


def _print(found: Audited, console: Console) -> None:
    from rich.table import Table

    colours = {"good": "green", "weak": "yellow", "bad": "red", "unknown": "dim"}
    table = Table(box=None, pad_edge=False)
    for name in ("test", "", "rate", "99 % interval", "cases", "failed"):
        table.add_column(name, justify="left" if name in {"test", ""} else "right")
    table.add_column("what it means", overflow="fold")
    for one in found.findings:
        made = one.rate
        nothing = one.status == "unknown"
        table.add_row(
            one.test,
            f"[{colours[one.status]}]{one.status}[/]",
            "–" if made.value != made.value else f"{made.value:.2f}",
            "–" if nothing else f"{made.low:.2f} to {made.high:.2f}",
            str(made.cases),
            str(made.failures),
            one.said,
        )
    console.print(table)
    for note in found.notes:
        console.print(note, style="dim", markup=False)
    for why, times in sorted(_counts(found.failures).items(), key=lambda pair: -pair[1])[:3]:
        console.print(f"{times} without a verdict: {why[:300]}", style="yellow", markup=False)
    console.print(f"\n{found.verdict}", markup=False)


def _counts(reasons: Sequence[str]) -> dict[str, int]:
    return {reason: reasons.count(reason) for reason in dict.fromkeys(reasons)}
