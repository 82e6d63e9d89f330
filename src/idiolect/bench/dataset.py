"""A public data set: who publishes it, on what terms, and the function that reads its files.

We ship loaders, never data.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, ParamSpec, get_args

from idiolect.bench.benchmark import Benchmark
from idiolect.card import Declared
from idiolect.errors import DataError, UnknownNameError

P = ParamSpec("P")

#: What an example asks for: a text; one of fixed labels or of its own options; a number; which of
#: two replies a user prefers; a text that a judge marks by the example's own points.
Shape = Literal["text", "choice", "rating", "pair", "rubric"]


@dataclass(frozen=True)
class Dataset(Declared[P, Benchmark]):
    """How a data set is published, and its loader; calling it validates the settings.

    Attributes:
        title: What it is called.
        paper: Address of the paper.
        home: Where its files are published: an address, or a data set of the Hugging Face hub as
            ``hub:OWNER/NAME``; empty for one's own files.
        licence: Its terms, as published; "none stated" where there are none.
        files: What the folder must hold, as published.
        shapes: What its examples ask for.
        function: Folder in, benchmark out.
    """

    what: ClassVar[str] = "benchmark"
    title: str
    paper: str
    home: str
    licence: str
    files: str
    shapes: tuple[Shape, ...]
    function: Callable[P, Benchmark]

    @property
    def page(self) -> str:
        """Its page of the docs: the module's docstring, which describes the published format."""
        return inspect.cleandoc(sys.modules[self.module].__doc__ or "")

    @property
    def get(self) -> str:
        """How to get its files, as a sentence."""
        if not self.home:
            return "It reads your own files."
        if not self.home.startswith("hub:"):
            return f"Get its files from {self.home} under their terms ({self.licence})."
        name = self.home.removeprefix("hub:")
        return (
            f"Get its files under their terms ({self.licence}) with `hf download {name} "
            f"--repo-type dataset --local-dir FOLDER`, or `idiolect bench download {self.name} "
            "FOLDER`."
        )

    def download(self, folder: str | Path) -> Path:
        """Fetches its files from the hub into a folder.

        Raises:
            DataError: They are not on the hub, or cannot be had from here; says what to do.
        """
        if not self.home.startswith("hub:"):
            raise DataError(f"Found no files of {self.name!r} on the hub. {self.get}")
        try:
            from huggingface_hub import snapshot_download
        except ModuleNotFoundError:
            raise DataError(
                "Found no huggingface_hub, which fetches files from the hub; run: "
                f"pip install 'idiolect[hub]'. {self.get}"
            ) from None
        name, target = self.home.removeprefix("hub:"), Path(folder).expanduser()
        try:
            return Path(snapshot_download(repo_id=name, repo_type="dataset", local_dir=target))
        except Exception as error:
            # The hub's client raises errors of several packages.
            raise DataError(
                f"Fetching {name!r} failed here: {type(error).__name__}: {error}. {self.get}"
            ) from error


def dataset(
    *, title: str, paper: str, home: str, licence: str, files: str, shapes: tuple[Shape, ...]
) -> Callable[[Callable[P, Benchmark]], Dataset[P]]:
    """Makes a data set of its loader; see `Dataset` for the arguments.

    The loader takes the folder (or file) first; tasks, splits and settings are keywords with
    defaults. Its module's docstring is the page of the docs.

    Raises:
        UnknownNameError: A shape is none of `Shape`.
    """
    for shape in shapes:
        if shape not in get_args(Shape):
            raise UnknownNameError("shape", shape, get_args(Shape))
    return lambda function: Dataset(title, paper, home, licence, files, shapes, function)


def absent(of: str, folder: Path, *wanted: str, home: str) -> DataError:
    """The error for files that are not in a folder; says what is there."""
    there = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else None
    shown = "no such folder" if there is None else ", ".join(there[:8]) or "nothing"
    return DataError(
        f"Found no {' and no '.join(map(repr, wanted))} in '{folder}' (there is: {shown}); "
        f"{of} publishes them at {home}. See `idiolect bench show {of}`."
    )


def datasets() -> tuple[Dataset[Any], ...]:
    """All data sets that can be read, by name."""
    import importlib
    import pkgutil

    import idiolect.bench.loaders as package

    found = {}
    for module in pkgutil.iter_modules(package.__path__):
        for one in vars(importlib.import_module(f"{package.__name__}.{module.name}")).values():
            if isinstance(one, Dataset):
                found[one.name] = one
    return tuple(found[name] for name in sorted(found))


def by_name(name: str) -> Dataset[Any]:
    """One data set.

    Raises:
        UnknownNameError: There is none of this name (did you mean …?).
    """
    known = {one.name: one for one in datasets()}
    if name not in known:
        raise UnknownNameError("benchmark", name, known)
    return known[name]
