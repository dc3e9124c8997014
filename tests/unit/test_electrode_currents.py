"""What electrodes inject: known whoever placed them, a monopole when physical, a membrane current as stand-ins."""

from types import SimpleNamespace

import numpy as np
import pytest
from neuron import h
from pydantic import ValidationError

import lfptools
from lfptools import Cell, CurrentDipoleMoment, PointProcess, PointSourcePotential, StimIntElectrode, Synapse
from lfptools.analysis.conservation import conservation
from lfptools.errors import CellError
from lfptools.simulation.sections import build_sections
from lfptools.study.protocol import Electrode
from lfptools.study.stages.neuron_cell import add_inputs

CLAMP = {"pptype": "IClamp", "amp": 0.2, "delay": 1.0, "dur": 50.0}
NEURON = {
    "soma": {"length_um": 20.0, "diameter_um": 20.0},
    "dend": {"length_um": 500.0, "diameter_um": 2.0, "segments": 25, "parent": "soma"},
}


def make_cell(**kwargs):
    membrane = {"passive": True, "passive_parameters": {"g_pas": 1e-4, "e_pas": -70.0}, "nsegs_method": None}
    return Cell(build_sections(NEURON), tstop=30.0, dt=2**-5, **membrane, **kwargs)


def far(cell, distance):
    return PointSourcePotential(cell, x=[0.0], y=[distance], z=[0.0], sigma=0.3)


def test_a_physical_electrode_is_a_monopole_far_away_and_a_stand_in_is_none():
    """At 20 mm a current I is I/(4πσr), and what sums to zero falls as 1/r²."""
    with make_cell() as cell:
        StimIntElectrode(cell, 0, **CLAMP)
        probes = [far(cell, 2e4), far(cell, 4e4)]
        cell.simulate(probes=probes)
        assert probes[0].data[0, -1] == pytest.approx(0.2 / (4 * np.pi * 0.3 * 2e4), rel=1e-3)
        assert probes[0].data[0, -1] / probes[1].data[0, -1] == pytest.approx(2.0, rel=1e-3)
    with make_cell() as cell:
        StimIntElectrode(cell, 0, **CLAMP, stands_for="synapse")
        cell.set_rotation(y=-np.pi / 2, z=np.pi / 2)  # the dipole points at the contacts
        probes = [far(cell, 2e4), far(cell, 4e4)]
        cell.simulate(probes=probes)
        assert abs(probes[0].data[0, -1]) < 0.05 * 0.2 / (4 * np.pi * 0.3 * 2e4)
        assert abs(probes[0].data[0, -1] / probes[1].data[0, -1]) > 3.9


def test_a_stand_in_is_the_synapse_that_injects_the_same_current():
    """AlphaSynapse's current through the membrane, against an IClamp that plays the same current."""
    with make_cell() as cell, make_cell() as other:
        synapse = PointProcess(cell, 20, record_current=True, pptype="AlphaSynapse", gmax=0.005, onset=2.0, tau=2.0)
        one = CurrentDipoleMoment(cell)
        true = cell.simulate(probes=[one], rec_imem=True)
        electrode = StimIntElectrode(other, 20, "IClamp", dur=1e9, stands_for="synapse")
        # What the synapse drew at the end of each step is injected during that step.
        samples = h.Vector(-np.append(synapse.i[1:], 0.0))
        samples.play(electrode.hoc._ref_amp, other.dt)
        two = CurrentDipoleMoment(other)
        stand_in = other.simulate(probes=[two], rec_imem=True)
        np.testing.assert_allclose(other.somav, cell.somav, atol=4e-3 * np.ptp(cell.somav))
        assert np.abs(stand_in["membrane_current"].sum("segment")).max() < 1e-9
        assert np.abs(stand_in["net_current"]).max() < 1e-9
        np.testing.assert_allclose(two.data, one.data, atol=0.02 * np.abs(one.data).max())
        np.testing.assert_allclose(
            stand_in["membrane_current"], true["membrane_current"], atol=0.05 * np.abs(true["membrane_current"]).max()
        )
        samples.play_remove()


def test_electrodes_that_somebody_placed_with_neuron_are_known():
    with make_cell() as cell:
        clamp = h.IClamp(cell.segment(3))
        clamp.amp, clamp.delay, clamp.dur = 0.3, 0.0, 1e9
        voltage = h.SEClamp(cell.segment(9))
        voltage.dur1, voltage.amp1, voltage.rs = 10.0, -50.0, 5.0
        synapse = h.AlphaSynapse(cell.segment(4))
        synapse.gmax, synapse.onset = 0.01, 1.0
        StimIntElectrode(cell, 0, **CLAMP)
        data = cell.simulate(rec_imem=True)
        assert data.sizes["electrode"] == 3
        assert list(data["electrode_segment"].values) == [0, 3, 9]
        assert np.abs(data["net_current"]).max() < 1e-9
        total = data["electrode_current"].sum("electrode")
        np.testing.assert_allclose(data["membrane_current"].sum("segment"), total, atol=1e-9)
        assert cell.pointprocess_idx == [0], "they are not the cell's"


