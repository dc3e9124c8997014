"""Figure kind ``probe``: the contacts of a signal and the cell, seen from one or more sides."""

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from lfptools.analysis.selection import array
from lfptools.config.parameters import with_parameters
from lfptools.geometry.contacts import Contacts
from lfptools.io.contacts import contacts_from_dataset
from lfptools.io.geometry import segments_from_dataset
from lfptools.plots.cell_drawing import DrawnCell
from lfptools.plots.contacts import draw_contacts, patches
from lfptools.plots.drawn import Drawn
from lfptools.plots.selection import FigureParameters
from lfptools.plots.style import letter, new_figure, styled

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from lfptools.io.results import StudyResults

SHORTEST_MM, TALLEST_MM = 50.0, 200.0
MANY = 40  # contacts, whose names would cover each other
View = Literal["xz", "yz", "xy", "yx", "zx", "zy"]


class ProbeParameters(FigureParameters):
    """One panel for each view of one case."""

    signal: str = Field(description="at the contacts that are drawn")
    views: tuple[View, ...] = Field(("xz", "yz"), min_length=1, description="axes to the right and up: [xz, yz]")
    cell: bool = Field(True, description="whether the cell is drawn too")
    names: bool | None = Field(None, description=f"of contacts; by default where there are fewer than {MANY}")


@with_parameters(ProbeParameters)
@styled
def probe(results: "StudyResults", p: ProbeParameters) -> "tuple[Figure, xr.Dataset]":
    """Draw the contacts from each side and return the figure and the numbers drawn."""
    case = results.one(p.experiment, p.case)
    contacts = contacts_from_dataset(array(case, None, p.signal))
    names = len(contacts) < MANY if p.names is None else p.names
    corners = _corners(contacts, case.geometry if p.cell else None)
    spans = [[float(np.ptp(corners[:, "xyz".index(axis)])) or 1.0 for axis in view] for view in p.views]
    one_scale = len({up for _, up in p.views}) == 1
    widths = [right / up if one_scale else 1.0 for right, up in spans]
    height = (p.width_mm - 25 * len(p.views)) / sum(widths) if one_scale else 1.3 * p.width_mm / len(p.views)
    figure = new_figure(p.width_mm, float(np.clip(height, SHORTEST_MM, TALLEST_MM)) + 20, layout="compressed")
    panels = figure.subplots(1, len(p.views), squeeze=False, sharey=one_scale, width_ratios=widths)[0]
    for i, (axes, (right, up)) in enumerate(zip(panels, p.views, strict=True)):
        draw_contacts(axes, contacts, right, up, names=names)
        if p.cell:
            DrawnCell(axes, segments_from_dataset(case.geometry), (right, up))
            axes.autoscale_view()
        axes.set_xlabel(f"{right} (µm)")
        if not one_scale or i == 0:
            axes.set_ylabel(f"{up} (µm)")
        axes.locator_params(axis="x", nbins=max(2, min(5, round(5 * widths[i] / max(widths)))))
        if len(p.views) > 1:
            letter(axes, i)
    drawn = Drawn()
    for k, axis in enumerate("xyz"):
        drawn.add(f"position_{axis}", "contact", contacts.positions[:, k], "um", f"position along {axis}")
    drawn.labels("contact", contacts.ids)
    seen = ", ".join(f"{right} to the right and {up} up" for right, up in p.views)
    shapes = sorted({str(shape) for shape in contacts.surfaces.shape}) if contacts.surfaces is not None else ["point"]
    what = f"{len(contacts)} contacts ({', '.join(shapes)}) of signal {p.signal}"
    return figure, drawn.dataset(f"{what}{' and the cell' if p.cell else ''}, seen with {seen}.")


def _corners(contacts: Contacts, geometry: "xr.Dataset | None") -> np.ndarray:
    """Positions (n, 3) that the panels must hold."""
    pieces = [patches(contacts, i)[0].reshape(-1, 3) for i in range(len(contacts))]
    cell = [] if geometry is None else [np.column_stack([geometry[f"point_{axis}"].values for axis in "xyz"])]
    return np.concatenate([contacts.positions, *pieces, *cell])
