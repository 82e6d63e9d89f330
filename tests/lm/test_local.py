"""Open models in this process, against transformers and peft asked directly."""

import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from idiolect.errors import CapabilityError, MissingExtraError, SettingError
from idiolect.lm import (
    Choice,
    Entry,
    GivesHiddenStates,
    GivesLogprobs,
    Json,
    Number,
    Prompt,
    Sampling,
    Section,
    own,
)
from idiolect.lm.local import Local, NamedAdapter, SoftTokens, batcher, local
from idiolect.lm.local.draws import drawing
from idiolect.run.models import language_model

WHY = "local models need torch and transformers (extra train)"
#: Between a batch and one by one, in sums of natural log probabilities at float32.
CLOSE = 2e-4
pytestmark = [
    # What these libraries say of each other.
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated"),
    pytest.mark.filterwarnings("ignore:`torch.jit"),
]


@pytest.fixture(params=["llama", "gpt2"])
def lm(request: pytest.FixtureRequest) -> Any:
    return make(request.param)


@pytest.fixture
def llama() -> Any:
    return make("llama")


def make(kind: str = "llama", **settings: Any) -> Local:
    pytest.importorskip("torch", reason=WHY)
    pytest.importorskip("transformers", reason=WHY)
    import tiny

    return Local(tiny.model(kind), tiny.tokenizer(), **settings)


def prompts(number: int = 24, **settings: Any) -> list[Prompt]:
    """Of 1 to `number` words, in no order of length."""
    lengths = np.random.default_rng(1).permutation(number) + 1
    sampling = Sampling(**{"max_tokens": 12, "temperature": 0.0} | settings)
    return [
        Prompt("Say.", own([Entry(" ".join(f"w{n}{k}" for k in range(length)))]), sampling=sampling)
        for n, length in enumerate(lengths)
    ]


def templated(lm: Local, prompt: Prompt) -> list[int]:
    """The tokens of a prompt, by the template's own rule."""
    said = "".join(f"[{m.role}] {m.content}\n" for m in prompt.render().messages)
    return lm.tokenizer("<s>" + said + "[assistant] ", add_special_tokens=False)["input_ids"]


def loss(lm: Local, before: list[int], after: list[int]) -> float:
    """Minus the log probability of tokens after others, by transformers' own loss."""
    import torch

    ids = torch.tensor([before + after])
    labels = torch.tensor([[-100] * len(before) + after])
    with torch.inference_mode():
        return float(lm.model(input_ids=ids, labels=labels).loss) * len(after)


def test_replies_of_a_batch_are_those_one_by_one(lm: Local) -> None:
    asked = prompts()
    together = lm.complete(asked)
    alone = [lm.complete([prompt])[0] for prompt in asked]
    assert [c.text for c in together] == [c.text for c in alone]
    assert len({c.text for c in together}) > 12, "replies that are all alike show nothing"
    assert [c.prompt_tokens for c in together] == [len(templated(lm, p)) for p in asked]
    assert {c.completion_tokens for c in together} <= set(range(1, 13))


def test_replies_are_those_of_transformers(lm: Local) -> None:
    import torch

    for prompt, completion in zip(prompts(6), lm.complete(prompts(6)), strict=True):
        ids = torch.tensor([templated(lm, prompt)])
        out = lm.model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=12, do_sample=False
        )
        wanted = lm.tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
        assert completion.text == wanted


def test_likelihoods_are_transformers_own_loss_in_a_batch_and_alone(lm: Local) -> None:
    asked = prompts()
    words = ["yes", "an answer of more words", "no"] * 8
    together = lm.logprobs(asked, words)
    alone = [lm.logprobs([p], [w])[0] for p, w in zip(asked, words, strict=True)]
    wanted = [-loss(lm, templated(lm, p), lm._ids(w)) for p, w in zip(asked, words, strict=True)]
    np.testing.assert_allclose(together, alone, atol=CLOSE, rtol=0)
    np.testing.assert_allclose(together, wanted, atol=CLOSE, rtol=0)


