"""Stage analysis: what an analysis makes of a case's signals and recorded variables."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from lfptools.analysis.registry import ANALYSES
from lfptools.config.registry import load
from lfptools.io.netcdf import open_dataset, write_dataset
from lfptools.provenance.record import Provenance
from lfptools.study.applied import applied_file


def analysis(
    config: Mapping[str, Any],
    inputs: Mapping[str, Path],
    files: Mapping[str, Path],
    output: Path,
    provenance: Provenance,
) -> None:
    """Analyse what the roles name and write the result; ``config["given"]`` says where in its file each lies."""
    block = config["analysis"]
    function = load(ANALYSES[block["analysis"]])
    p = function.Parameters(**{key: block[key] for key in function.Parameters.model_fields if key in block})
    with ExitStack() as stack:
        arrays = []
        for role in ("of", *function.roles):
            given, path = config["given"][role], inputs[role]
            if "variable" in given:
                run = stack.enter_context(open_dataset(path, "run"))
                arrays.append(run[given["variable"]])
            else:
                signal = applied_file(path, given["applied"]) if "applied" in given else path
                arrays.append(stack.enter_context(open_dataset(signal, "signal")))
        write_dataset(function(*arrays, p=p), output, "analysis", provenance)
