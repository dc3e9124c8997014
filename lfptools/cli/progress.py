"""How far a run is, on one line."""

import shutil
from dataclasses import dataclass
from typing import TextIO

_NARROWEST = 10
_WIDEST = 30


@dataclass(frozen=True)
class State:
    """How far a run is.

    Parameters
    ----------
    steps, of_steps : int
        Steps of Snakemake that are done, and all.
    cases, of_cases : int
        Cases that are made, and all; none where they are not counted.
    running : int
        Jobs at work, each on one case at a time.
    failed, failed_jobs : int
        Cases that cannot be made, and jobs that broke off.
    seconds : float, optional
        That it will still take.
    """

    steps: int = 0
    of_steps: int = 0
    cases: int = 0
    of_cases: int = 0
    running: int = 0
    failed: int = 0
    failed_jobs: int = 0
    seconds: float | None = None

    @property
    def part(self) -> float:
        """The part of the run that is done, from 0 to 1."""
        return (self.steps + self.cases) / max(1, self.of_steps + self.of_cases)

    def words(self, steps: bool = True) -> str:
        """The state in words; without ``steps`` those are left out where cases are told."""
        parts = []
        if self.of_cases:
            parts.append(f"{self.cases} of {self.of_cases} cases done")
        if steps or not parts:
            parts.append(f"{self.steps} of {self.of_steps} steps{'' if parts else ' done'}")
        if self.running:
            parts.append(f"{self.running} running")
        if self.failed:
            parts.append(f"{self.failed} failed")
        if self.failed_jobs:
            parts.append(f"{self.failed_jobs} job{'s' * (self.failed_jobs > 1)} broke off")
        if self.seconds is not None and self.steps < self.of_steps:
            parts.append(f"about {duration(self.seconds)} left")
        return ", ".join(parts)


@dataclass
class Progress:
    """A line that is drawn again on a terminal; elsewhere a line for each tenth.

    Parameters
    ----------
    terminal : file
        Where it is written.
    """

    terminal: TextIO
    _tenth: int = -1
    _open: bool = False

    def draw(self, state: State) -> None:
        """Write the line, where there is something new to say."""
        if not state.of_steps:
            return
        if self.terminal.isatty():
            # One column less: a full line would make some terminals begin another.
            self.terminal.write(f"\r{_line(state, shutil.get_terminal_size().columns)}\x1b[K")
            self._open = True
            if state.steps == state.of_steps:
                self.end()
        elif int(10 * state.part) != self._tenth:
            self._tenth = int(10 * state.part)
            self.terminal.write(f"{state.words()}\n")
        self.terminal.flush()

    def end(self) -> None:
        """Leave the line, so that other text can be written."""
        if self._open:
            self.terminal.write("\n")
            self._open = False

    def clear(self) -> None:
        """Take the line away, to be drawn again below other text."""
        if self._open:
            self.terminal.write("\r\x1b[K")
            self._open = False


def _line(state: State, width: int) -> str:
    """Bar and words, as much of them as there is room for."""
    for words in (state.words(), state.words(steps=False)):
        room = min(width - len(words) - 4, _WIDEST)
        if room >= _NARROWEST:
            filled = int(room * state.part)
            return f"[{'#' * filled}{'.' * (room - filled)}] {words}"
    return words[: width - 1]


def duration(seconds: float) -> str:
    """A time in words: seconds, minutes, hours."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
