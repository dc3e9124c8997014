"""Passive cells at one frequency against the cable equation's own solutions, and against a simulation in time."""

import numpy as np
import pytest

from lfptools.analysis.cable import CableDipoleParameters, CableExponentParameters, PassiveCable, cable_exponent
from lfptools.analysis.sinusoids import fourier_amplitude
from lfptools.errors import MeasureError
from lfptools.io.geometry import geometry_dataset
from lfptools.simulation.cell import Cell
from lfptools.simulation.pointprocess import StimIntElectrode
from lfptools.simulation.sections import build_sections
from lfptools.study.driven import currents

G, RA, CM, D = 1 / 30000, 150.0, 1.0, 2.0  # S/cm², Ω cm, µF/cm², µm


def stick(length, segments, **more):
    """A cable along x."""
    return Cell(
        build_sections({"cable": {"length_um": length, "diameter_um": D, "segments": segments}}), Ra=RA, cm=CM,
        passive=True, passive_parameters={"g_pas": G, "e_pas": -70.0}, nsegs_method=None, v_init=-70.0, **more,
    )  # fmt: skip


def propagation(frequency):
    """Complex length constant of the cable in µm, and its input impedance if semi-infinite, in MΩ."""
    admittance = G + 2j * np.pi * frequency * CM * 1e-6  # S/cm²
    q = np.sqrt(4 * RA * admittance / (D * 1e-4))  # 1/cm
    return 1e4 / q, 1e-6 * RA / (np.pi * (D * 1e-4) ** 2 / 4) / q


@pytest.mark.parametrize("frequency", [0.1, 100.0, 1000.0])
@pytest.mark.parametrize("length", [200.0, 1000.0, 4000.0])
def test_impedances_of_a_sealed_cable(frequency, length):
    """Z coth(L/λ) where the current goes in, Z / sinh(L/λ) at the far end."""
    with stick(length, 801) as cell:
        cable = PassiveCable(cell.segments, G, CM)
        v = cable.potentials(np.eye(801, 1), frequency)[:, 0]
    lam, z = propagation(frequency)
    h = length / 801
    x = np.array([0.5 * h, length - 0.5 * h])  # middles of the end segments
    expected = z * np.cosh((length - x) / lam) * np.cosh(0.5 * h / lam) / np.sinh(length / lam)
    np.testing.assert_allclose(v[[0, -1]], expected, rtol=5e-4 + 0.02 * (frequency > 500))


@pytest.mark.parametrize("frequency", [100.0, 1500.0])
def test_the_length_constant_is_that_of_alternating_current(frequency):
    with stick(4000.0, 801) as cell:
        v = PassiveCable(cell.segments, G, CM).potentials(np.eye(801, 1), frequency)[:, 0]
        x = cell.x.mean(axis=1)
    lam = np.sqrt(D * 1e-4 / (4 * RA * G)) * 1e4
    tau = CM / G * 1e-6
    expected = lam * np.sqrt(2 / (1 + np.sqrt(1 + (2 * np.pi * frequency * tau) ** 2)))
    inside = (x > 0.5 * expected) & (x < 3 * expected)
    found = -1 / np.polyfit(x[inside], np.log(np.abs(v[inside])), 1)[0]
    assert found == pytest.approx(expected, rel=0.003)


