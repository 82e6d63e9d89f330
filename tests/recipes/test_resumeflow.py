"""ResumeFlow: stages, their fields and their number, and what is said of an invention."""

import json
from typing import Any

from idiolect.data import Event, Population, Request
from idiolect.floor import Extractive
from idiolect.lm import Scripted
from idiolect.measure.faithfulness import faithfulness
from idiolect.recipes.generate.resumeflow import resumeflow
from idiolect.run import answer

SOURCE = (
    "Jo Reed, jo@post.example. Baker at Blue Finch Bakery, Jan 2019 to Dec 2021: ran two ovens. "
    "Diploma project: a solar oven. Skills: rye, ovens. BSc in Chemistry, Rosewood College, 2018. "
    "Hygiene certificate by the Guild. Won a prize for bread."
)
POPULATION = Population.of([Event("jo", SOURCE, id="cv"), Event("al", "Nurse", id="other")])
ADVERT = "Kestrel Maps wants a baker for its canteen: rye bread."
ASKED = Request("jo", ADVERT)
JOB = {"title": "Baker", "company": "Kestrel Maps", "keywords": ["rye"]}
WORK = {"role": "Baker", "company": "Blue Finch Bakery", "from_date": "Jan 2019",
        "to_date": "Dec 2021", "description": ["ran two ovens"]}  # fmt: skip
RESUME = {
    "name": "Jo Reed",
    "contact": ["jo@post.example"],
    "work_experience": [WORK],
    "projects": [{"name": "Solar oven"}],
    "skills": [{"name": "Baking", "skills": ["rye", "ovens"]}],
    "education": [{"degree": "BSc in Chemistry", "university": "Rosewood College"}],
    "certifications": [{"name": "Hygiene", "by": "the Guild"}],
    "achievements": ["Won a prize for bread"],
}
SECTIONS = [name for name in RESUME if name not in ("name", "contact")]


def script(**changed: Any) -> Scripted:
    said = {name: {name: RESUME[name]} for name in SECTIONS} | changed
    replies = {name: json.dumps(value) for name, value in said.items()}
    stages = {
        "job": json.dumps(JOB),
        "resume": json.dumps(RESUME),
        "letter": "I would love to work for Kestrel Maps.",
    }
    return Scripted(stages | replies)


def ran(lm: Scripted, **settings: Any) -> Any:
    outcome = answer(lambda model: resumeflow(model, **settings), POPULATION, ASKED, lm)
    assert outcome.failure is None, outcome.failure
    return outcome.answer


def invented(draft: Any) -> list[str]:
    return [note for note in draft.notes if note.startswith("not in the source")]


def test_job_and_resume_are_read_then_each_section_is_rewritten() -> None:
    lm = script()
    ran(lm)
    assert [p.stage for p in lm.prompts] == ["job", "resume", *SECTIONS]
    assert len(lm.prompts) == resumeflow.calls() == 8
    job, resume, *sections = lm.prompts
    assert [s.kind for s in job.sections] == ["query"]
    assert job.section("query")[0].text == ADVERT
    assert [s.kind for s in resume.sections] == ["own"]
    assert resume.events == ("cv",)
    for prompt in sections:
        assert [s.kind for s in prompt.sections] == ["profile", "item"]
        assert json.loads(prompt.section("profile")[0].text) != RESUME
        assert "Kestrel Maps" in prompt.section("item")[0].text
        assert prompt.events == ("cv",)
    work = sections[0]
    assert json.loads(work.section("profile")[0].text) == [{"location": ""} | WORK]
    assert "Three points a post" in work.instruction


def test_sections_without_content_are_not_asked_for() -> None:
    lm = script(resume=RESUME | {"projects": [], "achievements": []})
    ran(lm)
    stages = [p.stage for p in lm.prompts]
    assert stages == [
        "job",
        "resume",
        *(s for s in SECTIONS if s not in ("projects", "achievements")),
    ]


def test_a_faithful_resume_has_no_note() -> None:
    draft = ran(script())
    assert invented(draft) == []
    assert draft.text.startswith(
        "# Jo Reed\n\njo@post.example\n\n## Work experience\n\n- Baker, Blue"
    )
    assert "    - ran two ovens" in draft.text
    assert draft.value.faithfulness.preserved > draft.value.faithfulness.aligned > 0
    assert draft.user_model.resume.name == "Jo Reed"


