"""Stage build: a cell's configuration to the geometry of its segments; nothing is run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfptools.io.geometry import geometry_dataset
from lfptools.io.netcdf import write_dataset
from lfptools.provenance.record import Provenance
from lfptools.study.stages.neuron_cell import make_cell


def build(
    config: Mapping[str, Any],
    inputs: Mapping[str, Path],
    files: Mapping[str, Path],
    output: Path,
    provenance: Provenance,
) -> None:
    """Build a cell and write its geometry."""
    with make_cell(config["cell"], files, cell_type=inputs.get("cell_type")) as cell:
        write_dataset(geometry_dataset(cell.segments), output, "geometry", provenance)
