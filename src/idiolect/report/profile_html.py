"""A profile as an HTML page; of other people it says counts, never who or what."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from idiolect.profile.claim import Claim
from idiolect.report import page as html
from idiolect.report.profile_parts import MEANING, Parts, about, lead, left_out, many, remarks
from idiolect.run.profile_file import Stored

_COLOURS = {
    "stated": "#15803d",
    "inferred": "#0f766e",
    "corrected": "#7e22ce",
    "suppressed": "#9ca3af",
}


def to_html(stored: Stored) -> str:
    """The whole page, self-contained."""
    profile = stored.profile
    parts = Parts.of(profile)
    none = "" if profile.claims else html.note("Nothing is believed of this person.")
    return html.page(
        profile.user,
        lead(stored),
        none,
        _claims(stored, f"What sets {profile.user} apart", parts.apart),
        *(_claims(stored, name.capitalize(), some) for name, some in parts.sides.items()),
        _claims(stored, "No longer true", parts.ended),
        _claims(stored, "Not used", parts.suppressed),
        html.section("Summary", html.card(html.text(profile.summary)) if profile.summary else ""),
        _left(stored),
        html.section("What limits it", *(html.note(note) for note in remarks(stored))),
        html.section(
            "How to read it",
            html.listed(f"{status}: {what}" for status, what in MEANING.items()),
            lead="The bar is how sure a claim is. Quotes are the person's own words.",
        ),
    )


def _claims(stored: Stored, heading: str, claims: Iterable[Claim]) -> str:
    return html.section(heading, *(_claim(stored, claim) for claim in claims))


def _claim(stored: Stored, claim: Claim) -> str:
    quotes = "".join(f'<div class="mine">{html.text(quote)}</div>' for quote in claim.quotes)
    head = (
        f'<div style="display:flex;gap:16px;align-items:baseline"><div style="flex:1">'
        f"{escape(claim.text)}</div>{_bar(claim)}</div>"
    )
    name = f'<span class="id">{escape(claim.id)}</span> '
    known = escape(about(stored, claim))
    soft = f'<div class="soft" style="font-size:14px">{name}{known}</div>'
    found = html.folded(many(len(claim.quotes), "quote"), quotes) if quotes else ""
    return html.card(head, soft, found)


def _bar(claim: Claim) -> str:
    """A bar with its figure; the colour is the status, which stands in words as well."""
    colour, share = _COLOURS[claim.status], f"{claim.confidence:.0%}"
    return (
        f'<div title="{share} sure" style="white-space:nowrap"><span style="display:inline-block;'
        f'width:90px;height:8px;border-radius:4px;background:#e5e7eb;overflow:hidden"><span style="'
        f'display:block;height:8px;width:{share};background:{colour}"></span></span> '
        f'<span class="soft" style="display:inline-block;width:44px;text-align:right">{share}'
        "</span></div>"
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
