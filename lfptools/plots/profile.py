"""Figure kind ``profile``: signals at one time along their contacts or bins, against an angle or a coordinate."""

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, model_validator

from lfptools.analysis.selection import Window
from lfptools.analysis.snapshot import Snapshot, Time, snapshot
from lfptools.config.parameters import Parameters, with_parameters
from lfptools.errors import MeasureError, unknown_name
from lfptools.plots.drawn import Drawn
from lfptools.plots.selection import FigureParameters, case_title, select
from lfptools.plots.style import INK, LETTERS, colour, label, new_figure, plain, signed, styled, titled, wrapped

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lfptools.io.results import CaseResults, StudyResults

_AXES = {
    "angle": ("deg", "angle"),
    "distance": ("um", "distance"),
    **{axis: ("um", f"position along {axis}") for axis in "xyz"},
}


class ProfilePanel(Parameters):
    """One panel: signals that are compared, of every selected case."""

    signals: tuple[str, ...] = Field(min_length=1, description="signals at contacts or bins, of one quantity")
    unit: str | None = Field(None, description="in which it is drawn; by default as it is stored")
    label: str | None = Field(None, description="the axis' label, without unit")
    title: str | None = Field(None, description="above the panel")
    normalised: bool = Field(False, description="each curve divided by its largest magnitude: shapes are compared")
    relative_to: str | None = Field(None, description="label of a case whose curves the others are divided by")
    logarithmic: bool = Field(False, description="the axis of the values")

    @model_validator(mode="after")
    def _one_reference(self) -> "ProfilePanel":
        if self.normalised and self.relative_to is not None:
            raise ValueError("a panel's curves are normalised or relative_to a case, not both")
        return self


class ProfileParameters(FigureParameters, Window):
    """Panels side by side; the selected cases in colours, the signals of a panel in line styles."""

    panels: tuple[ProfilePanel, ...] = Field(min_length=1)
    against: Literal["angle", "distance", "x", "y", "z"] = Field(
        "angle", description="angle from the z axis at center_um, distance from there, or a coordinate of the contacts"
    )
    center_um: tuple[float, float, float] = Field((0.0, 0.0, 0.0), description="where angles and distances are taken")
    time: Time = Field("peak", description="ms; when each signal is largest; or range, of each row over time")
    height_mm: float = Field(70.0, gt=30.0, le=400.0, description="height of the figure")
    upright: bool = Field(False, description="positions on the vertical axis, as depth profiles are drawn")
    legend: str | None = Field(None, description="title of the legend")
    log_places: bool = Field(False, description="a logarithmic axis of places; those at and below 0 are not drawn")


@with_parameters(ProfileParameters)
@styled
def profile(results: "StudyResults", p: ProfileParameters) -> "tuple[Figure, xr.Dataset]":
    """Draw the panels and return the figure and the numbers drawn."""
    cases, drawn, times = select(results, p), Drawn(), []
    figure = new_figure(p.width_mm, p.height_mm)
    shared = {"sharey" if p.upright else "sharex": True}
    all_axes = figure.subplots(1, len(p.panels), squeeze=False, **shared)[0]
    for i, (axes, panel) in enumerate(zip(all_axes, p.panels, strict=True)):
        shots = [[snapshot(case, name, p.time, panel.unit, p.window_ms) for name in panel.signals] for case in cases]
        times += [shot.t for row in shots for shot in row]
        _draw(axes, panel, cases, shots, p, (drawn, f"panel_{LETTERS[i].lower()}"))
        titled(axes, i, panel.title, letters=len(all_axes) > 1)
    if len(cases) > 1 or len(p.panels[0].signals) > 1:
        handles, names = all_axes[0].get_legend_handles_labels()
        figure.legend(
            handles, names, loc="outside lower center", ncols=min(4, len(names)), title=p.legend, title_fontsize=8
        )
    return figure, drawn.dataset(_caption(p, times))


