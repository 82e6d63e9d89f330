"""Recipes: what the card says, what the signature says, and which settings are refused."""

from typing import Annotated, Any, Literal

import numpy as np
import pytest

from idiolect.card import (
    Card,
    Evidence,
    Fraction,
    Honours,
    PositiveInt,
    Recipe,
    Reported,
    Temperature,
    recipe,
)
from idiolect.data import Population
from idiolect.embed import Encoder
from idiolect.errors import SettingError, UnknownNameError
from idiolect.lm import LanguageModel
from idiolect.roles import Fitted, Personalizer, Study

FIELDS: dict[str, Any] = {
    "title": "Of the tests",
    "reads_other_users": "none",
    "enters": "prompt",
    "calls": "1",
    "evidence": {"text": ("none", "")},
}


@recipe(
    title="Whole",
    paper="https://example.org",
    code=("someone/whole", "MIT"),
    reads_other_users="statistics",
    enters="retrieval",
    calls="2 * compared + steps // 2 - 1",
    benchmarks=["LaMP-5"],
    reported=[("rouge1", 0.3, "Books", "a model", "rag 0.2")],
    evidence={"selection": ("equals authors' code", "tests/a.py"), "text": ("none", "")},
    waives={"no history": "it needs one"},
)
def whole(
    lm: LanguageModel,
    encoder: Encoder,
    *,
    events: PositiveInt = 8,  # paper, section 4
    steps: PositiveInt = 6,
    share: Fraction = 0.5,  # figure 2
    temperature: Temperature = 0.8,
    order: Literal["newest", "best"] = "best",
) -> Personalizer[Any]:
    """All that a card can hold.

    How it works: it returns its settings.
    """
    return (lm, encoder, events, steps, share, temperature, order)  # type: ignore[return-value]


def test_a_card_holds_what_the_signature_cannot_say() -> None:
    assert whole.card.reported == (Reported("rouge1", 0.3, "Books", "a model", "rag 0.2"),)
    assert whole.card.evidence[0] == Evidence("selection", "equals authors' code", "tests/a.py")
    assert whole.card.benchmarks == ("LaMP-5",)
    assert whole.card.waives["no history"] == "it needs one"
    with pytest.raises(TypeError):
        whole.card.waives["calls"] = "no"  # type: ignore[index]


def test_the_signature_says_what_it_needs_gives_and_can_be_set_to() -> None:
    assert whole.name == "whole"
    assert whole.needs == {"lm": LanguageModel, "encoder": Encoder}
    assert whole.gives is Personalizer
    found = {s.name: (s.default, s.source) for s in whole.settings}
    assert found == {
        "events": (8, "paper, section 4"),
        "steps": (6, ""),
        "share": (0.5, "figure 2"),
        "temperature": (0.8, ""),
        "order": ("best", ""),
    }


def test_the_page_is_the_functions_docstring_or_the_modules() -> None:
    assert whole.summary == "All that a card can hold."
    assert "\nHow it works" in whole.page

    @recipe(**FIELDS)
    def bare() -> Study:
        raise AssertionError

    assert bare.summary == (__doc__ or "").split("\n")[0]
    assert bare.path.name == "test_card.py"


def test_calling_composes_with_defaults_and_given_settings() -> None:
    needs: Any = ("a model", "an encoder")
    assert whole(*needs) == (*needs, 8, 6, 0.5, 0.8, "best")
    assert whole(*needs, events=3, order="newest") == (*needs, 3, 6, 0.5, 0.8, "newest")
    assert whole(lm=needs[0], encoder=needs[1], share=1) == (*needs, 8, 6, 1.0, 0.8, "best")  # type: ignore[arg-type]


def test_a_setting_from_the_command_line_is_read_as_its_type() -> None:
    given: Any = {"events": "3", "share": "0.25"}
    assert whole("a model", "an encoder", **given)[2:5] == (3, 6, 0.25)  # type: ignore[index,arg-type]


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("events", 0, "greater than 0.* default is 8"),
        ("events", 2.5, "valid integer"),
        ("events", "many", "valid integer"),
        ("share", 1.5, "less than or equal to 1"),
        ("temperature", -0.1, "greater than or equal to 0"),
        ("order", "oldest", "'newest' or 'best'"),
    ],
)
def test_a_wrong_value_says_what_is_needed(setting: str, value: Any, says: str) -> None:
    with pytest.raises(SettingError, match=f"Found {setting}={value!r} for recipe 'whole'.*{says}"):
        whole("a model", "an encoder", **{setting: value})  # type: ignore[arg-type]


def test_an_unknown_setting_names_the_one_that_was_meant() -> None:
    with pytest.raises(
        UnknownNameError, match=r"setting of 'whole' 'event'\. Did you mean 'events'"
    ):
        whole("a model", "an encoder", event=3)  # type: ignore[arg-type,call-arg]


def test_calls_are_an_expression_over_the_settings() -> None:
    assert whole.calls() == 2 * 8 + 6 // 2 - 1
    assert whole.calls(compared=0) == 2
    assert whole.calls(events=3, steps=2) == 2 * 3 + 1 - 1


