"""Many texts, one summary: at once, block after block, or blocks first and then together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from idiolect.data import Events
from idiolect.lm import Entry, LanguageModel, Prompt, Sampling, Section, Text, own


def summarized(
    lm: LanguageModel,
    wording: str,
    *shown: Section | None,
    sampling: Sampling | None = None,
    stage: str = "summarize",
) -> str:
    """What one prompt makes of some sections."""
    prompt = Prompt(wording, *shown, expects=Text("summary"), sampling=sampling, stage=stage)
    return str(lm.one(prompt).value)


def in_blocks(events: Events, size: int, most: int) -> list[Events]:
    """The latest `most` times `size` of some events, oldest first, in blocks of `size`.

    The last block may be shorter. As in LLM-TRSR, but theirs keeps to histories that fit.
    """
    latest = events[-most * size :]
    return [latest[start : start + size] for start in range(0, len(latest), size)]


@dataclass(frozen=True)
class Recurrent:
    """A summary that is carried on: of the first block, then brought up to date by each next one.

    One prompt a block, one after the other.

    Attributes:
        lm: Who sums up.
        first: The instruction for the first block.
        update: The instruction for the others, which see the summary so far.
        sampling: How replies are drawn.
    """

    lm: LanguageModel
    first: str
    update: str
    sampling: Sampling | None = None

    def __call__(self, blocks: Sequence[Events]) -> str:
        """The summary; empty without blocks."""
        summary = ""
        read: tuple[str, ...] = ()
        for block in blocks:
            if not read:
                summary = summarized(self.lm, self.first, own(block), sampling=self.sampling)
            else:
                so_far = Section("profile", (Entry(summary, events=read),))
                summary = summarized(
                    self.lm,
                    self.update,
                    so_far,
                    own(block),
                    sampling=self.sampling,
                    stage="update",
                )
            read += tuple(block.ids)
        return summary


@dataclass(frozen=True)
class Hierarchical:
    """A summary of summaries: one of each block, side by side, then one of all of them.

    Attributes:
        lm: Who sums up.
        each: The instruction for a block.
        together: The instruction for the summaries of the blocks, oldest first.
        sampling: How replies are drawn.
    """

    lm: LanguageModel
    each: str
    together: str
    sampling: Sampling | None = None

    def __call__(self, blocks: Sequence[Events]) -> str:
        """The summary; empty without blocks. A single block is summed up again, as theirs is."""
        if not blocks:
            return ""
        replies = self.lm.reply(
            Prompt(
                self.each,
                own(block),
                expects=Text("summary"),
                sampling=self.sampling,
                stage="summarize",
            )
            for block in blocks
        )
        parts = tuple(
            Entry(reply.value, events=tuple(block.ids))
            for block, reply in zip(blocks, replies, strict=True)
        )
        return summarized(
            self.lm,
            self.together,
            Section("profile", parts),
            sampling=self.sampling,
            stage="together",
        )
