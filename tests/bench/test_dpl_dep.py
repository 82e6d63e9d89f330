"""DPL's and DEP's sets as declared loaders."""

from pathlib import Path

import pytest

from idiolect.bench import by_name, dpl_reviews
from idiolect.bench.loaders.dep import dep
from idiolect.bench.loaders.dpl import dpl
from idiolect.errors import DataError, SettingError
from published_files import published, review, write_published


def test_dpl_is_what_the_reader_gives(tmp_path: Path) -> None:
    write_published(tmp_path, "Books", *published())
    found = dpl(tmp_path)
    plain = dpl_reviews.read(dpl_reviews.files(tmp_path, ["Books"])["Books"], "Books")
    assert dict(found.examples) == dict(plain.examples)
    assert found.truths == plain.truths
    assert found.published
    assert not dpl(tmp_path, published=False).published
    scores = found.score(dict(zip(found.examples, found.truths, strict=True)))
    assert scores["rouge1"].value == 1
    assert scores["bleu"].value == pytest.approx(100)


def test_dep_tests_on_dpls_test(tmp_path: Path) -> None:
    write_published(tmp_path, "CDs_and_Vinyl", *published())
    one = dep(tmp_path, category="CDs_and_Vinyl")
    other = dpl(tmp_path, category="CDs_and_Vinyl")
    assert dict(one.examples) == dict(other.examples)
    assert one.name == "DEP CDs_and_Vinyl test"


def test_dep_trains_on_the_longest_profile_of_each_user(tmp_path: Path) -> None:
    told = [review(f"I{n}", n, f"Text number {n} of a user.") for n in range(6)]
    rows = [
        {"user_id": user, "profile": told[:n], "data": told[n]}
        for user, lengths in (("u", (3, 5, 4)), ("v", (2,)))
        for n in lengths
    ]
    meta = [{"asin": f"I{n}", "title": f"T{n}", "description": "d"} for n in range(6)]
    write_published(tmp_path, "Books", rows, meta, split="train")
    found = dep(tmp_path, split="train")
    assert list(found.examples) == ["u/I5", "v/I2"]
    assert found.view("u/I5").own.texts == [one["text"] for one in told[:5]]
    with pytest.raises(DataError, match="in published mode a user"):
        dpl(tmp_path, split="train")


def test_settings_are_checked(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="category='Toys'"):
        by_name("dpl")(tmp_path, category="Toys")
    with pytest.raises(DataError, match="hf download SnowCharmQ/DPL-main"):
        dep(tmp_path)
