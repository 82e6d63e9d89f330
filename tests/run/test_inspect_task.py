"""Tasks of inspect_ai: its logs hold our figures, whoever answers. Needs the extra `inspect`."""

import gc
import math
import sys
from dataclasses import replace

import pytest

from idiolect.bench import Benchmark
from idiolect.catalog import recipe
from idiolect.data import last_per_user
from idiolect.errors import DataError, MissingExtraError
from idiolect.floor import Extractive
from idiolect.lm import Prompt, Scripted
from idiolect.measure import Pointwise, text_metric
from idiolect.run import Assembly, run
from idiolect.run.inspect import to_inspect
from idiolect.testing import town

# Warnings of inspect_ai and what it stands on are not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

WHY = "inspect_ai is not installed: pip install 'idiolect[inspect]'"


@pytest.fixture(scope="module")
def benchmark() -> Benchmark:
    people = town(users=6, texts=8, peers=4).population
    metrics = [text_metric(name) for name in ("rouge1", "rougeL", "bleu", "distinct1")]
    found = Benchmark.held_out(people, last_per_user(people, 2), metrics)
    halves = {name: "ab"[at % 2] for at, name in enumerate(found.examples)}
    thirds = {name: "xyz"[at % 3] for at, name in enumerate(found.examples)}
    return replace(found, groups={"half": halves, "third": thirds})


@pytest.fixture
def evaluated(tmp_path):
    """Runs a task offline; what its model says is a function of the messages' text."""
    inspect_ai = pytest.importorskip("inspect_ai", reason=WHY)
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    def model(says):
        def said(messages, *_):
            output = ModelOutput.from_content("mock", says("\n\n".join(m.text for m in messages)))
            # Otherwise the mock model counts tokens with a tokenizer from the network.
            output.usage = ModelUsage(input_tokens=7, output_tokens=3, total_tokens=10)
            return output

        return get_model("mockllm/model", custom_outputs=said)

    def log(task, says=lambda text: "never asked", grader=None, **settings):
        roles = {} if grader is None else {"model_roles": {"grader": model(grader)}}
        folder = str(tmp_path / "logs")
        return inspect_ai.eval(
            task, model=model(says), log_dir=folder, display="none", **roles, **settings
        )[0]

    yield log
    gc.collect()  # streams that inspect_ai leaves open warn now, not in another module's tests


def echo(text: str) -> str:
    """Some words of the prompt, so that replies differ."""
    return " ".join(text.split()[-60:-20])


def figures(log) -> dict[str, dict[str, float]]:
    """Score → result → value."""
    return {s.name: {n: m.value for n, m in s.metrics.items()} for s in log.results.scores}


def test_a_log_holds_our_figures_and_those_of_groups(benchmark, evaluated):
    method = Assembly(recipe("rag"))
    found = figures(evaluated(to_inspect(benchmark, method, lm=Extractive())))
    made = run(method, benchmark.population, benchmark.requests, Extractive())
    ours = {name: one.text for name, one in zip(benchmark.examples, made, strict=True)}
    for name, score in benchmark.score(ours).items():
        its = found["idiolect"] if name == "bleu" else found[name]
        ends = [name, "bleu_low", "bleu_high"] if name == "bleu" else _ends()
        for key, value in zip(ends, (score.value, score.low, score.high), strict=True):
            assert its[key] == pytest.approx(value, rel=1e-12, nan_ok=True)
    for grouping in ("half", "third"):
        for group, its in benchmark.by(grouping, ours).items():
            assert found["rouge1"][f"idiolect/{grouping}_{group}"] == its["rouge1"].value
            assert found["idiolect"][f"bleu_{grouping}_{group}"] == its["bleu"].value


def _ends() -> list[str]:
    return [f"idiolect/{name}" for name in ("figure", "low", "high")]


def test_the_error_is_clustered_by_user(benchmark, evaluated):
    log = evaluated(to_inspect(benchmark, Assembly(recipe("plain")), lm=Scripted("the food")))
    values: dict[str, list[float]] = {}
    for sample in log.samples:
        (score,) = sample.scores.values()
        values.setdefault(sample.metadata["user"], []).append(score.value["rouge1"])
    rows = [value for its in values.values() for value in its]
    mean, users = sum(rows) / len(rows), len(values)
    squares = sum(sum(v - mean for v in its) ** 2 for its in values.values())
    error = math.sqrt(squares * users / (users - 1)) / len(rows)
    assert figures(log)["rouge1"]["stderr"] == pytest.approx(error, rel=1e-12)


