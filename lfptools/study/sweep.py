"""Sweeps: from the values of keys to the points that are run."""

import itertools
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Discriminator, Field, Tag, model_validator

from lfptools.config.parameters import Parameters

LABEL = "label"
SCENARIO = "scenario"
SEED = "seed"


class Range(Parameters):
    """Numbers from ``start`` to ``stop``, both included: every ``step``, or ``number`` of them.

    With ``scale: log`` each is the same factor times the one before; that takes ``number``.
    """

    start: float = Field(description="first value")
    stop: float = Field(description="last value, included")
    step: float | None = Field(None, description="from value to value; or number")
    number: int | None = Field(None, ge=2, description="how many values; or step")
    scale: Literal["linear", "log"] = Field("linear", description="evenly spaced, or by a constant factor")

    @model_validator(mode="after")
    def _one_way(self) -> "Range":
        if (self.step is None) == (self.number is None):
            raise ValueError("a range needs exactly one of 'step' and 'number'")
        if self.step is not None and (self.step == 0 or (self.stop - self.start) / self.step < 0):
            raise ValueError(f"a step of {self.step:g} does not lead from {self.start:g} to {self.stop:g}")
        if self.scale == "log" and (self.number is None or self.start * self.stop <= 0):
            raise ValueError("a range with scale: log needs 'number', and start and stop of one sign, not 0")
        return self

    def values(self) -> list[float]:
        """The numbers, without the noise of repeated addition."""
        if self.scale == "log":
            numbers = np.geomspace(self.start, self.stop, self.number)
        elif self.number is not None:
            numbers = np.linspace(self.start, self.stop, self.number)
        else:
            numbers = self.start + self.step * np.arange(int(np.floor((self.stop - self.start) / self.step + 1e-9)) + 1)
        return [float(f"{number:.12g}") for number in numbers]


class Interval(Parameters):
    """Where a sampled key's values come from: between ``low`` and ``high``, evenly or on a logarithmic scale."""

    low: float = Field(description="smallest value")
    high: float = Field(description="largest value")
    scale: Literal["linear", "log"] = Field("linear", description="evenly distributed, or its logarithm is")

    @model_validator(mode="after")
    def _ordered(self) -> "Interval":
        if not self.low < self.high or (self.scale == "log" and self.low <= 0):
            raise ValueError(f"needs low < high, and low > 0 for scale: log; got {self.low:g} and {self.high:g}")
        return self

    def at(self, fraction: np.ndarray) -> list[float]:
        """Values at fractions 0..1 of the interval."""
        if self.scale == "log":
            values = self.low * (self.high / self.low) ** fraction
        else:
            values = self.low + (self.high - self.low) * fraction
        return [float(f"{value:.12g}") for value in values]


class Normal(Parameters):
    """Where a sampled key's values come from: a normal distribution."""

    mean: float = Field(description="its middle")
    std: float = Field(gt=0, description="its standard deviation")

    def at(self, fraction: np.ndarray) -> list[float]:
        """Quantiles."""
        from scipy.stats import norm

        tiny = np.finfo(float).eps
        return [float(f"{v:.12g}") for v in norm.ppf(np.clip(fraction, tiny, 1 - tiny), self.mean, self.std)]


Distribution = Annotated[
    Annotated[Interval, Tag("interval")] | Annotated[Normal, Tag("normal")],
    Discriminator(lambda value: "normal" if _is_normal(value) else "interval"),
]


def _is_normal(value: object) -> bool:
    return isinstance(value, Normal) or (
        isinstance(value, dict) and not value.keys() & {"low", "high"} and bool(value.keys() & {"mean", "std"})
    )


class Sample(Parameters):
    """Points drawn from distributions of several keys.

    ``random``: independent draws. ``sobol``: a scrambled Sobol' sequence, best with a power of 2. Both keep their first
    points when ``number`` grows, so that only new cases run. ``latin_hypercube``: one point in each of ``number``
    slices of every key; another number is another sample.
    """

    method: Literal["random", "latin_hypercube", "sobol"] = Field("sobol", description="how the points are chosen")
    number: int = Field(ge=1, le=1_000_000, description="how many points")
    seed: int = Field(0, ge=0, description="of the points, not of the simulations")
    keys: dict[str, Distribution] = Field(min_length=1, description="dotted key to where its values come from")

    def points(self) -> list[dict[str, float]]:
        """One mapping of key to value for each point."""
        from scipy.stats import qmc

        d = len(self.keys)
        if self.method == "random":
            unit = np.random.default_rng(self.seed).random((self.number, d))
        elif self.method == "sobol":
            # random_base2 draws a power of two, which the sequence is balanced for; its first points are kept.
            unit = qmc.Sobol(d, seed=self.seed).random_base2(int(np.ceil(np.log2(self.number))))[: self.number]
        else:
            unit = qmc.LatinHypercube(d, seed=self.seed).random(self.number)
        columns = [one.at(unit[:, k]) for k, one in enumerate(self.keys.values())]
        return [dict(zip(self.keys, row, strict=True)) for row in zip(*columns, strict=True)]


Values = Annotated[
    Annotated[Range, Tag("range")] | Annotated[list[Any], Field(min_length=1), Tag("list")],
    Discriminator(lambda value: "range" if isinstance(value, dict | Range) else "list"),
]
Grid = dict[str, Values]
Points = Annotated[list[dict[str, Any]], Field(min_length=1)]
Seeds = Annotated[int, Field(ge=1)] | Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)]


