"""The script of the README gives what LFPy 2.3.7 gives, under its own name and under LFPy's."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import lfptools

SCRIPT = """
import sys
from pathlib import Path
import numpy as np
import {package} as LFPy
import lfptools

cell = LFPy.Cell(morphology=str(lfptools.example_morphology("ball_and_sticks")), passive=True, tstop=100, {options})
synapse = LFPy.Synapse(cell=cell, idx=int(cell.get_idx("soma[0]")[0]), syntype="Exp2Syn", weight=0.005, e=0, tau1=0.5,
                       tau2=5., record_current=True)
synapse.set_spike_times(np.array([20., 40]))
other = LFPy.Synapse(cell=cell, idx=cell.totnsegs - 1, syntype="ExpSyn", weight=0.002, e=-90, tau=3.,
                     record_potential=True)
other.set_spike_times(np.array([0., 33.3]))
electrode = LFPy.StimIntElectrode(cell=cell, idx=0, pptype="IClamp", amp=0.05, delay=60, dur=20, record_current=True)
cell.set_pos(z=10.)
cell.set_rotation(x=0.2, y=-0.4, z=1.3)
contacts = dict(x=np.zeros(11) + 10, y=np.zeros(11), z=np.arange(11) * 20., sigma=0.3)
probes = [LFPy.{line}(cell=cell, **contacts), LFPy.{point}(cell=cell, **contacts), LFPy.{dipole}(cell=cell)]
for sigma in (0.3, [0.2, 0.3, 0.4]):  # contacts so small that random points on them are one
    probes.append(LFPy.RecExtElectrode(cell, **(contacts | dict(sigma=sigma)), N=np.tile([1., 0, 0], (11, 1)), r=1e-9,
                                       n=2, contact_shape="square", method="root_as_point"))
array = dict(x=np.arange(11) * 50., y=np.zeros(11), z=np.zeros(11) - 1500, h=4000., z_shift=-1500., steps=150)
probes.append(LFPy.RecMEAElectrode(cell, **array))
cell.simulate(probes=probes, rec_imem=True, rec_vmem=True)
np.savez(sys.argv[1], tvec=cell.tvec, somav=cell.somav, i=synapse.i, v=other.v, e=electrode.i, imem=cell.imem,
         vmem=cell.vmem, line=probes[0].data, point=probes[1].data, dipole=probes[2].data,
         ext=probes[3].data, anisotropic=probes[4].data, slice=probes[5].data)
"""
NAMES = {"line": "LineSourcePotential", "point": "PointSourcePotential", "dipole": "CurrentDipoleMoment"}


def results(tmp_path, package, options):
    path = tmp_path / f"{package}.npz"
    code = SCRIPT.format(package=package, options=options, **NAMES)
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True)
    return np.load(path)


@pytest.mark.peer
@pytest.mark.parametrize(
    "options", ["v_init=-70", "v_init=-63, dt=0.025", "tstart=-20, nsegs_method='lambda_f', Ra=150, cm=2, celsius=20"]
)
def test_the_script_gives_what_lfpy_gives(tmp_path, options):
    own, peer = results(tmp_path, "lfptools", options), results(tmp_path, "LFPy", options)
    for name in peer:
        assert own[name].shape == peer[name].shape
        # LFPy's first sample of membrane currents does not sum to zero off equilibrium; ours does.
        first = (
            1 if name in ("imem", "line", "point", "dipole", "ext", "anisotropic", "slice") and "-63" in options else 0
        )
        scale = np.abs(peer[name]).max()
        np.testing.assert_allclose(
            own[name][..., first:], peer[name][..., first:], rtol=0, atol=1e-9 * scale, err_msg=name
        )


def test_the_readmes_script_runs_as_it_is(tmp_path):
    code = """
from lfptools import Cell, Synapse, LineSourcePotential
import lfptools, numpy as np
cell = Cell(morphology=lfptools.example_morphology("ball_and_sticks"), passive=True, tstop=100)
synapse = Synapse(cell=cell, idx=cell.get_idx("soma[0]"), syntype="Exp2Syn", weight=0.005, e=0, tau1=0.5, tau2=5.,
                  record_current=True)
synapse.set_spike_times(np.array([20., 40]))
lsp = LineSourcePotential(cell=cell, x=np.zeros(11) + 10, y=np.zeros(11), z=np.arange(11) * 20, sigma=0.3)
result = cell.simulate(probes=[lsp])
assert cell.tvec.shape == cell.somav.shape == synapse.i.shape == (1601,)
assert lsp.data.shape == (11, 1601) and result["potential"].attrs["units"] == "mV"
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def blocks(language):
    text = (Path(__file__).parents[2] / "docs" / "coming-from-lfpy.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def run_of(code, folder):
    shutil.copy(lfptools.example_morphology("ball_and_sticks"), folder / "ball_and_sticks.hoc")
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[-2] if done.stdout else ""


def test_the_scripts_of_the_page_for_those_who_come_from_lfpy_run_as_they_are(tmp_path):
    before, after = blocks("python")
    shapes = run_of(before, tmp_path)
    assert shapes.startswith("(11, 1601) (3, 1601) (46, 1601) 100.0 -0.")
    assert run_of(after, tmp_path).split()[1:] == ["7", "nA", "0.0625"]


@pytest.mark.peer
def test_the_script_of_that_page_gives_the_same_with_lfpy(tmp_path):
    script = blocks("python")[0]
    own = run_of(script, tmp_path)
    peer = run_of(script.replace("import lfptools as LFPy  # import LFPy", "import LFPy"), tmp_path)
    assert own.split()[:-1] == peer.split()[:-1]
    assert float(own.split()[-1]) == pytest.approx(float(peer.split()[-1]), rel=1e-9)
