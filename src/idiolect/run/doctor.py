"""What a model can do, by a dozen cheap calls; and which recipes can therefore run on it."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from idiolect.card import Recipe
from idiolect.errors import CapabilityError, IdiolectError, ReplyError
from idiolect.lm import (
    Choice,
    Completion,
    Endpoint,
    Entry,
    Expects,
    GivesLogprobs,
    Json,
    LanguageModel,
    Local,
    Number,
    Prompt,
    Sampling,
    Section,
)

#: Marks of chat templates, which a reply holds when the template is not the model's own.
MARKS = re.compile(r"<\|\w+\|>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|</s>|### (?:Inst|Resp)")
PASSWORD = "lantern-42"
#: Lines of a long prompt: about 3,000 tokens, more than some servers read unless they are told to.
LINES = 250
#: Tokens that a suggested budget leaves for the reply; local models write no more by default.
REPLY = 512
#: Tokens of a prompt below which the time of its reply counts as latency.
SHORT = 200
Status = Literal["good", "missing", "bad"]


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        check: Its name.
        status: `missing` is something that some recipes or commands would use.
        said: Figures, or why not.
        essential: Without it, no recipe's results can be trusted.
    """

    check: str
    status: Status
    said: str
    essential: bool = False


@dataclass
class Doctor:
    """Examines a model; each check is a generator of its own, so that findings show as they come.

    Args:
        lm: The model, not behind a cache.
    """

    lm: LanguageModel
    _seconds: list[float] = field(default_factory=list, init=False)
    _completions: list[Completion] = field(default_factory=list, init=False)
    _drawn: list[str] = field(default_factory=list, init=False)
    # Tokens of the long prompt, as `budget` counts and as the model counted.
    _sizes: tuple[int, int] = field(default=(0, 0), init=False)

    def __call__(self) -> Iterator[Finding]:
        """The findings; only the first where the model does not answer at all."""
        essential = {"answers", "follows the prompt", "chooses and rates", "reads long prompts"}
        checks: dict[str, Callable[[], tuple[Status, str]]] = {
            "answers": self._answers,
            "is listed": self._listed,
            "follows the prompt": self._follows,
            "chooses and rates": self._chooses,
            "follows a JSON schema": self._schema,
            "keeps to a length": self._length,
            "reads long prompts": self._long,
            "context": self._context,
            "varies with temperature": self._varies,
            "repeats with a seed": self._repeats,
            "gives log probabilities": self._logprobs,
            "streams": self._streams,
            "counts tokens": self._usage,
            "latency": self._latency,
        }
        for name, check in checks.items():
            try:
                status, said = check()
            except (CapabilityError, ReplyError) as error:
                status, said = "missing", str(error)
                status = "bad" if name in essential else "missing"
            except IdiolectError as error:
                status, said = "bad", str(error)
            yield Finding(name, status, said, name in essential)
            if name == "answers" and status != "good":
                return

    def _ask(self, *prompts: Prompt) -> list[str]:
        begun = time.perf_counter()
        made = self.lm.complete(prompts)
        if len(prompts) == 1 and prompts[0].render().tokens < SHORT:
            self._seconds.append(time.perf_counter() - begun)
        self._completions += made
        return [completion.text for completion in made]

    def _answers(self) -> tuple[Status, str]:
        (said,) = self._ask(_prompt("Reply with the word ready."))
        if not said.strip():
            return "bad", "The reply is empty; look at the server's log and its chat template."
        return "good", f"replied {said.strip()[:40]!r}"

    def _listed(self) -> tuple[Status, str]:
        if not isinstance(self.lm, Endpoint):
            return "good", "in this process"
        listed = self.lm.remote.models()
        if self.lm.model in listed:
            return "good", f"one of {len(listed)} models"
        return "missing", f"{self.lm.model!r} is not among {', '.join(listed[:5]) or 'none'}"

    def _follows(self) -> tuple[Status, str]:
        """Both the instruction and the request must reach the model, and nothing else come out."""
        told, ask = f"The password is {PASSWORD}.", "What is the password? Reply with it alone."
        replies = self._ask(_prompt(told, ask), _prompt(ask, told))
        for where, reply in zip(("instruction", "user's turn"), replies, strict=True):
            if PASSWORD not in reply.lower():
                return "bad", (
                    f"A word of the {where} was not given back (found {reply[:60]!r}); check the "
                    "chat template, or take a stronger model."
                )
            if (mark := MARKS.search(reply)) or len(reply) > 200:
                found = f"the mark {mark[0]!r}" if mark else f"{len(reply)} characters for a word"
                return "bad", f"The reply has {found}; check the chat template and its stop words."
        return "good", "instruction and request are both read; replies end where they should"

    def _chooses(self) -> tuple[Status, str]:
        forms: tuple[Expects, ...] = (Choice(("lamp", "garden")), Number(1, 5))
        asks = ("Which of these gives light?", "How many fingers has a hand?")
        asked = [
            _prompt("Answer.", ask, expects=form) for ask, form in zip(asks, forms, strict=True)
        ]
        values = [form.read(text) for form, text in zip(forms, self._ask(*asked), strict=True)]
        return "good", f"chose {values[0]!r}, rated {values[1]:g}"

    def _schema(self) -> tuple[Status, str]:
        form = Json(_Place)
        ask = "Describe a place named Nook with 4 stars that sells bread and tea."
        (text,) = self._ask(_prompt("Answer.", ask, expects=form, max_tokens=200))
        return "good", f"read as {form.read(text)!r}"

    def _length(self) -> tuple[Status, str]:
        (text,) = self._ask(_prompt("Count from one to fifty in words.", max_tokens=5))
        if len(text.split()) > 5:
            return "missing", f"{len(text.split())} words where 5 tokens were allowed"
        return "good", "5 tokens"

    def _long(self) -> tuple[Status, str]:
        lines = "\n".join(f"Line {n} of the list says nothing at all." for n in range(LINES))
        ask = f"The password is {PASSWORD}.\n{lines}\nWhat is the password? Reply with it alone."
        prompt = _prompt("Answer the question at the end.", ask)
        (text,) = self._ask(prompt)
        tokens = prompt.render().tokens
        self._sizes = tokens, self._completions[-1].prompt_tokens
        if PASSWORD in text.lower():
            return "good", f"the first line of about {tokens:,} tokens was read"
        return "bad", (
            f"The first line of about {tokens:,} tokens was not read (found {text[:60]!r}): the "
            "server may cut prompts silently; raise its context (for Ollama: num_ctx)."
        )

    def _context(self) -> tuple[Status, str]:
        """Its length, and the setting `budget` that keeps prompts within it, as that counts."""
        if isinstance(self.lm, Local) and self.lm.context:
            most = max(self.lm.context - REPLY, 0)
            return "good", (
                f"{self.lm.context:,} tokens; a `budget` of {most:,} keeps prompts within, with "
                f"{REPLY} left for the reply"
            )
        length = self._told_length() if isinstance(self.lm, Endpoint) else None
        estimated, counted = self._sizes
        if not counted:
            unit = "`budget` counts 4 characters as a token; how many the server counts is unknown"
        else:
            rate = counted / estimated
            unit = (
                "`budget` counts 4 characters as a token, where this server counted "
                f"{rate:.2f} in English"
            )
        if length is None:
            return "missing", f"not told; see the model's page. To keep prompts within it: {unit}"
        if not counted:
            return "good", f"{length:,} tokens, the server says; {unit}"
        most = max(int((length - REPLY) / rate), 0)
        return "good", (
            f"{length:,} tokens, the server says; a `budget` of about {most:,} keeps prompts "
            f"within, with {REPLY} left for the reply ({unit})"
        )

    def _told_length(self) -> int | None:
        assert isinstance(self.lm, Endpoint)
        listed = self.lm.remote.call(lambda client: client.models.list())[0].data
        for model in listed or ():
            if model.id == self.lm.model and (length := getattr(model, "max_model_len", None)):
                return int(length)
        return None

    def _varies(self) -> tuple[Status, str]:
        # Ten words, so that two draws are hardly the same by chance.
        ask = "Write any word, and nine more."
        self._drawn = self._ask(
            *(_prompt(ask, temperature=1.0, seed=seed) for seed in (7, 7, 8, 9))
        )
        words = set(self._drawn[1:])
        if len(words) == 1:
            return "missing", f"3 draws at temperature 1 were all {self._drawn[1][:40]!r}"
        return "good", f"{len(words)} of 3 draws differ at temperature 1"

    def _repeats(self) -> tuple[Status, str]:
        if len(set(self._drawn[:2])) > 1:
            return "missing", "2 draws with one seed differ; only a cache repeats them"
        return "good", "2 draws with one seed are the same"

    def _logprobs(self) -> tuple[Status, str]:
        self._ask(_prompt("Reply with the word ready.", logprobs=True))
        made = self._completions[-1]
        given = " of given words too" if isinstance(self.lm, GivesLogprobs) else " of its replies"
        if made.logprobs:
            return "good", given.strip()
        return "missing", "the reply came without them"

    def _streams(self) -> tuple[Status, str]:
        pieces = list(self.lm.stream(_prompt("Count from one to five in words.")))
        if len(pieces) < 2:
            return "missing", "the reply came in one piece"
        return "good", f"a short reply came in {len(pieces)} pieces"

    def _usage(self) -> tuple[Status, str]:
        counted = [c for c in self._completions if c.prompt_tokens and c.completion_tokens]
        if not counted:
            return "missing", "no tokens are counted; budgets of tokens and cost cannot be kept"
        read = sum(c.prompt_tokens for c in counted)
        wrote = sum(c.completion_tokens for c in counted)
        return "good", f"this examination: {read:,} read, {wrote:,} written"

    def _latency(self) -> tuple[Status, str]:
        retries = sum(completion.retries for completion in self._completions)
        again = f"; {retries} calls had to be made again" if retries else ""
        return "good", (
            f"{1000 * statistics.median(self._seconds):,.0f} ms, the median of "
            f"{len(self._seconds)} short replies{again}"
        )


