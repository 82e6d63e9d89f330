"""A profile as an HTML page; of other people it says counts, never who or what."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from idiolect.profile.claim import Claim
from idiolect.report import page as html
from idiolect.report.profile_parts import (
    MEANING,
    NOTHING,
    TOLD,
    WHOLE,
    Line,
    Parts,
    bars,
    lead,
    left_out,
    remarks,
)
from idiolect.run.profile_file import Stored
from idiolect.words import many


def to_html(stored: Stored) -> str:
    """The whole page, self-contained."""
    profile = stored.profile
    none = "" if profile.claims else html.note(WHOLE if profile.summary else NOTHING)
    told = html.text(profile.summary) if profile.summary else ""
    if told and profile.claims:  # it says much the same
        told = html.folded("the summary", told)
    return html.page(
        profile.user,
        lead(stored),
        none,
        *(_claims(stored, *each) for each in Parts.of(profile).sections(profile.user)),
        html.section(TOLD, told),
        _left(stored),
        html.section("What limits it", *(html.note(note) for note in remarks(stored))),
        html.section(
            "How to read it",
            html.listed((*bars(profile), *(f"{key}: {what}." for key, what in MEANING.items()))),
            lead="Quotes are the person's own words.",
        ),
    )


def _claims(stored: Stored, heading: str, claims: Iterable[Claim]) -> str:
    return html.section(heading, *(_claim(stored, claim) for claim in claims))


def _claim(stored: Stored, claim: Claim) -> str:
    line = Line.of(stored, claim)
    kind = "ended" if claim.valid_to and claim.status != "suppressed" else claim.status
    quotes = "".join(html.text(quote, "mine") for quote in claim.quotes)
    return html.card(
        f'<div class="claim {kind}"><div dir="auto">{escape(line.words)}</div>{_bar(line)}</div>',
        f'<div class="known"><span class="id">{escape(claim.id)}</span> {escape(line.about)}</div>',
        html.folded(many(len(claim.quotes), "quote"), quotes) if quotes else "",
    )


def _bar(line: Line) -> str:
    """A bar with its figure; the bar itself says nothing that the figure does not."""
    return (
        f'<div class="bar"><i aria-hidden="true"><b style="width:{line.share:.1%}"></b></i>'
        f"{escape(line.figure)}</div>"
    )


def _left(stored: Stored) -> str:
    rows = [(claim.text, why) for claim, why in left_out(stored)]
    if not rows:
        return ""
    return html.section(
        "Left out",
        html.folded(many(len(rows), "claim"), html.table(("claim", "why"), rows)),
        lead="Found, but not worth keeping: other people's texts say it as well.",
    )
