"""Recipes made wrong on purpose: each is caught by the check that should, and by no other."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal

import numpy as np
import pytest

from idiolect.card import PositiveInt, Reads, Recipe, recipe
from idiolect.data import Events, Message, Population, Request, View
from idiolect.errors import EndpointError, ReplyError
from idiolect.lm import (
    LanguageModel,
    Number,
    Prompt,
    Reply,
    Tape,
    Text,
    conversation,
    entries,
    options,
    own,
    peers,
    query,
)
from idiolect.profile import Profile
from idiolect.roles import Fitted, Judge, Nothing, Personalizer, Scorer, Study
from idiolect.roles import Verdict as Judgement
from idiolect.testing.contract import CHECKS, Verdict, check_recipe, stated
from idiolect.testing.world import world

PAGE = """Text written by a recipe of the tests.

How it works: it shows the user's texts.
Use it when: never.
Differs from the paper: there is none.
Checked: here.
Reference: none.
"""
EVIDENCE = {"prompt": ("mechanism only", "tests/contract/test_planted_faults.py")}


@dataclass(frozen=True)
class Conversed:
    """A profile, and the turns that were no user's."""

    profile: Profile
    turns: tuple[Message, ...] = ()
    evidence: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


Learn = Callable[[View, Request], Profile]


def made(function: Any, page: str = PAGE, **card: Any) -> Recipe[Any, Any]:
    """A recipe of a function, with a card that is right where nothing else is said."""
    function.__doc__ = page
    fields: dict[str, Any] = {
        "title": "A recipe of the tests",
        "reads_other_users": "none",
        "enters": "prompt",
        "calls": "1",
        "evidence": EVIDENCE,
    }
    return recipe(**fields | card)(function)


def says(learn: Learn) -> Callable[[LanguageModel], Personalizer[Profile]]:
    """A recipe that puts what `learn` finds into the summary, and the summary into the prompt."""

    def faulty(lm: LanguageModel) -> Personalizer[Profile]:
        def prompt(request: Request, user: Profile) -> Prompt:
            return Prompt(f"Write. {user.summary}", query(request), expects=Text("writing"))

        return Personalizer(lm, learn, prompt)

    return faulty


def history(view: View) -> str:
    return " ".join(view.own.texts)


@pytest.fixture(autouse=True)
def _one_file_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stated, "MOST_LINES", 1000)


def right() -> Recipe[Any, Any]:
    return made(says(lambda view, request: Profile(request.user, history(view))))


def future_through_a_closure() -> Recipe[Any, Any]:
    last = world().population.frame.group_by("user", maintain_order=True).last()
    texts = {**dict(zip(last["user"], last["text"], strict=True)), "newcomer": ""}

    def learn(view: View, request: Request) -> Profile:
        return Profile(request.user, f"{history(view)} {texts[request.user]}")

    return made(says(learn))


def future_behind_the_view() -> Recipe[Any, Any]:
    def learn(view: View, request: Request) -> Profile:
        everything = Events(view._population, view._population.by_user.rows(request.user)).by_people
        return Profile(request.user, f"{history(view)} {len(everything)} texts")

    return made(says(learn))


def target() -> Recipe[Any, Any]:
    def learn(view: View, request: Request) -> Profile:
        answer = view._population.event(request.event).rating if request.event else None
        return Profile(request.user, f"{history(view)} {answer}")

    return made(says(learn))


def target_without_times() -> Recipe[Any, Any]:
    def learn(view: View, request: Request) -> Profile:
        known = view._population.frame["text"] if request.time is None else view.own.texts
        return Profile(request.user, f"{history(view)} {sum(map(len, known))}")

    return made(says(learn))


def peers_texts(reads: Reads) -> Recipe[Any, Any]:
    def learn(view: View, request: Request) -> Profile:
        theirs = view.peers(request.item.id if request.item else "").texts
        return Profile(request.user, f"{history(view)} Others: {theirs[:1]}")

    return made(says(learn), reads_other_users=reads)


