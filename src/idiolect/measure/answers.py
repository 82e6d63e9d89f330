"""Reading a choice out of a reply, by the rules of the benchmarks, and sets of words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import DataError
from idiolect.measure.metrics import TextMetric

Floats = NDArray[np.float64]
Texts = Sequence[str]

_FINAL = "<final_answer>"
_BRACKETED = re.compile(r"\(([a-d])\)")
_BARE = re.compile(r"\b([a-d])\b")
_VERDICT = re.compile(r"(?:^|\[\[)\s*([A-Z])\s*\]\]")
_PUNCTUATION = re.compile(r"[^a-zA-Z0-9\s]")


def final_answers(reply: str) -> tuple[frozenset[str], frozenset[str]]:
    """Letters a–d after the last `<final_answer>`, and in the whole reply (PersonaMem).

    Letters in brackets count; only where there are none do letters that stand alone, so that "a" as
    a word may be taken for one. Without the mark both sets are the whole reply's.
    """
    last = reply.strip().split(_FINAL)[-1].strip().removesuffix("</final_answer>")
    return _letters(last), _letters(reply)


def _letters(text: str) -> frozenset[str]:
    text = text.lower()
    return frozenset(_BRACKETED.findall(text) or _BARE.findall(text))


def verdict(reply: str) -> str | None:
    """The first letter in double brackets, as in `[[A]]`; None without one (personalized judge).

    A reply may go on from a prompt that ends in `[[`, and so begin with `A]]`.
    """
    found = _VERDICT.search(reply.strip())
    return found[1] if found else None


def word_set(text: str) -> frozenset[str]:
    """Different words in lower case, all but a–z, 0–9 and space taken out (PersonaBench)."""
    return frozenset(_PUNCTUATION.sub("", text).lower().split())


def _personamem(output: str, gold: str) -> bool:
    letter = gold.lower().strip("() ")
    if letter not in {"a", "b", "c", "d"}:
        raise DataError(f"Found the answer {gold!r}; PersonaMem's are (a), (b), (c) or (d).")
    return frozenset(letter) in final_answers(output)


def _double_brackets(output: str, gold: str) -> bool:
    letter = gold.strip().strip("[]")
    if not re.fullmatch("[A-Z]", letter):
        raise DataError(f"Found the answer {gold!r}; give one capital letter, such as A or [[A]].")
    return verdict(output) == letter


def _starts(output: str, gold: str) -> bool:
    if not gold:
        raise DataError("Found an empty answer; every output starts with it. Give the answer.")
    return output.startswith(gold)


def _rows(right: Callable[[str, str], bool]) -> Callable[[Texts, Texts], list[float]]:
    def rows(outputs: Texts, references: Texts) -> list[float]:
        return [float(right(*pair)) for pair in zip(outputs, references, strict=True)]

    return rows


def _words(
    figure: Callable[[int, int, int], float],
) -> Callable[[Texts, Texts], list[float]]:
    def rows(outputs: Texts, references: Texts) -> list[float]:
        found = []
        for output, reference in zip(outputs, references, strict=True):
            made, real = word_set(output), word_set(reference)
            found.append(figure(len(made & real), len(made), len(real)) if real else np.nan)
        return found

    return rows


def _f1(both: int, made: int, real: int) -> float:
    return 2 * both / (made + real)


_STRIPPED = "different words, lower case, without punctuation (PersonaBench)"

#: Metrics of replies to questions with options or short answers, by name.
ANSWER_METRICS: Mapping[str, TextMetric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            TextMetric(
                "final_answer",
                "letters a–d after <final_answer>, or else in the whole reply, are the right one "
                "alone (PersonaMem)",
                True,
                _rows(_personamem),
            ),
            TextMetric(
                "final_answer_unparsed",
                "neither after <final_answer> nor in the whole reply is there exactly one letter",
                False,
                lambda outputs, _: [
                    float(all(len(letters) != 1 for letters in final_answers(reply)))
                    for reply in outputs
                ],
            ),
            TextMetric(
                "double_brackets",
                "the first letter in double brackets, [[A]], is the right one (personalized judge)",
                True,
                _rows(_double_brackets),
            ),
            TextMetric(
                "double_brackets_unparsed",
                "no letter stands in double brackets",
                False,
                lambda outputs, _: [float(verdict(reply) is None) for reply in outputs],
            ),
            TextMetric(
                "prefix",
                "the output starts with the answer, as it is (UQABench)",
                True,
                _rows(_starts),
            ),
            TextMetric(
                "word_precision",
                f"share of the output's words that are the answer's; {_STRIPPED}",
                True,
                _words(lambda both, made, _: both / made if made else 0.0),
            ),
            TextMetric(
                "word_recall",
                f"share of the answer's words that are the output's; {_STRIPPED}",
                True,
                _words(lambda both, _, real: both / real),
            ),
            TextMetric("word_f1", f"F1 of words; {_STRIPPED}", True, _words(_f1)),
        )
    }
)
