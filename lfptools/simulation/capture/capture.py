"""From a hoc model to a cell type: loaded in a process and a folder of its own, and verified."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lfptools.errors import CellError, MorphologyError
from lfptools.geometry.hoc_files import definitions, reachable
from lfptools.provenance.archive_files import archive_hash, copy_archive
from lfptools.simulation.capture.losses import LOSSES, check_names
from lfptools.simulation.capture.process import ProcessFailed, ask
from lfptools.simulation.capture.response import TOLERANCE_MV, compare, is_equal
from lfptools.simulation.celltype import CellType
from lfptools.simulation.mechanisms import compile_mechanisms

TIME_LIMIT_S = 600.0


def capture_cell(
    file: Path | str,
    call: Sequence[str] = (),
    root: str | None = None,
    *,
    folder: Path | str | None = None,
    mechanisms: Path | str | None = None,
    accept: Sequence[str] = (),
    carry_point_processes: bool = False,
    verify: bool = True,
    time_limit_s: float = TIME_LIMIT_S,
) -> CellType:
    """Make a cell type of a model written in hoc for one cell at the top level, as most of ModelDB's are.

    The model is loaded as ``nrngui file`` loads it, in a process of its own and in a temporary copy of its folder,
    without a display: models simulate and write files when they are loaded. What its cell then is becomes data:
    sections, topology, 3-D points, nseg, Ra, cm, mechanisms with their parameters per segment (``extracellular`` with
    all its layers), ions, and what the model sets for runs: ``celsius``, ``v_init`` and GLOBALs of mechanisms.

    Parameters
    ----------
    file : path
        The hoc file that loads the model.
    call : sequence of str
        hoc statements that complete it after loading, ``"initcell()"``.
    root : str, optional
        A section of the tree that is the cell, as hoc calls it (``"soma"``, ``"Pyramid[0].soma"``); needed where the
        model has several trees.
    folder : path, optional
        The model's folder, all of which is copied; by default the file's own.
    mechanisms : path, optional
        Folder of its mod files, compiled once per content, or a library.
    accept : sequence of str
        What may be lost, see ``losses.LOSSES``: ``"played_vectors"``, ``"point_processes"``, ...
    carry_point_processes : bool
        Every copy gets the synapses and electrodes of the model (without their NetCons and POINTERs) instead of losing
        them.
    verify : bool
        Give the original and a copy the same stimulus, each in its own process: their potentials must be equal within
        1e-6 mV, and so must their spikes. What was accepted is taken out of the original before, where it can be.
    time_limit_s : float
        For each of the two processes.

    Raises
    ------
    MorphologyError
        With hoc's own message, file and line, if the model cannot be loaded, crashes, ends its process or takes too
        long.
    CellError
        If it holds what cannot be carried and was not accepted (each thing is listed), the root is not there, or the
        copy is not the original's equal.
    MechanismError
        If the mod files do not compile.
    """
    file, folder = _existing(file, folder)
    accept = check_names(accept)
    if isinstance(call, str) or not all(isinstance(statement, str) for statement in call):
        raise CellError(f"call must be a list of hoc statements, got {call!r}")
    if not time_limit_s > 0:
        raise CellError(f"time_limit_s must be > 0, got {time_limit_s}")
    library = None if mechanisms is None else _library(mechanisms)
    with tempfile.TemporaryDirectory(prefix="lfptools-model-") as place:
        work = Path(place)
        copy_archive(folder, work / "model")
        question = {
            "task": "original", "file": str(work / "model" / file.relative_to(folder)), "folder": str(work / "model"),
            "call": list(call), "root": root, "accept": list(accept), "verify": verify,
            "carry_point_processes": carry_point_processes, "mechanisms": None if library is None else str(library),
            "cell_type": str(work / "cell_type.nc"), "response": str(work / "original.npz"),
            "model": {
                "file": file.relative_to(folder).as_posix(), "call": list(call), "root": root,
                "folder_hash": archive_hash(folder, file),
            },
        }  # fmt: skip
        answer = _ask(question, file, folder, work, time_limit_s)
        if answer["refused"]:
            raise CellError(_refusal(file, answer["refused"]))
        verified = _verified(question, answer, file, folder, work, time_limit_s) if verify else {}
        return CellType.open(question["cell_type"], library).with_verification(verified)


def _ask(question: dict[str, Any], file: Path, folder: Path, work: Path, time_limit_s: float) -> dict[str, Any]:
    """The child's answer; its errors name the user's files, not the copies."""
    try:
        return ask(question, work, time_limit_s)
    except ProcessFailed as error:
        said = str(error).replace(str(work / "model"), str(folder))
        told = error.said.replace(str(work / "model"), str(folder))
        blamed, line = _blamed(error.place, file, folder)
        hint = _mechanisms_hint(said, question, folder)
        raise MorphologyError(blamed, f"{said}{hint}" + (f"\n  {told}" if told else ""), line) from error


def _verified(
    question: dict[str, Any], answer: dict[str, Any], file: Path, folder: Path, work: Path, time_limit_s: float
) -> dict[str, Any]:
    """The copy in its own process, compared with the original."""
    copy = {**question, "task": "copy", "response": str(work / "copy.npz"), "stimulus": answer["stimulus"]}
    _ask(copy, file, folder, work, time_limit_s)
    with np.load(question["response"]) as one, np.load(copy["response"]) as other:
        found = compare(one, other)
    if not is_equal(found):
        lost = sorted({kind for kind, *_ in answer["losses"]})
        raise CellError(
            f"{file}: a copy is not its equal: under the same stimulus {found['spikes']} and {found['spikes_of_copy']} "
            f"spikes, {found['equal_spikes']} of them equal, and potentials differ by up to "
            f"{found['largest_difference_mV']:.3g} mV ({TOLERANCE_MV:g} are allowed)"
            + (f"; accepted as lost: {', '.join(lost)}" if lost else "")
            + "; verify=False (verify: false in a study) takes the copy as it is"
        )
    return {**found, "stimulus": answer["stimulus"]}


def _refusal(file: Path, refused: Sequence[Sequence[str]]) -> str:
    """What is lost, by kind, and what to do."""
    kinds: dict[str, list[str]] = {}
    for kind, what, *_ in refused:
        kinds.setdefault(kind, []).append(what)
    lines = []
    for kind, found in kinds.items():
        more = f"; … ({len(found)} in all)" if len(found) > 5 else ""
        lines.append(f"{kind} ({LOSSES[kind]}): {'; '.join(found[:5])}{more}")
    other = "; carry_point_processes: true gives every copy its synapses and electrodes" * ("point_processes" in kinds)
    listed = "\n  ".join(lines)
    return (
        f"{file}: copies of the cell would be without:\n  {listed}\n"
        f"  if they may be, accept: [{', '.join(kinds)}]{other}; take out of the file otherwise what is not the cell"
    )


def _blamed(place: Mapping[str, Any], file: Path, folder: Path) -> tuple[Path, int | None]:
    """The user's file and line that hoc names, or where the procedure at work is defined; else the main file."""
    name = place.get("file")
    if name:
        for path in (file.parent / name, folder / name, *sorted(folder.rglob(Path(name).name))):
            if path.is_file():
                return path, place["line"]
    for procedure in place.get("stack", ()):
        for name, path, line in definitions(reachable(file, folder)):
            if name == procedure:
                return path, line
    return file, None


def _mechanisms_hint(said: str, question: dict[str, Any], folder: Path) -> str:
    """Where mod files lie, when hoc misses a mechanism and was given none."""
    if "is not a MECHANISM" not in said or question["mechanisms"] is not None:
        return ""
    places = sorted({str(path.parent) for path in folder.rglob("*.mod")})
    return f"; give the folder of its mod files as mechanisms: {', '.join(places[:5])}" if places else ""


def _existing(file: Path | str, folder: Path | str | None) -> tuple[Path, Path]:
    path = Path(file).expanduser().resolve()
    if not path.is_file():
        raise MorphologyError(path, "there is no such hoc file")
    if folder is None:
        return path, path.parent
    around = Path(folder).expanduser().resolve()
    if not path.is_relative_to(around):
        raise CellError(f"the model's folder must hold its file: {path} is not in {around}")
    return path, around


def _library(mechanisms: Path | str) -> Path:
    path = Path(mechanisms).expanduser()
    return compile_mechanisms(path) if path.is_dir() else path.resolve()
