"""Dipoles in four spheres and point sources in one sphere: lfptools against LFPykit in the same run, per pair.

Usage: python benchmarks/heads.py [--repeats 5]

LFPykit takes minutes for the whole of each case, so it is given a part of the pairs, and its time per pair is compared.
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
from dataclasses import dataclass

import lfpykit
import lfpykit.eegmegcalc
import numpy as np

from lfptools import CellGeometry, FourSphereVolumeConductor, OneSphereVolumeConductor
from lfptools.kernels.compile import set_threads

FIRST = {
    "one sphere": """
from lfptools import CellGeometry, OneSphereVolumeConductor
model = OneSphereVolumeConductor(CellGeometry([[0, 1]], [[0, 0]], [[9000, 9000]], [1]), [[9500], [0], [0]])
compute = model.get_transformation_matrix
""",
    "four spheres": """
from lfptools import FourSphereVolumeConductor
head = FourSphereVolumeConductor([[0, 0, 90000]])
compute = lambda: head.get_transformation_matrix([0, 0, 78000])
""",
}
TIMED = "\nimport time\nbegin = time.perf_counter()\ncompute()\nprint(time.perf_counter() - begin)\n"


@dataclass(frozen=True)
class Case:
    """``ours`` computes all ``pairs``, ``theirs`` a ``part`` of them; ``difference`` compares the two there."""

    name: str
    size: str
    target: str
    pairs: int
    part: int
    ours: Callable[[], np.ndarray]
    theirs: Callable[[], np.ndarray]
    difference: Callable[[], float]


def one_sphere(rng: np.random.Generator, contacts: int = 100, segments: int = 1000) -> Case:
    """A cell and a probe half a millimetre below the surface of a sphere of 10 mm, in LFPykit's plane (no azimuths)."""
    start = np.column_stack((rng.uniform(0, 300, segments), np.zeros(segments), rng.uniform(9200, 9800, segments)))
    ends = [np.column_stack((v, v)) for v in start.T]
    x, z = rng.uniform(0, 300, contacts), rng.uniform(9200, 9800, contacts)
    r = np.array([np.hypot(x, z), np.arctan2(x, z), np.zeros(contacts)])
    some, few = 20, 10
    d = np.full(segments, 1.0)
    ours = OneSphereVolumeConductor(CellGeometry(*ends, d), r)
    part = lfpykit.CellGeometry(*(e[:some] for e in ends), d[:some])
    theirs = lfpykit.OneSphereVolumeConductor(part, r[:, :few])

    def difference() -> float:
        ratio = ours.get_transformation_matrix()[:few, :some] / theirs.get_transformation_matrix()
        return float(np.abs(ratio - 1).max())

    return Case(
        "one sphere", f"{contacts} × {segments:,}", "≥ 1,000 ×", contacts * segments, few * some,
        ours.get_transformation_matrix, theirs.get_transformation_matrix, difference,
    )  # fmt: skip


def four_spheres(rng: np.random.Generator, electrodes: int = 64, dipoles: int = 2000) -> Case:
    """Dipoles in the outer 20 mm of the brain, electrodes on the scalp."""
    scalp, places = (rng.normal(size=(n, 3)) for n in (electrodes, dipoles))
    scalp *= (90e3 - 1e-6) / np.linalg.norm(scalp, axis=1)[:, None]
    places *= (rng.uniform(58e3, 78e3, dipoles) / np.linalg.norm(places, axis=1))[:, None]
    some = 4
    ours = FourSphereVolumeConductor(scalp)
    theirs = lfpykit.eegmegcalc.FourSphereVolumeConductor(scalp)

    def loop() -> np.ndarray:
        return np.stack([theirs.get_transformation_matrix(place) for place in places[:some]], axis=1)

    def difference() -> float:
        expected = loop()
        return float(np.abs(ours.get_transformation_matrix(places[:some]) - expected).max() / np.abs(expected).max())

    return Case(
        "four spheres", f"{electrodes} × {dipoles:,}", "≥ 200 ×", electrodes * dipoles, electrodes * some,
        lambda: ours.get_transformation_matrix(places), loop, difference,
    )  # fmt: skip


def seconds(function: Callable[[], object]) -> float:
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def first_call(name: str, cache: str) -> float:
    """Seconds of the first matrix in a fresh process, numba's import included."""
    env = {**os.environ, "LFPTOOLS_CACHE": cache}
    code = FIRST[name] + TIMED
    return float(subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # LFPykit's own, and a few contacts near segments
    rng = np.random.default_rng(0)
    threads = set_threads(10**6)
    print(
        "| work | pairs | LFPykit | lfptools, 1 thread | lfptools, all threads | ratio | target | largest difference |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for case in (one_sphere(rng), four_spheres(rng)):
        difference = case.difference()
        times: dict[str, list[float]] = {name: [] for name in ("peer", "one", "all")}
        for _ in range(options.repeats):
            times["peer"].append(seconds(case.theirs) / case.part)
            set_threads(1)
            times["one"].append(seconds(case.ours) / case.pairs)
            set_threads(threads)
            times["all"].append(seconds(case.ours) / case.pairs)
        us = {name: 1e6 * float(np.median(values)) for name, values in times.items()}
        ratios = f"{us['peer'] / us['one']:,.0f} × / {us['peer'] / us['all']:,.0f} ×"
        print(
            f"| {case.name} | {case.size} | {us['peer']:.0f} µs a pair (of {case.part}) | {us['one']:.2f} µs "
            f"| {us['all']:.2f} µs ({threads} threads) | {ratios} "
            f"| {case.target} | {difference:.0e} |"
        )
    for name in FIRST:
        with tempfile.TemporaryDirectory() as cache:
            compiling, kept = first_call(name, cache), float(np.median([first_call(name, cache) for _ in range(3)]))
        print(f"\nfirst call, {name}: {compiling:.2f} s compiled, {kept:.2f} s with machine code kept")


if __name__ == "__main__":
    main()
