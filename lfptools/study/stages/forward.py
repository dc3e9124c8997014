"""Stage forward: a lead field times a run's membrane currents, block by block."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfptools.forward.apply import signal_blocks, signal_template
from lfptools.io.netcdf import open_dataset
from lfptools.io.stream import RunWriter
from lfptools.provenance.record import Provenance
from lfptools.units import attrs


def forward(
    config: Mapping[str, Any],
    inputs: Mapping[str, Path],
    files: Mapping[str, Path],
    output: Path,
    provenance: Provenance,
) -> None:
    """Apply a lead field to the currents of a run and write the signal."""
    with open_dataset(inputs["lead_field"], "lead_field") as matrix, open_dataset(inputs["run"], "run") as run:
        quantity, rows = matrix.attrs["quantity"], str(matrix["lead_field"].dims[0])
        variables = {quantity: ((rows, "t"), attrs(quantity))}
        template = signal_template(matrix).load()
        with RunWriter(output, "signal", template, variables, n_t=run.sizes["t"], provenance=provenance) as writer:
            for t, values in signal_blocks(matrix, run):
                writer.append({quantity: values}, t=t)
