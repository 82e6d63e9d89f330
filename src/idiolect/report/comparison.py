"""A comparison as a page: intervals, controls, cost, people, best and worst cases."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from idiolect.report import page as html
from idiolect.report.cautions import MANY, ONE_USER, alarms, lead, notes
from idiolect.report.chart import Axis, Bar, Point, forest, plane
from idiolect.run.arm import OWN, Arm
from idiolect.run.comparison import Comparison, Test

__all__ = ["MANY", "ONE_USER", "alarms", "lead", "notes", "to_html"]


def to_html(found: Comparison, *, cases: int = 3) -> str:
    """The whole page, self-contained; the first metric is the one that is drawn."""
    metric = found.metrics[0].name
    return html.page(
        f"{', '.join(found.methods)}: compared",
        lead(found),
        *(html.alarm(alarm) for alarm in alarms(found)),
        *(html.note(note) for note in notes(found)),
        _scores(found, metric),
        _repeats(found),
        _tests(found, metric),
        _controls(found, metric),
        _noise(found, metric),
        _canaries(found),
        _cost(found, metric),
        _people(found, metric),
        _cases(found, metric, cases),
        _all_metrics(found),
    )


def _scores(found: Comparison, metric: str) -> str:
    own = found.own
    bars = [_bar(found, arm, metric) for arm in own]
    head = (
        "method", metric, "95 % interval", "scored", "failed", "unreadable", "calls", "tokens",
        "retries", "seconds", *(["cost"] if _priced(found) else []),
    )  # fmt: skip
    return html.section(
        "Scores",
        html.card(forest(bars, metric, title=f"{metric}, mean and 95 % interval")),
        html.table(head, [_row(found, arm, metric) for arm in own]),
        lead="Means over requests with 95 % intervals clustered by user; the dashed line is the "
        "first method. Cost is a request's mean. A failed request has no score and is counted "
        "apart; unreadable are those whose reply could not be read.",
    )


def _bar(found: Comparison, arm: Arm, metric: str) -> Bar:
    score = found.score(arm, metric)
    return Bar(arm.name, score.value, score.low, score.high, int(arm.history != OWN))


def _sign(found: Comparison, metric: str) -> int:
    """-1 where lower is better."""
    which = next(m for m in found.metrics if m.name == metric)
    return -1 if which.higher_is_better is False else 1


def _best(found: Comparison, arms: Sequence[Arm], metric: str) -> Arm:
    sign = _sign(found, metric)
    return max(
        arms, key=lambda arm: np.nan_to_num(sign * found.score(arm, metric).value, nan=-np.inf)
    )


def _row(found: Comparison, arm: Arm, metric: str) -> tuple[str, ...]:
    score, cost = found.score(arm, metric), arm.cost
    return (
        arm.name,
        _figure(score.value),
        _interval(score.low, score.high),
        str(score.rows),
        str(arm.unanswered),
        str(arm.failures["ReplyError"]),
        _figure(cost["calls"], 1),
        _figure(cost["tokens"], 0),
        _figure(cost["retries"], 2),
        _figure(cost["seconds"], 3),
        *([_figure(cost["cost"], 5)] if _priced(found) else []),
    )


def _priced(found: Comparison) -> bool:
    return any(arm.cost["cost"] > 0 for arm in found.arms)


def _tests(found: Comparison, metric: str) -> str:
    tests = found.tests(metric)
    if not tests:
        return ""
    smallest = found.detectable(metric)
    power = (
        f"So many users can show a difference of {smallest:.4f} in {metric} four times out of five "
        "(two-sided, .05, before correction); a smaller one would usually be missed."
        if math.isfinite(smallest)
        else ""
    )
    return html.section(
        f"Gains over {found.methods[0]}",
        html.table(*_tested(tests)),
        f"<p>{escape(power)}</p>" if power else "",
        lead="Paired over the requests that both answered; p by exchanging signs user by user, "
        "corrected over the methods (Holm).",
    )


def _repeats(found: Comparison) -> str:
    rows = []
    for method in found.repeats:
        for metric in found.metrics:
            values = found.between(method, metric.name)
            if np.isfinite(values).all():
                rows.append(
                    (
                        method,
                        metric.name,
                        str(len(values)),
                        _figure(float(values.mean())),
                        _figure(float(values.std(ddof=1))),
                        _figure(float(values.min())),
                        _figure(float(values.max())),
                    )
                )
    head = ("method", "metric", "seeds", "mean over seeds", "sd between seeds", "lowest", "highest")
    return html.section(
        "Between seeds",
        html.table(head, rows) if rows else "",
        lead="The same method with several seeds. Their requests and users are the same, so that "
        "nothing is pooled: each seed has its own row and interval above. The standard deviation "
        "says how much the draw alone moves a figure, not how users differ.",
    )


def _controls(found: Comparison, metric: str) -> str:
    tests = found.controlled(metric)
    if not tests:
        return ""
    shown = {test.method for test in tests}
    bars = [_bar(found, arm, metric) for arm in found.arms if arm.method in shown]
    return html.section(
        "Is it this user's history?",
        html.card(forest(bars, metric, title="Own history, and the controls")),
        html.table(*_tested(tests, strip=True)),
        lead="The same method and request with somebody else's history. Wrong user: another "
        "user's whole history. Shuffled: the same things, each told by a random other. Population "
        "mean: texts of many people, the same for all users. A method personalizes as far as its "
        "own-history row stands above these.",
    )


def _tested(
    tests: Sequence[Test], *, strip: bool = False
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Head and rows; `strip` leaves the method's own name out of what it is set against."""
    head = ("method", "against", "gain", "95 % interval", "p", "p corrected", "users", "requests")
    return head, [
        (
            test.method,
            test.against.removeprefix(f"{test.method} (").rstrip(")") if strip else test.against,
            f"{test.paired.difference:+.4f}",
            _interval(test.paired.low, test.paired.high, sign=True),
            _figure(test.paired.p),
            _figure(test.p),
            str(test.paired.users),
            str(test.paired.rows),
        )
        for test in tests
    ]


