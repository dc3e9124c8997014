"""Stage compile: a folder of mod files to a library of mechanisms, for one engine."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfptools.io.atomic import atomic_path
from lfptools.provenance.record import Provenance
from lfptools.simulation.compiling import compile_for_coreneuron, compile_mechanisms


def compile_folder(
    config: Mapping[str, Any],
    inputs: Mapping[str, Path],
    files: Mapping[str, Path],
    output: Path,
    provenance: Provenance,
) -> None:
    """Compile, unless a library of the same files exists, and note which files it is made of.

    Raises
    ------
    MechanismError
        With nrnivmodl's own message, file and line; or naming the file that CoreNEURON cannot use, and why.
    """
    if config.get("engine") == "coreneuron":
        compile_for_coreneuron([files["mechanisms"]])
    else:
        compile_mechanisms(files["mechanisms"])
    with atomic_path(output) as partial:
        partial.write_text(json.dumps(provenance.attrs(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
