"""Builds, runs and drops cells, one after the other: ``python many_cells.py total``; prints bytes of growth a cell.

The garbage collector is off: a cell goes with its last reference.
"""

import gc
import sys
import warnings

import psutil
from neuron import h

import lfptools
from lfptools import Cell, LineSourcePotential, StimIntElectrode, Synapse

MORPHOLOGY = lfptools.example_morphology("ball_and_sticks")
SETTLING = 1000


def one() -> None:
    cell = Cell(MORPHOLOGY, passive=True, tstop=1.0, dt=0.1, nsegs_method=None)
    synapse = Synapse(cell, 0, "ExpSyn", weight=0.01, record_current=True)
    synapse.set_spike_times([0.2])
    StimIntElectrode(cell, 0, "IClamp", amp=0.1, dur=0.5)
    cell.simulate(probes=[LineSourcePotential(cell, x=[50.0], y=[0.0], z=[0.0])], rec_imem=True)


def main(total: int) -> None:
    process = psutil.Process()
    for _ in range(min(SETTLING, total // 2)):
        one()
    before, counted = process.memory_info().rss, total - min(SETTLING, total // 2)
    for _ in range(counted):
        one()
    print((process.memory_info().rss - before) / counted, sum(1 for _ in h.allsec()))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    gc.disable()
    main(int(sys.argv[1]))