def test_inventions_are_named_and_kept() -> None:
    changed = WORK | {"company": "Nine Elms Dairy", "description": ["Raised sales by 40%"]}
    draft = ran(script(work_experience={"work_experience": [changed]}))
    assert invented(draft) == [
        "not in the source: employer 'Nine Elms Dairy'",
        "not in the source: figure '40%'",
    ]
    assert "Nine Elms Dairy" in draft.text


def test_skills_that_have_none_left_are_dropped() -> None:
    empty = {"skills": [{"name": "Sailing", "skills": []}, RESUME["skills"][0]]}
    draft = ran(script(skills=empty))
    assert [sort.name for sort in draft.value.resume.skills] == ["Baking"]


def test_a_letter_sees_the_resume_and_the_job_and_may_name_the_company() -> None:
    lm = script()
    draft = ran(lm, letter=True)
    assert [p.stage for p in lm.prompts][-1] == "letter"
    assert len(lm.prompts) == resumeflow.calls(letter=1) == 9
    assert json.loads(lm.prompts[-1].section("profile")[0].text)["name"] == "Jo Reed"
    assert draft.text.endswith(draft.value.letter)
    assert invented(draft) == []


def test_how_far_it_keeps_to_the_source_and_suits_the_job_is_said() -> None:
    draft = ran(script())
    found = faithfulness(draft.value.resume.markdown, SOURCE, ADVERT)
    assert draft.notes[-1] == (
        f"overlap of the résumé's words with the source: {found.preserved:.0%}, with the job: "
        f"{found.aligned:.0%} (the source with the job: {found.before:.0%})"
    )
    assert draft.value.faithfulness == found


def test_what_others_said_to_the_user_is_no_source() -> None:
    """An assistant's turn and a recalled belief neither reach the model nor excuse an invention."""
    said = [
        Event("jo", SOURCE, id="cv", role="user"),
        Event("jo", "You were at Nine Elms Dairy.", id="said", role="assistant"),
        Event("jo", "worked for Zork Widgets", id="recalled", extra={"recalled": True}),
    ]
    posts = [WORK | {"company": name} for name in ("Nine Elms Dairy", "Zork Widgets")]
    lm = script(work_experience={"work_experience": posts})
    outcome = answer(resumeflow.function, Population.of(said), ASKED, lm)
    assert {name for prompt in lm.prompts for name in prompt.events} == {"cv"}
    assert outcome.answer.user_model.evidence == ("cv",)
    assert invented(outcome.answer) == [
        "not in the source: employer 'Nine Elms Dairy'",
        "not in the source: employer 'Zork Widgets'",
    ]


def test_a_request_without_an_advertisement_is_refused_before_any_cost() -> None:
    lm = script()
    outcome = answer(resumeflow.function, POPULATION, Request("jo", " "), lm)
    assert outcome.failure.kind == "DataError"
    assert "the advertisement of a job" in outcome.failure.message
    assert not lm.prompts


def test_events_without_words_are_no_resume() -> None:
    rated = Population.of([Event("jo", "", rating=4.0)])
    lm = script()
    assert answer(resumeflow.function, rated, ASKED, lm).failure.kind == "NoHistoryError"
    assert not lm.prompts


def test_somebody_without_texts_has_no_resume() -> None:
    outcome = answer(resumeflow.function, POPULATION, Request("new", ADVERT), script())
    assert outcome.failure.kind == "NoHistoryError"
    assert "a résumé is made of the user's own texts" in outcome.failure.message


def test_the_floor_cannot_read_a_resume() -> None:
    outcome = answer(resumeflow.function, POPULATION, ASKED, Extractive())
    assert outcome.failure.kind == "CapabilityError"


def test_a_reply_in_the_wrong_shape_is_an_error() -> None:
    outcome = answer(resumeflow.function, POPULATION, ASKED, script(skills={"skills": "rye"}))
    assert outcome.failure.kind == "ReplyError"
