"""What a sweep costs beside its simulations: a run of many small cases, a dry run of more, and finding nothing to do.

Usage: python benchmarks/sweep.py [--cases 500] [--grown 1000] [--dry 10000] [--cores 2]

The bare simulation is the same ball-and-stick cell, built once and run again and again in one process, its currents
recorded and multiplied with the lead field; its time per case times the number of cases, over the cores, is taken off.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

STUDY = """\
study: many
question: What does a sweep cost beside its simulations?
cell:
  morphology: lfptools:ball_and_sticks
  passive: {{g_pas_S_per_cm2: 0.001, e_pas_mV: -70}}
run: {{t_stop_ms: 100, dt_ms: 0.0625, v_init_mV: -70}}
inputs:
  synapse: {{synapse: Exp2Syn, at: {{section: "soma[0]"}}, weight_uS: 0.005, tau1_ms: 0.5, tau2_ms: 5, e_mV: 0, times_ms: [20, 40]}}
probes: {{laminar: {{kind: line, start_um: [10, 0, 0], stop_um: [10, 0, 200], number: 11}}}}
signals: {{lfp: {{model: line, probe: laminar}}}}
sweep: {{inputs.synapse.weight_uS: {{start: 1.0e-4, stop: {stop:g}, step: 1.0e-5}}}}
claims: {{conserved: {{measure: conservation, less_than: 1.0e-9, source: charge conservation}}}}
"""  # noqa: E501

BARE = """
import time, numpy as np, lfptools
cell = lfptools.Cell(lfptools.example_morphology("ball_and_sticks"), passive=True, tstop=100)
synapse = lfptools.Synapse(cell, 0, "Exp2Syn", weight=0.005, tau1=0.5, tau2=5.0, e=0.0)
synapse.set_spike_times([20.0, 40.0])
lfp = lfptools.LineSourcePotential(cell, np.full(11, 10.0), np.zeros(11), np.linspace(0, 200, 11))
cell.simulate(probes=[lfp], rec_imem=True)
begin = time.perf_counter()
for _ in range(50):
    cell.simulate(probes=[lfp], rec_imem=True)
print((time.perf_counter() - begin) / 50)
"""


def seconds(command: list[str], folder: Path) -> float:
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=dict(os.environ))
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return time.perf_counter() - begin


def write(folder: Path, cases: int) -> Path:
    path = folder / "many.yaml"
    path.write_text(STUDY.format(stop=1e-4 + 1e-5 * (cases - 1)), encoding="utf-8")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--grown", type=int, default=1_000, help="cases that the same sweep has afterwards")
    parser.add_argument("--dry", type=int, default=10_000)
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()

    bare = float(subprocess.run([sys.executable, "-c", BARE], capture_output=True, text=True, check=True).stdout)
    lfptools = [sys.executable, "-m", "lfptools.cli", "run"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = [*lfptools, str(write(folder, options.cases)), "--cores", str(options.cores)]
        whole = seconds(run, folder)
        write(folder, options.grown)
        grown, nothing = seconds(run, folder), seconds(run, folder)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        snakemake = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "1", "-n"]
        dry = seconds([*snakemake, "--config", f"study={write(folder, options.dry)}"], folder)
    overhead = (whole - bare * options.cases / options.cores) / options.cases
    print("| work | seconds |")
    print("|---|---|")
    print(f"| bare simulation, one case | {bare:.3f} |")
    print(f"| {options.cases} cases on {options.cores} cores, everything | {whole:.1f} |")
    print(f"| overhead a case | {overhead:.3f} |")
    print(f"| the sweep grown to {options.grown} cases | {grown:.1f} |")
    print(f"| nothing to do, {options.grown} cases | {nothing:.1f} |")
    print(f"| `snakemake -n` of {options.dry} cases | {dry:.1f} |")


if __name__ == "__main__":
    main()
