"""The published layout: what a view shows, in which forms files come, and what is refused."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from idiolect.bench import Benchmark, Score, dpl_reviews
from idiolect.bench.dpl_table import TABLES
from idiolect.errors import DataError, UnknownNameError
from idiolect.lm import Scripted
from idiolect.measure import Pointwise, text_metric
from published_files import START, published, review, write_lines, write_published

METRICS = (text_metric("rouge1"), text_metric("bleu"))


def load(folder: Path, rows: list[Any], meta: list[Any], **how: Any) -> Benchmark:
    write_published(folder, "Books", rows, meta)
    return dpl_reviews.read(dpl_reviews.files(folder, ["Books"])["Books"], "Books", METRICS, **how)


@pytest.fixture
def benchmark_(tmp_path: Path) -> Benchmark:
    return load(tmp_path, *published())


def test_a_view_shows_all_profiles_uncut_and_no_target(benchmark_: Benchmark) -> None:
    rows, meta = published()
    view = benchmark_.view("user 2/B2")
    assert [(e.item, e.text) for e in view.own] == [
        (r["asin"], r["text"]) for r in rows[2]["profile"]
    ]
    peers = view.peers("A3")
    assert [e.user for e in peers] == [f"user {n}" for n in (0, 1, 3, 4, 5)]
    assert len(benchmark_.population) == 6 * 9
    shown = " ".join(benchmark_.population.frame["text"])
    assert not any(row["data"]["text"] in shown for row in rows)
    request = benchmark_.examples["user 2/B2"]
    assert request.given == {"rating": 4.0, "title": "Title 5002"}
    assert request.item is not None
    assert request.item.description == meta[-4]["description"]


def test_later_reviews_of_others_are_shown_as_in_the_authors_code(tmp_path: Path) -> None:
    rows, meta = published()
    rows[1]["profile"][3]["timestamp"] += 10**12
    assert len(load(tmp_path, rows, meta).view("user 2/B2").peers("A3")) == 5
    cut = load(tmp_path, rows, meta, published=False)
    assert [e.user for e in cut.view("user 2/B2").peers("A3")] == [
        f"user {n}" for n in (0, 3, 4, 5)
    ]


def test_unpublished_the_targets_are_events_and_everything_is_cut(tmp_path: Path) -> None:
    rows, meta = published()
    rows += [dict(rows[0], profile=[*rows[0]["profile"], rows[0]["data"]],
                  data=review("C0", 9000, "A second one."))]  # fmt: skip
    meta += [{"asin": "C0", "title": None, "description": ["In", "parts."]}]
    cut = load(tmp_path, rows, meta, published=False)
    assert len(cut.population) == 6 * 9 + 7
    assert len(cut.view("user 0/B0").own) == 9
    assert [e.item for e in cut.view("user 0/C0").own][-1] == "B0"
    about = cut.examples["user 0/C0"].item
    assert about is not None
    assert (about.title, about.description) == (None, "In parts.")
    with pytest.raises(DataError, match=r"7 rows of 6 users.*published=False"):
        load(tmp_path, rows, meta)


@pytest.mark.parametrize("form", ["test-00000-of-00001.parquet", "test.json", "test.jsonl.gz"])
def test_every_form_of_file_gives_the_same(tmp_path: Path, form: str) -> None:
    rows, meta = published()
    expected = load(tmp_path / "lines", rows, meta)
    main, full = tmp_path / "DPL-main" / "Books", tmp_path / "DPL-meta" / "Books"
    main.mkdir(parents=True)
    full.mkdir(parents=True)
    if form.endswith("parquet"):
        pl.DataFrame(rows).write_parquet(main / form)
        pl.DataFrame(meta[:4]).write_parquet(full / "full-00000-of-00002.parquet")
        pl.DataFrame(meta[4:]).write_parquet(full / "full-00001-of-00002.parquet")
    elif form.endswith("json"):
        (main / form).write_text(json.dumps(rows))
        (full / "full.json").write_text(json.dumps(meta))
    else:
        write_lines(main / form, rows)
        write_lines(full / "full.jsonl", meta)
    found = dpl_reviews.files(tmp_path, ["Books"])["Books"]
    made = dpl_reviews.read(found, "Books", METRICS)
    assert made.examples == expected.examples
    assert made.population.frame.equals(expected.population.frame)
    assert len(found.fingerprint) == 16


def test_oddities_are_read_and_told(tmp_path: Path) -> None:
    rows, meta = published()
    rows[0]["profile"][0] |= {"rating": "5.0", "timestamp": str(START), "title": None}
    rows[1]["data"]["asin"] = "unknown"
    rows.append(rows[3])
    made = load(tmp_path, rows, [*meta, meta[0]])
    first = made.view("user 0/B0").own[0]
    assert (first.rating, first.title) == (5.0, None)
    assert first.time is not None
    assert first.time.timestamp() * 1000 == START
    assert len(made.examples) == 6
    assert [note[0] for note in made.notes] == ["1", "1"]
    about = made.examples["user 1/unknown"].item
    assert about is not None
    assert not about.words


def broken(where: str, **changes: Any) -> Any:
    rows, meta = published()
    row: Any = {"row": rows[2], "data": rows[2]["data"], "profile": rows[2]["profile"][4]}.get(
        where, meta[3]
    )
    for name, value in changes.items():
        if value is None:
            del row[name]
        else:
            row[name] = value
    return rows, meta


@pytest.mark.parametrize(
    ("where", "changes", "said"),
    [
        ("row", {"user_id": None}, r"no 'user_id' in row 3 of 'test.jsonl'"),
        ("row", {"data": None}, r"no 'data' in row 3 of 'test.jsonl'"),
        ("data", {"text": None}, r"no 'text' in 'data' of row 3 of 'test.jsonl'"),
        ("profile", {"asin": None}, r"no 'asin' in review 5 of the profile in row 3"),
        ("profile", {"timestamp": "soon"}, r"'soon' as 'timestamp' in review 5"),
        ("profile", {"rating": "good"}, r"'good' as 'rating' in review 5"),
        ("profile", {"text": " "}, r"' ' as 'text' in review 5"),
        ("row", {"profile": "none"}, r"'none' as 'profile' in row 3"),
        ("meta", {"description": None}, r"no 'description' in row 4 of 'full.jsonl'"),
    ],
)
def test_a_missing_or_unreadable_field_is_named(
    tmp_path: Path, where: str, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(DataError, match=said):
        load(tmp_path, *broken(where, **changes))


def test_missing_files_are_named_with_the_way_to_get_them(tmp_path: Path) -> None:
    write_published(tmp_path, "Books", *published())
    with pytest.raises(DataError) as told:
        dpl_reviews.files(tmp_path, ["Books", "CDs_and_Vinyl"])
    said = str(told.value)
    assert "DPL-main/CDs_and_Vinyl/test*" in said
    assert "DPL-meta/CDs_and_Vinyl/full*" in said
    assert "Books" not in said.replace("SnowCharmQ", "")
    assert "hf download SnowCharmQ/DPL-main --repo-type dataset" in said
    with pytest.raises(UnknownNameError, match="Did you mean 'Books'"):
        dpl_reviews.files(tmp_path, ["Book"])


def test_an_empty_split_is_an_error(tmp_path: Path) -> None:
    rows, meta = published()
    with pytest.raises(DataError, match=r"no rows|empty file"):
        load(tmp_path, [], meta)
    whole = load(tmp_path, rows, meta)
    with pytest.raises(DataError, match="empty split"):
        whole.only([])


def test_predictions_that_do_not_match_by_id_are_listed(benchmark_: Benchmark) -> None:
    made = dict.fromkeys(benchmark_.examples, "Some text.")
    del made["user 4/B4"]
    made["user 9/B9"] = "Another."
    with pytest.raises(DataError, match=r"\('user 4/B4'\), 1 predictions .* \('user 9/B9'\)"):
        benchmark_.score(made)
    with pytest.raises(DataError, match=r"'user 9/B9'"):
        benchmark_.only(["user 9/B9"])


def test_scores_are_those_of_the_packages(benchmark_: Benchmark) -> None:
    from rouge_score.rouge_scorer import RougeScorer
    from sacrebleu import corpus_bleu

    rows, _ = published()
    made = {f"user {n}/B{n}": " ".join(r["data"]["text"].split()[: 8 + n])
            for n, r in enumerate(rows)}  # fmt: skip
    found = benchmark_.score(made)
    real = [row["data"]["text"] for row in rows]
    scorer = RougeScorer(["rouge1"])
    values = [scorer.score(r, m)["rouge1"].fmeasure
              for r, m in zip(real, made.values(), strict=True)]  # fmt: skip
    assert found["rouge1"].value == pytest.approx(np.mean(values))
    assert found["rouge1"].low < found["rouge1"].value < found["rouge1"].high
    assert found["bleu"].value == pytest.approx(corpus_bleu(list(made.values()), [real]).score)
    assert found["bleu"].low < found["bleu"].value < found["bleu"].high
    alone = benchmark_.only(["user 1/B1"]).score({"user 1/B1": "Some text."})["rouge1"]
    assert alone.rows == 1
    assert math.isnan(alone.low)


def test_the_interval_of_bleu_is_that_of_whole_texts_drawn_again() -> None:
    from sacrebleu import corpus_bleu

    rows, _ = published(users=30)
    real = [row["data"]["text"] for row in rows]
    made = [" ".join(text.split()[: 6 + n % 20]) for n, text in enumerate(real)]
    users = np.array([f"user {n // 2}" for n in range(30)])
    low, high = text_metric("bleu").corpus_interval(made, real, users, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    drawn = []
    for _ in range(400):
        people = rng.integers(15, size=15)
        chosen = [2 * p + k for p in people for k in (0, 1)]
        drawn.append(corpus_bleu([made[n] for n in chosen], [[real[n] for n in chosen]]).score)
    expected = np.quantile(drawn, [0.025, 0.975])
    assert [low, high] == pytest.approx(expected, abs=0.15 * (expected[1] - expected[0]))
    one = text_metric("bleu").corpus_interval(
        made[:2], real[:2], users[:2], np.random.default_rng(0)
    )
    assert all(map(math.isnan, one))


def test_undefined_rows_count_in_no_mean() -> None:
    users = np.array(["a", "b", "c"])
    assert Score.of(np.array([1.0, np.nan, 3.0]), users).value == 2
    none = Score.of(np.full(3, np.nan), users)
    assert none.rows == 0
    assert math.isnan(none.value)
    assert isinstance(none, Score)


def test_a_judge_is_shown_the_real_text_that_nobody_else_sees(benchmark_: Benchmark) -> None:
    lm = Scripted("6")
    made = {name: f"Written for {name}." for name in benchmark_.examples}
    found = benchmark_.judge(Pointwise(lm), made, threads=2)
    assert found.values.tolist() == [0.6] * 6
    rows, _ = published()
    shown = {p.section("options")[0].text: p.section("own")[0].text for p in lm.prompts}
    assert shown == {f"Written for user {n}/B{n}.": r["data"]["text"] for n, r in enumerate(rows)}
    assert all(row["data"]["text"] not in repr(benchmark_) for row in rows)


def test_the_papers_table_is_whole_and_agrees_with_what_it_says() -> None:
    table = TABLES[1]
    assert len(table.figures) == len(table.data) * len(table.methods) * len(table.metrics) == 126
    assert table.figures["Movies_and_TV", "DPL", "rouge1"].value == 0.2940
    assert table.figures["Books", "Persona-DB", "bleu"].value == 5.1862
    for name in table.data:
        for metric in table.metrics:
            values = {m: table.figures[name, m, metric].value for m in table.methods}
            # The paper prints DPL in bold, and Non-Perso is the lowest, in every column.
            assert max(values, key=values.__getitem__) == "DPL"
            assert min(values, key=values.__getitem__) == "Non-Perso"


def test_own_events_are_chosen_as_rank_bm25_does_in_published_mode(tmp_path: Path) -> None:
    from rank_bm25 import BM25Okapi

    from idiolect.select import Okapi, asked_title_and_description, title_and_description

    rows, meta = published(history=20, seed=3)
    made = load(tmp_path, rows, meta)
    words = {thing["asin"]: thing["description"] for thing in meta}
    choose = Okapi(8, document=title_and_description, query=asked_title_and_description)
    for row, name in zip(rows, made.examples, strict=True):
        corpus = [f"{one['title']} {words[one['asin']]}".split() for one in row["profile"]]
        asked = f"{row['data']['title']} {words[row['data']['asin']]}".split()
        expected = BM25Okapi(corpus).get_top_n(asked, row["profile"], n=8)
        assert set(choose(made.view(name)).events.texts) == {one["text"] for one in expected}
