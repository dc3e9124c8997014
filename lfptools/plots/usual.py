"""The picture that a file of results has where nothing else is asked for."""

from pathlib import Path
from typing import Any

import xarray as xr

from lfptools.errors import DatasetError
from lfptools.io.netcdf import open_dataset


def usual_picture(path: Path) -> tuple[str, dict[str, Any]]:
    """The figure kind, and its parameters, that show a file of a case.

    A geometry is a morphology; a run, its potentials at the soma and at recorded sites against time; a signal, its
    rows against time; an analysis, an image over time where it has times, otherwise curves.

    Raises
    ------
    DatasetError
        If the file is of a kind without a picture of its own.
    """
    with open_dataset(path) as dataset:
        match dataset.attrs["kind"]:
            case "geometry":
                return "morphology", {}
            case "run":
                return "traces", {"panels": [{"variable": name} for name in _of_run(dataset)]}
            case "signal":
                return "traces", {"panels": [{"signal": path.stem}]}
            case "analysis":
                return _of_analysis(dataset, path.stem)
            case kind:
                raise DatasetError(f"{path}: a {kind} has no picture of its own; name a kind of figure")


def _of_run(dataset: xr.Dataset) -> list[str]:
    """What was recorded at single places, or what the membrane currents sum to."""
    single = [str(name) for name, one in dataset.data_vars.items() if one.dims in (("t",), (f"{name}_site", "t"))]
    return [name for name in single if name != "net_current"] or single


def _of_analysis(dataset: xr.Dataset, name: str) -> tuple[str, dict[str, Any]]:
    value, variable = next(iter(dataset.data_vars.items()))
    along = [str(dim) for dim in variable.dims if dim in dataset.coords]
    if "t" in along and variable.ndim == 2:
        return "images", {"panels": [{"analysis": name}]}
    if not along:
        raise DatasetError(f"{name}: an analysis over {variable.dims} has no picture of its own; name a kind of figure")
    logarithmic = dataset.attrs["analysis"] == "power_spectrum"
    axes = {"against": along[-1], "log_x": logarithmic, "log_y": logarithmic}
    return "curves", {"panels": [{"analysis": name, "value": str(value)}], **axes}
