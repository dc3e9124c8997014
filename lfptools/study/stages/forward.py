"""Stage forward: a lead field times a run's membrane currents, block by block."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfptools.forward.apply import write_signal
from lfptools.io.netcdf import open_dataset
from lfptools.provenance.record import Provenance


def forward(
    config: Mapping[str, Any],
    inputs: Mapping[str, Path],
    files: Mapping[str, Path],
    output: Path,
    provenance: Provenance,
) -> None:
    """Apply a lead field to the currents of a run and write the signal."""
    with open_dataset(inputs["lead_field"], "lead_field") as matrix, open_dataset(inputs["run"], "run") as run:
        write_signal(matrix, run, output, provenance)
