"""A child process that loads somebody's model: with a time limit, without a display, and with what it said."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from lfptools.errors import LfptoolsError
from lfptools.provenance.source import package_root
from lfptools.simulation.capture import child

_PATIENCE_S = 5.0
_LINES, _TAIL_BYTES = 8, 2**16
# NEURON repeats an error for each file that loads the one at fault.
_REPEATED = re.compile(
    r"^NEURON: hoc_Load_file .*\n in \S+ near line \d+\n.*\n|^ +(?:load_file|xopen|execute1)\(.*\n|^and others\n",
    re.MULTILINE,
)
_UNSET = ("DISPLAY", "NRN_NMODL_PATH", "CORENEURONLIB")


class ProcessFailed(LfptoolsError):
    """The child process has no answer: why, what it said last, and where in the model, if that is known.

    ``place`` holds ``file`` and ``line`` as hoc calls them, and ``stack``, the procedures at work, innermost first.
    """

    def __init__(self, what: str, said: str, place: Mapping[str, Any] | None = None):
        super().__init__(what)
        self.said, self.place = said, place or {}


def ask(question: Mapping[str, Any], work: Path, time_limit_s: float) -> dict[str, Any]:
    """Start :mod:`.child` in a folder, hand it a question, and return its answer.

    Raises
    ------
    ProcessFailed
        If hoc reports an error, the process ends without an answer, or does not end in time.
    """
    doing, answer = work / "doing", work / "answer.json"
    out, said = work / "stdout", work / "stderr"
    for path in (doing, out, said):
        path.write_text("", encoding="utf-8")
    answer.unlink(missing_ok=True)
    asked = {**question, "doing": str(doing), "said": str(said), "answer": str(answer), "time_limit_s": time_limit_s}
    (work / "question.json").write_text(json.dumps(asked), encoding="utf-8")
    # -P: a model's folder may hold files called like modules of Python.
    command = [sys.executable, "-P", "-u", "-m", child.__name__, str(work / "question.json")]
    with out.open("wb") as stdout, said.open("ab") as stderr:
        process = subprocess.Popen(
            command, cwd=work, env=_environment(), stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
            start_new_session=True,
        )  # fmt: skip
        late = _wait(process, time_limit_s)
    found = json.loads(answer.read_text(encoding="utf-8")) if answer.is_file() else None
    told = _told(out, said)
    failure, place = (found or {}).get("failure"), (found or {}).get("place")
    now = doing.read_text(encoding="utf-8") or "starting NEURON"
    if late:
        last = f", and was then {failure}" if failure else ""
        raise ProcessFailed(f"{now} took more than the time limit of {time_limit_s:g} s{last}", told, place)
    if found is None:
        raise ProcessFailed(f"{_end(process.returncode)} while {now}", told)
    if failure is not None:
        raise ProcessFailed(failure, told if place else "", place)
    return found


def _wait(process: subprocess.Popen, time_limit_s: float) -> bool:
    """Whether it took too long; then it is first asked, and then made to end, with all that it started."""
    try:
        process.wait(time_limit_s)
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)  # which hoc answers with where it is
        with suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE_S)
        return True
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _UNSET}
    paths = [str(package_root().parent), *filter(None, kept.get("PYTHONPATH", "").split(os.pathsep))]
    return {**kept, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)), "NEURON_MODULE_OPTIONS": "-nogui"}


def _end(code: int) -> str:
    if code < 0:
        return f"the model made the process crash ({signal.Signals(-code).name})"
    if code == 0:
        return "the model ended the process (quit(), exit code 0)"
    return f"the process failed (exit code {code})"


def _told(out: Path, said: Path) -> str:
    """The last lines of what the process wrote."""
    parts = []
    for name, path in (("standard output", out), ("standard error", said)):
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            text = _REPEATED.sub("", stream.read().decode(errors="replace"))
        lines = [line for line in text.splitlines() if line.strip()]
        if lines:
            parts.append(f"its {name} ends:\n    " + "\n    ".join(lines[-_LINES:]))
    return "\n  ".join(parts)
