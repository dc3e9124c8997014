"""Extracellular potentials played around a cell: linear between times, steps where one stands twice."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import lfptools
from lfptools import Cell
from lfptools.errors import CellError, LfptoolsWarning, SimulationError
from lfptools.simulation.run import simulate
from lfptools.simulation.sections import build_sections

CABLE = {"cable": {"length_um": 1000.0, "diameter_um": 2.0, "segments": 201}}


def make_cable(segments=201, **kwargs):
    sections = build_sections({"cable": {**CABLE["cable"], "segments": segments}})
    membrane = {"passive": True, "passive_parameters": {"g_pas": 1 / 30000, "e_pas": -65.0}, "Ra": 150.0, "cm": 1.0}
    return Cell(sections, nsegs_method=None, extracellular=True, v_init=-65.0, **{**membrane, **kwargs})


def test_a_cable_in_a_uniform_field_is_polarised_as_cable_theory_says():
    """v = −Eλ sinh(x/λ)/cosh(L/2λ), at the end E λ tanh(L/2λ) = 4.62117 mV; λ = 1 mm, 10 V/m."""
    with make_cable(tstop=1000.0, dt=5.0) as cell:
        x = cell.x.mean(axis=1) - cell.x.mean()
        cell.insert_v_ext(0.01 * x[:, None] * np.ones(2), [0.0, 1.0e4])
        cell.simulate(rec_vmem=True)
        v = cell.vmem[:, -1] + 65.0
    np.testing.assert_allclose(v, -10.0 * np.sinh(x / 1000.0) / np.cosh(0.5), atol=2e-5)
    assert v[0] == pytest.approx(4.59631, abs=2e-5)
    assert v[0] + (v[0] - v[1]) / 2 == pytest.approx(4.62117, abs=1e-4)


def two_compartments(cell, t, difference):
    """v of both segments when V_e differs by ``difference(t)`` between them, by another integrator."""
    first, second = cell.neuron_segments()
    axial, leak = 1e3 / second.ri(), 1e-2 * first.area() / 30000 * 1e3  # nS
    capacitance = 1e-2 * first.area() * first.cm  # pF

    def slope(t, v):
        current = axial * (v[1] - v[0] + difference(t))
        return np.array([current - leak * v[0], -current - leak * v[1]]) / capacitance

    once, where = np.unique(t, return_inverse=True)
    solved = solve_ivp(slope, (0.0, once[-1]), [0.0, 0.0], t_eval=once, rtol=1e-10, atol=1e-12, max_step=0.05)
    return solved.y[:, where] - 65.0


@pytest.mark.parametrize("negative", [0.0, -2.0])
def test_it_is_linear_between_two_times_and_a_step_where_a_time_stands_twice(negative):
    with make_cable(segments=2, tstop=12.0, dt=2**-6, tstart=negative) as cell:
        t, far = np.array([negative, 1.0, 4.0, 6.0, 6.0, 8.0]), np.array([0.0, 0.0, 30.0, 30.0, -20.0, 0.0])
        cell.insert_v_ext(np.array([0 * far, far]), t)

        def difference(s):
            return np.interp(s, t[:4], far[:4]) if s < 6 else np.interp(s, t[4:], far[4:])

        cell.simulate(rec_vmem=True, variable_dt=True, atol=1e-6)
        assert (cell.tvec == 6.0).sum() >= 2, "both sides of the step"
        np.testing.assert_allclose(cell.vmem, two_compartments(cell, cell.tvec, difference), atol=1e-4)
        errors = []
        for cell.dt in (2**-6, 2**-8):
            cell.simulate(rec_vmem=True)
            errors.append(np.abs(cell.vmem - two_compartments(cell, cell.tvec, difference)).max())
        assert errors[0] < 0.1 and errors[1] < 0.3 * errors[0], "of first order in the step"


def test_currents_sum_to_zero_every_run_is_the_same_and_the_cell_is_as_before():
    with make_cable(segments=21, tstop=5.0) as cell, make_cable(segments=21, tstop=5.0) as other:
        for segment in cell.neuron_segments():
            segment.e_extracellular = 0.5
        plain = other.simulate(rec_imem=True)
        cell.insert_v_ext(np.outer(np.linspace(-5, 5, 21), [1.0, 1.0, -1.0]), [0.0, 2.0, 6.0])
        first = cell.simulate(rec_imem=True, rec_variables=["e_extracellular"])
        assert np.abs(first["net_current"]).max() < 1e-9
        assert np.abs(first["membrane_current"]).max() > 0.01
        assert first["e_extracellular"].values[0, 0] == -5.0, "from its value at the start, not from the last run's"
        assert first["e_extracellular"].values[0, 48] == pytest.approx(-5.0 * 0.5)
        assert {segment.e_extracellular for segment in cell.neuron_segments()} == {0.5}
        assert other.simulate(rec_imem=True).identical(plain)
        assert cell.simulate(rec_imem=True, rec_variables=["e_extracellular"]).identical(first)
        assert cell.v_ext.shape == (21, 3) and cell.t_ext.tolist() == [0.0, 2.0, 6.0]
        cell.insert_v_ext(np.zeros((21, 1)), [0.0])
        assert np.abs(cell.simulate(rec_imem=True)["membrane_current"]).max() < 1e-9


@pytest.mark.parametrize(
    ("v", "t", "culprit"),
    [
        (np.zeros((21, 2)), [0.0, 1.0, 2.0], r"\(21, 2\) and \(3,\)"),
        (np.zeros((20, 2)), [0.0, 1.0], "each of the 21 segments, got 20"),
        (np.zeros(21), [0.0], r"\(21,\)"),
        (np.zeros((21, 0)), [], "at least one time"),
        (np.full((21, 2), np.nan), [0.0, 1.0], "v_ext must be finite"),
        (np.zeros((21, 2)), [1.0, 0.0], "got 1 then 0 ms"),
        (np.zeros((21, 3)), [1.0, 1.0, 1.0], "three times"),
    ],
)
def test_what_cannot_be_played_is_named(v, t, culprit):
    with make_cable(segments=21) as cell:
        with pytest.raises(CellError, match=culprit):
            cell.insert_v_ext(v, t)
        with pytest.raises(AttributeError, match="insert_v_ext"):
            _ = cell.v_ext


def test_without_extracellular_beside_crank_nicolson_and_held_potentials():
    with (
        Cell(lfptools.example_morphology("ball_and_sticks")) as bare,
        pytest.raises(CellError, match="extracellular=True"),
    ):
        bare.insert_v_ext(np.zeros((bare.totnsegs, 1)), [0.0])
    with make_cable(segments=3, tstop=5.0) as cell:
        cell.insert_v_ext(np.ones((3, 2)), [0.0, 3.0])
        with pytest.raises(SimulationError, match="secondorder"):
            simulate([cell], second_order=2)
        with pytest.warns(LfptoolsWarning, match="held from there to tstop = 5 ms"):
            cell.simulate(rec_variables=["e_extracellular"])
        assert cell.rec_variables["e_extracellular"][0, -1] == 1.0


def test_the_solver_that_extracellular_needs_is_not_left_behind():
    def run():
        with Cell(lfptools.example_morphology("ball_and_sticks"), passive=True, tstop=5.0, v_init=-60.0) as plain:
            return plain.simulate(variable_dt=True, rec_vmem=True)

    before = run()
    with make_cable(segments=3, tstop=5.0) as cell:
        cell.insert_v_ext(np.outer([0, 1, 2], [1.0, 2.0]), [0.0, 5.0])
        cell.simulate(variable_dt=True)
    assert run().identical(before)


PEER = """
import sys, numpy as np, {package} as LFPy, lfptools
cell = LFPy.Cell(morphology=str(lfptools.example_morphology("ball_and_sticks")), passive=True, tstop=20., tstart=-5.,
                 extracellular=True)
v, t = np.outer(cell.z.mean(axis=1), [0., .02, -.01, 0.]), np.array([-5., 3., 7., 12.])
if "{package}" == "lfptools":  # steps, which LFPy makes of it
    v, t = np.repeat(v, 2, axis=1)[:, :-1], np.repeat(t, 2)[1:]
cell.insert_v_ext(v, t)
cell.simulate(rec_vmem=True, rec_imem=True)
np.savez(sys.argv[1], vmem=cell.vmem, imem=cell.imem)
"""


@pytest.mark.peer
def test_steps_give_what_lfpy_gives(tmp_path):
    results = []
    for package in ("lfptools", "LFPy"):
        path = tmp_path / f"{package}.npz"
        code = PEER.format(package=package)
        subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True)
        results.append(np.load(path))
    own, peer = results
    for name in peer:
        np.testing.assert_allclose(own[name], peer[name], atol=1e-9 * np.abs(peer[name]).max(), err_msg=name)
    assert np.ptp(own["vmem"]) > 1.0
