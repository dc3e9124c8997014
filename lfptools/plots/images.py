"""Figure kind ``images``: signals and analyses over depth and time, or frequency and time, as colours."""

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field, model_validator

from lfptools.analysis.measure import Label
from lfptools.analysis.selection import Window, array, row_dim, window_mask
from lfptools.config.parameters import Parameters, with_parameters
from lfptools.errors import MeasureError, unknown_name
from lfptools.plots.drawn import Drawn
from lfptools.plots.potential_scale import limit_of
from lfptools.plots.selection import FigureParameters, select
from lfptools.plots.style import DIVERGING, LETTERS, SEQUENTIAL, label, new_figure, plain, styled, titled
from lfptools.units import factor

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from lfptools.io.results import CaseResults, StudyResults


class ImagePanel(Parameters):
    """One panel: a signal at contacts or bins, or an analysis, against time."""

    signal: str | None = Field(None, description="of the study; or analysis")
    analysis: str | None = Field(None, description="of the study; or signal")
    case: Label | None = Field(None, description="the case that it shows, where the figure selects several")
    title: str | None = Field(None, description="above the panel")

    @model_validator(mode="after")
    def _one_source(self) -> "ImagePanel":
        if (self.signal is None) == (self.analysis is None):
            raise ValueError("a panel needs exactly one of 'signal' and 'analysis'")
        return self


class ImagesParameters(FigureParameters, Window):
    """Panels side by side, with one scale of colours for those of one quantity."""

    panels: tuple[ImagePanel, ...] = Field(min_length=1)
    along: str = Field("z", description="coordinate along the vertical axis: x, y, z, depth, frequency")
    unit: str | None = Field(None, description="in which values are drawn; by default as stored")
    name: str | None = Field(None, description="beside the colours")
    percentile: float = Field(99.5, gt=50, le=100, description="of the magnitude, at which the colours end")
    highest: float | None = Field(None, description="end of the vertical axis")
    logarithmic: bool = Field(False, description="colours of the logarithm, for densities")
    columns: int = Field(3, ge=1, le=6, description="panels beside each other")
    panel_height_mm: float = Field(58.0, gt=20.0, le=200.0, description="height of a panel")


@with_parameters(ImagesParameters)
@styled
def images(results: "StudyResults", p: ImagesParameters) -> "tuple[Figure, xr.Dataset]":
    """Draw the panels and return the figure and the numbers drawn."""
    found = [_Image(_case(results, p, panel), panel, p) for panel in p.panels]
    units = {image.unit for image in found}
    if len(units) > 1:
        raise MeasureError(f"the panels are in {', '.join(sorted(units))}: one scale of colours needs one quantity")
    columns = min(p.columns, len(found))
    rows = -(-len(found) // columns)
    figure, drawn = new_figure(p.width_mm, 12 + p.panel_height_mm * rows), Drawn()
    all_axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    scale = _scale(found, p)
    mesh = None
    for i, axes in enumerate(all_axes.ravel()):
        if i >= len(found):
            axes.set_axis_off()
            continue
        image = found[i]
        mesh = axes.pcolormesh(image.t, image.places, image.values, shading="nearest", rasterized=True, **scale)
        titled(axes, i, p.panels[i].title, letters=len(found) > 1)
        key = f"panel_{LETTERS[i].lower()}"
        drawn.add(f"{key}_{p.along}", f"{key}_row", image.places, image.places_unit, p.along)
        drawn.add(f"{key}_t", f"{key}_sample", image.t, "ms", "time")
        drawn.add(key, (f"{key}_row", f"{key}_sample"), image.values, image.unit, p.panels[i].title or image.name)
        if p.highest is not None:
            axes.set_ylim(top=p.highest)
        if i // columns == rows - 1 or i + columns >= len(found):
            axes.set_xlabel("time (ms)")
            axes.tick_params(labelbottom=True)
        if i % columns == 0:
            axes.set_ylabel(label(plain(p.along.replace("_", " ")), image.places_unit))
    name = p.name or found[0].name.replace("_", " ")
    bar = figure.colorbar(mesh, ax=all_axes, shrink=0.8, extend="neither" if p.percentile == 100 else "both")
    bar.set_label(label(plain(name), found[0].unit))
    shown = ", ".join(panel.title or panel.signal or panel.analysis or "" for panel in p.panels)
    return figure, drawn.dataset(f"The {name} over {p.along} and time: {shown}. All panels have one scale of colours.")


def _scale(found: "list[_Image]", p: ImagesParameters) -> dict:
    """Colours symmetric about zero; sequential ones where nothing is below it, of the logarithm if asked for."""
    from matplotlib.colors import LogNorm

    every = np.concatenate([image.values.ravel() for image in found])
    limit = limit_of(every, p.percentile)
    if p.logarithmic:
        if not (every > 0).any():
            raise MeasureError("logarithmic: no value is above 0")
        return {"norm": LogNorm(max(float(every[every > 0].min()), 1e-6 * limit), limit), "cmap": SEQUENTIAL}
    if (every >= 0).all():
        return {"vmin": 0.0, "vmax": limit, "cmap": SEQUENTIAL}
    return {"vmin": -limit, "vmax": limit, "cmap": DIVERGING}


def _case(results: "StudyResults", p: ImagesParameters, panel: ImagePanel) -> "CaseResults":
    cases = select(results, p if panel.case is None else p.model_copy(update={"case": panel.case}))
    if len(cases) != 1:
        raise MeasureError(f"a panel shows one case, {len(cases)} are selected: say which with 'case'")
    return cases[0]


class _Image:
    """Values (rows, times) in a unit, places of the rows, times in ms."""

    def __init__(self, case: "CaseResults", panel: ImagePanel, p: ImagesParameters):
        if panel.signal is not None:
            data = array(case, None, panel.signal)
        else:
            made = case.analysis(str(panel.analysis))
            data = made[next(iter(made.data_vars))]
        if data.ndim != 2 or "t" not in data.dims:
            raise MeasureError(f"{panel.signal or panel.analysis}: an image needs rows and t, got {data.dims}")
        dim = str(row_dim(data))
        names = [p.along, f"{dim}_{p.along}"]
        coord = next((name for name in names if name in data.coords and data[name].dims == (dim,)), None)
        if coord is None:
            legal = [str(name) for name, one in data.coords.items() if one.dims == (dim,)]
            raise MeasureError(unknown_name("coordinate", p.along, legal, where=f"{panel.signal or panel.analysis}"))
        places, t = np.asarray(data[coord].values, dtype=float), np.asarray(data["t"].values, dtype=float)
        inside, order = window_mask(t, p.window_ms), np.argsort(places, kind="stable")
        own = str(data.attrs.get("units", "1"))
        try:
            scale = factor(own, p.unit) if p.unit is not None else 1.0
        except ValueError as error:
            raise MeasureError(f"{data.name!r}: {error}") from error
        values = np.asarray(data.transpose(dim, "t").values, dtype=float)
        self.values = values[order][:, inside] * scale
        self.places, self.t, self.unit, self.name = places[order], t[inside], p.unit or own, str(data.name)
        self.places_unit = str(data[coord].attrs.get("units", "1"))
