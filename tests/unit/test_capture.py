"""A model written in hoc for one cell becomes a cell type, complete and verified, or is refused with reasons."""

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor

import hoc_models
import numpy as np
import pytest
from hoc_models import DATA, TUFTED
from neuron import h

import lfptools
from lfptools import Cell, CellType, capture_cell
from lfptools.errors import CellError, DatasetError, LfptoolsError, MechanismError, MorphologyError
from lfptools.provenance.archive_files import archive_files, archive_hash
from lfptools.simulation.capture.losses import LOSSES
from lfptools.simulation.mechanisms import compile_mechanisms, forget_tables


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LFPTOOLS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """A copy of the shipped model, whose folder nobody may write to."""
    folder = tmp_path_factory.mktemp("archive") / "tufted_cell"
    shutil.copytree(TUFTED, folder)
    before = {name: (path.read_bytes(), path.stat().st_mtime_ns) for name, path in archive_files(folder).items()}
    yield folder
    assert {
        name: (path.read_bytes(), path.stat().st_mtime_ns) for name, path in archive_files(folder).items()
    } == before


@pytest.fixture(scope="module")
def tufted(cache, archive):
    return capture_cell(archive / "main.hoc", ["initcell()"], "soma", mechanisms=archive / "mod")


@pytest.fixture(scope="module")
def plain(tufted, tmp_path_factory):
    """The same model in plain NEURON, in a folder that it may write to."""
    folder = tmp_path_factory.mktemp("plain")
    shutil.copytree(TUFTED, folder / "model")
    library = compile_mechanisms(TUFTED / "mod")
    found = hoc_models.plain(folder / "model" / "main.hoc", "soma", library, folder, "initcell()")
    assert (folder / "model" / "last_run.dat").is_file(), "it writes a file when it is loaded"
    return found


@pytest.fixture(scope="module")
def path(tufted, tmp_path_factory):
    path = tmp_path_factory.mktemp("types") / "tufted.cell.nc"
    tufted.save(path)
    lfptools.load_mechanisms(TUFTED / "mod")
    return path


def test_it_is_verified(tufted):
    found = tufted.verification
    assert found["spikes"] == found["equal_spikes"] >= 2
    assert found["largest_difference_mV"] <= 1e-6
    assert tufted.left_out == {}


def test_a_copy_has_everything_that_the_model_has_in_plain_neuron(path, plain):
    with Cell(path) as cell:
        found = json.loads(json.dumps(hoc_models.described(cell.sections)))
    assert list(found) == list(plain["sections"]), "in the model's order"
    for name, expected in plain["sections"].items():
        for key, value in expected.items():
            if key == "segments":
                for here, there in zip(found[name][key], value, strict=True):
                    settable = {one for one in there if not one.startswith(_COMPUTED)}
                    assert {one: here[one] for one in settable} == {one: there[one] for one in settable}, name
            else:
                assert found[name][key] == value, (name, key)


# Currents, gates and rates are a run's; i_membrane and the like are the solver's.
_COMPUTED = (
    "i_", "ina", "ik", "dina", "dik", "gna_", "gk_", "il_", "minf", "hinf", "ninf", "mtau", "htau", "ntau", "m_", "h_",
    "n_", "sav_", "vext",
)  # fmt: skip


def test_a_copy_answers_a_current_as_the_model_does_in_plain_neuron(path, plain):
    with Cell(path, tstop=60.0, dt=0.025) as cell:
        lfptools.StimIntElectrode(cell, cell.segments.at("soma", 0.5), "IClamp", amp=0.6, delay=5, dur=1e9)
        cell.simulate()
        assert np.ptp(cell.somav) > 60, "it spikes"
        np.testing.assert_allclose(cell.somav, plain["potential"], rtol=0, atol=1e-6)


def test_the_model_exercises_what_it_is_shipped_for(tufted, plain):
    sections = plain["sections"]
    assert sections["oblique"]["parent"] == ["trunk[0]", 0.35, 0]
    assert sections["tuft[3]"]["parent"] == ["trunk[2]", 1, 1]
    assert sections["axon[0]"]["parent"] == ["soma", 0, 0]
    assert not sections["axon[0]"]["points"]
    weights = [segment["weight_tuft_h"][1] for segment in sections["tuft[0]"]["segments"]]
    assert weights == sorted(weights) and weights[0] != weights[-1]
    assert sections["axon[1]"]["segments"][0]["xraxial"] == [5e3, 1e5]
    assert tufted.own_run == {"dt_ms": 0.025, "second_order": 0, "t_stop_ms": 20.0, "variable_step": False}


