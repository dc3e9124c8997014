"""RANGE variables of NEURON as they stand now, one number for every segment of a cell."""

import numpy as np
import xarray as xr

from lfptools.errors import CellError, unknown_name
from lfptools.simulation.labels import segment_coords
from lfptools.simulation.names import segment_variables, variable_attrs

_OF_EVERY_SEGMENT = ("cm", "diam")


def range_values(cell, variable: str) -> xr.DataArray:
    """A parameter or state (``g_pas``, ``gnabar_hh``, ``cm``, ``v``) over ``segment``, labelled; NaN where it is not.

    Raises
    ------
    CellError
        If no segment has a variable of this name; says the nearest.
    """
    segments = cell.neuron_segments()
    having = [hasattr(segment, variable) for segment in segments]
    values = [getattr(segment, variable) if has else np.nan for segment, has in zip(segments, having, strict=True)]
    if not any(having) or any(not isinstance(value, float | int) for value in values):
        legal = {name for segment in segments for name in segment_variables(segment)} | set(_OF_EVERY_SEGMENT)
        raise CellError(unknown_name("RANGE variable", variable, legal, cell.name))
    return xr.DataArray(
        np.array(values, dtype=float), segment_coords(cell.segments), ("segment",), variable, variable_attrs(variable)
    )
