"""How well an output would suit the user.

How it works: a model that sees the user's texts gives one to five points.
Use it when: a judge is needed in 30 lines.
Differs from the paper: there is none.
Checked: a judge that fails gives no points.
Reference: none.
"""

from idiolect.card import recipe
from idiolect.data import Event, View
from idiolect.errors import EndpointError, ReplyError
from idiolect.lm import Entry, LanguageModel, Number, Prompt, Section, own
from idiolect.roles import Judge, Verdict


@recipe(
    title="Points by a model",
    reads_other_users="none",
    enters="prompt",
    calls="1",
    evidence={"verdict": ("mechanism only", "tests/shape/test_shapes.py")},
)
def points(lm: LanguageModel) -> Judge:
    def judge(view: View, output: str, reference: Event | None) -> Verdict:
        shown = Section("query", (Entry(output),))
        asked = Prompt("Would the user write this?", own(view.own), shown, expects=Number(1, 5))
        try:
            return Verdict(lm.one(asked).value)
        except (ReplyError, EndpointError) as error:
            return Verdict(None, str(error))

    return judge
