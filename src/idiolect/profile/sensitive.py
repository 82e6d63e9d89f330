"""Matters that nobody should be presumed to be: health, beliefs, orientation, class, origin, …

A list of English words, so a floor: what it finds is sensitive, what it does not find may still be.
The kinds are the special categories of the GDPR (article 9), with class, age and money besides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "health": """ill illness\\w* sick sickness disease\\w* disorder\\w* diagnos\\w* symptom\\w*
            disabilit\\w* (?:is|be|been|being|became|was)\\s+disabled disabled\\s+person
            depress\\w* anxiety anxious bipolar autis\\w* adhd asthma diabet\\w* cancer hiv
            epilep\\w* migraine\\w* allerg\\w* pregnan\\w* miscarr\\w* abortion\\w* fertility
            infertil\\w* schizophren\\w* dementia dyslexi\\w* deaf deafness
            medication\\w* medicine\\w* therap\\w* psychiatr\\w* suicid\\w*
            addict\\w* alcoholi\\w* overweight obes\\w* anorexi\\w* bulimi\\w* wheelchair
            menopaus\\w* surgery chronic chronically""",
        "beliefs": """religio\\w* christian\\w* catholic\\w* protestant\\w* muslim\\w* islam\\w*
            jewish judaism jews? quran ramadan rabbi hindu\\w* buddhis\\w* sikh\\w*
            atheis\\w* agnostic\\w* church\\w* mosque\\w* synagogue\\w* pray\\w* devout pagan\\w*
            mormon\\w*""",
        "politics": """politic\\w* conservatives?(?!\\s+estimate) liberals?(?!\\s+(?:amount|use))
            socialis\\w* communis\\w*
            republicans? democrats? left-wing right-wing leftist\\w* voter\\w* votes voted
            nationalis\\w* anarchis\\w* feminis\\w* activis\\w*
            trade\\s+union\\w*""",
        "orientation": """gay lesbian\\w* bisexual\\w* homosexual\\w* heterosexual\\w* queer
            asexual\\w* sexual\\w* transgender\\w* transsexual\\w* non-?binary straight\\s+man
            straight\\s+woman""",
        "origin": """ethnic\\w* racial\\w* black\\s+man black\\s+woman white\\s+man
            white\\s+woman (?:black|white)\\s+person hispanic\\w* latin[oax]s? asian\\w*
            african\\w* arab\\w* indigenous
            immigrant\\w* refugee\\w* asylum nationality
            undocumented roma(?!\\s+tomato) gypsy""",
        "class": """working[-\\s]class middle[-\\s]class upper[-\\s]class lower[-\\s]class poverty
            wealthy income salary earns (?<!technical\\s)debts? indebted bankrupt\\w* unemployed
            homeless\\w*
            socio-?economic\\w* uneducated""",
        "crime": """criminal\\s+record convicted convicts? (?:was|been|were)\\s+arrested arrests?
            prison\\w* jail\\w*
            felon\\w* paroled? stole(?!\\s+the\\s+show) theft""",
        "gender and age": """gender (?:fe)?male(?!\\s+(?:connector|plug|end)) man woman boy girl
            elderly teenager\\w*
            aged?\\s+\\d+ \\d+\\s+years\\s+old""",
    }
)
_KINDS = {
    kind: re.compile(rf"(?<!\w)(?:{'|'.join(words.split())})(?!\w)", re.IGNORECASE)
    for kind, words in _WORDS.items()
}
KINDS = tuple(_KINDS)


def sensitive(text: str) -> str:
    """The kind of sensitive matter that a sentence about a person is about; empty for none."""
    return next((kind for kind, words in _KINDS.items() if words.search(text)), "")
