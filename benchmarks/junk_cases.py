"""Candidates for a profile whose source is known: what the difference filter is measured on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
import polars as pl

from idiolect.data import Event, Population, View
from idiolect.measure import Text
from idiolect.measure.text import FUNCTION_WORDS
from idiolect.profile.crowd import template
from idiolect.profile.rarity import Rarities
from idiolect.testing.mixed import Wording, mixed

AHEAD, MOST, LEAST_WORDS, SEED = 30, 60, 4, 20
#: Sentences are cut from texts, where forms are filled in; claims are worded alike anyway.
CLAIMS, SENTENCES = Rarities(), Rarities(repeats=3)
MADE = (
    "Merge branch '{code}/{area}' into next",
    "Merge remote-tracking branch 'origin/{area}'",
    "Signed-off-by: {code} <{code}@example.org>",
    "Reviewed-by: {other} <{other}@example.org>",
    "(cherry picked from commit {sha})",
    "This reverts commit {sha}.",
    "Conflicts: {path}/{area}.c",
    "Cc: {other} <{other}@example.org>",
    "See {sha} ({area}: clean up, 2020-03-02) for details.",
    "Link: https://example.org/list/{sha}@{code}",
)


@dataclass(frozen=True, eq=False)
class Case:
    """Candidates for one user's profile.

    Attributes:
        user: Whose.
        view: What the filter may read.
        texts: The candidates.
        kinds: Where each is from; others' with the name.
        right: The kind that is worth keeping.
        measure: How rarity is measured.
    """

    user: str
    view: View
    texts: tuple[str, ...]
    kinds: tuple[str, ...]
    right: str
    measure: Rarities

    def pooled(self, size: int) -> Case:
        """With every so many candidates of one kind and source as one."""
        texts, kinds, waiting = [], [], defaultdict[str, list[str]](list)
        for text, kind in zip(self.texts, self.kinds, strict=True):
            waiting[kind].append(text)
            if len(waiting[kind]) == size:
                texts.append(" ".join(waiting.pop(kind)))
                kinds.append(kind)
        return replace(self, texts=tuple(texts), kinds=tuple(kinds))

    def only(self, chosen: Callable[[str, str], bool]) -> Case:
        """With the candidates that are chosen by words and kind."""
        pairs = [p for p in zip(self.texts, self.kinds, strict=True) if chosen(*p)]
        texts, kinds = (tuple(pair[n] for pair in pairs) for n in (0, 1))
        return replace(self, texts=texts, kinds=kinds)

    def reworded(self) -> Case:
        """With only the content words of each candidate, in another order."""
        rng, texts = np.random.default_rng(SEED), []
        for text in self.texts:
            words = [word for word in Text(text).lower if word not in FUNCTION_WORDS]
            texts.append(" ".join(words[n] for n in rng.permutation(len(words))) or text)
        return replace(self, texts=tuple(texts))


def planted(wording: Wording, seeds: Sequence[int]) -> list[Case]:
    """The users of some worlds."""
    cases = []
    for seed in seeds:
        world = mixed(seed, wording=wording)
        for user in world.population.users:
            claims = world.of(user)
            texts = tuple(claim.text for claim in claims)
            kinds = tuple(claim.kind for claim in claims)
            cases.append(Case(f"{seed}/{user}", world.view(user), texts, kinds, "fact", CLAIMS))
    return cases


def sentences(body: str) -> list[str]:
    """Those of at least LEAST_WORDS words, on one line each."""
    found = (" ".join(sentence.split()) for sentence in Text(body).sentences)
    return [sentence for sentence in found if len(Text(sentence).words) >= LEAST_WORDS]


@dataclass
class Commits:
    """Messages of some authors, and candidates for the authors' profiles.

    Attributes:
        frame: The messages, oldest first.
        lines: Whether a line that programs or custom make stands at the end of each, as in
            projects that keep them; the data has hardly any.
    """

    frame: pl.DataFrame
    lines: bool = False

    def __post_init__(self) -> None:
        self.rows = self.frame.to_dicts()
        self.sentences = [sentences(row["body"]) for row in self.rows]
        rng = np.random.default_rng(SEED)
        self.made = [self._made(row, int(rng.integers(len(MADE))), rng) for row in self.rows]
        writers = defaultdict[str, set[str]](set)
        for row, said in zip(self.rows, self.sentences, strict=True):
            for sentence in said:
                writers[template(sentence)].add(row["author"])
        self.shared = {form for form, who in writers.items() if form and len(who) > 1}

    @cached_property
    def population(self) -> Population:
        """The messages as events, each under its position."""
        return Population.of(
            Event(
                row["author"],
                f"{row['body']}\n\n{self.made[n]}".strip() if self.lines else row["body"],
                title=row["subject"],
                item=row["area"],
                time=datetime.fromtimestamp(row["time"], UTC),
                id=str(n),
            )
            for n, row in enumerate(self.rows)
        )

    def earlier(self, authors: Sequence[str], *, same_areas: bool = False) -> list[Case]:
        """Candidates from what the filter reads, one case an author: what a profile is made from.

        Boilerplate is the author's own: sentences that others have too, and made lines.

        Args:
            authors: For whom.
            same_areas: Others' sentences only from messages on areas that the author knows.
        """
        return [self._earlier(author, same_areas) for author in authors]

    def later(
        self, authors: Sequence[str], *, sources: Sequence[str] = (), gap: int = 0,
        same_areas: bool = False,
    ) -> list[Case]:  # fmt: skip
        """Candidates from what came after the filter's moment, one case an author.

        Args:
            authors: For whom.
            sources: Whose sentences others' are; by default anybody's.
            gap: Days after the moment before which nothing is a candidate.
            same_areas: Others' sentences only from messages on areas that the author knows.
        """
        return [self._later(author, sources, gap, same_areas) for author in authors]

    def _earlier(self, author: str, same_areas: bool) -> Case:
        rng = np.random.default_rng(SEED)
        mine, cut = self._until(author)
        known = {self.rows[n]["area"] for n in mine}
        said = [s for n in mine for s in self.sentences[n]]
        own = [s for s in said if template(s) not in self.shared]
        own = [own[n] for n in rng.permutation(len(own))[:MOST]]
        shared = [s for s in dict.fromkeys(said) if template(s) in self.shared]
        boilerplate = [*shared, *(self.made[n] for n in rng.permutation(mine))][: len(own)]
        strangers = [
            n
            for n in range(cut)
            if self.rows[n]["author"] != author
            and (not same_areas or self.rows[n]["area"] in known)
        ]
        others = [
            (s, f"other {self.rows[n]['author']}")
            for n in rng.permutation(strangers)
            for s in self.sentences[n][:2]
            if template(s) not in self.shared
        ][: len(own)]
        parts = [*((s, "own") for s in own), *others, *((s, "boilerplate") for s in boilerplate)]
        return self._case(author, cut, parts)

    def _later(self, author: str, sources: Sequence[str], gap: int, same_areas: bool) -> Case:
        before, cut = self._until(author)
        start = self.rows[cut]["time"] + gap * 86_400
        mine = [n for n, row in enumerate(self.rows) if row["author"] == author]
        later = [n for n in mine if n >= cut and self.rows[n]["time"] >= start][:AHEAD]
        own = [s for n in later for s in self.sentences[n] if template(s) not in self.shared]
        own = own[:MOST]
        known = {self.rows[n]["area"] for n in before}
        when = np.array([self.rows[n]["time"] for n in later])
        strangers = [
            n
            for n, row in enumerate(self.rows)
            if row["author"] != author and row["time"] >= start
            and (not sources or row["author"] in sources)
            and (not same_areas or row["area"] in known)
        ]  # fmt: skip
        if len(when):
            strangers.sort(key=lambda n: np.abs(when - self.rows[n]["time"]).min())
        each, others = defaultdict[str, int](int), list[tuple[str, str]]()
        for n in strangers:
            who = self.rows[n]["author"]
            for sentence in self.sentences[n][:4]:
                if each[who] < max(len(own) // 6, 5) and template(sentence) not in self.shared:
                    each[who] += 1
                    others.append((sentence, f"other {who}"))
        others = others[: len(own)]
        said = [s for n in strangers for s in self.sentences[n] if template(s) in self.shared]
        said = list(dict.fromkeys(said))[: len(own) // 2]
        rng = np.random.default_rng(SEED)
        rows = [self.rows[n] for n in mine]
        made = [
            self._made(rows[int(rng.integers(len(rows)))], n, rng)
            for n in range(len(own) - len(said))
        ]
        parts = [
            *((s, "own") for s in own),
            *others,
            *((s, "shared") for s in said),
            *((s, "made") for s in made),
        ]
        return self._case(author, cut, parts)

    def _until(self, author: str) -> tuple[list[int], int]:
        """The first 60 % of an author's messages, and the first after them."""
        mine = [n for n, row in enumerate(self.rows) if row["author"] == author]
        first = int(len(mine) * 0.6)
        return mine[:first], mine[first]

    def _case(self, author: str, cut: int, parts: Sequence[tuple[str, str]]) -> Case:
        view = self.population.as_of(self.population.request(str(cut)))
        texts, kinds = (tuple(part[n] for part in parts) for n in (0, 1))
        return Case(author, view, texts, kinds, "own", SENTENCES)

    def _made(self, row: dict[str, str], n: int, rng: np.random.Generator) -> str:
        other = self.rows[int(rng.integers(len(self.rows)))]["author"]
        sha = f"{int(rng.integers(16**10)):010x}"
        area, path = row["area"] or "misc", row["path"] or "src"
        form = MADE[n % len(MADE)]
        return form.format(code=row["author"], other=other, area=area, path=path, sha=sha)
