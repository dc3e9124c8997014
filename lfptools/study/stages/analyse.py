"""Stage analyse: a study's claims measured from its results, what failed, and readable names of all files."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lfptools.io.atomic import write_json
from lfptools.io.failures import failure_of
from lfptools.io.results import StudyResults, read_json
from lfptools.study.claims import evaluate
from lfptools.study.claims_model import Claim


def analyse(
    index_path: Path | str, claims: Mapping[str, Claim], claims_path: Path, failures_path: Path, data: Path
) -> None:
    """Write ``claims.json`` and ``failures.json`` of the results of an index, and the folder of links with names."""
    index = read_json(Path(index_path))
    link_data(index, Path(index_path).parent, data)
    results = StudyResults.from_index(index_path)
    write_json(evaluate(results, claims), claims_path)
    write_json(failures(results), failures_path)


def failures(results: StudyResults) -> list[dict[str, str]]:
    """The cases that failed: ``experiment``, ``case``, ``stage``, ``message``, ``log``."""
    return [
        {"experiment": case.experiment, "case": case.label, **asdict(case.failure)}
        for case in results.cases
        if case.failure is not None
    ]


def link_data(index: Mapping[str, Any], results: Path, data: Path) -> None:
    """Make ``<data>/<experiment>/<label>/<signal>.nc`` and so on, as relative links to the files named by hashes.

    A case's folder holds ``geometry.nc``, ``run.nc``, each signal under its name, ``lead_field_<name>.nc``, and the
    ``cell_type.nc`` of a hoc model; it is called by the case's label, or by its id where another case of the experiment
    has the same label.
    """
    count = Counter((case["experiment"], case["label"]) for case in index["cases"])
    for case in index["cases"]:
        plain = count[case["experiment"], case["label"]] == 1 and "/" not in case["label"]
        folder = data / case["experiment"] / (case["label"] if plain else case["id"])
        folder.mkdir(parents=True, exist_ok=True)
        paths = case["paths"]
        names = {kind: paths[kind] for kind in ("geometry", "run") if kind in paths} | paths["signal"]
        names |= {f"lead_field_{name}": path for name, path in paths.get("lead_field", {}).items()}
        names |= paths.get("analysis", {})
        names |= {kind: path for kind, path in paths.items() if kind == "cell_type"}
        for name, path in names.items():
            if failure_of(results / path) is not None:
                continue
            link = folder / f"{name}.nc"
            link.unlink(missing_ok=True)
            link.symlink_to(os.path.relpath(results / path, folder))