def _noise(found: Comparison, metric: str) -> str:
    if not found.noise:
        return ""
    gains = {test.method: test.paired.difference for test in found.tests(metric)}
    rows = []
    for method, figures in found.noise.items():
        floor, gain = found.noise_floor(method, metric), gains.get(method)
        above = "" if gain is None else "yes" if abs(gain) > floor else "no"
        shown = "–" if gain is None else f"{gain:+.4f}"
        rows.append((method, str(len(figures)), _figure(floor), shown, above))
    free = (
        html.note("The floor reads no instruction, so its noise is 0 whatever the method.")
        if found.lm == "extractive"
        else ""
    )
    head = ("method", "lead-ins", "noise floor", f"gain over {found.methods[0]}", "above it")
    return html.section(
        "Is it more than wording?",
        html.table(head, rows),
        free,
        lead="The same method with neutral sentences before its instruction. The noise floor is "
        f"1.96 standard deviations of its {metric} over these; a smaller gain may be the wording.",
    )


def _canaries(found: Comparison) -> str:
    if not found.canaries:
        return ""
    rows = [
        (method, str(seen.examples), str(seen.failed), str(seen.shown), str(seen.late))
        for method, seen in found.canaries.items()
    ]
    return html.section(
        "Does it read the future?",
        html.table(("method", "requests", "failed", "events shown", "of the future"), rows),
        lead="Every event was dyed with a word of its own, and the prompts of some requests were "
        "made, without asking anybody. None may show an event from the request onward.",
    )


def _cost(found: Comparison, metric: str) -> str:
    labels = {"tokens": "tokens a request"}
    if _priced(found):
        labels["cost"] = "cost of a request, in the price's currency"
    planes = [_against(found, metric, cost, label) for cost, label in labels.items()]
    return html.section(
        "Cost against quality", *map(html.card, filter(None, planes)), lead="Up and left is better."
    )


def _against(found: Comparison, metric: str, cost: str, label: str) -> str:
    """Quality against one of the costs; empty where fewer than two methods have both."""
    points = [
        Point(arm.cost[cost], mean, True, f"{arm.name}: {mean:.4f}", arm.name)
        for arm in found.own
        if math.isfinite(arm.cost[cost]) and math.isfinite(mean := found.score(arm, metric).value)
    ]
    if len(points) < 2:
        return ""
    return plane(
        points,
        Axis.over(label, [p.x for p in points]),
        Axis.over(metric, [p.y for p in points]),
        title=f"{metric} against {cost}",
        size=(820, 420),
    )


