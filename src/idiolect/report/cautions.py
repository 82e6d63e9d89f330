"""What a reader of a comparison must know before its figures, and what forbids to believe them."""

from __future__ import annotations

from idiolect.run.comparison import Comparison
from idiolect.words import many

FLOOR = (
    "The model is the LLM-free floor “extractive”: these figures show that the pipes are right. "
    "They are not the quality of any method, and they do not carry over to a language model."
)
UNCONTROLLED = (
    "{methods} gained over {first} without the control of a wrong user's history: the gain may "
    "come from showing any history at all. Do not report it before running with --controls."
)
LEAKED = (
    "{method} read the future: {late} of the {shown} events that its prompts showed were not to be "
    "seen at the request, for example {event!r} for {example!r}. Its figures do not count."
)
ONE_USER = (
    "All requests are one user's: there is no interval and no test, as nothing says how users "
    "differ."
)
#: A method that failed on more of the requests than this is marked.
MANY = 0.05


def lead(found: Comparison) -> str:
    """What was compared, in a line."""
    users, first = len(set(found.users)), found.metrics[0]
    shown = "as in the authors' code" if found.benchmark.published else "cut at each request"
    direction = f"; lower {first.name} is better" if first.higher_is_better is False else ""
    # What was not run here is not known to have seen the same.
    ran = all(arm.outcomes is not None for arm in found.arms)
    views = f"; every method saw the same views, {shown}" if ran else ""
    return (
        f"{found.benchmark.name}: {many(len(found.requests), 'request')} of "
        f"{many(users, 'user')}; model {found.lm}{views}{direction}."
    )


def alarms(found: Comparison) -> list[str]:
    """What forbids to believe the figures: shown in red."""
    said = []
    metric = found.metrics[0].name
    if bare := found.uncontrolled(metric):
        said.append(UNCONTROLLED.format(methods=", ".join(bare), first=found.methods[0]))
    for method, seen in found.canaries.items():
        if seen.late:
            one = seen.leaks[0]
            said.append(
                LEAKED.format(
                    method=method,
                    late=seen.late,
                    shown=seen.shown,
                    event=one.event,
                    example=one.example,
                )
            )
    return said


def notes(found: Comparison) -> list[str]:
    """What a reader must know before the figures."""
    said = []
    if "extractive" in found.lm.split(", "):
        said.append(FLOOR)
    if len(set(found.users)) == 1:
        said.append(ONE_USER)
    for name, why in found.unjudged.items():
        if why:
            said.append(
                f"The judge gave no mark to {len(why)} of {len(found.requests)} answers of {name}; "
                f"they do not count. The first: {why[0]}"
            )
    said += found.benchmark.notes
    for arm in found.arms:
        failed = arm.unanswered
        if failed > MANY * len(found.requests):
            kinds = ", ".join(f"{n} {kind}" for kind, n in arm.failures.most_common())
            said.append(
                f"{arm.name} failed on {failed} of {len(found.requests)} requests"
                f"{f' ({kinds})' if kinds else ''}. Its mean rests on the others; compare with "
                "care: the requests that it failed on may be the hard ones."
            )
    return said
