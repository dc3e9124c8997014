"""``lfptools new``: a commented study, cell or probe that works, to begin from."""

import re
import sys
from pathlib import Path

from lfptools.cli.outputs import refuse_unwritable_folder
from lfptools.errors import ConfigError
from lfptools.io.atomic import atomic_path
from lfptools.provenance.source import package_root
from lfptools.study.load import refuse_taken_name

KINDS = ("study", "cell", "probe")
_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_]{0,79}$")


def new(kind: str, name: str, folder: Path) -> int:
    """Write ``<name>.yaml``.

    Parameters
    ----------
    kind : {"study", "cell", "probe"}
        What it describes.
    name : str
        Letters, digits and underscores, a letter first.
    folder : path
        Where it is written.

    Raises
    ------
    ConfigError
        If the name is none or that of one of the repository's studies, or there is a file of that name.
    StorageError
        If the folder is none, or may not be written to.
    """
    if not _NAME.match(name):
        raise ConfigError(f"a {kind}'s name has letters, digits and underscores, a letter first; got {name!r}")
    path = folder / f"{name}.yaml"
    if kind == "study":
        refuse_taken_name(path, name, package_root().parent)
    refuse_unwritable_folder(folder, path)
    if path.exists():
        raise ConfigError(f"there is a file {path} already, which is left as it is: choose another name")
    text = (Path(__file__).parent / "templates" / f"{kind}.yaml").read_text(encoding="utf-8")
    filled = text.replace("NAME", name).replace("TITLE", name.replace("_", " "))
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as partial:
        partial.write_text(filled, encoding="utf-8")
    sys.stdout.write(f"{path}\n")
    if kind == "study":
        sys.stdout.write(f"check it with: lfptools check {path}\nrun it with:   lfptools run {path} --cores 2\n")
    return 0
