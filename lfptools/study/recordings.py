"""Recordings: what a study makes of its signals by recording chains, and what is wrong with them before it runs."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from lfptools.config.document import KeyPath
from lfptools.config.parameters import Parameters
from lfptools.config.registry import load
from lfptools.errors import LfptoolsError, unknown_name
from lfptools.recording.registry import STEPS
from lfptools.study.protocol import Prescribed
from lfptools.study.signals import signal_model

LONGEST = 1_000_000


class Recording(Parameters):
    """A signal as a recording chain hands it over: the list ``steps``, one after the other, each noted in the result.

    Figures and claims name it like a signal. A signal without steps is a monopolar potential, unfiltered, at every step
    of the run.
    """

    signal: str = Field(description="which signal, or other recording, the chain begins with")


def order(recordings: Mapping[str, Recording], signals: Mapping[str, Any]) -> list[str]:
    """The recordings, each behind the one that it begins with; without those that begin with nothing known."""
    found: list[str] = []
    waiting = list(recordings)
    while True:
        ready = [name for name in waiting if recordings[name].signal in (*signals, *found)]
        if not ready:
            return found
        found += ready
        waiting = [name for name in waiting if name not in ready]


def recording_problems(
    model: Any, folders: tuple[Path, ...], checked: dict[Any, list], reserved: frozenset[str]
) -> Iterator[tuple[KeyPath, str]]:
    """What a case's recordings cannot be made with.

    Parameters
    ----------
    model : Parameters
        The experiment of the case.
    folders : tuple of Path
        Where files are looked for.
    checked : dict
        What was found of other cases' recordings.
    reserved : frozenset of str
        Names that a run's own variables have.
    """
    shared = _shared(model)
    if not model.recordings or shared in checked:
        return
    checked[shared] = []
    legal = {*model.signals, *model.recordings}
    in_order = order(model.recordings, model.signals)
    for name, one in model.recordings.items():
        if name in reserved or name in model.signals or name in model.record:
            yield ("recordings", name), f"the name {name!r} is taken by a signal, a record or a variable of every run"
        if one.signal not in legal:
            yield ("recordings", name, "signal"), unknown_name("signal or recording", one.signal, legal)
        elif name not in in_order:
            yield ("recordings", name, "signal"), "recordings begin with each other in a circle, with no signal"
    try:
        outlines = {name: outline(model, name, folders) for name in model.signals}
    except (LfptoolsError, ValueError, TypeError, KeyError):
        return  # what is wrong with a signal or a probe is said elsewhere
    for name in in_order:
        one = model.recordings[name]
        if one.signal in outlines:
            found = outlines[one.signal]
            for i, step in enumerate(one.steps):
                try:
                    found = found.after(step)
                except (LfptoolsError, ValueError) as error:
                    yield ("recordings", name, "steps", i), str(error)
                    found = None
                    break
            if found is not None:
                outlines[name] = found


class Outline:
    """The rows of a signal at two times, and one of its rows at all times: what steps can be tried on.

    Steps mix either rows or times, never both.
    """

    def __init__(self, rows: Any, times: Any):
        self.rows, self.times = rows, times

    def after(self, step: Any) -> "Outline":
        """After a step; errors are those of the step."""
        function = load(STEPS[step.step])
        p = step.own(function.Parameters)
        if function.over == "rows":
            return Outline(function(self.rows, p), self.times)
        return Outline(self.rows, function(self.times, p))

    @property
    def count(self) -> int:
        """How many numbers it holds."""
        sizes = self.rows.sizes
        return int(np.prod([n for dim, n in sizes.items() if dim != "t"])) * self.times.sizes["t"]


def outline(model: Any, name: str, folders: tuple[Path, ...]) -> Outline:
    """What is known of a signal before the run."""
    import xarray as xr

    from lfptools.forward.leadfield import row_labels
    from lfptools.units import attrs

    made = signal_model(model.signals[name], model.probes, folders)
    labels, about = row_labels(made), {"kind": "signal", "model": made.model, "parameters": "{}", "clamped_pairs": 0}
    rows = made.row_dim

    def signal(t: np.ndarray, kept: slice) -> xr.Dataset:
        coords = {key: (dim, values[kept], given) for key, (dim, values, given) in labels.items()}
        count = len(next(iter(coords.values()))[1])
        data = {made.quantity: ((rows, "t"), np.zeros((count, t.size)), attrs(made.quantity))}
        return xr.Dataset(data, {**coords, "t": ("t", t, attrs("t"))}, about)

    return Outline(signal(np.array([0.0, 1.0]), slice(None)), signal(times_of(model.run), slice(1)))


def times_of(run: Any) -> np.ndarray:
    """The times of a run as far as they are known: of variable steps only that they are uneven."""
    if isinstance(run, Prescribed):
        return np.asarray(run.t_ms, dtype=float)
    if run.variable_step is not None:
        return run.t_stop_ms * np.array([0.0, 0.1, 0.3, 0.7, 1.0])
    return run.dt_ms * np.arange(min(round(run.t_stop_ms / run.dt_ms) + 1, LONGEST))


def recorded(model: Any, folders: tuple[Path, ...], known: dict[tuple[int, ...], int]) -> int:
    """How many numbers the recordings of a case hold; ``known`` keeps it for cases that share what decides about it."""
    shared = _shared(model)
    if shared not in known:
        known[shared] = _recorded(model, folders)
    return known[shared]


def _shared(model: Any) -> tuple[int, ...]:
    """Of the blocks that decide about recordings: cases of a sweep share those that it does not change."""
    return id(model.recordings), id(model.signals), id(model.probes), id(model.run)


def _recorded(model: Any, folders: tuple[Path, ...]) -> int:
    found = outlines(model, folders) if model.recordings else {}
    return sum(found[name].count for name in order(model.recordings, model.signals))


def outlines(model: Any, folders: tuple[Path, ...]) -> dict[str, Outline]:
    """What is known of every signal and recording before the run; errors are those of models, probes and steps."""
    found = {name: outline(model, name, folders) for name in model.signals}
    for name in order(model.recordings, model.signals):
        made = found[model.recordings[name].signal]
        for step in model.recordings[name].steps:
            made = made.after(step)
        found[name] = made
    return found
