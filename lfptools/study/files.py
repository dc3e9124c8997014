"""The files that a study names: where they lie, and the hash of what is in them."""

import importlib.util
import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from lfptools.config.parameters import names_file
from lfptools.errors import ConfigError
from lfptools.geometry.examples import own_file
from lfptools.geometry.hoc_files import included
from lfptools.provenance.files import content_hash, file_hash
from lfptools.provenance.mod_files import mechanism_files

ELSEWHERE: Final = "LFPTOOLS_FILES"
"""Environment variable with a JSON file: names as studies write them, to paths, relative to the JSON file's folder."""


def portable(config: Any) -> Any:
    """Plain data in which files are called by their names alone: where they lie depends on the machine.

    What is in them has a hash of its own. ``neuron:`` and ``lfptools:`` names are the same everywhere, and stay.
    """
    return _portable(config, "")


def _portable(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        return {name: _portable(inner, name.rpartition(".")[2]) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_portable(inner, key) for inner in value]
    if not isinstance(value, str) or value.startswith(("neuron:", "lfptools:")):
        return value
    named = key in ("morphology", "mechanisms", "folder") or names_file(key)
    return Path(value).name if named or value.startswith(("/", "~/")) else value


def find(name: str, folders: tuple[Path, ...]) -> Path:
    """An absolute path for a name as it is written in a study.

    Parameters
    ----------
    name : str
        ``neuron:demo/pyramid.nrn`` (in the folder that NEURON ships), ``lfptools:ball_and_sticks`` (an example of this
        package), ``lfptools:models/tufted_cell/main.hoc`` (in its resources), or a path, absolute or relative to one of
        ``folders``.
    folders : tuple of Path
        Tried in this order, unless the file of :data:`ELSEWHERE` says where a name lies.

    Raises
    ------
    ConfigError
        If there is no such file or folder; names where it was looked for.
    """
    if name.startswith("neuron:"):
        tried = [neuron_home() / name.removeprefix("neuron:")]
    elif name.startswith("lfptools:"):
        return own_file(name.removeprefix("lfptools:")).resolve()
    elif name in (elsewhere := _elsewhere(os.environ.get(ELSEWHERE, ""))):
        tried = [elsewhere[name]]
    else:
        tried = list(dict.fromkeys((folder / Path(name).expanduser()).resolve() for folder in folders))
    for path in tried:
        if path.exists():
            return path
    raise ConfigError(f"there is no file {name!r}; looked for {', '.join(map(str, tried))}")


@cache
def _elsewhere(file: str) -> Mapping[str, Path]:
    if not file:
        return {}
    try:
        named = json.loads(Path(file).read_text(encoding="utf-8"))
        return {str(name): (Path(file).resolve().parent / path).resolve() for name, path in named.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise ConfigError(
            f"{ELSEWHERE}={file}: expected a JSON file with an object of names to paths, got: {error}"
        ) from error


def neuron_home() -> Path:
    """The folder that NEURON ships its files in, found without starting NEURON.

    Raises
    ------
    ConfigError
        If NEURON is not installed, or its folder is not where its packages have it.
    """
    spec = importlib.util.find_spec("neuron")
    if spec is None or spec.origin is None:
        raise ConfigError("NEURON is not installed, so 'neuron:' paths mean nothing: pip install neuron")
    package = Path(spec.origin).parent
    places = [package / ".data/share/nrn", *(parent / "share/nrn" for parent in package.parents)]
    for place in places:
        if (place / "lib/hoc").is_dir():
            return place
    raise ConfigError(f"cannot find NEURON's folder share/nrn near {package}: give the morphology's path instead")


def morphology_hash(path: Path) -> str:
    """Hash of a morphology file, and of the files that it loads where it is hoc.

    The file's own name and where it lies have no part in it, the names by which others are loaded have.
    """
    files = included(path)
    if len(files) < 2:
        return file_hash(path)
    others = {Path(os.path.relpath(file, path.parent)).as_posix(): file for file in files if file != path}
    return content_hash([file_hash(path), {name: file_hash(file) for name, file in others.items()}])


def hoc_model_files(hoc_model: Mapping[str, Any], folders: tuple[Path, ...]) -> tuple[Path, Path]:
    """The file and the folder of a study's ``hoc_model``.

    Raises
    ------
    ConfigError
        If one is not there, or the file is not in the folder.
    """
    file = find(hoc_model["file"], folders)
    if not file.is_file():
        raise ConfigError(f"the file of a hoc model is needed, {file} is a folder")
    if hoc_model.get("folder") is None:
        return file, file.parent
    folder = find(hoc_model["folder"], folders)
    if not file.is_relative_to(folder):
        raise ConfigError(f"the model's folder must hold its file: {file} is not in {folder}")
    return file, folder


def folder_hash(folder: Path) -> str:
    """Hash of the mod files of a folder and of what they include, names and contents.

    Raises
    ------
    ConfigError
        If it is no folder or holds no mod file.
    """
    files = mechanism_files(folder)
    if not any(name.endswith(".mod") for name in files):
        raise ConfigError(f"{folder} is no folder with mod files")
    return content_hash({name: file_hash(file) for name, file in files.items()})
