"""Writes small files in the published formats of LaMP's family, with contents of our own."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TAGS = (
    "sci-fi, based on a book, comedy, action, twist ending, dystopia, dark comedy, classic, "
    "psychology, fantasy, romance, thought-provoking, social commentary, violence, true story"
)
CATEGORIES = (
    "women, religion, politics, style & beauty, entertainment, culture & arts, sports, "
    "science & technology, travel, business, crime, education, healthy living, parents, "
    "food & drink"
)
#: What stands in front of what is asked about, by task: wording of ours, markers as published.
ASKED = {
    "LaMP-2": f"Which of these fits the film? tags: [{TAGS}] description: ",
    "LaMP-2-old": f"Where does the article belong? categories: [{CATEGORIES}] article: ",
    "LaMP-3": "How many stars, 1 to 5, come with the review: ",
    "LaMP-4": "Write the headline of an article: ",
    "LaMP-5": "Write the title of a paper: ",
    "LaMP-6": "Write the subject of an e-mail: ",
    "LaMP-7": "Say the tweet in other words: ",
}
#: A task's entries: what one says of the subject `about`, as user `who` does.
ENTRIES = {
    "LaMP-1": lambda about, who: {"title": f"On {about}", "abstract": f"We study {about}, {who}."},
    "LaMP-2": lambda about, who: {"description": f"A film of {about}.", "tag": "comedy"},
    "LaMP-2-old": lambda about, who: {
        "title": f"News of {about}",
        "text": f"Much {about} was seen.",
        "category": "travel",
    },
    "LaMP-3": lambda about, who: {"text": f"The {about} suits {who}.", "score": "4"},
    "LaMP-4": lambda about, who: {"title": f"{who} finds {about}", "text": f"A tale of {about}."},
    "LaMP-5": lambda about, who: {"title": f"{about} by {who}", "abstract": f"We show {about}."},
    "LaMP-6": lambda about, who: {"title": f"Re: {about}", "text": f"Dear all, {about} is due."},
    "LaMP-7": lambda about, who: {"text": f"so much {about} today, says {who}"},
}
GOLDS = {
    "LaMP-1": "[2]",
    "LaMP-2": "dark comedy",
    "LaMP-2-old": "food & drink",
    "LaMP-3": "4",
    "LaMP-4": "Snow at last",
    "LaMP-5": "Snow and its depth",
    "LaMP-6": "Snow tomorrow",
    "LaMP-7": "snow, finally",
}
SUBJECTS = ("rain", "wind", "frost", "hail")


def asked(task: str, about: str) -> str:
    """An input as published."""
    if task == "LaMP-1":
        return (
            f'The paper with the title "Of {about}" cites one of two. Which? '
            f'[1]: "Deep {about} and rain" [2]: "Frost without {about}"'
        )
    return ASKED[task] + f"A short piece on {about} and frost"


def questions(task: str, people: Sequence[str] = ("11", "12", "13")) -> list[dict[str, Any]]:
    """Questions with four entries each; ids of entries are the question's and a number."""
    return [
        {
            "id": who,
            "input": asked(task, f"snow {who}"),
            "profile": [
                {**ENTRIES[task](about, f"number {who}"), "id": f"{who}{n}"}
                for n, about in enumerate(SUBJECTS)
            ],
        }
        for who in people
    ]


def golds(task: str, made: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Answers to these questions."""
    code = task.removesuffix("-old").replace("-", "_")
    return {
        "task": code,
        "golds": [{"id": one["id"], "output": f"{GOLDS[task]}"} for one in made],
    }


def dated(made: list[dict[str, Any]], dates: Sequence[Any]) -> list[dict[str, Any]]:
    """The same with a date for each entry, as the time setting has."""
    for one in made:
        for entry, date in zip(one["profile"], dates, strict=True):
            entry["date"] = date
    return made


def write(path: Path, value: Any) -> None:
    """One JSON value, gzipped where the name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")


def write_lamp(
    folder: Path,
    task: str,
    made: list[dict[str, Any]] | None = None,
    answers: Any = True,
    split: str = "dev",
) -> Path:
    """The two files of a task; no answers where `answers` is False."""
    made = questions(task) if made is None else made
    write(folder / f"{split}_questions.json", made)
    if answers is not False:
        write(folder / f"{split}_outputs.json", golds(task, made) if answers is True else answers)
    return folder
