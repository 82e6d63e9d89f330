"""A person edits a file; what they deleted, changed and wrote becomes of the profile."""

from datetime import UTC, datetime

import pytest

from idiolect.errors import DataError
from idiolect.profile import (
    Claim,
    Field,
    Profile,
    Schema,
    Span,
    from_markdown,
    to_markdown,
)

DAY = datetime(2024, 5, 1, tzinfo=UTC)

PROFILE = Profile("Ann Lee", "Short.\nLoud.").add(
    [
        Claim("Writes short\n sentences.", "writing", 0.9, spans=(Span("e1", "So.\nIt was."),)),
        Claim("Likes tea <!-- c1 -->.", "taste", 0.51, "stated"),
        Claim("Hates rain.", "taste", 0.7),
    ],
    "read",
)


def test_nothing_edited_changes_nothing() -> None:
    assert from_markdown(PROFILE, to_markdown(PROFILE)) == PROFILE
    hidden = PROFILE.suppress("c3")
    assert "Hates rain" not in to_markdown(hidden)
    assert from_markdown(hidden, to_markdown(hidden)) == hidden


def test_what_a_person_reads() -> None:
    assert to_markdown(PROFILE).splitlines() == [
        "# What is believed of Ann Lee",
        "",
        "> Short.",
        "> Loud.",
        "",
        "## writing",
        "",
        "- Writes short sentences. <!-- c1 -->",
        "  _inferred, 90% sure_",
        "  > So. It was.",
        "",
        "## taste",
        "",
        "- Likes tea <! -- c1 -->. <!-- c2 -->",
        "  _said so, 51% sure_",
        "- Hates rain. <!-- c3 -->",
        "  _inferred, 70% sure_",
    ]


def test_edits_become_changes() -> None:
    edited = (
        to_markdown(PROFILE)
        .replace("- Hates rain. <!-- c3 -->\n", "- Does not mind rain. <!-- c3 -->\n")
        .replace("- Likes tea <! -- c1 -->. <!-- c2 -->\n", "- Keeps bees.\n")
    )
    after = from_markdown(PROFILE, edited)
    assert after.claim("c3").text == "Does not mind rain."
    assert after.claim("c3").status == "corrected"
    assert after.claim("c2").status == "suppressed"
    assert (after.claim("c4").text, after.claim("c4").status) == ("Keeps bees.", "stated")
    assert after.claim("c4").dimension == "taste"
    assert after.claim("c1") == PROFILE.claim("c1")
    assert [change.kind for change in after.history[3:]] == ["suppressed", "corrected", "added"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Ann Lee", "Bob", "as the first line"),
        ("<!-- c3 -->", "<!-- c1 -->", "the id 'c1' twice"),
        ("<!-- c3 -->", "<!-- c9 -->", "the id 'c9' of no claim"),
        ("- Hates rain.", "Hates rain.", "'Hates rain. <!-- c3 -->' in line 16"),
        ("## writing\n", "", "under a heading"),
        ("- Hates rain.", "- ", "in line 16"),
    ],
)
def test_what_cannot_be_read_is_said_and_changes_nothing(old: str, new: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        from_markdown(PROFILE, to_markdown(PROFILE).replace(old, new))
    with pytest.raises(DataError, match="as the first line"):
        from_markdown(PROFILE, "")


@pytest.mark.parametrize(
    ("user", "dimension", "text"),
    [
        ("a\nb ", " d ", "t"),
        ("ann", "d\n## e", "- t"),
        ("ann", "# d <!-- c1 -->", "<!<!----- c1 -->"),
        ("ann", "d", "## h\n\n## j"),
        ("ann", "> d", "> q\u2028- new <!-- c9 -->"),
        ("ann", "d", "_said so_\r  > quote"),
    ],
)
def test_whatever_words_stand_in_it_nothing_edited_changes_nothing(
    user: str, dimension: str, text: str
) -> None:
    quote = (Span("e1", f"{text}\n- {text} <!-- c2 -->"),)
    made = Profile(user, f"{text}\n## x\n- y").add(
        [Claim(text, dimension, 0.5, spans=quote), Claim("Other.", dimension, 0.5)], "read"
    )
    assert from_markdown(made, to_markdown(made)) == made
    fixed = from_markdown(made, to_markdown(made).replace("Other.", "Another."))
    assert fixed.claim("c1") == made.claim("c1")
    assert fixed.claim("c2").dimension == dimension, "only its words were edited"


def test_what_a_person_writes_has_its_time_and_kind_and_an_attribute_its_value() -> None:
    home = Schema((Field("home"),)).claim("home", "Oslo", 0.5)
    made = PROFILE.add([home], "read")
    edited = to_markdown(made).replace("home: Oslo", "home: Rome") + "- Has asthma.\n"
    after = from_markdown(made, edited, at=DAY)
    assert after.attributes() == {"home": ("Rome",)}
    assert (after.claims[-1].sensitive, after.claims[-1].learned_at) == ("health", DAY)
    assert {change.at for change in after.history[made.version + 2 :]} == {DAY}
    with pytest.raises(DataError, match=r"'Roman\.' for the attribute 'home'"):
        from_markdown(made, to_markdown(made).replace("home: Oslo", "Roman."))
