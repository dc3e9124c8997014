"""What makes a function of several cases' signals a way to gather them; and the sum, a population's signal."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Literal

import numpy as np
import xarray as xr

from lfptools.config.parameters import Parameters
from lfptools.errors import DatasetError
from lfptools.schema.labels import quantity_of

Opened = Callable[[], AbstractContextManager[xr.Dataset]]
"""Opens a case's signal; one is open at a time."""
KEPT: Final = ("model", "parameters")


def gather(parameters: type[Parameters], makes: Literal["signal", "analysis"]) -> Callable:
    """Mark ``f(signals, values, p) -> xarray.Dataset`` as a way to gather signals.

    ``signals`` open the signal of each case, ``values`` are what the sweep says of each, and the result is a dataset of
    the kind that it ``makes``.
    """

    def attach(function: Callable[[Sequence[Opened], Sequence[Mapping[str, Any]], Any], xr.Dataset]) -> Callable:
        function.Parameters, function.makes = parameters, makes
        return function

    return attach


def aligned(signals: Iterable[Opened]) -> Iterable[xr.Dataset]:
    """The signals one after the other; rows and times must be those of the first.

    Raises
    ------
    DatasetError
        If they are not; names what differs. Nothing is dropped or interpolated.
    """
    first = None
    for i, opened in enumerate(signals):
        with opened() as signal:
            if first is None:
                first = {str(key): coord.values for key, coord in signal.coords.items()}
                name = quantity_of(signal)
            if quantity_of(signal) != name:
                raise DatasetError(f"signal {i + 1} is a {quantity_of(signal)}, the first is a {name}")
            for key, values in first.items():
                if key not in signal.coords or not np.array_equal(signal[key].values, values):
                    what = "times" if key == "t" else f"rows ({key})"
                    raise DatasetError(f"signal {i + 1} has other {what} than the first: they cannot be gathered")
            yield signal


class SumParameters(Parameters):
    """Nothing to choose."""


@gather(SumParameters, makes="signal")
def total(signals: Sequence[Opened], values: Sequence[Mapping[str, Any]], p: SumParameters) -> xr.Dataset:
    """The sum of the cases' signals at the same contacts and times: that of a population, by superposition.

    Raises
    ------
    DatasetError
        If contacts, bins or times differ.
    """
    made, clamped, extra = None, 0, {}
    for signal in aligned(signals):
        name = quantity_of(signal)
        clamped += int(signal.attrs["clamped_pairs"])
        if made is None:
            made = signal.load().copy(deep=True)
            extra = {key: signal.attrs[key] for key in KEPT}
        else:
            made[name].values += signal[name].values
    if made is None:
        raise DatasetError("there are no signals to gather")
    made.attrs = {**extra, "clamped_pairs": clamped, "gathered_cases": len(signals)}
    return made
