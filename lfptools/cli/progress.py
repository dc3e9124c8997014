"""How far a run is, on one line."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO

_NARROWEST = 10
_WIDEST = 30
_FIRST_FINISHED = 3


@dataclass
class Progress:
    """A line that is drawn again on a terminal; elsewhere a line for each tenth.

    Parameters
    ----------
    terminal : file
        Where it is written.
    clock : callable
        Seconds.
    """

    terminal: TextIO
    clock: Callable[[], float] = time.monotonic
    done: int = 0
    total: int = 0
    failed: int = 0
    running: set[int] = field(default_factory=set)
    _start: float = 0.0
    _tenth: int = -1
    _open: bool = False

    def __post_init__(self):
        self._start = self.clock()

    def told(self, done: int, total: int) -> None:
        """So many jobs are done."""
        self.done, self.total = done, total
        self.draw()

    def draw(self) -> None:
        """Write the line, where there is something new to say."""
        if not self.total:
            return
        if self.terminal.isatty():
            width = shutil.get_terminal_size().columns
            text = self._words()
            room = min(width - len(text) - 4, _WIDEST)
            bar = ""
            if room >= _NARROWEST:
                filled = room * self.done // self.total
                bar = f"[{'#' * filled}{'.' * (room - filled)}] "
            # One column less: a full line would make some terminals begin another.
            self.terminal.write(f"\r{(bar + text)[: width - 1]}\x1b[K")
            self._open = True
            if self.done == self.total:
                self.end()
        elif 10 * self.done // self.total != self._tenth:
            self._tenth = 10 * self.done // self.total
            self.terminal.write(f"{self._words()}\n")
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

    def _words(self) -> str:
        parts = [f"{self.done} of {self.total} steps done"]
        if self.running:
            parts.append(f"{len(self.running)} running")
        if self.failed:
            parts.append(f"{self.failed} failed")
        if _FIRST_FINISHED <= self.done < self.total:
            seconds = (self.clock() - self._start) * (self.total - self.done) / self.done
            parts.append(f"about {_duration(seconds)} left")
        return ", ".join(parts)


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
