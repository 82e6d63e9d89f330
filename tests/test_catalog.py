"""Recipes by name: from here, from other packages, from one's own files."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from idiolect import catalog
from idiolect.card import Recipe
from idiolect.catalog import recipe, recipes
from idiolect.errors import DataError, UnknownNameError

FILE = '''"""{page}"""

from idiolect.card import recipe
from idiolect.roles import Study


def make(name):
    def function(*, least: int = 1) -> Study:
        return {result!r}

    function.__name__ = name
    return recipe(
        title=name,
        reads_other_users="none",
        enters="nowhere",
        calls="0",
        evidence={{"table": ("none", "")}},
    )(function)


{names}
'''


def written(path: Path, *names: str, page: str = "Mine.", result: int = 1) -> Path:
    made = "\n".join(f"{name} = make({name!r})" for name in names)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FILE.format(page=page, result=result, names=made), encoding="utf-8")
    return path


def test_the_recipes_are_sorted_and_found_by_name() -> None:
    found = recipes()
    names = [one.name for one in found]
    assert names == sorted(names)
    assert {"plain", "rag", "dpl", "dpl_measured"} <= set(names)
    assert all(isinstance(one, Recipe) for one in found)
    assert recipe("rag") in found


def test_an_unknown_recipe_names_the_one_that_was_meant() -> None:
    with pytest.raises(
        UnknownNameError, match=r"no recipe 'dpll'\. Did you mean 'dpl'.*Known:.*rag"
    ):
        recipe("dpll")


def test_a_recipe_of_ones_own_file(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.py", "first", "second", page="My own page.")
    assert recipe(f"{path}@second").name == "second"
    assert recipe(f"{path}@first").summary == "My own page."
    assert recipe(f"{path}@first").path == path


def test_the_only_recipe_of_a_file_needs_no_name(tmp_path: Path) -> None:
    assert recipe(str(written(tmp_path / "mine.py", "only"))).name == "only"


def test_which_of_several_has_to_be_said(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.py", "first", "second")
    with pytest.raises(DataError, match=r"Found 2 recipes in .*\(first, second\).*file\.py@name"):
        recipe(str(path))
    with pytest.raises(UnknownNameError, match="Did you mean 'second'"):
        recipe(f"{path}@secnd")


def test_a_file_without_recipes_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Found 0 recipes in .*\(none\)"):
        recipe(str(written(tmp_path / "mine.py")))


def test_a_folder_may_have_an_at_sign(tmp_path: Path) -> None:
    path = written(tmp_path / "me@work" / "mine.py", "only")
    assert recipe(f"{path}@only").name == "only"
    assert recipe(str(path)).name == "only"


def test_two_files_of_one_name_stay_apart(tmp_path: Path) -> None:
    one = recipe(str(written(tmp_path / "a" / "mine.py", "only", page="One.", result=1)))
    two = recipe(str(written(tmp_path / "b" / "mine.py", "only", page="Two.", result=2)))
    assert (one.summary, two.summary) == ("One.", "Two.")
    assert (one(), two()) == (1, 2)


def test_a_file_is_read_again_when_it_changed(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.py", "only", result=1)
    assert recipe(str(path))() == 1
    written(path, "only", result=20)
    assert recipe(str(path))() == 20


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Found no file '.*absent\.py'; give `path/to/file\.py@"):
        recipe(f"{tmp_path / 'absent.py'}@mine")


@pytest.mark.parametrize("text", ["import nothing_of_the_kind", "def broken(:", "1 / 0"])
def test_a_file_that_cannot_be_imported_says_why(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text, encoding="utf-8")
    before = set(sys.modules)
    with pytest.raises(DataError, match=r"Found an error on importing .*mine\.py.*mend it"):
        recipe(f"{path}@mine")
    assert not [name for name in set(sys.modules) - before if "mine" in name]


def plugin(monkeypatch: pytest.MonkeyPatch, folder: Path, module: str) -> None:
    monkeypatch.syspath_prepend(folder)
    point = EntryPoint("theirs", module, catalog.GROUP)
    monkeypatch.setattr(catalog, "entry_points", lambda group: [point])


def test_another_package_adds_recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / "their_recipes.py", "theirs")
    plugin(monkeypatch, tmp_path, "their_recipes")
    assert recipe("theirs").name == "theirs"
    assert "dpl" in {one.name for one in recipes()}


def test_two_recipes_of_one_name_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "rival_recipes.py", "dpl")
    plugin(monkeypatch, tmp_path, "rival_recipes")
    with pytest.raises(DataError, match=r"two recipes named 'dpl', in idiolect\..*rival_recipes"):
        recipes()


def test_a_package_that_cannot_be_loaded_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin(monkeypatch, tmp_path, "nowhere_to_be_found")
    with pytest.raises(DataError, match=r"entry point 'theirs' \(nowhere_to_be_found\)"):
        recipes()