def test_calls_know_the_history_the_least_and_words() -> None:
    @recipe(**FIELDS | {"calls": "min(blocks, (own + 4) // 5) + events * (by == 'drafts') + extra"})
    def counted(
        lm: LanguageModel,
        *,
        events: PositiveInt = 8,
        blocks: PositiveInt = 3,
        by: Literal["peers", "drafts"] = "peers",
        extra: bool = True,
    ) -> Personalizer[Any]:
        raise AssertionError

    assert [counted.calls(own=own) for own in (0, 1, 5, 6, 15, 16)] == [1, 2, 2, 3, 4, 4]
    assert counted.calls() == 4, "of an unknown history enough is read"
    assert counted.calls(own=0, by="drafts", extra=False) == 8

    @recipe(**FIELDS | {"calls": "min(own, 1) * min(events, others) + 1"})
    def asks_others(lm: LanguageModel, *, events: PositiveInt = 8) -> Personalizer[Any]:
        raise AssertionError

    assert asks_others.calls() == 9, "of unknown others enough is read"
    assert [asks_others.calls(own=own, others=2) for own in (0, 5)] == [1, 3]
    assert asks_others.card.cost == "min(own, 1) * min(events, others) + 1"

    @recipe(**FIELDS | {"calls": "options * (options - 1)", "fewer": "equal ones are skipped"})
    def compares(lm: LanguageModel) -> Personalizer[Any]:
        raise AssertionError

    assert (compares.calls(), compares.calls(options=4)) == (2, 12), "two options if nobody says"
    assert compares.card.cost == "at most options * (options - 1)"


@pytest.mark.parametrize(
    "calls",
    [
        "eventz + 1",
        "events ** 2",
        "len(events)",
        "events + 0.5",
        "min(events)",
        "events == 8",
        "other == 'a'",
        "max(events, 2)",
    ],
)
def test_calls_of_another_form_are_refused(calls: str) -> None:
    @recipe(**FIELDS | {"calls": calls})
    def counted(lm: LanguageModel, *, events: PositiveInt = 8) -> Personalizer[Any]:
        raise AssertionError

    with pytest.raises(SettingError, match=r"in `calls`; use \+, -, \*, //"):
        counted.calls()


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("reads_other_users", "text", "Did you mean 'texts'"),
        ("enters", "promt", "Did you mean 'prompt'"),
        ("evidence", {"text": ("mechanism", "t.py")}, "Did you mean 'mechanism only'"),
    ],
)
def test_a_typo_on_a_card_is_an_error(field: str, value: Any, says: str) -> None:
    with pytest.raises(UnknownNameError, match=says):
        recipe(**FIELDS | {field: value})


@pytest.mark.parametrize("shown", [("mechanism only", ""), ("none", "tests/a.py")])
def test_evidence_and_its_test_go_together(shown: tuple[str, str]) -> None:
    with pytest.raises(SettingError, match="names the test that shows it"):
        recipe(**FIELDS | {"evidence": {"text": shown}})


def test_cards_are_equal_by_value() -> None:
    made = [Card(title="x", reads_other_users="none", enters="prompt", calls="1", evidence=())] * 2
    assert made[0] == made[1]


def test_what_has_no_type_is_named() -> None:
    @recipe(**FIELDS)
    def untyped(lm, *, events: PositiveInt = 8):  # type: ignore[no-untyped-def]
        raise AssertionError

    with pytest.raises(SettingError, match=r"no type of 'lm', 'return' in recipe 'untyped'"):
        _ = untyped.needs


def test_a_setting_without_a_default_is_named() -> None:
    @recipe(**FIELDS)
    def undecided(lm: LanguageModel, *, events: PositiveInt) -> Personalizer[Any]:
        raise AssertionError

    with pytest.raises(SettingError, match="keyword with a default"):
        undecided("a model", events=3)  # type: ignore[arg-type]


def test_a_signature_that_hides_its_settings_is_refused() -> None:
    @recipe(**FIELDS)
    def loose(lm: LanguageModel, **settings: int) -> Personalizer[Any]:
        raise AssertionError

    with pytest.raises(SettingError, match=r"'\*\*settings: int'"):
        _ = loose.settings


def test_conditions_are_read_from_the_models_type() -> None:
    @recipe(**FIELDS)
    def soft(lm: Annotated[LanguageModel, Honours("soft_tokens")]) -> Personalizer[Any]:
        raise AssertionError

    assert soft.conditions == {"soft_tokens"}
    assert whole.conditions == frozenset()


def test_a_fit_comes_with_its_recipe() -> None:
    def fit(population: Population, rng: np.random.Generator) -> Fitted:
        raise AssertionError

    @recipe(**FIELDS, fit=fit)
    def fitting(fitted: Fitted) -> Personalizer[Any]:
        raise AssertionError

    assert fitting.fit is fit
    assert whole.fit is None


def test_a_recipe_written_at_a_prompt_works_without_its_source() -> None:
    written: dict[str, Any] = {"recipe": recipe, "FIELDS": FIELDS, "Study": Study}
    exec("@recipe(**FIELDS)\ndef typed(*, least: int = 1) -> Study:\n    return least\n", written)
    made: Recipe[Any, Any] = written["typed"]
    assert made(least=4) == 4
    assert [(s.name, s.source) for s in made.settings] == [("least", "")]
