"""The recipes there are: this package's, other packages' (entry points), and one's own files."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any
from zlib import crc32

import idiolect.recipes
from idiolect.card import Recipe
from idiolect.errors import DataError, UnknownNameError

GROUP = "idiolect.recipes"


def recipes() -> tuple[Recipe[Any, Any], ...]:
    """All recipes, by name: this package's and those of packages with the entry point group.

    An entry point of the group `idiolect.recipes` names a module whose recipes are added.

    Raises:
        DataError: Two recipes have the same name, or an entry point cannot be loaded.
    """
    package = idiolect.recipes
    names = (
        module.name
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
        if not module.ispkg
    )
    modules = [*map(importlib.import_module, names), *map(_loaded, entry_points(group=GROUP))]
    found: dict[str, Recipe[Any, Any]] = {}
    for module in modules:
        for name, one in _recipes_of(module).items():
            if name in found:
                raise DataError(
                    f"Found two recipes named {name!r}, in {found[name].module} and {one.module}; "
                    "rename one."
                )
            found[name] = one
    return tuple(found[name] for name in sorted(found))


def recipe(name: str) -> Recipe[Any, Any]:
    """One recipe, by name or as `file.py@name`.

    Raises:
        UnknownNameError: There is no such recipe (did you mean …?).
        DataError: The file does not exist, cannot be imported, or has several recipes and none is
            named.
    """
    if name.endswith(".py") or ".py@" in name:
        path, _, wanted = name.rpartition("@") if ".py@" in name else (name, "", "")
        own = _recipes_of(_module(Path(path)))
        if not wanted and len(own) == 1:
            return next(iter(own.values()))
        if not wanted:
            raise DataError(
                f"Found {len(own)} recipes in {path!r} ({', '.join(sorted(own)) or 'none'}); ask "
                "for one as `file.py@name`."
            )
        if wanted not in own:
            raise UnknownNameError(f"recipe in {path!r}", wanted, own)
        return own[wanted]
    known = {r.name: r for r in recipes()}
    if name not in known:
        raise UnknownNameError("recipe", name, known)
    return known[name]


def _loaded(point: EntryPoint) -> ModuleType:
    try:
        module: ModuleType = point.load()
    except Exception as error:
        raise DataError(
            f"Found an error on loading the entry point {point.name!r} ({point.value}) of the "
            f"group {GROUP!r}: {error!r}; mend or uninstall its package."
        ) from error
    return module


def _recipes_of(module: ModuleType) -> dict[str, Recipe[Any, Any]]:
    """The recipes written in a module."""
    own = (v for v in vars(module).values() if isinstance(v, Recipe))
    return {r.name: r for r in own if r.module == module.__name__}


def _module(path: Path) -> ModuleType:
    if not path.is_file():
        raise DataError(f"Found no file {str(path)!r}; give `path/to/file.py@recipe`.")
    # Files of one name in two folders are two modules.
    name = f"idiolect_recipe_{path.stem}_{crc32(str(path.resolve()).encode()):08x}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise DataError(f"Found {str(path)!r}, which is no Python file; give a `.py` file.")
    module = importlib.util.module_from_spec(spec)
    # Registered before it runs: dataclasses and the recipe's page look their module up.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise DataError(
            f"Found an error on importing {str(path)!r}: {error!r}; mend it."
        ) from error
    return module
