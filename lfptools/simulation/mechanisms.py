"""Mechanisms in this process: libraries loaded once, and what there is, by name."""

import logging
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import neuron
from neuron import h

from lfptools.errors import MechanismError, unknown_name
from lfptools.simulation.compiling import compile_mechanisms
from lfptools.simulation.hoc_paths import hoc_path

log = logging.getLogger(__name__)

# Library to where its mod files came from.
_LOADED: dict[Path, Path] = {}
# How many density mechanisms (0) and point processes (1) there were when last looked.
_COUNTS: dict[int, int] = {}

_SUFFIX = re.compile(r"^\s*(?:NEURON\s*\{.*?\b)?(?:SUFFIX|POINT_PROCESS|ARTIFICIAL_CELL)\s+(\w+)", re.MULTILINE)


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
    names = frozenset(mechanism_names(library.parent.parent.glob("*.mod")))
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
    forget_tables()
    log.info("loaded %s: %s", library, ", ".join(sorted(names)))
    return library


def loaded_folders() -> list[Path]:
    """Folders with the mod files, as they were compiled, of the libraries loaded here."""
    return [library.parent.parent for library in _LOADED]


def mechanism_names(files: Iterable[Path]) -> list[str]:
    """Names that mod files give to their mechanisms, in the order of the files' names."""
    return [name for path in sorted(files) for name in _SUFFIX.findall(path.read_text(errors="replace"))]


def loaded_libraries() -> tuple[Path, ...]:
    """Libraries that :func:`load_mechanisms` has loaded in this process."""
    return tuple(_LOADED)


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
    if name in (*density_mechanisms(), *point_processes()):
        return
    look_again()
    known = (*density_mechanisms(), *point_processes())
    if name not in known:
        loaded = folder or ", ".join(map(str, _LOADED.values())) or "none loaded"
        raise MechanismError(f"{unknown_name('mechanism', name, known)} Mod files: {loaded}.")


def range_parameters(name: str, kind: int = 1) -> dict[str, int]:
    """RANGE variables of a mechanism or point process, with the size of each (1 unless an array).

    Parameters
    ----------
    name : str
        Density mechanism or point process.
    kind : {1, 2, 3, 0}
        Settable parameters, assigned variables, states, or all.
    """
    return dict(_tables(name, kind))


def point_process_parameters(name: str) -> dict[str, int]:
    """:func:`range_parameters` of a point process, and ``delay``, NEURON's other name for ``del``."""
    parameters = range_parameters(name)
    return {**parameters, "delay": parameters["del"]} if "del" in parameters else parameters


def global_parameters(name: str) -> dict[str, int]:
    """GLOBAL parameters of a mechanism, with the size of each; they belong to the process."""
    return dict(_tables(name, -1))


def forget_tables() -> None:
    """After a change of what mechanisms have: another library, another number of extracellular layers."""
    _tables.cache_clear()
    look_again()


def mechanism_text(name: str) -> str:
    """The mod file that a mechanism or point process was compiled from; "" for those of NEURON's own that have none."""
    for kind in (0, 1):
        catalogue = h.MechanismType(kind)
        if name in _names(kind):
            catalogue.select(name)
            return catalogue.code() or ""
    return ""


def look_again() -> None:
    """Take notice of libraries that somebody has loaded; asking each time would leave 96 bytes in NEURON."""
    for kind in (0, 1):
        _COUNTS[kind] = int(h.MechanismType(kind).count())


def _names(kind: int) -> tuple[str, ...]:
    if not _COUNTS:
        look_again()
    return _listed(kind, _COUNTS[kind])


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
