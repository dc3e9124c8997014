"""How a figure's number varies: its convergence, its distribution, its Sobol' indices, and bands of its curves."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lfptools.analysis.firing import KEY_UNIT, unit_of_key
from lfptools.errors import MeasureError
from lfptools.plots.convergence import logarithmic
from lfptools.plots.drawn import Drawn
from lfptools.plots.style import ACCENT, INK, colour, label, letter, new_figure, plain, styled, wrapped

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = 3
_MOST_BANDS = 6


@dataclass(frozen=True, eq=False)
class Band:
    """Where 95 % of a curve's realisations lie.

    Parameters
    ----------
    name : str
        Of the curve.
    x, own, low, high : ndarray, shape (points,)
        The coordinate; the study's own curve; pointwise 2.5 and 97.5 % quantiles.
    x_label, x_units, label, units : str
        Of the coordinate and the curve.
    """

    name: str
    x: np.ndarray
    own: np.ndarray
    low: np.ndarray
    high: np.ndarray
    x_label: str
    x_units: str
    label: str
    units: str


def bands(own: "xr.Dataset", sampled: "Sequence[xr.Dataset]") -> list[Band]:
    """Bands of the curves of a figure, from the numbers that it draws.

    Parameters
    ----------
    own : xarray.Dataset
        The figure's numbers for the study's cases.
    sampled : sequence of xarray.Dataset
        The same for each independent point of a sample.

    Raises
    ------
    MeasureError
        If a point has other curves, or curves over other places or times.
    """
    found = []
    first = _curves(own)
    others = [_curves(one) for one in sampled]
    for name, (x, values, x_label, x_units, text, units) in first.items():
        for i, one in enumerate(others):
            if name not in one or not np.array_equal(one[name][0], x):
                raise MeasureError(f"no band: at point {i} of the sample the curve {name} is missing or elsewhere")
        low, high = np.quantile([one[name][1] for one in others], (0.025, 0.975), axis=0)
        found.append(Band(name, x, values, low, high, x_label, x_units, text, units))
    return found


def _curves(numbers: "xr.Dataset") -> dict[str, tuple]:
    """Each curve's name to its coordinate, its values, and what they are called.

    The coordinate of a dimension without one of its own is the first variable along it: figures add places first.
    """
    found: dict[str, tuple] = {}
    places: dict[str, Any] = {}
    for name, array in numbers.data_vars.items():
        if not array.ndim or array.ndim > 2:
            continue
        dim = str(array.dims[-1])
        if dim in numbers.coords:
            places.setdefault(dim, numbers[dim])
        elif dim not in places:
            if array.ndim == 1:
                places[dim] = array
            continue
        place, about = places[dim], array.attrs
        x = (str(place.attrs.get("long_name", place.name)), str(place.attrs.get("units", "1")))
        rows = np.atleast_2d(np.asarray(array.values, dtype=float))
        ids = [""] if len(rows) == 1 else [str(one) for one in _ids(numbers, str(array.dims[0]))]
        for one, row in zip(ids, rows, strict=True):
            text = ": ".join(filter(None, (str(about.get("long_name", name)), one)))
            key = f"{name} {one}".strip()
            found[key] = (np.asarray(place.values, float), row, *x, text, str(about.get("units", "1")))
    return found


def _ids(numbers: "xr.Dataset", dim: str) -> Sequence[Any]:
    return numbers[f"{dim}_id"].values if f"{dim}_id" in numbers.coords else range(numbers.sizes[dim])


@styled
def draw_variations(
    convergence: Mapping[str, Any] | None, uncertainty: Mapping[str, Any] | None, found: Sequence[Band] = (),
    width_mm: float = 170.0,
) -> "tuple[Figure, xr.Dataset]":  # fmt: skip
    """Draw what a figure asked of its number, and return the figure and the numbers drawn.

    Parameters
    ----------
    convergence, uncertainty : mapping, optional
        As :func:`lfptools.study.stages.check.check` writes them.
    found : sequence of Band
        Of the figure's curves.
    """
    drawn = Drawn()
    panels = [(_convergence, convergence, one) for one in (convergence or {}).get("over", ()) if one["numbers"]]
    if uncertainty is not None and uncertainty["numbers"]:
        panels += [(_distribution, uncertainty, None)]
        panels += [(_indices, uncertainty, None)] if uncertainty["keys"][0]["first"] is not None else []
    panels += [(_band, None, one) for one in found[:_MOST_BANDS]]
    for i, one in enumerate(found):
        for part, values in (("x", one.x), ("own", one.own), ("low", one.low), ("high", one.high)):
            units = one.x_units if part == "x" else one.units
            drawn.add(f"band_{i}_{part}", f"band_{i}", values, units, one.x_label if part == "x" else one.label)
    columns = min(_COLUMNS, max(len(panels), 1))
    rows = math.ceil(max(len(panels), 1) / columns)
    figure = new_figure(width_mm if columns > 1 else 0.5 * width_mm, 62.0 * rows)
    all_axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in all_axes[len(panels) :]:
        axes.set_axis_off()
    for i, (axes, (draw, block, one)) in enumerate(zip(all_axes, panels, strict=False)):
        draw(axes, block, one, drawn, i)
        if len(panels) > 1:
            letter(axes, i)
    return figure, _said(drawn, convergence, uncertainty, found)


def _said(
    drawn: Drawn, convergence: Mapping[str, Any] | None, uncertainty: Mapping[str, Any] | None, found: Sequence[Band]
) -> "xr.Dataset":
    parts = []
    if convergence is not None:
        keys = ", ".join(one["key"] for one in convergence["over"])
        parts.append(f"{convergence['statement']} at finer settings of {keys}; dashed: the limit, where there is one.")
        parts += [f"{convergence['error']}." if convergence["error"] else ""]
    if uncertainty is not None:
        keys = ", ".join(one["key"] for one in uncertainty["keys"])
        parts.append(f"{uncertainty['statement']} where {keys} are uncertain: {uncertainty['samples']} points.")
        parts += [f"{uncertainty['error']}." if uncertainty["error"] else ""]
    if found:
        more = f"; {_MOST_BANDS} of {len(found)} curves are drawn" if len(found) > _MOST_BANDS else ""
        parts.append(f"Shaded: where 95 % of the curves lie at each place{more}.")
    if not drawn.names:
        drawn.add("drawn", (), np.array(0.0), "1", "whether there is a number")
    return drawn.dataset(" ".join(filter(None, parts)))


def _convergence(axes: "Axes", block: Mapping[str, Any], one: Mapping[str, Any], drawn: Drawn, i: int) -> None:
    unit, key_unit = block["unit"], unit_of_key(one["key"])
    x, y = np.array(one["values"], float), np.array(one["numbers"], float)
    order = np.argsort(x)
    axes.plot(x, y, "o-", color=colour(0), markersize=5, zorder=3)
    axes.plot(x[:1], y[:1], "o", color=ACCENT, markersize=9, fillstyle="none", markeredgewidth=1.5, zorder=4)
    if one["extrapolated"] is not None:
        axes.axhline(one["extrapolated"], color=INK, linestyle="--", linewidth=0.9)
    if block["tolerance"] is not None:
        axes.axhspan(y[0] - block["tolerance"], y[0] + block["tolerance"], color=ACCENT, alpha=0.1, linewidth=0)
        span = max(float(np.ptp(y)), 1e-12 * float(np.abs(y).max())) or 1.0
        axes.set_ylim(y.min() - 0.3 * span, y.max() + 0.3 * span)
    logarithmic(axes, x[order])
    axes.set(xlabel=label(plain(_readable(one["key"])), key_unit), ylabel=wrapped(plain(block["label"]), unit))
    drawn.add(f"setting_{i}", f"level_{i}", x, key_unit, one["key"])
    drawn.add(f"number_{i}", f"level_{i}", y, unit, block["statement"])


def _distribution(axes: "Axes", block: Mapping[str, Any], _: None, drawn: Drawn, i: int) -> None:
    values = np.array(block["numbers"], float)
    low, high = block["interval"]
    axes.hist(values, bins=min(30, max(5, int(math.sqrt(values.size)))), color=colour(0), alpha=0.75)
    axes.axvspan(low, high, color=INK, alpha=0.08, linewidth=0, zorder=0)
    if block["number"] is not None:
        axes.axvline(block["number"], color=ACCENT, linewidth=1.4)
    axes.set(xlabel=label(plain(block["label"]), block["unit"]), ylabel="points")
    axes.locator_params(axis="x", nbins=5)
    axes.locator_params(axis="y", integer=True)
    drawn.add("sampled", "point", values, block["unit"], block["statement"])


def _indices(axes: "Axes", block: Mapping[str, Any], _: None, drawn: Drawn, i: int) -> None:
    keys = block["keys"]
    at = np.arange(len(keys))
    for k, (kind, text) in enumerate((("first", "alone"), ("total", "and with others"))):
        values = np.array([one[kind] for one in keys], float)
        errors = np.array([one[f"{kind}_confidence"] for one in keys], float)
        axes.barh(at + 0.2 - 0.4 * k, values, 0.36, xerr=errors, color=colour(k), label=text, error_kw={"linewidth": 1})
        drawn.add(f"{kind}_order_index", "key", values, "1", f"Sobol' index, {text}")
        drawn.add(f"{kind}_order_confidence", "key", errors, "1", "half of its 95 % interval")
    drawn.labels("key", [one["key"] for one in keys])
    axes.set_yticks(at, [plain(_readable(one["key"])) for one in keys])
    axes.set(xlabel="share of the variance", xlim=(min(0.0, axes.get_xlim()[0]), None))
    axes.set_ylim(-0.6, len(keys) + 0.2)
    axes.legend(loc="upper right", fontsize=7)


def _band(axes: "Axes", _: None, one: Band, drawn: Drawn, i: int) -> None:
    axes.fill_between(one.x, one.low, one.high, color=colour(0), alpha=0.25, linewidth=0)
    axes.plot(one.x, one.own, color=colour(0), linewidth=1.1)
    axes.set(xlabel=label(plain(one.x_label), one.x_units), ylabel=wrapped(plain(one.label), one.units))
    axes.margins(x=0)
    if _decades(one.x):
        axes.set_xscale("log")
    if _decades(np.concatenate([one.low, one.high, one.own])):
        axes.set_yscale("log")


def _decades(values: np.ndarray) -> bool:
    """Whether numbers are positive and spread over more than two decades."""
    return bool(values.min() > 0.0 and values.max() > 100.0 * values.min())


def _readable(key: str) -> str:
    """The last part of a dotted key in words, without its unit; with what stands before the places of lists."""
    parts = key.split(".")
    last = max(i for i, part in enumerate(parts) if not part.isdigit())
    return " ".join([KEY_UNIT.sub("", parts[last]).removesuffix("_um").replace("_", " "), *parts[last + 1 :]])