def test_threads_are_answered_in_batches_each_with_its_own(llama: Local) -> None:
    asked = prompts(32)
    alone = [llama.complete([prompt])[0].text for prompt in asked]
    sizes: list[int] = []
    write = llama._batcher.write
    llama._batcher.write = lambda jobs: [sizes.append(len(jobs)), write(jobs)][1]  # type: ignore[method-assign,list-item]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda prompt: llama.one(prompt).text, asked))
    assert found == [text.strip() for text in alone] or found == alone
    assert max(sizes) > 1


def test_a_batch_is_bounded_in_rows_and_tokens(llama: Local) -> None:
    asked = prompts()
    whole = [c.text for c in llama.complete(asked)]
    sizes: list[tuple[int, int]] = []
    write = llama._batcher.write

    def seen(jobs: Any) -> Any:
        sizes.append((len(jobs), len(jobs) * max(job.length + job.most for job in jobs)))
        return write(jobs)

    llama._batcher.write, llama.rows, llama.tokens = seen, 5, 900  # type: ignore[method-assign]
    assert [c.text for c in llama.complete(asked)] == whole
    assert max(rows for rows, _ in sizes) == 5
    assert all(tokens <= 900 or rows == 1 for rows, tokens in sizes)


def test_too_little_memory_halves_the_batch(llama: Local) -> None:
    import torch

    asked, write = prompts(8), llama._batcher.write
    whole = [c.text for c in llama.complete(asked)]

    def scarce(jobs: Any, most: int = 2) -> Any:
        if len(jobs) > most:
            raise torch.OutOfMemoryError("no more")
        return write(jobs)

    llama._batcher.write = scarce  # type: ignore[method-assign]
    assert [c.text for c in llama.complete(asked)] == whole
    llama._batcher.write = lambda jobs: scarce(jobs, 0)  # type: ignore[method-assign]
    with pytest.raises(CapabilityError, match="too little memory for one prompt"):
        llama.complete(asked)


def test_a_seed_gives_one_reply_in_any_batch_and_other_samples_differ(llama: Local) -> None:
    asked = prompts(12, temperature=1.0, seed=3)
    together = [c.text for c in llama.complete(asked)]
    assert together == [llama.complete([p])[0].text for p in asked]
    same = [asked[0].replace(sample=n) for n in range(8)]
    assert len({c.text for c in llama.complete(same)}) == 8
    unseeded = asked[0].replace(sampling=Sampling(temperature=1.0, max_tokens=12))
    assert len({c.text for c in llama.complete([unseeded] * 8)}) == 8


@pytest.mark.parametrize(("temperature", "top_p"), [(1.0, None), (0.5, None), (1.0, 0.6)])
def test_draws_follow_the_models_probabilities(
    llama: Local, temperature: float, top_p: float | None
) -> None:
    import torch

    prompt = prompts(3, temperature=temperature, top_p=top_p, max_tokens=1)[0]
    number = 1500
    jobs = llama.complete([prompt.replace(sample=n) for n in range(4)])
    assert all(job.completion_tokens == 1 for job in jobs)
    with torch.inference_mode():
        logits = llama.model(torch.tensor([templated(llama, prompt)])).logits[0, -1] / temperature
    wanted = torch.softmax(logits.double(), -1).numpy()
    if top_p is not None:
        order = np.argsort(-wanted)
        kept = order[: int(np.searchsorted(np.cumsum(wanted[order]), top_p)) + 1]
        wanted = np.where(np.isin(np.arange(len(wanted)), kept), wanted, 0)
        wanted /= wanted.sum()
    seeded, config = replace(prompt.sampling, seed=11), llama.model.generation_config
    scores = np.asarray(logits) * temperature
    drawn = Counter(drawing(seeded, n, config)(scores) for n in range(number))
    shares = np.array([drawn[token] / number for token in range(len(wanted))])
    # The sampling error of total variation is at most about half the root of tokens a draw.
    assert np.abs(shares - wanted).sum() / 2 < 0.5 * np.sqrt((wanted > 0).sum() / number) + 0.01
    assert not shares[wanted == 0].any()


