"""What a judge can be trusted with: it is examined on cases whose truth is known.

Everything is measured as the share of decided pairs that went one way, with an interval clustered
by person. A judge of single texts prefers what it gives the higher mark. Pairs without a verdict
are counted apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from idiolect.measure.judge import Prefers, judged, preferred
from idiolect.measure.rates import Rate, rate
from idiolect.roles import Judge
from idiolect.run.planted import LONGER, WRONG, Case

Kind = Literal["bias", "ability", "steadiness"]
Status = Literal["good", "weak", "bad", "unknown"]
#: Coverage of all intervals, so that several of them seldom find something where nothing is.
LEVEL = 0.99
#: An ability is trusted where even the lower end of its interval is as high.
ENOUGH = 0.75
#: Marks of a judge of single texts that count as the same when it is asked again.
SAME = 0.05

#: Test → what a share of 1 would mean.
MEANS: Mapping[str, str] = {
    "order": "it always says the first of two",
    "length": "it always prefers the text with sentences that say nothing",
    "verbosity": "it always prefers the same content in more words",
    "wrong user": "it always tells the user's text from another person's on the same thing",
    "other item": "it always tells the right text from the user's text on something else",
    "negated": "it always tells the right text from one that says the opposite",
    "empty praise": "it always tells the right text from praise without content",
    "consistency": "the two orders of a pair always lead to the same answer",
    "repeatability": "it always says the same when it is asked again",
}


@dataclass(frozen=True)
class Finding:
    """What one test found.

    Attributes:
        test: A name in `MEANS`.
        kind: A bias should be ½ or less, an ability and a steadiness 1.
        rate: How often.
    """

    test: str
    kind: Kind
    rate: Rate

    @property
    def status(self) -> Status:
        """`good`: no bias found, or an ability to rely on; `unknown`: too few verdicts."""
        low, high = self.rate.low, self.rate.high
        if np.isnan(low):
            return "unknown"
        if self.kind == "bias":
            return "bad" if low > 0.5 or (self.test == "order" and high < 0.5) else "good"
        if low >= ENOUGH:
            return "good"
        chance = 0.5 if self.kind == "ability" else ENOUGH
        return "weak" if (low if self.kind == "ability" else self.rate.value) > chance else "bad"

    @property
    def said(self) -> str:
        """The finding as a sentence."""
        share, low, high = (f"{v:.0%}" for v in (self.rate.value, self.rate.low, self.rate.high))
        if self.status == "unknown":
            return f"Not known: {self.rate.cases} verdicts, {self.rate.failures} failures."
        if self.kind == "bias" and self.status == "good":
            return f"No such bias was found; up to {high} cannot be excluded."
        if self.test == "order":
            place = "first" if self.rate.low > 0.5 else "second"
            return f"It favours the {place} place: the first is said in {share} of the answers."
        if self.kind == "bias":
            return f"It favours more words with the same content, in {share} of the pairs."
        words = {
            "good": f"Reliable: {share}, at least {low}.",
            "weak": f"Not shown to be reliable: {share}, perhaps only {low}.",
            "bad": f"Not to be told from guessing, or worse: {share}."
            if self.kind == "ability"
            else f"No: only {share}.",
        }
        return words[self.status]


@dataclass(frozen=True)
class Audited:
    """What an audit found.

    Attributes:
        findings: One a test.
        failures: Why some pairs have no verdict, one reason each.
        notes: What was not tested, and why.
    """

    findings: tuple[Finding, ...]
    failures: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def biases(self) -> tuple[str, ...]:
        """The biases that were found."""
        return self._named("bias", "bad")

    @property
    def trusted(self) -> tuple[str, ...]:
        """The abilities to rely on."""
        return self._named("ability", "good")

    def _named(self, kind: Kind, *status: Status) -> tuple[str, ...]:
        return tuple(f.test for f in self.findings if f.kind == kind and f.status in status)

    def finding(self, test: str) -> Finding:
        """The finding of a test."""
        return next(f for f in self.findings if f.test == test)

    @property
    def verdict(self) -> str:
        """What the judge can and cannot be trusted with, in words."""
        weak, bad = self._named("ability", "weak"), self._named("ability", "bad")
        shaky = self._named("steadiness", "weak", "bad")
        unknown = tuple(f.test for f in self.findings if f.status == "unknown")
        parts = [
            _listed("It can be trusted to tell the right text from these", self.trusted),
            _listed("Better than guessing, but not shown to be reliable", weak),
            _listed("It cannot be trusted to tell it from these", bad),
            _listed("Biases found", self.biases) or "None of the biases was found.",
            _listed("Not steady", shaky),
            _listed("Not known, as too few verdicts came back", unknown),
        ]
        if self.failures:
            parts.append(f"Pairs without a verdict, counted apart: {len(self.failures)}.")
        return " ".join(part for part in parts if part)


def _listed(what: str, names: Sequence[str]) -> str:
    return f"{what}: {', '.join(names)}." if names else ""


@dataclass(frozen=True)
class _Answer:
    """What came of one case.

    Attributes:
        share: Of `a`: 1, 0, or ½ for a tie and where two orders disagree; NaN without a verdict.
        said: Share of `a` in each order, or the two marks.
        why: Why there is no verdict.
    """

    share: float
    said: tuple[float, ...] = ()
    why: str = ""


def audit_pairs(
    judge: Prefers, cases: Sequence[Case], again: Prefers | None = None, *, threads: int = 8
) -> Audited:
    """Examines a judge of two texts.

    Args:
        judge: The judge.
        cases: What `planted` made.
        again: The same judge, asked a second time without being shown its first answers; None
            leaves out repeatability.
        threads: Pairs at once.

    Raises:
        CapabilityError: The model cannot judge.
    """
    found, users = _pairs(judge, cases, threads), _users(cases)
    more, notes = [], []
    if any(len(one.said) == 2 for one in found):
        first = [_mean(one.said[0], 1 - one.said[1]) if one.said else _NAN for one in found]
        agree = [float(one.said[0] == one.said[1]) if one.said else _NAN for one in found]
        more = [
            Finding("order", "bias", rate(np.array(first), users, LEVEL)),
            Finding("consistency", "steadiness", rate(np.array(agree), users, LEVEL)),
        ]
    else:
        notes.append("Order was not tested: no pair was asked in both orders.")
    second = None if again is None else _pairs(again, cases, threads)
    return _audited(cases, found, second, more, notes)


def audit_marks(
    judge: Judge, cases: Sequence[Case], again: Judge | None = None, *, threads: int = 8
) -> Audited:
    """Examines a judge of single texts: it prefers the one of two that it gives the higher mark.

    Args:
        judge: The judge.
        cases: What `planted` made.
        again: As for `audit_pairs`.
        threads: Texts at once.

    Raises:
        CapabilityError: The model cannot judge.
    """
    found = _marks(judge, cases, threads)
    second = None if again is None else _marks(again, cases, threads)
    notes = ["Order was not tested: the judge sees one text at a time."]
    return _audited(cases, found, second, [], notes)


_NAN = float("nan")


def _audited(
    cases: Sequence[Case],
    found: Sequence[_Answer],
    second: Sequence[_Answer] | None,
    more: Sequence[Finding],
    notes: Sequence[str],
) -> Audited:
    users, tests = _users(cases), np.array([case.test for case in cases])
    share = np.array([one.share for one in found])
    findings = list(more)
    for test in (*LONGER, *WRONG):
        at = tests == test
        if test in LONGER:
            findings.append(Finding(test, "bias", rate(1 - share[at], users[at], LEVEL)))
        else:
            findings.append(Finding(test, "ability", rate(share[at], users[at], LEVEL)))
    if second is None:
        notes = [*notes, "Repeatability was not tested: the judge was asked once."]
    else:
        same = np.array([_same(one, other) for one, other in zip(found, second, strict=True)])
        findings.append(Finding("repeatability", "steadiness", rate(same, users, LEVEL)))
    findings.sort(key=lambda finding: list(MEANS).index(finding.test))
    return Audited(tuple(findings), tuple(one.why for one in found if one.why), tuple(notes))


def _users(cases: Sequence[Case]) -> NDArray[np.str_]:
    return np.array([case.view.request.user for case in cases])


def _mean(*values: float) -> float:
    return sum(values) / len(values)


def _same(one: _Answer, other: _Answer) -> float:
    """Whether two answers are the same; NaN where one is missing."""
    if not one.said or not other.said:
        return _NAN
    return float(np.allclose(one.said, other.said, rtol=0, atol=SAME))


def _pairs(judge: Prefers, cases: Sequence[Case], threads: int) -> list[_Answer]:
    rows = [(case.view, case.a, case.b, case.reference) for case in cases]
    shares = {"a": 1.0, "b": 0.0, "tie": 0.5}
    made = []
    for one in preferred(judge, rows, threads=threads).preferences:
        said = tuple(shares[word] for word in one.said)
        failed = one.result is None
        made.append(_Answer(_NAN, why=one.why) if failed else _Answer(_mean(*said), said))
    return made


def _marks(judge: Judge, cases: Sequence[Case], threads: int) -> list[_Answer]:
    """Each text is asked for once, in however many pairs it stands."""
    rows = {
        (case.reference.id, text): (case.view, text, case.reference)
        for case in cases
        for text in (case.a, case.b)
    }
    marks = dict(zip(rows, judged(judge, rows.values(), threads=threads).verdicts, strict=True))
    made = []
    for case in cases:
        a, b = (marks[case.reference.id, text] for text in (case.a, case.b))
        if a.value is None or b.value is None:
            made.append(_Answer(_NAN, why=a.why if a.value is None else b.why))
        else:
            share = 0.5 if a.value == b.value else float(a.value > b.value)
            made.append(_Answer(share, (a.value, b.value)))
    return made
