"""Recipe pages say what the signature says."""

from idiolect.catalog import recipe
from idiolect.report.cards import overview, page


def test_a_setting_that_is_one_of_several_words_names_them_all() -> None:
    assert "| `negatives` | peers or drafts | 'peers' |" in page(recipe("cicl"))
    assert "| `events` | int | 8 |" in page(recipe("cicl"))


def test_a_card_states_its_calls_or_the_most_and_why_there_are_fewer() -> None:
    assert "| model calls a request | `1 + min(own, 1) * (compared + 1)` |" in page(recipe("dpl"))
    fermi = recipe("fermi")
    most = f"| model calls a request | at most `{fermi.card.calls}`: {fermi.card.fewer} |"
    assert most in page(fermi)
    assert f"| at most {fermi.card.calls} |" in overview([fermi])
