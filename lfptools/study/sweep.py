"""Sweeps: from the values of keys to the points that are run."""

import itertools
from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import Discriminator, Field, Tag, model_validator

from lfptools.config.parameters import Parameters

LABEL = "label"


class Range(Parameters):
    """Evenly spaced numbers from ``start`` to ``stop``, both included: every ``step``, or ``number`` of them."""

    start: float = Field(description="first value")
    stop: float = Field(description="last value, included")
    step: float | None = Field(None, description="from value to value; or number")
    number: int | None = Field(None, ge=2, description="how many values; or step")

    @model_validator(mode="after")
    def _one_way(self) -> "Range":
        if (self.step is None) == (self.number is None):
            raise ValueError("a range needs exactly one of 'step' and 'number'")
        if self.step is not None and (self.step == 0 or (self.stop - self.start) / self.step < 0):
            raise ValueError(f"a step of {self.step:g} does not lead from {self.start:g} to {self.stop:g}")
        return self

    def values(self) -> list[float]:
        """The numbers, without the noise of repeated addition."""
        if self.number is not None:
            numbers = np.linspace(self.start, self.stop, self.number)
        else:
            numbers = self.start + self.step * np.arange(int(np.floor((self.stop - self.start) / self.step + 1e-9)) + 1)
        return [float(f"{number:.12g}") for number in numbers]


Values = Annotated[
    Annotated[Range, Tag("range")] | Annotated[list[Any], Field(min_length=1), Tag("list")],
    Discriminator(lambda value: "range" if isinstance(value, dict | Range) else "list"),
]
Grid = dict[str, Values]
Points = Annotated[list[dict[str, Any]], Field(min_length=1)]


class Sweep(Parameters):
    """A grid (every combination) and a list of points, one after the other."""

    grid: Grid | None = Field(None, description="dotted key to its values: every combination is a case")
    list: Points | None = Field(
        None, description="cases one by one: dotted keys to values, and label, the case's readable name"
    )


def _form(value: object) -> str:
    if isinstance(value, list | tuple):
        return "points"
    named = isinstance(value, Sweep) or (isinstance(value, dict) and bool(value) and set(value) <= {"grid", "list"})
    return "both" if named else "grid"


AnySweep = Annotated[
    Annotated[Sweep, Tag("both")] | Annotated[Points, Tag("points")] | Annotated[Grid, Tag("grid")],
    Discriminator(_form),
]


def points(sweep: AnySweep | None) -> list[dict[str, Any]]:
    """The points of a sweep, each a mapping of dotted key to value; a single empty one without a sweep.

    A point of a list may carry ``label``, its readable name.
    """
    if sweep is None:
        return [{}]
    if isinstance(sweep, Sweep):
        found = _grid(sweep.grid) if sweep.grid else []
        return found + [dict(point) for point in sweep.list or []]
    if isinstance(sweep, Mapping):
        return _grid(sweep)
    return [dict(point) for point in sweep]


def _grid(grid: Grid) -> list[dict[str, Any]]:
    axes = [value.values() if isinstance(value, Range) else value for value in grid.values()]
    return [dict(zip(grid, combination, strict=True)) for combination in itertools.product(*axes)]
