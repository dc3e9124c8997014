"""One run of the workflow in a working directory at a time, and what a killed run leaves behind."""

import fcntl
import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lfptools.errors import LfptoolsError
from lfptools.io.atomic import leftovers

log = logging.getLogger(__name__)

LOCK = Path(".snakemake/lfptools.lock")


class BusyError(LfptoolsError, RuntimeError):
    """Somebody else is running the workflow here."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the lock of a working directory; the kernel lets go of it when the process ends, however it ends.

    Raises
    ------
    BusyError
        If another process holds it, or a Snakemake runs here that was started by itself.
    """
    path = folder / LOCK
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(f"another 'lfptools run' is at work in {folder}; wait for it, or stop it") from error
        yield
    finally:
        os.close(descriptor)


def clear_leftovers(folder: Path, results: Path) -> None:
    """Remove what a killed run left: orphaned jobs, Snakemake's lock, files and folders under temporary names.

    Call it with the lock held: then every job that is still alive here has lost its run.

    Raises
    ------
    BusyError
        If a Snakemake that was started by itself runs here.
    """
    runs, jobs = _snakemakes(folder)
    if runs:
        pids = ", ".join(str(process.pid) for process in runs)
        raise BusyError(f"a snakemake (process {pids}) is at work in {folder}; wait for it, or stop it")
    for process in jobs:
        log.warning("stopping process %d, a job that a killed run left behind", process.pid)
        _kill(process)
    locks = sorted((folder / ".snakemake/locks").glob("*"))
    if locks:
        log.warning("removing the stale lock of a run that was killed")
        for path in locks:
            path.unlink(missing_ok=True)
    for path in leftovers(results):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _snakemakes(folder: Path) -> tuple[list, list]:
    """Snakemake processes that work in a folder: runs, and jobs of runs."""
    import psutil

    runs, jobs = [], []
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    for process in psutil.process_iter():
        try:
            if process.pid in own or process.status() == psutil.STATUS_ZOMBIE:
                continue
            line = process.cmdline()
            if Path(process.cwd()) != folder.resolve():
                continue
        except (psutil.Error, OSError):  # it has ended, or is another user's
            continue
        words = line[:4]
        if any(word.endswith(("/snakemake", ".snakemake-wrapped")) or word == "snakemake" for word in words):
            (jobs if "subprocess" in line else runs).append(process)
        elif any("/.snakemake/scripts/" in word or word.startswith(".snakemake/scripts/") for word in line):
            jobs.append(process)
    return runs, jobs


def _kill(process) -> None:
    import psutil

    try:
        process.kill()
        process.wait(timeout=10)
    except psutil.NoSuchProcess:
        return
    except psutil.TimeoutExpired as error:
        raise BusyError(f"process {process.pid}, a job of a killed run, does not end") from error
    time.sleep(0.05)
