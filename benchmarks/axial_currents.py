"""Axial currents, multi-dipoles, and membrane currents from potentials: lfptools against LFPy in one process.

    python benchmarks/axial_currents.py [--segments 1000] [--steps 1600] [--repeats 5]

Medians of alternating calls on the same model, each from the recorded potentials and nothing prepared; the most memory
that a call takes, by tracemalloc; and by how much each matrix misses the recorded membrane currents.
"""

import argparse
import os
import shutil
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from neuron import h

WORK = {
    "matrix": lambda cell: cell.get_transformation_matrix_vmem_to_imem(),
    "matrix, in lfptools sparse": lambda cell: (
        cell.get_transformation_matrix_vmem_to_imem(sparse=True)
        if hasattr(cell, "segments")
        else cell.get_transformation_matrix_vmem_to_imem()
    ),
    "axial currents": lambda cell: cell.get_axial_currents_from_vmem(),
    "axial currents, 10 samples": lambda cell: cell.get_axial_currents_from_vmem(timepoints=np.arange(10)),
    "multi-dipoles": lambda cell: cell.get_multi_current_dipole_moments(),
}


def run(package, file: str, longest: float, steps: int):
    """NEURON's demo neuron with an input in its tuft, run with potentials and membrane currents recorded."""
    cell = package.Cell(
        morphology=file, passive=True, Ra=150.0, cm=1.0, v_init=-70.0, dt=2**-4, tstop=steps * 2**-4,
        nsegs_method="fixed_length", max_nsegs_length=longest,
    )  # fmt: skip
    synapse = package.Synapse(cell, idx=cell.totnsegs // 2, syntype="Exp2Syn", weight=0.01, e=0.0, tau1=0.5, tau2=5.0)
    synapse.set_spike_times(np.array([2.0, 30.0]))
    cell.simulate(rec_imem=True, rec_vmem=True)
    return cell


def seconds(function: Callable[[], object]) -> float:
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def peak(function: Callable[[], object]) -> float:
    """MB that a call takes beyond what was there."""
    tracemalloc.start()
    function()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--segments", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=1600)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    import LFPy

    import lfptools

    with tempfile.TemporaryDirectory() as folder:
        file = shutil.copy(h.neuronhome() + "/demo/pyramid.nrn", f"{folder}/pyramid.hoc")  # LFPy reads no other ending
        longest = 5620.0 / options.segments  # of about 5.4 mm of dendrite
        cells = {"lfptools": run(lfptools, file, longest, options.steps)}
        cells["lfptools"].close()  # LFPy would take its sections; results and geometry stay
        cells["LFPy"] = run(LFPy, file, longest, options.steps)

    segments = cells["lfptools"].totnsegs
    print(f"{segments} segments, {options.steps} steps\n")
    print("| work | LFPy | lfptools | ratio | memory: LFPy / lfptools |")
    print("|---|---|---|---|---|")
    for name, work in WORK.items():
        times: dict[str, list[float]] = {package: [] for package in cells}
        for _ in range(options.repeats):
            for package, cell in cells.items():
                times[package].append(seconds(lambda work=work, cell=cell: work(cell)))
        own, peer = (statistics.median(times[package]) for package in ("lfptools", "LFPy"))
        most = {package: peak(lambda work=work, cell=cell: work(cell)) for package, cell in cells.items()}
        print(
            f"| {name} | {1e3 * peer:.1f} ms | {1e3 * own:.2f} ms | {peer / own:.0f} × "
            f"| {most['LFPy']:.2f} / {most['lfptools']:.2f} MB |"
        )
    for package, cell in cells.items():
        miss = np.abs(cell.get_transformation_matrix_vmem_to_imem() @ cell.vmem - cell.imem).max()
        print(f"\n{package}: matrix @ vmem misses imem by {miss / np.abs(cell.imem).max():.1e} of its largest value")


if __name__ == "__main__":
    main()
