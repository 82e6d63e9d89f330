"""An explanation as a page that a newcomer can read from top to bottom."""

from __future__ import annotations

from html import escape

from idiolect.data import Event
from idiolect.report import page as html
from idiolect.report.chart import amount, effects, label, strongest
from idiolect.report.explanation import Compared, Explanation

_ROWS = 18
READING = (
    "Each bar compares this person's texts with other people's texts on the very same things. Its "
    "length is the mean distance in standard deviations within a thing (0.2 is small, 0.8 large). "
    "Solid bars are finds; light ones are surely there but small; grey ones may be chance. On "
    "the right: this person's mean, the others' mean, and at which percentile of the others the "
    "person stands."
)
SMALL = "Small, but unlikely to be chance:"


def to_html(found: Explanation) -> str:
    """The whole page, self-contained."""
    return html.page(f"What sets {found.request.user} apart", lead(found), *sections(found))


def sections(found: Explanation) -> list[str]:
    """The page's parts, in order; other pages use them too."""
    return [
        "".join(html.note(note) for note in found.notes),
        _measured(found),
        _compared(found),
        _profile(found),
        _reply(found),
        _selected(found),
        _figures(found),
        _calls(found),
    ]


def lead(found: Explanation) -> str:
    """The situation in one line."""
    texts = f"{len(found.own):,} earlier text{'s' if len(found.own) != 1 else ''}"
    months = [f"{event.time:%B %Y}" for event in found.own if event.time]
    first, last = (months[0], months[-1]) if months else ("", "")
    span = f" from {first} to {last}" if first != last else f" from {first}" if first else ""
    return (
        f"{texts}{span}; {found.comparable:,} of them on things that others wrote about. "
        f"Method {found.recipe}, model {found.lm}."
    )


def nothing(found: Explanation) -> str:
    """Why no difference is listed."""
    things = max((m.items for m in found.measurements.measures), default=0)
    return (
        "Nothing stands out beyond chance: all the bars may be accident. They rest on "
        f"{things:,} thing{'s' if things != 1 else ''} that others wrote about too; more of them "
        "would show smaller differences."
    )


def _measured(found: Explanation) -> str:
    measures = found.measurements.measures
    if not measures:
        return ""
    title = f"{found.request.user} against others on the same things"
    said = [d.text for d in found.measurements.differences()]
    small = small_ones(found)
    return html.section(
        "Measured differences",
        html.card(effects(found.measurements, rows=_ROWS, title=title)),
        html.listed(said),
        f'<p class="soft">{SMALL}</p>' + html.listed(small) if small else "",
        "" if said or small else html.note(nothing(found)),
        lead=READING,
    )


def small_ones(found: Explanation, most: int = 5) -> list[str]:
    """The strongest differences that are surely there but small, as sentences."""
    measured = found.measurements
    small = [m for m in measured.measures if measured.standing(m) == "small"]
    return [measured.sentence(m) for m in small[:most]]


def _compared(found: Explanation) -> str:
    return html.section(
        "Compared with whom",
        *(_one_compared(c) for c in found.compared),
        lead="The texts that the method set side by side, why each of the others' was chosen, and "
        "what the model made of it.",
    )


def _one_compared(c: Compared) -> str:
    others = "".join(
        f'<div class="other">{_event(event)}<div class="soft">{html.tags(reason)}</div></div>'
        for event, reason in zip(c.others, c.reasons or ("",) * len(c.others), strict=True)
    )
    mine = f'<div class="mine">{_event(c.own)}</div>'
    people = f"{len(c.others)} other{'s' if len(c.others) != 1 else ''} on the same thing"
    return html.card(
        html.tags(c.about),
        mine,
        html.folded(people, others),
        html.text(c.told) if c.told else "",
        html.note(c.note) if c.note else "",
    )


def _profile(found: Explanation) -> str:
    profile = found.profile
    if profile is None or not profile.summary:
        return ""
    return html.section(
        "The profile",
        html.card(html.text(profile.summary)),
        lead="What is believed of this person; the last prompt is told this, and shown the own "
        "texts below where there are any.",
    )


def _reply(found: Explanation) -> str:
    about = found.request.item
    failure = found.outcome.failure
    reply = html.text(found.outcome.text) if failure is None else html.note(failure.message)
    boxes = html.card(html.tags("written for this person"), reply)
    if found.truth is not None and found.truth.text:
        boxes += html.card(html.tags("what they really wrote"), html.text(found.truth.text))
    thing = about.words if about and about.words else about.id if about else ""
    return html.section(
        "Asked and written",
        html.card(
            html.tags("asked about", *found.facts), html.text(thing), html.text(found.request.words)
        ),
        f'<div class="columns">{boxes}</div>',
    )


def _selected(found: Explanation) -> str:
    return html.section(
        "Own texts that the prompt showed",
        *(html.card(_event(event)) for event in found.selected),
        lead="Best match first.",
    )


def _figures(found: Explanation) -> str:
    measured = found.measurements
    measures = strongest(measured)
    if not measures:
        return ""
    unit = {feature.name: feature.unit for feature in measured.features}
    rows = [
        (
            label(m.feature),
            m.dimension,
            f"{m.effect:+.2f}",
            amount(m.own_mean),
            amount(m.reference_mean),
            unit[m.feature],
            f"{m.percentile:.0f}",
            f"{m.q:.3f}",
            str(m.texts),
            " · ".join(m.quotes[:1]),
        )
        for m in measures
    ]
    head = (
        "feature", "dimension", "d", "own", "others", "unit", "percentile", "q", "texts",
        "for example",
    )  # fmt: skip
    return html.section(
        "All figures",
        html.table(head, rows, pale=[measured.standing(m) == "chance" for m in measures]),
        lead="d: effect in within-item standard deviations; q: the share of findings as strong as "
        "this one that chance would bring, over all features (Benjamini–Hochberg).",
    )


def _calls(found: Explanation) -> str:
    return html.section(
        "Prompts and replies",
        *(
            html.folded(
                f"{number}. {call.prompt.stage}: made from {len(call.prompt.events)} events"
                + (f", {len(call.reply.cut)} entries cut" if call.reply.cut else ""),
                html.pre(call.prompt.render().text)
                + html.card(html.tags("reply"), html.text(call.reply.text))
                + f'<p class="id">{escape(", ".join(call.prompt.events))}</p>',
            )
            for number, call in enumerate(found.outcome.calls, 1)
        ),
        lead="Word for word, with the ids of the events that each was made from.",
    )


def _event(event: Event) -> str:
    when = f"{event.time:%Y-%m-%d}" if event.time else ""
    rating = "" if event.rating is None else f"rating {event.rating:g}"
    head = html.tags(event.user, when, rating, event.title or "")
    return f'{head}<span class="id">id {escape(event.id)}</span>{html.text(event.text)}'
