"""How long a run will go on, from how long its jobs and what they make have taken."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_UNSEEN_S = 3.0
_LONG = frozenset({"capture", "lead_field", "simulate", "gather"})
"""Rules whose members may take long: nothing is said before one has been made."""


@dataclass
class TimeLeft:
    """Watches which jobs run, and for how long.

    Parameters
    ----------
    clock : callable
        Seconds.
    """

    clock: Callable[[], float] = time.monotonic
    jobs: dict[str, int] = field(default_factory=dict)
    """By rule, how many jobs the run has."""
    running: dict[int, str] = field(default_factory=dict)
    """Job to its rule."""
    finished: Counter[str] = field(default_factory=Counter)
    _busy: Counter[str] = field(default_factory=Counter)
    _last: float = 0.0
    _first: float | None = None

    def tick(self) -> None:
        """Let the time pass that has passed."""
        now = self.clock()
        if self.running:
            self._first = self._last if self._first is None else self._first
            for rule in self.running.values():
                self._busy[rule] += now - self._last
        self._last = now

    def begun(self, job: int, rule: str) -> None:
        """A job begins."""
        self.tick()
        self.running[job] = rule

    def ended(self, job: int) -> None:
        """A job ends, well or not."""
        self.tick()
        rule = self.running.pop(job, None)
        if rule is not None:
            self.finished[rule] += 1

    def seconds(self, made: Mapping[str, int], waiting: Callable[[str], int]) -> float | None:
        """How long the run will go on; None where it cannot be known yet.

        Each rule's work goes on as it has gone: its members where they can be counted, otherwise its jobs. What has not
        begun is taken to be short, unless it is of a kind that may take long.

        Parameters
        ----------
        made : mapping
            By stage, how many members have been made in this run.
        waiting : callable
            Of a stage, how many are still to be made.
        """
        self.tick()
        if self._first is None or not self._busy.total():
            return None
        work = 0.0
        for rule, count in self.jobs.items():
            left = count - self.finished[rule]
            if left <= 0:
                continue
            done = self.finished[rule]
            if waiting(rule):
                left, done = waiting(rule), made.get(rule, 0)
            if done:
                # What is at work is half done, taken together.
                at_work = sum(one == rule for one in self.running.values()) / 2
                work += (left - min(at_work, left / 2)) * self._busy[rule] / (done + at_work)
            elif rule in _LONG:
                return None
            else:
                work += left * _UNSEEN_S
        side_by_side = self._busy.total() / (self._last - self._first)
        return work / max(side_by_side, 1.0)
