"""Text or decision from the factors that moved the user's responses before, with their figures.

How it works:
    1. For each of the user's latest `history` texts, `ToldAspects` notes what moved the user's
       response, how strongly and which way: one prompt a text, side by side.
    2. One prompt groups these aspects into factors; `factors` counts for each its coverage (share
       of texts), influence and polarity (means over the texts that have it).
    3. One prompt a text explains the user's response by the factors: the reasoning path.
    4. For the request its aspects are noted; the `events` past texts whose aspects are most like
       these by cosine are shown with their reasoning paths, and the factors with their figures.

    With `voice="counted"` steps 1 to 4 ask no model: aspects are words of content, polarity and
    influence are the tone of their sentences, a factor is a word stem that two texts have, and a
    path names the factors of the text. One prompt is left.

Use it when: responses follow reasons that come back (ratings, opinions), and preparing a user may
    cost two calls a text. Prefer instead: `rag`, for one call; `dpl`, for what sets a person apart.

Differs from the paper:
    - How it aggregates the model's judgements is not public; the means here are ours.
    - The reply is the answer alone; theirs gives its reasoning before it. Reasoning may be
      plausible and untrue: what can be checked is the factors' figures and their evidence.
    - The counted voice is ours.

Checked: statistics are exact, by hand and against brute force
    (tests/profile/test_counted_factors.py); stages, their order, number and fields, in both voices
    (tests/recipes/test_rpm.py). The counted voice runs on `extractive`, the told one needs a model
    that answers in JSON. Ratings of product reviews by the counted voice on the floor
    (`benchmarks/rpm.py`, 700 users) are no better than `rag`'s there, nor than the user's or the
    peers' mean, and worse than the tone of the text that is rated. What a model notes is not
    checked.

Reference: Kim et al. 2025, arXiv 2505.21082; code named jieyong99/RPM, not read.
"""

from typing import Literal

from idiolect.card import PositiveInt, Temperature, recipe
from idiolect.data import Request, View
from idiolect.embed import Encoder
from idiolect.lm import LanguageModel, Sampling, entries, own
from idiolect.profile import Profile, writing
from idiolect.profile.aspects import ToldAspects, because, grouped, path, reasons
from idiolect.profile.factors import by_stem, factors, mentioned
from idiolect.profile.writing import asked
from idiolect.roles import Personalizer, notes
from idiolect.select import all_words, asked_words, nearest

NOTE = (
    "You see one thing that a user responded to, and the response: a text, a rating or a choice. "
    "Name the aspects that moved the response, each in a few words, how strongly (`influence`, 0 "
    "to 1) and whether the user is for it, against it or neither (`polarity`)."
)
ASKED = (
    "You see what a user is asked. Name the aspects of it that may move the user's response, each "
    "in a few words, how strongly (`influence`, 0 to 1) and which way (`polarity`), if it shows."
)
GROUP = (
    "You see numbered aspects that moved a user's responses. Group those that are the same to the "
    "user into factors: a short name, and the numbers. An aspect may be left out."
)
REASON = (
    "You see a thing that a user responded to, the response, and the factors that move this user, "
    "with figures. Explain in two sentences how the factors led to the response. Name only factors "
    "that the text shows."
)
WRITE = (
    "Answer as this user would. You see what is asked, past responses of the user with the reasons "
    "behind them (`because`), and the factors that move the user: how often, how strongly, which "
    "way. Weigh those that bear on the request. Answer with the text alone."
)


@recipe(
    title="Reasoning-level personalization (RPM)",
    paper="https://arxiv.org/abs/2505.21082",
    code=("jieyong99/RPM", "not read"),
    reads_other_users="none",
    enters="prompt",
    calls="1 + (voice == 'told') * (2 * min(history, own) + 2 * min(own, 1))",
    fewer="without aspects nothing is grouped, without factors no text is explained, and what asks "
    "for nothing in words has no aspects",
    benchmarks=["LaMP-2", "LaMP-3", "LaMP-5", "GlobalOpinionQA"],
    evidence={
        "statistics": ("recovers planted truth", "tests/profile/test_counted_factors.py"),
        "prompts": ("mechanism only", "tests/recipes/test_rpm.py"),
        "text": ("none", ""),
    },
)
def rpm(
    lm: LanguageModel,
    encoder: Encoder,
    *,
    voice: Literal["told", "counted"] = "told",  # paper: told
    history: PositiveInt = 20,  # ours: two calls a text
    events: PositiveInt = 4,  # ours
    most: PositiveInt = 10,  # ours: factors shown
    temperature: Temperature = 0.0,  # ours
    max_tokens: PositiveInt = 2048,  # DPL's code
) -> Personalizer[Profile]:
    sampling = Sampling(temperature, max_tokens=max_tokens, seed=42)
    note = ToldAspects(lm, NOTE, sampling)
    ask = ToldAspects(lm, ASKED, sampling, stage="asked")

    def learn(view: View, request: Request) -> Profile:
        read = view.own[-history:]
        shown, told = entries(read), voice == "told"
        if not shown:
            return Profile(request.user, notes=notes("no own texts"))
        if told:
            of_text = note([(entry.events[0], [own([entry])]) for entry in shown])
        else:
            of_text = [[*mentioned(all_words(event, None), event.id)] for event in read]
        aspects = [aspect for each in of_text for aspect in each]
        groups, wrong = grouped(lm, GROUP, aspects, sampling) if told else (by_stem(aspects), 0)
        found = factors(aspects, groups, len(read), most=most)
        if told:
            why = reasons(lm, REASON, shown, found, sampling)
            [wanted] = ask([("", parts)]) if (parts := asked(request)) else [[]]
        else:
            why = [path(event.id, found) for event in read]
            wanted = [*mentioned(". ".join((asked_words(request), *map(str, _facts(request)))))]
        newest = [", ".join(aspect.name for aspect in each) for each in of_text[::-1]]
        names = ", ".join(aspect.name for aspect in wanted)
        explained = [because(entry, w) for entry, w in zip(shown, why, strict=True)][::-1]
        like = nearest(encoder.at(view), newest, names, events)
        known = Profile(
            request.user,
            "\n".join(factor.text for factor in found),
            examples=tuple(explained[at] for at in like),
            notes=notes(
                f"{wrong} grouped numbers name no aspect" if wrong else "",
                "" if found else f"no factors in {len(read)} own texts",
            ),
            sources=tuple(read.ids),
        )
        return known.add((factor.claim(read) for factor in found), "factors of past responses")

    return Personalizer(lm, learn, writing(WRITE, sampling))


def _facts(request: Request) -> list[str | float]:
    """What is given beside the title, such as the text whose rating is asked for."""
    return [value for name, value in request.given.items() if name != "title"]
