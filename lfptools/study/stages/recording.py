"""Stage recording: what a recording chain makes of a signal."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfptools.io.netcdf import open_dataset, write_dataset
from lfptools.provenance.record import Provenance
from lfptools.recording.chain import apply_steps
from lfptools.recording.step import STEPS
from lfptools.study.applied import applied_file

KEPT = ("kind", "model", "parameters", "clamped_pairs", STEPS)


def recording(
    config: Mapping[str, Any],
    inputs: Mapping[str, Path],
    files: Mapping[str, Path],
    output: Path,
    provenance: Provenance,
) -> None:
    """Apply the steps to a signal, of a file of its own or beside its run, and write what comes out."""
    path = inputs["signal"] if "signal" in inputs else applied_file(inputs["run"], config["applied"])
    with open_dataset(path, "signal") as signal:
        made = apply_steps(signal, config["steps"])
        made.attrs = {name: made.attrs[name] for name in KEPT}  # where the signal itself came from is its own file's
        write_dataset(made, output, "signal", provenance)