def peers_words() -> Recipe[Any, Any]:
    def learn(view: View, request: Request) -> Profile:
        theirs = view.peers(request.item.id if request.item else "").texts
        last = [text.split()[-1] for text in theirs]
        return Profile(request.user, f"{history(view)} Others end with: {last}")

    return made(says(learn), reads_other_users="statistics")


def peers_ratings(reads: Reads) -> Recipe[Any, Any]:
    def learn(view: View, request: Request) -> Profile:
        mean = np.nanmean([3, *view.peers(request.item.id if request.item else "").ratings])
        return Profile(request.user, f"{history(view)} Others give {mean:.2f}")

    return made(says(learn), reads_other_users=reads)


def with_what_programs_say(view: View) -> Events:
    return view.own.join(view.heard)


def learns_from_programs() -> Recipe[Any, Any]:
    def learn(view: View, request: Request) -> Profile:
        return Profile(request.user, " ".join(with_what_programs_say(view).texts))

    return made(says(learn))


def shows_what_programs_wrote_as_peers() -> Recipe[Any, Any]:
    def faulty(lm: LanguageModel) -> Personalizer[Profile]:
        def learn(view: View, request: Request) -> Profile:
            theirs = view.snapshot().events.join(view.snapshot().heard)
            return Profile(request.user, history(view), examples=entries(theirs))

        def prompt(request: Request, user: Profile) -> Prompt:
            return Prompt(f"Write. {user.summary}", peers(user.examples), query(request))

        return Personalizer(lm, learn, prompt)

    return made(faulty, reads_other_users="texts")


def cites_programs() -> Recipe[Any, Any]:
    def learn(view: View, request: Request) -> Profile:
        return Profile(request.user, history(view), sources=with_what_programs_say(view).ids)

    return made(says(learn), reads_other_users="texts")


def counts_what_programs_put_in() -> Recipe[Any, Any]:
    def learn(view: View, request: Request) -> Profile:
        return Profile(request.user, f"{history(view)} {len(with_what_programs_say(view))} texts")

    return made(says(learn))


def shows_a_conversation(*roles: str) -> Recipe[Any, Any]:
    def right(lm: LanguageModel) -> Personalizer[Conversed]:
        def learn(view: View, request: Request) -> Conversed:
            turns = [Message(e.role, e.text) for e in view.heard if e.role in roles]
            return Conversed(Profile(request.user, history(view)), tuple(turns))

        def prompt(request: Request, known: Conversed) -> Prompt:
            told = conversation(known.turns)
            return Prompt(f"Write. {known.profile.summary}", told, query(request))

        return Personalizer(lm, learn, prompt)

    return made(right)


def pays_for_a_prompt_about_nothing() -> Recipe[Any, Any]:
    def faulty(lm: LanguageModel) -> Personalizer[Profile]:
        def learn(view: View, request: Request) -> Profile:
            return Profile(request.user, lm.one(Prompt("Sum up.", own(view.own))).text)

        def prompt(request: Request, user: Profile) -> Prompt:
            return Prompt(f"Write. {user.summary}", query(request))

        return Personalizer(lm, learn, prompt)

    return made(faulty, calls="1 + min(own, 1)")


def fits_on_programs() -> Recipe[Any, Any]:
    def learn(view: View, request: Request) -> Profile:
        known = view.snapshot().events.join(view.snapshot().heard)
        return Profile(request.user, f"{history(view)} Texts are {len(known)} in all.")

    return made(says(learn), reads_other_users="statistics")


def stops_early(most: str, fewer: str = "one of two is enough", more: int = 0) -> Recipe[Any, Any]:
    """A recipe that asks about one text where at most two are wanted, and some calls more."""

    def faulty(
        lm: LanguageModel, *, events: PositiveInt = 8, voice: Literal["told", "plain"] = "plain"
    ) -> Personalizer[Profile]:
        def learn(view: View, request: Request) -> Profile:
            said = []
            for text in view.own.texts[-events:]:
                said.append(lm.one(Prompt(f"Sum up: {text}")).text)
                if events < 3:
                    break
            extra = more + (voice == "told")
            said += [r.text for r in lm.reply(Prompt(f"{history(view)} {n}") for n in range(extra))]
            return Profile(request.user, " ".join(said))

        def prompt(request: Request, user: Profile) -> Prompt:
            return Prompt(f"Write. {user.summary}", query(request))

        return Personalizer(lm, learn, prompt)

    return made(faulty, calls=most, fewer=fewer)


