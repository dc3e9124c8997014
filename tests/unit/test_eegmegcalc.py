"""A cell in heads and spheres: what LFPy's script gives, and what axial currents and membrane currents give."""

import subprocess
import sys
import warnings

import numpy as np
import pytest

import lfptools
from lfptools import eegmegcalc
from lfptools.errors import LfptoolsWarning
from lfptools.forward.leadfield import lead_field_dataset
from lfptools.study.stages.simulate import StoredLeadField

SCRIPT = """
import sys
import numpy as np
import {package} as LFPy
import lfptools
from {package} import eegmegcalc
from {package}.eegmegcalc import FourSphereVolumeConductor, InfiniteVolumeConductor

cell = LFPy.Cell(morphology=str(lfptools.example_morphology("ball_and_sticks")), passive=True, tstop=20)
synapse = LFPy.Synapse(cell=cell, idx=cell.totnsegs - 1, syntype="ExpSyn", weight=0.005, e=0, tau=2.)
synapse.set_spike_times(np.array([2.]))
cell.set_pos(z=77500.)
cell.simulate(rec_imem=True, rec_vmem=True)
dipole = LFPy.CurrentDipoleMoment(cell)
p = dipole.get_transformation_matrix() @ cell.imem
electrodes = np.array([[0., 0., 90000 - 1e-6], [0., 20000., 83000.], [30000., -10000., 79500.]])
middle = np.array([0., 0., 77500.])
infinite = eegmegcalc.InfiniteVolumeConductor(sigma=0.3)
head = LFPy.FourSphereVolumeConductor(r_electrodes=electrodes, radii=[79000., 80000., 85000., 90000.],
                                      sigmas=[0.3, 1.5, 0.015, 0.3], iter_factor=1e-13)
r = np.array([[78000., 79900., 80100., 90000.], [0.] * 4, [0.] * 4])
sphere = LFPy.OneSphereVolumeConductor(cell, r=r, R=80000., sigma_i=0.3, sigma_o=0.03)
some = np.array([30, 100])
near = np.array([[50., 0., 77600.], [0., 300., 77500.]])
np.savez(sys.argv[1], infinite=infinite.get_dipole_potential(p, electrodes - middle),
         head=head.get_dipole_potential(p, middle), head_matrix=head.get_transformation_matrix(middle),
         sphere=sphere.get_transformation_matrix(n_max=20000) @ cell.imem,
         infinite_multi=infinite.get_multi_dipole_potential(cell, near),
         infinite_some=infinite.get_multi_dipole_potential(cell, near, timepoints=some),
         head_multi=head.get_dipole_potential_from_multi_dipoles(cell),
         head_some=head.get_dipole_potential_from_multi_dipoles(cell, timepoints=some))
"""


def results(tmp_path, package):
    path = tmp_path / f"{package}.npz"
    subprocess.run([sys.executable, "-c", SCRIPT.format(package=package), str(path)], check=True, capture_output=True)
    return np.load(path)


@pytest.mark.peer
def test_the_script_gives_what_lfpy_gives(tmp_path):
    own, peer = results(tmp_path, "lfptools"), results(tmp_path, "LFPy")
    for name in peer:
        assert own[name].shape == peer[name].shape
        scale = np.abs(peer[name]).max()
        np.testing.assert_allclose(own[name], peer[name], rtol=0, atol=1e-9 * scale, err_msg=name)


def test_names():
    assert lfptools.eegmegcalc is eegmegcalc
    for name in eegmegcalc.__all__:
        assert getattr(lfptools, name) is getattr(eegmegcalc, name)


@pytest.fixture(scope="module")
def cell():
    cell = lfptools.Cell(morphology=lfptools.example_morphology("ball_and_sticks"), passive=True, tstop=20)
    synapse = lfptools.Synapse(cell, idx=cell.totnsegs - 1, syntype="ExpSyn", weight=0.005, e=0, tau=2.0)
    synapse.set_spike_times(np.array([2.0]))
    cell.set_pos(z=77500.0)
    cell.simulate(rec_imem=True, rec_vmem=True)
    return cell


def test_axial_currents_in_place_are_the_membrane_currents(cell):
    """In an infinite medium both are the same sources, so potentials agree beyond the size of a segment."""
    u = np.random.default_rng(0).normal(size=(10, 3))
    contacts = [0, 0, 77600] + 600 * u / np.linalg.norm(u, axis=1)[:, None]
    axial = lfptools.InfiniteVolumeConductor(0.3).get_multi_dipole_potential(cell, contacts)
    membrane = lfptools.LineSourcePotential(cell, *contacts.T, 0.3).get_transformation_matrix() @ cell.imem
    np.testing.assert_allclose(axial, membrane, rtol=0, atol=3e-3 * np.abs(membrane).max())
    one = lfptools.InfiniteDipolePotential(cell, contacts, [0, 0, 77500], 0.3).get_transformation_matrix() @ cell.imem
    assert np.abs(one - membrane).max() > 0.05 * np.abs(membrane).max()


def test_one_dipole_is_a_good_approximation_on_the_scalp(cell):
    scalp = 90e3 * np.array([[0, 0, 1], [0, 0.1, np.sqrt(0.99)], [0, 0, -1]])
    head = lfptools.FourSphereVolumeConductor(scalp)
    many = head.get_dipole_potential_from_multi_dipoles(cell)
    one = lfptools.SpheresPotential(cell, scalp, [0, 0, 77600]).get_transformation_matrix() @ cell.imem
    np.testing.assert_allclose(one, many, rtol=0, atol=0.01 * np.abs(many).max())


def test_composed_models_are_probes_of_a_run(cell):
    probes = [
        lfptools.SpheresPotential(cell, [[0, 0, 90e3]], [0, 0, 77600], ids=["Cz"], name="eeg"),
        lfptools.OneSphereVolumeConductor(cell, r=[[79e3, 95e3], [0.1, 0.2], [0, 1]], R=80e3, name="sphere"),
    ]
    recorded = cell.simulate(probes=probes, rec_imem=True, rec_vmem=True)
    for probe in probes:
        expected = probe.get_transformation_matrix() @ cell.imem
        np.testing.assert_allclose(recorded[probe.name].values, expected, rtol=0, atol=1e-12 * np.abs(expected).max())
    assert list(recorded["eeg_contact_id" if "eeg_contact_id" in recorded else "contact_id"].values) == ["Cz"]


def test_electrodes_make_dipoles_depend_on_the_origin(cell):
    lfptools.StimIntElectrode(cell, idx=0, pptype="IClamp", amp=0.1, delay=5, dur=5)
    model = lfptools.SpheresPotential(cell, [[0, 0, 90e3]], [0, 0, 77600], name="eeg")
    with pytest.warns(LfptoolsWarning, match="sum to up to 0.1 nA.*: eeg,.*origin"):
        cell.simulate(probes=[model])
    with pytest.warns(LfptoolsWarning, match="sum to up to 0.1 nA.*: stored,.*origin"):
        cell.simulate(probes=[StoredLeadField("stored", lead_field_dataset(model))])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cell.simulate(probes=[lfptools.OneSphereVolumeConductor(cell, r=[[79e3], [0.1], [0]], R=80e3)])