def test_what_the_model_sets_for_runs_belongs_to_the_cells_runs(tufted, path):
    before = h.celsius
    with tufted.instantiate(tstop=2.0) as cell, Cell(path, v_init=-80.0, celsius=6.3, tstop=2.0) as other:
        assert (cell.v_init, cell.celsius, cell.mechanism_globals) == (-68.0, 16.0, {"theta_tuft_h": 2.2})
        assert (other.v_init, other.celsius) == (-80.0, 6.3)
        run = cell.simulate()
        assert (run.attrs["v_init_mV"], run.attrs["celsius_degC"]) == (-68.0, 16.0)
        assert (h.celsius, h.theta_tuft_h) == (before, 1.0)
        with pytest.raises(CellError, match="agree on v_init"):
            lfptools.simulate([cell, other])


def test_copies_share_nothing(tufted):
    with tufted.instantiate(tstop=5.0) as one, tufted.instantiate(tstop=5.0) as two:
        alone = two.simulate()["soma_potential"].values
        for segment in one.sections[0]:
            segment.gnabar_hh = 0
        one.sections[1].L *= 2
        together = lfptools.simulate([one, two])
        np.testing.assert_allclose(together[1]["soma_potential"].values, alone, rtol=0, atol=1e-9)
        one.close()
        np.testing.assert_allclose(two.simulate()["soma_potential"].values, alone, rtol=0, atol=1e-9)


def test_segments_are_the_models_own(tufted, path):
    with pytest.raises(CellError, match=r"nsegs_method='lambda100': .*own segments.*forall nseg"):
        tufted.instantiate(nsegs_method="lambda100")
    with pytest.raises(CellError, match="custom_code"):
        Cell(path, custom_code=["x.hoc"])
    with tufted.instantiate(nsegs_method=None, Ra=99.0) as cell:
        assert {section.Ra for section in cell.sections} == {99.0}


def test_a_file_says_what_it_holds_and_is_no_other(tufted, path, tmp_path):
    again = CellType.open(path)
    assert again.dataset.identical(tufted.dataset.assign_attrs(again.dataset.attrs))
    assert json.loads(again.dataset.attrs["input_hashes"]) == {"hoc_model": again.model["folder_hash"]}
    assert again.model == {
        "file": "main.hoc", "call": ["initcell()"], "root": "soma",
        "folder_hash": archive_hash(TUFTED, TUFTED / "main.hoc"),
    }  # fmt: skip
    assert repr(again) == "<CellType tufted.cell.nc: 15 sections, 93 segments>"
    (tmp_path / "other.nc").write_text("nothing")
    with pytest.raises(DatasetError, match=r"other\.nc: truncated"):
        Cell(tmp_path / "other.nc")


def test_mechanisms_must_be_there_and_be_the_same(tufted):
    def renamed(old, new):
        names = [new if name == old else str(name) for name in tufted.dataset["mechanism_id"].values]
        data = tufted.dataset.assign_coords(mechanism_id=("mechanism", np.array(names, dtype=object)))
        for name in data.data_vars:
            if data[name].attrs.get("mechanism") == old:
                data[name].attrs["mechanism"] = new
        return CellType(data)

    with pytest.raises(MechanismError, match=r"needs tuft_x, which are not in this process; load"):
        renamed("tuft_h", "tuft_x").instantiate()
    other = tufted.dataset.copy(deep=True)
    other["mechanism_source"][list(tufted.mechanisms).index("tuft_h")] = "0" * 64
    with pytest.raises(MechanismError, match="other mod files of tuft_h"):
        CellType(other).instantiate()


# --- models that cannot be loaded, or not be carried ------------------------------------------------------------------

_BROKEN = {
    "syntax": ('load_file("inner.hoc")\n', "create soma\nsoma {\n  L = = 3\n}\n", ()),
    "missing": ("create soma\n", 'create soma\nload_file("absent.hoc")\n', ('load_file("inner.hoc")',)),
    "unopened": ('xopen("inner.hoc")\n', 'xopen("absent.hoc")\n', ()),
    "quit": ('print "before"\nquit()\n', "", ()),
    "crash": ('create soma\nnrnpython("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")\n', "", ()),
    "mechanism": ("create soma\nsoma { insert kdr }\n", "", ()),
    "call": ("create soma\nproc build() { soma { diam = pipe } }\n", "", ("build()",)),
    "endless": ('load_file("inner.hoc")\n', "create soma\nproc wait() { while (1) { x = 1 } }\n", ("wait()",)),
    "empty": ("x = 1\n", "", ()),
    "root": ("create soma, dend[2]\nconnect dend[0](0), soma(1)\nconnect dend[1](0), soma(1)\n", "", ()),
}


