"""``lfptools verify``: whether an archive's files are those that were packed, and are made again."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from lfptools.cli.archive import DESCRIPTION, FILES, PATCH, RERUN, environment
from lfptools.cli.codes import DONE, FAILED, MOVED
from lfptools.cli.compare import compare
from lfptools.errors import ConfigError
from lfptools.io import bundle
from lfptools.provenance.files import file_hash
from lfptools.provenance.git import COMMIT_VARIABLE, DIRTY_VARIABLE
from lfptools.study.comparison import Tolerances
from lfptools.study.files import ELSEWHERE


def verify(path: Path, rerun: bool = False, cores: str = "all", to: Tolerances | None = None) -> int:
    """Compare an archive's files with their hashes, and, where asked for, its datasets with those of a new run.

    Parameters
    ----------
    path : path
        The archive.
    rerun : bool
        Run the study from the archived source and file, with the Python and the packages that are installed here.
    cores : str
        For the run.
    to : Tolerances, optional
        What counts as moved in the new run.

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
    return _rerun(path, found.hashes, cores, to or Tolerances()) if rerun else DONE


def _rerun(path: Path, hashes: Mapping[str, str], cores: str, to: Tolerances) -> int:
    with tempfile.TemporaryDirectory(prefix="lfptools-verify-") as folder, bundle.opened(path) as zipped:
        here = Path(folder)
        description = json.loads(zipped.read(DESCRIPTION))
        _refuse(path, description)
        _tell_packages(json.loads(zipped.read("environment.json")))
        results = f"results/{description['study']}"
        for name in hashes:
            _unpack(zipped, name, here / "archived" if name.startswith("results/") else here)
        if description["dirty"]:
            _patch(here)
        code = _run(here, description, cores)
        if code not in (DONE, MOVED):
            sys.stderr.write(f"lfptools: the archived study does not run here (exit code {code})\n")
            return FAILED
        datasets = [name for name in hashes if name.startswith("results/") and name.endswith(".nc")]
        same = sum((here / name).is_file() and file_hash(here / name) == hashes[name] for name in datasets)
        sys.stdout.write(f"made again: {same} of {len(datasets)} datasets have the same bytes\n")
        return compare(here / "archived" / results, here / results, to)


def _refuse(path: Path, description: Mapping[str, Any]) -> None:
    unpacked = [name for one in description["inputs"] if one["at"] is None for name in one["named"]]
    if unpacked:
        raise ConfigError(
            f"{path}: the run needs files that are not packed: {', '.join(unpacked)}; "
            "expected an archive made with --with-inputs"
        )


def _patch(here: Path) -> None:
    """Apply the changes that the checkout had to the source."""
    # A folder of temporary files may lie in a checkout of its own, which git must not find.
    alone = {**os.environ, "GIT_CEILING_DIRECTORIES": str(here)}
    command = ["git", "apply", "--whitespace=nowarn", str(here / PATCH)]
    done = subprocess.run(command, cwd=here / "source", env=alone, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ConfigError(f"{PATCH} cannot be applied to the archived source: {done.stderr.strip()}")


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


def _run(here: Path, description: Mapping[str, Any], cores: str) -> int:
    source = here / "source"
    # The repository's own studies run by their names, which no other file may take.
    study = description["study"] if description["of_source"] else str(here / RERUN)
    own = source / "config/studies" / f"{description['study']}.yaml"
    if own.is_file() and not description["of_source"]:
        shutil.copyfile(here / RERUN, own)
        study = description["study"]
    # The source has no repository around it, and files say of which commit they are.
    said = {
        COMMIT_VARIABLE: description["commit"], DIRTY_VARIABLE: str(int(description["dirty"])),
        ELSEWHERE: str(here / FILES), "PYTHONPATH": str(source),
    }  # fmt: skip
    command = [sys.executable, "-m", "lfptools.cli", "run", study, "--cores", cores]
    return subprocess.run(command, cwd=here, env={**os.environ, **said}, check=False).returncode
