"""Recipes as Markdown, one page each and a table: made from card, docstring and signature."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, get_args, get_origin

from idiolect.card import HEADINGS, Card, Recipe


def overview(all_recipes: Iterable[Recipe[Any, Any]]) -> str:
    """The table of all recipes."""
    rows = [
        (
            f"[{r.name}]({r.name}.md)",
            r.summary,
            r.gives.__name__,
            r.card.reads_other_users,
            r.card.cost,
            "; ".join(f"{e.stage}: {e.strength}" for e in r.card.evidence),
        )
        for r in all_recipes
    ]
    head = ("recipe", "what you get", "gives", "reads others", "calls", "checked")
    return f"# Recipes\n\nGenerated from the recipes themselves.\n\n{_table(head, rows)}\n"


def page(found: Recipe[Any, Any]) -> str:
    """A recipe's page: docstring, what it needs and gives, settings, figures, evidence."""
    card = found.card
    code = "none known" if card.code is None else f"{card.code[0]} ({card.code[1]})"
    facts = [
        ("needs", ", ".join(f"`{name}`" for name in found.needs)),
        ("gives", f"`{found.gives.__name__}`"),
        ("reads of other users", card.reads_other_users),
        ("the user enters by", card.enters),
        ("model calls a request", _calls(card)),
        ("paper", card.paper or "none"),
        ("authors' code", code),
        *((f"waives *{check}*", why) for check, why in card.waives.items()),
    ]
    settings = [(f"`{s.name}`", _type(s.type), repr(s.default), s.source) for s in found.settings]
    reported = [(r.metric, str(r.value), r.data, r.model, r.baseline) for r in card.reported]
    evidence = [(e.stage, e.strength, f"`{e.test}`" if e.test else "") for e in card.evidence]
    parts = [
        f"# {found.name}: {card.title}",
        _headed(found.page),
        _table(("", ""), facts),
        "## Settings\n\n" + _table(("setting", "type", "default", "source"), settings),
        "## Evidence\n\n" + _table(("stage", "how far", "test"), evidence),
    ]
    if reported:
        head = ("metric", "value", "data", "model", "beside")
        parts.append("## Reported by the paper, not measured here\n\n" + _table(head, reported))
    return "\n\n".join(parts) + f"\n\nSource: `{found.module}`\n"


def _calls(card: Card) -> str:
    return f"at most `{card.calls}`: {card.fewer}" if card.fewer else f"`{card.calls}`"


def _headed(docstring: str) -> str:
    """The docstring with its fixed headings as Markdown headings."""
    lines = []
    for line in docstring.splitlines():
        heading = next((h for h in HEADINGS if line.startswith(f"{h}:")), None)
        if heading is None:
            lines.append(line.removeprefix("    "))
        else:
            rest = line[len(heading) + 1 :].strip()
            lines += [f"## {heading}", "", *([rest] if rest else [])]
    return "\n".join(lines)


def _type(annotation: Any) -> str:
    inner = get_args(annotation)
    if get_origin(annotation) is Literal:
        return " or ".join(map(str, inner))
    base = inner[0] if inner else annotation
    return str(getattr(base, "__name__", base))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(r) + " |" for r in rows])
