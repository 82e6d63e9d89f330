"""A profile's pages: in a terminal of any width and encoding, and as HTML."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import chain

import pytest
from rich.cells import cell_len
from rich.console import Console

from idiolect.data import Event
from idiolect.difference import Difference, Measure, Measurements
from idiolect.profile import Claim, Profile, Render, Span, claims
from idiolect.report import profile_page, profile_trace
from idiolect.report.page import STYLE
from idiolect.report.profile_html import to_html
from idiolect.report.profile_parts import Line, Parts, frame, sure
from idiolect.run.profile_file import Standing, Stored
from idiolect.words import plain

DAY = datetime(2024, 5, 1, tzinfo=UTC)
NASTY = "<script>x</script> [bold]no markup[/bold] \x1b[2J \u202eturned"
TEXT = "On Monday I wrote a long review of the café. It rained, as always. Nobody came."
CLAIMS = [
    Claim("Likes rye bread.", "tastes", 0.42, "stated", learned_at=DAY, distinctiveness=0.55),
    Claim("Writes long reviews.", "writing", 0.93, spans=(Span("e1", "a long review", 18),),
          distinctiveness=0.97),
    Claim("Compared: more commas.", "writing", 0.8, spans=(Span("e1"),),
          reference=("their17", "their18")),
    Claim(NASTY, "habits", 0.5),
    Claim("漢字が好きです。" * 12, "tastes", 0.61),
    Claim("Lived in Oslo.", "facts", 0.9, valid_from=DAY, valid_to=DAY),
    Claim("Hates olives.", "tastes", 0.9, "suppressed"),
]  # fmt: skip
WHY = Standing(0.97, 2, 47, "0.97: said by 2 of 47 others")
LEFT = Claim("Has opinions.", "habits", 0.9, spans=(Span("e1"),))


@pytest.fixture
def stored() -> Stored:
    return Stored(
        Profile("Ann [red]Lee", notes=("little is known",)).add(CLAIMS, "found", at=DAY),
        made={"recipe": "gum", "model": "a model"},
        left=(LEFT,),
        standing={
            CLAIMS[1].text: WHY,
            LEFT.text: Standing(0.01, 40, 47, "0.01: said by 40 of 47 others"),
        },
        refused=("'Flies' quotes nothing",),
        texts=3,
    )


def printed(write, width=80, encoding="utf-8", **more) -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline="\n")
    write(Console(file=file, width=width, highlight=False, **more))
    file.flush()
    return raw.getvalue().decode(encoding)


def test_what_sets_apart_comes_first_and_each_claim_once(stored):
    parts = Parts.of(stored.profile)
    assert [claim.id for claim in parts.apart] == ["c2", "c1"]
    shown = [*parts.apart, *chain(*parts.sides.values()), *parts.ended, *parts.suppressed]
    assert sorted(claim.id for claim in shown) == sorted(c.id for c in stored.profile.claims)
    said = printed(lambda console: profile_page.show(stored, console))
    heads = ["What sets Ann [red]Lee apart", "Writing", "Habits", "Tastes", "No longer true",
             "Not used", "Left out: 1 claim", "What limits it"]  # fmt: skip
    places = [said.index(f"\n{head}") for head in heads]
    assert places == sorted(places)


@pytest.mark.parametrize("width", [30, 60, 80, 120, 200])
def test_every_width_shows_every_word_and_no_line_is_wider(stored, width):
    said = printed(lambda console: profile_page.show(stored, console, evidence=True), width)
    assert all(cell_len(line) <= width for line in said.splitlines())
    assert [line for line in said.splitlines() if line != line.rstrip()] == []
    squeezed = "".join(said.split())
    for claim in CLAIMS:
        words = plain(claim.text).split()
        assert all("".join(word.split()) in squeezed for word in words if word.isascii())
    assert squeezed.count("漢") == 12


def test_a_terminal_too_narrow_for_words_gets_them_all_the_same(stored):
    said = printed(lambda console: profile_page.show(stored, console, evidence=True), 5)
    assert "Writes long" in said


def test_marks_words_and_bars(stored):
    said = printed(lambda console: profile_page.show(stored, console), 100)
    lines = {line.split()[0]: line for line in said.splitlines() if line.startswith("  c")}
    assert lines["c1"].split()[1] == "●" and lines["c2"].split()[1] == "○"  # noqa: PT018
    assert lines["c7"].split()[1] == "×"
    # Ten cells, as many full as tenths.
    for name, full, share in (("c1", 4, "42% sure"), ("c2", 9, "93% sure"), ("c4", 5, "50% sure")):
        assert lines[name].count("█") == full
        assert lines[name].count("░") == 10 - full
        assert lines[name].endswith(share)
    said = " ".join(said.split())
    for part in (
        "stated by the person", "said by 2 of 47 others", "against 2 of others",
        "since 2024-05-01 until 2024-05-01", "0.01: said by 40 of 47 others",
        "1 claim had no evidence", "little is known", "Built by gum with a model from 3 own texts",
    ):  # fmt: skip
        assert part in said


def measured(*known: tuple[str, float, float, float]) -> Stored:
    """A profile of measured differences: feature, effect, percentile, q."""
    measures = tuple(
        Measure(name, "writing", effect, rank, q, q, 2.0, 1.0, 20, 24, 374)
        for name, effect, rank, q in known
    )
    found = Measurements("ann", measures, own=("e1",), reference=("r1",), least=0.1).differences()
    own = [Event("ann", TEXT, time=DAY, id="e1")]
    made = claims(found, own)
    return Stored(Profile("ann", differences=found).add(made, "found", at=DAY))


def test_a_measured_claim_s_bar_is_where_the_person_stands_among_others():
    stored = measured(("commas", 0.6, 67.2, 0.01), ("numbers", -0.8, 22.0, 0.0005),
                      ("questions", 3.0, 99.8, 0.02), ("asides", 0.7, 40.0, 0.05))  # fmt: skip
    lines = {claim.text.split()[2]: Line.of(stored, claim) for claim in stored.profile.claims}
    assert lines["commas"].figure == "67 of 100"
    assert lines["commas"].share == pytest.approx(0.672)
    assert lines["numbers"].figure == "78 of 100", "fewer than 78 of 100 others"
    assert lines["numbers"].about.startswith(">99% sure, d = -0.8 over 20 things, 1 text")
    assert lines["questions"].figure == ">99 of 100", "not all of them"
    assert lines["commas"].words.endswith(" against 1.00 per 100 words.")
    # Strongest first is by what the bars show.
    shown = [line.share for line in (Line.of(stored, c) for c in Parts.of(stored.profile).apart)]
    assert shown == sorted(shown, reverse=True)
    said = " ".join(printed(lambda console: profile_page.show(stored, console), 100).split())
    assert "████████░░ 78 of 100" in said
    assert "have less of it than the person" in said
    claim = next(c for c in stored.profile.claims if "fewer" in c.text)
    said = printed(lambda console: profile_trace.one(stored, claim, console), 100)
    assert "78 have more of it, as a mean over 20 things" in " ".join(said.split())
    assert "-0.8, 22nd percentile" in said, "the history has the words as they were"


def test_words_that_were_not_measured_have_no_such_bar():
    stored = measured(("commas", 0.6, 67.2, 0.01))
    corrected = replace(stored, profile=stored.profile.correct("c1", "Loves commas.", at=DAY))
    line = Line.of(corrected, corrected.profile.claim("c1"))
    assert (line.words, line.figure, line.share) == ("Loves commas.", "100% sure", 1.0)
    assert line.about == "corrected by the person 2024-05-01, 1 text"
    others = (Difference("writing", stored.profile.claim("c1").text, "told"),)
    told = replace(stored, profile=replace(stored.profile, differences=others))
    assert Line.of(told, told.profile.claim("c1")).figure == "99% sure"


def test_nothing_is_rounded_to_certainty():
    assert [sure(c) for c in (0, 0.004, 0.5, 0.994, 0.995, 0.9999, 1)] == [
        "0% sure", "<1% sure", "50% sure", "99% sure", ">99% sure", ">99% sure", "100% sure",
    ]  # fmt: skip


def test_a_terminal_without_unicode_gets_signs_that_it_has(stored):
    said = printed(
        lambda console: profile_page.show(stored, console, evidence=True), encoding="latin-1"
    )
    signs = "".join(said.split()).replace(plain(NASTY), "")
    for sign in "█░●○◆×│":
        assert sign not in signs
    assert "####......   42% sure" in said
    assert "> a long review" in said


def test_data_cannot_move_the_cursor_or_be_markup(stored):
    said = printed(lambda console: profile_page.show(stored, console), 120)
    assert "[bold]no markup[/bold]" in said
    assert "\x1b" not in said
    assert "\u202e" not in said
    coloured = printed(
        lambda console: profile_page.show(stored, console), force_terminal=True, color_system="256"
    )
    assert "\x1b[2J" not in coloured
    assert plain("👩‍👧") == "👩‍👧"


def test_colours_go_with_no_color(stored, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    said = printed(lambda console: profile_page.show(stored, console), force_terminal=True)
    assert not re.search(r"\x1b\[[349]\d", said)
    assert "\x1b[1m" in said


def test_evidence_shows_every_quote_and_all_that_was_left_out(stored):
    few = printed(lambda console: profile_page.show(stored, console))
    all_of_it = printed(lambda console: profile_page.show(stored, console, evidence=True))
    assert few.count("a long review") == 1
    assert "no text shows it" in all_of_it
    assert "no text shows it" not in few


def test_nothing_known_is_said():
    said = printed(lambda console: profile_page.show(Stored(Profile("Bo")), console))
    assert "Nothing is believed of this person" in said
    only = Stored(Profile("Bo", summary="Writes with dashes."))
    said = printed(lambda console: profile_page.show(only, console))
    assert "Writes with dashes." in said
    for page in (said, to_html(only)):
        assert "No single claim" in page
        assert "Nothing is believed" not in page


def test_what_a_prompt_is_told_and_what_not(stored):
    found = Render()(stored.profile, "rye bread", at=DAY)
    said = printed(lambda console: profile_page.told(found, 9, "rye bread", console))
    assert "- Likes rye bread." in said
    assert "about something else" in said
    assert "suppressed: 1" in said
    nothing = Render()(stored.profile.suppress("c2").suppress("c3"), "zeppelins", at=DAY)
    said = printed(lambda console: profile_page.told(nothing, 0, "zeppelins", console))
    assert "Nothing: no claim matters" in said


def test_a_claim_s_texts_with_the_quote_marked(stored):
    own = {"e1": Event("ann", TEXT, time=DAY, id="e1")}

    def write(claim, **more):
        return printed(lambda console: profile_trace.one(stored, claim, console, **more), 100)

    claim = stored.profile.claim("c2")
    assert "I wrote »a long review« of the café." in write(claim, own=own)
    assert "give the data" in write(claim)
    assert "no such event" in write(claim, own={})
    wrong = {"e1": Event("ann", "Something else.", id="e1")}
    assert "do not occur there" in write(claim, own=wrong)
    said = write(stored.profile.claim("c3"), own=own, people=2)
    assert "Compared with 2 texts by 2 others." in said
    assert "their1" not in said


def test_history_tells_before_and_after():
    made = Profile("ann").add([CLAIMS[0]], "found", at=DAY).correct("c1", "Likes bread.", at=DAY)
    stored = Stored(made.suppress("c1", at=DAY))
    claim = stored.profile.claim("c1")
    said = printed(lambda console: profile_trace.one(stored, claim, console), 100)
    lines = [line.strip() for line in said[said.index("History") :].splitlines()]
    assert lines[1:] == [
        "version 1, added, 2024-05-01: found",
        "+ Likes rye bread.",
        "version 2, corrected, 2024-05-01: corrected by the user",
        "- Likes rye bread.",
        "+ Likes bread.",
        "status: stated → corrected",
        "confidence: 42% → 100%",
        "version 3, suppressed, 2024-05-01: suppressed by the user",
        "status: corrected → suppressed",
    ]


def test_a_step_names_the_claims_because_of_which_it_was_done():
    before = Profile("ann").add(CLAIMS[:3], "found", at=DAY)
    later = before.end("c1", "contradicted by", by=["c2"], at=DAY)
    later = later.replaced(["c2", "c3"], CLAIMS[1:2], "written anew from", by=["c2", "c3"])
    pages = (
        printed(lambda console: profile_trace.one(Stored(later), later.claim("c1"), console)),
        printed(lambda console: profile_trace.compared(before, later, console)),
    )
    for said in pages:
        assert "version 2, ended, 2024-05-01: contradicted by c2" in said
    assert "version 3, replaced: written anew from c2, c3" in pages[1]


def test_two_versions_compared(stored):
    before = stored.profile
    after = before.correct("c1", "Likes bread.").add([Claim("Swims.", "habits", 0.5)], "heard")
    said = printed(lambda console: profile_trace.compared(before, after, console))
    for part in ("version 1 → 3", "- Likes rye bread.", "+ Likes bread.", "+ Swims.", "heard"):
        assert part in said
    assert "1 corrected, 1 added." in said
    gone = printed(lambda console: profile_trace.compared(before, before.forget(["e1"]), console))
    assert "forgotten" in gone
    assert "No claim changed." in printed(
        lambda console: profile_trace.compared(before, before, console)
    )


class Tags(HTMLParser):
    """The tags that are open, and those that there were."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_html_page_is_whole_and_escapes_the_data(stored):
    page, tags = to_html(stored), Tags()
    tags.feed(page)
    assert tags.open == []
    assert "script" not in tags.seen
    assert "&lt;script&gt;" in page
    assert "their17" not in page
    assert 'style="width:93.0%"' in page
    for kind in ("stated", "inferred", "ended", "suppressed"):
        assert f'class="claim {kind}"' in page


