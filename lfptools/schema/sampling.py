"""Times of samples: whether they are evenly spaced, and how far apart."""

from typing import Final

import numpy as np

from lfptools.errors import DatasetError

EVEN: Final = 1e-6  # of the sampling interval: what the differences of times may be off by


def interval(t: np.ndarray, what: str) -> float:
    """The sampling interval in ms.

    Raises
    ------
    DatasetError
        If the samples are not evenly spaced, or there is one only; says what to do. ``what`` is who asks.
    """
    t = np.asarray(t, dtype=float)
    if t.size < 2:
        at = f", at t = {t[0]:g} ms" if t.size else ""
        raise DatasetError(f"{what} needs several samples, this signal has {'one' if t.size else 'none'}{at}")
    dt = (t[-1] - t[0]) / (t.size - 1)
    steps = np.diff(t)
    if (np.abs(steps - dt) > EVEN * dt).any():
        raise DatasetError(
            f"{what} needs evenly spaced samples; here they are {steps.min():.6g} to {steps.max():.6g} ms apart (a run "
            "with variable steps?): put the step resample before it, or take a fixed step"
        )
    return float(dt)
