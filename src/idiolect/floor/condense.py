"""Summing up by extraction: what came back over the comparisons, habits, and a typical sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from idiolect.errors import CapabilityError
from idiolect.floor.said import quoted_words, statements
from idiolect.floor.similar import central, shown
from idiolect.lm import Entry, Prompt
from idiolect.measure import Text
from idiolect.measure.text import content

#: Statements in a summary at most.
MOST = 8
#: Words that come back at most.
WORDS = 6
#: A typical sentence has this many words where there is one, so that it reads as a quote.
QUOTABLE = range(5, 31)


def condense(prompt: Prompt) -> str:
    """Recurring statements, habits with the words that come back, and a typical own sentence.

    Raises:
        CapabilityError: The prompt shows no text but other people's.
    """
    differences, own = prompt.section("differences"), prompt.section("own")
    texts = [entry.text for entry in own if Text(entry.text).words]
    lines = [*_recurring(differences), *_habits(texts)]
    if not lines:
        # Never other people's sentences: a summary may be kept and shown.
        lines = _extract(
            [shown(e) for s in prompt.sections if s.kind != "peers" for e in s.entries]
        )
    if not lines:
        raise CapabilityError(
            f"The floor sums up by extraction and found no text in prompt {prompt.stage!r} that is "
            "not by other people; show it differences or own texts."
        )
    return "\n".join(lines)


def _recurring(differences: Sequence[Entry]) -> list[str]:
    """What is said of everything as it stands; what is said of single things if it comes back."""
    general = [entry.text for entry in differences if entry.fact("about") is None][:MOST]
    single = [entry for entry in differences if entry.fact("about") is not None]
    named = [set(statements(entry.text)) for entry in single]
    counts = Counter(statement for found in named for statement in found)
    least = 2 if len(single) > 1 else 1
    kept = [
        (feature.more if sign > 0 else feature.less, times)
        for (feature, sign), times in sorted(
            counts.items(), key=lambda c: (-c[1] + counts[c[0][0], -c[0][1]], c[0][0].name)
        )
        if times >= least and times > counts[feature, -sign]
    ][:MOST]
    lines = list(general)
    lines += [f"{wording} (in {n} of {len(single)} comparisons)" for wording, n in kept]
    words = Counter(word for entry in single for word in quoted_words(entry.text))
    back = [f"“{word}”" for word, n in words.most_common(WORDS) if n >= 2]
    if back:
        lines.append(f"mentions what the others do not: {', '.join(back)}")
    if single and not kept:
        lines.append(f"nothing came back over {len(single)} comparisons")
    return lines


def _habits(own: Sequence[str]) -> list[str]:
    if not own:
        return []
    cut = [Text(text) for text in own]
    length = np.median([len(text.words) for text in cut])
    sentence = np.median([len(words) for text in cut for words in text.by_sentence])
    shown_in = "1 text" if len(own) == 1 else f"{len(own)} texts"
    lines = [f"about {length:.0f} words a text and {sentence:.0f} a sentence (in {shown_in})"]
    spread = Counter(
        word for text in own for word in dict.fromkeys(content(text)) if word.isalpha()
    )
    back = [f"“{word}”" for word, n in spread.most_common(WORDS) if n >= 2]
    if back:
        lines.append(f"comes back to {', '.join(back)}")
    return [*lines, f"typical: “{_extract(own)[0]}”"]


def _extract(texts: Sequence[str]) -> list[str]:
    """The most central sentence, of a length to quote where there is one."""
    sentences = list(dict.fromkeys(s for text in texts for s in Text(text).sentences))
    order = central(sentences)
    short = [at for at in order if len(Text(sentences[at]).words) in QUOTABLE]
    return [sentences[at] for at in (short or order)[:1]]
