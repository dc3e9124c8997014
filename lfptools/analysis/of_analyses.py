"""Measures of analyses: one number of their result, and how near an estimate is to the truth."""

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, model_validator

from lfptools.analysis.measure import CaseSelector, measure
from lfptools.analysis.selection import Window, array, row_dim, window_mask
from lfptools.config.parameters import Parameters
from lfptools.errors import MeasureError, unknown_name
from lfptools.units import factor

if TYPE_CHECKING:
    import xarray as xr

    from lfptools.io.results import CaseResults


_SAME_UM = 1e-3


class OfAnalysis(Parameters):
    """A variable of an analysis, at a row and at a place of its other dimensions."""

    analysis: str = Field(description="of the study")
    value: str | None = Field(None, description="its variable, or a number among its attributes; or its only variable")
    row: str | int | None = Field(None, description="id or index of a row; may be left out where there is one")
    at: dict[str, float | str] = Field(
        default_factory=dict, description="coordinate to a value: the nearest that there is, {frequency: 40}"
    )
    span: dict[str, tuple[float, float]] = Field(
        default_factory=dict, description="coordinate to [lowest, highest] of what is looked at"
    )

    @model_validator(mode="after")
    def _once(self) -> "OfAnalysis":
        both = sorted(set(self.at) & set(self.span))
        if both:
            raise ValueError(f"{both[0]!r} is both in 'at' and in 'span'")
        return self


class AnalysisValueParameters(OfAnalysis, CaseSelector):
    """A number of an analysis, and its unit."""

    reduce: Literal["one", "mean", "min", "max", "sum"] = Field("one", description="what is made of several numbers")
    unit: str = Field("1", description="of the number; it must be the variable's or one of the same quantity")


class ReachParameters(CaseSelector):
    """Which part of the amplitude of the largest population."""

    analysis: str = Field(description="a population_amplitude")
    fraction: float = Field(0.95, gt=0, lt=1, description="of the largest population's amplitude")


class AgreementParameters(Window, CaseSelector):
    """An estimate and the signal that it estimates."""

    analysis: str = Field(description="an estimate of current source density")
    signal: str = Field(description="the true one, in bins whose middles are depths of the estimate")
    quantity: Literal["relative_error", "correlation"] = Field(
        description="root mean square of the difference over that of the truth; or Pearson's correlation"
    )


@measure(AnalysisValueParameters, unit=lambda p: p.unit)
def analysis_value(case: "CaseResults", p: AnalysisValueParameters) -> float:
    """A number of an analysis.

    Raises
    ------
    MeasureError
        If the analysis has no such variable, row or coordinate, several numbers are left with ``reduce: one``, or the
        unit is that of another quantity.
    """
    data = chosen(case.analysis(p.analysis), p)
    values = np.asarray(data.values, dtype=float)
    if p.reduce == "one":
        if values.size != 1:
            left = ", ".join(f"{dim}: {n}" for dim, n in data.sizes.items())
            raise MeasureError(
                f"analysis {p.analysis!r}: {values.size} numbers are left ({left}): say which, or reduce"
            )
        number = float(values.ravel()[0])
    else:
        number = float(getattr(np, p.reduce)(values))
    own = str(data.attrs.get("units", "1"))
    try:
        return number if own == p.unit else number * factor(own, p.unit)
    except ValueError as error:
        raise MeasureError(f"analysis {p.analysis!r}, {data.name!r}: {error}") from error


def chosen(made: "xr.Dataset", p: OfAnalysis) -> "xr.DataArray":
    """The part of an analysis that is meant."""
    import xarray as xr

    names = [str(name) for name in made.data_vars]
    if p.value is not None and isinstance(made.attrs.get(p.value), int | float | np.number):
        return xr.DataArray(float(made.attrs[p.value]), attrs={"units": "1"}, name=p.value)
    if p.value is None and len(names) != 1:
        raise MeasureError(f"analysis {p.analysis!r} has the variables {', '.join(names)}: say which")
    name = p.value or names[0]
    if name not in names:
        raise MeasureError(unknown_name("variable", name, names, where=f"analysis {p.analysis!r}"))
    data = made[name]
    if p.row is not None:
        data = _row(data, p)
    for key, value in p.at.items():
        dim, places = _axis(data, key, p)
        if isinstance(value, str):
            ids = [str(one) for one in places]
            if value not in ids:
                raise MeasureError(unknown_name(key, value, ids, where=f"analysis {p.analysis!r}"))
            data = data.isel({dim: ids.index(value)})
        else:
            data = data.isel({dim: int(np.abs(np.asarray(places, dtype=float) - value).argmin())})
    for key, (low, high) in p.span.items():
        dim, places = _axis(data, key, p)
        inside = np.flatnonzero((places >= low) & (places <= high))
        if not inside.size:
            raise MeasureError(
                f"analysis {p.analysis!r}: {key} {low:g} to {high:g} holds nothing; it is {places.min():g} to "
                f"{places.max():g}"
            )
        data = data.isel({dim: inside})
    return data


