"""CoreNEURON beside NEURON: every row of docs/engines.md, runs in chunks, what is put back, mod files that it refuses.

Models run in child processes: CoreNEURON ends the process on what should have been refused.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import engine_models as models
import numpy as np
import pytest

from lfptools.errors import MechanismError, SimulationError
from lfptools.simulation.compiling import compile_for_coreneuron
from lfptools.simulation.state import RunSettings

ROOT = Path(__file__).parents[2]
MOD_FILES = (
    *(ROOT / "tests/data/coreneuron").glob("*.mod"),
    *(ROOT / "tests/data/mechanisms").glob("*.mod"),
    ROOT / "resources/mechanisms/mainen_sejnowski/na_ms.mod",
)
ALONE = "celsius and GLOBALs of mechanisms"  # GLOBALs are read once in a process


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """For child processes: a cache, and the library of all mod files of these tests, compiled once."""
    folder = tmp_path_factory.mktemp("coreneuron")
    mods = folder / "mods"
    mods.mkdir()
    for file in MOD_FILES:
        shutil.copy(file, mods)
    library = compile_for_coreneuron([mods], folder / "mechanisms")
    neurons = library.with_name(library.name.replace("libcorenrnmech", "libnrnmech"))
    return {**os.environ, "LFPTOOLS_CACHE": str(folder), "ENGINE_MODELS_LIBRARY": str(neurons)}


def child(environment, program: str, *words: str, **more) -> subprocess.CompletedProcess:
    command = [sys.executable, *(("-c", program) if "\n" in program else (program,)), *words]
    paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        command, env={**environment, "PYTHONPATH": paths}, capture_output=True, text=True, check=False, **more
    )


@pytest.fixture(scope="module")
def results(environment):
    """What the models' program says of every row."""
    rows = [row for row in (*models.SUPPORTED, *models.REFUSED) if row != ALONE]
    runs = [child(environment, models.__file__, "run", *names) for names in (rows, [ALONE])]
    told = [json.loads(line) for run in runs for line in run.stdout.splitlines()]
    return {one.pop("name"): one for one in told}, "\n".join(run.stderr[-3000:] for run in runs)


@pytest.mark.parametrize("row", models.SUPPORTED)
def test_supported_models_give_neurons_results(results, row):
    told, stderr = results
    assert row in told, stderr
    assert told[row].get("difference", told[row]) < 1e-9


REASONS = {
    "variable step": "the step is variable",
    "extracellular": "extracellular at dend is no mechanism of CoreNEURON's",
    "VClamp": r"VClamp at soma\(0.166667\) is no mechanism of CoreNEURON's: use SEClamp",
    "AlphaSynapse, APCount, IntFire1, IntFire2, IntFire4": "(?s)AlphaSynapse at .*APCount at .*IntFire1.*IntFire4",
    "another cell's VClamp": "VClamp at soma",
    "threshold NetCons without a gid": r"watches soma\(0.5\) without a gid",
    "NetCons that watch something else than a potential": "watches something else than a membrane potential",
    "NetCons from another process with a delay below two steps": "0.04 ms: two steps, 0.05 ms, is the shortest",
    "recorded events of artificial cells without a gid": r"records the events of NetStim\[0\], which has no gid",
    "LinearMechanism": "a LinearMechanism adds equations",
    "neuron.rxd": "neuron.rxd adds equations",
    "nonvint blocks": "a nonvint block calls code",
    "Vector.play": "a Vector is played into the model",
    "Vector.record at an interval or at given times": "records at times of its own",
    "CVode.event": r"CVode.event\(\) calls code",
    "CVode.extra_scatter_gather": "differ from NEURON's by .* mV: .*CVode.extra_scatter_gather",
    "Random.play": "differ from NEURON's by .* mV: .*Random.play",
    "POINTER to anything else": r"other of Coupled at soma\(0.166667\) points to something else",
    "POINTER to a membrane current": r"other of Coupled at soma\(0.166667\) points to something else",
    "recorded numbers that belong to no mechanism (diam)": "width of .* cannot be recorded",
    "nrn_netrec_state_adjust": "nrn_netrec_state_adjust is set",
    "GLOBALs that change between runs of one process": "usetable_hh is 0 now and was 1 when CoreNEURON",
}


@pytest.mark.parametrize("row", models.REFUSED)
def test_other_models_are_refused_with_what_stands_in_the_way(results, row):
    told, stderr = results
    assert row in told, stderr
    assert re.search(REASONS[row], told[row].get("refused", "")), told[row]


@pytest.mark.slow
@pytest.mark.parametrize("row", [row for row in models.REFUSED if row != "variable step"])
def test_what_is_refused_would_fail_or_go_wrong(environment, row):
    done = child(environment, models.__file__, "unchecked", row)
    if done.returncode == 0:
        told = json.loads(done.stdout.splitlines()[-1])
        assert (
            "CoreNEURON" in told.get("refused", "")
            or "hoc_execerror" in told.get("refused", "")
            or (told["difference"] > 1e-9)
        ), told


