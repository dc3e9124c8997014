"""A cell as a file, from which independent copies are made in any process."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import xarray as xr
from neuron import h

from lfptools.errors import CellError, MechanismError
from lfptools.io.netcdf import open_dataset, write_dataset
from lfptools.provenance.record import Provenance
from lfptools.provenance.versions import versions
from lfptools.simulation.celltype_dataset import mechanism_hash, sections_of_dataset
from lfptools.simulation.copying import SectionData, make_sections
from lfptools.simulation.discretise import is_default
from lfptools.simulation.mechanisms import density_mechanisms, forget_tables, load_mechanisms, point_processes
from lfptools.simulation.names import is_global
from lfptools.simulation.placing import is_electrode, place, receives_events
from lfptools.simulation.sectiontree import SectionTree

ENDING = ".nc"


def as_cell_type(morphology: object) -> "CellType | None":
    """A cell type, or what a ``.nc`` file holds; None for any other morphology."""
    if isinstance(morphology, CellType):
        return morphology
    if isinstance(morphology, str | Path) and Path(morphology).suffix.lower() == ENDING:
        return CellType.open(Path(morphology).expanduser())
    return None


@dataclass(frozen=True)
class CarriedProcess:
    """A point process that belongs to a cell type.

    Parameters
    ----------
    kind : str
        NEURON's name.
    section : int
        Index of its section.
    x : float
        Where on the section.
    parameters : mapping
        By NEURON's names; lists for arrays.
    weight : float, optional
        Of the one NetCon that it had.
    """

    kind: str
    section: int
    x: float
    parameters: Mapping[str, float | list[float]]
    weight: float | None = None


class CellType:
    """Everything that a cell of a hoc model is, apart from what :attr:`left_out` lists.

    Made by :func:`lfptools.capture_cell` or :meth:`open`; a :class:`~lfptools.Cell` is made of it by
    :meth:`instantiate`, or by giving the cell type, or its file, as ``morphology``. Copies share nothing.

    Parameters
    ----------
    dataset : xarray.Dataset
        Of kind ``cell_type``, in memory.
    mechanisms : path, optional
        Folder of mod files or library, loaded when the first copy is made.
    name : str, optional
        For messages.
    """

    def __init__(self, dataset: xr.Dataset, mechanisms: Path | str | None = None, name: str | None = None):
        self.dataset = dataset
        self._mechanisms = mechanisms
        self.name = name or Path(self.model["file"]).name

    @classmethod
    def open(cls, path: Path | str, mechanisms: Path | str | None = None) -> "CellType":
        """Read a file.

        Parameters
        ----------
        path : path
            Written by :meth:`save` or by a study.
        mechanisms : path, optional
            Folder of mod files, or library, that the cell needs; loaded when the first copy is made.

        Raises
        ------
        DatasetError
            If there is no such file, or it is no cell type.
        """
        with open_dataset(path, "cell_type") as dataset:
            return cls(dataset.load(), mechanisms, Path(path).name)

    def save(self, path: Path | str, provenance: Provenance | None = None) -> None:
        """Write a file (NetCDF), complete or not at all.

        Parameters
        ----------
        path : path
            A file there is replaced; its name should end in ``.nc``.
        provenance : Provenance, optional
            By default which model it is, the hash of its folder, and versions of libraries.
        """
        if provenance is None:
            hashes = {"hoc_model": str(self.model["folder_hash"])}
            provenance = Provenance(stage="capture", config=self.model, versions=versions(), input_hashes=hashes)
        write_dataset(self.dataset, path, "cell_type", provenance)

    def instantiate(self, **keywords):
        """A new :class:`~lfptools.Cell`; keywords are the cell's.

        Raises
        ------
        MechanismError
            If a mechanism is not loaded, or another of the same name is.
        """
        from lfptools.simulation.cell import Cell

        return Cell(self, **keywords)

    def with_verification(self, found: Mapping[str, object]) -> "CellType":
        """The same, with what a comparison of a copy with the original has found."""
        return CellType(
            self.dataset.assign_attrs(verification=json.dumps(found, sort_keys=True)), self._mechanisms
        )  # fmt: skip

    # --- what it says -------------------------------------------------------------------------------------------------

    @property
    def section_names(self) -> tuple[str, ...]:
        """Names of the sections, in order."""
        return tuple(map(str, self.dataset["section_name"].values))

    @property
    def totnsegs(self) -> int:
        """Number of segments."""
        return self.dataset.sizes["segment"]

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """Density mechanisms and ions."""
        return tuple(map(str, self.dataset["mechanism_id"].values)) if "mechanism_id" in self.dataset.coords else ()

    @property
    def v_init(self) -> float:
        """From where the model's own runs start, mV."""
        return float(self.dataset.attrs["v_init_mV"])

    @property
    def celsius(self) -> float:
        """Temperature of the model's own runs, °C."""
        return float(self.dataset.attrs["celsius_degC"])

    @cached_property
    def mechanism_globals(self) -> dict[str, float]:
        """GLOBALs of mechanisms that the model changed."""
        return json.loads(self.dataset.attrs["globals"])

    @cached_property
    def model(self) -> dict[str, object]:
        """Which hoc model it is: file, statements called, root, hash of the folder."""
        return json.loads(self.dataset.attrs["model"])

    @cached_property
    def own_run(self) -> dict[str, object]:
        """How the model itself would run (``dt_ms``, ``t_stop_ms``, ``second_order``, ``variable_step``)."""
        return json.loads(self.dataset.attrs["own_run"])

    @cached_property
    def point_processes(self) -> tuple[CarriedProcess, ...]:
        """Synapses and electrodes that every copy gets."""
        return tuple(CarriedProcess(**one) for one in json.loads(self.dataset.attrs["point_processes"]))

    @cached_property
    def left_out(self) -> dict[str, list[str]]:
        """What was accepted as lost: kind to what it was."""
        return json.loads(self.dataset.attrs["left_out"])

    @cached_property
    def verification(self) -> dict[str, object]:
        """How a copy compared with the original under the same stimulus; empty if it was not asked for."""
        return json.loads(self.dataset.attrs["verification"])

    def __repr__(self) -> str:
        return f"<CellType {self.name}: {len(self.section_names)} sections, {self.totnsegs} segments>"

    # --- copies -------------------------------------------------------------------------------------------------------

    def make_tree(self) -> SectionTree:
        """New sections, owned by the tree, with everything in their membrane.

        Raises
        ------
        MechanismError, CellError
            As :meth:`instantiate`; and if the process has another number of extracellular layers.
        """
        self._require_mechanisms()
        self._require_layers()
        return SectionTree(make_sections(self._sections, self.section_names), self.section_names, owned=True)

    @cached_property
    def _sections(self) -> list[SectionData]:
        """Read once: half a second for 2,500 segments, more than a copy takes."""
        return sections_of_dataset(self.dataset)

    def place_on(self, cell) -> None:
        """Give a cell made of this type its own synapses and electrodes."""
        for one in self.point_processes:
            segment = cell.segments.at(self.section_names[one.section], one.x)
            is_synapse = receives_events(one.kind) and not is_electrode(one.kind)
            placed = place(cell, segment, one.kind, dict(one.parameters), False, False, is_synapse)
            placed.weight = one.weight if is_synapse else None

    def require_own_segments(self, nsegs_method: str | None) -> None:
        """Refuse a rule that a user gives for the number of segments.

        Raises
        ------
        CellError
            Says how to capture the model with other segments.
        """
        if nsegs_method is not None and not is_default(nsegs_method):
            raise CellError(
                f"nsegs_method={nsegs_method!r}: {self.name} has its own segments, and values on each; for others "
                "capture the model with another nseg, for instance call=['forall nseg *= 3', 'set_the_parameters()']"
            )

    def _require_mechanisms(self) -> None:
        needed = {*self.mechanisms, *(process.kind for process in self.point_processes)}
        if self._mechanisms is not None and not needed <= {*density_mechanisms(), *point_processes()}:
            load_mechanisms(self._mechanisms)
        known = {*density_mechanisms(), *point_processes()}
        missing = sorted(needed - known)
        if missing:
            raise MechanismError(
                f"{self.name} needs {', '.join(missing)}, which are not in this process; load their mod files first: "
                "lfptools.load_mechanisms(folder), CellType.open(path, mechanisms=folder), or mechanisms: in a study"
            )
        hashes = self.dataset["mechanism_source"].values if self.mechanisms else ()
        other = [name for name, known in zip(self.mechanisms, hashes, strict=True) if mechanism_hash(name) != known]
        if other:
            raise MechanismError(
                f"{self.name} was captured with other mod files of {', '.join(other)} than those in this process; "
                "capture it again, or load the mod files that it was captured with in a process of their own"
            )
        for name in self.mechanism_globals:
            if not is_global(name):
                raise MechanismError(
                    f"{self.name}: there is no GLOBAL {name!r} in this process: its mod files have changed"
                )

    def _require_layers(self) -> None:
        wanted, has = int(self.dataset.attrs["extracellular_layers"]), int(h.nlayer_extracellular())
        if "extracellular" not in self.mechanisms or wanted == has:
            return
        if any(section.has_membrane("extracellular") for section in h.allsec()):
            raise CellError(
                f"{self.name} has {wanted} extracellular layers, other cells of this process {has}: NEURON has one "
                "number for all; close the others or use a process of its own"
            )
        h.nlayer_extracellular(wanted)
        forget_tables()