def _row(data: "xr.DataArray", p: OfAnalysis) -> "xr.DataArray":
    dim = str(data.dims[0])
    ids = [str(one) for one in data[f"{dim}_id"].values] if f"{dim}_id" in data.coords else []
    if isinstance(p.row, int):
        if not 0 <= p.row < data.sizes[dim]:
            raise MeasureError(f"analysis {p.analysis!r} has the rows 0 to {data.sizes[dim] - 1}, got {p.row}")
        return data.isel({dim: p.row})
    if p.row not in ids:
        raise MeasureError(unknown_name("row", p.row, ids, where=f"analysis {p.analysis!r}"))
    return data.isel({dim: ids.index(p.row)})


def _axis(data: "xr.DataArray", key: str, p: OfAnalysis) -> tuple[str, np.ndarray]:
    legal = [str(name) for name, coord in data.coords.items() if coord.ndim == 1]
    if key not in legal:
        raise MeasureError(unknown_name("coordinate", key, legal, where=f"analysis {p.analysis!r}"))
    return str(data[key].dims[0]), data[key].values


@measure(ReachParameters, unit="um")
def population_reach(case: "CaseResults", p: ReachParameters) -> float:
    """The smallest radius whose population has the stated part of the largest one's amplitude, linear between radii.

    Raises
    ------
    MeasureError
        If the smallest population has that part already.
    """
    made = case.analysis(p.analysis)
    radius, amplitude = (np.asarray(made[name].values, dtype=float) for name in ("radius", "amplitude"))
    wanted = p.fraction * amplitude[-1]
    above = np.flatnonzero(amplitude >= wanted)
    if above[0] == 0:
        raise MeasureError(
            f"the population of {radius[0]:g} um has {p.fraction:g} of the amplitude already: add smaller"
        )
    i = int(above[0])
    return float(np.interp(wanted, amplitude[i - 1 : i + 1], radius[i - 1 : i + 1]))


@measure(AgreementParameters, unit="1")
def csd_agreement(case: "CaseResults", p: AgreementParameters) -> float:
    """How near an estimate of current source density is to the true one, over the window and all bins on its line.

    Between its depths the estimate is linear.

    Raises
    ------
    MeasureError
        If the truth has no places, fewer than two of its bins lie on the estimate's line, times differ, or it is zero.
    """
    estimate, truth = case.analysis(p.analysis)["current_source_density"], array(case, None, p.signal)
    dim = row_dim(truth)
    axes = [axis for axis in "xyz" if f"{dim}_{axis}" in truth.coords]  # layers have but a depth
    if not axes:
        raise MeasureError(f"signal {p.signal!r} has no places in space (coordinates {dim}_x, {dim}_y or {dim}_z)")
    mine = np.column_stack([estimate[f"depth_{axis}"].values for axis in axes])
    along = int(np.ptp(mine, axis=0).argmax())
    direction = np.sign(mine[-1, along] - mine[0, along])
    places = np.column_stack([truth[f"{dim}_{axis}"].values for axis in axes])
    on_line = np.column_stack(
        [np.interp(direction * places[:, along], direction * mine[:, along], column) for column in mine.T]
    )
    common = np.flatnonzero(np.linalg.norm(on_line - places, axis=1) < _SAME_UM)
    if common.size < 2:
        raise MeasureError(
            f"analysis {p.analysis!r} and signal {p.signal!r} have {common.size} places in common, two are needed: "
            "middles of bins must be on the line of the contacts"
        )
    if not np.array_equal(estimate["t"].values, truth["t"].values):
        raise MeasureError(f"analysis {p.analysis!r} and signal {p.signal!r} have different times")
    inside = window_mask(truth["t"].values, p.window_ms)
    at = direction * places[common, along]
    got = np.stack(
        [np.interp(at, direction * mine[:, along], column) for column in np.asarray(estimate.values)[:, inside].T],
        axis=1,
    )
    wanted = np.asarray(truth.transpose(dim, "t").values)[common][:, inside]
    if not wanted.any():
        raise MeasureError(f"signal {p.signal!r} is zero in the window: nothing to agree with")
    if p.quantity == "correlation":
        return float(np.corrcoef(got.ravel(), wanted.ravel())[0, 1])
    return float(np.sqrt(((got - wanted) ** 2).mean() / (wanted**2).mean()))
