"""Mod files: compiled once per content, loaded once per process, and asked for by name."""

import fcntl
import hashlib
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import neuron
from neuron import h

from lfptools.errors import MechanismError, unknown_name
from lfptools.provenance.mod_files import mechanism_files
from lfptools.simulation.hoc_paths import hoc_path

log = logging.getLogger(__name__)

# Library to where its mod files came from.
_LOADED: dict[Path, Path] = {}

_SUFFIX = re.compile(r"^\s*(?:SUFFIX|POINT_PROCESS|ARTIFICIAL_CELL)\s+(\w+)", re.MULTILINE)


# What nrnivmodl says of the file that failed: nocmodl, the compiler, make.
_BLAMED = re.compile(r"in file (\w+)\.mod|/(\w+)\.cpp:\d+:\d+: error|: (\w+)\.(?:o|cpp)\] Error")
_TELLS = re.compile(r"error|illegal|undefined|line \d+|expect", re.IGNORECASE)
_NOISE = re.compile(r"^NOTE:|^\s*File \"|CalledProcessError|^make|Traceback|^syntax error:$")


# --- compiling --------------------------------------------------------------------------------------------------------


def mechanism_key(folder: Path | str) -> str:
    """Hash of a folder's mod files and what they include (names and contents), of NEURON's version and the compiler.

    Raises
    ------
    MechanismError
        If the folder is not there or holds no ``.mod`` file.
    """
    digest = hashlib.sha256(f"{neuron.__version__}\n{_compiler()}\n".encode())
    for name, path in mod_files(folder).items():
        content = path.read_bytes()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def mod_files(folder: Path | str) -> dict[str, Path]:
    """The ``.mod`` files of a folder, headers, and what they include: name relative to the folder, to path.

    Raises
    ------
    MechanismError
        If the folder is not there or holds no ``.mod`` file.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise MechanismError(f"no folder of mod files at {folder}")
    found = mechanism_files(folder)
    if not any(name.endswith(".mod") for name in found):
        raise MechanismError(f"no .mod file in {folder}")
    return found


def compile_mechanisms(folder: Path | str, cache: Path | str | None = None) -> Path:
    """Compile a folder's mod files with ``nrnivmodl``, unless their library is in the cache already.

    Compiled beside the cache on a copy of the files and moved into place when complete; processes that compile the same
    files at once wait for the first.

    Parameters
    ----------
    folder : path
        With ``.mod`` files; nothing is written there.
    cache : path, optional
        Where libraries are kept, one folder per :func:`mechanism_key`; ``$LFPTOOLS_CACHE/mechanisms`` or
        ``~/.cache/lfptools/mechanisms`` if not given.

    Returns
    -------
    pathlib.Path
        The library, for :func:`load_mechanisms`.

    Raises
    ------
    MechanismError
        With nrnivmodl's own message, file and line, if the files do not compile.
    """
    files = mod_files(folder)
    root = Path(cache) if cache is not None else _default_cache()
    target = root / mechanism_key(folder)
    with _locked(root / f"{target.name}.lock"):
        library = _library(target)
        if library is None:
            with tempfile.TemporaryDirectory(dir=root, prefix=f"{target.name}.") as work:
                for name, path in files.items():
                    (Path(work) / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(path, Path(work) / name)
                _nrnivmodl(Path(work), Path(folder))
                shutil.rmtree(target, ignore_errors=True)
                os.replace(work, target)
                Path(work).mkdir()  # TemporaryDirectory removes what it made
            library = _library(target)
        if library is None:
            raise MechanismError(f"nrnivmodl made no library of {folder} in {target}")
    return library


def _library(folder: Path) -> Path | None:
    found = sorted(folder.glob("*/libnrnmech.*")) or sorted(folder.glob("*/.libs/libnrnmech.*"))
    return found[0].resolve() if found else None


def _nrnivmodl(work: Path, folder: Path) -> None:
    done = subprocess.run([_tool("nrnivmodl"), "."], cwd=work, capture_output=True, text=True, check=False)
    if done.returncode == 0 and _library(work) is not None:
        return
    output = (done.stdout + "\n" + done.stderr).replace(str(work), str(folder))
    told = [line.strip() for line in output.splitlines() if line.strip() and not _NOISE.search(line)]
    blamed = _BLAMED.search(output)
    place = folder / f"{next(filter(None, blamed.groups()))}.mod" if blamed else folder
    line = re.search(rf"at line (\d+) in file {re.escape(place.name)}", output)
    raise MechanismError(
        f"{place}{':' + line.group(1) if line else ''}: does not compile; nrnivmodl says:\n  "
        + "\n  ".join([line for line in told if _TELLS.search(line)][:12] or told[-12:])
    )


def _tool(name: str) -> str:
    """A command of NEURON's, first beside the running Python: PATH may hold another installation's."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.is_file() else shutil.which(name)
    if found is None:
        raise MechanismError(f"{name} is neither beside {sys.executable} nor on PATH: is NEURON's package complete?")
    return found


