"""Cost of recording while NEURON runs: ``cell.simulate(probes=...)`` against a ``psolve`` with nothing recorded.

Ratios of medians of alternating runs in one process; ``--peer``: LFPy 2.3.7 on the same model in a process of its own.
``--engine coreneuron``: the same by CoreNEURON, against the same ``psolve`` of NEURON's.

    python benchmarks/simulate.py [--engine coreneuron] [--peer] [--repeats 5]
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from neuron import h

from lfptools.simulation.mechanisms import load_mechanisms

MECHANISMS = Path(__file__).resolve().parents[1] / "resources" / "mechanisms" / "mainen_sejnowski"
CONDUCTANCES = {"na_ms": 30.0, "kv_ms": 20.0, "km_ms": 0.1, "kca_ms": 3.0, "ca_ms": 0.3}  # pS/µm²

CASES = {
    # name: (mechanisms besides pas, tstop ms, dt ms, contacts, targets by engine)
    "7 active mechanisms, 384 contacts": ((*CONDUCTANCES, "cad_ms"), 200.0, 2**-5, 384, {"neuron": 1.20}),
    "7 active mechanisms, 16 contacts": ((*CONDUCTANCES, "cad_ms"), 200.0, 2**-5, 16, {"coreneuron": 1.00}),
    "hh alone, 384 contacts": (("hh",), 200.0, 2**-5, 384, {}),
    "passive, 16 contacts": ((), 100.0, 2**-4, 16, {"neuron": 2.2}),
}


def model(package, mechanisms: tuple[str, ...], tstop: float, dt: float, file: str, **more):
    """The reconstructed neuron of NEURON's demo, finely divided, with these mechanisms everywhere."""
    cell = package.Cell(
        morphology=file, passive=True, passive_parameters={"g_pas": 5e-5, "e_pas": -65.0}, v_init=-65.0,
        tstop=tstop, dt=dt, Ra=150.0, nsegs_method="fixed_length", max_nsegs_length=9.0 if mechanisms else 5.5,
        **more,
    )  # fmt: skip
    for section in cell.allseclist:
        for name in mechanisms:
            section.insert(name)
            if name in CONDUCTANCES:
                setattr(section, f"gbar_{name}", CONDUCTANCES[name])
    for k, idx in enumerate(range(0, cell.totnsegs, 50 if mechanisms else cell.totnsegs)):
        synapse = package.Synapse(cell, idx=idx, syntype="Exp2Syn", weight=0.005, e=0.0, tau1=0.5, tau2=5.0)
        synapse.set_spike_times(np.arange(5.0 + k, tstop, 30.0))
    return cell


def contacts(n: int) -> dict:
    return {"x": np.full(n, 60.0), "y": np.linspace(-200.0, 1000.0, n), "z": np.zeros(n), "sigma": 0.3}


def plain(cell) -> float:
    """Seconds of initialisation and one ``psolve`` with nothing recorded."""
    solver, parallel = h.CVode(), h.ParallelContext()
    solver.use_fast_imem(0)
    h.dt = cell.dt
    begun = time.perf_counter()
    h.finitialize(cell.v_init)
    parallel.set_maxstep(10)
    parallel.psolve(cell.tstop)
    return time.perf_counter() - begun


def with_probes(package, cell, n: int, **engine: str) -> float:
    probe = package.LineSourcePotential(cell=cell, **contacts(n))
    begun = time.perf_counter()
    cell.simulate(probes=[probe], **engine)
    return time.perf_counter() - begun


def measure(package, file: str, repeats: int, **engine: str) -> list[str]:
    rows = []
    for name, (mechanisms, tstop, dt, n, targets) in CASES.items():
        cell = model(package, mechanisms, tstop, dt, file)
        with_probes(package, cell, n, **engine)
        pairs = [(plain(cell), with_probes(package, cell, n, **engine)) for _ in range(repeats)]
        target = targets.get(engine.get("engine", "neuron"))
        base, own = (statistics.median(times) for times in zip(*pairs, strict=True))
        rows.append(
            f"{name} | {cell.totnsegs} segments, {round(tstop / dt)} steps | {base:.3f} s | {own / base:.2f} × | "
            + (f"≤ {target:.2f} ×" if target else "")
        )
        del cell
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--peer", action="store_true", help="LFPy too (extra `peers`)")
    parser.add_argument("--engine", choices=("neuron", "coreneuron"), default="neuron")
    parser.add_argument("--package", default="lfptools", help=argparse.SUPPRESS)
    options = parser.parse_args()
    load_mechanisms(MECHANISMS)
    if options.package == "lfptools":
        import lfptools as package

        file = h.neuronhome() + "/demo/pyramid.nrn"
    else:
        import LFPy as package

        # LFPy reads .hoc only by that ending.
        file = "pyramid.hoc"
        os.chdir(os.environ["LFPTOOLS_BENCH_FOLDER"])
    engine = {"engine": options.engine} if options.package == "lfptools" else {}
    for row in measure(package, file, options.repeats, **engine):
        print(" | ".join([options.package, *engine.values(), row]))
    if options.peer and options.package == "lfptools":
        _peer(options.repeats)


def _peer(repeats: int) -> None:
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(h.neuronhome() + "/demo/pyramid.nrn", f"{folder}/pyramid.hoc")
        environment = {**os.environ, "LFPTOOLS_BENCH_FOLDER": folder}
        command = [sys.executable, os.path.abspath(__file__), "--package", "LFPy", "--repeats", str(repeats)]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        print(*(line for line in done.stdout.splitlines() if line.startswith("LFPy")), sep="\n")


if __name__ == "__main__":
    main()