def test_the_models_own_sampling_holds_where_the_prompt_says_nothing(llama: Local) -> None:
    prompt = prompts(2, temperature=None, max_tokens=8)[0]
    greedy = {c.text for c in llama.complete([prompt.replace(sample=n) for n in range(6)])}
    llama.model.generation_config.do_sample = True
    llama.model.generation_config.temperature = 1.5
    drawn = {c.text for c in llama.complete([prompt.replace(sample=n) for n in range(6)])}
    assert (len(greedy), len(drawn)) == (1, 6)


def test_stop_strings_limits_and_token_logprobs(llama: Local) -> None:
    plain = prompts(6, logprobs=True)
    whole = llama.complete(plain)
    assert {c.finish_reason for c in whole} <= {"stop", "length"}
    for prompt, completion in zip(plain, whole, strict=True):
        if completion.finish_reason == "length":
            assert completion.completion_tokens == len(completion.logprobs) == 12
        ids = lm_ids(llama, prompt, 12)
        wanted = -loss(llama, templated(llama, prompt), ids[: len(completion.logprobs)])
        assert sum(t.logprob for t in completion.logprobs) == pytest.approx(wanted, abs=CLOSE)
    letters = [(at, c.text.find(x)) for at, c in enumerate(whole) for x in c.text if x.isascii()]
    at, place = next((at, place) for at, place in letters if 1 < place < 8)
    stopped = llama.complete(prompts(6, stop=("never said", whole[at].text[place])))
    assert stopped[at].text == whole[at].text[:place]
    assert stopped[at].finish_reason == "stop"
    said = lm_ids(llama, plain[at], 12)
    least = next(n for n in range(13) if whole[at].text[place] in llama.tokenizer.decode(said[:n]))
    assert stopped[at].completion_tokens == least
    limits = [
        p.replace(sampling=replace(p.sampling, max_tokens=n + 1)) for n, p in enumerate(plain)
    ]
    assert [c.completion_tokens for c in llama.complete(limits)] == [
        min(n + 1, c.completion_tokens) for n, c in enumerate(whole)
    ]


def lm_ids(lm: Local, prompt: Prompt, most: int) -> list[int]:
    import torch

    ids = torch.tensor([templated(lm, prompt)])
    out = lm.model.generate(
        input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=most, do_sample=False
    )
    return list(out[0, ids.shape[1] :].tolist())


def test_a_choice_is_the_likeliest_with_its_end(lm: Local) -> None:
    lm.by_likelihood = True
    options = ("1", "10", "a longer answer", "yes")
    asked = [p.replace(expects=Choice(options)) for p in prompts(8)]
    for prompt, reply in zip(asked, lm.reply(asked), strict=True):
        losses = [loss(lm, templated(lm, prompt), [*lm._ids(o), 1]) for o in options]
        assert reply.value == options[int(np.argmin(losses))]
    number = prompts(1)[0].replace(expects=Number(1, 5))
    scores = [loss(lm, templated(lm, number), [*lm._ids(str(n)), 1]) for n in range(1, 6)]
    assert lm.one(number).value == 1 + int(np.argmin(scores))
    drawn = number.replace(sampling=Sampling(temperature=1.0, seed=0))
    values = {lm.one(drawn.replace(sample=n)).value for n in range(20)}
    assert len(values) > 1


def mistral() -> Any:
    """A model whose layers look back a few tokens only."""
    import tiny
    import torch
    import transformers

    torch.manual_seed(0)
    config = transformers.MistralConfig(
        vocab_size=259, hidden_size=64, intermediate_size=128, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=512,
        sliding_window=16, initializer_range=0.2, bos_token_id=0, eos_token_id=1, pad_token_id=2,
    )  # fmt: skip
    return Local(transformers.MistralForCausalLM(config).eval(), tiny.tokenizer())


def read(lm: Local) -> list[tuple[int, int]]:
    """The shape of what the model reads from now on: rows and tokens, with padding."""
    seen: list[tuple[int, int]] = []

    def hook(_: Any, args: Any, kwargs: Any) -> None:
        given = kwargs.get("input_ids", kwargs.get("inputs_embeds"))
        seen.append(tuple(given.shape[:2]))

    lm.model.register_forward_pre_hook(hook, with_kwargs=True)
    return seen


