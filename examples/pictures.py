"""A spike in a pyramidal neuron, in pictures: over the cell, along its branches, around it, as a movie, as a page.

Usage: python examples/pictures.py [folder]
"""

import sys
from pathlib import Path

import numpy as np

import lfptools


def simulate():
    """NEURON's demo neuron with Hodgkin–Huxley channels and a pulse into its soma; a plane of contacts around it."""
    cell = lfptools.Cell("neuron:demo/pyramid.nrn", tstop=12.0, dt=2**-5, v_init=-65.0)
    cell.set_rotation(x=np.pi / 2)  # apical dendrite up: +y to +z
    cell.insert("hh")
    cell.insert("hh", "dend", gnabar_hh=0.04, gkbar_hh=0.012)
    lfptools.StimIntElectrode(cell, idx=0, pptype="IClamp", amp=4.0, delay=1.0, dur=1.0)
    x, z = (grid.ravel() for grid in np.meshgrid(np.linspace(-200, 200, 17), np.linspace(-300, 1000, 53)))
    plane = lfptools.LineSourcePotential(cell=cell, x=x, y=np.full(x.size, 20.0), z=z, sigma=0.3)
    return cell, cell.simulate(probes=[plane], rec_vmem=True)


def main(folder: Path) -> dict:
    """Make the pictures; returns the numbers that were drawn and the spikes."""
    cell, result = simulate()
    voltage, soma = result["membrane_potential"], result["soma_potential"]
    spikes = lfptools.find_spikes(voltage, threshold_mV=-20.0)

    drawn = {}
    pictures = {
        "morphology": lfptools.plot_morphology(cell, voltage, times=[2.5, 3.5, 5.0]),
        "types": lfptools.plot_morphology(
            cell, groups={"soma": ["soma"], "apical": ["dendrite_1"], "basal": ["dendrite_"]}, height_mm=70
        ),
        "latency": lfptools.plot_dendrogram(
            cell, spikes["peak_time"].isel(spike=0), name="time of the spike's peak", height_mm=70
        ),
        "potential": lfptools.plot_potential_maps(result["potential"], cell, [2.25, 2.75, 3.5, 5.0], course=soma),
    }
    for name, (figure, numbers) in pictures.items():
        lfptools.save_figure(figure, folder / name)
        drawn[name] = numbers
    window = {"window_ms": (1.0, 9.0), "frames": 33, "frames_per_s": 12.0, "dpi": 100.0}
    lfptools.morphology_movie(folder / "spike.gif", cell, voltage, course=soma, **window)
    lfptools.morphology_page(folder / "spike.html", cell, voltage, title="A spike in a pyramidal neuron")
    return {**drawn, "spikes": spikes}


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "pictures")
    found = main(folder)
    peak = found["spikes"]["peak_time"].isel(spike=0)
    print(f"the spike peaks first at {float(peak.min()):.2f} ms, and in the last tip at {float(peak.max()):.2f} ms")
    print("pictures:", *sorted(path.name for path in folder.iterdir()))
