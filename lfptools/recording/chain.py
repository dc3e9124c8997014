"""Steps one after the other."""

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr

from lfptools.config.registry import load
from lfptools.errors import ConfigError, LfptoolsError, unknown_name
from lfptools.recording.registry import STEPS


def apply_steps(signal: xr.Dataset, steps: Sequence[Mapping[str, Any]]) -> xr.Dataset:
    """What a recording chain makes of a signal.

    Parameters
    ----------
    signal : xarray.Dataset
        Of kind ``signal``; may be lazy, and is read whole.
    steps : sequence of mapping
        ``{"step": name, parameter: value, …}`` each, as in a study: names of :data:`lfptools.recording.registry.STEPS`.

    Returns
    -------
    xarray.Dataset
        Of kind ``signal``. Its attribute ``steps`` (JSON) says what was done, after what the signal had gone through
        before.

    Raises
    ------
    ConfigError
        For an unknown step; says the nearest.
    DatasetError, pydantic.ValidationError
        As the steps; a note says which one it was.
    """
    for i, one in enumerate(steps):
        given = dict(one)
        name = given.pop("step", None)
        if name not in STEPS:
            raise ConfigError(unknown_name("step", name, STEPS, f"steps[{i}]"))
        try:
            signal = load(STEPS[name])(signal, **given)
        except LfptoolsError as error:
            error.add_note(f"step {i + 1} of {len(steps)}, {name}")
            raise
    return signal
