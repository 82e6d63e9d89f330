"""The runner: order, isolation, counts, and what fails before any cost."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from idiolect.card import PositiveInt, recipe
from idiolect.data import Request, View
from idiolect.embed import Encoder
from idiolect.errors import CapabilityError, NoHistoryError, SettingError, UnknownNameError
from idiolect.lm import Completion, LanguageModel, Prompt, Scripted, own, query
from idiolect.profile import Profile
from idiolect.roles import Draft, Nothing, Personalizer
from idiolect.run import Assembly, Failure, Outcome, Progress, answer, run
from idiolect.testing.standins import Hashing, answered, canonical
from idiolect.testing.world import world

POPULATION, REQUESTS = world().population, world().requests


def writes(
    learn: Callable[[View, Request], Any] = lambda view, request: Nothing(),
) -> Callable[[LanguageModel], Any]:
    def build(lm: LanguageModel) -> Personalizer[Any]:
        return Personalizer(lm, learn, lambda request, _: Prompt("Write.", query(request)))

    return build


@recipe(
    title="Of the tests",
    reads_other_users="none",
    enters="prompt",
    calls="1",
    evidence={"text": ("none", "")},
)
def encoded(
    lm: LanguageModel, encoder: Encoder, *, events: PositiveInt = 2
) -> Personalizer[Profile]:
    def learn(view: View, request: Request) -> Profile:
        return Profile(request.user, encoder.name)

    def prompt(request: Request, user: Profile) -> Prompt:
        return Prompt(f"{user.summary} {events}", query(request))

    return Personalizer(lm, learn, prompt)


class Slow(Scripted):
    """A model that is slowest for the requests that come first."""

    def complete(self, prompts: Any) -> list[Completion]:
        time.sleep(max(0.0, 0.03 - 0.002 * len(self.prompts)))
        return super().complete(prompts)


def test_outcomes_keep_the_order_of_the_requests() -> None:
    outcomes = run(writes(), POPULATION, REQUESTS, Slow(answered), threads=6)
    assert [outcome.request for outcome in outcomes] == list(REQUESTS)
    alone = [answer(writes(), POPULATION, request, Scripted(answered)) for request in REQUESTS]
    assert [o.text for o in outcomes] == [o.text for o in alone]


def test_requests_run_side_by_side() -> None:
    met = threading.Barrier(4, timeout=10)

    def learn(view: View, request: Request) -> Nothing:
        met.wait()  # breaks unless four requests are here at once
        return Nothing()

    outcomes = run(writes(learn), POPULATION, REQUESTS[:8], Scripted(), threads=4)
    assert not [outcome.failure for outcome in outcomes if outcome.failure]


def test_each_request_keeps_its_own_calls() -> None:
    for outcome in run(writes(), POPULATION, REQUESTS, Scripted(answered), threads=6):
        assert len(outcome.calls) == 1
        assert outcome.request.query in outcome.calls[0].prompt.render().text
        assert isinstance(outcome.answer, Draft)
        assert outcome.answer.calls == outcome.calls


def test_a_failure_stays_alone() -> None:
    def learn(view: View, request: Request) -> Nothing:
        if request.user == "ada":
            raise NoHistoryError("Nothing is known of Ada.")
        if request.user == "ben":
            raise ZeroDivisionError("a plain bug")
        return Nothing()

    outcomes = run(writes(learn), POPULATION, REQUESTS, Scripted())
    by_user = {outcome.request.user: outcome for outcome in outcomes}
    assert by_user["ada"].failure == Failure("NoHistoryError", "Nothing is known of Ada.")
    bug = by_user["ben"].failure
    assert bug is not None
    assert (bug.kind, bug.message) == ("ZeroDivisionError", "a plain bug")
    assert "in learn" in bug.trace
    assert by_user["ben"].answer is None
    assert by_user["ben"].text == ""
    assert all(by_user[user].text for user in by_user if user not in {"ada", "ben"})


def test_calls_before_a_failure_are_kept() -> None:
    def build(lm: LanguageModel) -> Callable[[View, Request], Any]:
        def learn(view: View, request: Request) -> Any:
            lm.one(Prompt("Paid for."))
            raise RuntimeError("then a bug")

        return learn

    outcome = run(build, POPULATION, REQUESTS[:1], Scripted())[0]
    assert [call.prompt.instruction for call in outcome.calls] == ["Paid for."]
    assert outcome.failure is not None


def test_progress_counts() -> None:
    seen: list[Progress] = []

    def learn(view: View, request: Request) -> Nothing:
        if request.user == "ada":
            raise NoHistoryError("Nothing is known of Ada.")
        return Nothing()

    class Counting(Scripted):
        def complete(self, prompts: Any) -> list[Completion]:
            return [Completion("a reply", 7, 3) for _ in prompts]

    run(writes(learn), POPULATION, REQUESTS, Counting(), threads=5, progress=seen.append)
    assert [p.done for p in seen] == list(range(1, len(REQUESTS) + 1))
    last = seen[-1]
    assert (last.total, last.failed) == (len(REQUESTS), 2)
    assert (last.calls, last.tokens) == (len(REQUESTS) - 2, 10 * (len(REQUESTS) - 2))
    assert last.left == 0
    assert last.rate == pytest.approx(last.done / last.seconds)


def test_tokens_and_retries_are_summed() -> None:
    lm = Scripted(lambda prompt: "fine" if prompt.attempt else "")
    outcome = run(writes(), POPULATION, REQUESTS[:1], lm)[0]
    assert outcome.text == "fine"
    assert outcome.retries == 1


def test_a_wrong_setting_fails_before_any_call() -> None:
    lm = Scripted()
    with pytest.raises(SettingError, match=r"Found events=0 .*greater than 0.*default is 2"):
        run(Assembly(encoded, {"encoder": Hashing()}, {"events": 0}), POPULATION, REQUESTS, lm)
    with pytest.raises(UnknownNameError, match="Did you mean 'events'"):
        run(Assembly(encoded, {"encoder": Hashing()}, {"event": 1}), POPULATION, REQUESTS, lm)
    assert lm.prompts == []


def test_a_setting_reaches_the_recipe() -> None:
    build = Assembly(encoded, {"encoder": Hashing()}, {"events": 5})
    outcome = run(build, POPULATION, REQUESTS[:1], Scripted())[0]
    assert outcome.calls[0].prompt.instruction == "hashing 5"


def test_a_missing_need_is_named_before_any_call() -> None:
    with pytest.raises(CapabilityError, match=r"'encoded' needs 'encoder'.*supplied: encodr"):
        Assembly(encoded, {"encodr": Hashing()})


def test_no_threads_is_an_error() -> None:
    with pytest.raises(SettingError, match="threads=0"):
        run(writes(), POPULATION, REQUESTS, Scripted(), threads=0)


def test_no_requests_give_no_outcomes() -> None:
    assert run(writes(), POPULATION, [], Scripted()) == []


def test_published_views_show_what_came_later() -> None:
    request = REQUESTS[0]

    def build(lm: LanguageModel) -> Callable[[View, Request], Any]:
        return lambda view, request: (view.published, len(view.others), view.own.ids)

    cut, uncut = (
        run(build, POPULATION, [request], Scripted(), published=published)[0].answer
        for published in (False, True)
    )
    assert cut[0] is False
    assert uncut[0] is True
    assert cut[1] < uncut[1] == len(POPULATION) - len(POPULATION.events_of(request.user))
    assert cut[2] == uncut[2]


def test_a_request_for_anothers_event_fails_alone() -> None:
    wrong = Request("ben", event=REQUESTS[0].event)
    outcomes = run(writes(), POPULATION, [wrong, REQUESTS[1]], Scripted())
    assert outcomes[0].failure is not None
    assert outcomes[0].failure.kind == "DataError"
    assert outcomes[1].failure is None


def test_two_runs_of_a_deterministic_model_are_equal() -> None:
    def build(lm: LanguageModel) -> Personalizer[Profile]:
        def learn(view: View, request: Request) -> Profile:
            return Profile(request.user, lm.one(Prompt("Sum up.", own(view.own))).text)

        return Personalizer(lm, learn, lambda r, user: Prompt(user.summary, query(r)))

    def told(outcomes: list[Outcome]) -> str:
        return canonical([(o.answer, o.calls) for o in outcomes])

    one, four = (
        told(run(build, POPULATION, REQUESTS, Scripted(answered), threads=threads))
        for threads in (1, 4)
    )
    assert one == four
