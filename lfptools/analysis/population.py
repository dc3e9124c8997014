"""How large the potential of a population is at its centre, against its radius.

Lindén, Tetzlaff, Potjans, Pettersen, Grün, Diesmann & Einevoll 2011, Neuron 72:859: cells of constant density in discs
of growing radius, each with the potential that a simulated cell has at its distance.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from pydantic import Field, model_validator

from lfptools.analysis.gathering import Opened, aligned, gather
from lfptools.analysis.labelled import variable
from lfptools.config.parameters import Parameters
from lfptools.errors import DatasetError
from lfptools.schema.labels import quantity_of
from lfptools.schema.sampling import interval
from lfptools.units import attrs


class PopulationParameters(Parameters):
    """The discs, the cells in them, and how often they are drawn."""

    radii_um: list[float] = Field(min_length=2, description="of the discs, ascending")
    density_per_mm2: float = Field(gt=0, description="cells for each square millimetre of a disc")
    replicates: int = Field(50, ge=2, le=10_000, description="how often the largest population is drawn")
    seed: int = Field(0, ge=0, description="of places, of which cell stands there, and of time shifts")
    from_ms: float = Field(0.0, description="earlier samples are left out: the cells settle from their initial state")
    independent: bool = Field(
        description="true: each cell's signal is shifted by a random time, round its end, so that cells that stand in "
        "for several have independent signals; false: signals keep their times, and what is common to them adds up"
    )
    confidence: float = Field(0.95, gt=0, lt=1, description="part of the replicates within low and high")

    @model_validator(mode="after")
    def _ascending(self) -> "PopulationParameters":
        if not all(a < b for a, b in zip([0.0, *self.radii_um], self.radii_um, strict=False)):
            raise ValueError(f"radii_um must be positive and ascend, got {self.radii_um}")
        return self


@gather(PopulationParameters, makes="analysis")
def population_amplitude(
    signals: Sequence[Opened], values: Sequence[Mapping[str, Any]], p: PopulationParameters
) -> xr.Dataset:
    """Standard deviation over time of the summed potential at the centre, for each radius and replicate.

    Cells stand evenly in the largest disc; a smaller one holds those of them that are within its radius. At its
    distance a cell has the potential of a simulated one at the contact there, linear in between on a logarithmic scale
    of distances; nearer than the first contact it has that of the first. ``low`` and ``high`` bound the part
    ``confidence`` of the replicates. ``independent`` is the root of the summed variances: what the amplitude would be
    if no two cells had anything in common.

    Raises
    ------
    DatasetError
        If contacts do not reach to the largest radius, times differ, or samples are not evenly spaced.
    """
    distance, waves = _unitary(signals, p)
    radii = np.asarray(p.radii_um)
    if distance[-1] < radii[-1] * (1 - 1e-9):
        raise DatasetError(
            f"the contacts reach {distance[-1]:g} um from the centre, the largest disc {radii[-1]:g} um: add some"
        )
    rng = np.random.default_rng(p.seed)
    amplitude, apart = np.zeros((2, p.replicates, radii.size))
    for k in range(p.replicates):
        amplitude[k], apart[k] = _replicate(distance, waves, radii, p, rng)
    tail = 0.5 * (1.0 - p.confidence)
    low, high = np.quantile(amplitude, [tail, 1.0 - tail], axis=0)
    part = f"{100 * p.confidence:g} % of replicates"
    made = {
        "amplitude": variable(("radius",), amplitude.mean(axis=0), "mV", "standard deviation of the potential, mean"),
        "low": variable(("radius",), low, "mV", f"lower end of {part}"),
        "high": variable(("radius",), high, "mV", f"upper end of {part}"),
        "independent": variable(("radius",), np.sqrt((apart**2).mean(axis=0)), "mV", "root of the summed variances"),
        "replicates": variable(("replicate", "radius"), amplitude, "mV", "standard deviation of the potential"),
    }
    coords = {"radius": ("radius", radii, {**attrs("length"), "long_name": "radius of the population"})}
    about = {"analysis": "population_amplitude", "of": "potential", "parameters": p.model_dump_json()}
    return xr.Dataset(made, coords, {**about, "simulated_cells": len(signals)})


def _unitary(signals: Sequence[Opened], p: PopulationParameters) -> tuple[np.ndarray, np.ndarray]:
    """Distances of the contacts from the vertical axis (n,), ascending, and the cells' potentials (cells, n, t)."""
    distance, order, found = np.zeros(0), np.zeros(0, dtype=int), []
    for signal in aligned(signals):
        if "contact_x" not in signal.coords:
            raise DatasetError("population_amplitude needs potentials at contacts")
        if not found:
            away = np.hypot(signal["contact_x"].values, signal["contact_y"].values)
            order = np.argsort(away, kind="stable")
            distance = away[order]
            t = signal["t"].values
            interval(t, "population_amplitude")
            inside = np.flatnonzero(t >= p.from_ms - 1e-9)
            if inside.size < 2:
                raise DatasetError(f"from_ms {p.from_ms:g} leaves {inside.size} samples of a run to {t[-1]:g} ms")
            if np.unique(distance).size != distance.size or distance[0] <= 0:
                raise DatasetError(
                    "population_amplitude needs contacts at different distances > 0 from the vertical axis, along a ray"
                )
        found.append(np.asarray(signal[quantity_of(signal)].values, dtype=float)[order][:, inside[0] :])
    return distance, np.stack(found)


def _replicate(
    distance: np.ndarray, waves: np.ndarray, radii: np.ndarray, p: PopulationParameters, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Amplitudes (radii,), and roots of summed variances, of one population."""
    number = rng.poisson(p.density_per_mm2 * np.pi * (1e-3 * radii[-1]) ** 2)
    at = np.sort(radii[-1] * np.sqrt(rng.random(number)))
    resampled = rng.integers(len(waves), size=len(waves))
    which = resampled[rng.integers(len(waves), size=number)]
    shift = rng.integers(waves.shape[2], size=number) if p.independent else np.zeros(number, dtype=int)
    place = np.interp(np.log(np.maximum(at, distance[0])), np.log(distance), np.arange(distance.size))
    left = np.minimum(place.astype(int), distance.size - 2)
    right = (place - left)[:, None]
    total, variance = np.zeros(waves.shape[2]), 0.0
    amplitude, apart = np.zeros((2, radii.size))
    begin = 0
    for i, end in enumerate(np.searchsorted(at, radii, side="right")):
        own = slice(begin, end)
        waves_here = (1 - right[own]) * waves[which[own], left[own]] + right[own] * waves[which[own], left[own] + 1]
        variance += float(waves_here.var(axis=1).sum())
        for wave, steps in zip(waves_here, shift[own], strict=True):
            total += np.roll(wave, steps) if steps else wave
        amplitude[i], apart[i] = total.std(), np.sqrt(variance)
        begin = end
    return amplitude, apart
