"""Planted inventions in résumés whose sources are known: how many are found, and how many false."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from idiolect.measure.inventions import FIELDS, KINDS, Mention, invented, mentions

COMPANIES = (
    "Harbour & Pine Ltd", "Ostrava Tools GmbH", "Blue Finch Bakery", "Meridian Textiles Inc.",
    "Quayside Robotics", "Lund Paper AG", "Alto Rail Corporation", "Kestrel Maps",
    "Nine Elms Dairy", "Fjord Sensors", "The Copper Loom Company", "Vega Printworks",
)  # fmt: skip
SCHOOLS = (
    "University of Turku", "Delft Polytechnic", "Rosewood College", "Galway Institute",
    "Alder State University", "Novara Academy",
)  # fmt: skip
SUBJECTS = ("Physics", "Marine Biology", "Economics", "Computer Science", "History", "Chemistry")
LEVELS = {
    "bachelor": ("Bachelor of Science", "BSc", "B.Sc.", "BS", "BA", "Bachelors"),
    "master": ("Master of Science", "MSc", "M.Sc.", "MS", "MA", "Master's"),
    "doctor": ("PhD", "Ph.D.", "Doctor of Philosophy"),
}
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December")  # fmt: skip


def dated(year: int, month: int, style: int) -> str:
    """A month in one of four notations."""
    name = MONTHS[month - 1]
    shown = (f"{name} {year}", f"{name[:3]} {year}", f"{month:02d}/{year}", f"{year}-{month:02d}")
    return shown[style]


@dataclass
class Case:
    """A source, a document that keeps to it but for what is planted, and what that is."""

    source: str
    document: dict[str, Any]
    planted: set[tuple[str, str]]


def cases(number: int) -> Iterator[Case]:
    """Documents say what the source says, in other notations; then up to three things change."""
    for seed in range(number):
        yield case(Random(seed))


def case(rng: Random) -> Case:
    first, second, *spare = rng.sample(COMPANIES, 5)
    school, other_school = rng.sample(SCHOOLS, 2)
    subject, other_subject = rng.sample(SUBJECTS, 2)
    level, other_level = rng.sample(sorted(LEVELS), 2)
    years = sorted(rng.sample(range(2001, 2024), 4))
    months = [rng.randint(1, 12) for _ in years]
    share, people = rng.randint(11, 89), rng.randint(3, 9) * 100
    wrote = rng.randrange(4)
    start, end, graduated, began = (dated(y, m, wrote) for y, m in zip(years, months, strict=True))
    source = (
        f"I worked for {first} from {start} to {end}, and cut waste by {share}%. Then I joined "
        f"{second} in {began} and lead it for {people} customers. I hold a "
        f"{rng.choice(LEVELS[level])} in {subject} from the {school}, {graduated}."
    )
    style = rng.randrange(4)
    again = [dated(y, m, style) for y, m in zip(years, months, strict=True)]
    document: dict[str, Any] = {
        "work_experience": [
            {"role": "Lead", "company": f"{second}, Ghent", "from_date": again[3],
             "to_date": "present", "description": [f"Led service for {people} customers"]},
            {"role": "Clerk", "company": first.removesuffix(" Ltd"), "from_date": again[0],
             "to_date": again[1], "description": [f"Cut waste by {share} percent at {first}"]},
        ],
        "education": [{"degree": f"{rng.choice(LEVELS[level])} in {subject}",
                       "university": school, "to_date": again[2]}],
        "summary": f"Has worked for {first} since {years[0]}.",
    }  # fmt: skip
    late, early = document["work_experience"]
    studies = document["education"][0]
    wrong_date = dated(years[1] + 30, months[1], style)
    plants: dict[tuple[str, str], Any] = {
        ("employer", spare[0]): lambda v: early.update(company=v),
        ("employer", spare[1]): lambda v: late["description"].append(f"Hired by {v} as an adviser"),
        ("employer", spare[2]): lambda v: document.update(letter=f"Before that I interned at {v}."),
        ("school", other_school): lambda v: studies.update(university=v),
        ("date", wrong_date): lambda v: early.update(to_date=v),
        ("date", str(years[3] + 20)): lambda v: late["description"].append(f"Promoted in {v}"),
        ("degree", f"{LEVELS[other_level][1]} in {subject}"): lambda v: studies.update(degree=v),
        ("degree", f"{LEVELS[level][0]} in {other_subject}"): lambda v: studies.update(degree=v),
        ("figure", f"{share + 100}%"): lambda v: early["description"].append(
            f"Raised sales by {v}"
        ),
    }
    chosen = dict(rng.sample(sorted(plants.items(), key=lambda one: one[0]), rng.randint(0, 3)))
    if sum(kind == "degree" for kind, _ in chosen) > 1:
        chosen = dict(list(chosen.items())[:1])
    for (_, value), plant in chosen.items():
        plant(value)
    return Case(source, document, set(chosen))


def test_planted_inventions_are_found_and_little_else() -> None:
    found, false, missed = 0, [], []
    for one in cases(300):
        said = {(m.kind, m.text) for m in invented(one.document, one.source)}
        hits = {p for p in one.planted if any(k == p[0] and p[1].rstrip(".") in t for k, t in said)}
        found += len(hits)
        missed += one.planted - hits
        false += [s for s in said if not any(s[0] == k and v.rstrip(".") in s[1]
                                             for k, v in one.planted)]  # fmt: skip
    precision, recall = found / (found + len(false)), found / (found + len(missed))
    assert found > 350
    assert precision >= 0.97, (precision, false[:5])
    assert recall >= 0.97, (recall, missed[:5])


def test_what_is_said_in_other_words_is_no_invention() -> None:
    source = "Baker at Blue Finch Bakery, Inc., Jan 2020 to 06/2022; saved $1,200. MBA, 2019."
    document = {
        "company": "BLUE FINCH BAKERY, Ghent",
        "from_date": "January 2020",
        "to_date": "2022-06",
        "degree": "Master of Business Administration",
        "description": ["Saved 1200 dollars in 2020 at Blue Finch Bakery"],
    }
    assert invented(document, source) == ()


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("She joined Kestrel Maps in May", "employer", "Kestrel Maps"),
        ("a contract with Alto Rail Corporation", "employer", "Alto Rail"),
        ("studied at the University of Turku", "school", "University of Turku"),
        ("a PhD in Marine Biology", "degree", "PhD in Marine Biology"),
        ("since 03/2021", "date", "03/2021"),
        ("grew sales by 40%", "figure", "40%"),
    ],
)
def test_running_text_names(text: str, kind: str, found: str) -> None:
    assert Mention(kind, found) in set(mentions(text))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Holds an MS in Physics", {"degree"}),
        ("MS Office and BA flights, once a master baker", set()),
        ("saw a doctor, then a bachelor party", set()),
        ("Worked with Postgres and Redis", set()),
        ("Worked for Zork and sons", {"employer"}),
        ("Began on 5 May 2022, left on June 3rd, 2023", {"date"}),
    ],
)
def test_what_is_a_name_of_which_kind(text: str, kinds: set[str]) -> None:
    assert {mention.kind for mention in mentions(text)} == kinds


def test_a_job_of_the_same_word_is_no_degree_in_the_source() -> None:
    source = "Scrum Master and doctor of none; studied History."
    assert [m.text for m in invented({"degree": "MSc in History"}, source)] == ["MSc in History"]
    assert not invented({"degree": "MA in History"}, "I have a Master of Arts in History")


def test_names_joined_by_and_may_stand_apart_in_the_source() -> None:
    source = "Years at Zork; later at Kestrel Maps."
    assert not invented("I was at Kestrel Maps and Zork.", source)
    assert [m.text for m in invented("I was at Zork and Vega.", source)] == ["Zork and Vega"]


def test_the_day_of_a_date_is_no_figure() -> None:
    assert not invented("since 5 May 2022, or May 5th, 2022", "from May 2022")


def test_a_month_without_its_year_in_the_source_is_invented_a_bare_year_is_not() -> None:
    assert not invented("since 2020", "from May 2020")
    assert [m.text for m in invented("since June 2020", "from May 2020")] == ["June 2020"]
    assert [m.text for m in invented("since May 2020", "from 2020")] == ["May 2020"]


def test_a_name_in_a_longer_word_does_not_occur() -> None:
    assert invented({"company": "Alto"}, "Altona Works")
    assert not invented({"company": "Altona Works"}, "altona works")


def test_every_kind_of_field_is_a_kind() -> None:
    assert set(FIELDS.values()) <= set(KINDS)
    assert json.dumps([m.text for m in mentions({"to_date": "present", "company": " "})]) == "[]"


def test_what_the_rules_do_not_see() -> None:
    """Limits that the module names: no cue before a name, and a source that spells it otherwise."""
    assert not invented("Kestrel Maps made me their chief.", "")
    assert invented({"company": "NED"}, "Nine Elms Dairy")
    moved = "Alto Rail, 2019. Kestrel Maps, 2021."
    assert not invented({"company": "Alto Rail", "from_date": "2021"}, moved)
    assert not invented("seit Mai bei Kestrel Maps", "")
