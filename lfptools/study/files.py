"""The files that a study names: where they lie, and the hash of what is in them."""

import importlib.util
from pathlib import Path

from lfptools.errors import ConfigError
from lfptools.provenance.files import content_hash, file_hash


def find(name: str, folders: tuple[Path, ...]) -> Path:
    """An absolute path for a name as it is written in a study.

    Parameters
    ----------
    name : str
        ``neuron:demo/pyramid.nrn`` (in the folder that NEURON ships), ``lfptools:ball_and_sticks`` (an example of this
        package), or a path, absolute or relative to one of ``folders``.
    folders : tuple of Path
        Tried in this order.

    Raises
    ------
    ConfigError
        If there is no such file or folder; names where it was looked for.
    """
    if name.startswith("neuron:"):
        tried = [neuron_home() / name.removeprefix("neuron:")]
    elif name.startswith("lfptools:"):
        from lfptools.geometry.examples import example_morphology

        return Path(example_morphology(name.removeprefix("lfptools:"))).resolve()
    else:
        tried = list(dict.fromkeys((folder / Path(name).expanduser()).resolve() for folder in folders))
    for path in tried:
        if path.exists():
            return path
    raise ConfigError(f"there is no file {name!r}; looked for {', '.join(map(str, tried))}")


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


def folder_hash(folder: Path) -> str:
    """Hash of the mod files of a folder, names and contents.

    Raises
    ------
    ConfigError
        If it is no folder or holds no mod file.
    """
    files = sorted(folder.glob("*.mod")) if folder.is_dir() else []
    if not files:
        raise ConfigError(f"{folder} is no folder with mod files")
    return content_hash({file.name: file_hash(file) for file in files})
