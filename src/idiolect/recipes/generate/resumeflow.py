"""A résumé rewritten for a job, section by section, with what it invents named.

How it works:
    1. Side by side, one prompt reads the job advertisement (the request's words) as data, and one
       the user's own texts as a résumé: work, projects, skills, education, certificates, more.
    2. One prompt a section that has content, side by side, rewrites it for the job. Name and
       contact are copied. Skills of a sort that has none left are dropped.
    3. The sections are printed as Markdown. With `letter`, one more prompt writes a cover letter.
    4. `invented` holds the document against the user's own texts: employers, schools, degrees,
       dates and figures that do not occur there are named in the notes. `faithfulness` says there
       how much is preserved, and how much nearer to the job it came.

Use it when: a document with fields is fitted to a purpose and must stay true. Prefer instead:
    `rag`, for free text. It needs a model that answers in JSON: `extractive` cannot.

Differs from the paper:
    - Sections that the résumé lacks are not asked for: there is nothing to rewrite. So there are
      fewer calls than the card says where a résumé is short.
    - Theirs asks for figures in every point, which models then make up; here only those of the
      source may be used. Inventions are reported, not taken out.
    - The page is Markdown; theirs is LaTeX and PDF. Links are not read from the web.
    - Overlaps are of the page, the user's texts and the advertisement; theirs are of JSON, whose
      field names count as common words.

Checked: prompts, fields, order and number (tests/recipes/test_resumeflow.py); measures equal the
    authors' code on made texts (tests/measure/test_faithfulness.py); all planted inventions are
    found, in notations that its rules know, and nothing else (tests/measure/test_inventions.py).
    What a model writes is not checked.

Reference: Zinjad et al. 2024, arXiv 2402.06221; code Ztrimus/ResumeFlow.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from idiolect.card import PositiveInt, Temperature, recipe
from idiolect.data import Request, View
from idiolect.errors import DataError, NoHistoryError
from idiolect.lm import Entry, Json, LanguageModel, Prompt, Sampling, Section, Text, own
from idiolect.lm.sections import SectionKind
from idiolect.profile.extract import learnable
from idiolect.profile.resume import FORMS, SECTIONS, Application, Job, Resume, tailored
from idiolect.profile.sections import Document, DocumentWriter
from idiolect.select import asked_words as wanted

READ_JOB = (
    "You see a job advertisement. Read it as data: title, purpose, keywords, duties, what is "
    "required, what is preferred, the company and what it says of itself. Leave empty what it does "
    "not say."
)
READ_RESUME = (
    "You see texts in which a person describes their career. Read them as a résumé. Take over what "
    "they say, in their words; leave empty what they do not say, and add nothing."
)
REWRITE = (
    "You see one section of a person's résumé, {section}, and a job. Rewrite the section for this "
    "job: what matters most for it first, clear and active. {rule} Employers, schools, degrees, "
    "dates and figures stay as they are; add none."
)
RULES = {
    "work_experience": "Three points a post: what was done, how, and what came of it.",
    "projects": "Three points a project: what was done, how, and what came of it.",
    "skills": "Keep the skills that the job asks for.",
}
NOTHING = "Found no text by {user!r}; a résumé is made of the user's own texts: give one at least."
NO_JOB = "Found a request without words; ask with the words of the advertisement of a job."
LETTER = (
    "You see a person's résumé and a job. Write the cover letter of this person for this job. Say "
    "nothing of the person that the résumé does not say. Answer with the letter alone."
)


@recipe(
    title="ResumeFlow",
    paper="https://arxiv.org/abs/2402.06221",
    code=("Ztrimus/ResumeFlow", "MIT"),
    reads_other_users="none",
    enters="prompt",
    calls="min(own, 1) * (8 + letter)",
    fewer="a section that the texts show nothing for is not written",
    evidence={
        "measures": ("equals authors' code", "tests/measure/test_faithfulness.py"),
        "inventions": ("recovers planted truth", "tests/measure/test_inventions.py"),
        "prompts": ("mechanism only", "tests/recipes/test_resumeflow.py"),
        "text": ("none", ""),
    },
)
def resumeflow(
    lm: LanguageModel,
    *,
    letter: bool = False,  # authors' code: on demand
    temperature: Temperature = 0.0,  # authors' code with OpenAI's models
    max_tokens: PositiveInt = 4000,  # authors' code
) -> DocumentWriter[Application]:
    sampling = Sampling(temperature, max_tokens=max_tokens)

    def ask(wording: str, *shown: Section, stage: str, form: Any = None) -> Prompt:
        expects = Json(form) if form else Text("writing")
        return Prompt(wording, *shown, expects=expects, sampling=sampling, stage=stage)

    def learn(view: View, request: Request) -> Application:
        mine, advert = learnable(view.own), wanted(request)
        if not len(mine):
            raise NoHistoryError(NOTHING.format(user=request.user))
        if not advert.strip():
            raise DataError(NO_JOB)
        job = ask(READ_JOB, as_section("query", advert), stage="job", form=Job)
        resume = ask(READ_RESUME, own(mine), stage="resume", form=Resume)
        read = [reply.value for reply in lm.reply([job, resume])]
        texts = zip(mine.column("title"), mine.texts, strict=True)
        source = "\n".join(part for pair in texts for part in pair if part)
        return Application(read[1], read[0], source, tuple(mine.ids))

    def prompts(request: Request, known: Application) -> Mapping[str, Prompt]:
        job, resume = as_section("item", asdict(known.job)), asdict(known.resume)
        asked = {
            name: ask(
                REWRITE.format(section=name.replace("_", " "), rule=RULES.get(name, "")),
                as_section("profile", resume[name], known.evidence),
                job,
                stage=name,
                form=FORMS[name],
            )
            for name in SECTIONS
            if resume[name]
        }
        if letter:
            whole = as_section("profile", resume, known.evidence)
            asked["letter"] = ask(LETTER, whole, job, stage="letter")
        return asked

    def together(view: View, known: Application, said: Mapping[str, Any]) -> Document:
        sections = {name: getattr(said[name], name) for name in SECTIONS if name in said}
        written, advert = said.get("letter", ""), wanted(view.request)
        made = tailored(known.resume, sections, written, known.source, advert)
        return Document(made.text, made, made.notes)

    return DocumentWriter(lm, learn, prompts, together)


def as_section(kind: SectionKind, data: Any, events: tuple[str, ...] = ()) -> Section:
    """Data, or text as it is, as a section."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return Section(kind, (Entry(text, events=events),))
