"""A prompt without digits, and without other people's texts.

How it works: peers' sections are taken out, digits become #.
Use it when: a guard is needed in 30 lines.
Differs from the paper: there is none.
Checked: no digit and no peer is left.
Reference: none.
"""

import re
from dataclasses import replace

from idiolect.card import recipe
from idiolect.data import View
from idiolect.lm import Prompt, Section
from idiolect.roles import Guard


@recipe(
    title="Digits and peers stay at home",
    reads_other_users="none",
    enters="nowhere",
    calls="0",
    evidence={"redaction": ("mechanism only", "tests/shape/test_shapes.py")},
)
def no_digits() -> Guard:
    def masked(section: Section) -> Section:
        kept = (replace(e, text=re.sub(r"\d", "#", e.text), facts=()) for e in section.entries)
        return replace(section, entries=tuple(kept))

    def guard(prompt: Prompt, view: View) -> Prompt:
        left = tuple(masked(s) for s in prompt.sections if s.kind != "peers")
        return prompt.replace(sections=left)

    return guard
