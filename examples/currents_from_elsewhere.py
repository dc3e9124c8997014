"""Signals of currents that NEURON did not compute: from Arbor, NetPyNE, Brian, a file, or, as here, from scipy.

A forward model needs the ends and diameters of segments and the currents that leave them, as plain arrays. Here they
are those of a passive cable, solved by backward Euler; what comes out is a labelled dataset, written to a NetCDF file.

Usage: python examples/currents_from_elsewhere.py [currents_from_elsewhere.nc]
"""

import sys

import numpy as np
import xarray as xr
from scipy.sparse import diags_array
from scipy.sparse.linalg import splu

import lfptools
from lfptools.forward.apply import apply_lead_field, write_signal
from lfptools.forward.leadfield import lead_field_dataset
from lfptools.units import attrs

N, LENGTH_UM, DIAMETER_UM = 101, 1000.0, 2.0
RM_OHM_CM2, RA_OHM_CM, CM_UF_PER_CM2 = 30_000.0, 150.0, 1.0
DT_MS, STEPS, INPUT_NA = 0.1, 400, 0.1


def cable() -> tuple[lfptools.CellGeometry, np.ndarray]:
    """Segments along z, and their membrane currents (segments, times) in nA for a pulse from 5 to 10 ms."""
    z = np.linspace(0.0, LENGTH_UM, N + 1)
    zero = np.zeros((N, 2))
    cell = lfptools.CellGeometry(zero, zero, np.column_stack((z[:-1], z[1:])), np.full(N, DIAMETER_UM))

    area_cm2 = cell.area * 1e-8
    leak_uS = area_cm2 / RM_OHM_CM2 * 1e6
    capacitance_nF = CM_UF_PER_CM2 * area_cm2 * 1e3
    axial_uS = np.pi * (DIAMETER_UM * 1e-4) ** 2 / 4 / (RA_OHM_CM * LENGTH_UM / N * 1e-4) * 1e6
    ends = np.r_[1.0, np.full(N - 2, 2.0), 1.0]
    coupling = axial_uS * diags_array([np.full(N - 1, 1.0), -ends, np.full(N - 1, 1.0)], offsets=[-1, 0, 1])

    solve = splu((diags_array(capacitance_nF / DT_MS + leak_uS) - coupling).tocsc()).solve
    v, currents = np.zeros(N), np.zeros((N, STEPS))
    for step in range(STEPS):
        injected = np.zeros(N)
        injected[0] = INPUT_NA if 5.0 <= step * DT_MS < 10.0 else 0.0
        v = solve(capacitance_nF / DT_MS * v + injected)
        currents[:, step] = (
            coupling @ v + injected
        )  # what arrives along the axis and by the electrode leaves by the membrane
    return cell, currents


def main(path: str = "currents_from_elsewhere.nc") -> xr.Dataset:
    cell, currents = cable()
    model = lfptools.LineSourcePotential(
        cell, x=np.full(11, 20.0), y=np.zeros(11), z=np.linspace(0, 1000, 11), sigma=0.3
    )

    potential = model.get_transformation_matrix() @ currents  # mV, (contacts, times): nothing more is needed

    # With names and units, checked, and with the parameters of the model in the file:
    lead_field = lead_field_dataset(model)
    run = xr.Dataset(
        {"membrane_current": (("segment", "t"), currents, attrs("membrane_current"))},
        {"t": ("t", DT_MS * np.arange(STEPS), attrs("t")), "segment_id": lead_field["segment_id"].variable},
    )
    signal = apply_lead_field(lead_field, run)
    np.testing.assert_allclose(signal["potential"].values, potential, rtol=1e-12, atol=1e-15)
    write_signal(lead_field, run, path)
    return signal


if __name__ == "__main__":
    found = main(*sys.argv[1:2])["potential"]
    print(f"{dict(found.sizes)}, from {float(found.min()) * 1e3:.3g} to {float(found.max()) * 1e3:.3g} µV")