def _draw(
    axes: "Axes", panel: ProfilePanel, cases: "list[CaseResults]", shots: list[list[Snapshot]], p: ProfileParameters,
    to: tuple[Drawn, str],
) -> None:  # fmt: skip
    units = {shot.units for row in shots for shot in row}
    if len(units) > 1:
        raise MeasureError(f"signals {', '.join(panel.signals)} have different units: {', '.join(sorted(units))}")
    relative = panel.normalised or panel.relative_to is not None
    unit = "1" if relative else units.pop()
    name = panel.label or shots[0][0].name.replace("_", " ")
    drawn, key = to
    if not panel.logarithmic:
        level = 0.0 if panel.relative_to is None else 1.0
        (axes.axvline if p.upright else axes.axhline)(level, color=INK, linewidth=0.5, zorder=1)
    if p.log_places:
        (axes.set_yscale if p.upright else axes.set_xscale)("log")
    for i, (case, row) in enumerate(zip(cases, shots, strict=True)):
        for k, (signal, shot) in enumerate(zip(panel.signals, row, strict=True)):
            place = along(shot.positions, p.against, p.center_um)
            order = np.argsort(place, kind="stable")
            if p.log_places:
                order = order[place[order] > 0]
            values = shot.values / _reference(panel, cases, shots, shot, k)
            parts = [case_title(case)] * (len(cases) > 1) + [signal.replace("_", " ")] * (len(panel.signals) > 1)
            style = ("-", "--", ":", "-.")[k % 4]
            shown = plain(", ".join(parts) or signal)
            xy = (values[order], place[order]) if p.upright else (place[order], values[order])
            axes.plot(*xy, style, color=colour(i), label=shown)
            dim = f"{key}_{i}_{k}"
            drawn.add(f"{dim}_{p.against}", dim, place[order], _AXES[p.against][0], _AXES[p.against][1])
            drawn.add(f"{dim}_value", dim, values[order], unit, f"{name}: {case.label}, {signal}")
            drawn.labels(dim, [shot.ids[j] for j in order])
    if relative:
        name = f"{name} relative to {'its peak' if panel.normalised else _title_of(cases, panel.relative_to)}"
    of_values = wrapped(plain(name), unit, 30)
    of_place = label(_AXES[p.against][1], _AXES[p.against][0])
    if p.upright:
        axes.set_xlabel(of_values)
        axes.margins(y=0)
        if axes.get_subplotspec().is_first_col():
            axes.set_ylabel(of_place)
    else:
        axes.set(xlabel=of_place, ylabel=of_values)
        axes.margins(x=0)
    if panel.logarithmic:
        (axes.set_xscale if p.upright else axes.set_yscale)("log")
        (axes.xaxis if p.upright else axes.yaxis).set_major_formatter(lambda value, _: signed(value, 6))
    if p.against == "angle":
        from matplotlib.ticker import MaxNLocator

        locator = MaxNLocator(nbins=6 if len(p.panels) < 3 else 4, steps=[1, 3, 4.5, 6, 9, 10])
        (axes.yaxis if p.upright else axes.xaxis).set_major_locator(locator)


def _reference(
    panel: ProfilePanel, cases: "list[CaseResults]", shots: list[list[Snapshot]], shot: Snapshot, k: int
) -> float | np.ndarray:
    """What a curve is divided by; ``k`` says which of the panel's signals it is of."""
    if panel.normalised:
        return np.abs(shot.values).max() or 1.0
    if panel.relative_to is None:
        return 1.0
    labels = [case.label for case in cases]
    if panel.relative_to not in labels:
        raise MeasureError(unknown_name("case", panel.relative_to, labels, "relative_to"))
    other = shots[labels.index(panel.relative_to)][k]
    if not np.array_equal(other.positions, shot.positions):
        raise MeasureError(f"relative_to: case {panel.relative_to!r} has other contacts than the others")
    if not other.values.all():
        raise MeasureError(f"relative_to: signal {panel.signals[k]!r} of case {panel.relative_to!r} is 0 somewhere")
    return other.values


def _title_of(cases: "list[CaseResults]", name: str | None) -> str:
    return next(case_title(case) for case in cases if case.label == name)


def along(positions: np.ndarray, against: str, center_um: tuple[float, float, float]) -> np.ndarray:
    """Where contacts lie: a coordinate or a distance in µm, or the angle from the z axis in degrees.

    Angles have a sign: positive on the side of the contact that is farthest from the axis (the last of several).
    """
    wanted = positions if against in ("angle", "distance") else positions[:, "xyz".index(against)]
    if np.isnan(wanted).any():
        raise MeasureError(f"a profile against {against} needs rows with such positions; bins have only some")
    away = positions - np.array(center_um)
    if against == "distance":
        return np.linalg.norm(away, axis=1)
    if against != "angle":
        return wanted
    out = np.hypot(away[:, 0], away[:, 1])
    farthest = away[out >= out.max() * (1 - 1e-9)][-1, :2]
    side = np.where(away[:, :2] @ farthest < -1e-9 * out.max() ** 2, -1.0, 1.0)
    return side * np.rad2deg(np.arctan2(out, away[:, 2]))


def _caption(p: ProfileParameters, times: list[float]) -> str:
    what = "; ".join(
        f"({LETTERS[i]}) {panel.title or ', '.join(panel.signals)}{', each relative to its peak' * panel.normalised}"
        f"{f', relative to that of {panel.relative_to}' if panel.relative_to else ''}"
        for i, panel in enumerate(p.panels)
    )
    against = {"angle": "the angle from the z axis", "distance": f"the distance from {list(p.center_um)} µm"}.get(
        p.against, f"the contacts' {p.against}"
    )
    if p.time == "range":
        return f"Against {against}, largest less smallest value over time: {what}."
    low, high = min(times), max(times)
    when = f"at {low:.4g} ms" if low == high else f"each at its peak, {low:.4g} to {high:.4g} ms"
    return f"Against {against}, {when}: {what}."
