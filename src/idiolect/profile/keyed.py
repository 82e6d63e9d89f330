"""What texts say of a person, under fixed keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, make_dataclass
from functools import cache
from typing import Any

from idiolect.lm import Json, LanguageModel, Prompt, Sampling, Section

Noted = Mapping[str, tuple[str, ...]]


@cache
def _form(keys: tuple[str, ...]) -> type[Any]:
    return make_dataclass("Noted", [(key, tuple[str, ...]) for key in keys], frozen=True)


@dataclass(frozen=True)
class Keyed:
    """Short entries under fixed keys, noted from texts: one prompt a person, side by side.

    Attributes:
        lm: Who notes; it has to answer in JSON.
        wording: The instruction.
        keys: What is asked for; nothing else is read. Each is a name such as `moral_values`.
        sampling: How replies are drawn.
        stage: A name for traces.
    """

    lm: LanguageModel
    wording: str
    keys: tuple[str, ...]
    sampling: Sampling | None = None
    stage: str = "extract"

    def __call__(self, people: Iterable[Sequence[Section | None]]) -> list[Noted]:
        """For each person, key → entries, from the sections that are shown of them."""
        replies = self.lm.reply(
            Prompt(
                self.wording,
                *shown,
                expects=Json(_form(self.keys)),
                sampling=self.sampling,
                stage=self.stage,
            )
            for shown in people
        )
        return [asdict(reply.value) for reply in replies]


def as_lines(noted: Noted) -> str:
    """One line a key that has entries."""
    filled = ((key.replace("_", " "), said) for key, said in noted.items() if said)
    return "\n".join(f"{key}: {'; '.join(said)}" for key, said in filled)
