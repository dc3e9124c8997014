"""Runs of one or several cells: what is recorded, what comes out, and under which labels."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import xarray as xr

from lfptools.errors import CellError, LfptoolsWarning
from lfptools.geometry.leadfield import LeadField
from lfptools.simulation import live, outputs
from lfptools.simulation.cellrun import CellRun, Recording
from lfptools.simulation.engine import Block, Sink
from lfptools.simulation.engine import run as run_blocks
from lfptools.simulation.extracellular import played
from lfptools.simulation.labels import dataset_attrs
from lfptools.simulation.state import RunSettings, VariableStep, membrane_currents

NET_CURRENT_TOLERANCE_NA = 1e-6


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
        plans = [CellRun(cell, _probes_of(cell, cells, probes), recording) for cell in cells]
        sinks = [outputs.InMemory(plan.outputs, samples) for plan in plans]
        _run_plans(plans, [(sink,) for sink in sinks], settings)
    return [plan.finish(sink, dataset_attrs(settings)) for plan, sink in zip(plans, sinks, strict=True)]


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
    to_memory: bool = False,
) -> xr.Dataset | None:
    """Run one cell and stream everything to a NetCDF file of kind ``run``, which appears when it is complete.

    Parameters as for :func:`simulate`; memory does not grow with the duration, unless the run is kept there too
    (``to_memory``), and then returned.
    """
    from lfptools.io.stream import RunWriter

    settings = _settings([cell], variable_step, second_order, mechanism_globals or {}, engine)
    samples = settings.samples if variable_step is None else None
    with membrane_currents():
        plan = CellRun(cell, _probes_of(cell, [cell], probes), recording or Recording())
        variables = {output.name: (output.dims, dict(output.attrs)) for output in plan.outputs}
        static = xr.Dataset(coords=plan.coords(), attrs=dataset_attrs(settings))
        memory = [outputs.InMemory(plan.outputs, samples)] if to_memory else []
        with RunWriter(path, "run", static, variables, n_t=samples, provenance=provenance) as writer:
            _run_plans([plan], [(outputs.InFile(plan.outputs, writer), *memory)], settings)
    return plan.finish(memory[0], dataset_attrs(settings)) if to_memory else None


def _run_plans(plans: Sequence["CellRun"], sinks: Sequence[Sequence[Sink]], settings: RunSettings) -> None:
    """Let the engine run what was planned; only these cells' events are delivered."""
    blocks = [
        Block(plan.cell.name, plan.references, [plan.corrected(sink) for sink in own])
        for plan, own in zip(plans, sinks, strict=True)
    ]
    events = [event for plan in plans for placed in plan.cell.placed for event in placed.events()]
    for plan in plans:
        _warn_of_late_spikes(plan.cell)
    cells = [plan.cell for plan in plans]
    with live.only(cells, settings.variable_step is not None), played(cells, settings.t_start):
        run_blocks(blocks, settings, events)
    for plan in plans:
        warn_of_net_current(plan.cell.name, plan.net_current.worst_nA)
        _warn_of_monopole(plan)


def _warn_of_late_spikes(cell) -> None:
    late = sum(int((placed.spike_times > cell.tstop).sum()) for placed in cell.placed)
    if late:
        warnings.warn(
            f"{cell.name}: {late} spike times lie after tstop = {cell.tstop:g} ms and are not delivered",
            LfptoolsWarning,
            stacklevel=5,
        )


def warn_of_net_current(name: str, worst_nA: float) -> None:
    if worst_nA > NET_CURRENT_TOLERANCE_NA:
        warnings.warn(
            f"{name}: membrane currents differ from injected currents by up to {worst_nA:.3g} nA (see net_current); "
            "potentials far away contain this monopole",
            LfptoolsWarning,
            stacklevel=4,
        )


def _warn_of_monopole(plan: "CellRun") -> None:
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
