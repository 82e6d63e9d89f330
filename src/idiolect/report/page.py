"""One self-contained HTML page; every text of the data is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

STYLE = """
:root { color-scheme: light dark; --ink: #1f2937; --soft: #5b6472; --line: #e5e7eb; --paper: #fff;
  --tint: #f3f4f6; --more: #0f766e; --less: #c2410c; --mark: #7e22ce; --pale: #6b7280;
  --note: #fffbeb; --alarm: #fef2f2; --alarming: #991b1b }
@media (prefers-color-scheme: dark) { :root { --ink: #e5e7eb; --soft: #a3acba; --line: #374151;
  --paper: #111827; --tint: #1f2937; --more: #2dd4bf; --less: #fb923c; --mark: #c084fc;
  --pale: #8b93a1; --note: #2b2412; --alarm: #331517; --alarming: #fca5a5 } }
* { box-sizing: border-box }
body { font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--ink);
  max-width: 920px; margin: 0 auto; padding: 32px 24px 96px; background: var(--paper) }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 4px } h1, h2 { overflow-wrap: anywhere }
h2 { font-size: 20px; margin: 44px 0 8px }
p.lead, .soft { color: var(--soft) } p.lead { margin: 0 0 20px; font-size: 17px }
.card { border: 1px solid var(--line); border-radius: 10px; padding: 14px 18px; margin: 14px 0;
  overflow-wrap: anywhere }
.note { border-left: 4px solid #d97706; background: var(--note); padding: 8px 14px; margin: 12px 0;
  border-radius: 0 8px 8px 0 }
.alarm { border-left: 4px solid #b91c1c; background: var(--alarm); color: var(--alarming);
  font-weight: 600; padding: 8px 14px; margin: 12px 0; border-radius: 0 8px 8px 0 }
.mine { border-left: 4px solid var(--more); padding-left: 12px }
.other { border-left: 4px solid var(--line); padding-left: 12px; margin: 8px 0 }
.tag { display: inline-block; font-size: 12px; color: var(--soft); background: var(--tint);
  border-radius: 999px; padding: 1px 9px; margin-right: 6px }
.text { white-space: pre-wrap } .id { font: 12px ui-monospace, Menlo, Consolas, monospace;
  color: var(--soft) }
table { border-collapse: collapse; width: 100%; font-size: 14px; margin: 10px 0 }
th { text-align: left; border-bottom: 2px solid var(--line); padding: 6px 8px; font-weight: 600 }
td { border-bottom: 1px solid var(--line); padding: 6px 8px; vertical-align: top }
td.i { white-space: nowrap } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
tr.pale td { color: var(--pale) }
details { margin: 8px 0 } summary { cursor: pointer; color: var(--soft) }
pre { white-space: pre-wrap; background: var(--tint); border: 1px solid var(--line);
  border-radius: 8px;
  padding: 12px; font-size: 13px; overflow-wrap: anywhere }
.claim { display: flex; flex-wrap: wrap; gap: 2px 20px }
.claim > :first-child { flex: 1 1 320px } .known { color: var(--soft); font-size: 14px }
.bar { flex: 0 0 196px; white-space: nowrap; font-variant-numeric: tabular-nums }
.bar i { display: inline-block; width: 96px; height: 9px; margin-right: 8px; border-radius: 5px;
  background: var(--line); overflow: hidden }
.bar b { display: block; height: 100%; background: var(--more) }
.stated .bar b, .corrected .bar b { background: var(--mark) }
.suppressed .bar b, .ended .bar b { background: var(--pale) }
svg { max-width: 100%; height: auto } ul { padding-left: 22px } li { margin: 5px 0 }
.columns { display: grid; gap: 14px; grid-template-columns: repeat(auto-fit, minmax(260px, 1fr)) }
"""


def page(title: str, lead: str, *sections: str) -> str:
    """The whole page."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style></head>\n<body><main>\n"
        f'<h1>{escape(title)}</h1>\n<p class="lead">{escape(lead)}</p>\n'
        + "\n".join(section for section in sections if section)
        + "\n</main></body></html>\n"
    )


def section(heading: str, *parts: str, lead: str = "") -> str:
    """A heading, a sentence on how to read it, and what follows; nothing where nothing follows."""
    body = "\n".join(part for part in parts if part)
    if not body:
        return ""
    soft = f'<p class="soft">{escape(lead)}</p>' if lead else ""
    return f"<section><h2>{escape(heading)}</h2>\n{soft}\n{body}</section>"


def note(text: str) -> str:
    """Something that limits what is shown."""
    return f'<div class="note">{escape(text)}</div>'


def alarm(text: str) -> str:
    """Something without which what is shown must not be believed; in red."""
    return f'<div class="alarm" role="alert">{escape(text)}</div>'


def card(*parts: str) -> str:
    """A frame around parts that are HTML already."""
    return '<div class="card">' + "\n".join(part for part in parts if part) + "</div>"


def text(words: str, kind: str = "text") -> str:
    """Words of the data, line breaks kept."""
    return f'<div class="{kind} text">{escape(words)}</div>'


def tags(*words: str) -> str:
    """Small labels."""
    return "".join(f'<span class="tag">{escape(word)}</span>' for word in words if word)


def folded(summary: str, body: str) -> str:
    """Something to open on demand."""
    return f"<details><summary>{escape(summary)}</summary>{body}</details>"


def pre(words: str) -> str:
    """Words exactly as they are."""
    return f"<pre>{escape(words)}</pre>"


def listed(lines: Iterable[str]) -> str:
    """A list."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, pale: Sequence[bool] = ()) -> str:
    """A table; columns whose every cell is a number are set right."""
    body = [list(row) for row in rows]
    right = [all(_numeric(row[at]) for row in body) for at in range(len(head))]
    cell = ["n" if r else "" for r in right]
    heads = "".join(f'<th class="{c}">{escape(h)}</th>' for h, c in zip(head, cell, strict=True))
    lines = []
    for number, row in enumerate(body):
        kind = ' class="pale"' if number < len(pale) and pale[number] else ""
        kinds = ["i" if v.startswith("[") else c for v, c in zip(row, cell, strict=True)]
        cells = "".join(
            f'<td class="{c}">{escape(v)}</td>' for v, c in zip(row, kinds, strict=True)
        )
        lines.append(f"<tr{kind}>{cells}</tr>")
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _numeric(cell: str) -> bool:
    try:
        float(cell.rstrip(".%") or "0")
    except ValueError:
        return False
    return True
