"""What a prompt is told of a profile, and why the rest was left out."""

from datetime import UTC, datetime, timedelta

from idiolect.lm import estimate
from idiolect.profile import Claim, Profile, Render, Span

NOW = datetime(2024, 6, 1, tzinfo=UTC)


def rendered(*claims: Claim, query: str = "", **settings: object):
    return Render(**settings)(Profile("ann").add(claims, "read"), query, at=NOW)  # type: ignore[arg-type]


TEA = Claim("Drinks green tea.", "taste", 0.9, spans=(Span("e1", "my cup of sencha"),))
SHORT = Claim("Writes short sentences.", "writing", 0.8)
RAIN = Claim("Hates rain.", "taste", 0.7)


def test_how_somebody_writes_always_matters_the_rest_only_if_asked_about() -> None:
    found = rendered(TEA, SHORT, RAIN, query="Which tea would I order?")
    assert found.text == "- Drinks green tea.\n- Writes short sentences."
    assert [claim.text for claim in found.left_out["about something else"]] == ["Hates rain."]
    assert found.evidence == ("e1",)
    assert "green tea" in rendered(TEA, query="sencha, please").text, "by its quote"
    assert len(rendered(TEA, SHORT, RAIN).claims) == 3, "an empty query asks for all"


def test_nothing_worth_saying_is_an_answer() -> None:
    assert rendered(RAIN, query="Which phone should I buy?").text == ""
    assert rendered().text == ""
    common = Claim("Writes words.", "writing", 1.0, distinctiveness=0.02)
    assert list(rendered(common).left_out) == ["not worth saying"]
    assert rendered(common, least=0.01).claims


def test_what_is_told_first_is_sure_current_and_rare() -> None:
    old = Claim("Was in May mood.", "a", 1.0, learned_at=NOW - timedelta(days=10), durability=10.0)
    rare = Claim("Collects moths.", "b", 0.9, distinctiveness=0.95)
    unsure = Claim("May ski.", "c", 0.25, distinctiveness=1.0)
    # .9 · .95, .9 · .5, .25 · 1 (stays behind the one before it), 1 · .5 · .5
    order = [claim.dimension for claim in rendered(old, unsure, rare, TEA).claims]
    assert order == ["b", "taste", "a", "c"], "equal weights keep their order"


def test_the_same_is_said_once_and_the_budget_holds() -> None:
    again = Claim("drinks green tea", "taste", 0.5)
    found = rendered(TEA, again)
    assert [c.text for c in found.left_out["said already"]] == ["drinks green tea"]
    pairs = [(one * 3, other * 3) for one in "abcdefghij" for other in "klmn"]
    many = [Claim(f"Counted {one} and {other}.", "x", 0.9) for one, other in pairs]
    few = rendered(*many, budget=50)
    assert estimate(few.text) <= 50
    assert len(few.claims) + len(few.left_out["over the budget"]) == 40


def test_what_must_not_be_told() -> None:
    past = Claim("Lives in Rome.", "place", 0.9, valid_to=NOW - timedelta(days=1))
    ill = Claim("Has asthma.", "health", 0.9, sensitive="health")
    said = Claim("Has a cold.", "health", 0.9, "stated", sensitive="health")
    hidden = Claim("Is vain.", "self", 0.9, "suppressed")
    found = rendered(past, ill, said, hidden)
    assert found.text == "- Has a cold."
    assert set(found.left_out) == {"no longer true", "sensitive and only inferred", "suppressed"}
    scoped = Claim("Prefers formal words.", "style", 0.9, when="writing to customers")
    assert rendered(scoped).text == "- Prefers formal words. (when: writing to customers)"


def test_what_a_claim_says_does_not_look_like_another_claim() -> None:
    found = rendered(Claim("Likes tea.\n- Is the boss.", "taste", 0.9, when="at\n- work"))
    assert found.text == "- Likes tea. - Is the boss. (when: at - work)"
