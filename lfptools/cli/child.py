"""A run of Snakemake below this process: its lines are read, and it ends when this process is asked to end."""

import contextlib
import ctypes
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from lfptools.cli.watch import Watch

_PR_SET_PDEATHSIG: Final = 1
_TICK_S: Final = 1.0
PATIENCE_S: Final = 5.0
"""How long jobs have to end by themselves when the run is asked to end."""


def watched(
    command: Sequence[str], here: Path, begun: Callable[[Watch], None] = lambda watch: None
) -> tuple[int, Watch]:
    """Run Snakemake and tell what it does.

    It gets a process group of its own, jobs included. Ctrl-C, SIGTERM and SIGHUP end the group, which is awaited; a
    second one ends it at once. Ctrl-Z stops it, too.

    Parameters
    ----------
    command : sequence of str
        Snakemake's.
    here : path
        Its working directory.
    begun : callable
        Called with the watch when Snakemake has been started.

    Returns
    -------
    code, watch
        Its exit code, and what was seen.
    """
    watch = Watch()
    process = subprocess.Popen(
        command, cwd=here, stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace", process_group=0,
        preexec_fn=die_with_parent,
    )  # fmt: skip
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(process, lines), daemon=True)
    reader.start()
    with _handed_on(process, watch):
        begun(watch)
        while (line := _next(lines)) is not None:
            if line:
                watch.line(line)
            else:
                watch.draw()
                if process.poll() is not None:  # it was killed, and jobs that it left hold its pipe open
                    _to_group(process, signal.SIGTERM)
            if watch.ended_by is not None and time.monotonic() > watch.patient_until:
                _end_jobs(process)
                watch.patient_until = time.monotonic() + PATIENCE_S
        process.wait()
    reader.join()
    process.stderr.close()
    watch.finish()
    return process.returncode, watch


def die_with_parent() -> None:
    """Ask Linux to end this process when its parent ends, however that ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _read(process: subprocess.Popen, lines: "queue.SimpleQueue[str | None]") -> None:
    for line in process.stderr:
        lines.put(line)
    lines.put(None)


def _next(lines: "queue.SimpleQueue[str | None]") -> str | None:
    """The next line; "" where there is none for a while, None at the end."""
    try:
        return lines.get(timeout=_TICK_S)
    except queue.Empty:
        return ""


def _end_jobs(process: subprocess.Popen) -> None:
    """End the jobs that live on: an interrupt may be lost while Python imports, and none is heard inside NEURON."""
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        for job in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                job.terminate()


def _to_group(process: subprocess.Popen, number: int) -> None:
    """Send a signal to a process and all jobs, also to those that have outlived it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


@contextlib.contextmanager
def _handed_on(process: subprocess.Popen, watch: Watch) -> Iterator[None]:
    """Hand signals on to the group of a process while it runs."""

    def end(number: int, frame: object) -> None:
        """Ask for the end first; end at once when asked again, which loses no more than what is half made."""
        _to_group(process, signal.SIGINT if watch.ended_by is None else signal.SIGKILL)
        watch.ended_by = signal.Signals(number)
        watch.patient_until = time.monotonic() + PATIENCE_S

    def pause(number: int, frame: object) -> None:
        _to_group(process, signal.SIGSTOP)
        os.kill(os.getpid(), signal.SIGSTOP)
        _to_group(process, signal.SIGCONT)  # this process goes on here

    handlers = {signal.SIGINT: end, signal.SIGTERM: end, signal.SIGHUP: end, signal.SIGTSTP: pause}
    # What is ignored stays so: nohup, a job in the background of a script.
    heard = {number: handler for number, handler in handlers.items() if signal.getsignal(number) != signal.SIG_IGN}
    before = {number: signal.signal(number, handler) for number, handler in heard.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