def test_the_table_of_the_documentation_has_these_rows():
    text = (ROOT / "docs/engines.md").read_text(encoding="utf-8")
    supported, refused = text.split("| it is refused |")
    rows = [re.findall(r"^\| ([^|]+?) \|", part, re.MULTILINE) for part in (supported, refused)]
    assert sorted(rows[0]) == sorted(["it runs", *models.SUPPORTED])
    assert sorted(rows[1]) == sorted(models.REFUSED)


RUNS = """
import os
import numpy as np
from neuron import h
import lfptools
from engine_models import drive, make_cell
from lfptools.errors import SimulationError
from lfptools.io.product import BLOCK
from lfptools.simulation.state import RunSettings, membrane_currents, run_state

# A library that lies in the current folder is NEURON's business, not ours.
os.makedirs("x86_64")
open("x86_64/libcorenrnmech.so", "w").close()

cell = make_cell()
drive(cell)
cell.tstop = 3 * BLOCK * cell.dt
probe = lfptools.LineSourcePotential(cell, x=[20.0], y=[0.0], z=[0.0])
before = cell.simulate(rec_imem=True)
chunks = cell.simulate(probes=[probe], rec_imem=True, rec_vmem=True, engine="coreneuron")
assert chunks.attrs["engine"] == "coreneuron" and before.attrs["engine"] == "neuron"
assert chunks.sizes["t"] == 3 * BLOCK + 1
assert np.abs(chunks["net_current"]).max() < 1e-9
assert np.array_equal(chunks["membrane_current"][:, 0], before["membrane_current"][:, 0])
assert np.array_equal(chunks["t"], before["t"])
np.testing.assert_allclose(chunks["potential"], probe.get_transformation_matrix() @ cell.imem, rtol=1e-12, atol=1e-18)

# One run of CoreNEURON's without chunks.
with membrane_currents(), run_state(RunSettings(cell.tstop, cell.dt, v_init=cell.v_init, celsius=cell.celsius)):
    vectors = [h.Vector().record(segment._ref_i_membrane_) for segment in cell.neuron_segments()]
    connection = cell.placed[0].connection
    assert connection.delay == 0.0
    connection.delay = 10.0
    h.finitialize(cell.v_init)
    for when in cell.placed[0].spike_times:
        connection.event(when)
    h.ParallelContext().nrncore_run(f" --tstop {cell.tstop + 0.25 * cell.dt} --verbose 0 --voltage 1000.")
    connection.delay = 0.0
    assert np.array_equal(np.array(vectors), chunks["membrane_current"])
    del vectors

again = cell.simulate(probes=[probe], rec_imem=True, rec_vmem=True, engine="coreneuron")
assert again.identical(chunks)
assert cell.simulate(rec_imem=True).identical(before), "a run by NEURON is what it was"

# Refused in the middle of preparing: delays are put back all the same.
soma = cell.sections[0]
watching = h.NetCon(soma(0.5)._ref_v, None, sec=soma)
try:
    cell.simulate(engine="coreneuron")
except SimulationError:
    assert connection.delay == 0.0
else:
    raise AssertionError
del watching

# Streamed to a file; one step; steps that no power of two divides.
file = cell.simulate(rec_imem=True, engine="coreneuron", to_file=True, file_name="run.nc")
assert np.array_equal(file["membrane_current"], chunks["membrane_current"])
for dt, steps in ((0.1, 1), (0.1, 7), (0.1, 4), (0.025, BLOCK), (0.025, BLOCK + 1)):
    cell.dt, cell.tstop = dt, steps * dt
    assert cell.simulate(engine="coreneuron").sizes["t"] == steps + 1, (dt, steps)
assert sorted(os.listdir()) == ["run.nc", "x86_64"], os.listdir()

# An unstable model is told with its time.
cell.dt, cell.tstop = 0.025, 20.0
lfptools.StimIntElectrode(cell, 0, "IClamp", amp=1e308, delay=1.0, dur=5.0)
try:
    cell.simulate(engine="coreneuron")
except SimulationError as error:
    assert "unstable" in str(error) and "t = 1" in str(error), error
else:
    raise AssertionError
"""


