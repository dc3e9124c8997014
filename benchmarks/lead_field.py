"""Lead fields of potentials: lfptools against LFPykit in the same run, in ns per pair of contact (point) and segment.

Usage: python benchmarks/lead_field.py [--contacts 384] [--segments 1000] [--repeats 5] [--only NAME ...]

Medians of alternating runs. Beside each: the least that the arithmetic can take, measured by a kernel that does
nothing but the logarithm (line sources) or the reciprocal root (point sources) and stores its results. Contacts with
surfaces are compared at 20 points each, and at the same error against a quadrature of 2,000 points. Also: what the
first call costs in a process, with and without kept machine code.
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

from lfptools.forward.electrode import RecExtElectrode
from lfptools.forward.line import LineSourcePotential
from lfptools.forward.point import PointSourcePotential
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.kernels.compile import kernel, over_rows, prefer_wide_vectors, set_threads
from lfptools.kernels.layout import WIDTH
from lfptools.kernels.logarithm import log1p_ratio
from lfptools.kernels.point import reciprocal_root

POINTS = 20
DIAGONAL = [0.2, 0.3, 0.45]
TENSOR = [[0.3, 0.02, 0.0], [0.02, 0.3, 0.05], [0.0, 0.05, 0.45]]
FIRST = """
import time, numpy as np
from lfptools.forward.line import LineSourcePotential
from lfptools.geometry.cell_geometry import CellGeometry
model = LineSourcePotential(CellGeometry([[0, 1]], [[0, 0]], [[0, 0]], [1]), [9, 0], [9, 0], [9, 0])
begin = time.perf_counter()
model.get_transformation_matrix()
print(time.perf_counter() - begin)
"""


@kernel
def _logarithms(out, first, last, n, d):
    prefer_wide_vectors()
    values = np.empty(WIDTH)
    for i in range(first, last):
        for block in range(out.shape[1] // WIDTH):
            for j in range(WIDTH):
                values[j] = log1p_ratio(n[block, j], d[block, j])
            out[i, block * WIDTH : (block + 1) * WIDTH] = values


@kernel
def _roots(out, first, last, n, d):
    prefer_wide_vectors()
    values = np.empty(WIDTH)
    for i in range(first, last):
        for block in range(out.shape[1] // WIDTH):
            for j in range(WIDTH):
                values[j] = reciprocal_root(d[block, j])
            out[i, block * WIDTH : (block + 1) * WIDTH] = values


def floor(driver: Callable, shape: tuple[int, int]) -> Callable[[], object]:
    blocks = max(1, shape[1] // WIDTH)
    n, d = np.random.default_rng(1).uniform(1.0, 9.0, (2, blocks, WIDTH))
    return lambda: over_rows(lambda *a: driver(*a) or 0, np.empty((shape[0], blocks * WIDTH)), n, d)


def cell_and_contacts(contacts: int, segments: int) -> tuple[list[np.ndarray], np.ndarray, dict[str, np.ndarray]]:
    rng = np.random.default_rng(0)
    start = rng.uniform(-300, 300, (segments, 3))
    end = start + rng.normal(scale=10, size=start.shape)
    ends = [np.column_stack((start[:, k], end[:, k])) for k in range(3)]
    return ends, np.full(segments, 1.0), dict(zip("xyz", rng.uniform(-300, 300, (3, contacts)), strict=True))


def cases(contacts: int, segments: int) -> dict[str, tuple]:
    """Name to ours, theirs (None: cannot) and the floor; both without arguments."""
    ends, d, places = cell_and_contacts(contacts, segments)
    ours, theirs = CellGeometry(*ends, d), lfpykit.CellGeometry(*ends, d)
    normals = np.tile([1.0, 0.0, 0.0], (contacts, 1))
    shape = (contacts, segments)
    logs, roots = floor(_logarithms, shape), floor(_roots, shape)

    def electrode(package: object, cell: object, sigma: object, method: str, **surface: object) -> Callable:
        return package(cell, sigma, **places, method=method, **{"r": 1.0, **surface}).get_transformation_matrix

    def pair(sigma: object, method: str) -> tuple[Callable, Callable | None]:
        own = RecExtElectrode(ours, sigma, **places, method=method).get_transformation_matrix
        peer = None if np.ndim(sigma) == 2 else electrode(lfpykit.RecExtElectrode, theirs, sigma, method)
        return own, peer

    disc = {"N": normals, "r": 7.0, "n": POINTS}
    line, point = (
        (model(ours, **places).get_transformation_matrix, peer(theirs, **places, sigma=0.3).get_transformation_matrix)
        for model, peer in (
            (LineSourcePotential, lfpykit.LineSourcePotential), (PointSourcePotential, lfpykit.PointSourcePotential)
        )
    )  # fmt: skip
    return {
        "line": (*line, logs),
        "line, σ along axes": (*pair(DIAGONAL, "linesource"), logs),
        "line, σ a tensor": (*pair(TENSOR, "linesource"), logs),
        "point": (*point, roots),
        "point, σ along axes": (*pair(DIAGONAL, "pointsource"), roots),
        "discs of lines": (
            electrode(RecExtElectrode, ours, 0.3, "linesource", **disc),
            electrode(lfpykit.RecExtElectrode, theirs, 0.3, "linesource", **disc),
            logs,
        ),
    }


def seconds(function: Callable[[], object]) -> float:
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def measured(own: Callable, peer: Callable | None, least: Callable, repeats: int, threads: int) -> dict[str, float]:
    """Medians in seconds of alternating runs; the peer's of at most three, for it takes longest."""
    times: dict[str, list[float]] = {name: [] for name in ("peer", "one", "all", "floor")}
    for i in range(repeats + 1):  # the first is not counted
        if peer is not None and i <= 3:
            times["peer"].append(seconds(peer))
        set_threads(1)
        times["one"].append(seconds(own))
        times["floor"].append(seconds(least))
        set_threads(threads)
        times["all"].append(seconds(own))
    return {name: float(np.median(values[1:])) if values[1:] else np.nan for name, values in times.items()}


