"""The same stimulus to the original and to its copy: what each answers, and whether the answers are the same."""

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np

from lfptools.errors import LfptoolsWarning
from lfptools.simulation.cell import Cell
from lfptools.simulation.cellrun import Recording
from lfptools.simulation.pointprocess import StimIntElectrode, Synapse
from lfptools.simulation.run import simulate

T_STOP_MS, DT_MS = 100.0, 0.025
TOLERANCE_MV = 1e-6
SPIKE_MV = -20.0

_STRONG_MV = 60.0  # a depolarisation that is a spike, or would be one
_FIRST_NA, _FACTOR, _TRIALS = 0.02, 4.0, 9
_SITES = 200


@dataclass(frozen=True)
class Stimulus:
    """A strong step at the root, a weaker one of the other sign, and two events of a synapse far out.

    Parameters
    ----------
    root, far : int
        Indices of the segments.
    amplitude_nA : float
        Of the strong step.
    weight_uS : float
        Of the synapse.
    v_init_mV : float
        From where it starts.
    """

    root: int
    far: int
    amplitude_nA: float
    weight_uS: float
    v_init_mV: float

    def as_dict(self) -> dict[str, float | int]:
        """Plain data."""
        return asdict(self)


def choose_stimulus(cell: Cell) -> Stimulus:
    """Twice the weakest of a series of steps that depolarises the root strongly; the segment farthest from the root."""
    midpoints = cell.segments.midpoints
    root = _root(cell)
    far = int(np.argmax(np.linalg.norm(midpoints - midpoints[root], axis=1)))
    for trial in range(_TRIALS):
        amplitude = _FIRST_NA * _FACTOR**trial
        stimulus = Stimulus(root, far, amplitude, 0.01 * amplitude, cell.v_init)
        if np.ptp(respond(cell, stimulus, 30.0)["root_mV"]) >= _STRONG_MV:
            break
    return replace(stimulus, amplitude_nA=2 * stimulus.amplitude_nA)


def respond(cell: Cell, stimulus: Stimulus, t_stop_ms: float = T_STOP_MS) -> dict[str, np.ndarray]:
    """Potential of the root at every step, and of up to 200 segments in ``sites_mV``."""
    cell.v_init, cell.tstart, cell.tstop, cell.dt = stimulus.v_init_mV, 0.0, t_stop_ms, DT_MS
    placed = list(cell.placed)
    strong, weak = stimulus.amplitude_nA, -0.3 * stimulus.amplitude_nA
    StimIntElectrode(cell, stimulus.root, "IClamp", amp=strong, delay=5.0, dur=55.0)
    StimIntElectrode(cell, stimulus.root, "IClamp", amp=weak, delay=70.0, dur=15.0)
    synapse = Synapse(cell, stimulus.far, "ExpSyn", weight=stimulus.weight_uS, e=0.0, tau=2.0)
    sites = np.unique(np.linspace(0, cell.totnsegs - 1, min(cell.totnsegs, _SITES)).astype(int)).tolist()
    recording = Recording(sites={"root_mV": ("v", [stimulus.root]), "sites_mV": ("v", sites)})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LfptoolsWarning)  # events after a short run's end, other cells
            synapse.set_spike_times([20.0, 65.0])
            run = simulate([cell], recording=recording)[0]
    finally:
        for one in cell.placed[len(placed) :]:
            one.release()
        cell.placed[:] = placed
    return {"root_mV": run["root_mV"].values[0], "sites_mV": run["sites_mV"].values}


def compare(original: Mapping[str, np.ndarray], copy: Mapping[str, np.ndarray]) -> dict[str, float | int]:
    """Spikes of both, and the largest difference of any potential at any step."""
    worst = max(float(np.abs(original[name] - copy[name]).max()) for name in ("root_mV", "sites_mV"))
    spikes = {name: spike_steps(answer["root_mV"]) for name, answer in (("original", original), ("copy", copy))}
    return {
        "spikes": len(spikes["original"]),
        "spikes_of_copy": len(spikes["copy"]),
        "equal_spikes": int(np.isin(spikes["original"], spikes["copy"]).sum()),
        "largest_difference_mV": worst,
        "segments": int(original["sites_mV"].shape[0]),
        "t_stop_ms": T_STOP_MS,
        "dt_ms": DT_MS,
    }


def is_equal(found: Mapping[str, float | int]) -> bool:
    """Whether the copy is the original: the same spikes, potentials within 1e-6 mV."""
    same = found["spikes"] == found["spikes_of_copy"] == found["equal_spikes"]
    return same and found["largest_difference_mV"] <= TOLERANCE_MV


def spike_steps(potential: np.ndarray) -> np.ndarray:
    """Steps at which a potential has crossed −20 mV upwards."""
    above = potential > SPIKE_MV
    return np.flatnonzero(above[1:] & ~above[:-1]) + 1


def _root(cell: Cell) -> int:
    """The middle segment of the section that hangs on nothing."""
    section = int(np.flatnonzero(cell.segments.section_parent < 0)[0])
    own = np.flatnonzero(cell.segments.section == section)
    return int(own[own.size // 2])
