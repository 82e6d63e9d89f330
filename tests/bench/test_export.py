"""Tasks of lm-evaluation-harness: whole, scored as here, and run by it where it is installed."""

import importlib.util
import json
import os
import random
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from idiolect.bench import Benchmark, harness
from idiolect.bench.export import export
from idiolect.catalog import recipe
from idiolect.data import Event, Population, Request, last_per_user
from idiolect.embed import encoder
from idiolect.errors import CapabilityError, DataError, NoHistoryError, SettingError
from idiolect.floor import Extractive
from idiolect.lm import Tape
from idiolect.measure import text_metric
from idiolect.measure.labels import label_metrics, rating_metrics
from idiolect.run import Assembly
from idiolect.testing import town

TEXTS = ("rouge1", "rouge2", "rougeL_stem", "bleu", "sentence_bleu")
LABELS = ("good", "bad", "so so")


@pytest.fixture(scope="module")
def written() -> Benchmark:
    people = town(users=5, texts=8, peers=4).population
    metrics = [text_metric(name) for name in (*TEXTS, "length_ratio")]
    return Benchmark.held_out(people, last_per_user(people), metrics)


def asked(kind: str, answers: list[str], users: int = 3) -> Benchmark:
    """Requests for labels or ratings, each with its answer."""
    people = Population.of(
        [Event(f"u{n % users}", f"I wrote {n}", id=f"h{n}") for n in range(2 * users)]
    )
    shape = {"options": LABELS} if kind == "label" else {"scale": (1.0, 5.0)}
    metrics = label_metrics(LABELS) if kind == "label" else rating_metrics(1, 5)
    requests = {
        f"q{n}": Request(f"u{n % users}", f"Which is {{{{ {n} }}}}?", **shape)
        for n in range(len(answers))
    }
    real = {f"q{n}": Event(f"u{n % users}", answer) for n, answer in enumerate(answers)}
    return Benchmark(f"Made-up {kind}s", people, requests, metrics, False, references=real)