@pytest.mark.parametrize("kind", ["llama", "gpt2", "mistral"])
def test_a_prompt_is_read_once_for_all_its_answers_with_equal_results(kind: str) -> None:
    lm = make("llama" if kind == "mistral" else kind)
    if kind == "mistral":
        lm = mistral()
    answers = ("1", "10", "a longer answer", "yes")
    asked = [p for p in prompts(6) for _ in answers]
    words = list(answers) * 6
    wanted = [-loss(lm, templated(lm, p), lm._ids(w)) for p, w in zip(asked, words, strict=True)]
    seen = read(lm)
    found = lm.logprobs(asked, words)
    np.testing.assert_allclose(found, wanted, atol=CLOSE, rtol=0)
    longest = max(len(templated(lm, p)) for p in asked)
    assert seen == [(6, longest), (24, len("a longer answer") - 1)]
    lm._batcher._shares = False
    np.testing.assert_allclose(lm.logprobs(asked, words), found, atol=CLOSE, rtol=0)
    assert seen[-1] == (24, longest + len("a longer answer")), "without it, read for each"


def test_one_token_after_a_prompt_that_others_share_needs_no_second_reading(llama: Local) -> None:
    prompt = prompts(1)[0]
    seen = read(llama)
    found = llama.logprobs([prompt] * 3, ["a", "b", "c"])
    assert seen == [(1, len(templated(llama, prompt)))]
    wanted = [-loss(llama, templated(llama, prompt), llama._ids(w)) for w in "abc"]
    np.testing.assert_allclose(found, wanted, atol=CLOSE, rtol=0)


def test_a_memory_that_cannot_be_shared_is_found_out_once(
    llama: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, words = [prompts(1)[0]] * 2, ["yes", "no way"]
    wanted = llama.logprobs(asked, words)
    monkeypatch.setattr(batcher, "_SHARED", frozenset())
    seen = read(llama)
    for _ in range(2):
        np.testing.assert_allclose(llama.logprobs(asked, words), wanted, atol=CLOSE, rtol=0)
    assert [rows for rows, _ in seen] == [1, 2, 2]


def test_too_many_answers_for_one_batch_are_scored_in_several(llama: Local) -> None:
    prompt = prompts(1)[0]
    words = [f"answer {n}" for n in range(40)]
    whole = llama.logprobs([prompt] * 40, words)
    seen = read(llama)
    llama.tokens = 10 * (len(templated(llama, prompt)) + len("answer 10"))
    np.testing.assert_allclose(llama.logprobs([prompt] * 40, words), whole, atol=CLOSE, rtol=0)
    assert [rows for rows, _ in seen] == [1, 10] * 4


def test_soft_tokens_and_answers_share_their_start_too(llama: Local) -> None:
    vectors = np.random.default_rng(0).normal(size=(3, 64)).astype(np.float32)
    plain = prompts(2)
    soft = [p.replace(conditions=(SoftTokens(vectors),)) for p in plain]
    other = plain[0].replace(conditions=(SoftTokens(2 * vectors),))
    asked = [p for p in (*soft, other) for _ in range(2)]
    words = ["yes", "not at all"] * 3
    seen = read(llama)
    found = llama.logprobs(asked, words)
    assert [rows for rows, _ in seen] == [3, 6]
    alone = [llama.logprobs([p], [w])[0] for p, w in zip(asked, words, strict=True)]
    np.testing.assert_allclose(found, alone, atol=CLOSE, rtol=0)
    assert len(set(np.round(found, 3))) == 6


def test_fine_numbers_are_written_not_scored(llama: Local) -> None:
    llama.by_likelihood = True
    prompt = prompts(1)[0].replace(expects=Number(0, 1000))
    assert len(llama._plan(prompt).jobs) == 1
    assert llama._plan(prompt).answers == ()


def test_activations_are_those_without_padding(lm: Local) -> None:
    import torch

    assert isinstance(lm, GivesHiddenStates)
    assert isinstance(lm, GivesLogprobs)
    texts = ["short", "a text that is somewhat longer", "mid length"]
    for layer in (0, 1, -1):
        for text, found in zip(texts, lm.hidden_states(texts, layer), strict=True):
            ids = torch.tensor([lm.tokenizer(text)["input_ids"]])
            with torch.inference_mode():
                wanted = lm.model(ids, output_hidden_states=True).hidden_states[layer][0]
            np.testing.assert_allclose(found, wanted.numpy(), atol=1e-5)
    with pytest.raises(SettingError, match="layer 3; there are 3: 0 to 2"):
        lm.hidden_states(texts, 3)


def test_soft_tokens_are_prompt_tuning(lm: Local) -> None:
    peft = pytest.importorskip("peft", reason="checked against peft's prompt tuning")
    import torch

    asked, words = prompts(6), ["yes", "no way", "well"] * 2
    vectors = np.random.default_rng(0).normal(size=(4, 64)).astype(np.float32)
    soft = [p.replace(conditions=(SoftTokens(vectors),)) for p in asked]
    mixed = [soft[0], asked[1], soft[2], asked[3], soft[4], soft[5]]
    found = lm.logprobs(mixed, words)
    plain = lm.logprobs(asked, words)
    texts = [c.text for c in lm.complete(soft)]
    assert texts == [lm.complete([p])[0].text for p in soft]
    assert texts != [c.text for c in lm.complete(asked)]
    config = peft.PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=4)
    tuned = peft.get_peft_model(lm.model, config)
    tuned.prompt_encoder["default"].embedding.weight.data = torch.tensor(vectors)
    other = Local.__new__(Local)
    other.model = tuned.eval()
    for at in (0, 2, 4, 5):
        wanted = -loss(other, templated(lm, asked[at]), lm._ids(words[at]))
        assert found[at] == pytest.approx(wanted, abs=CLOSE)
    assert [found[1], found[3]] == pytest.approx([plain[1], plain[3]], abs=CLOSE)


