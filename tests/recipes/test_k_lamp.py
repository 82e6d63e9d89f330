"""K-LaMP: a store of entities that sees no request, a prompt that sees no text of the user."""

from datetime import UTC, datetime, timedelta

from idiolect.catalog import recipe
from idiolect.data import Event, Item, Population, Request
from idiolect.floor import Extractive
from idiolect.lm import Scripted
from idiolect.roles import Personalizer
from idiolect.run import Assembly, answer

START = datetime(2024, 1, 1, tzinfo=UTC)
TEXTS = (
    "a secret dinner with Ann Lee in Rome",
    "again in Rome, with Bo Ek, and a secret",
    "a secret walk on Mars Hill",
    "at home",
)


def build(**settings):
    return Assembly(recipe("k_lamp"), settings=settings)


def world():
    return Population.of(
        [
            *(
                Event("u", text, f"p{n}", START + timedelta(days=30 * n), id=f"e{n}")
                for n, text in enumerate(TEXTS)
            ),
            Event("v", "Bo Ek and Cy Day", "p1", START, id="x"),
        ],
        [Item(f"p{n}", title) for n, title in enumerate(["Trip", "Trip two", "Walk", "Home"])],
    )


def ask(words, lm, day=91, **settings):
    request = Request("u", words, time=START + timedelta(days=day))
    return answer(build(**settings), world(), request, lm)


def test_one_call_shows_entities_with_counts_and_no_text():
    lm = Scripted({"write": "a suggestion"})
    outcome = ask("What to see in Rome?", lm)
    assert len(lm.prompts) == len(outcome.calls) == recipe("k_lamp").calls() == 1
    (prompt,) = lm.prompts
    assert [s.kind for s in prompt.sections] == ["profile", "query"]
    assert "secret" not in prompt.render().text
    lines = prompt.section("profile")[0].text.splitlines()
    assert lines[0] == "- Rome (in 2 texts, last 2024-01-31)"
    # Beside Rome in the same text and later, beside it and earlier, elsewhere.
    assert lines[1:5] == [
        "- Trip two (in 1 text, last 2024-01-31)",
        "- Bo Ek (in 1 text, last 2024-01-31)",
        "- Trip (in 1 text, last 2024-01-01)",
        "- Ann Lee (in 1 text, last 2024-01-01)",
    ]
    assert "Cy Day" not in prompt.render().text, "another user's"
    assert outcome.answer.user_model.evidence == ("e0", "e1", "e2", "e3")
    assert set(prompt.events) == {"e0", "e1", "e2", "e3"}, "forgetting one finds the reply"


def test_what_an_assistant_or_a_program_said_is_nothing_the_user_dealt_with():
    said = [
        Event("u", "I went to Rome", time=START, role="user"),
        Event("u", "Why not try Oslo", time=START, role="assistant"),
        Event("u", "He loves Graz", time=START, extra={"recalled": True}),
        Event("u", "", "p0", time=START),
    ]
    lm = Scripted({"write": "a suggestion"})
    request = Request("u", "Where to?", time=START + timedelta(days=1))
    people = Population.of(said, [Item("p0", "A click")])
    answer(build(), people, request, lm)
    lines = lm.prompts[0].section("profile")[0].text.splitlines()
    assert [line.split(" (")[0] for line in lines] == ["- Rome", "- A click"]


def test_nothing_later_is_kept():
    lm = Scripted({"write": "a suggestion"})
    outcome = ask("Where to?", lm, day=29)
    assert outcome.answer.user_model.read == ("e0",)
    assert "Bo Ek" not in lm.prompts[0].render().text


def test_given_names_replace_capitals_and_a_graph_links():
    lm = Scripted({"write": "a suggestion"})
    ask("Pasta?", lm, names=("home", "dinner", "pasta"), graph={"pasta": ("dinner",)}, entities=1)
    assert lm.prompts[0].section("profile")[0].text == "- dinner (in 1 text, last 2024-01-01)"


def test_the_store_is_the_same_for_all_requests():
    """So it can be kept: learning sees nothing of what is asked but its time."""
    population = world()
    lm = Scripted("x")
    made = recipe("k_lamp")(lm)
    assert isinstance(made, Personalizer)
    models = []
    for words in ("Rome?", "Mars Hill?"):
        request = Request("u", words)
        models.append(made.learn(population.as_of(request), request))
    assert models[0] == models[1]
    prompts = [made.prompt(Request("u", words), models[0]) for words in ("Rome?", "Mars Hill?")]
    assert [p.section("profile")[0].text.splitlines()[0].split(" (")[0] for p in prompts] == [
        "- Rome",
        "- Walk",
    ]


def test_nothing_known_is_said():
    lm = Scripted({"write": "a suggestion"})
    outcome = answer(build(), world(), Request("nobody", "Where to?"), lm)
    assert outcome.answer.notes == ("no entity in 0 own events",)
    assert not lm.prompts[0].section("profile")


def test_choices_and_the_floor():
    lm = Scripted({"write": "Rome"})
    request = Request("u", "Where to?", options=("Rome", "Oslo"))
    assert answer(build(), world(), request, lm).answer.value == "Rome"
    outcome = ask("What to see in Rome?", Extractive())
    assert outcome.failure is None
    assert outcome.text, "the floor writes from the request alone: it is shown no own text"
