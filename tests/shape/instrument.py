"""How outgoing and how careful a user would say they are.

How it works: a model answers four statements, two of them reversed, after the user's texts.
Use it when: an instrument is needed in 40 lines.
Differs from the paper: there is none.
Checked: reversed answers against sums by hand.
Reference: none; the statements are made up.
"""

from collections.abc import Sequence

from idiolect.card import recipe
from idiolect.data import View
from idiolect.lm import LanguageModel, Number, Prompt, own
from idiolect.simulate import Instrument, Subject, Survey

MADE_UP = Instrument(
    items={
        "I talk to strangers.": "outgoing",
        "I leave parties early.": "outgoing",
        "I make lists.": "careful",
        "I lose my keys.": "careful",
    },
    keys={
        "I talk to strangers.": 1,
        "I leave parties early.": -1,
        "I make lists.": 1,
        "I lose my keys.": -1,
    },
)


@recipe(
    title="A made-up questionnaire",
    reads_other_users="none",
    enters="simulation",
    calls="4",
    evidence={"scoring": ("mechanism only", "tests/shape/test_shapes.py")},
)
def questionnaire(lm: LanguageModel) -> Survey:
    def subject(view: View) -> Subject:
        def answer(statements: Sequence[str]) -> list[float]:
            told = own(view.own)
            asked = [
                Prompt(f"You wrote these texts. Do you agree? {said}", told, expects=Number(1, 5))
                for said in statements
            ]
            return [reply.value for reply in lm.reply(asked)]

        return answer

    return Survey(MADE_UP, subject)