def says_the_same_calls_without_history() -> Recipe[Any, Any]:
    def faulty(lm: LanguageModel) -> Personalizer[Profile]:
        def learn(view: View, request: Request) -> Profile:
            if not len(view.own):
                return Profile(request.user)
            return Profile(request.user, lm.one(Prompt("Sum up.", own(view.own))).text)

        def prompt(request: Request, user: Profile) -> Prompt:
            return Prompt(f"Write. {user.summary}", query(request))

        return Personalizer(lm, learn, prompt)

    return made(faulty, calls="2")


def asks_of_each_other_person() -> Recipe[Any, Any]:
    def faulty(lm: LanguageModel, *, neighbours: PositiveInt = 3) -> Personalizer[Profile]:
        def learn(view: View, request: Request) -> Profile:
            people = view.other_users[:neighbours]
            asked = (Prompt("Sum up.", peers(view.history_of(name))) for name in people)
            said = " ".join(reply.text for reply in lm.reply(asked))
            return Profile(request.user, f"{history(view)} {said}")

        def prompt(request: Request, user: Profile) -> Prompt:
            return Prompt(f"Write. {user.summary}", query(request))

        return Personalizer(lm, learn, prompt)

    return made(faulty, calls="neighbours + 1", reads_other_users="texts")


def fails_where_nobody_is() -> Recipe[Any, Any]:
    def learn(view: View, request: Request) -> Profile:
        return Profile(request.user, history(view) + view.others[-1].text)

    return made(says(learn), reads_other_users="texts")


def ignores_history() -> Recipe[Any, Any]:
    return made(says(lambda view, request: Profile(request.user)))


def learns_what_it_does_not_use() -> Recipe[Any, Any]:
    def faulty(lm: LanguageModel) -> Personalizer[Profile]:
        def learn(view: View, request: Request) -> Profile:
            return Profile(request.user, lm.one(Prompt(f"Sum up: {history(view)}")).text)

        def prompt(request: Request, user: Profile) -> Prompt:
            return Prompt("Write.", query(request))

        return Personalizer(lm, learn, prompt)

    return made(faulty, calls="2")


def wrong_number_of_calls() -> Recipe[Any, Any]:
    def faulty(lm: LanguageModel, *, events: PositiveInt = 8) -> Personalizer[Profile]:
        def learn(view: View, request: Request) -> Profile:
            told = lm.reply(Prompt(f"Sum up: {text}") for text in view.own.texts[-events:])
            return Profile(request.user, " ".join(reply.text for reply in told))

        return Personalizer(lm, learn, shown)

    def shown(request: Request, user: Profile) -> Prompt:
        return Prompt(f"Write. {user.summary}", query(request))

    return made(faulty, calls="events + 2")


def calls_nobody_can_count() -> Recipe[Any, Any]:
    return made(right().function, calls="eventz + 1")


def mutates_the_population() -> Recipe[Any, Any]:
    def learn(view: View, request: Request) -> Profile:
        table = view._population.frame
        if "length" not in table.columns:
            table.insert_column(0, table["text"].str.len_chars().alias("length"))
        return Profile(request.user, history(view))

    return made(says(learn))


def mutates_the_request() -> Recipe[Any, Any]:
    def learn(view: View, request: Request) -> Profile:
        request.given["seen"] = 1  # type: ignore[index]
        return Profile(request.user, history(view))

    return made(says(learn))


def draws_without_a_seed() -> Recipe[Any, Any]:
    def learn(view: View, request: Request) -> Profile:
        drawn = np.random.default_rng().integers(1_000_000_000)
        return Profile(request.user, f"{history(view)} {drawn}")

    return made(says(learn))