def test_adapters_by_name_within_one_batch(llama: Local, tmp_path: Any) -> None:
    peft = pytest.importorskip("peft", reason="adapters are peft's")
    import torch

    config = peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    import tiny

    folders = {}
    for seed, name in enumerate(("ann", "bob"), 1):
        base = tiny.model()
        torch.manual_seed(seed)
        peft.get_peft_model(base, config).save_pretrained(tmp_path / name)
        folders[name] = str(tmp_path / name)
    llama.model.save_pretrained(tmp_path / "base")
    llama.tokenizer.save_pretrained(tmp_path / "base")
    lm = local(str(tmp_path / "base"), adapters=folders)
    assert lm.honours == {"soft_tokens", "adapter"}
    asked, words = prompts(6), ["yes"] * 6
    whose = ["ann", "bob", None, "bob", "ann", None]
    named = [
        p.replace(conditions=(NamedAdapter(who),)) if who else p
        for p, who in zip(asked, whose, strict=True)
    ]
    found = lm.logprobs(named, words)
    plain = llama.logprobs(asked, words)
    assert lm.logprobs(asked, words) == pytest.approx(plain, abs=CLOSE)
    for at, who in enumerate(whose):
        if who is None:
            with lm.model.disable_adapter():
                wanted = -loss(lm, templated(llama, asked[at]), llama._ids("yes"))
        else:
            lm.model.set_adapter(who)
            wanted = -loss(lm, templated(llama, asked[at]), llama._ids("yes"))
        assert found[at] == pytest.approx(wanted, abs=CLOSE)
    assert [c.text for c in lm.complete(named)] == [lm.complete([p])[0].text for p in named]
    # Two answers to each: every adapter's prompt is read once.
    twice = lm.logprobs([p for p in named for _ in range(2)], ["yes", "no way"] * 6)
    assert twice[::2] == pytest.approx(found, abs=CLOSE)
    alone = [lm.logprobs([p], ["no way"])[0] for p in named]
    assert twice[1::2] == pytest.approx(alone, abs=CLOSE)
    assert len({lm.logprobs([asked[0].replace(conditions=(NamedAdapter(w),))], ["yes"])[0]
                for w in folders}) == 2  # fmt: skip
    with pytest.raises(
        CapabilityError, match=r"adapter 'eve', which is not loaded \(loaded: ann, bob"
    ):
        lm.one(asked[0].replace(conditions=(NamedAdapter("eve"),)))


