"""Recipe pages say what the signature says."""

from idiolect.catalog import recipe
from idiolect.report.cards import page


def test_a_setting_that_is_one_of_several_words_names_them_all() -> None:
    assert "| `negatives` | peers or drafts | 'peers' |" in page(recipe("cicl"))
    assert "| `events` | int | 8 |" in page(recipe("cicl"))
