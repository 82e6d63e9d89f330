"""Declared data sets: what is said of them, their settings, and how their files are got."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from idiolect.bench import absent, by_name, dataset, datasets
from idiolect.errors import DataError, SettingError, UnknownNameError


def test_every_data_set_says_what_it_is_on_what_terms_and_for_which_paper() -> None:
    found = datasets()
    assert len(found) >= 13
    for one in found:
        assert one.title
        assert one.licence, "a data set without stated terms says so"
        assert one.files
        assert one.shapes
        assert len(one.page.splitlines()) > 3, f"{one.name} has no page"
        assert one.settings == () or all(setting.default is not None for setting in one.settings)
        assert one.licence in one.get or not one.home
    with pytest.raises(UnknownNameError, match="Did you mean 'longlamp'"):
        by_name("longlmp")


def test_a_setting_that_does_not_exist_or_fit_is_refused_before_a_file_is_read() -> None:
    lamp = by_name("lamp")
    with pytest.raises(SettingError, match="for benchmark 'lamp'"):
        lamp("nowhere", task="LaMP-8")
    with pytest.raises(UnknownNameError, match="setting of 'lamp'"):
        lamp("nowhere", tasks="LaMP-1")


def test_a_data_set_of_an_unknown_shape_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="shape"):
        dataset(title="T", paper="", home="", licence="none", files="f", shapes=("poem",))  # type: ignore[arg-type]


def test_files_that_are_not_there_are_named_with_what_is(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("x")
    said = str(absent("lamp", tmp_path, "a.json", "b.json", home="https://example.org"))
    assert "no 'a.json' and no 'b.json'" in said
    assert "readme.txt" in said
    assert "https://example.org" in said
    assert "no such folder" in str(absent("lamp", tmp_path / "x", "a.json", home="h"))


def test_what_must_be_fetched_by_hand_says_where_and_on_what_terms(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no files of 'lamp' on the hub.*CC BY-NC-SA 4\.0"):
        by_name("lamp").download(tmp_path)


def test_without_the_hubs_client_the_install_line_is_given(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(DataError, match=r"pip install 'idiolect\[hub\]'.*hf download"):
        by_name("lamp_qa").download(tmp_path)


def test_the_hub_is_asked_for_the_data_set_and_its_faults_are_told(monkeypatch, tmp_path) -> None:
    asked = []
    hub = ModuleType("huggingface_hub")

    def snapshot_download(**how):
        asked.append(how)
        return str(tmp_path)

    hub.snapshot_download = snapshot_download  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    assert by_name("lamp_qa").download(tmp_path) == tmp_path
    assert asked == [{"repo_id": "alireza7/LaMP-QA", "repo_type": "dataset", "local_dir": tmp_path}]

    def offline(**how):
        raise ConnectionError("no route to host")

    hub.snapshot_download = offline  # type: ignore[attr-defined]
    with pytest.raises(DataError, match=r"failed here: ConnectionError: no route to host.*terms"):
        by_name("lamp_qa").download(tmp_path)
