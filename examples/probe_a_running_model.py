"""Signals of a NEURON model that runs itself: a ring of cells, with the three lines that a probe takes.

The model is a class of cells, as in NEURON's own tutorials; nothing in it knows of lfptools. A probe records while the
model's own ``h.continuerun`` runs, of all its cells together and of one of them alone.

Usage: python examples/probe_a_running_model.py
"""

from itertools import pairwise

import numpy as np
import xarray as xr
from neuron import h

import lfptools

h.load_file("stdrun.hoc")
N_CELLS, RADIUS_UM, T_STOP_MS = 5, 60.0, 60.0


class BallAndStick:
    """A soma with hh and a passive dendrite along z."""

    def __init__(self, gid: int, x: float, y: float):
        self.gid = gid
        self.soma, self.dend = h.Section(name="soma", cell=self), h.Section(name="dend", cell=self)
        self.all = [self.soma, self.dend]
        self.dend.connect(self.soma(1))
        for section, z, length, diameter in ((self.soma, 0.0, 12.6, 12.6), (self.dend, 12.6, 200.0, 1.0)):
            section.pt3dadd(x, y, z, diameter)
            section.pt3dadd(x, y, z + length, diameter)
            section.Ra, section.cm = 100.0, 1.0
        self.dend.nseg = 11
        self.soma.insert("hh")
        self.dend.insert("pas")
        self.dend.g_pas, self.dend.e_pas = 1e-3, -65.0
        self.synapse = h.ExpSyn(self.dend(0.5))
        self.synapse.tau = 2.0

    def __repr__(self) -> str:
        return f"BallAndStick[{self.gid}]"


def ring() -> tuple[list[BallAndStick], list]:
    """Cells on a circle, each of which excites the next; the first is started from outside."""
    angles = 2 * np.pi * np.arange(N_CELLS) / N_CELLS
    cells = [BallAndStick(gid, RADIUS_UM * np.cos(a), RADIUS_UM * np.sin(a)) for gid, a in enumerate(angles)]
    start = h.NetStim()
    start.number, start.start = 1, 5.0
    sources = [(start, None, cells[0])]
    sources += [(one.soma(0.5)._ref_v, one.soma, other) for one, other in pairwise(cells)]
    connections = [start]
    for source, section, target in sources:
        connection = (
            h.NetCon(source, target.synapse) if section is None else h.NetCon(source, target.synapse, sec=section)
        )
        connection.weight[0], connection.delay = 0.04, 5.0
        connections.append(connection)
    return cells, connections


def main() -> tuple[xr.Dataset, xr.Dataset]:
    """Signals of the whole ring, and of its third cell."""
    cells, _connections = ring()
    electrode = lfptools.LineSourcePotential(None, x=np.zeros(8), y=np.zeros(8), z=np.linspace(-50.0, 250.0, 8))

    with lfptools.probe(cells, [electrode]) as probed, lfptools.probe(cells[2], [electrode]) as third:
        h.finitialize(-65.0)
        h.continuerun(T_STOP_MS)

    return probed.dataset, third.dataset


if __name__ == "__main__":
    whole, one = main()
    for name, run in (("ring", whole), ("third cell", one)):
        beside = run["potential"].isel(contact=1).values * 1e3
        print(f"{name}: {beside.min():.3f} µV at {run['t'].values[beside.argmin()]:.2f} ms")
