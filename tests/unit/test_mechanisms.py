"""Mod files: compiled once per content, loaded once, asked for by name, copied with their arrays."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lfptools.errors import MechanismError
from lfptools.simulation.compiling import compile_mechanisms, mechanism_key
from lfptools.simulation.mechanisms import (
    density_mechanisms,
    global_parameters,
    load_mechanisms,
    point_processes,
    range_parameters,
    require_mechanism,
)

MOD_FILES = Path(__file__).parents[1] / "data" / "mechanisms"


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def test_two_processes_that_compile_at_once_get_one_library(cache):
    program = "import sys; from lfptools.simulation.compiling import compile_mechanisms as c; print(c(*sys.argv[1:]))"
    command = [sys.executable, "-c", program, str(MOD_FILES), str(cache)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=120)[0].strip().splitlines()[-1] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert told[0] == told[1] and Path(told[0]).is_file()
    assert [entry.name for entry in cache.iterdir() if entry.is_dir()] == [mechanism_key(MOD_FILES)]
    assert sorted(path.name for path in MOD_FILES.iterdir()) == ["arrayleak.mod"], (
        "nothing is written beside the mod files"
    )


def test_included_files_are_compiled_and_hashed(cache, tmp_path):
    folder = tmp_path / "mods"
    (folder / "parts").mkdir(parents=True)
    (folder / "steady.mod").write_text(
        'NEURON {\n SUFFIX steady\n NONSPECIFIC_CURRENT i\n RANGE g\n}\nINCLUDE "parts/numbers.inc"\n'
        "ASSIGNED { v (mV) i (mA/cm2) }\nBREAKPOINT { i = g * v }\n"
    )
    (folder / "parts/numbers.inc").write_text("PARAMETER { g = 0.001 (S/cm2) }\n")
    before = mechanism_key(folder)
    program = f"""
from lfptools.simulation.compiling import compile_mechanisms
from lfptools.simulation.mechanisms import load_mechanisms, range_parameters
load_mechanisms(compile_mechanisms({str(folder)!r}, {str(cache)!r}))
assert range_parameters("steady") == {{"g_steady": 1}}
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (folder / "parts/numbers.inc").write_text("PARAMETER { g = 0.002 (S/cm2) }\n")
    assert mechanism_key(folder) != before


def test_arrays_are_copied_and_a_second_library_of_the_same_names_is_refused(cache, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(MOD_FILES, other)
    (other / "arrayleak.mod").write_text((MOD_FILES / "arrayleak.mod").read_text().replace("-70", "-65"))
    code = tmp_path / "code.hoc"
    code.write_text("soma[0] { insert arrayleak for (x, 0) { g_arrayleak[1](x) = x } }\n")
    program = f"""
from lfptools.errors import MechanismError
from lfptools.simulation.compiling import compile_mechanisms
from lfptools.simulation.mechanisms import load_mechanisms, range_parameters
from lfptools.simulation.sections import load_sections
library = compile_mechanisms({str(MOD_FILES)!r}, {str(cache)!r})
assert load_mechanisms(library) == load_mechanisms(library)
assert range_parameters("arrayleak") == {{"g_arrayleak": 3, "e_arrayleak": 1}}, range_parameters("arrayleak")
def divide(sections):
    sections[0].nseg = 3
soma = load_sections("lfptools:ball_and_sticks", [{str(code)!r}], divide=divide).sections[0]
got = [[segment.g_arrayleak[k] for k in range(3)] for segment in soma]
assert all(abs(g[1] - segment.x) < 1e-12 and g[0] == g[2] == 0 for g, segment in zip(got, soma)), got
try:
    load_mechanisms(compile_mechanisms({str(other)!r}, {str(cache)!r}))
except MechanismError as error:
    assert "arrayleak" in str(error)
else:
    raise SystemExit("a second library of the same names was loaded")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-1500:]


def test_a_broken_mod_file_is_told_with_nrnivmodls_words(tmp_path):
    (tmp_path / "broken.mod").write_text("NEURON {\n SUFFIX broken\n RANGE g\n}\nPARAMETER {\n g = = 3\n}\n")
    with pytest.raises(MechanismError, match=r"broken\.mod") as caught:
        compile_mechanisms(tmp_path, tmp_path / "cache")
    assert f"{tmp_path / 'broken.mod'}:6: does not compile" in str(caught.value)
    assert "name = number" in str(caught.value), "nocmodl's own words"
    assert "Traceback" not in str(caught.value)
    assert not [entry for entry in (tmp_path / "cache").iterdir() if entry.is_dir()], "nothing half-made is left"


def test_the_compilers_words_name_the_mod_file_at_fault(tmp_path):
    (tmp_path / "good.mod").write_text("NEURON { SUFFIX good }\n")
    (tmp_path / "bad.mod").write_text("NEURON { SUFFIX bad }\nASSIGNED { v (mV) }\nBREAKPOINT { x = nowhere }\n")
    with pytest.raises(MechanismError, match=r"bad\.mod: does not compile[^$]*nowhere.* was not declared"):
        compile_mechanisms(tmp_path, tmp_path / "cache")


def test_the_key_follows_the_content(tmp_path):
    first = mechanism_key(MOD_FILES)
    shutil.copy(MOD_FILES / "arrayleak.mod", tmp_path)
    assert mechanism_key(tmp_path) == first
    with (tmp_path / "arrayleak.mod").open("a") as file:
        file.write("\n")
    assert mechanism_key(tmp_path) != first


@pytest.mark.parametrize("make", [lambda folder: folder, lambda folder: folder / "missing"])
def test_folders_without_mod_files(tmp_path, make):
    with pytest.raises(MechanismError, match=tmp_path.name):
        load_mechanisms(make(tmp_path))


def test_a_missing_mechanism_names_itself_the_nearest_and_the_folder():
    with pytest.raises(MechanismError, match=r"'hhh'.*did you mean 'hh'.*some/folder"):
        require_mechanism("hhh", "some/folder")


def test_parameters_by_name():
    assert {"hh", "pas", "extracellular"} <= set(density_mechanisms())
    assert {"ExpSyn", "Exp2Syn", "IClamp"} <= set(point_processes())
    assert range_parameters("extracellular") == {"xraxial": 2, "xg": 2, "xc": 2, "e_extracellular": 1}
    assert set(range_parameters("Exp2Syn")) == {"tau1", "tau2", "e"}
    assert global_parameters("hh") == {"usetable_hh": 1}
