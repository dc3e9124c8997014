"""Positions along one axis as they are written in YAML."""

import math
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field

from lfptools.probes.kind import MOST_CONTACTS


def _range(value: float | tuple[float, float, float]) -> float | tuple[float, float, float]:
    if not isinstance(value, tuple):
        return value
    start, stop, step = value
    if step == 0 or (stop - start) * step < 0:
        direction = "positive" if stop >= start else "negative"
        raise ValueError(
            f"the step of [start, stop, step] must be {direction} from {start:g} to {stop:g}, got {step:g}"
        )
    if (stop - start) / step >= MOST_CONTACTS:
        raise ValueError(f"[{start:g}, {stop:g}, {step:g}] are more than {MOST_CONTACTS} positions")
    return value


Axis = Annotated[
    float | tuple[float, float, float],
    AfterValidator(_range),
    Field(description="one position in µm, or [start, stop, step] with both ends included"),
]


def positions(axis: float | tuple[float, float, float]) -> np.ndarray:
    """The positions of an :data:`Axis` in µm. ``stop`` is one of them if it is a whole number of steps away.

    Each is ``start + i·step``, so that rounding does not add up, and the last is ``stop`` exactly where it is included.
    """
    if not isinstance(axis, tuple):
        return np.array([float(axis) + 0.0])
    start, stop, step = axis
    steps = (stop - start) / step
    included = math.isclose(steps, round(steps), rel_tol=1e-9, abs_tol=1e-9)
    values = start + step * np.arange((round(steps) if included else math.floor(steps)) + 1)
    if included and values.size > 1:
        values[-1] = stop
    return values + 0.0  # no -0.0 in ids
