"""LongLaMP's rows, as on the hub and as the authors' local files have them."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from idiolect.bench import Benchmark
from idiolect.bench.loaders.longlamp import FORMS, longlamp
from idiolect.catalog import recipe
from idiolect.errors import CapabilityError, DataError
from idiolect.floor import Extractive
from idiolect.measure import text_metric

#: An entry on a subject, by task, with the hub's names.
ENTRIES = {
    "abstract_generation": lambda about: {
        "abstract": f"We study {about} in depth.", "id": f"p-{about}", "title": f"On {about}",
        "year": 2012,
    },
    "topic_writing": lambda about: {
        "author": "ann", "content": f"Let me tell of {about}.", "id": f"t-{about}",
        "summary": f"A word on {about}",
    },
    "product_review": lambda about: {
        "description": f"A tool for {about}.", "overall": "4.0",
        "reviewText": f"It kept the {about} out.", "summary": f"Good for {about}",
    },
    "email_generation": lambda about: {"title": f"Re: {about}", "text": f"Dear all, {about}."},
}  # fmt: skip
INPUTS = {
    "abstract_generation": 'Write the abstract of "On snow" with these items: snow, depth',
    "topic_writing": "Write a post on snow",
    "product_review": "Write a review of four stars of a shovel",
    "email_generation": "Write the email with the subject: snow tomorrow",
}


def rows(task: str, authors: tuple[str, ...] = ("ann", "bob", "ann")) -> list[dict[str, Any]]:
    """Rows of which the first and the last are of one author with one profile."""
    return [
        {
            FORMS[task].author: who,
            "input": INPUTS[task],
            "output": f"Snow is deep, says {who}, number {number}.",
            "profile": [ENTRIES[task](about) for about in ("rain", f"wind of {who}")],
        }
        for number, who in enumerate(authors)
    ]


def load(folder: Path, task: str, made: list[dict[str, Any]], **how: Any) -> Benchmark:
    place = folder / f"{task}_{how.get('setting', 'user')}"
    place.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(made).write_parquet(place / "test-00000-of-00001.parquet")
    return longlamp(folder, task=task, **how)


@pytest.mark.parametrize("task", FORMS)
def test_every_task_is_read_and_scored(tmp_path: Path, task: Any) -> None:
    found = load(tmp_path, task, rows(task))
    assert list(found.examples) == ["0", "1", "2"]
    assert found.users.tolist() == ["ann", "bob", "ann"]
    assert len(found.population) == 4
    own = found.view("2").own
    assert "rain" in own[0].text
    assert [event.user for event in own] == ["ann", "ann"]
    scores = found.score({name: found.references[name].text for name in found.examples})
    assert scores["rouge1"].value == scores["rougeL"].value == 1.0
    names = [metric.name for metric in found.metrics]
    try:
        text_metric("meteor").require()
        assert names == ["rouge1", "rougeL", "meteor"]
    except CapabilityError:
        assert names == ["rouge1", "rougeL", "meteor_exact_stem"]
        assert any("WordNet" in note and "meteor_exact_stem" in note for note in found.notes)
    made = recipe("rag")(Extractive()).write(found.view("1"))
    assert made.text


def test_fields_become_events_and_requests(tmp_path: Path) -> None:
    review = load(tmp_path, "product_review", rows("product_review")).view("0")
    first = review.own[0]
    assert (first.rating, first.title, first.text) == (
        4.0,
        "Good for rain",
        "It kept the rain out.",
    )
    assert review.item(first.item or "").description == "A tool for rain."
    assert [event.user for event in review.peers(first.item or "")] == ["bob"]
    assert review.request.query == INPUTS["product_review"]
    topic = load(tmp_path, "topic_writing", rows("topic_writing")).view("0")
    assert topic.item(topic.own[0].item or "").description == "A word on rain"
    abstract = load(tmp_path, "abstract_generation", rows("abstract_generation")).view("0")
    assert abstract.request.words == "snow, depth"
    assert abstract.request.messages[0].content.endswith("items:")
    assert (abstract.own[0].title, abstract.own[0].extra["year"]) == ("On rain", "2012")


def test_local_files_name_topics_otherwise_and_have_no_author(tmp_path: Path) -> None:
    made = [
        {"input": row["input"], "output": row["output"],
         "profile": [{"input": "A word on rain", "output": "Rain again."}]}
        for row in rows("topic_writing")
    ]  # fmt: skip
    (tmp_path / "val.json").write_text(json.dumps(made))
    found = longlamp(tmp_path, task="topic_writing", split="val")
    assert found.users.tolist() == ["row 0", "row 1", "row 2"]
    assert [event.text for event in found.view("1").own] == ["Rain again."]


def test_authors_whose_profiles_differ_keep_the_history_of_each_row(tmp_path: Path) -> None:
    made = rows("topic_writing")
    made[2]["profile"] = [*made[2]["profile"], ENTRIES["topic_writing"]("hail")]
    found = load(tmp_path, "topic_writing", made, setting="temporal")
    assert found.users.tolist() == ["ann#0", "bob", "ann#2"]
    assert [len(found.view(name).own) for name in found.examples] == [2, 2, 3]
    assert found.groups["author"] == {"0": "ann", "1": "bob", "2": "ann"}
    assert any("users may be one person" in note for note in found.notes)


def test_abstracts_are_cut_and_empty_outputs_left_out(tmp_path: Path) -> None:
    made = rows("abstract_generation")
    made[0]["output"] = ""
    for row in made:
        row["profile"][0]["abstract"] = " ".join(f"w{n}" for n in range(800))
    found = load(tmp_path, "abstract_generation", made)
    assert list(found.examples) == ["1", "2"]
    assert len(found.view("1").own[0].text.split()) == 750
    assert found.notes[0].startswith("1 of 3 rows have no output")
    assert found.notes[1].startswith("2 abstracts of histories are cut to 750")
    whole = load(tmp_path, "abstract_generation", made, words=0)
    assert len(whole.view("1").own[0].text.split()) == 800
    for row in made:
        row["output"] = None
    with pytest.raises(DataError, match=r"no example|no events"):
        load(tmp_path, "abstract_generation", made)


def test_what_is_not_as_published_is_named(tmp_path: Path) -> None:
    made = rows("product_review")
    made[1]["profile"][0]["overall"] = "many"
    with pytest.raises(DataError, match=r"'many' as 'overall' in entry 1 of 'profile' in row 2 of"):
        load(tmp_path, "product_review", made)
    for row in made:
        del row["profile"]
    with pytest.raises(DataError, match="no 'profile' in row 1"):
        load(tmp_path, "product_review", made)
    path = tmp_path / "product_review_user" / "test-00000-of-00001.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match="cut off"):
        longlamp(tmp_path, task="product_review")
    with pytest.raises(DataError, match=r"no 'topic_writing_user/val\*'.*longlamp"):
        longlamp(tmp_path, task="topic_writing", split="val")