def test_a_run_is_labelled_with_all_that_was_recorded(tmp_path):
    with make_cell() as cell:
        synapses = [
            Synapse(cell, 20, "ExpSyn", weight=0.01, record_current=True),
            Synapse(cell, 5, "ExpSyn", weight=0.01),
            Synapse(cell, 10, "ExpSyn", weight=0.01, record_potential=True),
        ]
        for synapse in synapses:
            synapse.set_spike_times([3.0])
        electrode = StimIntElectrode(cell, 0, **CLAMP, record_potential=True, stands_for="synapse")
        silent = StimIntElectrode(cell, 2, **CLAMP)
        place = PointProcess(cell, 7, record_potential=True)
        data = cell.simulate(rec_imem=True, rec_vmem=True, rec_variables=["i_pas"])
        assert data["membrane_current"].dims == data["i_pas"].dims == ("segment", "t")
        for name in ("section", "segment_id", "section_x", "x", "y", "z", "area", "diameter", "length"):
            assert data[name].dims == ("segment",)
        np.testing.assert_array_equal(data["area"], cell.area)
        assert data["area"].attrs["units"] == "um2"
        assert list(data["synapse_segment"].values) == [20, 10], "those that record something"
        np.testing.assert_array_equal(data["synapse_current"][0], synapses[0].i)
        np.testing.assert_array_equal(data["synapse_potential"][1], synapses[2].v)
        np.testing.assert_array_equal(synapses[2].v, cell.vmem[10])
        assert np.isnan(data["synapse_current"][1]).all() and np.isnan(data["synapse_potential"][0]).all()
        assert list(data["electrode_stands_for"].values) == ["synapse", "electrode"]
        np.testing.assert_array_equal(data["electrode_potential"][0], electrode.v)
        np.testing.assert_array_equal(data["place_potential"][0], place.v)
        np.testing.assert_array_equal(data["electrode_z"], cell.segments.midpoints[[0, 2], 2])
        for handle, name in ((synapses[1], "i"), (silent, "v"), (silent, "i"), (electrode, "i"), (place, "i")):
            with pytest.raises(AttributeError, match="has not been recorded"):
                getattr(handle, name)
        file = cell.simulate(
            rec_imem=True, rec_vmem=True, rec_variables=["i_pas"], to_file=True, file_name=tmp_path / "r.nc"
        )
        for name in data.data_vars:
            np.testing.assert_array_equal(file[name], data[name])
        assert set(file.coords) == set(data.coords)


def test_what_an_electrode_cannot_stand_for_is_named():
    with make_cell() as cell:
        with pytest.raises(CellError, match="unknown stands_for 'synapses'; did you mean 'synapse'"):
            StimIntElectrode(cell, 0, **CLAMP, stands_for="synapses")
        with pytest.raises(CellError, match="AlphaSynapse injects no electrode's current"):
            StimIntElectrode(cell, 0, "AlphaSynapse", stands_for="synapse")
        assert cell.placed == []
        assert StimIntElectrode(cell, 0, **CLAMP).stands_for == "electrode"


def test_a_stand_in_beside_a_physical_electrode_leaves_the_physical_one():
    with Cell(lfptools.example_morphology("ball_and_sticks"), passive=True, tstop=5.0) as cell:
        StimIntElectrode(cell, 0, **{**CLAMP, "delay": 0.0}, stands_for="synapse")
        StimIntElectrode(cell, 0, **{**CLAMP, "delay": 0.0, "amp": 0.05})
        data = cell.simulate(rec_imem=True)
        np.testing.assert_allclose(data["membrane_current"].sum("segment"), 0.05, atol=1e-9)
        assert np.abs(data["net_current"]).max() < 1e-9


def test_a_study_says_what_an_electrode_stands_for():
    given = {"electrode": "IClamp", "at": {"section": "soma"}, "amplitude_nA": 0.2, "delay_ms": 0, "duration_ms": 50}
    assert Electrode(**given).stands_for == "electrode"
    with pytest.raises(ValidationError, match="'electrode' or 'synapse'"):
        Electrode(**given, stands_for="both")
    with make_cell() as cell:
        add_inputs(cell, {"current": Electrode(**given, stands_for="synapse").model_dump(exclude_none=True)})
        data = cell.simulate(rec_imem=True)
        assert data["electrode_id"].values.tolist() == ["current"], "the input's name"
        assert data["electrode_stands_for"].values.tolist() == ["synapse"]
        assert np.abs(data["membrane_current"].sum("segment")).max() < 1e-9
        assert np.abs(data["electrode_current"]).max() == 0.2
        assert conservation.of_case(SimpleNamespace(run=data, label="one"), None) < 1e-9
