"""A cell's life, lfptools beside LFPy 2.3.7: build, signals, currents, variable step, stimulation; seconds and memory.

Each case of each package runs in processes of its own, in turn. Seconds are processor time, the least of a process's
repetitions, the median over processes; memory is the most that the process held, all packages included.

    python benchmarks/cell.py [--processes 3] [--repeats 3] [--case build]
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

PACKAGES = ("lfptools", "LFPy")


def build(package, file: str) -> Callable[[], None]:
    """Read and divide the cell."""
    from simulate import model

    return lambda: model(package, (), 100.0, 2**-4, file)


def signals(n: int, mechanisms: tuple[str, ...]) -> Callable:
    """A run with n contacts."""

    def case(package, file: str) -> Callable[[], None]:
        import simulate

        cell = simulate.model(package, mechanisms, 100.0, 2**-4, file)
        contacts = simulate.contacts(n)

        def run() -> None:
            cell.simulate(probes=[package.LineSourcePotential(cell=cell, **contacts)])

        return run

    return case


def currents(package, file: str) -> Callable[[], None]:
    """A run whose membrane currents and potentials are kept."""
    from simulate import model

    cell = model(package, ("hh",), 100.0, 2**-4, file)
    return lambda: cell.simulate(rec_imem=True, rec_vmem=True)


def variable_step(package, file: str) -> Callable[[], None]:
    """A run by CVODE, currents kept."""
    from simulate import model

    cell = model(package, (), 100.0, 2**-4, file)
    return lambda: cell.simulate(rec_imem=True, variable_dt=True, atol=1e-3)


def stimulation(package, file: str) -> Callable[[], None]:
    """A run in an oscillating field, given at every step and segment."""
    from simulate import model

    cell = model(package, (), 100.0, 2**-4, file, extracellular=True)
    t = np.arange(1601) * 2**-4
    field = np.outer(cell.y.mean(axis=1), 0.01 * np.sin(2 * np.pi * 0.05 * t))

    def run() -> None:
        cell.insert_v_ext(field, t)
        cell.simulate(rec_vmem=True)

    return run


CASES = {
    "build": build,
    "passive, 16 contacts": signals(16, ()),
    "hh, 384 contacts": signals(384, ("hh",)),
    "rec_imem and rec_vmem, hh": currents,
    "variable step, rec_imem": variable_step,
    "insert_v_ext, rec_vmem": stimulation,
}


def measure(name: str, package_name: str, repeats: int) -> dict[str, float]:
    """Seconds and MB of one case, in this process."""
    from neuron import h

    sys.path.insert(0, str(Path(__file__).parent))
    package = __import__(package_name)
    file = "pyramid.hoc" if package_name == "LFPy" else h.neuronhome() + "/demo/pyramid.nrn"
    run = CASES[name](package, file)
    seconds = []
    for _ in range(1 if package_name == "LFPy" else repeats):  # LFPy's second run lacks its synapses
        begun = time.process_time()
        run()
        seconds.append(time.process_time() - begun)
    return {"seconds": min(seconds), "MB": _peak_bytes() / 1e6}


def _peak_bytes() -> int:
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=3, help="of each package and case")
    parser.add_argument("--repeats", type=int, default=3, help="runs in each process of lfptools")
    parser.add_argument("--case", choices=CASES, help="this one alone")
    parser.add_argument("--package", choices=PACKAGES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.package:
        print(json.dumps(measure(options.case, options.package, options.repeats)))
        return
    from neuron import h

    print("case | lfptools | LFPy | ratio | lfptools, memory | LFPy, memory")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(
            h.neuronhome() + "/demo/pyramid.nrn", f"{folder}/pyramid.hoc"
        )  # LFPy reads .hoc only by that ending
        for name in [options.case] if options.case else CASES:
            found = {package: [] for package in PACKAGES}
            for _ in range(options.processes):
                for package in PACKAGES:
                    command = [sys.executable, os.path.abspath(__file__), "--package", package, "--case", name]
                    command += ["--repeats", str(options.repeats)]
                    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
                    found[package].append(json.loads(done.stdout.splitlines()[-1]))
            own, peer = (
                {key: statistics.median(one[key] for one in found[package]) for key in ("seconds", "MB")}
                for package in PACKAGES
            )
            ratio = peer["seconds"] / own["seconds"]
            print(
                f"{name} | {own['seconds']:.3f} s | {peer['seconds']:.3f} s | {ratio:.1f} × | {own['MB']:.0f} MB | "
                f"{peer['MB']:.0f} MB"
            )


if __name__ == "__main__":
    main()
