"""The line of progress, on a real pseudo-terminal and in a file."""

import fcntl
import io
import os
import pty
import re
import select
import struct
import termios

import pytest

from lfptools.cli.progress import Progress
from lfptools.cli.watch import Watch

LINES = [
    "rule build:", "    jobid: 1", "Finished jobid: 1 (Rule: build)", "1 of 4 steps (25%) done",
    "rule simulate:", "    jobid: 2", "rule simulate:", "    jobid: 3",

    "lfptools: simulate: warning: a contact is near",
    "Error in rule simulate:", "    jobid: 3", "    log: a/logs/b.log",
    "Finished jobid: 2 (Rule: simulate)", "2 of 4 steps (50%) done",
]  # fmt: skip


def on_terminal(columns, monkeypatch):
    """What a terminal of so many columns is sent."""
    monkeypatch.setenv("COLUMNS", str(columns))
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with os.fdopen(follower, "w") as terminal:
        watch = Watch(terminal)
        for line in LINES:
            watch.line(line + "\n")
        watch.finish()
        terminal.flush()
        text = b""
        while not text.endswith(b"\n") or select.select([leader], [], [], 0.1)[0]:
            text += os.read(leader, 100_000)
    os.close(leader)
    return text.decode()


@pytest.mark.parametrize("columns", [30, 80, 200])
def test_a_terminal_has_one_line_that_fits_and_whole_warnings(columns, monkeypatch):
    text = on_terminal(columns, monkeypatch)
    lines = text.replace("\r\n", "\n").split("\n")
    drawn = [one for line in lines for one in re.split(r"\r|\x1b\[K", line) if one]
    assert "lfptools: simulate: warning: a contact is near" in drawn
    bars = [one for one in drawn if "steps" in one]
    assert bars and all(len(one) < columns for one in bars)
    assert ("[" in bars[-1]) == (columns > 60)
    # The warning and the last state of the bar: nothing else is left standing.
    assert len([line for line in lines if line]) == 2
    if columns > 60:
        assert bars[-1].endswith("2 of 4 steps done, 1 failed")
        assert any("2 running" in one for one in bars)


def test_a_file_gets_lines_without_control_characters():
    told = io.StringIO()
    watch = Watch(told)
    for line in LINES:
        watch.line(line)
    watch.finish()
    assert told.getvalue().splitlines() == [
        "1 of 4 steps done",
        "lfptools: simulate: warning: a contact is near",
        "2 of 4 steps done, 1 failed",
    ]


def test_the_time_left_follows_from_what_is_finished():
    told, now = io.StringIO(), iter([0.0, 30.0, 3600.0])
    progress = Progress(told, clock=lambda: next(now))
    progress.told(3, 12)  # 30 s for 3: 90 s for 9
    progress.told(6, 12)
    assert told.getvalue().splitlines() == [
        "3 of 12 steps done, about 2 min left",
        "6 of 12 steps done, about 1 h 0 min left",
    ]