@cache
def _compiler() -> str:
    compiler = os.environ.get("CXX") or shutil.which("g++") or shutil.which("c++")
    if compiler is None:
        raise MechanismError("no C++ compiler (g++) on PATH: mod files cannot be compiled")
    done = subprocess.run([*compiler.split(), "--version"], capture_output=True, text=True, check=False)
    return done.stdout.splitlines()[0] if done.stdout else compiler


def _default_cache() -> Path:
    return Path(os.environ.get("LFPTOOLS_CACHE") or Path.home() / ".cache" / "lfptools") / "mechanisms"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# --- loading ----------------------------------------------------------------------------------------------------------


def load_mechanisms(source: Path | str) -> Path:
    """Load a library, or compile a folder of mod files and load that, once per process.

    Raises
    ------
    MechanismError
        If it does not compile or load, or if a mechanism of the same name is there already from another library.
    """
    source = Path(source).expanduser()
    library = compile_mechanisms(source) if source.is_dir() else source.resolve()
    if library in _LOADED:
        return library
    if not library.is_file():
        raise MechanismError(f"no mechanism library at {library}")
    names = frozenset(
        name for path in sorted(library.parent.parent.glob("*.mod")) for name in _SUFFIX.findall(path.read_text())
    )
    clash = names & ({*density_mechanisms(), *point_processes()})
    if clash:
        raise MechanismError(
            f"{library}: {sorted(clash)} exist in this process already"
            + (f", from {[str(path) for path in _LOADED.values()]}" if _LOADED else "")
            + "; two libraries that share a mechanism's name cannot be loaded in one process: use another process"
        )
    with hoc_path(library) as name:
        if not neuron.h.nrn_load_dll(name):
            raise MechanismError(f"NEURON could not load {library}")
    _LOADED[library] = source
    _tables.cache_clear()
    log.info("loaded %s: %s", library, ", ".join(sorted(names)))
    return library


# --- asking -----------------------------------------------------------------------------------------------------------


def density_mechanisms() -> tuple[str, ...]:
    """Names of the density mechanisms in this process."""
    return _names(0)


def point_processes() -> tuple[str, ...]:
    """Names of the point processes and artificial cells in this process."""
    return _names(1)


def require_mechanism(name: str, folder: Path | str | None = None) -> None:
    """Raise MechanismError unless a mechanism or point process of this name is in the process.

    Parameters
    ----------
    name : str
        Density mechanism or point process.
    folder : path, optional
        The folder of mod files that should have had it, for the message.
    """
    known = (*density_mechanisms(), *point_processes())
    if name not in known:
        loaded = folder or ", ".join(map(str, _LOADED.values())) or "none loaded"
        raise MechanismError(f"{unknown_name('mechanism', name, known)} Mod files: {loaded}.")


def range_parameters(name: str) -> dict[str, int]:
    """Settable RANGE parameters of a mechanism or point process, with the size of each (1 unless an array)."""
    return dict(_tables(name, 1))


def point_process_parameters(name: str) -> dict[str, int]:
    """:func:`range_parameters` of a point process, and ``delay``, NEURON's other name for ``del``."""
    parameters = range_parameters(name)
    return {**parameters, "delay": parameters["del"]} if "del" in parameters else parameters


def global_parameters(name: str) -> dict[str, int]:
    """GLOBAL parameters of a mechanism, with the size of each; they belong to the process."""
    return dict(_tables(name, -1))


def _names(kind: int) -> tuple[str, ...]:
    # A library that is loaded by whomever makes the catalogue longer.
    return _listed(kind, int(h.MechanismType(kind).count()))


@cache
def _listed(kind: int, count: int) -> tuple[str, ...]:
    catalogue, reference, names = h.MechanismType(kind), h.ref(""), []
    for index in range(count):
        catalogue.select(index)
        catalogue.selected(reference)
        names.append(reference[0])
    return tuple(names)


@cache
def _tables(name: str, kind: int) -> dict[str, int]:
    standard, reference = h.MechanismStandard(name, kind), h.ref("")
    sizes = {}
    for index in range(int(standard.count())):
        size = int(standard.name(reference, index))
        sizes[reference[0]] = size
    return sizes
