"""Runs by CoreNEURON: NEURON builds and initialises the model, CoreNEURON takes the steps and gives it back."""

import ctypes
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache

import numpy as np
from neuron import h
from threadpoolctl import ThreadpoolController

from lfptools.errors import SimulationError
from lfptools.simulation import eligibility
from lfptools.simulation.compiling import compile_for_coreneuron, own_coreneuron_library, own_mod_files
from lfptools.simulation.mechanisms import (
    density_mechanisms,
    global_parameters,
    loaded_folders,
    mechanism_names,
    point_processes,
)
from lfptools.simulation.state import RunSettings

log = logging.getLogger(__name__)

_TRIAL_STEPS = 2
_TRIAL_TOLERANCE_MV = 1e-7


# What CoreNEURON has taken into this process for the rest of its life: the mechanisms of one library, and GLOBALs.
_LOADED: list[frozenset[str]] = []
_READ: dict[str, tuple[float, ...]] = {}


def available_mechanisms() -> frozenset[str]:
    """Mechanisms that CoreNEURON has in this process: NEURON's own, those of the loaded mod files, and ions.

    Once CoreNEURON has run here, those that it had then.
    """
    if _LOADED:
        return _LOADED[0]
    files = [path for folder in loaded_folders() for path in folder.glob("*.mod")]
    ions = [name for name in density_mechanisms() if name.endswith("_ion")]
    return frozenset([*mechanism_names([*own_mod_files().values(), *files]), *ions])


@contextmanager
def prepared(settings: RunSettings, references: Mapping[str, Sequence]) -> Iterator[Callable[[int], None]]:
    """Make sure that CoreNEURON can run what is alive in NEURON, and hand out what takes a number of steps.

    Parameters
    ----------
    settings : RunSettings
        Of the run, which must be in force.
    references : mapping of str to sequence
        What is recorded: name to NEURON references.

    Raises
    ------
    SimulationError
        With everything that stands in the way.
    MechanismError
        If a loaded mod file does not compile for CoreNEURON.
    """
    available = available_mechanisms()
    variable_step = settings.variable_step is not None
    _refuse([*eligibility.obstacles(available, settings.dt, references, variable_step), *_changed_globals()])
    _load_library(available)
    connections = eligibility.sourceless()
    delays = [connection.delay for connection in connections]
    for connection in connections:
        # CoreNEURON ends the process on a delay below two steps; NetCon.event() takes no notice of it.
        connection.delay = max(10.0, 3 * settings.dt)
    try:
        _compare_first_steps(settings)
        yield _take
    finally:
        for connection, delay in zip(connections, delays, strict=True):
            connection.delay = delay


def _refuse(obstacles: Sequence[str]) -> None:
    if obstacles:
        shown = "".join(f"\n  - {text}" for text in obstacles[:20])
        more = f"\n  … and {len(obstacles) - 20} more" if len(obstacles) > 20 else ""
        raise SimulationError(
            f"CoreNEURON cannot run what is alive in NEURON:{shown}{more}\n"
            "Use engine='neuron'; what belongs to another cell goes with its close()."
        )


def _load_library(available: frozenset[str]) -> None:
    if not _LOADED:
        if hasattr(ctypes.CDLL(None), "corenrn_embedded_run"):
            raise SimulationError(
                "CoreNEURON has been loaded into this process by something else, and which mechanisms it has cannot be "
                "seen: use another process, or engine='neuron'"
            )
        folders = loaded_folders()
        library = compile_for_coreneuron(folders) if folders else own_coreneuron_library()
        # NEURON would look for one in CORENEURONLIB and in the current folder, and takes what is loaded.
        ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
        _LOADED.append(available)
        log.info("CoreNEURON takes its mechanisms from %s", library)


def _changed_globals() -> Iterator[str]:
    """CoreNEURON reads GLOBALs of mechanisms in its first run in a process, and never again."""
    now = _global_values()
    for name, before in _READ.items():
        if now[name] != before:
            is_now, was = (", ".join(f"{value:g}" for value in values) for values in (now[name], before))
            yield (
                f"{name} is {is_now} now and was {was} when CoreNEURON, which reads GLOBALs once, first ran in this "
                "process: use a process for each value"
            )


def _global_values() -> dict[str, tuple[float, ...]]:
    """GLOBALs that a user can set of every mechanism that CoreNEURON may have, arrays too."""
    sizes: dict[str, int] = {}
    for mechanism in (*density_mechanisms(), *point_processes()):
        if not mechanism.endswith("_ion"):  # those are for initialisation, which is NEURON's
            sizes |= global_parameters(mechanism)
    return {
        name: (getattr(h, name),) if size == 1 else tuple(getattr(h, name)[k] for k in range(size))
        for name, size in sizes.items()
    }


def _take(steps: int) -> None:
    """Take some steps from where NEURON is."""
    parallel = h.ParallelContext()
    if not _READ:
        _READ.update(_global_values())
    # psolve() would tell CoreNEURON where to stop in six digits: too few after some 1e5 steps.
    stop = h.t + (steps + 0.25) * h.dt
    with _controller().limit(limits=1, user_api="openmp"):
        parallel.nrncore_run(f" --tstop {stop!r} --verbose 0 --voltage 1000.")
    h.t = parallel.t(0)


@cache
def _controller() -> ThreadpoolController:
    """Of OpenMP, whose threads numba may have set: CoreNEURON has work for one here, and others would spin."""
    return ThreadpoolController()


def _compare_first_steps(settings: RunSettings) -> None:
    """Both engines take the first steps: what cannot be seen (Random.play, callbacks of the solver) shows here."""
    potentials = []
    for engine in ("coreneuron", "neuron"):
        h.finitialize(settings.v_init)
        if engine == "coreneuron":
            _refuse(eligibility.queued())
            _take(_TRIAL_STEPS)
        else:
            for _ in range(_TRIAL_STEPS):
                h.fadvance()
        potentials.append(np.array([segment.v for section in h.allsec() for segment in section]))
    if not np.allclose(*potentials, rtol=1e-9, atol=_TRIAL_TOLERANCE_MV, equal_nan=True):
        raise SimulationError(
            f"after {_TRIAL_STEPS} steps CoreNEURON's potentials differ from NEURON's by "
            f"{np.nanmax(np.abs(np.subtract(*potentials))):.3g} mV: something that NEURON alone does acts on the model "
            "(Random.play, CVode.extra_scatter_gather), or random numbers go on from one run to the next (a RANDOM "
            "needs random_setseq in INITIAL, and set_seq after set_ids). Use engine='neuron'."
        )