@pytest.mark.parametrize("quantity", ["soma_current", "dipole", "soma_potential"])
def test_one_solution_gives_what_a_solution_for_each_place_gives(quantity):
    with stick(300.0, 7) as cell:
        cell.set_rotation(y=-np.pi / 2)
        cable = PassiveCable(cell.segments, G, CM)
        v = cable.potentials(np.eye(7), 200.0)
        net = cable.admittance(200.0)[:, None] * v - np.eye(7)
        z = cell.z.mean(axis=1)
    expected = {"soma_current": net[0], "dipole": z @ net, "soma_potential": v[0]}[quantity]
    np.testing.assert_allclose(cable.transfer(quantity, 200.0), expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(net.sum(axis=0), 0.0, atol=1e-12)


def _driven(cell, frequency_Hz, from_ms):
    """Amplitudes of the membrane potential along a cable whose end is driven by 20 pA."""
    at = {"section": "cable", "fraction": 0.0}
    given = {"current": "sine", "at": at, "amplitude_nA": 0.02, "frequency_Hz": frequency_Hz}
    ((idx, wave),) = currents(cell, "drive", given, 0, {"dt_ms": cell.dt, "t_stop_ms": cell.tstop})
    StimIntElectrode(cell, idx, "IClamp").play(wave, cell.dt)
    cell.simulate(rec_vmem=True)
    return fourier_amplitude(cell.tvec, cell.vmem - cell.vmem.mean(axis=1, keepdims=True), frequency_Hz, from_ms)


def _by_matrix(cell, frequency_Hz, time_step_ms=0.0):
    cable = PassiveCable(cell.segments, G, CM, time_step_ms)
    return 0.02 * np.abs(cable.potentials(np.eye(51, 1), frequency_Hz)[:, 0])


def test_a_simulation_in_time_has_the_same_amplitude():
    with stick(1000.0, 51, tstop=100.0, dt=0.0025) as cell:
        np.testing.assert_allclose(_driven(cell, 200.0, 80.0), _by_matrix(cell, 200.0), rtol=0.01)


def test_backward_euler_has_the_amplitude_of_its_own_matrix_to_the_last_digits():
    """Five steps to a period, where the cable equation itself is far off."""
    with stick(1000.0, 51, tstop=400.0, dt=0.1) as cell:
        found, stepped, exact = _driven(cell, 2000.0, 300.0), _by_matrix(cell, 2000.0, 0.1), _by_matrix(cell, 2000.0)
    np.testing.assert_allclose(found[:10], stepped[:10], rtol=1e-5)
    assert abs(exact[5] / stepped[5] - 1) > 0.05


def test_amplitudes_are_those_of_whole_periods():
    t = 0.025 * np.arange(4001)
    values = 3.0 * np.sin(2 * np.pi * 0.1 * t + 0.4) + 5.0
    assert fourier_amplitude(t, values, 100.0, 20.0) == pytest.approx(3.0, rel=1e-9)
    assert fourier_amplitude(t, values, 50.0, 20.0) == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(MeasureError, match="no whole period"):
        fourier_amplitude(t, values, 5.0, 20.0)


def test_white_noise_follows_from_seed_name_and_place():
    run = {"dt_ms": 0.1, "t_stop_ms": 500.0}
    given = {"current": "white_noise", "at": "all", "std_nA_per_um": 0.01}
    with stick(300.0, 5) as cell:
        first = [wave for _, wave in currents(cell, "noise", given, 3, run)]
        again = [wave for _, wave in currents(cell, "noise", given, 3, run)]
        other = [wave for _, wave in currents(cell, "other", given, 3, run)]
        std = 0.01 * np.sqrt(cell.area)
    np.testing.assert_array_equal(first, again)
    assert abs(np.corrcoef([*first, *other]) - np.eye(10)).max() < 0.07, "independent of each other"
    np.testing.assert_allclose(np.std(first, axis=1), std, rtol=0.04)


class _Case:
    label, experiment = "one", "main"

    def __init__(self, segments, **cell):
        self.geometry = geometry_dataset(segments)
        self.config = {"cell": {"passive": {"g_pas_S_per_cm2": G}, "cm_uF_per_cm2": CM, **cell}}


def test_a_semi_infinite_cable_has_its_asymptotes():
    """Far above the membrane's corner: 1/2 for the current into a large soma, 2 for its potential."""
    with Cell(
        build_sections({
            "soma": {"length_um": 40.0, "diameter_um": 40.0, "segments": 1},
            "dend": {"length_um": 3000.0, "diameter_um": D, "segments": 3000, "parent": "soma", "parent_x": 0.5},
        }), Ra=RA, cm=CM, passive=True, passive_parameters={"g_pas": G, "e_pas": -70.0}, nsegs_method=None,
    ) as cell:  # fmt: skip
        segments = cell.segments
    case = _Case(segments)
    for quantity, expected in (("soma_current", 0.5), ("soma_potential", 2.0)):
        p = CableExponentParameters(quantity=quantity, band_Hz=(3000, 5000), frequencies=5)
        assert cable_exponent.of_case(case, p) == pytest.approx(expected, abs=0.04)
    active = _Case(segments, membrane=[{"mechanism": "hh"}])
    with pytest.raises(MeasureError, match="no mechanisms besides"):
        cable_exponent.of_case(active, p)
    assert CableDipoleParameters(section="dend", frequency_Hz=0).fraction == 0.5
