"""Electrophysiological features of the Blue Brain Project's eFEL, labelled and with units."""

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from lfptools.analysis.firing import in_mV, nth
from lfptools.analysis.measure import CaseSelector, measure
from lfptools.analysis.selection import Site, VoltageSource, array, row_dim, trace
from lfptools.analysis.spike_tables import rows_in_mV
from lfptools.errors import MeasureError, unknown_name

if TYPE_CHECKING:
    import xarray as xr

    from lfptools.io.results import CaseResults

Setting = bool | int | float | str

_UNITS: Final = {"constant": "1", "V/s": "V s-1", "1/(ms)": "ms-1", "MΩ": "Mohm"}
_OTHERS: Final = {"ISIs": "ms", "time": "ms", "voltage": "mV", "current": "nA"}  # eFEL states no unit for them


class EfelFeatureParameters(VoltageSource, CaseSelector):
    """One of the values that eFEL finds: the n-th, counted from 1, −1 the last, or the mean, smallest or largest."""

    feature: str = Field(description="eFEL's name, for example AP_amplitude (needs the package efel)")
    stimulus_ms: tuple[float, float] = Field(description="[start, stop] of the stimulus, between which eFEL looks")
    which: int | Literal["mean", "smallest", "largest"] = "mean"
    stimulus: Site | Literal["all"] | None = Field(
        None, description="electrode whose current features of currents need, or all; by default none"
    )
    settings: dict[str, bool | int | float | str] = Field(
        default_factory=dict, description="eFEL's own, for example Threshold (in mV); its defaults for the others"
    )

    @field_validator("feature")
    @classmethod
    def _known(cls, name: str) -> str:
        require_feature(name)
        return name

    @model_validator(mode="after")
    def _legal(self) -> "EfelFeatureParameters":
        require_settings(self.settings)
        if not self.stimulus_ms[0] < self.stimulus_ms[1]:
            raise ValueError(f"stimulus_ms must be [start, stop] with start < stop, got {list(self.stimulus_ms)}")
        return self


@measure(EfelFeatureParameters, unit=lambda p: unit_of(p.feature))
def efel_feature(case: "CaseResults", p: EfelFeatureParameters) -> float:
    """A feature of the potential, as eFEL defines and computes it.

    Raises
    ------
    MeasureError
        If the trace has no such feature, or fewer values than asked for.
    """
    found = trace(case, variable=p.variable, site=p.site)
    current = None
    if p.stimulus == "all":
        data = array(case, "electrode_current", None)
        current = data.sum(row_dim(data)).values
    elif p.stimulus is not None:
        current = trace(case, "electrode_current", site=p.stimulus).values
    volts = found.values * in_mV(found.units, found.name)
    values = features_of_trace(found.t, volts, [p.feature], p.stimulus_ms, current, p.settings)[p.feature]
    if not values.size:
        raise MeasureError(
            f"{found.name!r} at {found.site!r} has no {p.feature} from {p.stimulus_ms[0]:g} to {p.stimulus_ms[1]:g} ms "
            "(eFEL gives none: too few spikes, say, or no 'stimulus' given)"
        )
    if isinstance(p.which, int):
        return nth(values, p.which, f"{p.feature} value")
    return float({"mean": values.mean, "smallest": values.min, "largest": values.max}[p.which]())


def efel_features(
    voltage: "xr.DataArray", names: Sequence[str], stimulus_ms: tuple[float, float],
    current_nA: np.ndarray | None = None, settings: Mapping[str, Setting] | None = None,
) -> "xr.Dataset":  # fmt: skip
    """Features of a labelled voltage, computed by eFEL.

    Parameters
    ----------
    voltage : xarray.DataArray
        Over ``t`` (ms) and any other dimensions, in V, mV or uV.
    names : sequence of str
        eFEL's names (``efel.get_feature_names()``).
    stimulus_ms : (float, float)
        Start and end of the stimulus; most features look between them.
    current_nA : array_like, optional
        Shape (t,): the injected current, which some features need; its mean over the stimulus is eFEL's
        ``stimulus_current``.
    settings : mapping of str to bool, int, float or str, optional
        eFEL's settings (``Threshold``, ``DerivativeThreshold``, ``interp_step``, …); eFEL's own defaults for the
        others, whatever this process has set.

    Returns
    -------
    xarray.Dataset
        Each feature over the voltage's other dimensions, with their coordinates, and ``<feature>_value`` (as many as
        the row with the most has; NaN beyond). A feature that a trace does not have (no spike, say) has no values.

    Raises
    ------
    MeasureError
        If eFEL is not installed, has no feature or setting of the name, or the voltage is no potential over t.

    References
    ----------
    https://efel.readthedocs.io
    """
    import xarray as xr

    rows, dims = rows_in_mV(voltage)
    t = np.asarray(voltage["t"].values, dtype=float)
    found = [features_of_trace(t, row, names, stimulus_ms, current_nA, settings) for row in rows.reshape(-1, t.size)]
    data = {}
    for name in names:
        most = max(row[name].size for row in found)
        table = np.full((len(found), most), np.nan)
        for line, row in zip(table, found, strict=True):
            line[: row[name].size] = row[name]
        about = {"units": unit_of(name), "long_name": name.replace("_", " "), "source": f"eFEL {_efel().__version__}"}
        data[name] = ((*dims, f"{name}_value"), table.reshape(*rows.shape[:-1], most), about)
    coords = {name: value for name, value in voltage.coords.items() if "t" not in value.dims}
    return xr.Dataset(data, coords, {"stimulus_ms": list(map(float, stimulus_ms))})


