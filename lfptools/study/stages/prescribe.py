"""Currents that a study prescribes, as a run: no NEURON, no equations."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lfptools.errors import ConfigError
from lfptools.io.geometry import segments_from_dataset
from lfptools.io.netcdf import open_dataset, write_dataset
from lfptools.provenance.record import Provenance
from lfptools.units import attrs

_COORDS = ("segment_id", "section", "section_x", "x", "y", "z")


def prescribe(run: Mapping[str, Any], geometry_path: Path, output: Path, provenance: Provenance) -> None:
    """Write the run whose membrane currents are those of the study's block ``run``.

    Parameters
    ----------
    run : mapping
        ``currents``: list of ``{at, nA}``, and ``t_ms``.
    geometry_path : path
        Of the cell.

    Raises
    ------
    ConfigError
        If a place is not on the cell.
    """
    with open_dataset(geometry_path, "geometry") as geometry:
        segments = segments_from_dataset(geometry)
        coords = {name: geometry[name].variable.load() for name in _COORDS}
    t = np.asarray(run["t_ms"], dtype=float)
    currents = np.zeros((len(segments), t.size))
    for i, given in enumerate(run["currents"]):
        try:
            idx = segments.at(given["at"]["section"], given["at"]["fraction"])
        except ValueError as error:
            raise ConfigError(f"run.currents[{i}].at: {error}") from error
        currents[idx] += given["nA"]
    data = {
        "membrane_current": (("segment", "t"), currents, attrs("membrane_current")),
        "net_current": ("t", currents.sum(axis=0), attrs("net_current")),
    }
    step = float(t[1] - t[0]) if t.size > 1 else 0.0
    about = {"variable_dt": 0, "dt_ms": step, "t_start_ms": float(t[0]), "t_stop_ms": float(t[-1])}
    dataset = xr.Dataset(data, {**coords, "t": ("t", t, attrs("t"))}, {"kind": "run", "prescribed": 1, **about})
    write_dataset(dataset, output, "run", provenance)
