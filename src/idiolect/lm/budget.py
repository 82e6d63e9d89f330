"""Budgets: a model that stops before the call that would exceed a limit."""

from __future__ import annotations

import math
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from idiolect.errors import BudgetError, IdiolectError, SettingError
from idiolect.lm.model import Completion, LanguageModel
from idiolect.lm.prompt import Prompt, estimate
from idiolect.lm.wrapped import Wrapped


@dataclass(frozen=True)
class Price:
    """What a model costs, per million tokens, in any currency.

    Args:
        prompt: A million prompt tokens.
        completion: A million completion tokens.

    Raises:
        SettingError: A price is below 0 or not finite.
    """

    prompt: float
    completion: float

    def __post_init__(self) -> None:
        for value in (self.prompt, self.completion):
            if not 0 <= value < math.inf:
                raise SettingError(f"Found the price {value!r}; give 0 or more.")

    def of(self, prompt_tokens: float, completion_tokens: float) -> float:
        """The cost of some tokens."""
        return (prompt_tokens * self.prompt + completion_tokens * self.completion) / 1e6


Prices = Mapping[str, Price]


def prices(given: Iterable[str]) -> dict[str, Price]:
    """A price table from words such as ``gpt-4o-mini=0.15/0.60`` (prompt / completion, a million).

    Raises:
        SettingError: A word has another form.
    """
    table = {}
    for word in given:
        model, _, both = word.rpartition("=")
        try:
            prompt, completion = map(float, both.split("/"))
        except ValueError:
            prompt = completion = math.nan
        if not model or math.isnan(prompt):
            raise SettingError(
                f"Found the price {word!r}; give MODEL=PROMPT/COMPLETION per million tokens, for "
                "example gpt-4o-mini=0.15/0.60."
            )
        table[model] = Price(prompt, completion)
    return table


def price(table: Prices, lm: LanguageModel) -> Price | None:
    """The price of a model: by its whole name, or by what follows ``openai:`` or ``#``."""
    if lm.free:
        return Price(0, 0)
    for name in (lm.name, lm.name.rpartition("#")[2], lm.name.partition(":")[2]):
        if name in table:
            return table[name]
    return None


@dataclass(frozen=True)
class Spent:
    """What calls have cost.

    Attributes:
        calls: Prompts that were put to a model, answered or not; its retries are not counted.
        tokens: Prompt and completion.
        cost: By the price table.
    """

    calls: int = 0
    tokens: int = 0
    cost: float = 0.0


