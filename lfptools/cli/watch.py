"""What a run of Snakemake says, told shortly: how far it is, warnings, and at the end why jobs failed."""

import re
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TextIO

from lfptools.cli.cases import CasesMade
from lfptools.cli.progress import Progress, State
from lfptools.cli.time_left import TimeLeft

MOST_RAW: Final = 40

_STEPS = re.compile(r"^(\d+) of (\d+) steps \(\d+%\) done")
_COUNT = re.compile(r"^(\w+) +(\d+)$")
_RULE = re.compile(r"^\s*(?:local)?rule (\w+):$")
_OUTPUT = re.compile(r"^\s+output: ([^,]+)")
_JOB = re.compile(r"^\s*(Finished )?jobid: (\d+)")
_FAILED = re.compile(r"^\s*(?:Error|Exception|\w*Exception) in rule (\w+)")
_LOG = re.compile(r"^\s+log: (.+?)(?: \(check log file\(s\) for error details\))?$")
_ERROR = re.compile(r"^(?:[A-Za-z_][\w.]*\.)?([A-Za-z_]\w*): (.*)$")


@dataclass
class Watch:
    """Reads Snakemake's lines and tells what matters of them.

    Parameters
    ----------
    terminal : file
        Where it is told.
    clock : callable
        Seconds.
    """

    terminal: TextIO = field(default_factory=lambda: sys.stderr)
    clock: Callable[[], float] = time.monotonic
    failed: list[tuple[str, Path]] = field(default_factory=list)
    last: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_RAW))
    cases: CasesMade | None = None
    """How many cases are made, where that is counted."""
    ended_by: signal.Signals | None = None
    """What asked this process to end."""
    patient_until: float = 0.0
    """When jobs that live on are ended, once it was asked to end."""
    _told: set[str] = field(default_factory=set)
    _steps: tuple[int, int] = (0, 0)
    _begun: str | None = None
    _broken: str | None = None
    _buckets: dict[int, Path] = field(default_factory=dict)
    _output: Path | None = None
    _failed_jobs: int = 0
    _next: float = 0.0

    def __post_init__(self):
        self.progress = Progress(self.terminal)
        self.time_left = TimeLeft(self.clock)

    def line(self, text: str) -> None:
        """Take one line."""
        text = text.rstrip("\n")
        self.last.append(text)
        if steps := _STEPS.match(text):
            self._steps = int(steps[1]), int(steps[2])
            self.draw(now=True)
        elif count := _COUNT.match(text):
            self.time_left.jobs[count[1]] = int(count[2])
            self.time_left.jobs.pop("total", None)
        elif rule := _RULE.match(text):
            self._begun, self._broken, self._output = rule[1], None, None
        elif output := _OUTPUT.match(text):
            self._output = Path(output[1])
        elif job := _JOB.match(text):
            self._job(int(job[2]), bool(job[1]))
        elif failed := _FAILED.match(text):
            self._broken = failed[1]
        elif (log := _LOG.match(text)) and self._broken is not None:
            self.failed.append((self._broken, Path(log[1])))
            self._broken = None
        elif text.startswith("lfptools: ") and (": warning: " in text or ": failed: " in text):
            self._say(text)

    def _job(self, job: int, finished: bool) -> None:
        """A job begins, is finished or breaks off."""
        if not finished and self._broken is None:
            self.time_left.begun(job, self._begun or "")
            if self._output is not None:
                self._buckets[job] = self._output
        else:
            self.time_left.ended(job)
            self._failed_jobs += not finished
            bucket = self._buckets.pop(job, None)
            if bucket is not None and self.cases is not None:
                self.cases.job_ended(bucket)
        self.draw(now=True)

    def _say(self, text: str) -> None:
        """A line of a job's for the user, once."""
        if text not in self._told:
            self._told.add(text)
            self.progress.clear()
            self.terminal.write(f"{text}\n")
            self.draw(now=True)

    def draw(self, now: bool = False) -> None:
        """Say how far the run is: at once, or if it was not said just now."""
        begin = self.clock()
        if not self._steps[1] or not (now or begin >= self._next):
            return
        state = State(*self._steps, running=len(self.time_left.running), failed_jobs=self._failed_jobs)
        if self.cases is not None:
            if begin >= self._next or self._steps[0] == self._steps[1]:
                self.cases.update()
                # Where there is much to look at, it is looked at less often: for a hundredth of the time.
                self._next = begin + max(1.0, 100.0 * (self.clock() - begin))
            state = replace(
                state, cases=self.cases.done, of_cases=self.cases.total, failed=self.cases.failed,
                seconds=self.time_left.seconds(self.cases.made, self.cases.waiting),
            )  # fmt: skip
        self.progress.draw(state)

    def finish(self) -> None:
        """End a line of progress that was begun."""
        self.progress.end()

    def reasons(self, here: Path) -> list[str]:
        """For each distinct error its study, rule and log, and what was wrong; not for missed claims.

        Parameters
        ----------
        here : path
            Snakemake's working directory.
        """
        places: dict[str, list[tuple[str, Path]]] = {}
        for rule, log in self.failed:
            if rule != "verdict":
                places.setdefault(root_message(here / log), []).append((rule, log))
        lines = []
        for message, jobs in places.items():
            rule, log = jobs[0]
            others = f" and {len(jobs) - 1} more" if len(jobs) > 1 else ""
            lines.append(f"{_place(rule, log)}{others}: {message}\n  log: {log}")
        return lines


def root_message(log: Path) -> str:
    """The message of the last exception in a job's log, with its notes; the last line if there is no traceback."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()
    except OSError:
        return "ended without a log; killed, perhaps for lack of memory?"
    starts = [i for i, line in enumerate(lines) if line.startswith("Traceback (most recent call last)")]
    if not starts:
        return lines[-1] if lines else "ended without a word; killed, perhaps for lack of memory?"
    for i in range(starts[-1] + 1, len(lines)):
        found = _ERROR.match(lines[i])
        if found:
            known = lines[i].startswith("lfptools.")
            first = found[2] if known else f"{found[1]}: {found[2]}"
            return "\n  ".join([first, *(line.strip() for line in lines[i + 1 :] if line.strip())])
    return lines[-1]


def _place(rule: str, log: Path) -> str:
    """``study quickstart, figure map``: from ``results/quickstart/logs/figure/map.log``."""
    study = log.parts[log.parts.index("logs") - 1] if "logs" in log.parts[1:] else ""
    what = f"figure {log.stem}" if rule == "figure" else rule
    return f"study {study}, {what}" if study else what
