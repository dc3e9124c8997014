"""NEURON's process-wide state, set for one run and put back after it.

``celsius``, ``dt``, the solver and the GLOBALs of mod files belong to the process in NEURON; here they belong to a run.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from math import isfinite, nan

from neuron import h

from lfptools.errors import SimulationError, unknown_name
from lfptools.simulation.engines import ENGINES
from lfptools.simulation.names import all_globals, is_global

_NAMES = ("celsius", "dt", "secondorder", "t")


@dataclass(frozen=True)
class VariableStep:
    """Tolerances of NEURON's variable-step solver (CVODE)."""

    atol: float = 1e-3
    rtol: float = 0.0

    def __post_init__(self) -> None:
        if (
            not (isfinite(self.atol) and isfinite(self.rtol))
            or min(self.atol, self.rtol) < 0
            or not (self.atol or self.rtol)
        ):
            raise SimulationError(f"atol and rtol must be ≥ 0 and not both 0, got atol={self.atol}, rtol={self.rtol}")


@dataclass(frozen=True)
class RunSettings:
    """What one run of NEURON is given.

    Parameters
    ----------
    t_start, t_stop : float
        ms; ``t_start`` ≤ 0. What happens before 0 is simulated and not recorded.
    dt : float
        ms, > 0.
    v_init : float
        mV.
    celsius : float, optional
        °C; None leaves what the process has.
    variable_step : VariableStep, optional
        None runs the fixed step.
    second_order : int
        NEURON's ``secondorder``: 0 backward Euler, 1 or 2 Crank–Nicolson.
    mechanism_globals : mapping of str to float
        GLOBALs of mechanisms by NEURON's name, for instance ``usetable_hh``.
    engine : str
        What takes the steps, see :mod:`lfptools.simulation.engines`.

    Raises
    ------
    SimulationError
        For values that no run can have.
    """

    t_stop: float
    dt: float
    t_start: float = 0.0
    v_init: float = -70.0
    celsius: float | None = None
    variable_step: VariableStep | None = None
    second_order: int = 0
    mechanism_globals: Mapping[str, float] = field(default_factory=dict)
    engine: str = "neuron"

    def __post_init__(self) -> None:
        for name in ("t_stop", "dt", "t_start", "v_init", "celsius"):
            value = getattr(self, name)
            if value is None and name == "celsius":
                continue
            try:
                number = float(value)
            except (TypeError, ValueError):
                number = nan
            if not isfinite(number):
                raise SimulationError(f"{name} must be a finite number, got {value!r}")
            # Whole numbers and floats of the same value must give the same file.
            object.__setattr__(self, name, number)
        if self.dt <= 0:
            raise SimulationError(f"dt must be > 0 ms, got {self.dt}")
        if self.t_start > 0:
            raise SimulationError(f"tstart must be ≤ 0 ms (recording starts at 0), got {self.t_start}")
        if self.t_stop < self.dt:
            raise SimulationError(f"tstop must be at least one step of dt={self.dt} ms, got {self.t_stop} ms")
        if abs(self.steps_before_zero * self.dt + self.t_start) > 1e-6 * self.dt:
            raise SimulationError(
                "tstart must be a whole number of steps before 0, so that 0 is a step; "
                f"got {self.t_start} ms with dt={self.dt} ms"
            )
        if self.engine not in ENGINES:
            raise SimulationError(unknown_name("engine", self.engine, ENGINES))
        if self.second_order not in (0, 1, 2):
            raise SimulationError(f"secondorder must be 0, 1 or 2, got {self.second_order}")

    @property
    def samples(self) -> int:
        """Number of samples of a fixed-step run from 0 to ``t_stop``, both included."""
        return round(self.t_stop / self.dt) + 1

    @property
    def steps_before_zero(self) -> int:
        return round(-self.t_start / self.dt)


@cache
def cvode():
    """NEURON's CVode, made once: each object of NEURON's leaves 96 bytes behind when it goes."""
    return h.CVode()


@cache
def parallel_context():
    """NEURON's ParallelContext, made once."""
    return h.ParallelContext()


class Changes:
    """What a cell's own code changed in NEURON's process-wide variables."""

    def __init__(self) -> None:
        self.celsius: float | None = None
        self.mechanism_globals: dict[str, float] = {}


@contextmanager
def kept_state() -> Iterator[Changes]:
    """Put back what a cell's own code sets in NEURON's process-wide variables, and say at the end what it was.

    These are ``celsius``, ``dt``, ``t``, ``secondorder`` and the GLOBALs of all mechanisms.
    """
    kept = {name: getattr(h, name) for name in _NAMES}
    before = mechanism_globals()
    changes = Changes()
    try:
        yield changes
    finally:
        if h.celsius != kept["celsius"]:
            changes.celsius = h.celsius
        now = {name: getattr(h, name) for name in before}
        changes.mechanism_globals = {name: now[name] for name in now if now[name] != before[name]}
        for name, value in (*kept.items(), *before.items()):
            setattr(h, name, value)


def mechanism_globals() -> dict[str, float]:
    """Every settable scalar GLOBAL of the mechanisms in this process, and its value."""
    return {name: getattr(h, name) for name in all_globals() if is_global(name)}


@contextmanager
def membrane_currents() -> Iterator[None]:
    """``i_membrane_`` of every segment exists inside; references to it are lost when it goes."""
    solver = cvode()
    before = solver.use_fast_imem()
    solver.use_fast_imem(1)
    try:
        yield
    finally:
        solver.use_fast_imem(before)


@contextmanager
def run_state(settings: RunSettings) -> Iterator[h.CVode]:
    """Set what a run needs in NEURON, hand out the solver, and restore all of it, whatever happens.

    Raises
    ------
    SimulationError
        If a mechanism global does not exist in this process.
    """
    solver = cvode()
    for name in settings.mechanism_globals:
        if not is_global(name):
            raise SimulationError(
                f"no loaded mechanism has a GLOBAL {name!r}: write it as NEURON does, name_mechanism (usetable_hh)"
            )
    kept = {name: getattr(h, name) for name in (*_NAMES, *settings.mechanism_globals)}
    kept_solver = {name: getattr(solver, name)() for name in ("active", "atol", "rtol", "use_local_dt", "use_daspk")}
    parallel = parallel_context()
    threads = int(parallel.nthread())
    extracellular = any(section.has_membrane("extracellular") for section in h.allsec())
    if settings.second_order and extracellular:
        raise SimulationError(
            "secondorder beside the mechanism extracellular is silently wrong in NEURON: use backward Euler (0), or "
            "close the cells that have it"
        )
    try:
        if threads > 1:  # NEURON cannot tell which thread a recording belongs to
            parallel.nthread(1)
        solver.use_local_dt(0)
        solver.active(0)
        # NEURON keeps the matrix method of extracellular after its cells are gone; it takes it up by itself again.
        solver.use_mxb(0)
        h.secondorder = settings.second_order
        h.dt = settings.dt
        if settings.celsius is not None:
            h.celsius = settings.celsius
        for name, value in settings.mechanism_globals.items():
            setattr(h, name, value)
        if settings.variable_step is not None:
            solver.atol(settings.variable_step.atol)
            solver.rtol(settings.variable_step.rtol)
            solver.use_daspk(int(extracellular))  # CVODE alone cannot solve it
            solver.active(1)
        yield solver
    finally:
        for name, value in kept_solver.items():
            getattr(solver, name)(value)
        if threads > 1:
            parallel.nthread(threads)
        for name, value in kept.items():
            setattr(h, name, value)
