"""The doctor, on the stub with each defect."""

import json
import re
from typing import Any

import pytest

from idiolect.lm import Entry, Prompt, endpoint, own
from idiolect.testing import StubServer

WORDS = ["sun", "moon", "tree", "lake", "hill", "road", "bird", "fish"]


def good(body: dict[str, Any]) -> str:
    """What a good model replies to the doctor."""
    said = "\n".join(message["content"] for message in body["messages"])
    if found := re.search(r"The password is ([\w-]+)\.", said):
        return found[1]
    if "exactly one of: lamp" in said:
        return "lamp"
    if "fingers" in said:
        return "5"
    if "JSON only" in said:
        return json.dumps({"name": "Nook", "stars": 4, "sells": ["bread", "tea"]})
    if "any word" in said:
        return WORDS[body["seed"] % len(WORDS)]
    return "one two three four five" if "Count" in said else "ready"


def test_a_good_model_passes_and_all_recipes_can_run(idiolect):
    with StubServer(good, context=8192) as server:
        ran = idiolect("doctor", "--lm", server.address)
        assert server.requests <= 15
    assert ran.code == 0, ran.out
    assert ran.out.count("   good  ") == 14
    said = " ".join(ran.out.split())
    for part in ("8,192 tokens, the server says", "median of 4", "a short reply came in"):
        assert part in said
    found = re.search(r"(\d+) of (\d+) recipes can run", said)
    assert found
    assert found[1] == found[2]


@pytest.mark.parametrize(
    ("check", "settings"),
    [
        ("gives log probabilities", {"logprobs": False}),
        ("streams", {"streams": False}),
        ("counts tokens", {"usage": False}),
        ("varies with temperature", {"answer": lambda body: good(body | {"seed": 1})}),
        ("context", {"context": None}),
    ],
)
def test_what_is_missing_is_said_and_is_no_failure(idiolect, check, settings):
    with StubServer(**{"answer": good, "context": 8192} | settings) as server:
        ran = idiolect("doctor", "--lm", server.address)
    assert re.findall(r"missing  ([\w ]+):", ran.out) == [check]
    assert ran.code == 0


def test_the_suggested_budget_keeps_prompts_within_the_context(idiolect):
    with StubServer(good, context=3_000) as server:
        said = " ".join(idiolect("doctor", "--lm", server.address).out.split())
        found = re.search(
            r"context: 3,000 tokens, the server says; a `budget` of about ([\d,]+) keeps prompts "
            r"within, with 512 left for the reply \(`budget` counts 4 characters as a token, where "
            r"this server counted (\d\.\d\d) in English\)",
            said,
        )
        assert found
        budget, rate = int(found[1].replace(",", "")), float(found[2])
        assert budget == pytest.approx((3_000 - 512) / rate, rel=0.01)
        text = "Line 7 of the list says nothing at all. " * 20
        english = Prompt("Sum up.", own([Entry(text) for _ in range(40)]))
        completion = endpoint(server.address, budget=budget).complete([english])[0]
        sent = sum(len(m["content"].split()) for m in server.bodies[-1]["messages"])
    assert completion.cut
    # Other text has other tokens, by some hundredths.
    assert 2_300 < sent < 3_000 - 400


def changed(part: str, instead: str) -> Any:
    """A model that is good but for prompts with certain words."""

    def answer(body: dict[str, Any]) -> str:
        said = "\n".join(message["content"] for message in body["messages"])
        return instead if part in said else good(body)

    return answer


@pytest.mark.parametrize(
    ("check", "answer", "says"),
    [
        ("answers", lambda body: " ", "reply is empty"),
        ("follows the prompt", changed("password", "hello"), "instruction was not given back"),
        ("follows the prompt", changed("password", "lantern-42<|im_end|>"), "<|im_end|>"),
        ("follows the prompt", changed("password", "lantern-42 " + "x" * 300), "for a word"),
        ("chooses and rates", changed("fingers", "many"), "'many'"),
        ("reads long prompts", changed("Line 9", "which?"), "cut prompts silently"),
    ],
)
def test_an_essential_failure_is_exit_code_1(idiolect, check, answer, says):
    with StubServer(answer, context=8192) as server:
        ran = idiolect("doctor", "--lm", server.address)
    assert ran.code == 1
    assert f"    bad  {check}: " in ran.out
    assert says in " ".join(ran.out.split())
    assert "0 of " in ran.out


def test_recipes_that_ask_for_json_cannot_run_where_it_is_not_followed(idiolect):
    with StubServer(changed("JSON only", "Nook is a place."), context=8192) as server:
        ran = idiolect("doctor", "--lm", server.address)
    assert ran.code == 0
    assert "missing  follows a JSON schema: " in ran.out
    said = " ".join(ran.out.split())
    assert re.search(r"not [\w, ]*persona_db[\w, ]*: asks for JSON", said)


def test_seeds_that_are_not_kept_are_seen(idiolect):
    drawn = iter(range(10_000))

    def answer(body: dict[str, Any]) -> str:
        return good(body | {"seed": next(drawn)})

    with StubServer(answer, context=8192) as server:
        ran = idiolect("doctor", "--lm", server.address)
    assert re.findall(r"missing  ([\w ]+):", ran.out) == ["repeats with a seed"]


def test_faults_on_the_way_are_counted(idiolect, monkeypatch):
    with StubServer(good, context=8192, faults=["503"]) as server:
        ran = idiolect("doctor", "--lm", server.address)
    assert ran.code == 0
    assert "1 calls had to be made again" in " ".join(ran.out.split())


def test_nobody_there_is_one_line_and_exit_code_1(idiolect):
    ran = idiolect("doctor", "--lm", "http://127.0.0.1:9/v1#any")
    assert ran.code == 1
    assert "bad answers: Found no endpoint at http://127.0.0.1:9/v1" in " ".join(ran.out.split())


def test_the_floor_says_which_recipes_need_free_reasoning(idiolect):
    ran = idiolect("doctor", "--lm", "extractive")
    assert ran.code == 0
    said = " ".join(ran.out.split())
    assert re.search(r"not [\w, ]+: Prompt '\w+' expects '\w+', which needs free reasoning", said)
