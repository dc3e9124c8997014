"""Morphologies and models that come with lfptools."""

from pathlib import Path

from lfptools.errors import MorphologyError, unknown_name

_PACKAGE = Path(__file__).resolve().parents[1]


def resources() -> Path:
    """The folder of files that the project wrote itself: inside an installed package, beside it in a checkout."""
    installed = _PACKAGE / "resources"
    return installed if installed.is_dir() else _PACKAGE.parent / "resources"


def own_file(name: str) -> Path:
    """Path of what ``lfptools:`` names mean: a file or folder of the resources (``"models/tufted_cell/main.hoc"``), or
    an example morphology (:func:`example_morphology`).

    Raises
    ------
    MorphologyError
        If there is none of that name.
    """
    path = resources() / name
    return path.resolve() if "/" in name and path.exists() else example_morphology(name)


def example_morphology(name: str) -> Path:
    """Path of an example morphology by its name, ``"ball_and_sticks"`` or ``"branched.swc"``.

    The ending may be left out where one file has that name.

    Raises
    ------
    MorphologyError
        If there is none of that name; lists them.
    """
    files = sorted((resources() / "morphologies").iterdir())
    stems = [path.stem for path in files]
    found = {path.stem if stems.count(path.stem) == 1 else path.name: path for path in files}
    found |= {path.name: path for path in files if path.name == name}
    if name not in found:
        raise MorphologyError(resources() / "morphologies", unknown_name("example morphology", name, found))
    return found[name]