def keeps_something_between_requests() -> Recipe[Any, Any]:
    number = count()

    def learn(view: View, request: Request) -> Profile:
        return Profile(request.user, f"{history(view)} {next(number)}")

    return made(says(learn))


def shares_a_generator() -> Recipe[Any, Any]:
    def faulty(lm: LanguageModel, rng: np.random.Generator) -> Personalizer[Profile]:
        def learn(view: View, request: Request) -> Profile:
            return Profile(request.user, f"{history(view)} {rng.integers(1_000_000_000)}")

        return Personalizer(lm, learn, lambda request, user: Prompt(user.summary, query(request)))

    return made(faulty)


def fails_without_history() -> Recipe[Any, Any]:
    def learn(view: View, request: Request) -> Profile:
        return Profile(request.user, history(view) + view.own[-1].text)

    return made(says(learn))


def makes_up_a_reply() -> Recipe[Any, Any]:
    def faulty(lm: LanguageModel) -> Personalizer[Profile]:
        def learn(view: View, request: Request) -> Profile:
            return Profile(request.user, history(view))

        return Personalizer(Brave(lm), learn, lambda r, user: Prompt(user.summary, query(r)))

    class Brave(Tape):
        def reply(self, prompts: Any) -> list[Reply]:
            asked = list(prompts)
            try:
                return super().reply(asked)
            except ReplyError:
                return [Reply("nothing", "nothing", "none") for _ in asked]

    return made(faulty)


def settings_without_a_type() -> Recipe[Any, Any]:
    def faulty(lm: LanguageModel, *, events: Any = 8) -> Personalizer[Profile]:
        return says(lambda view, request: Profile(request.user, history(view)))(lm)

    return made(faulty)


def default_out_of_range() -> Recipe[Any, Any]:
    def faulty(lm: LanguageModel, *, events: PositiveInt = 0) -> Personalizer[Profile]:
        return says(lambda view, request: Profile(request.user, history(view)))(lm)

    return made(faulty)


def no_page() -> Recipe[Any, Any]:
    return made(right().function, page=PAGE.replace("Checked: here.\n", ""))


def empty_heading() -> Recipe[Any, Any]:
    return made(right().function, page=PAGE.replace("Checked: here.", "Checked:"))


def absent_evidence() -> Recipe[Any, Any]:
    return made(right().function, evidence={"text": ("mechanism only", "tests/nowhere.py")})


def fit_items(population: Population, rng: np.random.Generator) -> Fitted:
    return Fitted.on(population, population.frame["item"].value_counts(sort=True)["item"].to_list())


def fitted_on_the_future() -> Recipe[Any, Any]:
    def faulty(fitted: Fitted) -> Scorer[Nothing]:
        def score(request: Request, _: Nothing, options: Any) -> Any:
            return np.array([float(fitted.value.index(option)) for option in options])

        return Scorer(lambda view, request: Nothing(), lambda r: r.options, score)

    return made(
        faulty,
        reads_other_users="statistics",
        calls="0",
        fit=fit_items,
        waives={"history matters": "it ranks by popularity"},
    )


def counts_the_rows_of_programs() -> Recipe[Any, Any]:
    def faulty() -> Study:
        return lambda population: population.frame.group_by("user").len().sort("user")

    waived = {"history matters": "it counts"}
    return made(faulty, calls="0", reads_other_users="statistics", waives=waived)


def judging(
    answer: Callable[[LanguageModel, View, str], Judgement], **card: Any
) -> Recipe[Any, Any]:
    """A judge of the tests that says what `answer` says."""

    def faulty(lm: LanguageModel) -> Judge:
        return lambda view, output, reference: answer(lm, view, output)

    return made(faulty, **card)


def asked(view: View, *texts: str) -> Prompt:
    return Prompt("Judge.", own(view.own), options(texts), expects=Number(0, 10))


