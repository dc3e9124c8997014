"""Mod files to libraries: compiled once per content and engine, atomically, kept in a cache."""

import fcntl
import hashlib
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import neuron

from lfptools.errors import MechanismError
from lfptools.provenance.mod_files import mechanism_files

log = logging.getLogger(__name__)

LIBRARIES = {"neuron": "libnrnmech", "coreneuron": "libcorenrnmech"}
"""Engines, and what the libraries of mechanisms that they load are called."""

# What nrnivmodl says of the file that failed: nocmodl, the compiler, make.
_BLAMED = re.compile(r"in file (\w+)\.mod|/(\w+)\.cpp:\d+:\d+: error|[:/ ](\w+)\.(?:o|cpp)\] Error")
_TELLS = re.compile(r"error|critical|illegal|undefined|line \d+|expect|what\(\)", re.IGNORECASE)
_NOISE = re.compile(
    r"^NOTE:|^\s*File \"|CalledProcessError|^make|Traceback|^syntax error:$"
    r"|error\] :: (?:Code incompatibility detected|Cannot translate|Fix the following)"
)
_SAFE = re.compile(r"^(?:Thread Safe|Translating .*|)$")


def mechanism_key(folder: Path | str) -> str:
    """Hash of a folder's mod files and what they include (names and contents), of NEURON's version and the compiler.

    Raises
    ------
    MechanismError
        If the folder is not there or holds no ``.mod`` file.
    """
    return _key(mod_files(folder), "neuron")


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
        The library, for :func:`~lfptools.simulation.mechanisms.load_mechanisms`.

    Raises
    ------
    MechanismError
        With nrnivmodl's own message, file and line, if the files do not compile.
    """
    return _compiled(mod_files(folder), "neuron", cache)


def compile_for_coreneuron(folders: Sequence[Path | str], cache: Path | str | None = None) -> Path:
    """Compile the mod files of all folders with ``nrnivmodl -coreneuron``, cached as by :func:`compile_mechanisms`.

    CoreNEURON loads one library in the life of a process, so several folders make one. It takes about 15 s.

    Parameters
    ----------
    folders : sequence of path
        Each with ``.mod`` files.
    cache : path, optional
        As for :func:`compile_mechanisms`.

    Returns
    -------
    pathlib.Path
        CoreNEURON's library of these mechanisms and NEURON's own.

    Raises
    ------
    MechanismError
        Names the file that is not thread-safe, or that CoreNEURON's translator or the compiler refuses, and says why.
    """
    files: dict[str, Path] = {}
    taken = set(own_mod_files())
    for folder in folders:
        for name, path in mod_files(folder).items():
            files[_free_name(name, taken)] = path
    return _compiled(files, "coreneuron", cache)


def require_translatable(files: Iterable[Path]) -> None:
    """Look whether CoreNEURON can use mod files, without compiling them: some tenths of a second each.

    Raises
    ------
    MechanismError
        Names the file that is not thread-safe or that CoreNEURON's translator refuses, and says why.
    """
    with tempfile.TemporaryDirectory() as folder:
        for path in files:
            if path.suffix == ".mod":
                _refuse_unsafe(path, folder)
                _refuse_untranslated(path, folder)


def own_mod_files() -> dict[str, Path]:
    """The mod files of NEURON's own that CoreNEURON has too, by name."""
    return {path.name: path for path in sorted((_installation() / "share" / "modfile").glob("*.mod"))}


def own_coreneuron_library() -> Path:
    """CoreNEURON's library of NEURON's own mechanisms.

    Raises
    ------
    MechanismError
        If this NEURON was built without CoreNEURON.
    """
    found = sorted((_installation() / "lib").glob("libcorenrnmech_internal.*"))
    if not found:
        raise MechanismError(
            f"the NEURON in {_installation()} was built without CoreNEURON: use engine='neuron', or NEURON's package "
            "from PyPI"
        )
    return found[0]


def _installation() -> Path:
    return Path(neuron.h.neuronhome()).resolve().parent.parent


def _free_name(name: str, taken: set[str]) -> str:
    """A mod file's name, or one like it where another file has it: all end in one folder."""
    path, free, number = Path(name), name, 1
    while path.suffix == ".mod" and free in taken:
        number += 1
        free = f"{path.stem}_{number}.mod"
    taken.add(free)
    return free