def documents(folder) -> list[dict]:
    lines = (folder / "examples.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def task(folder, name: str) -> dict:
    """The YAML as this package writes it: flat, JSON or bare words, and one list of metrics."""
    told: dict = {}
    for line in (folder / f"{name}.yaml").read_text(encoding="utf-8").splitlines():
        key, colon, value = line.strip().removeprefix("- ").partition(":")
        assert colon, line
        into = told if not line.startswith(" ") else told["metric_list"][-1:]
        if line.startswith("  - "):
            told["metric_list"].append({key: value.strip()})
        elif into is told:
            told[key] = [] if not value.strip() else _value(value.strip())
        else:
            into[0][key] = _value(value.strip())
    return told


def _value(said: str):
    return json.loads(said) if said[0] in '{["0123456789' else said.replace("!function ", "!")


def scored(made, answers: list[str]) -> dict[str, float]:
    """What the harness reports: rows by `process_results`, then the task's aggregation."""
    path = made.folder / "utils.py"
    spec = importlib.util.spec_from_file_location("utils", path)
    utils = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(utils)
    told, rows = task(made.folder, made.task), {}
    for document, answer in zip(documents(made.folder), answers, strict=True):
        process = getattr(utils, told["process_results"].removeprefix("!utils."))
        for name, value in process(document, [answer]).items():
            rows.setdefault(name, []).append(value)
    means = {"mean": np.mean}
    return {
        one["metric"]: float(
            (
                means.get(one["aggregation"])
                or getattr(utils, one["aggregation"].removeprefix("!utils."))
            )(rows[one["metric"]])
        )
        for one in told["metric_list"]
    }


def test_a_folder_holds_task_prompts_rules_and_terms(written, tmp_path):
    method = Assembly(recipe("rag"))
    made = export(written, tmp_path / "out", method=method, terms="CC BY-NC-SA 4.0")
    assert made.left_out == ("length_ratio",)
    assert made.metrics == TEXTS
    told = task(made.folder, made.task)
    assert told["output_type"] == "generate_until"
    assert told["generation_kwargs"]["until"] == []
    assert told["generation_kwargs"]["max_gen_toks"] == 2048
    assert [one["metric"] for one in told["metric_list"]] == list(TEXTS)
    assert told["metric_list"][0]["aggregation"] == "mean"
    assert told["metric_list"][3]["aggregation"] == "!utils.corpus_bleu"
    found = documents(made.folder)
    assert [d["id"] for d in found] == list(written.examples)
    assert [d["target"] for d in found] == written.truths
    for document in found:
        tape = Tape(Extractive())
        method(tape).write(written.view(document["id"]))
        said = tape.calls[-1].prompt.render().messages
        assert [document["instruction"], document["prompt"]] == [m.content for m in said]
    terms = (made.folder / "LICENCE.txt").read_text(encoding="utf-8")
    assert "CC BY-NC-SA 4.0" in terms
    assert "not for redistribution" in terms


def test_written_replies_score_as_here(written, tmp_path):
    rng = random.Random(1)
    words = " ".join(written.truths).split()
    truths = {n: replace(e) for n, e in written.references.items()}
    first = next(iter(truths))
    truths[first] = replace(truths[first], text="!")  # nothing to compare with
    hard = replace(written, references=truths)
    made = export(hard, tmp_path)
    answers = [" ".join(rng.sample(words, 12)) for _ in hard.examples]
    ours = hard.score(dict(zip(hard.examples, answers, strict=True)))
    assert ours["rouge1"].rows == len(answers) - 1
    for name, value in scored(made, answers).items():
        assert value == pytest.approx(ours[name].value, rel=1e-9), name


@pytest.mark.parametrize(
    ("kind", "truths", "answers"),
    [
        ("label", ["good", "bad", "good", "so so"], [" good ", "good", "Good", "so so"]),
        ("rating", ["1", "5", "3", "4"], ["2.5", "five", "nan", " 4\n"]),
    ],
)
def test_labels_and_ratings_follow_the_published_rules(kind, truths, answers, tmp_path):
    benchmark = asked(kind, truths)
    made = export(benchmark, tmp_path, written=True)
    ours = benchmark.score(dict(zip(benchmark.examples, answers, strict=True)))
    found = scored(made, answers)
    assert found == pytest.approx({name: score.value for name, score in ours.items()}, rel=1e-12)
    assert "{{ 1 }}" in documents(tmp_path)[1]["prompt"], "data is no template"


def test_a_mean_over_users_stays_one(tmp_path):
    benchmark = replace(asked("rating", ["1", "2", "3", "4"], users=3), average="user")
    made = export(benchmark, tmp_path)
    answers = ["1", "4", "3", "1"]
    ours = benchmark.score(dict(zip(benchmark.examples, answers, strict=True)))
    assert scored(made, answers)["mae"] == pytest.approx(ours["mae"].value)
    assert ours["mae"].value != pytest.approx(5 / 4), "not the mean over rows"


def test_options_are_compared_by_likelihood(tmp_path):
    benchmark = asked("label", ["bad", "so so"])
    made = export(benchmark, tmp_path)
    told = task(tmp_path, made.task)
    assert (told["output_type"], told["doc_to_choice"]) == ("multiple_choice", "choices")
    assert [d["gold"] for d in documents(tmp_path)] == [1, 2]
    assert made.left_out == ("unparsed",)
    document = documents(tmp_path)[0]
    likelihoods = [(-3.0, False), (-1.0, True), (-2.0, False)]
    assert harness.likeliest(document, likelihoods)["accuracy"] == 1.0
    assert harness.likeliest(document, likelihoods[::-1])["accuracy"] == 1.0
    assert harness.likeliest(document, [(-1.0, True), *likelihoods[1:]])["accuracy"] == 0.0


def test_what_cannot_be_exported_is_refused(written, tmp_path):
    one, other = asked("label", ["good"]), asked("rating", ["2"])
    mixed = replace(
        one,
        examples={**one.examples, "r": other.examples["q0"]},
        references={**one.references, "r": other.references["q0"]},
    )
    with pytest.raises(DataError, match="Export them apart"):
        export(mixed, tmp_path)
    with pytest.raises(DataError, match="none of its options"):
        export(replace(one, references={"q0": Event("u0", "awful")}), tmp_path)
    with pytest.raises(CapabilityError, match="scored by a judge"):
        export(replace(written, metrics=()), tmp_path)
    with pytest.raises(DataError, match="not published"):
        export(replace(written, hidden=True), tmp_path)
    with pytest.raises(CapabilityError, match="--lm"):
        export(written, tmp_path, method=Assembly(recipe("intsum")))
    (tmp_path / "file").write_text("here", encoding="utf-8")
    with pytest.raises(SettingError, match="give a folder"):
        export(written, tmp_path / "file")


def test_a_request_without_a_prompt_fails_the_export(written, tmp_path):
    made = Assembly(recipe("plain"))(Extractive())

    def learn(view, request):
        if request.event == next(iter(written.examples)):
            raise NoHistoryError("Nothing is known of this user.")
        return made.learn(view, request)

    broken = replace(made, learn=learn)
    with pytest.raises(DataError, match="Found 1 of 5 requests"):
        export(written, tmp_path, method=lambda lm: broken)
    assert not (tmp_path / "examples.jsonl").exists()


def test_a_method_that_asks_while_it_learns_is_given_a_model(written, tmp_path):
    method = Assembly(recipe("dpl"), {"encoder": encoder("lsa")})
    made = export(written, tmp_path, method=method, lm=Extractive())
    assert made.task.endswith("_dpl")
    assert len({d["prompt"] for d in documents(tmp_path)}) == len(written.examples)


@pytest.mark.parametrize("kind", ["text", "label", "rating"])
def test_the_harness_runs_it(kind, written, tmp_path):
    pytest.importorskip("lm_eval", reason="lm-eval is not installed: pip install lm-eval")
    truths = ["good", "bad", "so so", "bad"] * 3 if kind == "label" else ["1", "2", "5", "4"] * 3
    benchmark = written if kind == "text" else asked(kind, truths)
    made = export(benchmark, tmp_path / "task", method=Assembly(recipe("rag")))
    yaml = pytest.importorskip("yaml")
    loader = type("Loader", (yaml.SafeLoader,), {})
    loader.add_constructor("!function", lambda _, node: f"!{node.value}")
    whole = yaml.load((made.folder / f"{made.task}.yaml").read_text(encoding="utf-8"), loader)
    mine = task(made.folder, made.task)
    assert [m["metric"] for m in whole["metric_list"]] == [m["metric"] for m in mine["metric_list"]]
    assert {n: v for n, v in whole.items() if n != "metric_list"} == {
        n: v for n, v in mine.items() if n != "metric_list"
    }
    found = harnessed(made, tmp_path)
    assert {name.split(",")[0] for name in found} >= set(made.metrics)
    answers = {d["id"]: said(d["prompt"], kind) for d in documents(made.folder)}
    ours = benchmark.score(answers)
    for name in made.metrics:
        assert found[f"{name},none"] == pytest.approx(ours[name].value, rel=1e-9)
    first = ours[made.metrics[0]].value
    assert 0 < first < (1 if kind != "rating" else 4), "equal zeros would show nothing"


def said(prompt: str, kind: str) -> str:
    """What the model of the harness says: the words of a prompt's end, or of its length."""
    if kind == "text":
        return " ".join(prompt.split()[-30:])
    return LABELS[len(prompt) % 3] if kind == "label" else str(1 + len(prompt) % 5)


MODEL = '''
import json, sys
from lm_eval import simple_evaluate
from lm_eval.api.model import LM
from lm_eval.tasks import TaskManager

folder, task, out = sys.argv[1:]
said = json.load(sys.stdin)

def answer(context):
    """Of the one prompt that this context ends in: the instruction stands before it."""
    (found,) = {reply for prompt, reply in said.items() if context.endswith(prompt)}
    return found

class Told(LM):
    def generate_until(self, requests, **_):
        return [answer(one.arguments[0]) for one in requests]

    def loglikelihood(self, requests, **_):
        told = [(answer(one.arguments[0]), one.arguments[1].strip()) for one in requests]
        return [(0.0 if reply == option else -1.0, False) for reply, option in told]

    def loglikelihood_rolling(self, requests, **_):
        raise NotImplementedError("no task here asks for rolling likelihoods")

found = simple_evaluate(model=Told(), tasks=[task], task_manager=TaskManager(include_path=folder))
json.dump({k: v for k, v in found["results"][task].items() if "," in k}, open(out, "w"))
'''


def harnessed(made, folder) -> dict[str, float]:
    """What lm-evaluation-harness reports, of a model that says what it is told."""
    kind = "text" if "rouge1" in made.metrics else "rating" if "mae" in made.metrics else "label"
    replies = {d["prompt"]: said(d["prompt"], kind) for d in documents(made.folder)}
    path = folder / "found.json"
    env = os.environ | {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", MODEL, str(made.folder), made.task, str(path)],
        input=json.dumps(replies), capture_output=True, text=True, env=env, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(path.read_text(encoding="utf-8"))
