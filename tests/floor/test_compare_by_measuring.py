"""Comparing by measuring: what is planted is said, what is not is not."""

import pytest

from idiolect.data import Item
from idiolect.errors import CapabilityError
from idiolect.floor import Extractive
from idiolect.lm import Entry, Prompt, Text, drafts, item, own, peers
from idiolect.measure import FEATURES

WORDING = {f.name: (f.more, f.less) for f in FEATURES}
PLAIN = "The room was clean. The bed was good. We slept well."


def compared(mine: list[str], others: list[str], about: Item | None = None) -> dict[str, str]:
    prompt = Prompt(
        "Compare.",
        item(about),
        own([Entry(t) for t in mine]),
        peers([Entry(t) for t in others]),
        expects=Text("comparison"),
    )
    lines = Extractive().one(prompt).value.splitlines()
    return dict(line.split(": ", 1) for line in lines)


def test_drafts_of_a_model_are_others_texts_too() -> None:
    mine, others = [Entry("Lovely room!!! Lovely bed!!!")], [Entry(PLAIN)]
    by_drafts, by_peers = (
        Extractive().one(Prompt("Compare.", own(mine), shown, expects=Text("comparison"))).text
        for shown in (drafts(others), peers(others))
    )
    assert by_drafts == by_peers
    assert "alone mentions “lovely”" in by_drafts


def test_three_dimensions_in_order() -> None:
    assert list(compared([PLAIN], ["Fine."])) == ["writing", "emotional", "semantic"]


@pytest.mark.parametrize(
    ("mine", "feature", "side", "dimension"),
    [
        ("The room was clean! The bed was good! We slept well!", "exclamations", 0, "writing"),
        ("The ROOM was CLEAN. The BED was GOOD. WE SLEPT well.", "capitals", 0, "writing"),
        ("The room was awful. The bed was terrible. We hated it.", "sentiment", 1, "emotional"),
        ("The room had 3 beds. It cost 40 a night. We paid 120.", "numbers", 0, "semantic"),
    ],
)
def test_what_is_planted_comes_first(mine: str, feature: str, side: int, dimension: str) -> None:
    others = [PLAIN, "The room was nice. The bed was fine. We slept well."]
    said = compared([mine], others)[dimension]
    assert said.startswith(WORDING[feature][side]), said


def test_figures_are_the_means() -> None:
    said = compared(["One two three four. Five!"], ["One two. Five.", "One two three. Five."])
    assert "uses more exclamation marks (0.5 against 0 a sentence)" in said["writing"]


def test_equal_texts_differ_in_nothing() -> None:
    assert set(compared([PLAIN], [PLAIN, PLAIN]).values()) == {
        "nothing beyond the range of the others."
    }


def test_within_the_range_is_no_difference() -> None:
    middle = "The room was clean. The bed was good! We slept well."
    bold = "The room was clean! The bed was good! We slept well!"
    assert "exclamation" not in compared([middle], [PLAIN, bold])["writing"]


def test_words_of_ones_own() -> None:
    about = Item("h", "Hotel by the lake")
    mine = "The lake room was clean. The breakfast was good, the breakfast waffles."
    assert "alone mentions “breakfast”, “waffles”" in compared([mine], [PLAIN], about)["semantic"]


@pytest.mark.parametrize(("mine", "others"), [([], [PLAIN]), ([PLAIN], []), (["..."], [PLAIN])])
def test_needs_both_sides(mine: list[str], others: list[str]) -> None:
    with pytest.raises(CapabilityError, match="needs at least one of each"):
        compared(mine, others)