def test_every_text_stands_out_from_what_is_behind_it():
    """By the contrast of WCAG 2.2, whose level AA asks for 4.5 of text and 3 of a bar."""

    def luminance(colour):
        digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
        parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    def contrast(one, other):
        dark, light = sorted((luminance(one), luminance(other)))
        return (light + 0.05) / (dark + 0.05)

    for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL):
        colours = dict(re.findall(r"--(\w+): (#[0-9a-f]+)", block))
        for name, behind, least in (
            ("ink", "paper", 4.5), ("soft", "paper", 4.5), ("pale", "paper", 4.5),
            ("soft", "tint", 4.5), ("ink", "tint", 4.5), ("ink", "note", 4.5),
            ("alarming", "alarm", 4.5), ("more", "line", 3), ("mark", "line", 3),
            ("pale", "line", 3),
        ):  # fmt: skip
            assert contrast(colours[name], colours[behind]) >= least, (name, behind, colours)


def test_the_table_has_every_claim_and_of_others_only_counts(stored):
    found = frame([stored, Stored(Profile("Bo"))])
    assert found["id"].to_list() == [f"c{n}" for n in range(1, 8)]
    row = found.row(2, named=True)
    assert (row["own_texts"], row["texts_of_others"]) == (1, 2)
    assert "their17" not in found.write_csv()
    assert frame([]).columns == found.columns