@dataclass(frozen=True)
class _Place:
    name: str
    stars: int
    sells: list[str]


def obstacle(
    recipe: Recipe[Any, Any],
    lm: LanguageModel,
    findings: Sequence[Finding] = (),
    prompts: Iterable[Prompt] = (),
) -> str:
    """Why a recipe cannot run on a model; empty where nothing speaks against it.

    Args:
        recipe: What would run.
        lm: On what.
        findings: Of the model.
        prompts: Such as the recipe asks.
    """
    if unmet := recipe.conditions - lm.honours:
        return f"gives the model {', '.join(sorted(unmet))} beside the words"
    need = recipe.needs.get("lm")
    kinds = [one for one in (need, *get_args(need)) if isinstance(one, type)]
    for kind in kinds:
        if getattr(kind, "_is_protocol", False) and not isinstance(lm, kind):
            return f"needs a model that is {kind.__name__}"
    if any(f.essential and f.status == "bad" for f in findings):
        return "the model fails an essential check"
    bad = {finding.check for finding in findings if finding.status != "good"}
    for prompt in prompts:
        if isinstance(prompt.expects, Json) and "follows a JSON schema" in bad:
            return f"asks for JSON ({prompt.expects.model.__name__})"
        if prompt.sampling.logprobs and "gives log probabilities" in bad:
            return "asks for log probabilities"
    return ""


def _prompt(instruction: str, ask: str = "", expects: Any = None, **sampling: Any) -> Prompt:
    section = Section("query", (Entry(ask),)) if ask else None
    drawn = Sampling(**{"temperature": 0.0, "max_tokens": 60} | sampling)
    return Prompt(instruction, section, expects=expects, sampling=drawn, stage="doctor")
