"""Checks of morphology files, before NEURON sees them.

NEURON's Import3d crashes the process, loops or quietly builds another cell from damaged files; MorphIO accepts cycles,
zero radii and empty files. So each format has checks of its own, which know the line, and MorphIO comes second.
"""

import re
from collections.abc import Callable
from pathlib import Path

from lfptools.errors import MorphologyError, unknown_name
from lfptools.geometry.asc import check_asc
from lfptools.geometry.neuroml import check_neuroml
from lfptools.geometry.swc import check_swc

CHECKS: dict[str, Callable[[Path, str], None]] = {
    ".swc": check_swc,
    ".asc": check_asc,
    ".xml": check_neuroml,
}
_READ_BY_MORPHIO = (".swc", ".asc")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f]")
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
# NEURON reads a soma that is outlined in several planes.
_STACK = "A soma is already defined"


def check_morphology(path: Path | str) -> None:
    """Refuse a file that cannot be a cell.

    Parameters
    ----------
    path : path
        Ends in ``.swc``, ``.asc`` (Neurolucida) or ``.xml`` (NeuroML1, MorphML).

    Raises
    ------
    MorphologyError
        With file and line, if the file is truncated, empty, binary or no file of its kind; if it is no single tree
        (unknown parents, cycles, identifiers used twice, several roots); or if it has coordinates or radii that are
        not finite or radii that are not > 0.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in CHECKS:
        raise MorphologyError(path, unknown_name("ending", suffix, CHECKS))
    CHECKS[suffix](path, _text(path))
    if suffix in _READ_BY_MORPHIO:
        _check_with_morphio(path)


def imported_names(path: Path | str) -> set[str]:
    """Names (without index) that NEURON's Import3d gives to the sections of a checked file.

    ``soma``, ``axon``, ``dend`` and ``apic`` for the SWC types 1 to 4, ``dend_<type>`` for others; what has no type is
    ``dend_0``.
    """
    path = Path(path)
    names = {1: "soma", 2: "axon", 3: "dend", 4: "apic"}
    if path.suffix.lower() == ".swc":
        rows = (line.partition("#")[0].split() for line in _text(path).splitlines())
        return {names.get(int(row[1]), f"dend_{int(row[1])}") for row in rows if row}
    return {*names.values(), "dend_0"} if path.suffix.lower() == ".asc" else {"dend_0"}


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MorphologyError(path, f"cannot be read: {error.strerror}") from error
    if not content.strip():
        raise MorphologyError(path, "the file is empty")
    control = _CONTROL.search(content)
    if control:
        line = content.count(b"\n", 0, control.start()) + 1
        raise MorphologyError(path, f"binary data (byte {control.group()[0]:#04x}), where text was expected", line)
    # Comments of old files are in any encoding; the data are ASCII, and what is not is refused as a value.
    return content.decode("utf-8-sig", errors="replace")


def _check_with_morphio(path: Path) -> None:
    import morphio

    handler = morphio.WarningHandlerCollector()
    try:
        # A type that changes along a branch is legal for NEURON, which begins another section there.
        morphio.Morphology(str(path), morphio.Option.allow_unifurcated_section_change, handler)
    except (morphio.MorphioError, RuntimeError, ValueError, IndexError) as error:
        message = " ".join(_COLOUR.sub("", str(error)).split())
        if _STACK in message:
            return
        line = re.search(r":(\d+):error\b", message)
        raise MorphologyError(
            path,
            f"MorphIO could not read it: {message.rpartition(':error')[2].strip() or message}",
            int(line.group(1)) if line else None,
        ) from error
