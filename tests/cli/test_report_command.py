"""`report` and `bench export` as a researcher uses them."""

import json

import pytest

from idiolect.testing import town


@pytest.fixture(scope="module")
def reviews(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "reviews.csv"
    town(users=8, texts=8, peers=4).population.to_polars().write_csv(path)
    return path


@pytest.fixture
def runs(idiolect, reviews, tmp_path):
    for name in ("plain", "rag"):
        made = idiolect("run", name, "--data", reviews, "--out", tmp_path / name)
        assert made.code == 0, made.err
    return [tmp_path / "plain", tmp_path / "rag"]


def figures(out: str) -> dict[str, list[str]]:
    return {line.split()[0]: line.split()[1:] for line in out.splitlines() if line.strip()}


def test_folders_become_the_table_and_page_of_compare(idiolect, reviews, runs, tmp_path):
    page, tables = tmp_path / "r.html", tmp_path / "r.json"
    ran = idiolect("report", *runs, "--data", reviews, "--html", page, "--json", tables)
    assert ran.code == 0, ran.err
    other = idiolect("compare", "plain", "rag", "--data", reviews, "--at-least", 2)
    mine, theirs = figures(ran.out), figures(other.out)
    assert mine["plain"] == theirs["plain"]
    assert "without the control of a wrong user" in " ".join(ran.out.split())
    assert "Cost against quality" in page.read_text(encoding="utf-8")
    again = idiolect("report", f"both={tables}", "--metrics", "rougeL")
    assert again.code == 0, again.err
    summary = json.loads(tables.read_text(encoding="utf-8"))["summary"]
    value = next(r["value"] for r in summary if (r["method"], r["metric"]) == ("rag", "rougeL"))
    assert figures(again.out)["rag"][0] in (f"{value:.4f}", f"{gain(value, summary):+.4f}")


def gain(value: float, summary: list[dict]) -> float:
    """Over the baseline; the last table of the terminal begins with the same name."""
    plain = (r["value"] for r in summary if (r["method"], r["metric"]) == ("plain", "rougeL"))
    return value - next(plain)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--bench", "lamp"], "without --data"),
        (["--set", "task=LaMP-3", "--data", "REVIEWS"], "without --bench"),
        (["--data", "REVIEWS", "--columns", "text=title"], "run over other data"),
        (["--metrics", "rogue1"], "Did you mean 'rouge1'"),
        (["nowhere.jsonl"], "nowhere.jsonl"),
        (["--html", "nowhere/r.html"], "nowhere"),
    ],
)
def test_what_cannot_be_reported_is_one_line(idiolect, reviews, runs, more, says):
    more = [reviews if word == "REVIEWS" else word for word in more]
    ran = idiolect("report", *runs, *more)
    assert ran.code == 2
    assert says in ran.error


def test_a_folder_of_something_else_is_refused(idiolect, tmp_path):
    assert "no run's folder" in idiolect("report", tmp_path).error


def test_an_own_benchmark_is_exported_with_its_terms(idiolect, tmp_path):
    own = tmp_path / "own.jsonl"
    lines = [
        {
            "id": f"q{n}",
            "user": f"u{n % 2}",
            "query": f"Is kettle {n} good?",
            "options": ["good", "bad"],
            "gold": "good" if n % 2 else "bad",
        }
        for n in range(4)
    ]
    for n, line in enumerate(lines[:2]):
        line["profile"] = [{"text": f"Kettle {n} was a delight.", "chosen": "good"}]
    own.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    ran = idiolect("bench", "export", "own", tmp_path / "task", "--data", own, "--recipe", "rag")
    assert ran.code == 0, ran.err
    assert "--include_path" in ran.out
    assert "do not pass it on" in " ".join(ran.err.split())
    documents = (tmp_path / "task" / "examples.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(documents) == 4
    assert "a delight" in documents[0]
    assert "yours" in (tmp_path / "task" / "LICENCE.txt").read_text(encoding="utf-8")
