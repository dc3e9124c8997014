"""Stage gather: what is made of the signals of several cases."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from lfptools.analysis.registry import GATHERS
from lfptools.config.registry import load
from lfptools.io.netcdf import open_dataset, write_dataset
from lfptools.provenance.record import Provenance
from lfptools.study.applied import applied_file


def gather(
    config: Mapping[str, Any],
    inputs: Mapping[str, Any],
    files: Mapping[str, Path],
    output: Path,
    provenance: Provenance,
) -> None:
    """Gather the signals of ``inputs["of"]``, opened one at a time, and write what comes out."""
    block = config["gather"]
    function = load(GATHERS[block["gather"]])
    p = function.Parameters(**{key: block[key] for key in function.Parameters.model_fields if key in block})
    signals, values = [], []
    for number, one in config["of"].items():
        path = inputs["of"][number]
        path = applied_file(path, one["applied"]) if "applied" in one else path
        signals.append(partial(open_dataset, path, "signal"))
        values.append(one["values"])
    write_dataset(function(signals, values, p), output, function.makes, provenance)