def a_failure_is_a_zero() -> Recipe[Any, Any]:
    def answer(lm: LanguageModel, view: View, output: str) -> Judgement:
        try:
            return Judgement(lm.one(asked(view, output)).value)
        except (ReplyError, EndpointError):
            return Judgement(0.0, "it failed")

    return judging(answer, waives={"unusable reply": "it makes a mark up"})


def a_failure_is_an_error() -> Recipe[Any, Any]:
    return judging(lambda lm, view, output: Judgement(lm.one(asked(view, output)).value))


def certain_in_percent() -> Recipe[Any, Any]:
    def answer(lm: LanguageModel, view: View, output: str) -> Judgement:
        try:
            return Judgement(lm.one(asked(view, output)).value, certainty=85)
        except (ReplyError, EndpointError) as error:
            return Judgement(None, str(error))

    return judging(answer)


def always_first() -> Recipe[Any, Any]:
    def answer(lm: LanguageModel, view: View, output: str) -> Judgement:
        try:
            return Judgement(lm.one(asked(view, output, "The other text.")).value)
        except (ReplyError, EndpointError) as error:
            return Judgement(None, str(error))

    return judging(answer)


def a_list_for_a_table() -> Recipe[Any, Any]:
    def faulty() -> Study:
        return lambda population: population.by_people.frame["rating"].to_list()

    return made(faulty, calls="0", reads_other_users="texts")


def failures(recipe: Recipe[Any, Any]) -> list[Verdict]:
    return [verdict for verdict in check_recipe(recipe) if verdict.status == "failed"]


def test_a_right_recipe_passes() -> None:
    assert [verdict.status for verdict in check_recipe(right())] == ["passed"] * len(CHECKS)


@pytest.mark.parametrize(
    ("fault", "check", "says"),
    [
        (future_through_a_closure, "no future", "before it was written"),
        (future_behind_the_view, "no future", "change when what comes from the request onward"),
        (target, "no future", "change when what comes from the request onward"),
        (target_without_times, "no future", "in a population without times"),
        (lambda: peers_texts("none"), "others", "Found a text of 'ben'"),
        (lambda: peers_texts("statistics"), "others", "Found a text of"),
        (peers_words, "others", "words of other people"),
        (lambda: peers_ratings("none"), "others", "other people's events are deleted"),
        (ignores_history, "history matters", "same last prompt"),
        (learns_what_it_does_not_use, "history matters", "same last prompt"),
        (wrong_number_of_calls, "calls", "Found 9 calls"),
        (calls_nobody_can_count, "calls", "'eventz'"),
        (
            pays_for_a_prompt_about_nothing,
            "calls",
            "'newcomer' with 0 own events and 142 of others",
        ),
        (says_the_same_calls_without_history, "calls", "with 0 own events"),
        (asks_of_each_other_person, "calls", "with 0 own events and 0 of others"),
        (
            lambda: stops_early("min(events, own) + (voice == 'told') + 1", ""),
            "calls",
            "of others with events=2, where the card's",
        ),
        (
            lambda: stops_early("min(events, own) + (voice == 'told') + 1", more=1),
            "calls",
            "Found 10 calls for the request 'ada-11'",
        ),
        (lambda: stops_early("min(events, own) + 1"), "calls", "with voice='told'"),
        (fits_on_programs, "own words", "a program puts events under users' names"),
        (counts_the_rows_of_programs, "own words", "a study counts `population.by_people`"),
        (learns_from_programs, "own words", "words that a program put under a user's name"),
        (shows_what_programs_wrote_as_peers, "own words", "words that a program put"),
        (cites_programs, "own words", "words that a program put"),
        (counts_what_programs_put_in, "own words", "a program puts events under users' names"),
        (mutates_the_population, "inputs unchanged", "changed the population"),
        (mutates_the_request, "inputs unchanged", "changed the requests"),
        (draws_without_a_seed, "deterministic", "runs again"),
        (keeps_something_between_requests, "deterministic", "runs again"),
        (shares_a_generator, "deterministic", "runs again"),
        (fails_without_history, "no history", "IndexError"),
        (fails_where_nobody_is, "no history", "IndexError"),
        (makes_up_a_reply, "unusable reply", "made up"),
        (settings_without_a_type, "settings", "takes anything"),
        (default_out_of_range, "settings", "events=0"),
        (no_page, "card", "Found the headings"),
        (empty_heading, "card", "Found the headings"),
        (absent_evidence, "card", "tests/nowhere.py"),
        (fitted_on_the_future, "fitted before", "fitted on later events"),
        (a_failure_is_a_zero, "verdicts", "no error, no zero"),
        (a_failure_is_an_error, "verdicts", "no error, no zero"),
        (certain_in_percent, "verdicts", "the certainty 85"),
        (always_first, "order", "as the first of two"),
        (a_list_for_a_table, "verdicts", "answers with a polars table"),
    ],
)
def test_a_fault_is_caught_by_its_check(
    fault: Callable[[], Recipe[Any, Any]], check: str, says: str
) -> None:
    found = failures(fault())
    assert [verdict.check for verdict in found] == [check]
    assert says in found[0].message


