"""All pairs of contact points and sources: the near ones apart from the others."""

from collections.abc import Callable

import numpy as np

from lfptools.kernels.compile import over_rows
from lfptools.kernels.conductivity import Medium, stretched
from lfptools.kernels.layout import Points


def over_pairs(
    driver: Callable[..., int], blocks: np.ndarray, at: Points, space: Medium, start: np.ndarray, end: np.ndarray,
    minimum: np.ndarray, to_segment: bool,
) -> tuple[np.ndarray, int]:  # fmt: skip
    """Potential (mV/nA) at contacts per current of sources, (c, n), and the number of pairs with a moved point.

    ``driver`` loops over ``blocks`` of sources, and leaves out and marks those that are near a point. These are added
    from the sources' own positions, ``start`` and ``end``.
    """
    contacts, m = at.weight.shape
    out = np.empty((contacts, start.shape[0]))
    near = np.zeros((contacts, blocks.shape[0], m), np.uint64)
    weight = at.weight / (4.0 * np.pi * space.sigma)
    found = over_rows(driver, out, near, stretched(at.position, space), weight, blocks, work=out.size * m)
    if not found:
        return out, 0
    from lfptools.kernels.near import add_rows  # compiled where it is needed

    return out, over_rows(
        add_rows, out, near, at.position, weight, at.bounded, start, end, minimum, to_segment, space.stretch,
        space.cofactor, work=found,
    )  # fmt: skip
