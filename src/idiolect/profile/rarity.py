"""How rare is what a sentence says? The user's texts against other people's; no language model.

Terms are words, pairs of words and runs of characters. Three figures, each 0..1, make the value:

- *rather*: would the user rather than others write this? With c_p a person's counts of terms, N_p
  their sum and q the terms' usual shares, the n terms of a sentence give

      d(o) = Σ log[ (c_u + μ·q) / (N_u + μ) · (N_o + μ) / (c_o + μ·q) ] / √n

  for the user u against another person o; terms that both have, or neither, drop out. The figure is
  σ((mean d + least d) / 4), over all others and against the nearest one; with few others nearer .5.
- *rare*: which part of the sentence the user's texts bear out, terms weighted by how few people's
  conversations have them. What everybody writes weighs nothing. Terms that nobody has ever written
  are mostly the wording of the claim: they count a quarter.
- *program*: which part of it the user never wrote, but an assistant or a system did to the user.

The value is (rather² · rare · (1 − program)⁴)^(1/6), and 0 for what most others say or where only
names and numbers vary in what several say. The powers were chosen on half of the authors
of a data set and on planted facts, such that .5 is where keeping starts to pay:
`results/difference_filter.json`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Events, Snapshot, View
from idiolect.errors import SettingError
from idiolect.measure.text import Text
from idiolect.profile.crowd import (
    KINDS,
    Crowd,
    by_programs,
    each,
    template,
    together,
    word_table,
    words_of,
)
from idiolect.profile.extract import learnable

Floats = NDArray[np.float64]

#: What terms count that neither a person nor a program has written.
_UNHEARD = 0.25


@dataclass(frozen=True)
class Rarity:
    """What is known of one sentence.

    Attributes:
        text: The sentence.
        value: 0..1, how rare it is and how much the user's; None where there was nobody to compare
            with, or nothing to read.
        rather: Would the user write this rather than others? .5 is anybody.
        rare: Part of its rarity that the user's texts bear out.
        program: Part of it that programs wrote to the user, and the user did not.
        people: Others compared with.
        closer: Those of them whose texts support it at least as well as the user's.
        said_by: Those of them with a sentence that says it.
        seen: Their sentences with the same words where only names, numbers and quotes differ.
        nearest: The other people's sentence that says most of it; empty for none.
        event: Id of the event with that sentence.
        note: Why it has no value, or why no higher one; else empty.
    """

    text: str
    value: float | None = None
    rather: float = 0.5
    rare: float = 0.0
    program: float = 0.0
    people: int = 0
    closer: int = 0
    said_by: int = 0
    seen: int = 0
    nearest: str = ""
    event: str = ""
    note: str = ""

    @property
    def reason(self) -> str:
        """What the value rests on, in words and figures."""
        if self.value is None:
            return self.note
        parts = [
            f"said by {self.said_by} of {self.people} others",
            f"{self.closer} of them have texts that support it as well",
            f"{self.rare:.0%} of what could be rare is in the user's texts",
        ]
        if self.program:
            parts.append(f"{self.program:.0%} is only in an assistant's or a system's")
        if self.seen:
            parts.append(f"others have its template {self.seen} times")
        return f"{self.value:.2f}: " + "; ".join([*parts, *filter(None, [self.note])])


@dataclass(frozen=True)
class Rarities:
    """Measures how rare among other people is what sentences say; see the module for how.

    Only what was there before the request is read: the user's own events, and the public events of
    the snapshot. What programs put in (columns `recalled` and `injected`) is read as nobody's.

    Args:
        people: Others at most, drawn once for each snapshot.
        texts: Latest texts of each other person that are read; of the user all are, because a claim
            may rest on an old one.
        at_least: Texts that another person needs to be compared with.
        on_items: Compare only with others' texts on things that the user wrote about too: what is
            rare among those who know the subject.
        smoothing: μ, in what a person wrote on average.
        even: Others without an opinion that are added: with few others `rather` stays near .5.
        alike: Share of the weight of a sentence's words that another sentence needs to say it.
        common: What more than this share of the others say is everybody's.
        templates: Other people with the same template from which a sentence is nobody's own.
        repeats: Sentences in one call with the same template, in which something varies, from which
            they are a form that is filled in. For sentences cut from texts; None, never, for
            claims, whose wording repeats anyway.
        seed: Of the draw of people.

    Raises:
        SettingError: A setting is out of its range.
    """

    people: int = 50
    texts: int = 200
    at_least: int = 3
    on_items: bool = False
    smoothing: float = 0.5
    even: float = 1.0
    alike: float = 0.6
    common: float = 0.5
    templates: int = 2
    repeats: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("people", "texts", "at_least", "templates"):
            if getattr(self, name) < 1:
                raise SettingError(f"Found {name}={getattr(self, name)!r}; give at least 1.")
        if self.repeats is not None and self.repeats < 2:
            raise SettingError(f"Found repeats={self.repeats!r}; give at least 2, or None.")
        if not (self.smoothing > 0 and self.even >= 0):
            raise SettingError(
                f"Found smoothing={self.smoothing!r} and even={self.even!r}; give a share above 0 "
                "and a number from 0 up."
            )
        for name in ("alike", "common"):
            if not 0 < getattr(self, name) <= 1:
                raise SettingError(
                    f"Found {name}={getattr(self, name)!r}; give a share above 0, up to 1."
                )

    def __call__(self, sentences: Sequence[str], view: View) -> tuple[Rarity, ...]:
        """One a sentence, in their order.

        Args:
            sentences: Of the language that people write, about the user or by the user.
            view: What may be known.
        """
        if not sentences:
            return ()
        crowd = self._at(view.snapshot(), view)
        # Whoever's texts count as own (a control may give another's) is no other.
        own = {view.request.user, *view.own.users}
        others = np.array([person not in own for person in crowd.people], dtype=bool)
        mine = learnable(view.own)
        if not others.any():
            return tuple(Rarity(text, note="nobody to compare with") for text in sentences)
        if not len(mine):
            return tuple(Rarity(text, note="the user wrote nothing yet") for text in sentences)
        weighed = self._weighed(sentences, crowd, others, view)
        cover = _cover(sentences, crowd, others, words_of(mine))
        forms = Counter(form for text in sentences if (form := _filled_in(text)))
        return tuple(
            self._rarity(text, at, weighed, cover[at], crowd, others, forms[_filled_in(text)])
            for at, text in enumerate(sentences)
        )

    def _rarity(
        self,
        text: str,
        at: int,
        weighed: _Weighed,
        cover: Floats,
        crowd: Crowd,
        others: NDArray[np.bool_],
        filled: int,
    ) -> Rarity:
        """What was weighed and found of one sentence.

        Args:
            text: It.
            at: Its number.
            weighed: Of all.
            cover: How much of it each of the others' sentences says.  # (sentences of others,)
            crowd: The others.
            others: Which of the crowd they are.
            filled: Sentences of the same template, where it is a form.
        """
        apart, n = weighed.apart[:, at], int(others.sum())
        if not weighed.terms[at]:
            return Rarity(text, note="it has no word to compare")
        tempered = (apart.mean() + apart.min()) / 4 * n / (n + self.even)
        rather = float(1 / (1 + np.exp(-np.clip(tempered, -50, 50))))
        rare, program = float(weighed.rare[at]), float(weighed.program[at])
        value, note = (rather**2 * rare * (1 - program) ** 4) ** (1 / 6), ""
        said_by = len(np.unique(crowd.owner[cover >= self.alike]))
        if said_by > self.common * (n + self.even):
            value, note = 0.0, "most others say it"
        seen, writers = crowd.seen(text, others)
        if writers >= self.templates:
            value, note = 0.0, f"a template of {writers} others"
        if self.repeats is not None and filled >= self.repeats:
            value, note = 0.0, f"a form that is filled in {filled} times"
        best = int(cover.argmax())
        near = bool(cover[best] > 0)
        return Rarity(
            text=text,
            value=round(value, 4),
            rather=round(rather, 4),
            rare=round(rare, 4),
            program=round(program, 4),
            people=n,
            closer=int((apart <= 0).sum()),
            said_by=said_by,
            seen=seen,
            nearest=crowd.sentences[best] if near else "",
            event=crowd.where[best] if near else "",
            note=note,
        )

    def _weighed(
        self, sentences: Sequence[str], crowd: Crowd, others: NDArray[np.bool_], view: View
    ) -> _Weighed:
        mine = together(words_of(learnable(view.own)))
        heard_by_me = together(words_of(by_programs(view.heard)))
        rows = np.flatnonzero(others)
        n = len(rows)
        most = np.log((1 + n) / 0.5)  # weight of a term that nobody else has
        apart = np.zeros((n, len(sentences)))
        terms, whole, rare, program = np.zeros((4, len(sentences)))
        for kind, asked in enumerate(each(sentences)):
            columns = np.unique(asked.indices)
            size = np.asarray(asked.sum(axis=1)).ravel()
            times = asked[:, columns].toarray()
            scale = (KINDS[kind] / np.sqrt(np.maximum(size, 1)))[:, None]
            own, wrote = mine[kind][:, columns].toarray()[0], mine[kind].sum()
            theirs = crowd.counts[kind][rows]
            has, amounts = theirs[:, columns].toarray(), np.asarray(theirs.sum(axis=1))
            total = wrote + amounts.sum()
            mu, usual = self.smoothing * total / (1 + n), has.sum(axis=0) + own
            usual = (usual + 0.5) / (total + 0.5 * crowd.different[kind])
            logs = np.log((own + mu * usual) / (wrote + mu))
            apart += (logs - np.log((has + mu * usual) / (amounts.reshape(-1, 1) + mu))) @ (
                times * scale
            ).T
            machine = crowd.told[kind][rows][:, columns].toarray()
            told = heard_by_me[kind][:, columns].toarray()[0]
            heard = ((has > 0) | (machine > 0)).sum(axis=0)
            weight = np.log((1 + n) / (heard + 0.5)).clip(0)
            weight[(heard == 0) & (own == 0) & (told == 0)] *= _UNHEARD
            once = np.where(times > 0, scale, 0.0)
            terms += size
            whole += once @ weight
            rare += once @ (weight**2 * (own > 0)) / most
            program += once @ (weight * ((own == 0) & (told > 0)))
        whole = np.maximum(whole, 1e-9)
        return _Weighed(apart, np.minimum(rare / whole, 1), program / whole, terms)

    def _at(self, snapshot: Snapshot, view: View) -> Crowd:
        """The others at a snapshot; kept, unless only some things count."""
        if self.on_items:
            known = _everything(snapshot)
            items = {item for item in view.own.items if item is not None}
            return self._crowd(known.take(n for n, item in enumerate(known.items) if item in items))
        drawn = (Crowd, self.people, self.texts, self.at_least, self.seed)
        return snapshot.once(drawn, lambda snapshot: self._crowd(_everything(snapshot)))

    def _crowd(self, events: Events) -> Crowd:
        # One more than wanted, because the user may be among them.
        return Crowd.of(
            events,
            people=self.people + 1,
            texts=self.texts,
            at_least=self.at_least,
            seed=self.seed,
        )


@dataclass(frozen=True)
class _Weighed:
    """Figures of sentences.

    Attributes:
        apart: d of the user against each other.  # (others, sentences)
        rare: See the module.  # (sentences,)
        program: See the module.
        terms: How many each has.
    """

    apart: Floats
    rare: Floats
    program: Floats
    terms: Floats


def _everything(snapshot: Snapshot) -> Events:
    """What people wrote, and what programs wrote to them."""
    return snapshot.events.join(snapshot.heard)


def _filled_in(text: str) -> str:
    """The template of a sentence in which something varies; empty for others."""
    form = template(text)
    return form if form != " ".join(Text(text).lower) else ""


def _cover(
    sentences: Sequence[str], crowd: Crowd, others: NDArray[np.bool_], mine: Sequence[str]
) -> Floats:
    """Share of each sentence's weight of words that each of the crowd's sentences has.

    Words that neither the user nor anybody else has ever written are wording, and do not count.

    Returns:
        0 for sentences of people who are no others.  # (sentences, crowd's sentences)
    """
    asked = word_table(sentences)
    columns = np.unique(asked.indices)
    words = crowd.words[:, columns].tocsc()
    starts = words.indptr
    known = [len(np.unique(crowd.owner[words.indices[a:b]])) for a, b in pairwise(starts)]
    weight = np.log1p(len(crowd.people) / (np.array(known) + 0.5))
    weight[(np.array(known) == 0) & ~np.isin(columns, word_table(mine).indices)] = 0
    weighted = asked[:, columns].toarray() * weight
    cover: Floats = (words @ weighted.T).T / np.maximum(weighted.sum(axis=1), 1e-9)[:, None]
    cover[:, ~others[crowd.owner]] = 0
    return cover