def errors_of_means() -> tuple[float, float]:
    """Root mean square of the relative error at 20 points a disc: ours, and LFPykit's random ones."""
    ends, d, places = cell_and_contacts(64, 300)
    disc = {**places, "N": np.tile([1.0, 0.0, 0.0], (64, 1)), "r": 7.0}
    exact = RecExtElectrode(CellGeometry(*ends, d), **disc, n=2000).get_transformation_matrix()
    ours = RecExtElectrode(CellGeometry(*ends, d), **disc, n=POINTS).get_transformation_matrix()
    theirs = lfpykit.RecExtElectrode(lfpykit.CellGeometry(*ends, d), **disc, n=POINTS).get_transformation_matrix()
    return tuple(float(np.sqrt(np.mean((one / exact - 1) ** 2))) for one in (ours, theirs))


def first_call(cache: str) -> float:
    """Seconds of the first matrix in a fresh process, numba's import included."""
    env = {**os.environ, "LFPTOOLS_CACHE": cache}
    return float(subprocess.run([sys.executable, "-c", FIRST], env=env, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contacts", type=int, default=384)
    parser.add_argument("--segments", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", nargs="*", help="names of cases")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # a few contacts lie inside segments, as everywhere
    threads, pairs = set_threads(10**6), options.contacts * options.segments

    print(f"{options.contacts} contacts × {options.segments} segments; ns per pair (of a point, for discs)\n")
    print(f"| lead field | LFPykit | lfptools, 1 thread | {threads} threads | ratio | floor, 1 thread | reached |")
    print("|---|---|---|---|---|---|---|")
    for name, (own, peer, least) in cases(options.contacts, options.segments).items():
        if options.only and name not in options.only:
            continue
        points = 19 if name.startswith("discs") else 1  # what a rule of at most 20 has
        took = measured(own, peer, least, options.repeats, threads)
        ns = {key: 1e9 * value / pairs for key, value in took.items()}
        peers = ns["peer"] / (POINTS if points > 1 else 1)
        one, several = ns["one"] / points, ns["all"] / points
        ratio = "" if peer is None else f"{ns['peer'] / ns['one']:.0f} × / {ns['peer'] / ns['all']:.0f} ×"
        print(
            f"| {name} | {'cannot' if peer is None else f'{peers:.0f}'} | {one:.2f} | {several:.2f} "
            f"| {ratio} "
            f"| {ns['floor']:.2f} | {ns['floor'] / one:.0%} |",
            flush=True,
        )
        if points > 1:
            ours, theirs = errors_of_means()
            print(
                f"| discs, at the same error | | | | {ns['peer'] / ns['all'] * (theirs / ours) ** 2:.0e} × | | |\n\n"
                f"Relative error of the mean over a disc (radius 7 µm, segments within 600 µm), root mean square: "
                f"{ours:.1e} of lfptools, {theirs:.1e} of LFPykit, which falls as 1/√n.",
            )
    with tempfile.TemporaryDirectory() as cache:
        compiling, kept = first_call(cache), float(np.median([first_call(cache) for _ in range(3)]))
    print(f"\nFirst call: {compiling:.2f} s where kernels are compiled, {kept:.2f} s where their machine code is kept.")


if __name__ == "__main__":
    main()