def _people(found: Comparison, metric: str) -> str:
    own = found.own
    if len(own) < 2 or len(set(found.users)) < 3:
        return ""
    best = _best(found, own[1:], metric)
    a, b = found.column(own[0], metric), found.column(best, metric)
    points = []
    for user in sorted(set(found.users)):
        here = (found.users == user) & np.isfinite(a) & np.isfinite(b)
        if here.any():
            x, y = float(a[here].mean()), float(b[here].mean())
            points.append(
                Point(x, y, _sign(found, metric) * (y - x) > 0, f"{user}: {x:.3f} → {y:.3f}")
            )
    ends = [value for p in points for value in (p.x, p.y)]
    sign = _sign(found, metric)
    better, side = sum(sign * p.y > sign * p.x for p in points), "above" if sign > 0 else "below"
    return html.section(
        "User by user",
        html.card(
            plane(
                points,
                Axis.over(f"{metric} of {own[0].name}", ends),
                Axis.over(f"{metric} of {best.name}", ends),
                title=f"{best.name} against {own[0].name}",
                diagonal=True,
            )
        ),
        lead=f"One dot a user; {side} the line {best.name} is better. It is for {better} of "
        f"{len(points)} users.",
    )


def _cases(found: Comparison, metric: str, cases: int) -> str:
    own = found.own
    if len(own) < 2:
        return ""
    best = _best(found, own[1:], metric)
    if own[0].texts is None or best.texts is None:  # only scores were kept
        return ""
    gain = _sign(found, metric) * (found.column(best, metric) - found.column(own[0], metric))
    order = [int(n) for n in np.argsort(gain, kind="stable") if math.isfinite(gain[n])]
    worst, top = order[:cases], order[::-1][:cases]
    failed = [n for n, text in enumerate(best.texts) if text is None][:cases]
    return html.section(
        f"Best and worst cases of {best.name}",
        *(_case(found, n, own[0], best, metric) for n in dict.fromkeys([*top, *worst[::-1]])),
        *(_failed(found, n, best) for n in failed),
        lead=f"Where it gained and lost most over {own[0].name}"
        f"{', with the last prompt' if best.outcomes else ''}.",
    )


def _case(found: Comparison, n: int, base: Arm, best: Arm, metric: str) -> str:
    request = found.requests[n]
    item = request.item
    about = item.name if item else ""
    boxes = [
        html.card(
            html.tags(f"{arm.name}: {found.column(arm, metric)[n]:.3f}"),
            html.text((arm.texts[n] if arm.texts else None) or ""),
        )
        for arm in (base, best)
    ]
    boxes.append(html.card(html.tags("what they really wrote"), html.text(found.truths[n])))
    outcome = best.outcomes[n] if best.outcomes else None
    prompt = outcome.calls[-1].prompt.render().text if outcome and outcome.calls else ""
    gain = found.column(best, metric)[n] - found.column(base, metric)[n]
    return html.card(
        html.tags(f"{gain:+.3f}", request.user, about),
        f'<div class="columns">{"".join(boxes)}</div>',
        html.folded("the last prompt", html.pre(prompt)) if prompt else "",
    )


def _failed(found: Comparison, n: int, arm: Arm) -> str:
    failure = arm.outcomes[n].failure if arm.outcomes else None
    why = f"{failure.kind}: {failure.message}" if failure else arm.failed[n]
    return html.card(html.tags("failed", found.requests[n].user), html.note(why))


def _all_metrics(found: Comparison) -> str:
    head = ("method", *(m.name for m in found.metrics))
    rows = []
    for arm in found.arms:
        cells = []
        for metric in found.metrics:
            score = found.score(arm, metric.name)
            value = _figure(found.score(arm, metric.name).value)
            cells.append(f"{value} {_interval(score.low, score.high)}" if score.rows else value)
        rows.append((arm.name, *cells))
    sources = html.listed(f"{m.name}: {m.source}" for m in found.metrics)
    return html.section("All metrics", html.table(head, rows), html.folded("sources", sources))


def _figure(value: float, digits: int = 4) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "–"


def _interval(low: float, high: float, *, sign: bool = False) -> str:
    form = "+.4f" if sign else ".4f"
    return f"[{low:{form}}, {high:{form}}]" if math.isfinite(low) else "–"
