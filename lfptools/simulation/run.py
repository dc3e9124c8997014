"""Runs of one or several cells: what is recorded, what comes out, and under which labels."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xarray as xr

from lfptools.errors import CellError, LfptoolsWarning, SimulationError
from lfptools.geometry.leadfield import LeadField, row_matrix
from lfptools.schema.labels import row_label_attrs
from lfptools.simulation import live, outputs
from lfptools.simulation.engine import Block, Sink, segment_references
from lfptools.simulation.engine import run as run_blocks
from lfptools.simulation.extracellular import played
from lfptools.simulation.labels import dataset_attrs, electrode_coords, segment_coords, site_coords, synapse_coords
from lfptools.simulation.names import variable_attrs
from lfptools.simulation.state import RunSettings, VariableStep, membrane_currents

NET_CURRENT_TOLERANCE_NA = 1e-6

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
    """

    imem: bool = False
    vmem: bool = False
    ipas: bool = False
    icap: bool = False
    variables: Sequence[str] = ()
    sites: Mapping[str, tuple[str, Sequence[int]]] = field(default_factory=dict)


def simulate(
    cells: Sequence,
    probes: Sequence[LeadField] = (),
    recording: Recording | None = None,
    variable_step: VariableStep | None = None,
    second_order: int = 0,
    mechanism_globals: Mapping[str, float] | None = None,
    engine: str = "neuron",
) -> list[xr.Dataset]:
    """Run cells together and return one labelled dataset a cell.

    Parameters
    ----------
    cells : sequence of Cell
        They must agree on ``tstart``, ``tstop``, ``dt``, ``v_init`` and ``celsius``.
    probes : sequence of LeadField
        Predictors, each applied to the cell that is its ``.cell`` (to the only cell, where there is one); their
        ``.data`` is set.
    recording : Recording, optional
        What else is recorded.
    variable_step : VariableStep, optional
        Tolerances; None runs the fixed step.
    second_order : int
        NEURON's ``secondorder``.
    mechanism_globals : mapping of str to float, optional
        GLOBALs of mechanisms during this run.
    engine : {"neuron", "coreneuron"}
        What takes the steps. CoreNEURON gives the same results to rounding, faster, and cannot do all that NEURON does
        (``docs/engines.md``).

    Raises
    ------
    CellError, SimulationError
        For closed cells, cells that disagree, probes of other cells, variables that do not exist.
    """
    recording = recording or Recording()
    settings = _settings(cells, variable_step, second_order, mechanism_globals or {}, engine)
    samples = settings.samples if variable_step is None else None
    with membrane_currents():
        plans = [_CellRun(cell, _probes_of(cell, cells, probes), recording) for cell in cells]
        sinks = [outputs.InMemory(plan.outputs, plan.kept_rows, samples) for plan in plans]
        _run_plans(plans, sinks, settings)
    return [plan.finish(sink, settings) for plan, sink in zip(plans, sinks, strict=True)]


def simulate_to_file(
    cell,
    path: Path | str,
    probes: Sequence[LeadField] = (),
    recording: Recording | None = None,
    variable_step: VariableStep | None = None,
    second_order: int = 0,
    mechanism_globals: Mapping[str, float] | None = None,
    provenance=None,
    engine: str = "neuron",
) -> None:
    """Run one cell and stream everything to a NetCDF file of kind ``run``, which appears when it is complete.

    Parameters as for :func:`simulate`; memory does not grow with the duration.
    """
    from lfptools.io.stream import RunWriter

    settings = _settings([cell], variable_step, second_order, mechanism_globals or {}, engine)
    samples = settings.samples if variable_step is None else None
    with membrane_currents():
        plan = _CellRun(cell, _probes_of(cell, [cell], probes), recording or Recording())
        variables = {output.name: (output.dims, dict(output.attrs)) for output in plan.outputs}
        static = xr.Dataset(coords=plan.coords(), attrs=dataset_attrs(settings))
        with RunWriter(path, "run", static, variables, n_t=samples, provenance=provenance) as writer:
            _run_plans([plan], [outputs.InFile(plan.outputs, writer)], settings)


