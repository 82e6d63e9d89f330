"""Blocks of a history, and the two ways of condensing them."""

import pytest

from idiolect.data import Event, Population
from idiolect.lm import Scripted
from idiolect.profile import Hierarchical, Recurrent, in_blocks, summarized

OWN = Population.of(Event("ann", f"text {n}", id=str(n)) for n in range(40)).events_of("ann")


@pytest.mark.parametrize(
    ("history", "sizes", "first"),
    [
        (0, [], None),
        (1, [1], "0"),
        (5, [5], "0"),
        (6, [5, 1], "0"),
        (25, [5] * 5, "0"),
        (26, [5] * 5, "1"),
        (40, [5] * 5, "15"),
    ],
)
def test_blocks_hold_the_latest_oldest_first(history, sizes, first):
    blocks = in_blocks(OWN[:history], 5, 5)
    assert [len(block) for block in blocks] == sizes
    ids = [name for block in blocks for name in block.ids]
    assert ids == [str(n) for n in range(int(first or 0), history)]


def test_a_summary_is_one_prompt_over_what_is_shown():
    lm = Scripted({"sum": " said "})
    assert summarized(lm, "Sum up.", None, stage="sum") == "said"
    assert lm.prompts[0].expects.purpose == "summary"


@pytest.mark.parametrize(("count", "calls"), [(0, 0), (1, 1), (3, 3)])
def test_recurrent_makes_one_call_a_block(count, calls):
    lm = Scripted(lambda p: f"{[e.text for e in p.section('profile')]}+{len(p.section('own'))}")
    summary = Recurrent(lm, "First.", "Update.")(in_blocks(OWN, 2, 5)[:count])
    assert len(lm.prompts) == calls
    assert [p.instruction for p in lm.prompts] == ["First.", "Update.", "Update."][:calls]
    assert summary.count("+2") == calls, "each call saw the summary so far"


@pytest.mark.parametrize(("count", "calls"), [(0, 0), (1, 2), (3, 4)])
def test_hierarchical_makes_one_call_more(count, calls):
    lm = Scripted(lambda p: " ".join(e.text for s in p.sections for e in s.entries))
    summary = Hierarchical(lm, "Each.", "Together.")(in_blocks(OWN, 2, 3)[:count])
    assert len(lm.prompts) == calls
    assert summary == " ".join(OWN[34 : 34 + 2 * count].texts)
