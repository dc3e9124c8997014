"""A head model of another tool, as a lead field on vertices: written, read, used.

Here it is the four-sphere model, sampled on the vertices of a sphere 2 mm below the brain's surface; what comes from
finite or boundary elements is written in the same way (docs/vertex-lead-fields.md).

Usage: python examples/head_on_vertices.py [head_on_vertices.nc]
"""

import sys

import numpy as np

import lfptools
from lfptools.forward.vertex_lead_field import VertexLeadFieldSignal
from lfptools.probes.cap import CapParameters, cap

SCALP_UM, CORTEX_UM = 90_000.0, 77_000.0


def write_head(path: str) -> None:
    """The potential at 64 electrodes per unit dipole moment at each of 500 vertices."""
    electrodes = cap(CapParameters(cap_radius_um=SCALP_UM, number=64))
    vertices = cap(CapParameters(cap_radius_um=CORTEX_UM, number=500))
    head = lfptools.FourSphereVolumeConductor(electrodes.positions)
    lfptools.write_vertex_lead_field(
        path,
        head.get_transformation_matrix(vertices.positions),  # (electrodes, vertices, 3)
        vertices.positions,
        electrodes,
        units="mV nA-1 um-1",
        length_units="um",
        normals=vertices.surfaces.normal,
    )


def main(path: str = "head_on_vertices.nc") -> tuple[np.ndarray, np.ndarray]:
    """EEG (electrodes,) in mV of a dipole of 10⁷ nA·µm near a vertex: from the file, and from the model itself."""
    write_head(path)

    # Two points 10 mm apart along z: currents of ∓1 µA are a dipole along the cell's axis.
    ends = np.array([[0.0, 0.0], [10_000.0, 10_000.0]])
    cell = lfptools.CellGeometry(np.zeros((2, 2)), np.zeros((2, 2)), ends, np.ones(2))
    currents = np.array([-1000.0, 1000.0])

    # The nearest vertex counts, and the cell's z axis is turned to point out of the cortex there.
    signal = VertexLeadFieldSignal(cell, path, dipole_location=[30_000.0, 20_000.0, 68_000.0], farthest=5_000.0)
    from_file = signal.get_transformation_matrix() @ currents

    place = signal.head.positions[signal.vertex]
    moment = 1e7 * place / np.linalg.norm(place)
    exact = lfptools.FourSphereVolumeConductor(signal.contacts.positions).get_dipole_potential(moment, place)
    return from_file, exact


if __name__ == "__main__":
    found, expected = main(*sys.argv[1:2])
    print(
        f"EEG of a radial dipole at {found.size} electrodes: {1e3 * found.min():.3g} to {1e3 * found.max():.3g} µV, "
        f"from the four-sphere model itself within {np.abs(found - expected).max() / np.abs(expected).max():.1e}"
    )
