"""What all judges share: forms of reply that need a judgement, prompts, failures as reasons."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from idiolect.data import Event
from idiolect.errors import EndpointError, ReplyError, SettingError
from idiolect.lm import Choice, Entry, LanguageModel, Number, Prompt, Reply, Section, own

Row = TypeVar("Row")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Considered:
    """A choice or a number that needs a judgement.

    The floor chooses by likeness and rates by neighbours, which is no judgement: it refuses this.
    """

    form: Choice | Number

    def hint(self) -> str:
        """That of the form."""
        return self.form.hint()

    def read(self, reply: str) -> Any:
        """As the form reads it."""
        return self.form.read(reply)


@dataclass(frozen=True)
class Sure:
    """An answer in double brackets and a certainty from 1 to 100, as in `[[A]] 85`."""

    answers: tuple[str, ...]

    def hint(self) -> str:
        """Names the answers and the form."""
        named = ", ".join(f"[[{answer}]]" for answer in self.answers)
        return (
            f"Answer with exactly one of {named}, then your certainty as a whole number from 1 to "
            f"100. For example: [[{self.answers[-1]}]] certainty: 37"
        )

    def read(self, reply: str) -> tuple[str, float]:
        """The answer, and the certainty as a share of 100."""
        said = {a.upper() for a in re.findall(r"\[\[\s*([A-Za-z]+)\s*\]\]", reply)}
        rest = re.sub(r"\[\[\s*[A-Za-z]+\s*\]\]", " ", reply)
        named = re.findall(r"certainty\D{0,12}?(\d+(?:\.\d+)?)", rest, re.IGNORECASE)
        numbers = {float(n) for n in named or re.findall(r"(?<![\w.])\d+(?:\.\d+)?", rest)}
        if len(said) == 1 and said <= set(self.answers) and len(numbers) == 1:
            (certainty,) = numbers
            if 1 <= certainty <= 100:
                return said.pop(), certainty / 100
        raise ReplyError(
            f"Found {reply[:200]!r} where one of {', '.join(self.answers)} in double brackets and "
            "one certainty from 1 to 100 are needed; ask again.",
            reply=reply,
        )


def replies(lm: LanguageModel, prompts: Sequence[Prompt]) -> list[Reply] | str:
    """The replies, or why there are none.

    A prompt that had to be cut has none: its judge did not see what it judges by.

    Raises:
        CapabilityError: The model cannot judge.
    """
    try:
        made = lm.reply(prompts)
    except (ReplyError, EndpointError) as error:
        return str(error)
    if any(reply.cut for reply in made):
        return (
            "Found a prompt longer than the judge's budget, so that what it judges by was cut; "
            "raise the budget or take a judge with a longer context."
        )
    return made


def lacks(reference: Event | None, *texts: str) -> str:
    """What a judge that compares with the real text misses; empty where nothing."""
    if reference is None or not reference.text.strip():
        return "There is no text of the user to judge by."
    return unwritten(*texts)


def unwritten(*texts: str) -> str:
    """Says that a text to judge is empty; empty where none is."""
    return "" if all(text.strip() for text in texts) else "There is nothing written to judge."


def real(reference: Event) -> Section:
    """What the user really wrote."""
    return own([Entry(reference.text, events=(reference.id,) if reference.id else ())])


def side_by_side(
    judge: Callable[[Row], Found], rows: Iterable[Row], threads: int
) -> tuple[Found, ...]:
    """What a judge finds in each row, in their order.

    Raises:
        SettingError: `threads` is below 1.
    """
    if threads < 1:
        raise SettingError(f"Found threads={threads!r}; give at least 1.")
    # One failed reply would end a whole list given to `lm.reply`, so each row is asked alone.
    with ThreadPoolExecutor(threads) as pool:
        return tuple(pool.map(judge, rows))
