"""Stage forward: a lead field times a run's membrane currents, block by block."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from lfptools.forward.apply import write_signal
from lfptools.io.netcdf import open_dataset
from lfptools.provenance.record import Provenance

_kept: dict[tuple[Path, int, int], xr.Dataset] = {}


def forward(
    config: Mapping[str, Any],
    inputs: Mapping[str, Path],
    files: Mapping[str, Path],
    output: Path,
    provenance: Provenance,
) -> None:
    """Apply a lead field to the currents of a run and write the signal."""
    with open_dataset(inputs["run"], "run") as run:
        write_signal(_lead_field(inputs["lead_field"]), run, output, provenance)


def _lead_field(path: Path) -> xr.Dataset:
    """The runs of a sweep share it, one after the other in a job; the last one stays in memory."""
    state = path.stat()
    this = path, state.st_ino, state.st_mtime_ns
    if this not in _kept:
        _kept.clear()
        with open_dataset(path, "lead_field") as matrix:
            _kept[this] = matrix.load()
    return _kept[this]
