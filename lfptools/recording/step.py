"""What makes a function of a signal a recording step: its parameters, and a note of it in the result."""

import functools
import json
from collections.abc import Callable
from typing import Any, Final, Literal

import numpy as np
import xarray as xr

from lfptools.config.parameters import Parameters, with_parameters
from lfptools.errors import DatasetError
from lfptools.schema.kinds import check
from lfptools.schema.labels import quantity_of, rows_of
from lfptools.schema.sampling import interval

STEPS: Final = "steps"
"""Attribute with the steps that a signal has gone through: a JSON list of ``{"step": name, parameter: value, …}``."""


def step(parameters: type[Parameters], over: Literal["rows", "times"]) -> Callable:
    """Turn ``f(signal, p) -> signal`` into a step, which works over the rows of a signal or over its times.

    The step takes a dataset of kind ``signal`` and its parameters, as an object or as keywords, and returns a new
    dataset of the kind, in which the step is noted (attribute :data:`STEPS`). It is called by its name in the registry.
    """

    def attach(function: Callable[[xr.Dataset, Any], xr.Dataset]) -> Callable:
        @functools.wraps(function)
        def of_signal(signal: xr.Dataset, p: Parameters | None = None, **keywords: Any) -> xr.Dataset:
            if p is not None and keywords:
                raise TypeError(f"{function.__name__} takes its parameters as an object or as keywords, not both")
            p = parameters(**keywords) if p is None else p
            check(signal, "signal")
            made = function(signal, p)
            done = [*steps_of(signal), {"step": function.__name__, **p.model_dump(mode="json", exclude_none=True)}]
            made = made.assign_attrs({**signal.attrs, STEPS: json.dumps(done, ensure_ascii=False)})
            check(made, "signal")
            return made

        of_signal.over = over
        return with_parameters(parameters)(of_signal)

    return attach


def steps_of(signal: xr.Dataset) -> list[dict[str, Any]]:
    """The steps that a signal has gone through, first to last; none for one that a forward model has computed."""
    return json.loads(signal.attrs.get(STEPS, "[]"))


def interval_ms(signal: xr.Dataset, what: str) -> float:
    """The sampling interval.

    Raises
    ------
    DatasetError
        If the samples are not evenly spaced, or there is one only; says what to do. ``what`` is who asks.
    """
    return interval(signal["t"].values, what)


def of_values(
    signal: xr.Dataset, function: Callable[[np.ndarray], np.ndarray], t: np.ndarray | None = None
) -> xr.Dataset:
    """The same rows with ``function`` of their values (rows, t), at the same times or at ``t``.

    Raises
    ------
    DatasetError
        If what comes out is not finite.
    """
    name, rows = quantity_of(signal), rows_of(signal)
    values = function(np.asarray(signal[name].transpose(rows, "t").values, dtype=float))
    if not np.isfinite(values).all():
        raise DatasetError(f"{name} does not stay finite: are there NaN in the signal?")
    times = signal["t"] if t is None else ("t", t, signal["t"].attrs)
    labels = {key: c.variable for key, c in signal.coords.items() if key != "t"}
    return xr.Dataset({name: ((rows, "t"), values, signal[name].attrs)}, {**labels, "t": times}, signal.attrs)
