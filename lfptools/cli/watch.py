"""What a run of Snakemake says, told shortly: steps done, warnings, and at the end why jobs failed."""

import re
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from lfptools.cli.progress import Progress

MOST_RAW = 40

_STEPS = re.compile(r"^(\d+) of (\d+) steps \(\d+%\) done")
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
    """

    terminal: TextIO = field(default_factory=lambda: sys.stderr)
    failed: list[tuple[str, Path]] = field(default_factory=list)
    last: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_RAW))
    _told: set[str] = field(default_factory=set)
    _rule: str | None = None
    progress: Progress = field(init=False)
    interrupted: bool = False

    def __post_init__(self):
        self.progress = Progress(self.terminal)

    def line(self, text: str) -> None:
        """Take one line."""
        text = text.rstrip("\n")
        self.last.append(text)
        steps, failed, log = _STEPS.match(text), _FAILED.match(text), _LOG.match(text)
        if steps:
            self.progress.told(int(steps[1]), int(steps[2]))
        elif job := _JOB.match(text):
            if job[1] == "Finished ":
                self.progress.running.discard(int(job[2]))
            elif self._rule is None:
                self.progress.running.add(int(job[2]))
                self.progress.draw()
            else:
                self.progress.running.discard(int(job[2]))
                self.progress.failed += 1
                self.progress.draw()
        elif failed:
            self._rule = failed[1]
        elif log and self._rule is not None:
            self.failed.append((self._rule, Path(log[1])))
            self._rule = None
        elif (
            text.startswith("lfptools: ") and (": warning: " in text or ": failed: " in text) and text not in self._told
        ):
            self._told.add(text)
            self.progress.clear()
            self.terminal.write(f"{text}\n")
            self.progress.draw()

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


def watched(command: Sequence[str], here: Path, **more) -> tuple[int, Watch]:
    """Run Snakemake and tell what it does; returns its exit code and what was seen."""
    watch = Watch()
    process = subprocess.Popen(
        command, cwd=here, stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace", **more
    )
    while True:
        try:
            for line in process.stderr:
                watch.line(line)
            break
        except KeyboardInterrupt:  # Snakemake was interrupted too: it ends its jobs, which is awaited
            watch.interrupted = True
    process.wait()
    process.stderr.close()
    watch.finish()
    return process.returncode, watch


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
