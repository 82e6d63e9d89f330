"""One tree of errors.

    IdiolectError
    ├── DataError             a table, column, row, event or item that cannot be used
    ├── UnknownNameError      a recipe, model, setting or column nobody knows (did you mean …?)
    ├── SettingError          a setting out of its range or of the wrong type
    ├── CapabilityError       a model cannot do what is asked; before any cost, where that shows
    ├── MissingExtraError     an optional dependency is absent; gives the install line
    ├── NoHistoryError        nothing is known of the user and the method needs something
    ├── BudgetError           the next call would exceed a limit; raised before it is made
    ├── EndpointError         a model's endpoint is down, refuses the key, or answers with an error
    └── ReplyError            a model's reply cannot be used; carries prompt and reply

Each message says what was found, what is needed and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping


class IdiolectError(Exception):
    """The root: catch this to catch everything this package raises on purpose."""


class DataError(IdiolectError):
    """A table, column, row, event or item that cannot be used."""


class UnknownNameError(IdiolectError, LookupError):
    """A name that is not among the known ones.

    Args:
        what: The kind of thing, for example ``"recipe"``.
        name: What was asked for.
        known: What there is.
        counts: How many of each; shown, the most frequent first.
    """

    def __init__(
        self, what: str, name: str, known: Iterable[str], counts: Mapping[str, int] | None = None
    ) -> None:
        times = counts or {}
        self.what, self.name = what, name
        self.known = sorted(known, key=lambda one: (-times.get(one, 0), one))
        close = [one for one in self.known if one.casefold() == name.casefold()]
        close = close or difflib.get_close_matches(name, self.known, n=1, cutoff=0.5)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        # Of long names, such as hashes, three show the form.
        few = [name for n, name in enumerate(self.known[:20]) if n < 3 or len(name) < 30]
        said = [f"{one} ({times[one]:,})" if one in times else one for one in few]
        shown = ", ".join(said) + (", …" if len(self.known) > len(few) else "")
        super().__init__(f"There is no {what} {name!r}.{hint} Known: {shown or 'none'}.")


class SettingError(IdiolectError, ValueError):
    """A setting out of its range or of the wrong type."""


class CapabilityError(IdiolectError):
    """A model cannot do what is asked of it; raised before any cost, where it can be known."""


class MissingExtraError(IdiolectError, ImportError):
    """An optional dependency is absent.

    Args:
        feature: What was asked for.
        extra: The extra that brings it.
    """

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs the extra {extra!r}, which is not installed; "
            f"run: pip install 'idiolect[{extra}]'"
        )


class NoHistoryError(IdiolectError):
    """Nothing is known of the user and the method needs something."""


class BudgetError(IdiolectError):
    """The next call would exceed a limit; raised before it is made, and all before it is kept."""


class EndpointError(IdiolectError):
    """A model's endpoint is down, refuses the key, or answers with an error.

    Attributes:
        retries: Calls that failed before the last one did.
        prompt_tokens: What the endpoint says that it used all the same.
        completion_tokens: Likewise.
    """

    def __init__(
        self,
        message: str,
        *,
        retries: int = 0,
        prompt_tokens: int = 0,
        completion_tokens: int = 0,
    ) -> None:
        super().__init__(message)
        self.retries = retries
        self.prompt_tokens, self.completion_tokens = prompt_tokens, completion_tokens


class ReplyError(IdiolectError):
    """A model's reply cannot be used.

    Attributes:
        prompt: The prompt as it was sent (rendered text).
        reply: The reply as it came.
    """

    def __init__(self, message: str, *, prompt: str = "", reply: str = "") -> None:
        super().__init__(message)
        self.prompt, self.reply = prompt, reply
