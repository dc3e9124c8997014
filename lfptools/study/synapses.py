"""Many synapses at once: drawn over the membrane, their events Poisson trains, some of them shared by cells."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import Field, model_validator

from lfptools.config.parameters import Parameters


class Depths(Parameters):
    """Where on the cell synapses may be: the middles of segments between two depths."""

    low: float | None = Field(None, description="smallest z in µm; by default all below high")
    high: float | None = Field(None, description="largest z in µm")

    @model_validator(mode="after")
    def _ordered(self) -> "Depths":
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError(f"needs low < high, got {self.low:g} and {self.high:g}")
        return self


class Trains(Parameters):
    """Poisson trains of events. With ``pool`` they are chosen from so many, which all cases of the study share.

    A cell whose synapses choose k of a pool of n trains shares the part k/n of them with another such cell: that is
    what correlates their input. The pool follows from its own seed, the choice from the case's.
    """

    rate_Hz: float = Field(gt=0, description="events a second, of each train")
    start_ms: float = Field(0.0, description="no event before it")
    stop_ms: float | None = Field(None, description="no event after it; by default the run's end")
    pool: int | None = Field(None, ge=1, description="number of trains that cells share; without it none is shared")
    pool_seed: int = Field(0, ge=0, description="of the pool: cells with the same pool have the same")


class Synapses(Parameters):
    """Synapses at random places, drawn with probability in proportion to membrane area, with random events.

    Places and events follow from the case's seed and the input's name: ``seeds`` in a sweep repeats them.
    """

    synapses: str = Field(min_length=1, description="a point process such as Exp2Syn, ExpSyn or one from a mod file")
    number: int = Field(ge=1, le=1_000_000, description="how many")
    sections: list[str] | None = Field(
        None, min_length=1, description="parts of sections' names; by default all of the cell"
    )
    z_um: Depths = Field(default_factory=Depths, description="of the segments' middles, after the cell is placed")
    weight_uS: float
    trains: Trains | None = Field(None, description="of events, one train a synapse; or times_ms")
    times_ms: list[float] | None = Field(None, description="of every synapse; or trains")
    e_mV: float | None = None
    tau_ms: float | None = Field(None, gt=0.0)
    tau1_ms: float | None = Field(None, gt=0.0)
    tau2_ms: float | None = Field(None, gt=0.0)
    parameters: dict[str, float] = Field(default_factory=dict, description="others, by NEURON's names and in its units")

    @model_validator(mode="after")
    def _one_source_of_events(self) -> "Synapses":
        if (self.trains is None) == (self.times_ms is None):
            raise ValueError("synapses need exactly one of trains (random events) and times_ms")
        if self.trains is not None and self.trains.pool is not None and self.trains.pool < self.number:
            raise ValueError(f"{self.number} synapses cannot have a train each of a pool of {self.trains.pool}")
        return self


def generator(seed: int, *purpose: str | int) -> np.random.Generator:
    """A generator of its own for a purpose: the same for the same seed and words, unrelated for others."""
    return np.random.default_rng([seed, *(int.from_bytes(str(word).encode(), "big") for word in purpose)])


def places(cell: Any, given: Mapping[str, Any], rng: np.random.Generator) -> np.ndarray:
    """Indices of segments (number,), drawn with replacement in proportion to their area.

    Raises
    ------
    GeometryError
        If there is no such segment.
    """
    z = given.get("z_um") or {}
    return cell.get_rand_idx_area_norm(
        section=given.get("sections") or "allsec", nidx=given["number"], z_min=z.get("low", -np.inf),
        z_max=z.get("high", np.inf), rng=rng,
    )  # fmt: skip


def events(given: Mapping[str, Any], name: str, seed: int, t_stop: float) -> list[np.ndarray]:
    """Times of events in ms, one train a synapse."""
    if "trains" not in given:
        return [np.asarray(given["times_ms"], dtype=float)] * given["number"]
    trains, number = given["trains"], given["number"]
    stop = trains.get("stop_ms", t_stop)
    rng = generator(seed, "trains", name)
    if "pool" not in trains:
        return [_poisson(trains, stop, rng) for _ in range(number)]
    chosen = rng.choice(trains["pool"], size=number, replace=False)
    return [_poisson(trains, stop, generator(trains.get("pool_seed", 0), "pool", int(i))) for i in chosen]


def _poisson(trains: Mapping[str, Any], stop: float, rng: np.random.Generator) -> np.ndarray:
    """Events of a Poisson process: their number is Poisson's, and given it they are uniform."""
    start = trains.get("start_ms", 0.0)
    count = rng.poisson(1e-3 * trains["rate_Hz"] * max(stop - start, 0.0))
    return np.sort(rng.uniform(start, stop, count))
