"""Currents that vary in time: sinusoids, and white noise that follows from the case's seed."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
from pydantic import Field, model_validator

from lfptools.config.parameters import Parameters
from lfptools.study.placement import At
from lfptools.study.synapses import generator


class Sine(Parameters):
    """A sinusoidal current amplitude · sin(2π f t + phase) at one place, from t = 0 on."""

    current: Literal["sine"]
    at: At
    amplitude_nA: float
    frequency_Hz: float = Field(gt=0, description="of the sinusoid")
    phase_rad: float = 0.0
    stands_for: Literal["electrode", "synapse"] = Field(
        "electrode", description="what its current is: a physical electrode's, or a stand-in for synaptic currents"
    )


class WhiteNoise(Parameters):
    """Independent Gaussian currents, a new value in each step, in a place, in several, or in all segments.

    They follow from the case's seed and the input's name, and are not stored. Their density per Hz goes with the step:
    2 · std² · dt.
    """

    current: Literal["white_noise"]
    at: At | list[At] | Literal["all"] = Field(description="a place, places, or all segments, each with its own noise")
    std_nA: float | None = Field(None, gt=0, description="standard deviation of each; or std_nA_per_um")
    std_nA_per_um: float | None = Field(
        None, gt=0, description="standard deviation divided by the root of the segment's area: variance goes with area"
    )
    stands_for: Literal["electrode", "synapse"] = Field(
        "electrode", description="what its current is: a physical electrode's, or a stand-in for synaptic currents"
    )

    @model_validator(mode="after")
    def _one_size(self) -> "WhiteNoise":
        if (self.std_nA is None) == (self.std_nA_per_um is None):
            raise ValueError("white noise needs exactly one of std_nA and std_nA_per_um")
        return self


def currents(
    cell: Any, name: str, given: Mapping[str, Any], seed: int, run: Mapping[str, Any]
) -> Iterator[tuple[int, np.ndarray]]:
    """Index of each segment that is driven, and its current (steps,) in nA, a value for each step.

    A sinusoid has its value of the middle of each step.
    """
    dt = float(run["dt_ms"])
    steps = int(np.ceil(run["t_stop_ms"] / dt - 1e-9))
    if given["current"] == "sine":
        middle = 1e-3 * dt * (np.arange(steps) + 0.5)
        wave = np.sin(2.0 * np.pi * given["frequency_Hz"] * middle + given.get("phase_rad", 0.0))
        yield _index(cell, given["at"]), given["amplitude_nA"] * wave
        return
    places = range(cell.totnsegs) if given["at"] == "all" else given["at"]
    places = [places] if isinstance(places, Mapping) else places
    rng = generator(seed, "noise", name)
    for place in places:
        idx = _index(cell, place) if isinstance(place, Mapping) else place
        std = given.get("std_nA") or given["std_nA_per_um"] * float(np.sqrt(cell.area[idx]))
        yield idx, std * rng.standard_normal(steps)


def _index(cell: Any, at: Mapping[str, Any]) -> int:
    return int(cell.segments.at(at["section"], at["fraction"]))
