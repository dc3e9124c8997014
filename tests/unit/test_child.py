"""A process below the command: what it says is read, and it ends when the command is asked to end."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from foreground import hearing

# In the place of Snakemake: it waits for a job, also after an interrupt. The job hears no interrupt.
PARENT = """
import signal, subprocess, sys
signal.signal(signal.SIGINT, lambda *heard: None)
job = subprocess.Popen(["sh", "-c", "trap '' INT; exec sleep 100"])
print("1 of 2 steps (50%) done", file=sys.stderr, flush=True)
job.wait()
sys.exit(1)
"""
COMMAND = """
import sys
from pathlib import Path
from lfptools.cli import child
child.PATIENCE_S = 1.0
code, watch = child.watched([sys.executable, "-c", sys.argv[1]], Path("."), lambda watch: None)
print(code, getattr(watch.ended_by, "name", "nobody"), len(watch.last), flush=True)
"""


@pytest.fixture
def begun(tmp_path):
    """The command, and the job below it."""
    command = subprocess.Popen(
        [sys.executable, "-c", COMMAND, PARENT], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, preexec_fn=hearing,
    )  # fmt: skip
    try:
        assert command.stderr.readline() == "1 of 2 steps done\n"
        job = psutil.Process(command.pid).children(recursive=True)[-1]
        while job.name() != "sleep":
            time.sleep(0.01)
        yield command, job
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in psutil.Process(command.pid).children(recursive=True):
                process.kill()
        command.kill()
        command.wait()
        for stream in (command.stdout, command.stderr):
            stream.close()


def _runs(process):
    """Whether it is alive. What has ended is a zombie for as long as the system's first process does not collect it."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _ends(process):
    """Whether it ends now: its files are closed, which is what the command waits for, a moment before."""
    deadline = time.monotonic() + 5.0
    while _runs(process) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not _runs(process)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_jobs_that_hear_no_interrupt_are_ended_after_a_while(begun, number):
    command, job = begun
    os.kill(command.pid, number)
    said, _ = command.communicate(timeout=30)
    assert said == f"1 {number.name} 1\n"
    assert _ends(job)


def test_a_second_one_ends_all_at_once(begun):
    command, job = begun
    os.kill(command.pid, signal.SIGINT)
    time.sleep(0.5)
    assert _runs(job)
    begin = time.monotonic()
    os.kill(command.pid, signal.SIGINT)
    said, _ = command.communicate(timeout=30)
    assert said == f"{-signal.SIGKILL} SIGINT 1\n" and time.monotonic() - begin < 3.0
    assert _ends(job)


def test_jobs_are_ended_that_outlive_what_waited_for_them(begun):
    command, job = begun
    job.parent().kill()
    said, _ = command.communicate(timeout=30)
    assert said == f"{-signal.SIGKILL} nobody 1\n"
    assert _ends(job)


def test_a_stopped_command_stops_what_is_below_it_and_both_go_on(begun):
    command, job = begun
    me = psutil.Process(command.pid)
    os.kill(command.pid, signal.SIGTSTP)
    while me.status() != psutil.STATUS_STOPPED:
        time.sleep(0.01)
    assert job.status() == psutil.STATUS_STOPPED
    os.kill(command.pid, signal.SIGCONT)
    while job.status() == psutil.STATUS_STOPPED:
        time.sleep(0.01)
    assert me.status() != psutil.STATUS_STOPPED
