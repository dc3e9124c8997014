"""The cell among the sections of a loaded hoc model: as a dataset, with what is lost on the way."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import xarray as xr
from neuron import h

from lfptools.errors import CellError, unknown_name
from lfptools.simulation.capture import detection
from lfptools.simulation.capture.detection import Before, Loss
from lfptools.simulation.celltype import CarriedProcess
from lfptools.simulation.celltype_dataset import cell_type_dataset
from lfptools.simulation.copying import make_sections, read_sections
from lfptools.simulation.mechanisms import range_parameters
from lfptools.simulation.sectiontree import own_names


class Extraction:
    """What of the process is the cell.

    Parameters
    ----------
    before : Before
        What was there before the model was loaded.
    question : mapping
        What was asked: ``root``, ``carry_point_processes``, ``accept``, ``model``, ``globals``.
    file : pathlib.Path
        The model's main file; the folder of all is ``question["folder"]``.

    Raises
    ------
    CellError
        If there is no section, no single tree, or no section of the root's name.
    """

    def __init__(self, before: Before, question: Mapping[str, Any], file: Path):
        self._before, self._question, self._file = before, question, file
        self.sections = tree_of(question["root"])
        self.names = names_of(self.sections)
        self._data = read_sections(self.sections)
        self._processes = [p for section in self.sections for segment in section for p in segment.point_processes()]
        self._carried: dict[object, CarriedProcess] = {}
        self._v_init = float(h.v_init)
        self._own_run = {
            "dt_ms": float(h.dt), "t_stop_ms": float(h.tstop), "second_order": int(h.secondorder),
            "variable_step": bool(h.CVode().active()),
        }  # fmt: skip
        self._globals: dict[str, float] = {}

    def losses(self) -> list[Loss]:
        """Everything that cannot be carried; afterwards the original is without it, as far as it can be taken out.

        What the copies do without is taken out before the model is initialised: a POINTER that points nowhere would
        end the process.
        """
        found = [
            *detection.in_text(self._file, Path(self._question["folder"])),
            *detection.in_process(self.sections, self._before),
            *self._point_processes(),
        ]
        used = [*detection.mechanisms_of(self.sections), *map(kind_of, self._processes)]
        self._take_out(sorted({loss.mechanism for loss in found if loss.mechanism is not None}))
        found += detection.played(self._v_init)
        detection.stop_playing()
        for section, one in zip(self.sections, self._data, strict=True):
            one.membrane.write(section)  # what was played has changed it
        self._globals = self._before.changed_globals(used, self._v_init)
        found += detection.hand_set(self.sections, make_sections(self._data, self.names), self._v_init)
        return list(dict.fromkeys(found))

    def dataset(self, losses: Sequence[Loss]) -> xr.Dataset:
        """The cell, as a dataset of kind ``cell_type``."""
        lost: dict[str, list[str]] = {}
        for loss in losses:
            lost.setdefault(loss.kind, []).append(loss.what)
        about = {
            "celsius_degC": float(h.celsius),
            "v_init_mV": self._v_init,
            "globals": json.dumps(self._globals, sort_keys=True),
            "own_run": json.dumps(self._own_run, sort_keys=True),
            "extracellular_layers": int(h.nlayer_extracellular()),
            "model": json.dumps(self._question["model"], sort_keys=True),
            "point_processes": json.dumps([asdict(process) for process in self._carried.values()], sort_keys=True),
            "left_out": json.dumps(lost, sort_keys=True),
            "verification": "{}",
        }
        return cell_type_dataset(self.names, self._data, about)

    def _point_processes(self) -> Iterator[Loss]:
        """Point processes that are lost; the others become the cell type's."""
        connections = detection.connections_of(self.sections)
        for process in self._processes:
            kind, segment = kind_of(process), process.get_segment()
            pointers = detection.pointers(kind)
            if not self._question["carry_point_processes"]:
                yield Loss("point_processes", f"{process.hname()} in {segment}")
            elif self._before.built(kind):
                yield Loss("built_channels", f"{process.hname()} in {segment}")
            elif pointers:
                yield Loss("pointers", f"{', '.join(pointers)} of {process.hname()} in {segment}")
            else:
                weights = [one.weight[0] for one in connections if one.syn() == process]
                self._carried[process] = CarriedProcess(
                    kind, self.sections.index(segment.sec), segment.x, parameters_of(process),
                    weights[0] if len(weights) == 1 else None,
                )  # fmt: skip

    def _take_out(self, mechanisms: Sequence[str]) -> None:
        """Make the original what its copies are."""
        self._elsewhere = h.Section(name="elsewhere")
        for connection in detection.connections_of(self.sections):
            connection.active(False)
        for process in self._processes:
            if process not in self._carried:
                process.loc(self._elsewhere(0.5))
        for section in self.sections:
            for name in mechanisms:
                if section.has_membrane(name):
                    section.uninsert(name)
        self._data = [replace(one, membrane=one.membrane.without(mechanisms)) for one in self._data]


def tree_of(root: str | None) -> list:
    """The sections that hang together with the root, in the order of the process; without a root, of the only tree.

    Raises
    ------
    CellError
        If there is no section, no section of that name, or more than one tree and no root; lists what there is.
    """
    everything = list(h.allsec())
    if not everything:
        raise CellError("the model makes no section; does a procedure build the cell? (call: [name_of_it()])")
    names = own_names(everything)
    if root is not None:
        if root not in names:
            raise CellError(unknown_name("section as root", root, names))
        tree = set(everything[names.index(root)].wholetree())
        return [section for section in everything if section in tree]
    trees, seen = {}, set()
    for name, section in zip(names, everything, strict=True):
        if section not in seen:
            trees[name] = set(section.wholetree())
            seen |= trees[name]
    if len(trees) > 1:
        listed = ", ".join(f"{name} ({len(tree)} sections)" for name, tree in trees.items())
        raise CellError(
            f"the model has {len(trees)} trees: give a section of the one that is the cell as root: {listed}"
        )
    return everything


def names_of(sections: Sequence) -> tuple[str, ...]:
    """Names of sections without memory addresses; of those of one template's object without the object's name."""
    owners = {str(section.cell()) for section in sections}
    names = own_names(sections)
    prefix = f"{sections[0].cell()}."
    one = len(owners) == 1 and all(name.startswith(prefix) for name in names)
    return tuple(name.removeprefix(prefix) if one else name for name in names)


def kind_of(process) -> str:
    """NEURON's name of a point process's kind."""
    return process.hname().partition("[")[0]


def parameters_of(process) -> dict[str, float | list[float]]:
    """A point process's parameters by NEURON's names, lists for arrays."""
    standard = h.MechanismStandard(kind_of(process), 1)
    standard._in(process)
    return {
        name: standard.get(name, 0) if size == 1 else [standard.get(name, k) for k in range(size)]
        for name, size in range_parameters(kind_of(process)).items()
    }
