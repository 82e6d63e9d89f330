"""The demo as a page: the town, planted against found, one person, their text by each method."""

from __future__ import annotations

from itertools import chain

from idiolect.cli.demo import FLOOR, NEXT, Shown, planted, summary
from idiolect.report import html as explained_html
from idiolect.report import page as html
from idiolect.report.chart import Axis, Point, label, plane


def to_html(shown: Shown) -> str:
    """The whole page, self-contained."""
    who = shown.explained.request.user
    sections = explained_html.sections(shown.explained)
    return html.page(
        "A made-up town: planted, and found again",
        summary(shown),
        _recovery(shown),
        html.section(
            f"One person: {who}",
            html.card(html.tags("planted"), html.text(planted(shown, who))),
            lead="What the town's maker gave this person: 0 is as everybody, 1 clear, 2 strong.",
        ),
        *sections[:2],
        _written(shown),
        *sections[2:],
        html.section("The same on your own data", html.pre("\n".join(NEXT[1:]))),
    )


def _recovery(shown: Shown) -> str:
    r, truth = shown.recovery, shown.truth
    points = [
        Point(
            truth.of(user, m.feature),
            m.effect,
            m in set(found.found),
            f"{user}, {label(m.feature)}: true {truth.of(user, m.feature):+.2f}, "
            f"measured {m.effect:+.2f}",
        )
        for user, found in shown.found.items()
        for m in found.measures
    ]
    texts = len(shown.town.population) // len(shown.town.people)
    ends = [value for p in points for value in (p.x, p.y)]

    def axis(words: str) -> Axis:
        return Axis.over(words, ends, symmetric=True)

    said = (
        f"{r.large} pairs of a person and a feature are truly far apart (at least 1 SD); {r.right} "
        f"of them were found: recall {r.recall:.1%}. Of {r.right + r.false} findings that count, "
        f"{r.false} should not have been made: precision {r.precision:.1%}. {r.between} findings "
        "are of differences between .3 and 1 SD, which count neither way."
    )
    return html.section(
        "Planted against found",
        html.card(html.text(said)),
        html.card(
            plane(
                points,
                axis(f"true effect, from {truth.texts} fresh texts of each person"),
                axis(f"measured effect, from {texts} texts"),
                title="Every person and every feature",
                diagonal=True,
            )
        ),
        lead="Each dot is one feature of one person. Across: how far the person truly stands from "
        "the others. Up: what was measured. Coloured dots were called a difference.",
    )


def _written(shown: Shown) -> str:
    boxes = [html.card(html.tags(name), html.text(text)) for name, text in shown.written.items()]
    truth = shown.explained.truth
    if truth is not None:
        boxes.append(html.card(html.tags("what they really wrote"), html.text(truth.text)))
    floor = [html.note(FLOOR)] if shown.explained.lm == "extractive" else []
    item = shown.explained.request.item
    return html.section(
        f"A text about {item.name if item else 'the request'}, by each method",
        *chain(floor, [f'<div class="columns">{"".join(boxes)}</div>']),
    )