def features_of_trace(
    t: np.ndarray, v: np.ndarray, names: Sequence[str], stimulus_ms: tuple[float, float],
    current_nA: np.ndarray | None = None, settings: Mapping[str, Setting] | None = None,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Features of one trace (ms, mV) by their names, each a vector, empty where eFEL finds none.

    Raises
    ------
    MeasureError
        As :func:`efel_features`; for vectors of different lengths, NaN, or a stimulus outside the trace.
    """
    efel = _efel()
    for name in names:
        require_feature(name)
    trace = _trace(t, v, stimulus_ms, current_nA)
    with _own_settings(settings or {}):
        found = efel.get_feature_values([trace], list(dict.fromkeys(names)), raise_warnings=False)[0]
    return {
        name: np.atleast_1d(np.asarray([] if found[name] is None else found[name], dtype=float)).ravel()
        for name in names
    }


def require_feature(name: str) -> None:
    """Refuse what is no feature of eFEL's; says the nearest."""
    legal = _efel().get_feature_names()
    if name not in legal:
        raise MeasureError(unknown_name("eFEL feature", name, dict.fromkeys(legal)))


def require_settings(settings: Mapping[str, Setting]) -> None:
    """Refuse what is no setting of eFEL's, or not of its type."""
    defaults = asdict(_efel().Settings())
    defaults.pop("dependencyfile_path")
    for name, value in settings.items():
        if name not in defaults:
            raise MeasureError(unknown_name("eFEL setting", name, defaults))
        wanted = type(defaults[name])
        if not (isinstance(value, wanted) or (wanted is float and type(value) is int)) or (
            wanted is not bool and isinstance(value, bool)
        ):
            raise MeasureError(f"eFEL's setting {name!r} is a {wanted.__name__}, got {value!r}")


def unit_of(name: str) -> str:
    """The unit of a feature, as datasets write it."""
    require_feature(name)
    from efel.units import _units

    unit = _units.get(name)
    return _OTHERS.get(name, "1") if unit is None else _UNITS.get(unit, unit)


def _efel():
    if importlib.util.find_spec("efel") is None:
        raise MeasureError("features of eFEL need the package efel, which is not installed: pip install lfptools[all]")
    import efel

    return efel


def _trace(t, v, stimulus_ms: tuple[float, float], current_nA) -> dict[str, object]:
    t, v = np.asarray(t, dtype=float), np.asarray(v, dtype=float)
    vectors = {"t": t, "v": v} | ({} if current_nA is None else {"current_nA": np.asarray(current_nA, dtype=float)})
    if t.ndim != 1 or t.size < 2 or any(one.shape != t.shape for one in vectors.values()):
        raise MeasureError(f"vectors of one length are needed, got { {k: one.shape for k, one in vectors.items()} }")
    if not all(np.isfinite(one).all() for one in vectors.values()):
        raise MeasureError("features need finite times, potentials and currents")
    start, end = map(float, stimulus_ms)
    if not t[0] <= start < end <= t[-1]:
        raise MeasureError(f"the stimulus [{start:g}, {end:g}] ms must lie in the trace, {t[0]:g} to {t[-1]:g} ms")
    trace = {"T": t, "V": v, "stim_start": [start], "stim_end": [end]}
    if current_nA is None:
        return trace
    inside = (t >= start) & (t <= end)
    return trace | {"I": vectors["current_nA"], "stimulus_current": [vectors["current_nA"][inside].mean()]}


@contextmanager
def _own_settings(settings: Mapping[str, Setting]) -> Iterator[None]:
    """eFEL's settings are global: its defaults and these hold inside, what the process had set afterwards."""
    efel = _efel()
    require_settings(settings)
    kept = asdict(efel.get_settings())
    try:
        efel.reset()
        for name, value in settings.items():
            efel.set_setting(name, value)
        yield
    finally:
        for name, value in kept.items():
            efel.set_setting(name, value)