def test_a_long_file_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stated, "MOST_LINES", 150)
    found = failures(right())
    assert [verdict.check for verdict in found] == ["card"]
    assert "at most 150" in found[0].message


def test_fewer_calls_than_stated_are_right_where_the_card_says_why() -> None:
    assert not failures(stops_early("min(events, own) + (voice == 'told') + 1"))
    loose = stops_early("min(events, own) + 100")
    [found] = [verdict for verdict in check_recipe(loose) if verdict.check == "calls"]
    assert found.status == "passed"
    assert found.message == "never as many here: at most min(events, own) + 100"


def test_what_an_assistant_said_may_be_shown_in_a_conversation() -> None:
    assert not failures(shows_a_conversation("assistant", "system"))
    [found] = failures(shows_a_conversation("user"))
    assert found.check == "own words", "a recalled text is not the user's turn either"


def test_ratings_of_others_are_statistics() -> None:
    assert not failures(peers_ratings("statistics"))


def test_texts_of_others_may_be_read_where_the_card_says_so() -> None:
    assert not failures(peers_texts("texts"))


def test_a_waiver_turns_a_failure_into_a_reason() -> None:
    waived = made(ignores_history().function, waives={"history matters": "on purpose"})
    verdicts = {v.check: v for v in check_recipe(waived)}
    assert verdicts["history matters"] == Verdict("history matters", "waived", "on purpose")
    assert not failures(waived)


def test_a_waiver_that_is_not_needed_is_a_failure() -> None:
    found = failures(made(right().function, waives={"no future": "why not"}))
    assert [verdict.check for verdict in found] == ["no future"]
    assert "take the waiver away" in found[0].message


def test_a_waiver_of_an_unknown_check_is_a_failure() -> None:
    found = failures(made(right().function, waives={"no futur": "a slip"}))
    assert [verdict.check for verdict in found] == ["no futur"]
    assert "Did you mean 'no future'" in found[0].message


def test_a_recipe_that_cannot_be_composed_says_why() -> None:
    def broken(lm: LanguageModel) -> Personalizer[Profile]:
        raise RuntimeError("nothing here")

    found = {verdict.check: verdict.message for verdict in failures(made(broken))}
    assert "nothing here" in found["no future"]


def test_a_need_without_a_stand_in_is_named() -> None:
    def needy(lm: LanguageModel, weather: dict) -> Personalizer[Profile]:  # type: ignore[type-arg]
        raise AssertionError

    found = {verdict.check: verdict.message for verdict in failures(made(needy))}
    assert "weather: dict" in found["deterministic"]


def test_a_recipe_that_fails_on_a_request_shows_where() -> None:
    def learn(view: View, request: Request) -> Profile:
        return Profile(request.user, str(1 / len(view.own[:0])))

    found = {verdict.check: verdict.message for verdict in failures(made(says(learn)))}
    assert "ZeroDivisionError" in found["calls"]
    assert "test_planted_faults.py" in found["calls"]
