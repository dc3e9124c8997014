"""``python -m lfptools.simulation.capture.child QUESTION``: the processes in which a hoc model and its copy live.

``original`` loads the model, says what cannot be carried, writes the cell type and answers the test stimulus. ``copy``
makes a cell of the file and answers the same stimulus. :mod:`lfptools.simulation.capture.capture` starts them.
"""

import ctypes
import json
import resource
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from neuron import h

from lfptools.errors import LfptoolsError
from lfptools.io.netcdf import write_dataset
from lfptools.simulation.capture.detection import Before
from lfptools.simulation.capture.extraction import Extraction
from lfptools.simulation.capture.loading import HocError, Journal, load, make_interruptible
from lfptools.simulation.capture.response import Stimulus, choose_stimulus, respond
from lfptools.simulation.cell import Cell
from lfptools.simulation.celltype import CellType
from lfptools.simulation.mechanisms import forget_tables, load_mechanisms

_LARGEST_FILE = 4 * 2**30
_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> int:
    """Read a question (JSON), write its answer beside it."""
    question = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    _end_with_parent(int(question["time_limit_s"]))
    _limit_files()
    journal = Journal(Path(question["doing"]), Path(question["said"]))
    make_interruptible()
    try:
        answer = {"original": original, "copy": copy}[question["task"]](question, journal)
    except LfptoolsError as error:
        hoc = isinstance(error, HocError)
        place = {"file": error.file, "line": error.line, "stack": error.stack} if hoc else {}
        answer = {"failure": str(error), "place": place}
    Path(question["answer"]).write_text(json.dumps(answer), encoding="utf-8")
    return 0


def _end_with_parent(time_limit_s: int) -> None:
    """Whoever waits may be killed: Linux then ends this process too, and elsewhere a clock does."""
    signal.alarm(time_limit_s + 30)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _limit_files() -> None:
    """No file of the model's, what it prints among them, may fill the disk, and no memory of a crash."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    limits = [limit for limit in (soft, hard, _LARGEST_FILE) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_FSIZE, (min(limits), hard))


def original(question: Mapping[str, Any], journal: Journal) -> dict[str, Any]:
    """Load, extract, write the cell type; what was lost, and what of it nobody accepted; the stimulus."""
    with journal.hoc("starting NEURON"):
        if question["mechanisms"] is not None:
            load_mechanisms(question["mechanisms"])
        h.load_file("nrngui.hoc")
    before, file = Before(), Path(question["file"])
    load(file, question["call"], journal)
    forget_tables()  # it may have made mechanisms, or changed the number of extracellular layers
    with journal.hoc("looking for what cannot be carried"):
        found = Extraction(before, question, file)
        losses = found.losses()
    refused = [loss for loss in losses if loss.kind not in question["accept"]]
    if refused:
        return {"losses": losses, "refused": refused}
    write_dataset(found.dataset(losses), question["cell_type"], "cell_type")
    if not question["verify"]:
        return {"losses": losses, "refused": []}
    with journal.hoc("giving the original the test stimulus"):
        cell = Cell(found.sections, v_init=float(h.v_init), nsegs_method=None)
        stimulus = choose_stimulus(cell)
        np.savez(question["response"], **respond(cell, stimulus))
    return {"losses": losses, "refused": [], "stimulus": stimulus.as_dict()}


def copy(question: Mapping[str, Any], journal: Journal) -> dict[str, Any]:
    """Make a cell of the file and give it the stimulus."""
    with journal.hoc("giving the copy the test stimulus"):
        cell = CellType.open(question["cell_type"], question["mechanisms"]).instantiate()
        np.savez(question["response"], **respond(cell, Stimulus(**question["stimulus"])))
    return {}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
