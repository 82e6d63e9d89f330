"""One miniature of each role, written as a recipe file, through contract and runner.

They try the nouns on unlike things: what is awkward here would be awkward in many recipes.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from idiolect.card import Recipe
from idiolect.catalog import recipe
from idiolect.data import Request
from idiolect.errors import CapabilityError, DataError, SettingError
from idiolect.lm import Prompt, Scripted, Tape, own, peers
from idiolect.roles import Draft, Fitted, Judge, UserEmbedding, Verdict
from idiolect.run import Assembly, Outcome, run
from idiolect.simulate import Instrument, Session, play
from idiolect.testing.contract import CHECKS, Bench, judged
from idiolect.testing.standins import Hashing, answered
from idiolect.testing.world import world

FILES = {
    "personalizer.py": "latest",
    "scorer.py": "together",
    "preference.py": "bradley_terry",
    "policy.py": "tour",
    "instrument.py": "questionnaire",
    "study.py": "amounts",
    "condition.py": "soft_token",
    "judge.py": "points",
    "guard.py": "no_digits",
    "learner.py": "mean_vector",
}
POPULATION = world().population


def shape(file: str) -> Recipe[Any, Any]:
    return recipe(f"{Path(__file__).parent / file}@{FILES[file]}")


BENCHES = {file: Bench(shape(file), world()) for file in FILES}


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("file", FILES)
def test_keeps_the_contract(file: str, check: str) -> None:
    assert judged(BENCHES[file], check).status == "passed", judged(BENCHES[file], check).message


def ran(
    file: str, lm: Scripted | None = None, *, texts: bool = False, **supplies: Any
) -> list[Outcome]:
    """Every request of the world through the runner, four at once; `texts` asks for no choice."""
    asked = [replace(each, options=()) if texts else each for each in world().requests]
    outcomes = run(Assembly(shape(file), supplies), POPULATION, asked, lm or Scripted(answered))
    assert not [outcome.failure for outcome in outcomes if outcome.failure]
    return outcomes


def test_a_personalizer_writes() -> None:
    drafts = [outcome.answer for outcome in ran("personalizer.py", texts=True)]
    assert all(isinstance(draft, Draft) and draft.text for draft in drafts)
    assert len({draft.text for draft in drafts}) == len(drafts)


def test_a_draft_holds_the_calls_of_its_own_writing() -> None:
    tape = Tape(Scripted(answered))
    writer = shape("personalizer.py")(tape)
    views = [POPULATION.as_of(request) for request in world().requests[:2]]
    drafts = [writer.write(view) for view in views]
    assert [call for draft in drafts for call in draft.calls] == tape.calls
    assert [draft.calls[-1].reply.text for draft in drafts] == [draft.text for draft in drafts]
    assert shape("personalizer.py")(Scripted(answered)).write(views[0]).calls == ()


def test_a_scorer_prefers_what_people_like_and_ranks_the_catalogue() -> None:
    fitted = shape("scorer.py").fit(world().past, np.random.default_rng(0))
    outcomes = ran("scorer.py", fitted=fitted)
    chosen = [POPULATION.event(o.request.event or "").chosen for o in outcomes]
    best = [max(o.answer, key=o.answer.__getitem__) for o in outcomes]
    assert np.mean([a == b for a, b in zip(chosen, best, strict=True)]) >= 0.6  # a third by chance
    scorer = shape("scorer.py")(fitted)
    view = POPULATION.as_of(world().requests[0])
    assert scorer.top(view, 1) == [best[0]]


def test_a_scorer_refuses_requests_before_what_it_was_fitted_on() -> None:
    late = shape("scorer.py").fit(POPULATION, np.random.default_rng(0))
    outcome = run(
        Assembly(shape("scorer.py"), {"fitted": late}),
        POPULATION,
        world().requests[:1],
        Scripted(),
    )[0]
    assert outcome.failure is not None
    assert outcome.failure.kind == DataError.__name__
    assert "fit it on a population cut before" in outcome.failure.message


def test_a_preference_model_recovers_tastes() -> None:
    scorer = shape("preference.py")()
    places = POPULATION.items["id"].to_list()
    for request in world().requests:
        user = scorer.learn(POPULATION.as_of(request), request)
        taste = world().tastes[request.user]
        at = [POPULATION.item(place).attributes for place in places]
        worth = [a["price"] * taste[0] + a["quiet"] * taste[1] for a in at]
        assert np.corrcoef(worth, user.reward(request, places))[0, 1] > 0.9
    assert all(len(o.answer) == 3 for o in ran("preference.py"))


def test_a_policy_runs_free_and_forced() -> None:
    free = [outcome.answer for outcome in ran("policy.py")]
    assert all(isinstance(s, Session) and not s.forced and len(s.steps) == 3 for s in free)
    simulation = shape("policy.py")()
    gains = []
    for request in world().requests:
        view, rng = POPULATION.as_of(request), np.random.default_rng(0)
        first = POPULATION.event(request.event or "").chosen or ""
        rest = [option for option in request.options if option != first]
        forced = [
            play(simulation.policy, view, simulation.environment(view), rng=rng, actions=actions)
            for actions in ([first, *rest], [*rest, first])
        ]
        assert all(session.forced for session in forced)
        assert [step.done for step in forced[0].steps] == [first, *rest]
        gains.append(forced[0].log_likelihood - forced[1].log_likelihood)
    assert min(gains) > 0  # what they really did first is likelier first than last


def test_forced_actions_after_the_end_are_an_error() -> None:
    simulation = shape("policy.py")(steps=1)
    view, rng = POPULATION.as_of(world().requests[0]), np.random.default_rng(0)
    actions = world().requests[0].options[:2]
    with pytest.raises(DataError, match="1 real actions left after step 1"):
        play(simulation.policy, view, simulation.environment(view), rng=rng, actions=actions)
    with pytest.raises(DataError, match="the action 'fly'; possible were"):
        play(simulation.policy, view, simulation.environment(view), rng=rng, actions=["fly"])


def test_an_instrument_reverses_keys() -> None:
    for outcome in ran("instrument.py", Scripted("5")):
        assert outcome.answer == {"outgoing": 3.0, "careful": 3.0}  # (5 + 1) / 2
        assert len(outcome.calls) == 4

    def extravert(statements: Any) -> list[int]:
        return [5 if said.startswith("I talk") else 1 for said in statements]

    instrument = shape("instrument.py")(Scripted()).instrument
    assert instrument.administer(extravert) == {"outgoing": 5.0, "careful": 3.0}


def test_an_instrument_refuses_impossible_answers() -> None:
    instrument = shape("instrument.py")(Scripted()).instrument
    with pytest.raises(DataError, match=r"the answer 7 to 'I talk.*run from 1 to 5"):
        instrument.administer(lambda statements: [7] * len(statements))
    with pytest.raises(DataError, match="Found 1 answers to 4 statements"):
        instrument.administer(lambda statements: [1])
    with pytest.raises(SettingError, match="no key"):
        Instrument({"I sing.": "loud"}, {})
    with pytest.raises(SettingError, match="no norms"):
        instrument.standardized({"outgoing": 3.0})
    normed = Instrument({"I sing.": "loud"}, {"I sing.": 1}, norms={"loud": (3.0, 0.5)})
    assert normed.standardized({"loud": 4.0}) == {"loud": 2.0}


def test_a_study_gives_a_table() -> None:
    study = shape("study.py")()
    table = study(POPULATION)
    assert table["texts"].to_list() == [12] * 12
    ada = POPULATION.events_of("ada").texts
    assert table["letters"][0] == sum(map(len, ada)) / 12
    assert shape("study.py")(least=13)(POPULATION).is_empty()
    outcome = run(
        lambda lm: lambda view, request: study(POPULATION),
        POPULATION,
        world().requests[:1],
        Scripted(),
    )[0]
    assert outcome.answer.equals(table)


def test_a_condition_that_a_model_cannot_honour_costs_nothing() -> None:
    lm = Scripted(answered)
    with pytest.raises(CapabilityError, match=r"'soft_token' gives the model soft_tokens.*cannot"):
        run(
            Assembly(shape("condition.py"), {"encoder": Hashing()}),
            POPULATION,
            world().requests,
            lm,
        )
    assert lm.prompts == []


def test_a_condition_that_a_model_can_honour_reaches_it() -> None:
    lm = Scripted(answered, frozenset({"soft_tokens"}))
    for outcome in ran("condition.py", lm, encoder=Hashing()):
        given = outcome.calls[-1].prompt.conditions[0]
        assert given is outcome.answer.user_model.condition
        assert given.vectors.shape == (1, 64)


def test_a_judge_gives_points_or_says_why_not() -> None:
    view = POPULATION.as_of(world().requests[0])
    judge: Judge = shape("judge.py")(Scripted("4"))
    assert judge(view, "A fine place.", None) == Verdict(4.0)
    failed = shape("judge.py")(Scripted("no idea"))(view, "A fine place.", None)
    assert failed.value is None
    assert "no usable reply" in failed.why


def test_a_guard_takes_out_what_must_not_leave() -> None:
    view = POPULATION.as_of(world().requests[0])
    peer = view.peers(world().requests[0].item.id)
    before = Prompt("Write.", own(view.own), peers(peer))
    after = shape("guard.py")()(before, view)
    assert len(after.section("own")) == len(view.own)
    assert not after.section("peers")
    shown = "".join(entry.text for entry in after.section("own"))
    assert "#" in shown
    assert not any(letter.isdigit() for letter in shown)
    assert before.section("peers")


def test_a_learner_learns_with_and_without_a_request() -> None:
    learner = shape("learner.py")(Hashing())
    view = POPULATION.as_of(world().requests[0])
    user = learner(view)
    assert isinstance(user, UserEmbedding)
    np.testing.assert_allclose(
        user.vectors[0], Hashing().encode(view.own.texts).mean(axis=0), atol=1e-6
    )
    answer = ran("learner.py", encoder=Hashing())[0].answer
    np.testing.assert_array_equal(answer.vectors, user.vectors)


@pytest.mark.parametrize("told", [None, datetime(2999, 1, 1), datetime(2999, 1, 1, tzinfo=UTC)])
def test_what_saw_the_target_is_refused_whatever_time_a_request_names(
    told: datetime | None,
) -> None:
    population = world().population
    asked = replace(world().requests[0], time=told)
    with pytest.raises(DataError, match="fit it on a population cut before"):
        Fitted.on(population, "all").at(population.as_of(asked))
    assert Fitted.on(world().past, "early").at(population.as_of(asked)) == "early"


def test_what_saw_an_event_of_the_very_time_is_refused() -> None:
    last = Fitted.on(world().past, "early")
    assert last.until is not None
    with pytest.raises(DataError, match="fit it on a population cut before"):
        last.check(Request("ann", time=last.until))
    last.check(Request("ann", time=last.until + timedelta(microseconds=1)))
    last.check(Request("ann"))
