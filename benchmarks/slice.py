"""Line sources in an MEA slice: lfptools against LFPykit in the same run, per contact–segment pair.

Usage: python benchmarks/slice.py [--contacts 384] [--segments 1000 100000] [--repeats 5]

Contacts lie on the glass, as LFPykit's line sources need. LFPykit sums 20 orders of images (its default), lfptools to
its tolerance; also shown: contacts within the slice, which LFPykit has point sources for. Medians of alternating runs;
for more than 10,000 segments LFPykit gets a part of the contacts, since its time is the same for each of them.
"""

import argparse
import time
import warnings
from collections.abc import Callable

import lfpykit
import numpy as np

from lfptools.forward.slice import RecMEAElectrode
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.kernels.compile import set_threads

H = 300.0
MOST_PEER_PAIRS = 4_000_000


def seconds(function: Callable[[], object]) -> float:
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def geometry(n: int, rng: np.random.Generator) -> tuple[list[np.ndarray], np.ndarray]:
    """Ends of segments about 16 µm long in a slice, and their diameters."""
    start = rng.uniform([-300, -300, 1], [300, 300, H - 1], (n, 3))
    end = start + rng.normal(scale=10, size=start.shape)
    end[:, 2] = np.clip(end[:, 2], 1, H - 1)
    return [np.column_stack((start[:, k], end[:, k])) for k in range(3)], np.full(n, 0.01)


def row(contacts: int, segments: int, repeats: int, threads: int, deep: bool) -> str:
    """One row of the table."""
    rng = np.random.default_rng(0)
    ends, d = geometry(segments, rng)
    x, y, z = rng.uniform(-300, 300, contacts), rng.uniform(-300, 300, contacts), np.zeros(contacts)
    if deep:
        z = rng.uniform(0, H, contacts)
    few = max(1, min(contacts, MOST_PEER_PAIRS // segments))
    method = "pointsource" if deep else "linesource"
    ours = RecMEAElectrode(CellGeometry(*ends, d), x=x, y=y, z=z)
    peer, exact = (
        lfpykit.RecMEAElectrode(
            lfpykit.CellGeometry(*ends, d), x=x[:few], y=y[:few], z=z[:few], method=method, **more
        ) for more in ({}, {"steps": 100})
    )  # fmt: skip
    errors = "–"
    if not deep and contacts * segments <= MOST_PEER_PAIRS:
        best = RecMEAElectrode(CellGeometry(*ends, d), x=x, y=y, z=z, tolerance=1e-13).get_transformation_matrix()
        found = [np.abs(one.get_transformation_matrix() / best - 1).max() for one in (ours, exact)]
        errors = f"{found[0]:.0e} / {found[1]:.0e}"
    times: dict[str, list[float]] = {"peer": [], "one": [], "all": []}
    ours.get_transformation_matrix()
    for _ in range(repeats):
        times["peer"].append(seconds(peer.get_transformation_matrix) / few)
        set_threads(1)
        times["one"].append(seconds(ours.get_transformation_matrix) / contacts)
        set_threads(threads)
        times["all"].append(seconds(ours.get_transformation_matrix) / contacts)
    ns = {name: 1e9 * float(np.median(values)) / segments for name, values in times.items()}
    where, what = ("within the slice", "points") if deep else ("on the glass", "lines")
    return (
        f"| {contacts} × {segments}, {where} | {ns['peer']:.0f} ns a pair ({what}) "
        f"| {ns['one']:.1f} ns | {ns['all']:.1f} ns "
        f"| {ns['peer'] / ns['one']:.0f} × / {ns['peer'] / ns['all']:.0f} × | {errors} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contacts", type=int, default=384)
    parser.add_argument("--segments", type=int, nargs="+", default=[1000, 100_000])
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # a few contacts lie at segments, as everywhere
    threads = set_threads(10**6)
    print(f"| contacts × segments | LFPykit | lfptools, 1 thread | {threads} threads | ratio | errors |")
    print("|---|---|---|---|---|---|")
    for segments in options.segments:
        for deep in (False, True):
            print(row(options.contacts, segments, options.repeats, threads, deep), flush=True)


if __name__ == "__main__":
    main()