@dataclass(eq=False)
class Budget:
    """Limits on calls, tokens and cost; one object may be shared by models and threads.

    A call is reserved before it is made: its prompt by estimate, its reply by
    `Sampling.max_tokens` or, where that is not set, by the longest reply so far; what was really
    used takes the place of that afterwards. Calls are therefore never exceeded; tokens and cost by
    no more than the estimates were short.

    Args:
        max_calls: Calls at most; 0 allows only what is cached.
        max_tokens: Prompt and completion tokens at most.
        max_cost: By `prices`, at most.
        prices: Of models by name.
        spent: What counts as spent from the beginning, for example before a run was resumed.

    Raises:
        SettingError: A limit is below 0.
    """

    max_calls: int | None = None
    max_tokens: int | None = None
    max_cost: float | None = None
    prices: Prices = field(default_factory=dict)
    spent: Spent = Spent()
    _held: Spent = field(default=Spent(), init=False, repr=False)
    _longest: int = field(default=0, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("max_calls", "max_tokens", "max_cost"):
            most = getattr(self, name)
            if most is not None and not most >= 0:
                raise SettingError(f"Found {name}={most!r}; give 0 or more, or None for no limit.")

    def reserve(self, prompts: Sequence[Prompt], price: Price | None) -> Spent:
        """What the calls are expected to cost, held until `settle`.

        Raises:
            BudgetError: They would exceed a limit; nothing is held then.
        """
        asked = [prompt.render().tokens for prompt in prompts]
        with self._lock:
            told = [
                self._longest if (most := prompt.sampling.max_tokens) is None else most
                for prompt in prompts
            ]
            cost = price.of(sum(asked), sum(told)) if price else 0.0
            ahead = Spent(len(prompts), sum(asked) + sum(told), cost)
            limits: dict[str, float | None] = {
                "calls": self.max_calls,
                "tokens": self.max_tokens,
                "cost": self.max_cost,
            }
            for name, limit in limits.items():
                used, held, more = (getattr(s, name) for s in (self.spent, self._held, ahead))
                if limit is not None and used + held + more > limit * (1 + 1e-9):  # sums of floats
                    flying = f" and {_shown(held)} are held for calls in flight" if held else ""
                    raise BudgetError(
                        f"The budget ends here: of max_{name}={_shown(limit)}, {_shown(used)} are "
                        f"spent{flying}, and what is asked next needs {_shown(more)}. What was "
                        f"done so far is kept; raise max_{name} to go on."
                    )
            self._held = _sum(self._held, ahead)
        return ahead

    def settle(self, ahead: Spent, completions: Sequence[Completion], price: Price | None) -> None:
        """Puts what was used in the place of what was held; calls that failed cost no tokens."""
        asked = sum(completion.prompt_tokens for completion in completions)
        told = sum(completion.completion_tokens for completion in completions)
        used = Spent(ahead.calls, asked + told, price.of(asked, told) if price else 0.0)
        with self._lock:
            self._held = _sum(self._held, ahead, -1)
            self.spent = _sum(self.spent, used)
            self._longest = max(self._longest, *(c.completion_tokens for c in completions), 0)


class Budgeted(Wrapped):
    """A model whose calls stay within a budget.

    Args:
        lm: The model.
        budget: The limits.

    Raises:
        SettingError: Cost is limited and the price table lacks the model.
    """

    def __init__(self, lm: LanguageModel, budget: Budget) -> None:
        super().__init__(lm)
        self.budgeted = budget
        self._price = price(budget.prices, lm)
        if budget.max_cost is not None and self._price is None:
            raise SettingError(
                f"Found a limit on cost and no price of {lm.name!r} (prices of: "
                f"{', '.join(sorted(budget.prices)) or 'none'}); give its price per million "
                f"tokens, for example {lm.name}=0.15/0.60."
            )

    def complete(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """As the model beneath, if the budget allows all of the prompts.

        Raises:
            BudgetError: They would exceed a limit; none of them was asked.
        """
        ahead = self.budgeted.reserve(prompts, self._price)
        completions: list[Completion] = []
        try:
            completions = self.lm.complete(prompts)
        finally:
            self.budgeted.settle(ahead, completions, self._price)
        return completions

    def arriving(
        self, prompts: Sequence[Prompt]
    ) -> Iterator[tuple[int, Completion | IdiolectError]]:
        """As the model beneath, for the first prompts that the budget allows; then why no more."""
        held: list[Spent] = []
        ended: BudgetError | None = None
        try:
            for prompt in prompts:
                held.append(self.budgeted.reserve([prompt], self._price))
        except BudgetError as error:
            ended = error
        came: dict[int, list[Completion]] = {}
        try:
            for at, result in self.lm.arriving(prompts[: len(held)]) if held else ():
                came[at] = [result] if isinstance(result, Completion) else []
                self.budgeted.settle(held[at], came[at], self._price)
                yield at, result
        finally:
            for at, ahead in enumerate(held):
                if at not in came:
                    self.budgeted.settle(ahead, [], self._price)
        if ended is not None:
            for at in range(len(held), len(prompts)):
                yield at, ended

    def pieces(self, prompt: Prompt) -> Generator[str, None, Completion]:
        """As the model beneath, if the budget allows it.

        A stream that ends early counts by the estimate of its prompt and of what came.

        Raises:
            BudgetError: It would exceed a limit; nothing was asked.
        """
        ahead = self.budgeted.reserve([prompt], self._price)
        pieces, said = self.lm.pieces(prompt), ""
        used: list[Completion] = []
        try:
            while True:
                piece = next(pieces)
                said += piece
                yield piece
        except StopIteration as end:
            used = [end.value]
            return end.value  # type: ignore[no-any-return]
        finally:
            pieces.close()
            if said and not used:
                used = [Completion(said, prompt.render().tokens, estimate(said))]
            self.budgeted.settle(ahead, used, self._price)


def _sum(a: Spent, b: Spent, sign: int = 1) -> Spent:
    return Spent(a.calls + sign * b.calls, a.tokens + sign * b.tokens, a.cost + sign * b.cost)


def _shown(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:,.6f}".rstrip("0").rstrip(".")
