"""LLM-TRSR: blocks of five, at most five, condensed one after the other or one upon the others."""

import pytest

from idiolect.catalog import recipe
from idiolect.errors import SettingError
from idiolect.floor import Extractive
from idiolect.lm import Scripted
from idiolect.run import Assembly, answer

RECURRENT, HIERARCHICAL = "llm_trsr_recurrent", "llm_trsr_hierarchical"


class Counting(Scripted):
    """Says which reply of a stage it is: `update 1`, `update 2`, …"""

    def __init__(self):
        super().__init__(lambda p: f"{p.stage} {sum(q.stage == p.stage for q in self.prompts)}")

    def complete(self, prompts):
        done = []
        for prompt in prompts:
            done += super().complete([prompt])
        return done


@pytest.fixture(scope="module")
def population(town):
    return town(people=2, places=34)


def asked(population, name, place, **settings):
    lm = Counting()
    outcome = answer(
        Assembly(recipe(name), settings=settings), population, population.request(f"e0-{place}"), lm
    )
    assert outcome.failure is None
    return lm.prompts, outcome


def places(prompt):
    return [int(name.split("-")[1]) for name in prompt.events]


# History → blocks: none, one full, one more than full, five full, one more text than is read.
@pytest.mark.parametrize(
    ("history", "blocks"), [(0, 0), (1, 1), (5, 1), (6, 2), (25, 5), (26, 5), (33, 5)]
)
def test_calls_for_every_number_of_blocks(population, history, blocks):
    prompts, _ = asked(population, RECURRENT, history)
    stages = ["summarize"] * min(blocks, 1) + ["update"] * max(blocks - 1, 0) + ["write"]
    assert [p.stage for p in prompts] == stages
    assert len(prompts) == recipe(RECURRENT).calls(own=history)
    prompts, _ = asked(population, HIERARCHICAL, history)
    stages = ["summarize"] * blocks + ["together"] * min(blocks, 1) + ["write"]
    assert [p.stage for p in prompts] == stages
    assert len(prompts) == recipe(HIERARCHICAL).calls(own=history)


def test_the_recurrent_summary_carries_on_block_by_block(population):
    prompts, outcome = asked(population, RECURRENT, 13)
    first, second, third, write = prompts
    assert [s.kind for s in first.sections] == ["own"]
    assert places(first) == [0, 1, 2, 3, 4]
    for update, so_far, start, stop in (
        (second, "summarize 1", 5, 10),
        (third, "update 1", 10, 13),
    ):
        assert [s.kind for s in update.sections] == ["profile", "own"]
        assert update.section("profile")[0].text == so_far
        shown = [name for entry in update.section("own") for name in entry.events]
        assert shown == [f"e0-{n}" for n in range(start, stop)]
        assert places(update) == list(range(stop)), "the summary so far rests on what it read"
    assert write.section("profile")[0].text == "update 2"
    assert [s.kind for s in write.sections] == ["item", "own", "profile", "given"]
    assert outcome.text == "write 1"


def test_the_hierarchical_summary_is_of_the_blocks_summaries_oldest_first(population):
    prompts, _ = asked(population, HIERARCHICAL, 13)
    *blocks, together, write = prompts
    assert [places(p) for p in blocks] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11, 12]]
    assert all([s.kind for s in p.sections] == ["own"] for p in blocks)
    assert [s.kind for s in together.sections] == ["profile"]
    assert [e.text for e in together.section("profile")] == [
        "summarize 1", "summarize 2", "summarize 3",
    ]  # fmt: skip
    assert places(together) == list(range(13))
    assert write.section("profile")[0].text == "together 1"


@pytest.mark.parametrize("name", [RECURRENT, HIERARCHICAL])
def test_of_a_long_history_the_latest_is_read(population, name):
    prompts, outcome = asked(population, name, 33)
    read = [place for p in prompts if p.stage in {"summarize", "update"} for place in places(p)]
    assert set(read) == set(range(8, 33))
    assert set(outcome.answer.user_model.sources) == {f"e0-{n}" for n in range(8, 33)}


@pytest.mark.parametrize("name", [RECURRENT, HIERARCHICAL])
def test_sizes_are_settings(population, name):
    prompts, _ = asked(population, name, 20, block=3, blocks=2, summary_tokens=40)
    assert [places(p)[-3:] for p in prompts if p.stage in {"summarize", "update"}] == [
        [14, 15, 16], [17, 18, 19],
    ]  # fmt: skip
    assert {p.sampling.max_tokens for p in prompts[:-1]} == {40}
    assert prompts[-1].sampling.max_tokens == 2048
    assert len(prompts) == recipe(name).calls(own=20, block=3, blocks=2)


@pytest.mark.parametrize("name", [RECURRENT, HIERARCHICAL])
def test_no_other_persons_text_is_read(population, name):
    prompts, _ = asked(population, name, 20)
    assert {i.split("-")[0] for p in prompts for i in p.events} == {"e0"}


@pytest.mark.parametrize("name", [RECURRENT, HIERARCHICAL])
def test_it_runs_without_a_language_model(population, name):
    outcome = answer(Assembly(recipe(name)), population, population.request("e0-12"), Extractive())
    assert outcome.failure is None
    assert "own0" in outcome.text
    assert outcome.answer.user_model.summary


def test_no_blocks_are_refused(population):
    with pytest.raises(SettingError, match="blocks=0"):
        recipe(RECURRENT)(Scripted(), blocks=0)