def _run_plans(plans: Sequence["_CellRun"], sinks: Sequence[Sink], settings: RunSettings) -> None:
    """Let the engine run what was planned; only these cells' events are delivered."""
    blocks = [Block(plan.cell.name, plan.references, (sink,)) for plan, sink in zip(plans, sinks, strict=True)]
    events = [event for plan in plans for placed in plan.cell.placed for event in placed.events()]
    for plan in plans:
        _warn_of_late_spikes(plan.cell)
    cells = [plan.cell for plan in plans]
    with live.only(cells, settings.variable_step is not None), played(cells, settings.t_start):
        run_blocks(blocks, settings, events)
    for plan in plans:
        _warn_of_net_current(plan.cell.name, plan.net_current.worst_nA)
        _warn_of_monopole(plan)


def _warn_of_late_spikes(cell) -> None:
    late = sum(int((placed.spike_times > cell.tstop).sum()) for placed in cell.placed)
    if late:
        warnings.warn(
            f"{cell.name}: {late} spike times lie after tstop = {cell.tstop:g} ms and are not delivered",
            LfptoolsWarning,
            stacklevel=5,
        )


def _warn_of_net_current(name: str, worst_nA: float) -> None:
    if worst_nA > NET_CURRENT_TOLERANCE_NA:
        warnings.warn(
            f"{name}: membrane currents differ from injected currents by up to {worst_nA:.3g} nA (see net_current); "
            "potentials far away contain this monopole",
            LfptoolsWarning,
            stacklevel=4,
        )


def _warn_of_monopole(plan: "_CellRun") -> None:
    names = [
        name
        for probe, name in zip(plan.probes, plan.signal_names, strict=True)
        if getattr(probe, "depends_on_origin", False)
    ]
    if names and plan.net_current.monopole_nA > NET_CURRENT_TOLERANCE_NA:
        warnings.warn(
            f"{plan.cell.name}: membrane currents sum to up to {plan.net_current.monopole_nA:.3g} nA (an electrode "
            f"injects current): {', '.join(names)}, which know them as a dipole, then depend on where the origin of "
            "the cell's coordinates is",
            LfptoolsWarning,
            stacklevel=4,
        )