def _refuse_unsafe(path: Path, folder: str) -> None:
    """CoreNEURON lays out the data of thread-safe mechanisms alone: with another it ends the process."""
    command = [_tool("nocmodl"), path.name, "-o", folder]
    done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, check=False)
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines()]
    if done.returncode == 0 and "Thread Safe" not in lines:
        raise MechanismError(
            f"{path}: not thread-safe, so CoreNEURON cannot use it: "
            + " ".join(line for line in lines if not _SAFE.match(line))
            + "\n  Make what is assigned a RANGE variable, or, if it is safe as it is, write THREADSAFE into the "
            "NEURON block (NEURON's mkthreadsafe does both); or use engine='neuron'."
        )


def _refuse_untranslated(path: Path, folder: str) -> None:
    command = [_tool("nmodl"), path.name, "-o", folder, "host", "--c", "passes", "--inline"]
    done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        told = _telling(done.stdout + "\n" + done.stderr)
        raise MechanismError(
            f"{path}: CoreNEURON's translator does not take it; nmodl says:\n  "
            + "\n  ".join(told)
            + "\n  Change the file, or use engine='neuron'."
        )


def _compiled(files: Mapping[str, Path], engine: str, cache: Path | str | None) -> Path:
    root = Path(cache) if cache is not None else _default_cache()
    target = root / _key(files, engine)
    with _locked(root / f"{target.name}.lock"):
        library = _library(target, engine)
        if library is None:
            if engine == "coreneuron":
                require_translatable(files.values())
            with tempfile.TemporaryDirectory(dir=root, prefix=f"{target.name}.") as work:
                for name, path in files.items():
                    (Path(work) / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(path, Path(work) / name)
                _nrnivmodl(Path(work), files, engine)
                shutil.rmtree(target, ignore_errors=True)
                os.replace(work, target)
                Path(work).mkdir()  # TemporaryDirectory removes what it made
            library = _library(target, engine)
        if library is None:
            raise MechanismError(f"nrnivmodl made no {LIBRARIES[engine]} of {', '.join(files)} in {target}")
    return library


def _key(files: Mapping[str, Path], engine: str) -> str:
    digest = hashlib.sha256(f"{neuron.__version__}\n{_compiler()}\n".encode())
    if engine != "neuron":
        digest.update(f"{engine}\n".encode())
    for name, path in files.items():
        content = path.read_bytes()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def _library(folder: Path, engine: str) -> Path | None:
    name = f"{LIBRARIES[engine]}.*"
    found = sorted(folder.glob(f"*/{name}")) or sorted(folder.glob(f"*/.libs/{name}"))
    return found[0].resolve() if found else None


def _nrnivmodl(work: Path, files: Mapping[str, Path], engine: str) -> None:
    option = ["-coreneuron"] if engine == "coreneuron" else []
    done = subprocess.run([_tool("nrnivmodl"), *option, "."], cwd=work, capture_output=True, text=True, check=False)
    if done.returncode == 0 and _library(work, engine) is not None:
        return
    output = done.stdout + "\n" + done.stderr
    blamed = _BLAMED.search(output)
    name = f"{next(filter(None, blamed.groups()))}.mod" if blamed else ""
    place = files.get(name, next(iter(files.values())).parent)
    output = output.replace(str(work), str(place.parent if name in files else place))
    line = re.search(rf"at line (\d+) in file {re.escape(name)}", output) if name else None
    raise MechanismError(
        f"{place}{':' + line.group(1) if line else ''}: does not compile{' for CoreNEURON' if option else ''}; "
        "nrnivmodl says:\n  " + "\n  ".join(_telling(output))
        + ("\n  Change the file, or use engine='neuron'." if option else "")
    )  # fmt: skip


def _telling(output: str) -> list[str]:
    """The lines of a tool's output that say what is wrong."""
    told = [line.strip() for line in output.splitlines() if line.strip() and not _NOISE.search(line)]
    return [line for line in told if _TELLS.search(line)][:12] or told[-12:]


def _tool(name: str) -> str:
    """A command of NEURON's, first of the one that runs here: PATH may hold another installation's."""
    places = (Path(sys.executable).parent / name, _installation() / "bin" / name)
    found = next((str(path) for path in places if path.is_file()), shutil.which(name))
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
