"""EGISES, PerSEval and the accuracy distance of the authors' package on the same documents."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from idiolect.measure import egises

pytestmark = pytest.mark.real

Rows = tuple[list[str], list[str], list[str], list[str]]

#: By the authors' package on the same input with weights, where each document's text is all its
#: references, joined by spaces in their order.
WEIGHTED_EGISES, WEIGHTED_PERSEVAL = 0.9069272488657754, 0.011015930538523771


@pytest.fixture(scope="module")
def rows(reference: Path) -> Rows:
    outputs, references, documents, users = [], [], [], []
    with gzip.open(reference / "egises/inputs.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            document = json.loads(line)
            for user, texts in document["users"].items():
                outputs.append(texts["output"])
                references.append(texts["reference"])
                documents.append(document["document"])
                users.append(user)
    return outputs, references, documents, users


def test_simplified_form_is_the_authors(reference: Path, rows: Rows) -> None:
    expected: dict[str, Any] = json.loads((reference / "egises/scores.json").read_text())
    found = egises(*rows, np.random.default_rng(0))
    assert found.documents == expected["documents"]
    assert found.egises.value == pytest.approx(expected["egises"], abs=1e-12)
    assert found.perseval.value == pytest.approx(expected["perseval"], abs=1e-12)
    distance = expected["mean_accuracy_distance"]
    assert found.accuracy_distance.value == pytest.approx(distance, abs=1e-12)
    for figure in (found.egises, found.perseval, found.accuracy_distance):
        assert figure.low < figure.value < figure.high
        assert (figure.users, figure.rows) == (103, 950)


def test_weighted_form_is_the_authors(rows: Rows) -> None:
    texts: dict[str, str] = {}
    for _, reference, document, _ in zip(*rows, strict=True):
        texts[document] = f"{texts[document]} {reference}" if document in texts else reference
    found = egises(*rows, np.random.default_rng(0), texts=texts, draws=0)
    assert found.egises.value == pytest.approx(WEIGHTED_EGISES, abs=1e-12)
    assert found.perseval.value == pytest.approx(WEIGHTED_PERSEVAL, abs=1e-12)