class _CellRun:
    """The rows, outputs and labels of one cell in one run."""

    def __init__(self, cell, probes: Sequence[LeadField], recording: Recording):
        self.cell, self.probes, self.recording = cell, probes, recording
        self.references: dict[str, list] = {}
        self.outputs: list[outputs.Output] = []
        self.net_current = outputs.NetCurrent()
        self._synapses = [placed for placed in cell.placed if placed.is_synapse]
        self._electrodes = [placed for placed in cell.placed if not placed.is_synapse]
        self.signal_names: list[str] = []
        self.kept_rows: list[str] = []
        self._plan_currents()
        self._plan_point_processes()
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
        self.references["soma_potential"] = [self.cell.soma_location()._ref_v]
        self.outputs += [
            self.net_current,
            outputs.recorded("soma_potential", "soma_potential", None),
        ]
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

    def _plan_point_processes(self) -> None:
        injected = [_current_of(placed) for placed in self._electrodes if placed.is_electrode]
        if injected:
            self.references["electrode_current"] = injected
            self.outputs.append(outputs.recorded("electrode_current", "electrode_current", "electrode"))
        for k, placed in enumerate(self.cell.placed):
            segment = self.cell.segment(placed.idx)
            if placed.record_current:
                self.references[f"i of {k}"] = [_current_of(placed)]
            if placed.record_potential:
                self.references[f"v of {k}"] = [segment._ref_v]
        self.kept_rows = [name for name in self.references if name.startswith(("i of ", "v of "))]
        rows = [f"i of {k}" for k, p in enumerate(self.cell.placed) if p.is_synapse and p.record_current]
        if rows:
            self.outputs.append(
                outputs.Output(
                    "synapse_current",
                    lambda given: np.concatenate([given[row] for row in rows]),
                    "synapse",
                    outputs.unit_attrs("synapse_current"),
                )
            )

    def _plan_variables(self) -> None:
        for variable in self.recording.variables:
            self._plan_segment_variable(variable, variable)
        for name, (variable, where) in self.recording.sites.items():
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
        if "synapse" in dims:
            coords |= synapse_coords([placed for placed in self._synapses if placed.record_current], self.cell)
        if "electrode" in dims:
            coords |= electrode_coords([placed for placed in self._electrodes if placed.is_electrode], self.cell)
        for name, (_, where) in self.recording.sites.items():
            coords |= site_coords(name, where, self.cell.segments)
        for probe, name in zip(self.probes, self.signal_names, strict=True):
            dim = self._row_dim(probe, name)
            prefix = dim.removesuffix(probe.row_dim)
            for key, values in probe.row_coords.items():
                coords[f"{prefix}{key}"] = (dim, np.asarray(values), row_label_attrs(key, probe.row_dim))
        return coords

    def finish(self, sink: outputs.InMemory, settings: RunSettings) -> xr.Dataset:
        """Hand the recorded arrays to the cell, its point processes and the probes; return them labelled."""
        t = sink["t"]
        values = {output.name: sink[output.name] for output in self.outputs}
        results = {"tvec": t, "somav": values["soma_potential"]}
        for name, variable in (
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
        for k, placed in enumerate(self.cell.placed):
            placed.results = {
                name: sink[f"{name} of {k}"] for name in ("i", "v") if f"{name} of {k}" in self.references
            }
        for probe, name in zip(self.probes, self.signal_names, strict=True):
            probe.data = values[name].reshape(*getattr(probe, "signal_shape", (-1,)), t.size)
        variables = {output.name: (output.dims, values[output.name], dict(output.attrs)) for output in self.outputs}
        coords = {"t": ("t", t, outputs.unit_attrs("t")), **self.coords()}
        return xr.Dataset(variables, coords, dataset_attrs(settings))


def _settings(
    cells: Sequence,
    variable_step: VariableStep | None,
    second_order: int,
    mechanism_globals: Mapping[str, float],
    engine: str,
) -> RunSettings:
    if not cells:
        raise CellError("simulate needs at least one cell")
    first = cells[0]
    for index, cell in enumerate(cells):
        cell.require_open()
        if any(cell is other for other in cells[:index]):
            raise CellError(f"{cell.name} is given twice")
        for name in ("tstart", "tstop", "dt", "v_init", "celsius", "mechanism_globals"):
            if getattr(cell, name) != getattr(first, name):
                raise CellError(
                    f"cells that run together must agree on {name}: {first.name} has {getattr(first, name)}, "
                    f"{cell.name} has {getattr(cell, name)}"
                )
    settings = RunSettings(
        t_start=first.tstart, t_stop=first.tstop, dt=first.dt, v_init=first.v_init, celsius=first.celsius,
        variable_step=variable_step, second_order=second_order,
        mechanism_globals={**first.mechanism_globals, **mechanism_globals}, engine=engine,
    )  # fmt: skip
    end = (settings.samples - 1) * settings.dt
    if variable_step is None and abs(end - settings.t_stop) > 1e-6 * settings.dt:
        warnings.warn(
            f"tstop = {settings.t_stop:g} ms is no whole number of steps of dt = {settings.dt:g} ms: the run ends at "
            f"{end:g} ms",
            LfptoolsWarning,
            stacklevel=4,
        )
    return settings


def _probes_of(cell, cells: Sequence, probes: Sequence[LeadField]) -> list[LeadField]:
    own = []
    for probe in probes:
        if not isinstance(probe, LeadField):
            raise CellError(f"probes must be predictors with get_transformation_matrix(), got {type(probe).__name__}")
        bound = getattr(probe, "cell", cell)
        if bound is None:
            raise CellError(f"{type(probe).__name__} has cell=None: assign its .cell before it is simulated")
        if len(cells) == 1 or bound is cell:
            own.append(probe)
        elif all(bound is not other for other in cells):
            raise CellError(f"{type(probe).__name__} belongs to a cell that is not among those simulated")
    return own


def _current_of(placed):
    try:
        return placed.hoc._ref_i
    except AttributeError as error:
        raise CellError(f"{placed.kind} has no current 'i' to record") from error


def _attrs_of(variable: str) -> dict[str, object]:
    if variable == "v":
        return outputs.unit_attrs("membrane_potential")
    return variable_attrs(variable)
