"""Four contacts close together."""

import numpy as np
from pydantic import Field

from lfptools.geometry.contacts import Contacts
from lfptools.probes.kind import Faced, numbered, probe_kind


class TetrodeParameters(Faced):
    """The tips of four wires at the corners of a square."""

    spacing_um: float = Field(gt=0, description="side of the square: distance of neighbouring contacts")


@probe_kind(TetrodeParameters)
def tetrode(p: TetrodeParameters) -> Contacts:
    """The tips of four wires at the corners of a square about the origin; they face down, towards −z.

    Returns
    -------
    Contacts
        Ids are "0" … "3", from the corner of largest x and y around towards −x.
    """
    half = 0.5 * p.spacing_um
    x, y = half * np.array([1.0, -1.0, -1.0, 1.0]), half * np.array([1.0, 1.0, -1.0, -1.0])
    surfaces = p.surfaces(np.array([0.0, 0.0, -1.0]), np.array([1.0, 0.0, 0.0]), 4)
    return Contacts(x, y, np.zeros(4), numbered(4), surfaces)
