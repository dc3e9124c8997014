"""Signals whose values are known functions of time, and what is in them at one frequency."""

import numpy as np
import xarray as xr

from lfptools.units import attrs


def signal_of(t: np.ndarray, values: np.ndarray, positions: np.ndarray | None = None, **labels: object) -> xr.Dataset:
    """A signal at contacts c0, c1, …; ``labels`` are further coordinates of the contacts, without prefix."""
    n = len(values)
    positions = np.column_stack((np.zeros((n, 2)), 20.0 * np.arange(n))) if positions is None else positions
    ids = np.array([f"c{i}" for i in range(n)], dtype=object)
    coords = {"t": ("t", np.asarray(t, float), attrs("t")), "contact_id": ("contact", ids, {"long_name": "contact"})}
    for k, axis in enumerate("xyz"):
        coords[f"contact_{axis}"] = ("contact", positions[:, k].copy(), attrs(axis))
    for name, given in labels.items():
        coords[f"contact_{name}"] = ("contact", np.array(given, dtype=object), {"long_name": name})
    about = {"kind": "signal", "model": "line", "parameters": "{}", "clamped_pairs": 0}
    return xr.Dataset({"potential": (("contact", "t"), np.asarray(values, float), attrs("potential"))}, coords, about)


def sines(t: np.ndarray, frequencies_Hz: np.ndarray) -> xr.Dataset:
    """One contact with the sum of cosines of amplitude 1."""
    return signal_of(t, sum(np.cos(2e-3 * np.pi * f * t) for f in frequencies_Hz)[None])


def amplitude_and_phase(signal: xr.Dataset, frequency_Hz: float, last: int, skip: int = 0) -> tuple[float, float]:
    """Of the cosine at a frequency, by least squares over ``last`` samples before the ``skip`` last ones."""
    where = slice(-last - skip, -skip or None)
    t, v = signal["t"].values[where], signal["potential"].values[0, where]
    angle = 2e-3 * np.pi * frequency_Hz * t
    (c, s), *_ = np.linalg.lstsq(np.column_stack((np.cos(angle), np.sin(angle))), v, rcond=None)
    return float(np.hypot(c, s)), float(np.arctan2(-s, c))
