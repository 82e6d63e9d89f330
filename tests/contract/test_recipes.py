"""Every recipe of the catalogue keeps every part of the contract."""

from functools import cache
from typing import Literal, get_args, get_origin

import pytest

from idiolect.catalog import recipe, recipes
from idiolect.testing.contract import CHECKS, Bench, check_recipe, judged
from idiolect.testing.world import canaries, world

NAMES = [r.name for r in recipes()]
#: Recipe, setting, and what it may be besides its default.
CHOICES = [
    (r.name, setting.name, choice)
    for r in recipes()
    for setting in r.settings
    for choice in ((False, True) if setting.type is bool else get_args(setting.type))
    if (setting.type is bool or get_origin(setting.type) is Literal) and choice != setting.default
]


@cache
def bench(name: str) -> Bench:
    return Bench(recipe(name), world())


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", NAMES)
def test_keeps_the_contract(name: str, check: str) -> None:
    verdict = judged(bench(name), check)
    assert verdict.status != "failed", verdict.message


@pytest.mark.parametrize(("name", "setting", "choice"), CHOICES)
def test_own_words_with_every_choice_of_a_setting(
    name: str, setting: str, choice: bool | str
) -> None:
    verdict = judged(Bench(recipe(name), world(), {setting: choice}), "own words")
    assert verdict.status != "failed", verdict.message


@pytest.mark.parametrize("name", NAMES)
def test_waives_only_checks_that_exist(name: str) -> None:
    assert set(recipe(name).card.waives) <= set(CHECKS)


def test_the_whole_contract_at_once() -> None:
    verdicts = {v.check: v for v in check_recipe(recipe("plain"))}
    assert list(verdicts) == list(CHECKS)
    assert verdicts["history matters"].status == "waived"
    assert "ignores history" in verdicts["history matters"].message


def test_plain_shows_no_word_of_a_history() -> None:
    for outcome in bench("plain").outcomes:
        own = world().population.as_of(outcome.request).own
        shown = outcome.calls[-1].prompt.render().text
        assert not [text for text in own.texts if text in shown]
        assert not outcome.calls[-1].prompt.events


def test_dpl_compares_exactly_as_many_texts_as_it_is_set_to() -> None:
    for outcome in bench("dpl").outcomes:
        stages = [call.prompt.stage for call in outcome.calls]
        assert stages == ["compare"] * 8 + ["summarize", "write"]
        assert not canaries(outcome.text)
