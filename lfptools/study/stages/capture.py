"""Stage capture: a model written in hoc to a cell type, from which every simulation makes its own cell."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfptools.provenance.record import Provenance
from lfptools.simulation.capture.capture import capture_cell


def capture(
    config: Mapping[str, Any],
    inputs: Mapping[str, Path],
    files: Mapping[str, Path],
    output: Path,
    provenance: Provenance | None,
) -> None:
    """Load the model, verify a copy of its cell, and write the cell type.

    Raises
    ------
    MorphologyError, CellError
        As :func:`lfptools.capture_cell`.
    """
    given = {key: value for key, value in config["hoc_model"].items() if key not in ("file", "folder")}
    found = capture_cell(
        files["hoc_model"], **given, folder=files["hoc_folder"], mechanisms=files.get("mechanisms")
    )  # fmt: skip
    found.save(output, provenance)