def test_the_evaluations_own_model_answers_every_call(benchmark, evaluated):
    method = Assembly(recipe("intsum"))
    log = evaluated(to_inspect(benchmark, method), says=echo)

    def scripted(prompt: Prompt) -> str:
        return echo("\n\n".join(m.content for m in prompt.render().messages if m.content))

    made = run(method, benchmark.population, benchmark.requests, Scripted(scripted))
    ours = {name: one.text for name, one in zip(benchmark.examples, made, strict=True)}
    assert {s.id: s.output.completion for s in log.samples} == ours
    assert figures(log)["rouge1"]["idiolect/figure"] == benchmark.score(ours)["rouge1"].value
    calls = {s.id: len([e for e in s.events if e.event == "model"]) for s in log.samples}
    assert calls == {n: len(one.calls) for n, one in zip(benchmark.examples, made, strict=True)}
    assert min(calls.values()) > 1
    for sample in log.samples:
        kept, times = sample.scores["idiolect"].metadata, calls[sample.id]
        assert (kept["calls"], kept["tokens"]) == (times, 10 * times)


def test_what_the_method_fails_on_is_counted_not_scored(benchmark, evaluated):
    first = next(iter(benchmark.examples))
    words = benchmark.references[first].item

    def says(text: str) -> str:
        return "" if benchmark.population.item(words).name in text else "some words"

    log = evaluated(to_inspect(benchmark, Assembly(recipe("plain"))), says=says)
    failed = [s for s in log.samples if "ReplyError" in (s.scores["idiolect"].explanation or "")]
    assert log.status == "success"
    assert first in {s.id for s in failed}
    score = next(s for s in log.results.scores if s.name == "rouge1")
    assert score.unscored_samples == len(failed)
    assert score.scored_samples == len(benchmark.examples) - len(failed)


def test_a_model_that_breaks_is_an_error_of_the_sample(benchmark, evaluated):
    def says(text: str) -> str:
        raise RuntimeError("the endpoint is down")

    log = evaluated(to_inspect(benchmark, Assembly(recipe("plain"))), says=says)
    assert log.status == "error"
    assert "the endpoint is down" in log.error.message


def test_a_judge_asks_the_grader_and_its_failures_are_apart(benchmark, evaluated):
    few = replace(benchmark.only(list(benchmark.examples)[:4]), metrics=(), groups={})
    asked: list[str] = []

    def grader(text: str) -> str:
        asked.append(text)
        return "Score: 6" if len(asked) > 1 else "no mark at all"

    task = to_inspect(few, Assembly(recipe("plain")), judge=Pointwise)
    log = evaluated(task, says=lambda text: "some words", grader=grader, max_samples=1)
    assert asked
    found = next(s for s in log.results.scores if s.name == "judge")
    values = [s.scores["idiolect"].value["judge"] for s in log.samples]
    marked = [value for value in values if value == value]
    assert found.metrics["idiolect/figure"].value == sum(marked) / len(marked)
    assert found.unscored_samples == len(values) - len(marked)


def test_a_limit_scores_what_was_asked_and_two_tasks_do_not_mix(benchmark, evaluated):
    one = to_inspect(benchmark, Assembly(recipe("plain")), lm=Scripted("soup and bread"))
    other = to_inspect(
        replace(benchmark, metrics=(text_metric("rougeL"),)), Assembly(recipe("plain")),
        lm=Scripted("soup"),
    )  # fmt: skip
    some = list(benchmark.examples)[:5]
    found = figures(evaluated(one, limit=5))
    ours = benchmark.only(some).score(dict.fromkeys(some, "soup and bread"))
    assert found["rouge1"]["idiolect/figure"] == ours["rouge1"].value
    assert found["idiolect"]["bleu"] == pytest.approx(ours["bleu"].value, rel=1e-12)
    assert set(figures(evaluated(other))) == {"rougeL"}


def test_a_benchmark_without_metric_or_answers_is_refused(benchmark):
    pytest.importorskip("inspect_ai", reason=WHY)
    with pytest.raises(DataError, match="give one, such as"):
        to_inspect(replace(benchmark, metrics=()), Assembly(recipe("plain")))
    with pytest.raises(DataError, match="not published"):
        to_inspect(replace(benchmark, hidden=True), Assembly(recipe("plain")))


def test_without_the_extra_the_error_says_what_to_install(benchmark, monkeypatch):
    monkeypatch.setitem(sys.modules, "inspect_ai", None)
    with pytest.raises(MissingExtraError, match=r"idiolect\[inspect\]"):
        to_inspect(benchmark, Assembly(recipe("plain")))
