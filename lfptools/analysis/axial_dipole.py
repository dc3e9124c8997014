"""The dipole moment of axial currents against that of membrane currents."""

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from lfptools.analysis.measure import CaseSelector, measure
from lfptools.analysis.selection import array, row_dim, row_ids
from lfptools.errors import MeasureError

if TYPE_CHECKING:
    from lfptools.io.results import CaseResults


class AxialDipoleParameters(CaseSelector):
    """A dipole moment, and the membrane potentials of every segment."""

    signal: str = Field(description="the current dipole moment of the membrane currents")
    potentials: str = Field(description="the variable v, recorded at all segments ({variable: v, at: all})")


@measure(AxialDipoleParameters, unit="1")
def axial_dipole_agreement(case: "CaseResults", p: AxialDipoleParameters) -> float:
    """max |Σ d i − P| / max |P|, over components and times, of the axial currents i along d and the dipole moment P.

    Axial currents come from membrane potentials and the resistances between segments, each of them along two straight
    pieces (Hagen et al. 2018, Front Neuroinform 12:92, https://doi.org/10.3389/fninf.2018.00092); the two are equal
    where membrane currents sum to zero.

    Raises
    ------
    MeasureError
        If the signal is no dipole moment or zero, or the potentials are not those of every segment.
    """
    from lfptools.geometry.axial import AxialTree
    from lfptools.io.geometry import segments_from_dataset

    moment = array(case, None, p.signal)
    potentials = array(case, p.potentials, None)
    segments = segments_from_dataset(case.geometry)
    if moment.name != "current_dipole_moment" or row_ids(moment) != ["x", "y", "z"]:
        raise MeasureError(f"signal {p.signal!r} is a {moment.name}, not a current_dipole_moment")
    if tuple(row_ids(potentials)) != segments.ids or potentials.attrs.get("units") != "mV":
        raise MeasureError(
            f"{p.potentials!r} holds {len(row_ids(potentials))} rows in {potentials.attrs.get('units')!r}, not the "
            f"potentials of the cell's {len(segments)} segments: record it with {{variable: v, at: all}}"
        )
    tree = AxialTree.of(segments)
    vectors, _ = tree.elements()
    along = vectors[:, ::2] + vectors[:, 1::2]  # the same current flows on both pieces
    axial = along @ (tree.currents @ potentials.transpose(row_dim(potentials), "t").values)
    expected = moment.transpose(row_dim(moment), "t").values
    largest = float(np.abs(expected).max())
    if largest == 0.0:
        raise MeasureError(f"signal {p.signal!r} is zero at all times")
    return float(np.abs(axial - expected).max()) / largest
