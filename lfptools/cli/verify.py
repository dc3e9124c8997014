"""``lfptools verify``: whether an archive's files are those that were packed, and are made again."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from lfptools.cli.archive import DESCRIPTION, environment
from lfptools.cli.codes import DONE, FAILED, MOVED
from lfptools.errors import ConfigError
from lfptools.io import bundle
from lfptools.io.netcdf import open_dataset
from lfptools.provenance.files import file_hash
from lfptools.provenance.git import COMMIT_VARIABLE, DIRTY_VARIABLE


def verify(path: Path, rerun: bool = False, cores: str = "all") -> int:
    """Compare an archive's files with their hashes, and, where asked for, its datasets with those of a new run.

    Parameters
    ----------
    path : path
        The archive.
    rerun : bool
        Run the study from the archived source and file, with the Python and the packages that are installed here.
    cores : str
        For the run.

    Returns
    -------
    int
        One of :mod:`lfptools.cli.codes`.

    Raises
    ------
    BundleError
        If it is no archive.
    ConfigError
        If the run needs files that are not packed.
    """
    found = bundle.verify(path)
    for what in ("missing", "altered", "extra"):
        sys.stdout.writelines(f"{what}: {name}\n" for name in getattr(found, what))
    sys.stdout.write(
        f"{path}: {len(found.sound)} files are sound, {len(found.missing)} missing, {len(found.altered)} altered, "
        f"{len(found.extra)} extra; manifest {found.manifest_hash}\n"
    )
    if found.differs:
        return MOVED
    return _rerun(path, found.sound, cores) if rerun else DONE


def _rerun(path: Path, names: Iterable[str], cores: str) -> int:
    with tempfile.TemporaryDirectory(prefix="lfptools-verify-") as folder, bundle.opened(path) as zipped:
        here = Path(folder)
        description = json.loads(zipped.read(DESCRIPTION))
        _refuse(path, description)
        _tell_packages(json.loads(zipped.read("environment.json")))
        for name in names:
            if not name.startswith("results/"):
                _unpack(zipped, name, here)
        if description["inputs"]:
            for one in description["inputs"]:
                # Beside the study's file, where a study looks first.
                shutil.copy(here / f"inputs/{one['sha256'][:16]}/{one['name']}", here / "study" / one["name"])
        code = _run(here, description, cores)
        if code:
            sys.stderr.write(f"lfptools: the archived study does not run here (exit code {code})\n")
            return FAILED
        return _compare(zipped, names, here)


def _refuse(path: Path, description: dict[str, Any]) -> None:
    if description["dirty"]:
        raise ConfigError(f"{path}: its source was changed after the commit: apply source.patch to source and run that")
    unpacked = [one["name"] for one in description["inputs"] if not one["packed"]]
    if unpacked:
        raise ConfigError(
            f"{path}: the run needs files that are not packed: {', '.join(unpacked)}; "
            "expected an archive made with --with-inputs"
        )


def _tell_packages(then: dict[str, Any]) -> None:
    """Say which packages have other versions here; the run goes on, since it may give the same."""
    now = environment()
    packages = sorted(set(then["packages"]) & set(now["packages"]))
    other = [name for name in packages if then["packages"][name] != now["packages"][name]]
    if other:
        sys.stderr.write(f"lfptools: warning: other versions than in the archive: {', '.join(other)}\n")


def _unpack(zipped: ZipFile, name: str, folder: Path) -> None:
    target = (folder / name).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise bundle.BundleError(f"{name!r} would be unpacked outside of its folder")
    zipped.extract(name, folder)


def _run(here: Path, description: dict[str, Any], cores: str) -> int:
    source = here / "source"
    own = source / "config/studies" / f"{description['study']}.yaml"
    study = description["study"] if own.is_file() else str(here / description["study_file"])
    # The source has no repository around it, and files say of which commit they are.
    said = {COMMIT_VARIABLE: description["commit"], DIRTY_VARIABLE: "0", "PYTHONPATH": str(source)}
    command = [sys.executable, "-m", "lfptools.cli", "run", study, "--cores", cores]
    return subprocess.run(command, cwd=here, env={**os.environ, **said}, check=False).returncode


def _compare(zipped: ZipFile, names: Iterable[str], here: Path) -> int:
    """Each archived dataset beside the one that was made: same bytes, same values, or not."""
    datasets = [name for name in names if name.startswith("results/") and name.endswith(".nc")]
    same = equal = 0
    moved = []
    kept = here / "archived"
    for name in datasets:
        zipped.extract(name, kept)
        new, old = here / name, kept / name
        if not new.is_file():
            moved.append(f"{name}: was not made")
        elif file_hash(new) == file_hash(old):
            same += 1
        else:
            with open_dataset(old) as first, open_dataset(new) as second:
                alike = first.equals(second)
            equal += alike
            if not alike:
                moved.append(f"{name}: other values")
        old.unlink()
    sys.stdout.writelines(f"differs: {line}\n" for line in moved)
    sys.stdout.write(
        f"made again: {same} of {len(datasets)} datasets have the same bytes, {equal} the same values in a file whose "
        f"attributes differ, {len(moved)} differ\n"
    )
    return MOVED if moved else DONE