class Sweep(Parameters):
    """Every combination of what ``scenarios``, ``grid``, ``zip`` and ``sample`` say; then the points of ``list``.

    ``seeds`` repeats each of them. Keys are dotted names of the experiment's keys (``cell.Ra_ohm_cm``,
    ``parameters.radius_um``, ``inputs.epsp.times_ms``). Of a key and one below it (``inputs.step`` whole, and
    ``inputs.step.amplitude_nA``), the one below is set in what the other gives.
    """

    scenarios: dict[str, dict[str, Any]] | None = Field(
        None, min_length=1, description="name to the values of several keys (or none) that belong together"
    )
    grid: Grid | None = Field(None, description="dotted key to its values: every combination is a case")
    zip: Grid | None = Field(None, description="dotted keys to equally many values, taken together")
    sample: Sample | None = Field(None, description="points drawn from distributions")
    list: Points | None = Field(
        None, description="cases one by one: dotted keys to values, and label, the case's readable name"
    )
    seeds: Seeds | None = Field(
        None, description="seeds of replicates, or how many: the study's own and those that follow it"
    )

    @model_validator(mode="before")
    @classmethod
    def _keys_in_their_place(cls, given: Any) -> Any:
        beside = [key for key in given if "." in str(key)] if isinstance(given, dict) else []
        way = next((key for key in given if key in _WAYS), None) if beside else None
        if way is not None:
            raise ValueError(
                f"{beside[0]!r} stands beside {way!r}: beside other ways of sweeping, keys and their values stand in "
                f"grid: {{{beside[0]}: …}}"
            )
        return given

    @model_validator(mode="after")
    def _fit(self) -> "Sweep":
        lengths = {key: len(_listed(values)) for key, values in (self.zip or {}).items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"the keys of zip must have equally many values, got {lengths}")
        parts = {"grid": self.grid or {}, "zip": self.zip or {}, "sample": self.sample.keys if self.sample else {}}
        scenarios = {f"scenarios.{name}": values for name, values in (self.scenarios or {}).items()}
        twice = [
            *itertools.combinations(parts.items(), 2),
            *itertools.product(scenarios.items(), parts.items()),
        ]
        for (one, ours), (other, theirs) in twice:
            both = sorted(set(ours) & set(theirs))
            if both:
                raise ValueError(f"key {both[0]!r} is in {one} and in {other}: expected it in one of them")
        listed = {f"list.{i}": point for i, point in enumerate(self.list or [])}
        for one, ours in {**parts, **scenarios, **listed}.items():
            if self.seeds is not None and SEED in ours:
                raise ValueError(f"key {SEED!r} is in {one}, and seeds gives each case one: expected one of them")
        return self


_WAYS = frozenset(Sweep.model_fields)


def _form(value: object) -> str:
    if isinstance(value, list | tuple):
        return "points"
    named = isinstance(value, Sweep) or (isinstance(value, dict) and not _WAYS.isdisjoint(value))
    return "both" if named else "grid"


AnySweep = Annotated[
    Annotated[Sweep, Tag("both")] | Annotated[Points, Tag("points")] | Annotated[Grid, Tag("grid")],
    Discriminator(_form),
]


def points(sweep: AnySweep | None, seed: int = 0) -> list[dict[str, Any]]:
    """The points of a sweep, each a mapping of dotted key to value; a single empty one without a sweep.

    A point of a list may carry ``label``, its readable name; one of a scenario carries its name as ``scenario``, a
    replicate its ``seed``.

    Parameters
    ----------
    sweep : Sweep, list or mapping
        Validated.
    seed : int
        The study's: the first of ``seeds: n``.
    """
    if sweep is None:
        return [{}]
    if isinstance(sweep, Mapping):
        return _grid(sweep)
    if not isinstance(sweep, Sweep):
        return [dict(point) for point in sweep]
    axes = [
        [{SCENARIO: name, **values} for name, values in sweep.scenarios.items()] if sweep.scenarios else [{}],
        _grid(sweep.grid) if sweep.grid else [{}],
        _together(sweep.zip) if sweep.zip else [{}],
        sweep.sample.points() if sweep.sample else [{}],
    ]
    crossed = any((sweep.scenarios, sweep.grid, sweep.zip, sweep.sample))
    found = [_merged(parts) for parts in itertools.product(*axes)] if crossed or not sweep.list else []
    found += [dict(point) for point in sweep.list or []]
    if sweep.seeds is None:
        return found
    seeds = [seed + k for k in range(sweep.seeds)] if isinstance(sweep.seeds, int) else sweep.seeds
    return [_replicate(point, one) for point in found for one in seeds]


def _replicate(point: dict[str, Any], seed: int) -> dict[str, Any]:
    label = {LABEL: f"{point[LABEL]}, seed {seed}"} if point.get(LABEL) else {}
    return {**point, **label, SEED: seed}


def _merged(parts: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    return {key: value for part in parts for key, value in part.items()}


def _grid(grid: Grid) -> list[dict[str, Any]]:
    axes = [_listed(value) for value in grid.values()]
    return [dict(zip(grid, combination, strict=True)) for combination in itertools.product(*axes)]


def _together(grid: Grid) -> list[dict[str, Any]]:
    return [dict(zip(grid, row, strict=True)) for row in zip(*map(_listed, grid.values()), strict=True)]


def _listed(values: Values) -> list[Any]:
    return values.values() if isinstance(values, Range) else values
