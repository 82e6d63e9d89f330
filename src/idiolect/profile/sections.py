"""A structured document for a user, written section by section and put together without a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from idiolect.data import Request, View
from idiolect.lm import LanguageModel, Prompt, Tape
from idiolect.roles import Draft, UserModel, notes

M = TypeVar("M", bound=UserModel)


@dataclass(frozen=True)
class Document:
    """What the sections make together.

    Attributes:
        text: For people.
        value: For programs.
        notes: What limits it.
    """

    text: str
    value: Any
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class DocumentWriter(Generic[M]):
    """Writes a document for a user: `learn` a user model, ask for each section, put them together.

    A `Personalizer` whose last step is several prompts, side by side, and no prompt after them.

    Attributes:
        lm: Who writes.
        learn: View and request in, user model out.
        prompts: Request and user model in, a prompt for each section out.
        together: Request, user model and the value of each section's reply in, the document out.
    """

    lm: LanguageModel
    learn: Callable[[View, Request], M]
    prompts: Callable[[Request, M], Mapping[str, Prompt]]
    together: Callable[[View, M, Mapping[str, Any]], Document]

    def write(self, view: View) -> Draft:
        """The document for the request that `view` was cut at."""
        before = len(self.lm.calls) if isinstance(self.lm, Tape) else 0
        user_model = self.learn(view, view.request)
        prompts = self.prompts(view.request, user_model)
        replies = self.lm.reply(prompts.values())
        values = {name: reply.value for name, reply in zip(prompts, replies, strict=True)}
        made = self.together(view, user_model, values)
        calls = tuple(self.lm.calls[before:]) if isinstance(self.lm, Tape) else ()
        return Draft(made.text, made.value, user_model, calls, notes(user_model.notes, made.notes))

    answer = write
