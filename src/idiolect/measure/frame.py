"""What surrounds a text: greeting, sign-off, trailer lines."""

from __future__ import annotations

import re

from idiolect.data.git import without_trailers

_GREETING = re.compile(
    r"^(?:hi|hello|hey|dear|greetings|good (?:morning|afternoon|evening|day)|hallo|bonjour|hola)\b"
    r"(?:(?:[\s,]+[\w'’@&/-]+\.?){0,4}\s*[,:;!–—-]+|(?:\s+[\w'’@&/-]+){0,2})$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^(?:(?:many |kind |best |warm |with best |with kind )?"
    r"(?:regards|wishes|thanks|greetings)|best|cheers|sincerely|yours(?: \w+)?|thank you|thx|love"
    r"|take care|all the best|thanks (?:again|in advance|a lot))\s*[,.!–—-]*$",
    re.IGNORECASE,
)
_NAME = re.compile(r"^[-–—~*]*\s*[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){0,3}\s*$")


def without_frame(text: str) -> str:
    """A text without its greeting, its sign-off and trailer lines: what surrounds the words.

    Left out, each only where it stands at the edge: a first line that greets ("Hi all", "Dear Ms.
    Smith:"); from a line "-- " on (a mail's signature); trailers ("Signed-off-by: …", "Cc: …",
    "(cherry picked from commit …)"); a last line that takes leave ("Best regards,", "Thanks!"), and
    a line of up to four words without a full stop after it, the name. Names in the middle stay.
    """
    lines = text.strip().split("\n")
    if len(lines) > 1 and _GREETING.match(lines[0].strip()):
        lines = lines[1:]
    signature = next((n for n, line in enumerate(lines) if n and line.rstrip("\r") == "-- "), None)
    lines = lines[:signature]
    while True:
        kept = _without_leave(without_trailers("\n".join(lines).strip()).split("\n"))
        if len(kept) == len(lines):
            return "\n".join(kept).strip()
        lines = kept


def _without_leave(lines: list[str]) -> list[str]:
    """The lines before the words of leave, where these end the text."""
    told = [n for n, line in enumerate(lines) if line.strip()]
    if len(told) > 1 and _CLOSING.match(lines[told[-1]].strip()):
        return lines[: told[-1]]
    named = len(told) > 2 and _NAME.match(lines[told[-1]].strip())
    if named and _CLOSING.match(lines[told[-2]].strip()):
        return lines[: told[-2]]
    return lines
