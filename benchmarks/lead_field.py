"""Line-source lead field: lfptools against LFPykit in the same run, per contact–segment pair.

Usage: python benchmarks/lead_field.py [--contacts 384] [--segments 1000] [--repeats 9]

Medians of alternating runs. Also: what the first call costs in a process with and without kept machine code.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable

import lfpykit
import numpy as np

from lfptools.forward.line import LineSourcePotential
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.kernels import line
from lfptools.kernels.compile import set_threads

FIRST = """
import time, numpy as np
from lfptools.forward.line import LineSourcePotential
from lfptools.geometry.cell_geometry import CellGeometry
model = LineSourcePotential(CellGeometry([[0, 1]], [[0, 0]], [[0, 0]], [1]), [9], [9], [9])
begin = time.perf_counter()
model.get_transformation_matrix()
print(time.perf_counter() - begin)
"""


def seconds(function: Callable[[], object]) -> float:
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def first_call(cache: str) -> float:
    """Seconds of the first matrix in a fresh process, numba's import included."""
    env = {**os.environ, "LFPTOOLS_CACHE": cache}
    return float(subprocess.run([sys.executable, "-c", FIRST], env=env, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contacts", type=int, default=384)
    parser.add_argument("--segments", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=9)
    options = parser.parse_args()

    warnings.simplefilter("ignore")  # a few contacts lie inside segments, as everywhere
    rng = np.random.default_rng(0)
    start = rng.uniform(-300, 300, (options.segments, 3))
    end = start + rng.normal(scale=10, size=start.shape)
    ends = [np.column_stack((start[:, k], end[:, k])) for k in range(3)]
    d, contacts = np.full(options.segments, 1.0), rng.uniform(-300, 300, (3, options.contacts))
    ours = LineSourcePotential(CellGeometry(*ends, d), *contacts, sigma=0.3)
    theirs = lfpykit.LineSourcePotential(lfpykit.CellGeometry(*ends, d), *contacts, sigma=0.3)
    difference = np.abs(ours.get_transformation_matrix() / theirs.get_transformation_matrix() - 1).max()

    threads = set_threads(10**6)
    times: dict[str, list[float]] = {name: [] for name in ("peer", "one", "all", "kernel")}
    positions, half = contacts.T.copy(), 0.5 * d
    for _ in range(options.repeats):
        times["peer"].append(seconds(theirs.get_transformation_matrix))
        set_threads(1)
        times["one"].append(seconds(ours.get_transformation_matrix))
        times["kernel"].append(seconds(lambda: line.matrix(positions, start, end, half, 0.3, False)))
        set_threads(threads)
        times["all"].append(seconds(ours.get_transformation_matrix))
    pairs = options.contacts * options.segments
    ns = {name: 1e9 * float(np.median(values)) / pairs for name, values in times.items()}
    with tempfile.TemporaryDirectory() as cache:
        compiling, kept = first_call(cache), float(np.median([first_call(cache) for _ in range(3)]))

    print("| work | LFPykit | lfptools, 1 thread | lfptools, all threads | ratio | first call: compiled / kept |")
    print("|---|---|---|---|---|---|")
    print(
        f"| line-source lead field, {options.contacts} × {options.segments} | {ns['peer']:.0f} ns per pair "
        f"| {ns['one']:.2f} ns (kernel {ns['kernel']:.2f}) | {ns['all']:.2f} ns ({threads} threads) "
        f"| {ns['peer'] / ns['one']:.0f}× / {ns['peer'] / ns['all']:.0f}× | {compiling:.2f} / {kept:.2f} s |"
    )
    print(f"\nlargest relative difference: {difference:.1e}")


if __name__ == "__main__":
    main()
