"""A readable user model: claims with evidence, their history, a summary, texts to show.

A profile never changes: every change gives a new one, whose history says what was before, and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from sys import intern
from typing import TYPE_CHECKING, Any, ClassVar

from idiolect.data import Events
from idiolect.difference import Difference
from idiolect.errors import DataError, UnknownNameError
from idiolect.lm import Entry
from idiolect.profile.as_json import AsJson
from idiolect.profile.claim import STRICT, Claim, grounded
from idiolect.profile.history import Change, Kind, forgotten
from idiolect.profile.sensitive import sensitive

if TYPE_CHECKING:
    from idiolect.profile.schema import Schema

#: What was done, the id of the claim, and the claim as it was.
_Step = tuple[Kind, str, Claim | None]
#: Fields of a claim that a revision may not touch.
_FIXED = ("id", "version")


@dataclass(frozen=True)
class Profile(AsJson):
    """A user model in words.

    Attributes:
        user: Whose.
        summary: What a prompt is told; empty where nothing is worth saying.
        claims: Single beliefs, most distinctive first.
        differences: What sets the user apart, as it was found.
        examples: Own texts that a prompt may show, best first.
        notes: What limits it.
        sources: Ids of events that the summary was made from, beside those of the other parts.
        version: How many times it was changed.
        history: Every change, oldest first.
    """

    user: str
    summary: str = ""
    claims: tuple[Claim, ...] = ()
    differences: tuple[Difference, ...] = ()
    examples: tuple[Entry, ...] = ()
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    version: int = 0
    history: tuple[Change, ...] = field(default=(), repr=False)
    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids of the events that it was made from, each once."""
        ids = [
            *(event for entry in self.examples for event in entry.events),
            *(event for claim in self.claims for event in claim.evidence),
            *(event for found in self.differences for event in found.evidence),
            *self.sources,
        ]
        return tuple(dict.fromkeys(ids))

    def claim(self, name: str) -> Claim:
        """The claim of an id.

        Raises:
            UnknownNameError: There is none.
        """
        found = next((claim for claim in self.claims if claim.id == name), None)
        if found is None:
            raise UnknownNameError("claim", name, [claim.id for claim in self.claims])
        return found

    def current(self, at: datetime | None = None) -> tuple[Claim, ...]:
        """The claims that may be used, at a time or now."""
        return tuple(claim for claim in self.claims if claim.holds(at))

    def attributes(self, at: datetime | None = None) -> dict[str, tuple[Any, ...]]:
        """Attribute → its values, of the claims that may be used."""
        found: dict[str, tuple[Any, ...]] = {}
        for claim in self.current(at):
            if claim.attribute:
                found[claim.attribute] = (*found.get(claim.attribute, ()), claim.value)
        return found

    def past(self, name: str) -> tuple[Claim, ...]:
        """Every earlier form of a claim, oldest first."""
        return tuple(
            change.before
            for change in self.history
            if change.claim == name and change.before is not None
        )

    def add(
        self,
        claims: Iterable[Claim],
        reason: str,
        *,
        by: Iterable[str] = (),
        at: datetime | None = None,
        among: Events | None = None,
    ) -> Profile:
        """With further claims, each given an id.

        Args:
            claims: New ones.
            reason: Why.
            by: Ids of claims because of which, as in `Change`.
            at: When.
            among: The user's events: every span must occur there.

        Raises:
            DataError: A claim cites an event that is not there, or words that do not occur.
        """
        new = list(claims)
        if among is not None:
            _, refused = grounded(new, among)
            if refused:
                raise DataError(
                    f"Found {len(refused)} of {len(new)} claims without evidence: {refused[0]}. "
                    "Cite the user's own events and words that occur there; `grounded` keeps "
                    "those that do."
                )
        named = self.named(new)
        steps: list[_Step] = [("added", claim.id, None) for claim in named]
        return self._changed((*self.claims, *named), steps, reason, by, at)

    def revise(
        self,
        name: str,
        reason: str,
        *,
        by: Iterable[str] = (),
        at: datetime | None = None,
        **changes: Any,
    ) -> Profile:
        """With another form of a claim, under the same id.

        Args:
            name: Its id.
            reason: Why.
            by: Ids of claims because of which, as in `Change`.
            at: When.
            **changes: Fields of `Claim`.

        Raises:
            UnknownNameError: There is no such claim.
            DataError: A field cannot be changed, or makes no claim.
        """
        return self._with(name, "revised", reason, by, at, changes)

    def correct(
        self, name: str, text: str, *, at: datetime | None = None, **changes: Any
    ) -> Profile:
        """With a claim as the user puts it; it is believed, and no inference overrules it.

        Of an attribute the value changes with the words. The summary stays: see `told_again`.

        Args:
            name: Its id.
            text: The user's words; of an attribute such as ``home: Oslo``.
            at: When; from then on it is as current as what was learned then.
            **changes: Further fields of `Claim`.

        Raises:
            UnknownNameError: There is no such claim.
            DataError: The words do not give the attribute's value.
        """
        old = self.claim(name)
        fixed: dict[str, Any] = {
            "text": text,
            "status": "corrected",
            "confidence": 1.0,
            "sensitive": sensitive(text) or old.sensitive,
            "distinctiveness": None,  # that of other words
            "learned_at": at or old.learned_at,
        }
        if old.attribute and "value" not in changes:
            fixed["value"] = old.reads(text)
        return self._with(name, "corrected", "corrected by the user", (), at, fixed | changes)

    def suppress(self, name: str, *, at: datetime | None = None) -> Profile:
        """With a claim that is not to be used, nor believed anew.

        The summary stays: see `told_again`.

        Raises:
            UnknownNameError: There is no such claim.
        """
        return self._with(
            name, "suppressed", "suppressed by the user", (), at, {"status": "suppressed"}
        )

    def end(self, name: str, reason: str, *, by: Iterable[str] = (), at: datetime) -> Profile:
        """With a claim that no longer holds from a time on; it stays as what was.

        Raises:
            UnknownNameError: There is no such claim.
            DataError: It began later.
        """
        return self._with(name, "ended", reason, by, at, {"valid_to": at})

    def replaced(
        self,
        names: Sequence[str],
        claims: Iterable[Claim],
        reason: str,
        *,
        by: Iterable[str] = (),
        at: datetime | None = None,
    ) -> Profile:
        """With some claims in place of others, whose last form the history keeps.

        The first new claim keeps the id of the first old one.

        Raises:
            UnknownNameError: There is no such claim.
        """
        old, new = [self.claim(name) for name in dict.fromkeys(names)], list(claims)
        gone = {claim.id for claim in old}
        head = [replace(c, id=old[0].id, version=old[0].version + 1) for c in new[:1] if old]
        rest = self.named(new[len(head) :])
        steps: list[_Step] = [("replaced", c.id, c) for c in old]
        steps += [("added", claim.id, None) for claim in rest]
        kept = (claim for claim in self.claims if claim.id not in gone)
        return self._changed((*kept, *head, *rest), steps, reason, by, at)

    def forget(self, events: Iterable[str]) -> Profile:
        """As if some events had never been: what rests on nothing else is gone, also from history.

        Words that were made from several events cannot be taken apart: a summary made from any of
        them, or of claims that rest on them, is emptied, and a claim that was put in other words
        goes back to those that it was made from, as far as they rest on what is left. What ended
        because a claim that is gone contradicted it holds again. The history says which claims
        this changed, not what they were.
        """
        gone, version = set(events), self.version + 1
        claims, history = forgotten(self.claims, self.history, gone, version)
        known = {*self.evidence, *(e for s in self.history if s.before for e in s.before.evidence)}
        return replace(
            self,
            summary="" if gone & known else self.summary,
            claims=claims,
            differences=tuple(d for d in self.differences if not gone.intersection(d.evidence)),
            examples=tuple(e for e in self.examples if not gone.intersection(e.events)),
            sources=tuple(event for event in self.sources if event not in gone),
            version=version,
            history=history,
        )

    def verify(self, own: Events) -> Profile:
        """Itself, if every span of every claim occurs in the user's events.

        Raises:
            DataError: One does not.
        """
        cited = [claim for claim in self.claims if claim.spans]
        _, refused = grounded(cited, own)
        if refused:
            raise DataError(
                f"Found {len(refused)} of {len(cited)} claims about {self.user!r} without "
                f"evidence: {refused[0]}. Correct or suppress them, or bring the events."
            )
        return self

    def diff(self, later: Profile) -> tuple[Change, ...]:
        """What changed since, claim by claim: the last step of each that differs.

        Raises:
            DataError: It is another user's.
        """
        self._same(later)
        before = {claim.id: claim for claim in self.claims}
        after = {claim.id: claim for claim in later.claims}
        steps = {change.claim: change for change in later.history}
        return tuple(
            replace(steps[name], before=before.get(name))
            if name in steps
            else Change(later.version, "forgotten", name, "forgotten")
            for name in dict.fromkeys([*before, *after])
            if before.get(name) != after.get(name)
        )

    def merge(
        self, other: Profile, reason: str = "merged", *, schema: Schema | None = None
    ) -> Profile:
        """With what another profile of the same user believes; see `merged`.

        Raises:
            DataError: It is another user's.
        """
        from idiolect.profile.merge import merged  # which builds on profiles

        self._same(other)
        return merged(self, other, reason, schema)

    def named(self, claims: Sequence[Claim]) -> list[Claim]:
        """Claims under ids that were never given."""
        ever = {claim.id for claim in self.claims}
        ever.update(name for change in self.history for name in (change.claim, *change.by))
        first = 1 + max((int(name[1:]) for name in ever if name[1:].isdigit()), default=0)
        # Every profile has a `c1`: one string for all.
        return [replace(c, id=intern(f"c{n}"), version=1) for n, c in enumerate(claims, first)]

    def _same(self, other: Profile) -> None:
        if other.user != self.user:
            raise DataError(
                f"Found profiles of {self.user!r} and {other.user!r}; two of one user are needed."
            )

    def _with(
        self,
        name: str,
        kind: Kind,
        reason: str,
        by: Iterable[str],
        at: datetime | None,
        changes: Mapping[str, Any],
    ) -> Profile:
        old = self.claim(name)
        known = [field for field in Claim.__dataclass_fields__ if field not in _FIXED]
        for each in changes:
            if each not in known:
                raise UnknownNameError("field of a claim that can be changed", each, known)
        new = replace(old, **changes, version=old.version + 1)
        claims = tuple(new if claim.id == name else claim for claim in self.claims)
        return self._changed(claims, [(kind, name, old)], reason, by, at)

    def _changed(
        self,
        claims: tuple[Claim, ...],
        steps: Sequence[_Step],
        reason: str,
        by: Iterable[str],
        at: datetime | None,
    ) -> Profile:
        if not steps:
            return self
        version = self.version + 1
        ids = tuple(by)
        made = (Change(version, kind, name, reason, at, old, ids) for kind, name, old in steps)
        return replace(self, claims=claims, version=version, history=(*self.history, *made))


#: A profile and new claims in, the profile that believes them as well out: how memory is kept.
Update = Callable[[Profile, Sequence[Claim]], Profile]
