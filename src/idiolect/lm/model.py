"""A language model: prompts in, replies out, in batches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, runtime_checkable

from idiolect.data import Message
from idiolect.errors import CapabilityError, IdiolectError, ReplyError
from idiolect.lm.expects import Json
from idiolect.lm.prompt import Cut, Prompt

#: Between the sample of an unusable reply and of the next one: asking again is a new draw, and none
#: of the numbered draws that a recipe asks for beside it.
RETRY = 1_000_000
#: Why a reply is of no use; where it is the model that cannot, no further draw is asked for.
_Unusable = ReplyError | CapabilityError


class Token(NamedTuple):
    """A token that a model chose, and its natural log probability."""

    text: str
    logprob: float


@dataclass(frozen=True)
class Completion:
    """What a model wrote for one prompt.

    Attributes:
        text: The words.
        prompt_tokens: As the model counted them; 0 where it does not.
        completion_tokens: Likewise.
        cut: What the budget did not allow.
        retries: Calls that failed on the way (rate limits, faults) and were made again.
        cached: True where it was read from a cache, and cost nothing.
        thinking: What a reasoning model wrote before the words, where it shows that.
        finish_reason: Why the words end: `stop`, `length`, …; empty where the model does not say.
        logprobs: Of the tokens, where `Sampling.logprobs` asked for them.
    """

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cut: tuple[Cut, ...] = ()
    retries: int = 0
    cached: bool = False
    thinking: str = ""
    finish_reason: str = ""
    logprobs: tuple[Token, ...] = ()

    @property
    def empty(self) -> bool:
        """True where nothing came, neither words nor thoughts: a fault, not a reply to keep."""
        return not (self.text or self.thinking)


@dataclass(frozen=True)
class Reply:
    """A completion that was read as the prompt expects.

    Attributes:
        text: The words.
        value: What they mean: text, an option, a number, or an object.
        model: Who replied.
        prompt_tokens: Over all attempts.
        completion_tokens: Over all attempts.
        cut: What the budget did not allow.
        retries: Calls made beyond the first, for faults or unusable replies.
        thinking: As in `Completion`; of the last attempt.
        finish_reason: Likewise.
        logprobs: Likewise.
    """

    text: str
    value: Any
    model: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cut: tuple[Cut, ...] = ()
    retries: int = 0
    thinking: str = ""
    finish_reason: str = ""
    logprobs: tuple[Token, ...] = ()


class LanguageModel(ABC):
    """Prompts in, replies out.

    A model implements `complete`, and `pieces` where it can show a reply while it is written;
    reading replies, asking again after an unusable one, and refusing conditions that it cannot
    honour are the same for all.

    Attributes:
        name: How replies and traces call it.
        honours: Kinds of conditions that it can honour.
        attempts: How often one prompt is asked at most before its reply is called unusable.
        free: True where a call costs nothing and always says the same, so that caching it would
            only take space.
        parameters: Settings of the model itself that decide its replies beside its name, as plain
            values: what a cache must tell apart.
    """

    name: str = "model"
    honours: frozenset[str] = frozenset()
    attempts: int = 3
    free: bool = False
    parameters: Mapping[str, Any] = MappingProxyType({})

    @abstractmethod
    def complete(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """One completion for each prompt, in order; side by side where that is quicker."""

    def arriving(
        self, prompts: Sequence[Prompt]
    ) -> Iterator[tuple[int, Completion | IdiolectError]]:
        """The position of each prompt with its completion or why it has none, as they come.

        One that fails does not stop the others, where a model asks for each by itself.
        """
        return enumerate(self.complete(prompts))

    def pieces(self, prompt: Prompt) -> Generator[str, None, Completion]:
        """The words of one completion as they come, and at the end the whole; here: at once."""
        (completion,) = self.complete([prompt])
        if completion.text:
            yield completion.text
        return completion

    def reply(self, prompts: Iterable[Prompt]) -> list[Reply]:
        """One reply for each prompt, in order.

        An unusable reply is drawn again; one that should be JSON is shown to the model once, with
        what is wrong with it. Where nothing came at all, the same draw is asked for again.

        Raises:
            CapabilityError: A prompt carries a condition that this model cannot honour, or asks
                for log probabilities, and the reply came without.
            ReplyError: A reply stayed unusable after all attempts.
        """
        asked = list(prompts)
        for prompt in asked:
            self._check(prompt)
        replies, unusable = self._asked(asked)
        self.keep(map(Call, asked, replies))
        if unusable is not None:
            raise unusable
        return replies

    def stream(self, prompt: Prompt) -> Stream:
        """The pieces of one reply as they come.

        An unusable reply is not asked for again, since it was shown.

        Raises:
            CapabilityError: The prompt carries a condition that this model cannot honour; (at the
                end) it asks for log probabilities, and the reply came without.
            EndpointError: (while reading) The call failed for good, or broke off.
            ReplyError: (at the end) The reply is unusable.
        """
        self._check(prompt)
        return Stream(self._streamed(prompt))

    def keep(self, calls: Iterable[Call]) -> None:
        """Called with every prompt and its reply, also unusable ones.

        A model keeps nothing; a wrapper of a model passes them on, so that a tape beneath it sees
        what was asked through it.
        """
        return

    def _check(self, prompt: Prompt) -> None:
        for condition in prompt.conditions:
            if condition.kind not in self.honours:
                raise CapabilityError(
                    f"Prompt {prompt.stage!r} carries the condition {condition.kind!r}, which "
                    f"{self.name!r} cannot honour (it honours: "
                    f"{', '.join(sorted(self.honours)) or 'none'}); use an open model that "
                    "can, or a recipe whose user enters by the prompt."
                )

    def _asked(self, asked: Sequence[Prompt]) -> tuple[list[Reply], _Unusable | None]:
        """A reply for each prompt, without a value where it stayed unusable, and why."""
        replies = [self._nothing] * len(asked)
        errors: dict[int, _Unusable] = {}
        tries = [0] * len(asked)
        asking = dict(enumerate(asked))
        while asking:
            completions = self.complete(list(asking.values()))
            sent, asking = asking, {}
            for (at, prompt), completion in zip(sent.items(), completions, strict=True):
                tries[at] += 1
                replies[at], error = self._read(asked[at], completion, replies[at])
                errors.pop(at, None)
                if error is None:
                    continue
                errors[at] = error
                again = _again(asked[at], prompt, completion, error)
                if again is not None and tries[at] < self.attempts:
                    asking[at] = again
        if not errors:
            return replies, None
        at = min(errors)
        return replies, self._unusable(asked[at], replies[at], tries[at], errors[at])

    def _streamed(self, prompt: Prompt) -> Generator[str, None, Reply]:
        completion = yield from self.pieces(prompt)
        reply, unusable = self._read(prompt, completion, self._nothing)
        self.keep([Call(prompt, reply)])
        if unusable is not None:
            raise self._unusable(prompt, reply, 1, unusable)
        return reply

    @property
    def _nothing(self) -> Reply:
        return Reply("", None, self.name, retries=-1)

    def _read(
        self, prompt: Prompt, completion: Completion, before: Reply
    ) -> tuple[Reply, _Unusable | None]:
        """The reply, with the costs of those before it; without a value where it is unusable."""
        value, unusable = None, self._lacking(prompt, completion)
        if unusable is None:
            try:
                value = prompt.expects.read(completion.text)
            except ReplyError as error:
                unusable = error
        reply = Reply(
            completion.text,
            value,
            self.name,
            before.prompt_tokens + completion.prompt_tokens,
            before.completion_tokens + completion.completion_tokens,
            completion.cut,
            before.retries + 1 + completion.retries,
            completion.thinking,
            completion.finish_reason,
            completion.logprobs,
        )
        return reply, unusable

    def _lacking(self, prompt: Prompt, completion: Completion) -> _Unusable | None:
        """Log probabilities that were asked for and did not come: another draw has none either."""
        if not (prompt.sampling.logprobs and completion.text) or completion.logprobs:
            return None
        return CapabilityError(
            f"{self.name!r} gives no log probabilities, which the sampling of prompt "
            f"{prompt.stage!r} asks for; use a model that gives them (an open one, or vLLM's), or "
            "leave `Sampling.logprobs` out."
        )

    def _unusable(self, prompt: Prompt, reply: Reply, tries: int, why: _Unusable) -> _Unusable:
        if isinstance(why, CapabilityError):
            return why
        times = f"{tries} attempts" if tries > 1 else "one attempt"
        short = " The reply was cut short; raise `max_tokens`."
        unusable = ReplyError(
            f"{self.name!r} gave no usable reply to prompt {prompt.stage!r} in {times}. {why}"
            + short * (reply.finish_reason == "length"),
            prompt=prompt.render().text,
            reply=reply.text,
        )
        unusable.__cause__ = why
        return unusable

    def one(self, prompt: Prompt) -> Reply:
        """The reply to one prompt."""
        return self.reply([prompt])[0]


def _again(asked: Prompt, sent: Prompt, came: Completion, why: _Unusable) -> Prompt | None:
    """What is asked after an unusable reply; None where nothing more is."""
    if isinstance(why, CapabilityError):
        return None
    if came.empty:
        return sent.replace(attempt=sent.attempt + 1)
    again = asked.replace(sample=sent.sample + RETRY)
    if not isinstance(asked.expects, Json) or not came.text.strip():
        return again  # of an empty reply there is nothing to repair
    if sent.turns != asked.turns:
        return None
    wrong = f"{why} Give the same answer as JSON that fits the schema, and nothing else."
    turns = (*asked.turns, Message("assistant", came.text), Message("user", wrong))
    return again.replace(turns=turns)


class Stream(Iterator[str]):
    """The pieces of a reply as they come; when the last has come, `reply` is the whole."""

    def __init__(self, pieces: Generator[str, None, Reply]) -> None:
        self._pieces = pieces
        self._reply: Reply | None = None

    def __next__(self) -> str:
        try:
            return next(self._pieces)
        except StopIteration as end:
            if end.value is not None:
                self._reply = end.value
            raise StopIteration from None

    def close(self) -> None:
        """Ends the call early; what it costs is the endpoint's to say."""
        self._pieces.close()

    @property
    def reply(self) -> Reply:
        """The whole reply.

        Raises:
            ReplyError: The stream was not read to its end.
        """
        if self._reply is None:
            raise ReplyError(
                "Found a stream that was not read to its end; read all pieces, then the reply."
            )
        return self._reply


@runtime_checkable
class GivesLogprobs(Protocol):
    """A model that can score given continuations."""

    def logprobs(self, prompts: Sequence[Prompt], continuations: Sequence[str]) -> list[float]:
        """Natural log probability of each continuation after its prompt."""
        ...


@runtime_checkable
class GivesHiddenStates(Protocol):
    """A model that shows its activations."""

    def hidden_states(self, texts: Sequence[str], layer: int) -> Any:
        """Activations of one layer.  # (texts, tokens, dim)"""
        ...


@runtime_checkable
class CanTrain(Protocol):
    """A model whose weights, or adapters on them, can be trained."""

    def train(self, examples: Sequence[tuple[Prompt, str]], rng: Any) -> Any:
        """An adapter fitted on prompts and wanted replies; the model itself stays as it is."""
        ...


@dataclass(frozen=True)
class Call:
    """One prompt and what came back.

    Attributes:
        prompt: What was asked.
        reply: What came back.
        shared: Leading characters that the prompt shares with the one before it on a tape.
    """

    prompt: Prompt
    reply: Reply
    shared: int = 0