_ODD = {
    "rxd": (
        "create soma\nnrnpython(\"from neuron import h, rxd; inside = rxd.Region(list(h.allsec()), nrn_region='i'); "
        "calcium = rxd.Species(inside, name='x', initial=1)\")\n",
        "soma",
    ),
    "python": (
        "create soma\nnrnpython(\"from neuron import h; C = type('C', (), {}); c = C(); "
        "kept = [h.Section(name='dend', cell=c), h.Section(name='axon')]; [s.connect(h.soma(1)) for s in kept]\")\n",
        "dend",
    ),
    "layers": ("create soma\nnlayer_extracellular(3)\nsoma { insert extracellular xg[2] = 5 xc[1] = 0.1 }\n", "soma"),
    "alike": ("create dend1, dend10, dend[11]\nconnect dend[1](0), dend[10](1)\ndend1.L = 7\n", "dend1"),
}


@pytest.fixture(scope="module")
def found(cache, tmp_path_factory):
    """What comes of each small model, the cell type or the error; their processes run side by side."""
    folder = tmp_path_factory.mktemp("small")

    def one(name):
        main, inner, call = _BROKEN[name] if name in _BROKEN else (_ODD[name][0], "", ())
        root = "somma" if name in _BROKEN else _ODD[name][1]
        (folder / name / "mods").mkdir(parents=True)
        (folder / name / "main.hoc").write_text(main)
        (folder / name / "inner.hoc").write_text(inner)
        (folder / name / "mods" / "kdr.mod").write_text("")
        limit = 8.0 if name == "endless" else 120.0
        try:
            return capture_cell(
                folder / name / "main.hoc", call, root, accept=["other_trees"], verify=False, time_limit_s=limit
            )
        except LfptoolsError as error:
            return error

    names = [*_BROKEN, *_ODD]
    with ThreadPoolExecutor(3) as pool:
        return folder, dict(zip(names, pool.map(one, names), strict=True))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("syntax", r"syntax/inner\.hoc:3: syntax error\n"),
        ("missing", r"missing/inner\.hoc:2: it loads 'absent\.hoc', which is not there"),
        ("unopened", r"unopened/inner\.hoc:1: Can't open  absent\.hoc"),
        ("quit", r"quit/main\.hoc: the model ended the process \(quit\(\), exit code 0\) while loading.*before"),
        ("crash", r"crash/main\.hoc: the model made the process crash \(SIGSEGV\) while loading main\.hoc"),
        ("mechanism", r"mechanism/main\.hoc:2: kdr is not a MECHANISM; give .* as mechanisms: .*mechanism/mods"),
        ("call", r"call/main\.hoc:2: undefined variable pipe \(in build\)"),
        ("endless", r"endless/inner\.hoc:2: executing 'wait\(\)' took more than the time limit of 8 s, and was then "
                    r"interrupted \(in wait\)"),
        ("empty", "the model makes no section"),
        ("root", r"unknown section as root 'somma'; did you mean 'soma'\? Legal: dend\[0\], dend\[1\], soma"),
    ],
)  # fmt: skip
def test_a_model_that_cannot_be_loaded(found, name, said):
    folder, models = found
    assert isinstance(models[name], MorphologyError)
    assert str(models[name]).startswith(str(folder / name))
    assert re.search(f"(?s){said}", str(models[name])), models[name]


def test_the_root_is_found_by_its_whole_name(found):
    assert found[1]["alike"].section_names == ("dend1",)
    assert found[1]["alike"].dataset["section_length"] == 7


def test_names_of_pythons_sections_hold_no_memory_address(found):
    assert found[1]["python"].section_names == ("soma", "dend", "axon")


def test_layers_of_extracellular_are_the_models(found):
    layered = found[1]["layers"]
    before = int(h.nlayer_extracellular())
    said = f"has 3 extracellular layers, other cells of this process {before}"
    with Cell(lfptools.example_morphology("ball_and_sticks"), extracellular=True), pytest.raises(CellError, match=said):
        layered.instantiate()
    try:
        with layered.instantiate() as cell:
            assert list(cell.sections[0](0.5).xg) == [1e9, 1e9, 5]
            assert list(cell.sections[0](0.5).xc) == [0, 0.1, 0]
    finally:
        h.nlayer_extracellular(before)
        forget_tables()


def test_reaction_diffusion_is_refused(found):
    assert isinstance(found[1]["rxd"], CellError)
    told = str(found[1]["rxd"])
    assert "reaction_diffusion (NEURON's rxd): neuron.rxd has species" in told
    assert re.search(r"built_channels \(.*\): x_ion\n", told), "the ion that it makes"