def test_chunks_are_bit_equal_to_one_run_and_nothing_is_left_behind(environment, tmp_path):
    done = child({**environment, "CORENEURONLIB": str(tmp_path / "nothing")}, RUNS, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


LONG = """
import psutil
import lfptools
from lfptools.simulation import engine
from lfptools.simulation.sections import build_sections
from lfptools.simulation.state import RunSettings, membrane_currents

class Count:
    samples = 0
    def append(self, t, rows):
        self.samples += t.size

soma = {"soma": {"length_um": 20, "diameter_um": 20}}
cell = lfptools.Cell(build_sections(soma), passive=True, nsegs_method=None)
lfptools.Synapse(cell, idx=0, syntype="ExpSyn", weight=0.001).set_spike_times_w_netstim(interval=5.0, number=1e6)
size = []
with membrane_currents():
    currents = {"current": engine.segment_references(cell.neuron_segments(), "i_membrane_")}
    for tstop in (100.0, 20_000.0):
        count = Count()
        engine.run([engine.Block("cell", currents, [count])], RunSettings(tstop, 0.025, engine="coreneuron"))
        assert count.samples == round(tstop / 0.025) + 1
        size.append(psutil.Process().memory_info().rss)
assert size[1] - size[0] < 3e6, size
"""


def test_long_runs_lose_no_step_and_take_no_memory(environment, tmp_path):
    # CoreNEURON is told where to stop as text: six digits would lose steps from about 1e4 ms on.
    done = child(environment, LONG, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


ACTIVE = """
import os
import numpy as np
from neuron import h
import lfptools
from engine_models import drive
from lfptools.errors import SimulationError
from lfptools.simulation.mechanisms import load_mechanisms
from threadpoolctl import threadpool_info

def threads():
    return {one["filepath"]: one["num_threads"] for one in threadpool_info() if one["user_api"] == "openmp"}

load_mechanisms(os.environ["ENGINE_MODELS_LIBRARY"])
cell = lfptools.Cell(
    lfptools.example_morphology("ball_and_sticks"), passive=True, passive_parameters={"g_pas": 5e-5, "e_pas": -65.0},
    tstop=50.0, dt=0.03125, v_init=-65.0,
)
cell.insert("na_ms", gbar_na_ms=300.0)
drive(cell, idx=0)
probe = lfptools.LineSourcePotential(cell, x=[20.0, 50.0], y=[0.0, 0.0], z=[0.0, 0.0])
signals = []
for engine in ("neuron", "coreneuron"):
    signals.append(cell.simulate(probes=[probe], engine=engine, rec_variables=["ina"]))
    before = threads() if engine == "neuron" else before
assert signals[0]["soma_potential"].max() > 0, "it fires"
for name in ("potential", "ina", "soma_potential"):
    largest = np.abs(signals[0][name]).max()
    assert np.abs(signals[0][name] - signals[1][name]).max() < 1e-9 * largest, name
assert all(threads()[path] == count for path, count in before.items()), "OpenMP has its threads back"

# Another library afterwards: of no harm, and of no use to CoreNEURON.
extra = os.path.join(os.getcwd(), "extra")
os.makedirs(extra)
with open(os.path.join(extra, "late.mod"), "w") as file:
    file.write("NEURON { SUFFIX late NONSPECIFIC_CURRENT i }\\nASSIGNED { v i }\\nBREAKPOINT { i = 1e-6 * v }\\n")
load_mechanisms(extra)
assert cell.simulate(engine="coreneuron")["soma_potential"].identical(signals[1]["soma_potential"])
cell.insert("late")
try:
    cell.simulate(engine="coreneuron")
except SimulationError as error:
    assert "late at soma" in str(error) and "before the first run by CoreNEURON" in str(error), error
else:
    raise AssertionError
"""


def test_mod_files_of_a_cell(environment, tmp_path):
    done = child(environment, ACTIVE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


SAFE = "NEURON { SUFFIX good NONSPECIFIC_CURRENT i }\nASSIGNED { v i }\nBREAKPOINT { i = 1e-6 * v }\n"


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        (
            "NEURON { SUFFIX bad NONSPECIFIC_CURRENT i GLOBAL q }\nASSIGNED { v i q }\nBREAKPOINT { q = v i = q }\n",
            ["not thread-safe", 'Assignment to the GLOBAL variable, "q"', "THREADSAFE", "engine='neuron'"],
        ),
        (
            "NEURON { THREADSAFE SUFFIX bad NONSPECIFIC_CURRENT i GLOBAL q }\n"
            "ASSIGNED { v i q }\nBREAKPOINT { q = v i = q }\n",
            ["CoreNEURON's translator does not take it", '"q" variable found at', "RANGE variable instead of GLOBAL"],
        ),
        pytest.param(
            "NEURON { THREADSAFE SUFFIX bad NONSPECIFIC_CURRENT i }\n"
            "ASSIGNED { v i }\nLOCAL q\nINITIAL { q = 1 }\nBREAKPOINT { i = q * v }\n",
            ["does not compile for CoreNEURON", "was not declared in this scope"],
            marks=pytest.mark.slow,  # NEURON's own mechanisms are compiled before it
        ),
    ],
    ids=["nocmodl", "nmodl", "compiler"],
)
def test_a_mod_file_that_coreneuron_cannot_use_is_named_with_its_reason(tmp_path, text, reasons):
    (tmp_path / "good.mod").write_text(SAFE)
    (tmp_path / "bad.mod").write_text(text)
    with pytest.raises(MechanismError) as told:
        compile_for_coreneuron([tmp_path], tmp_path / "cache")
    assert str(told.value).startswith(f"{tmp_path / 'bad.mod'}: ")
    for reason in reasons:
        assert reason in str(told.value)


def test_an_unknown_engine_is_told():
    with pytest.raises(SimulationError, match=r"unknown engine 'coreneurom'; did you mean 'coreneuron'\?"):
        RunSettings(t_stop=1.0, dt=0.1, engine="coreneurom")


def test_differences_are_seen():
    assert models._difference("v", np.zeros(3), np.zeros(4)) == np.inf
    assert models._difference("v", np.array([1.0, 2.0]), np.array([1.0, 2.1])) == pytest.approx(0.05)
