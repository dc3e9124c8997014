"""One cell in one run: which rows are recorded, what is computed of them, and under which labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from lfptools.errors import CellError, SimulationError
from lfptools.geometry.leadfield import LeadField, row_matrix
from lfptools.schema.labels import row_label_attrs
from lfptools.simulation import outputs
from lfptools.simulation.engine import Sink, segment_references
from lfptools.simulation.labels import segment_coords, site_coords
from lfptools.simulation.names import MEMBRANE_CURRENT, variable_attrs
from lfptools.simulation.placedrows import PlacedRows

# mA/cm² times µm² in nA.
_DENSITY_TO_NA = 1e-2


@dataclass(frozen=True)
class Recording:
    """What a run records besides the soma's potential, point processes and the sum of currents.

    Parameters
    ----------
    imem, vmem, ipas, icap : bool
        Membrane currents (nA), potentials (mV), passive and capacitive currents (nA) of every segment.
    variables : sequence of str
        NEURON variables of every segment that has them (``cai``, ``ina``); NaN in the others.
    sites : mapping of str to (str, sequence of int)
        Name to a NEURON variable and the indices of the segments where it is recorded.
    soma : bool
        The potential in the middle of the soma.
    """

    imem: bool = False
    vmem: bool = False
    ipas: bool = False
    icap: bool = False
    variables: Sequence[str] = ()
    sites: Mapping[str, tuple[str, Sequence[int]]] = field(default_factory=dict)
    soma: bool = True


class CellRun:
    """The rows, outputs and labels of one cell in one run."""

    def __init__(self, cell, probes: Sequence[LeadField], recording: Recording):
        self.cell, self.probes, self.recording = cell, probes, recording
        self.references: dict[str, list] = {}
        self.outputs: list[outputs.Output] = []
        self.placed = PlacedRows(cell)
        self.net_current = outputs.NetCurrent(self.placed.injecting)
        self.signal_names: list[str] = []
        self._plan_currents()
        self.references |= self.placed.references
        self.outputs += self.placed.outputs
        self._plan_variables()
        self._plan_signals()

    def _plan_currents(self) -> None:
        segments, recording = self.cell.neuron_segments(), self.recording
        if len(segments) != self.cell.totnsegs:
            raise CellError(
                f"{self.cell.name} was made with {self.cell.totnsegs} segments and has {len(segments)} now: set nseg "
                "in custom_fun or with nsegs_method, before the cell's geometry is taken"
            )
        self.references["membrane_current"] = segment_references(segments, "i_membrane_")
        self.outputs.append(self.net_current)
        if recording.soma:
            self.references["soma_potential"] = [self.cell.soma_location()._ref_v]
            self.outputs.append(outputs.recorded("soma_potential", "soma_potential", None))
        if recording.imem:
            self.outputs.append(outputs.recorded("membrane_current", "membrane_current", "segment"))
        if recording.vmem:
            self.references["membrane_potential"] = segment_references(segments, "v")
            self.outputs.append(outputs.recorded("membrane_potential", "membrane_potential", "segment"))
            self._plan_surface_potential(segments)
        for wanted, name, variable in (
            (recording.ipas, "passive_current", "i_pas"),
            (recording.icap, "capacitive_current", "i_cap"),
        ):
            if wanted:
                self._plan_segment_variable(name, variable, factor=self.cell.area * _DENSITY_TO_NA)

    def _plan_surface_potential(self, segments: Sequence) -> None:
        """Beside ``extracellular`` the potential inside, which drives axial currents, is not the membrane potential."""
        own = np.array([hasattr(segment, "_ref_e_extracellular") for segment in segments])
        if not own.any():
            return
        self.references["surface_potential"] = [
            segment._ref_vext[0] for segment, has in zip(segments, own, strict=True) if has
        ]

        def compute(rows: outputs.Rows) -> np.ndarray:
            values = np.zeros((own.size, rows["surface_potential"].shape[1]))  # the others are grounded outside
            values[own] = rows["surface_potential"]
            return values

        attrs = outputs.unit_attrs("surface_potential")
        self.outputs.append(outputs.Output("surface_potential", compute, "segment", attrs))

    def _plan_segment_variable(self, name: str, variable: str, factor: np.ndarray | None = None) -> None:
        """One row a segment, NaN where a segment has no such variable."""
        segments = self.cell.neuron_segments()
        reference = f"_ref_{variable}"
        own = np.array([hasattr(segment, reference) for segment in segments])
        if not own.any():
            raise SimulationError(
                f"no segment of {self.cell.name} has a variable {variable!r} to record: "
                "is its mechanism inserted, and is it a RANGE variable (name_mechanism)?"
            )
        self.references[name] = [getattr(segment, reference) for segment in np.array(segments, dtype=object)[own]]
        weights = (np.ones(own.size) if factor is None else factor)[own, None]

        def compute(rows: outputs.Rows) -> np.ndarray:
            values = np.full((own.size, rows[name].shape[1]), np.nan)
            values[own] = rows[name] * weights
            return values

        attrs = {"units": "nA", "long_name": name.replace("_", " ")} if factor is not None else _attrs_of(variable)
        self.outputs.append(outputs.Output(name, compute, "segment", attrs))

    def _plan_variables(self) -> None:
        for variable in self.recording.variables:
            self._plan_segment_variable(variable, variable)
        for name, (variable, where) in self.recording.sites.items():
            if variable == MEMBRANE_CURRENT:  # as all membrane currents: stand-ins for synapses are counted as such
                rows_of = np.array(where, dtype=np.int64)
                self.outputs.append(
                    outputs.Output(
                        name, lambda rows, rows_of=rows_of: rows["membrane_current"][rows_of], f"{name}_site",
                        _attrs_of(variable),
                    )
                )  # fmt: skip
                continue
            segments = [self.cell.segment(idx) for idx in where]
            self.references[name] = segment_references(segments, variable)
            self.outputs.append(
                outputs.Output(name, lambda rows, name=name: rows[name], f"{name}_site", _attrs_of(variable))
            )

    def _plan_signals(self) -> None:
        taken: dict[str, int] = {}
        for probe in self.probes:
            base = getattr(probe, "name", None) or probe.quantity
            taken[base] = taken.get(base, 0) + 1
            name = base if taken[base] == 1 else f"{base}_{taken[base]}"
            matrix = row_matrix(probe)
            if matrix.ndim != 2 or matrix.shape[1] != self.cell.totnsegs:
                raise CellError(
                    f"{type(probe).__name__}: its matrix has shape {matrix.shape}, but {self.cell.name} has "
                    f"{self.cell.totnsegs} segments; was it made for another cell?"
                )
            self.signal_names.append(name)
            self.outputs.append(outputs.projected(name, probe.quantity, self._row_dim(probe, name), matrix))

    def _row_dim(self, probe: LeadField, name: str) -> str:
        """Probes with different contacts need dimensions of their own."""
        first = next(p for p in self.probes if p.row_dim == probe.row_dim)
        same = all(
            np.array_equal(np.asarray(probe.row_coords[key]), np.asarray(first.row_coords[key]))
            for key in first.row_coords
        )
        return probe.row_dim if same else f"{name}_{probe.row_dim}"

    def coords(self) -> dict[str, tuple]:
        """Labels of every dimension that the outputs have."""
        dims = {output.row_dim for output in self.outputs}
        coords: dict[str, tuple] = {}
        if "segment" in dims:
            coords |= segment_coords(self.cell.segments)
        coords |= self.placed.coords()
        for name, (_, where) in self.recording.sites.items():
            coords |= site_coords(name, where, self.cell.segments)
        for probe, name in zip(self.probes, self.signal_names, strict=True):
            dim = self._row_dim(probe, name)
            prefix = dim.removesuffix(probe.row_dim)
            for key, values in probe.row_coords.items():
                coords[f"{prefix}{key}"] = (dim, np.asarray(values), row_label_attrs(key, probe.row_dim))
        return coords

    def corrected(self, sink: Sink) -> Sink:
        """The sink, given currents of electrodes that stand for synapses as membrane currents."""
        stand_ins = self.placed.stand_ins
        return outputs.StandIns(sink, *stand_ins) if stand_ins[0].size else sink

    def finish(self, sink: outputs.InMemory, attrs: Mapping[str, object]) -> xr.Dataset:
        """Hand the recorded arrays to the cell, its point processes and the probes; return them labelled."""
        t = sink["t"]
        values = {output.name: sink[output.name] for output in self.outputs}
        results = {"tvec": t}
        for name, variable in (
            ("somav", "soma_potential"),
            ("imem", "membrane_current"),
            ("vmem", "membrane_potential"),
            ("vext", "surface_potential"),
            ("ipas", "passive_current"),
            ("icap", "capacitive_current"),
        ):
            if variable in values:
                results[name] = values[variable]
        if self.recording.variables:
            results["rec_variables"] = {name: values[name] for name in self.recording.variables}
        self.cell.keep_results(results)
        self.placed.keep_results(values)
        for probe, name in zip(self.probes, self.signal_names, strict=True):
            probe.data = values[name].reshape(*getattr(probe, "signal_shape", (-1,)), t.size)
        variables = {output.name: (output.dims, values[output.name], dict(output.attrs)) for output in self.outputs}
        coords = {"t": ("t", t, outputs.unit_attrs("t")), **self.coords()}
        return xr.Dataset(variables, coords, attrs)


def _attrs_of(variable: str) -> dict[str, object]:
    if variable == "v":
        return outputs.unit_attrs("membrane_potential")
    return variable_attrs(variable)
