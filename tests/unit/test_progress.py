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
from study_files import TINY, changed, write

from lfptools.cli.cases import CasesMade
from lfptools.cli.progress import duration
from lfptools.cli.watch import Watch
from lfptools.io.failures import Failure, write_failure
from lfptools.study.load import load_study
from lfptools.study.plan import Plan
from lfptools.study.store import STORE, Store

LINES = [
    "Job stats:", "job         count", "--------  -------",
    "build           1", "simulate        2", "figure          1", "total           4", "",
    "rule build:", "    output: results/s/build/b", "    jobid: 1", "Finished jobid: 1 (Rule: build)",
    "1 of 4 steps (25%) done",
    "rule simulate:", "    jobid: 2", "rule simulate:", "    jobid: 3",
    "lfptools: simulate: warning: a contact is near",
    "Error in rule simulate:", "    jobid: 3", "    output: results/s/simulate/b", "    log: a/logs/b.log",
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
        assert bars[-1].endswith("2 of 4 steps done, 1 job broke off")
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
        "2 of 4 steps done, 1 job broke off",
    ]


def made(plan, stage, count):
    """Put entries of so many members of a stage into a plan's store, as jobs do."""
    for member in list(plan.members[stage].values())[:count]:
        entry = Store(plan.folder / STORE).entry(stage, member.key, plan.stamp(member))
        entry.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def swept(tmp_path):
    """A plan of ten cases, which differ in the run."""
    text = changed(TINY, "[0.001, 0.002]", "{start: 0.001, stop: 0.01, number: 10}")
    return Plan(load_study(write(tmp_path, text)), tmp_path / "results")


def test_a_case_is_done_when_everything_of_it_is_made(swept):
    made(swept, "build", 1)
    cases = CasesMade([swept])
    assert (cases.total, cases.done, cases.waiting("simulate")) == (10, 0, 10)
    made(swept, "simulate", 10)
    made(swept, "lead_field", 1)
    cases.update()
    assert cases.done == 0 and cases.waiting("simulate") == 0 and cases.made == {"simulate": 10, "lead_field": 1}
    made(swept, "forward", 4)
    cases.update()
    assert cases.done == 4
    again = CasesMade([swept])
    assert again.done == 4 and not again.made, "a run that goes on counts what is there, and not as made by it"


def test_cases_that_fail_are_counted_and_forgotten_when_they_are_made_after_all(swept):
    members = list(swept.members["simulate"].values())
    for member in members[:3]:
        swept.directory(member).mkdir(parents=True, exist_ok=True)
        write_failure(Failure("simulate", "it diverged", "b.log"), swept.path(member))
    cases = CasesMade([swept])
    assert cases.failed == 3
    for stage in ("build", "lead_field", "simulate", "forward"):
        made(swept, stage, 10)
    cases.update()
    assert (cases.done, cases.failed) == (10, 0)


def test_the_line_tells_cases_steps_and_what_is_left(swept, tmp_path):
    """Two cores, a simulation takes 10 s: with six of ten done and two half done 15 s are left, and a figure."""
    now, told = [0.0], io.StringIO()
    watch = Watch(told, clock=lambda: now[0])
    watch.cases = CasesMade([swept])
    said = "build 1", "lead_field 1", "simulate 2", "figure 1", "total 5"
    for line in said:
        watch.line(line)
    for stage, job in (("build", 1), ("lead_field", 2)):
        watch.line(f"rule {stage}:")
        watch.line(f"    jobid: {job}")
        made(swept, stage, 1)
        now[0] += 1.0
        watch.line(f"Finished jobid: {job} (Rule: {stage})")
        watch.line(f"{job} of 5 steps (0%) done")
    assert "left" not in told.getvalue(), "how long a simulation takes is not known yet"
    for job in (3, 4):
        watch.line("rule simulate:")
        watch.line(f"    jobid: {job}")
    for k in range(1, 4):
        now[0] += 10.0
        made(swept, "simulate", 2 * k)
        made(swept, "forward", 2 * k)
        watch.draw()
    assert told.getvalue().splitlines()[-1].startswith("6 of 10 cases done, 2 of 5 steps, 2 running, about ")
    now[0] += 5.0
    left = watch.time_left.seconds(watch.cases.made, watch.cases.waiting)
    assert left == pytest.approx(16.5, abs=2.0)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (59, "59 s"), (90, "2 min"), (3600, "1 h 0 min"), (7260, "2 h 1 min")]
)
def test_durations_are_told_in_words(seconds, words):
    assert duration(seconds) == words