LOSSY = DATA / "lossy"


def test_what_cannot_be_carried_is_listed_and_refused(cache):
    with pytest.raises(CellError) as caught:
        capture_cell(LOSSY / "main.hoc", root="soma", mechanisms=LOSSY / "mod", accept=["reaction_diffusion"])
    told = str(caught.value)
    for kind, what in {
        "run_procedures": "advance() in main.hoc:50",
        "gap_junctions": "source_var in main.hoc:53",
        "initialize_handlers": "FInitializeHandler[0]",
        "linear_mechanisms": "LinearMechanism[0]",
        "other_trees": "other",
        "connections": "NetCon[0]: NetStim[0] → ExpSyn[0]\n",
        "pointers": "other of follower",
        "built_channels": "built",
        "global_arrays": "table_follower",
        "point_processes": "IClamp[0] in soma(0.5); ExpSyn[0] in dend(0.7)",
        "played_vectors": "Vector[4] (VecPlayStep); Vector[5] (VecPlayStep)",
        "hand_set_states": "e_shifted in dend(0.1)",
    }.items():
        assert f"\n  {kind} ({LOSSES[kind]}): " in told
        assert what in told
    assert "gnabar_hh" not in told, "what is played is no state that was set by hand"


def test_what_is_accepted_is_left_out_and_the_rest_is_the_same(cache):
    accept = sorted(set(LOSSES) - {"point_processes"})
    with pytest.raises(CellError, match=r"a copy is not its equal: .*accepted as lost: .*linear_mechanisms"):
        capture_cell(LOSSY / "main.hoc", root="soma", mechanisms=LOSSY / "mod", accept=LOSSES)
    found = capture_cell(
        LOSSY / "main.hoc",
        root="soma",
        mechanisms=LOSSY / "mod",
        accept=accept,
        carry_point_processes=True,
        verify=False,
    )
    assert set(found.left_out) == set(accept) - {"reaction_diffusion", "state_transitions"}
    assert found.verification == {}
    assert found.mechanisms == ("pas", "na_ion", "k_ion", "hh", "shifted")
    with found.instantiate(tstop=1.0) as cell:
        (synapse,), (clamp,) = cell.synapses, cell.pointprocesses
        assert (synapse.syntype, cell.segments.ids[synapse.idx], synapse.hoc.tau, synapse.weight) == (
            "ExpSyn", "dend(0.7)", 3.0, 0.004,
        )  # fmt: skip
        assert (clamp.pptype, cell.segments.ids[clamp.idx], clamp.hoc.dur) == ("IClamp", "soma(0.5)", 1e9)


def test_a_cell_of_a_template_in_a_model_whose_files_load_each_other(cache):
    found = capture_cell(
        DATA / "stars" / "main.hoc", root="Star[1].arm[2]", accept=["other_trees"], carry_point_processes=True
    )
    assert found.section_names == ("soma", *(f"arm[{k}]" for k in range(5)))
    assert found.left_out == {"other_trees": ["Star[0].soma, Star[0].arm[0], Star[0].arm[1], Star[0].arm[2]"]}
    assert found.v_init == -61
    assert found.verification["largest_difference_mV"] <= 1e-6
    with found.instantiate() as cell:
        at = {s.name(): (s.parentseg().sec.name(), s.parentseg().x) for s in cell.sections[1:]}
        assert at == {f"arm[{k}]": ("soma", k % 2) for k in range(5)}
        assert cell.synapses[0].hoc.tau1 == 0.4
        assert cell.segments.ids[cell.synidx[0]] == "arm[0](0.833333333)"


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"file": "absent.hoc"}, "absent.hoc: there is no such hoc file"),
        ({"folder": "mod"}, "the model's folder must hold its file"),
        ({"accept": ["played_vector"]}, "unknown loss to accept 'played_vector'; did you mean 'played_vectors'?"),
        ({"call": "initcell()"}, "call must be a list of hoc statements, got 'initcell()'"),
        ({"time_limit_s": 0}, "time_limit_s must be > 0, got 0"),
        ({"mechanisms": "."}, "no .mod file in"),
    ],
)
def test_keywords_that_cannot_be(archive, keywords, said):
    keywords = {key: archive / value if key in ("folder", "mechanisms") else value for key, value in keywords.items()}
    with pytest.raises(LfptoolsError) as caught:
        capture_cell(archive / keywords.pop("file", "main.hoc"), **keywords)
    assert said in str(caught.value)