def test_conditions_that_cannot_be_honoured_are_refused(llama: Local) -> None:
    prompt = prompts(1)[0]
    with pytest.raises(CapabilityError, match="'adapter', which 'local' cannot honour"):
        llama.one(prompt.replace(conditions=(NamedAdapter("ann"),)))
    with pytest.raises(CapabilityError, match=r"shape \(2, 3\); 'local' takes \(tokens, 64\)"):
        llama.one(prompt.replace(conditions=(SoftTokens(np.zeros((2, 3))),)))


def test_what_does_not_fit_is_refused_with_what_is_long_or_cut(llama: Local) -> None:
    long = Prompt("Say.", own([Entry("x" * 300), Entry("y" * 200)]), query_of("z" * 20))
    with pytest.raises(SettingError, match=r"more than the 512 of 'local'.*own 5\d\d, query"):
        llama.one(long.replace(sampling=Sampling(max_tokens=20)))
    llama.budget = 450
    completion = llama.complete([long.replace(sampling=Sampling(max_tokens=20))])[0]
    assert [cut.entry.text for cut in completion.cut] == ["y" * 200]
    with pytest.raises(SettingError, match="extra_body"):
        llama.one(long.replace(sampling=Sampling(extra_body={"top_k": 3})))
    with pytest.raises(SettingError, match="continuation ''"):
        llama.logprobs([long], [""])
    with pytest.raises(SettingError, match="rows=0"):
        Local(llama.model, llama.tokenizer, rows=0)


def query_of(words: str) -> Any:

    return Section("query", (Entry(words),))


def test_templates_without_a_system_or_none_at_all(llama: Local) -> None:
    import tiny

    def seen(prompt: Prompt) -> str:
        return str(llama.tokenizer.decode(llama._plan(prompt).jobs[0].ids))

    both, alone = prompts(1)[0], Prompt("Say.")
    assert seen(alone) == "<s>[user] Say.\n[assistant] "
    strict = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    llama.tokenizer.chat_template = strict + tiny.TEMPLATE
    assert seen(both).startswith("<s>[user] Say.\n\n<texts_by_the_user>")
    llama.tokenizer.chat_template = None
    assert seen(alone) == "Say.\n\n"
    llama.tokenizer.chat_template = "{{ nothing.at.all }}"
    with pytest.raises(Exception, match="nothing"):
        seen(both)


@dataclass
class Place:
    name: str
    stars: int


def test_json_is_forced_into_its_schema(llama: Local) -> None:
    pytest.importorskip("outlines", reason="forced schemas need outlines (extra outlines)")
    llama.by_schema = True
    asked = [p.replace(expects=Json(Place)) for p in prompts(4, max_tokens=200, temperature=1.0)]
    told = [p.replace(sampling=replace(p.sampling, seed=n)) for n, p in enumerate(asked)]
    found = llama.complete(told + prompts(2))
    good = [c for c in found[:4] if c.finish_reason == "stop"]
    assert good
    assert all(isinstance(Json(Place).read(c.text), Place) for c in good)


def test_a_folder_is_loaded_by_its_address(llama: Local, tmp_path: Any) -> None:
    llama.model.save_pretrained(tmp_path / "m")
    llama.tokenizer.save_pretrained(tmp_path / "m")
    lm = language_model(f"hf:{tmp_path / 'm'}")
    assert isinstance(lm, Local)
    assert lm.name == f"hf:{tmp_path / 'm'}"
    asked = prompts(4)
    assert [c.text for c in lm.complete(asked)] == [c.text for c in llama.complete(asked)]
    half = local(str(tmp_path / "m"), dtype="bfloat16")
    np.testing.assert_allclose(
        half.logprobs(asked, ["yes"] * 4), llama.logprobs(asked, ["yes"] * 4), rtol=0.2
    )
    with pytest.raises(SettingError, match="Found no model"):
        local(str(tmp_path))


def test_without_its_libraries_the_install_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"hf:any/model.*pip install 'idiolect\[train\]'"):
        language_model("hf:any/model")
