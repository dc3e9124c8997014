"""What NEURON says of a study before it is run: the segments of its cells, and the names that it alone knows.

NEURON runs in child processes, one for each folder of mod files: what they load stays there.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfptools.config.document import dotted
from lfptools.provenance.files import canonical_json
from lfptools.provenance.source import package_root
from lfptools.study.cases import Case
from lfptools.study.files import find, hoc_model_files
from lfptools.study.load import Study

TIME_LIMIT_S = 120.0


@dataclass(frozen=True)
class Inspection:
    """What was found.

    Parameters
    ----------
    segments : mapping of str to int
        Case id to its cell's number of segments.
    problems : tuple of str
        One line for each thing that is wrong in the file.
    unknown : tuple of str
        One line for each thing that could not be found out.
    """

    segments: Mapping[str, int]
    problems: tuple[str, ...]
    unknown: tuple[str, ...]


def inspect(study: Study, time_limit_s: float = TIME_LIMIT_S) -> Inspection:
    """Build each different cell of a study once, in another process, and look up every name; nothing is run.

    Parameters
    ----------
    study : Study
        Checked.
    time_limit_s : float
        For each folder of mod files; what takes longer stays unknown. Hoc models have time limits of their own.
    """
    cells: dict[str, dict[str, Any]] = {}
    cases: list[tuple[Case, str, str]] = []
    for case in study.cases:
        cell, protocol = _asked(study, case)
        cases.append((case, canonical_json(cell), canonical_json(protocol)))
        asked = cells.setdefault(cases[-1][1], {**cell, "protocols": {}})
        asked["protocols"].setdefault(cases[-1][2], protocol)
    answers: dict[str, dict[str, Any]] = {}
    failures: dict[str, None] = {}
    for folder in dict.fromkeys(cell["files"].get("mechanisms") for cell in cells.values()):
        chosen = {key: cell for key, cell in cells.items() if cell["files"].get("mechanisms") == folder}
        loading = sum(
            cell["cell"]["hoc_model"]["time_limit_s"] for cell in chosen.values() if "hoc_model" in cell["cell"]
        )
        answer = _ask(list(chosen.values()), time_limit_s + loading)
        if isinstance(answer, str):
            failures[f"{study.document.path}: {answer}"] = None
        else:
            for (key, cell), said in zip(chosen.items(), answer, strict=True):
                answers[key] = {**said, "protocols": dict(zip(cell["protocols"], said["protocols"], strict=True))}
    segments: dict[str, int] = {}
    problems: dict[str, None] = {}
    for case, cell_key, protocol_key in cases:
        if cell_key in answers:
            answer = answers[cell_key]
            if answer["segments"] is not None:
                segments[case.id] = answer["segments"]
            for key, text in [*answer["problems"], *answer["protocols"][protocol_key]]:
                problems[_told(study, case, key, text)] = None
    return Inspection(segments, tuple(problems), tuple(failures))


def _asked(study: Study, case: Case) -> tuple[dict[str, Any], dict[str, Any]]:
    """A case's cell, without where it stands, and what is done to it."""
    config = {name: block.plain for name, block in case.blocks.items()}
    by_depth = any(one.get("z_um") for one in config["inputs"].values())  # how the cell stands decides what is there
    left_out = {"scatter"} if by_depth else {"scatter", "position_um"}
    cell = {key: value for key, value in config["cell"].items() if key not in left_out}
    cell["rotate_rad"] = cell["rotate_rad"] if by_depth else {}
    files = {role: str(find(cell[role], study.folders)) for role in ("morphology", "mechanisms") if role in cell}
    if "hoc_model" in cell:
        files["hoc_model"], files["hoc_folder"] = map(str, hoc_model_files(cell["hoc_model"], study.folders))
    protocol = {"inputs": config["inputs"], "record": config["record"], "globals": config["run"].get("globals", {})}
    protocol |= {name: config["run"].get(name) for name in ("engine", "dt_ms")}
    protocol["currents"] = config["run"].get("currents", [])
    return {"cell": cell, "files": files}, protocol


def _told(study: Study, case: Case, key: list[str | int], text: str) -> str:
    experiment = ("experiments", case.experiment) if "experiments" in study.document.data else ()
    place = (*experiment, *key)
    return f"{study.document.where(place)}: {dotted(place)}: {text}"


def _ask(cells: list[dict[str, Any]], time_limit_s: float) -> list[dict[str, Any]] | str:
    """What the child process says of some cells, or why it says nothing."""
    asked = [{**cell, "protocols": list(cell["protocols"].values())} for cell in cells]
    paths = [str(package_root().parent), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    with tempfile.TemporaryDirectory(prefix="lfptools-check-") as folder:
        question, answer = Path(folder) / "question.json", Path(folder) / "answer.json"
        question.write_text(json.dumps(asked), encoding="utf-8")
        command = [sys.executable, "-m", "lfptools.study.neuron_names", str(question), str(answer)]
        try:
            done = subprocess.run(
                command, env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)}, capture_output=True, text=True,
                check=False, timeout=time_limit_s,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"its cells were not built within {time_limit_s:g} s: their sizes and NEURON's names are not checked"
        if done.returncode != 0 or not answer.is_file():
            last = (done.stderr.strip() or "it said nothing").splitlines()[-1]
            return f"NEURON could not build its cells (exit code {done.returncode}): {last}"
        return json.loads(answer.read_text(encoding="utf-8"))
