"""LaMP's tasks: how their rows are written, their labels and their official metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from idiolect.measure import text_metric
from idiolect.measure.labels import label_metrics, rating_metrics
from idiolect.measure.metrics import TextMetric

Task = Literal[
    "LaMP-1", "LaMP-2", "LaMP-2-old", "LaMP-3", "LaMP-4", "LaMP-5", "LaMP-6", "LaMP-7"
]  # fmt: skip
CITATIONS = ("[1]", "[2]")
TAGS = (
    "sci-fi", "based on a book", "comedy", "action", "twist ending", "dystopia", "dark comedy",
    "classic", "psychology", "fantasy", "romance", "thought-provoking", "social commentary",
    "violence", "true story",
)  # fmt: skip
CATEGORIES = (
    "food & drink", "sports", "education", "parents", "religion", "travel", "business", "crime",
    "science & technology", "culture & arts", "entertainment", "politics", "women",
    "style & beauty", "healthy living",
)  # fmt: skip
STARS = (1.0, 5.0)


@dataclass(frozen=True)
class Form:
    """How the rows of a task are written.

    Attributes:
        folders: Where the server keeps them; the first that is there counts.
        marker: What is asked stands before, what it is about after it.
        written: Field of a profile's entry with the user's words.
        heading: Field with the heading of these words.
        about: Field with the words that the entry is about.
        about_title: Field with their title.
        rating: Field with the number that the user gave.
        chosen: Field with the label that the user gave.
        labels: All labels.
    """

    folders: tuple[str, ...]
    marker: str = ""
    written: str = ""
    heading: str = ""
    about: str = ""
    about_title: str = ""
    rating: str = ""
    chosen: str = ""
    labels: tuple[str, ...] = ()

    @property
    def metrics(self) -> tuple[TextMetric, ...]:
        """The official ones, with the rate of unusable outputs."""
        if self.labels:
            return label_metrics(self.labels)
        return rating_metrics(*STARS) if self.rating else tuple(map(text_metric, ROUGE))


ROUGE = ("rouge1", "rougeL")
FORMS: Mapping[Task, Form] = {
    "LaMP-1": Form(("LaMP_1",), written="abstract", heading="title", labels=CITATIONS),
    "LaMP-2": Form(
        ("LaMP_2/new", "LaMP_2"), "description:", about="description", chosen="tag", labels=TAGS
    ),
    "LaMP-2-old": Form(
        ("LaMP_2/old", "LaMP_2"), "article:", about="text", about_title="title", chosen="category",
        labels=CATEGORIES,
    ),
    "LaMP-3": Form(("LaMP_3",), "review:", written="text", rating="score"),
    "LaMP-4": Form(("LaMP_4",), "article:", written="title", about="text"),
    "LaMP-5": Form(("LaMP_5",), "paper:", written="title", about="abstract"),
    "LaMP-6": Form(("LaMP_6",), ":", written="title", about="text"),
    "LaMP-7": Form(("LaMP_7",), ":", written="text"),
}  # fmt: skip
