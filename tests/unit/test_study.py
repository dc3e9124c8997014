# ruff: noqa: E501 (one line a case reads best)
"""Study files: the example loads, and what is wrong is told with file, line, key and the nearest legal key."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from study_files import PYRAMIDAL, TINY, changed, write

from lfptools.analysis.registry import MEASURES
from lfptools.config.registry import load
from lfptools.errors import ConfigError
from lfptools.study.claims import described, evaluate, missed
from lfptools.study.claims_model import Claim
from lfptools.study.files import find
from lfptools.study.load import load_study, study_names, study_path
from lfptools.study.model import study_models
from lfptools.study.sizes import summary

ROOT = Path(__file__).parents[2]


def test_the_example_loads(tmp_path):
    study = load_study(write(tmp_path, PYRAMIDAL))
    assert [case.label for case in study.cases] == ["dendrite_1[29]", "dendrite_4[3]"]
    assert study.cases[1].config["inputs"]["epsp"]["at"]["section"] == "dendrite_4[3]"
    assert study.cases[0].id != study.cases[1].id
    assert study.cases[0].id.startswith("main-dendrite_1-29-".replace("_", "-"))


@pytest.mark.parametrize("name", study_names(ROOT))
def test_the_projects_studies_are_sound(name):
    study = load_study(study_path(name, ROOT), ROOT)
    assert study.name == name
    assert study.model.runtime_s, "each study states its time"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[{variable: v_dend}]", "[{variable: v_dend, case: '0.005'}]", r"panels\[0\]\.case: unknown case '0.005'"),
        ("kind: traces, panels: [{variable: v_dend}]", "kind: decay, signal: lfp, panels: [{cases: ['0.002', '0.02']}]",
         r"figures\.course\.panels\[0\]\.cases: unknown case '0\.02'; did you mean '0\.002'"),
        ("measure: conservation", "measure: ratio, of: conservation, case: '0.001', other_case: '0.004'",
         r"claims\.conserved\.other_case: unknown case '0\.004'"),
        ("inputs:", "input:", r"study\.yaml:9: input: unknown key 'input'; did you mean 'inputs'\?"),
        ("dt_ms: 0.025", "dt_ms: 0", r"study\.yaml:8: run\.dt_ms: expected greater than 0, got 0"),
        ("dt_ms: 0.025", "dt_ms: -1", r"run\.dt_ms: expected greater than 0, got -1"),
        ("dt_ms: 0.025", "dt_ms: .nan", r"run\.dt_ms: expected .*, got nan"),
        ("t_stop_ms: 5", "t_stop_ms: 0.01", r"run: t_stop_ms must be at least one step"),
        ("t_stop_ms: 5", "t_stop_ms: 5.01", r"run: t_stop_ms must be a whole number of dt_ms steps, got 5\.01 ms"),
        ("t_stop_ms: 5", "t_start_ms: -0.03, t_stop_ms: 5", r"run: t_start_ms must be a whole number of dt_ms steps"),
        ("t_stop_ms: 5", "t_stop: 5", r"unknown key 't_stop'; did you mean 't_stop_ms'"),
        ("model: line,", "model: lin,", r"signals\.lfp: unknown model 'lin'; did you mean 'line'\?"),
        ("probe: row}", "probe: rwo}", r"signals\.lfp\.probe: unknown probe 'rwo'; did you mean 'row'\?"),
        ("probe: row}", "probe: row, conductivity_S_per_m: -0.3}", r"conductivity_S_per_m: expected greater than 0"),
        ("probe: row}", "probe: row, conductivity_S_per_m: .nan}", r"conductivity_S_per_m: expected a finite number"),
        ("probe: row}", "probe: row, conductivity: 0.3}", r"did you mean 'conductivity_S_per_m'"),
        ("kind: points", "kind: point", r"probes\.row: unknown kind 'point'; did you mean 'points'"),
        ("synapse: ExpSyn,", "", r"inputs\.epsp: an input needs a key 'synapse', 'synapses' or 'electrode'"),
        ("tau_ms: 1,", "tau: 1,", r"inputs\.epsp\.tau: unknown key 'tau'; did you mean 'tau_ms'\?"),
        ("at: {section: dend, fraction: 0.9}", "at: {section: dent, fraction: 0.9}",
         r"inputs\.epsp\.at: unknown section 'dent'; did you mean 'dend'\?"),
        ("fraction: 0.9", "fraction: 1.9", r"fraction: expected less than or equal to 1"),
        ("parent: soma", "parent: some", r"its parent 'some' is not among"),
        ("inputs.epsp.weight_uS: [", "inputs.epsp.weigth_uS: [", r"unknown sweep key 'weigth_uS'; did you mean 'weight_uS'"),
        ("inputs.epsp.weight_uS: [", "inputs.esp.weight_uS: [", r"unknown sweep key 'esp'; did you mean 'epsp'"),
        ("inputs.epsp.weight_uS: [0.001, 0.002]", "inputs.epsp.weight_uS: [0.001, x]",
         r"sweep: case 'x': inputs\.epsp\.weight_uS: expected a valid number"),
        ("[0.001, 0.002]", "[0.001, 0.001]", r"two cases have the label '0\.001'"),
        ('case: "0.001"', 'case: "0.003"', r"figures\.course\.case: unknown case '0\.003'"),
        ("variable: v_dend}", "variable: v_den}", r"unknown variable 'v_den'; did you mean 'v_dend'\?"),
        ("kind: traces", "kind: trace", r"figures\.course: unknown kind 'trace'; did you mean 'traces'\?"),
        ("measure: conservation", "measure: conservaton", r"unknown measure 'conservaton'; did you mean 'conservation'"),
        ("less_than: 1.0e-9,", "", r"claims\.conserved: a claim needs exactly one of"),
        ("less_than: 1.0e-9,", "equals: 1,", r"'equals' needs exactly one of tolerance_abs and tolerance_rel"),
        ("study: tiny", "study: ti ny", r"study: expected|study: string should match"),
        ("v_dend: {variable", "net_current: {variable", r"record\.net_current: the name 'net_current' is taken"),
        ("  passive:", "  morphology: nowhere.swc\n  passive:", r"exactly one of 'morphology' \(a file\), 'sections'"),
        ("  passive:", "  mechanisms: no_such_folder\n  passive:", r"cell\.mechanisms: there is no file 'no_such_folder'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(tmp_path, old, new, message):
    with pytest.raises(ConfigError, match=message) as error:
        load_study(write(tmp_path, changed(TINY, old, new)))
    assert "study.yaml:" in str(error.value)


def test_a_cell_file_that_does_not_exist_is_named(tmp_path):
    text = changed(PYRAMIDAL, "neuron:demo/pyramid.nrn", "cells/nothing.swc")
    with pytest.raises(ConfigError, match=r"cell\.morphology: there is no file 'cells/nothing\.swc'; looked for"):
        load_study(write(tmp_path, text))


def test_cells_and_probes_may_have_files_of_their_own(tmp_path):
    (tmp_path / "cells").mkdir()
    (tmp_path / "cells/ball.yaml").write_text("sections: {soma: {length_um: 20, diameter: 20}}\n", encoding="utf-8")
    text = "study: s\nquestion: q\ncell: cells/ball.yaml\nrun: {t_stop_ms: 5}\n"
    with pytest.raises(ConfigError, match=r"ball\.yaml:1: cell\.sections\.soma\.diameter: unknown key"):
        load_study(write(tmp_path, text))
    (tmp_path / "cells/ball.yaml").write_text("sections: {soma: {length_um: 20, diameter_um: 20}}\n", encoding="utf-8")
    assert load_study(write(tmp_path, text)).cases[0].config["cell"]["sections"]["soma"]["diameter_um"] == 20
    with pytest.raises(ConfigError, match=r"study\.yaml:3: cell: no such file; looked for"):
        load_study(write(tmp_path, text.replace("ball.yaml", "bell.yaml")))


def test_a_misspelt_study_is_told(tmp_path):
    with pytest.raises(ConfigError, match="unknown study 'quickstrat'; did you mean 'quickstart'"):
        study_path("quickstrat", ROOT)
    with pytest.raises(ConfigError, match="no study file"):
        study_path("nowhere/study.yaml", ROOT)


def test_two_cases_of_one_label_hide_nothing_else(tmp_path):
    text = changed(TINY, "[0.001, 0.002]", "[0.001, 0.001]")
    text = changed(
        changed(text, "probe: row}", "probe: rwo}"), "less_than: 1.0e-9,", "experiment: nain, less_than: 1.0e-9,"
    )
    with pytest.raises(ConfigError) as error:
        load_study(write(tmp_path, text))
    told = str(error.value)
    assert "two cases have the label '0.001'" in told
    assert "unknown probe 'rwo'" in told
    assert "claims.conserved.experiment: study 'tiny': unknown experiment 'nain'; did you mean 'main'?" in told


def test_expected_sizes_are_told(tmp_path):
    told = summary(load_study(write(tmp_path)))
    assert "2 cases" in told
    # 201 samples, 8 bytes: 2 contacts, 1 recorded place, 1 synapse, soma and sum; 6 segments more with currents
    assert f"keep: signals stores {2 * 201 * 8 * 6 / 1000:.3g} kB" in told
    assert f"keep: currents stores {2 * 201 * 8 * 12 / 1000:.3g} kB" in told


def test_no_engine_is_loaded():
    code = (
        "import sys; from lfptools.study.workflow import Workflow; from lfptools.study.plan import Plan;"
        f"from lfptools.study.load import load_study; Plan(load_study({str(ROOT / 'config/studies/quickstart.yaml')!r}));"
        "print([name for name in ('neuron', 'numba', 'matplotlib', 'scipy', 'snakemake') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_the_schema_file_is_that_of_the_models():
    from lfptools.study.schema import text

    path = ROOT / "config/study.schema.json"
    assert path.read_text(encoding="utf-8") == text(), "make schema"
    assert json.loads(text())["anyOf"]


def test_every_registry_entry_is_in_the_schema():
    from lfptools.analysis.registry import MEASURES
    from lfptools.forward.registry import MODELS
    from lfptools.plots.registry import FIGURES
    from lfptools.probes.registry import PROBES

    schema = json.dumps(study_models()["one"].model_json_schema())
    for registry in (MEASURES, MODELS, FIGURES, PROBES):
        for name, entry in registry.items():
            assert f'"{name}"' in schema
            assert issubclass(load(entry).Parameters, object)


@pytest.mark.parametrize(
    ("keys", "got", "met", "expected"),
    [
        ({"equals": 10.0, "tolerance_abs": 0.5}, 10.5, True, "= 10 ± 0.5"),
        ({"equals": 10.0, "tolerance_rel": 0.01}, 10.2, False, "= 10 ± 1 %"),
        ({"equals": -10.0, "tolerance_rel": 0.01}, -10.05, True, "= -10 ± 1 %"),
        ({"less_than": 0.0}, 0.0, False, "< 0"),
        ({"greater_than": 0.0}, 1.0, True, "> 0"),
        ({"between": [1, 2]}, 2.0, True, "1 … 2"),
        ({"between": [1, 2]}, float("nan"), False, "1 … 2"),
    ],
)
def test_claims(keys, got, met, expected):
    claim = Claim(source="here", **keys)
    assert claim.met(got) is met
    assert claim.expected == expected


def test_a_number_that_cannot_be_measured_is_a_missed_claim(tmp_path):
    from lfptools.study.checks import unopened

    study = load_study(write(tmp_path))
    found = evaluate(unopened(study), study.model.claims)
    assert [claim["met"] for claim in found] == [False]
    assert found[0]["got"] is None
    assert "has no run" in found[0]["error"]
    assert found[0]["statement"] == "Conservation"
    assert missed(found)[0].startswith("conserved: expected < 1e-9 nA, got no number")


def test_files_of_a_cell_file_are_looked_for_beside_it(tmp_path):
    folder = tmp_path / "studies"
    cells = tmp_path / "cells"
    folder.mkdir()
    cells.mkdir()
    swc = "1 1 0 0 0 5 -1\n2 3 0 100 0 1 1\n"
    for place in (folder, cells):
        (place / "cell.swc").write_text(swc, encoding="utf-8")
    (folder / "other.swc").write_text(swc, encoding="utf-8")
    text = "study: s\nquestion: q\ncell: cells/ball.yaml\nrun: {t_stop_ms: 5}\n"
    for name, expected in (("cell.swc", cells / "cell.swc"), ("other.swc", folder / "other.swc")):
        (cells / "ball.yaml").write_text(f"morphology: {name}\n", encoding="utf-8")
        study = load_study(write(folder, text))
        assert find(study.cases[0].config["cell"]["morphology"], study.folders) == expected


def test_a_claim_shows_the_digits_down_to_its_tolerance_and_what_it_measures():
    claim = {"name": "x", "met": False, "got": -4.07490399, "tolerance": 1e-6, "unit": "uV", "error": None}
    model = Claim(source="s", equals=-4.0749031, tolerance_abs=1e-6)
    assert model.expected == "= -4.0749031 ± 1e-6"
    assert missed([{**claim, "expected": model.expected}]) == ["x: expected = -4.0749031 ± 1e-6 uV, got -4.074904 uV"]
    parameters = load(MEASURES["extremum"]).Parameters(signal="lfp", which="min", unit="uV", case="0.5")
    assert described("extremum", parameters) == "Extremum: lfp, case 0.5, which min"


def test_the_reference_has_every_entry_and_every_key_and_is_current(capsys):
    from lfptools.study import reference
    from lfptools.study.generated import write_or_check

    text = reference.text()
    assert (ROOT / "docs/reference.md").read_text(encoding="utf-8") == text, "make schema"
    for key, registry in (key_and_registry for key_and_registry in reference.REGISTRIES.values()):
        for name, entry in registry.items():
            section = text.partition(f"### `{key}: {name}`\n")[2].partition("\n### ")[0]
            for field in load(entry).Parameters.model_fields:
                assert f"| `{field}` |" in section, (name, field)
    assert "| `dt_ms` | number > 0 | 0.0625 | ms |" in text
    assert write_or_check(reference.text, ["--check", str(ROOT / "README.md")]) == 1
    assert "make schema" in capsys.readouterr().err
