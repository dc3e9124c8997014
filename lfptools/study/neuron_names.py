"""``python -m lfptools.study.neuron_names QUESTION ANSWER``: a child process that asks NEURON about a study's cells.

It builds each cell once, counts its segments, and looks up every name that NEURON alone knows; nothing is run. The
study's own process never loads NEURON: :mod:`lfptools.study.inspection` starts this one.
"""

import json
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from lfptools.errors import GeometryError, LfptoolsError, MorphologyError, unknown_name
from lfptools.simulation.cell import Cell
from lfptools.simulation.compiling import mod_files, require_translatable
from lfptools.simulation.coreneuron import available_mechanisms
from lfptools.simulation.eligibility import obstacles
from lfptools.simulation.mechanisms import (
    density_mechanisms,
    load_mechanisms,
    point_process_parameters,
    point_processes,
)
from lfptools.simulation.names import MEMBRANE_CURRENT, all_globals, can_record, is_global, segment_variables
from lfptools.study.stages.capture import capture
from lfptools.study.stages.neuron_cell import ELECTRODE_KEYS, SYNAPSE_KEYS, add_inputs, make_cell

Problem = tuple[tuple[str | int, ...], str]


def main(arguments: list[str]) -> int:
    """Read a list of cells, each with its protocols; write their segments and problems."""
    question, answer = map(Path, arguments)
    asked = json.loads(question.read_text(encoding="utf-8"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer.write_text(json.dumps([_of_cell(one) for one in asked]), encoding="utf-8")
    return 0


def _of_cell(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Number of segments (None if there is no cell), problems of the cell, and of each of its protocols."""
    config = {**asked["cell"], "membrane": []}
    none = [[] for _ in asked["protocols"]]
    try:
        if "mechanisms" in asked["files"]:
            load_mechanisms(asked["files"]["mechanisms"])
            if any(protocol["engine"] == "coreneuron" for protocol in asked["protocols"]):
                require_translatable(mod_files(asked["files"]["mechanisms"]).values())
    except LfptoolsError as error:
        return {"segments": None, "problems": [(("cell", "mechanisms"), str(error))], "protocols": none}
    try:
        with (
            _cell_type(config, asked["files"]) as cell_type,
            make_cell(config, asked["files"], None, cell_type) as cell,
        ):
            problems = list(_membrane(cell, asked["cell"]["membrane"]))
            protocols = [list(_protocol(cell, protocol)) for protocol in asked["protocols"]]
            return {"segments": cell.totnsegs, "problems": problems, "protocols": protocols}
    except LfptoolsError as error:
        shape = "hoc_model" if "hoc_model" in config else "morphology"
        key = ("cell", shape) if "hoc_model" in config or isinstance(error, MorphologyError) else ("cell",)
        return {"segments": None, "problems": [(key, str(error))], "protocols": none}


@contextmanager
def _cell_type(config: Mapping[str, Any], files: Mapping[str, str]) -> Iterator[Path | None]:
    """What the stage capture would write of a hoc model, without the verification; None for other cells."""
    if "hoc_model" not in config:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="lfptools-check-") as folder:
        capture(
            {**config, "hoc_model": {**config["hoc_model"], "verify": False}}, {}, files, Path(folder) / "cell.nc", None
        )
        yield Path(folder) / "cell.nc"


def _membrane(cell: Cell, membranes: list[Mapping[str, Any]]) -> Iterator[Problem]:
    for i, membrane in enumerate(membranes):
        key, name = ("cell", "membrane", i), membrane["mechanism"]
        if name not in density_mechanisms():
            yield (*key, "mechanism"), unknown_name("mechanism", name, density_mechanisms())
            continue
        sections = "allsec" if membrane["sections"] == "all" else membrane["sections"]
        try:
            cell.insert(name, sections)
        except GeometryError as error:
            yield (*key, "sections"), str(error)
            continue
        for parameter, value in membrane["parameters"].items():
            try:
                cell.insert(name, sections, **{parameter: value})
            except LfptoolsError as error:
                yield (*key, "parameters", parameter), str(error)


def _protocol(cell: Cell, protocol: Mapping[str, Any]) -> Iterator[Problem]:
    for name, given in protocol["inputs"].items():
        found = list(_input(cell, given))
        if not found:
            try:
                add_inputs(cell, {name: given})
            except LfptoolsError as error:
                found = [((), str(error))]
        yield from (((("inputs", name, *key)), text) for key, text in found)
    for name, given in protocol["record"].items():
        yield from ((("record", name, *key), text) for key, text in _record(cell, given))
    for i, given in enumerate(protocol["currents"]):
        yield from _place(cell, ("run", "currents", i, "at"), given["at"])
    for name in protocol["globals"]:
        if not is_global(name):
            yield ("run", "globals", name), unknown_name("GLOBAL of a mechanism", name, all_globals())
    if protocol["engine"] == "coreneuron":
        for text in obstacles(available_mechanisms(), protocol["dt_ms"], _references(cell, protocol["record"])):
            yield ("run", "engine"), f"CoreNEURON cannot run this: {text}"
    for placed in cell.placed:
        placed.release()
    cell.placed.clear()


def _references(cell: Cell, record: Mapping[str, Any]) -> dict[str, list]:
    """NEURON's references to what is recorded, as far as the places and variables exist."""
    found: dict[str, list] = {}
    for name, given in record.items():
        for at in given["at"] if isinstance(given["at"], list) else [given["at"]]:
            with suppress(GeometryError):
                segment = cell.segment(cell.segments.at(at["section"], at["fraction"]))
                if given["variable"] != MEMBRANE_CURRENT and can_record(segment, given["variable"]):
                    found.setdefault(name, []).append(getattr(segment, f"_ref_{given['variable']}"))
    return found


def _input(cell: Cell, given: Mapping[str, Any]) -> Iterator[Problem]:
    if "current" in given:
        at = given["at"]
        for i, one in enumerate([at] if isinstance(at, dict) else [] if at == "all" else at):
            yield from _place(cell, ("at",) if isinstance(at, dict) else ("at", i), one)
        return
    which = next(key for key in ("synapse", "synapses", "electrode") if key in given)
    kind, keys = given[which], ELECTRODE_KEYS if which == "electrode" else SYNAPSE_KEYS
    if "at" in given:
        yield from _place(cell, ("at",), given["at"])
    if kind not in point_processes():
        yield (which,), unknown_name("point process", kind, point_processes())
        return
    legal = point_process_parameters(kind)
    for name, key in keys.items():
        if key in given and name not in legal:
            yield (key,), unknown_name(f"parameter of {kind}", name, legal)
    for name in given["parameters"]:
        if name not in legal:
            yield ("parameters", name), unknown_name(f"parameter of {kind}", name, legal)


def _record(cell: Cell, given: Mapping[str, Any]) -> Iterator[Problem]:
    if given["at"] == "all":
        for idx, name in enumerate(cell.segments.ids):
            if not can_record(cell.segment(idx), given["variable"]):
                legal = segment_variables(cell.segment(idx))
                yield ("variable",), unknown_name(f"variable of {name}", given["variable"], legal)
                return
        return
    several = isinstance(given["at"], list)
    for i, at in enumerate(given["at"] if several else [given["at"]]):
        wrong = list(_place(cell, ("at", i) if several else ("at",), at))
        yield from wrong
        if not wrong:
            segment = cell.segment(cell.segments.at(at["section"], at["fraction"]))
            if not can_record(segment, given["variable"]):
                where = f"{at['section']}({at['fraction']:g})"
                yield ("variable",), unknown_name(f"variable of {where}", given["variable"], segment_variables(segment))


def _place(cell: Cell, key: tuple[str | int, ...], at: Mapping[str, Any]) -> Iterator[Problem]:
    try:
        cell.segments.at(at["section"], at["fraction"])
    except GeometryError as error:
        yield (*key, "section"), str(error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
