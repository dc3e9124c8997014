"""What makes a function of labelled data an analysis: its parameters, and a note of them in the result."""

import functools
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import xarray as xr

from lfptools.analysis.selection import within
from lfptools.config.parameters import Parameters
from lfptools.errors import DatasetError
from lfptools.schema.kinds import check
from lfptools.schema.sampling import interval

KIND: Final = "analysis"


def analysis(parameters: type[Parameters], fits: Callable[..., Any], roles: tuple[str, ...] = ()) -> Callable:
    """Turn ``f(data, *others, p) -> xarray.Dataset`` into an analysis.

    It takes data as :func:`variable_of` does, parameters as an object ``p`` or as keywords, and returns a dataset of
    kind ``analysis``: labels of the rows are kept, and attributes say which analysis it was, of what, with which
    parameters. It is called by its name in the registry.

    Parameters
    ----------
    parameters : type
        Its parameter class.
    fits : callable
        ``(data, *others, p)``: raises a DatasetError if such data cannot be analysed so, from their labels and times
        alone. It is called first, and with the forms of what is to come when a study is checked.
    roles : tuple of str
        What the others are called in a study.
    """

    def attach(function: Callable[..., xr.Dataset]) -> Callable:
        @functools.wraps(function)
        def of_data(*given: xr.Dataset | xr.DataArray, p: Parameters | None = None, **keywords: Any) -> xr.Dataset:
            if p is not None and keywords:
                raise TypeError(f"{function.__name__} takes its parameters as an object or as keywords, not both")
            if len(given) != 1 + len(roles):
                raise TypeError(
                    f"{function.__name__} takes {' and '.join(('the data', *roles))}, got {len(given)} arrays"
                )
            p = parameters(**keywords) if p is None else p
            arrays = [variable_of(one) for one in given]
            fits(*arrays, p)
            for one in arrays:
                _refuse_nan(one)
            made = function(*arrays, p)
            about = {"analysis": function.__name__, "of": ", ".join(str(one.name) for one in arrays)}
            made = made.assign_attrs(
                {**made.attrs, **about, "parameters": p.model_dump_json(exclude_none=True), "kind": KIND}
            )
            check(made, KIND)
            return made

        of_data.Parameters, of_data.fits, of_data.roles = parameters, fits, roles
        return of_data

    return attach


def variable_of(data: xr.Dataset | xr.DataArray) -> xr.DataArray:
    """An array over t, and rows or nothing besides, with units; of a dataset its only one.

    Raises
    ------
    DatasetError
        If it is not such data; says what is missing.
    """
    if isinstance(data, xr.Dataset):
        names = [name for name in data.data_vars if "t" in data[name].dims]
        if len(names) != 1:
            raise DatasetError(f"expected one variable over t, got {list(map(str, names))}: choose one of them")
        data = data[names[0]]
    if "t" not in data.dims or data.ndim > 2:
        raise DatasetError(f"expected dimensions t and at most one of rows, got {data.dims}")
    if not isinstance(data.attrs.get("units"), str):
        raise DatasetError(f"{data.name!r} has no attribute 'units', which the result's units follow from")
    if "t" not in data.coords:
        raise DatasetError(f"{data.name!r} has no coordinate t: the times of its samples, in ms")
    return data.transpose(..., "t")


def row_coords(data: xr.DataArray) -> dict[str, Any]:
    """The labels of the rows."""
    return {str(key): coord.variable for key, coord in data.coords.items() if coord.dims and "t" not in coord.dims}


def row_dims(data: xr.DataArray) -> tuple[str, ...]:
    """The dimension of the rows, or none."""
    return tuple(str(dim) for dim in data.dims if dim != "t")


def rate_kHz(data: xr.DataArray, what: str) -> float:
    """Samples per ms.

    Raises
    ------
    DatasetError
        If the samples are not evenly spaced, or there is one only; says what to do.
    """
    return 1.0 / interval(data["t"].values, what)


def cut(data: xr.DataArray, window_ms: tuple[float, float] | None) -> xr.DataArray:
    """The samples within a window of time, borders included; all without one.

    Raises
    ------
    DatasetError
        If it holds fewer than two samples.
    """
    if window_ms is None:
        return data
    t = data["t"].values
    inside = np.flatnonzero(within(t, window_ms))
    if inside.size < 2:
        raise DatasetError(f"window_ms {list(window_ms)} holds {inside.size} samples of {t[0]:g} to {t[-1]:g} ms")
    return data.isel(t=slice(int(inside[0]), int(inside[-1]) + 1))


def variable(dims: tuple[str, ...], values: Any, units: str, long_name: str) -> tuple:
    """A variable as :class:`xarray.Dataset` takes it."""
    return dims, np.asarray(values, dtype=float), {"units": units, "long_name": long_name}


def _refuse_nan(data: xr.DataArray) -> None:
    if not np.isfinite(np.asarray(data.values, dtype=float)).all():
        raise DatasetError(f"{data.name!r} holds NaN or infinities: an analysis of them would hold nothing else")
