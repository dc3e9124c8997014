"""What NEURON says of a study before it is run: names that it alone knows, and how large its cells are."""

import subprocess
import sys
from pathlib import Path

import pytest
from study_files import PYRAMIDAL, TINY, changed, write

from lfptools.errors import ConfigError
from lfptools.study.inspection import inspect
from lfptools.study.load import load_study
from lfptools.study.sizes import summary

MOD_FILES = Path(__file__).parents[1] / "data" / "mechanisms"

STUDY = """\
study: names
question: Which names does NEURON know?
cell:
  morphology: neuron:demo/pyramid.nrn
  membrane:
    - {mechanism: hhh}
    - mechanism: hh
      sections: [soma]
      parameters:
        gnabr_hh: 0.1
        gkbar_hh: 0.03
        ena: 40
    - {mechanism: pas, sections: [some]}
run:
  t_stop_ms: 5
  dt_ms: 0.025
  globals:
    usetable_h: 0
inputs:
  wrong: {electrode: IClmp, at: {section: soma, fraction: 0.5}}
  clamp:
    electrode: IClamp
    at: {section: soma, fraction: 0.5}
    amplitude_nA: 1
    delay_ms: 1
    duration_ms: 1
    parameters:
      foo: 1
  epsp:
    synapse: ExpSyn
    at: {section: dendrite_1, fraction: 0.5}
    weight_uS: 0.001
    times_ms: [1]
    tau1_ms: 1
  slow: {synapse: Exp2Syn, at: {section: soma}, weight_uS: 0.001, times_ms: [1], tau1_ms: 3, tau2_ms: 1}
record:
  v: {variable: vv, at: {section: soma}}
  m: {variable: m_hh, at: {section: soma}}
  im: {variable: i_membrane_, at: {section: soma}}
  all_m: {variable: m_hh, at: all}
"""


def test_names_that_neuron_alone_knows_are_told_with_their_place(tmp_path):
    told = inspect(load_study(write(tmp_path, STUDY))).problems
    expected = [
        ":6: cell.membrane[0].mechanism: unknown mechanism 'hhh'; did you mean 'hh'?",
        ":10: cell.membrane[1].parameters.gnabr_hh: unknown parameter of hh 'gnabr_hh'; did you mean 'gnabar_hh'?",
        ":13: cell.membrane[2].sections: ",
        ":20: inputs.wrong.electrode: unknown point process 'IClmp'; did you mean 'IClamp'?",
        ":28: inputs.clamp.parameters.foo: unknown parameter of IClamp 'foo'",
        ":31: inputs.epsp.at.section: unknown section 'dendrite_1'; did you mean 'dendrite_",
        ":34: inputs.epsp.tau1_ms: unknown parameter of ExpSyn 'tau1'; did you mean 'tau'?",
        ":35: inputs.slow: Exp2Syn rises faster than it decays",
        ":37: record.v.variable: unknown variable of soma(0.5) 'vv'; did you mean 'v'?",
        ":40: record.all_m.variable: unknown variable of dendrite_",
        ":18: run.globals.usetable_h: unknown GLOBAL of a mechanism 'usetable_h'; did you mean 'usetable_hh'?",
    ]
    assert len(told) == len(expected), told
    for line, start in zip(told, expected, strict=True):
        assert line.startswith(f"{tmp_path / 'study.yaml'}{start}"), line


def test_sizes_of_both_modes_are_told_for_a_morphology(tmp_path):
    study = load_study(write(tmp_path, PYRAMIDAL))
    found = inspect(study)
    assert found.problems == found.unknown == ()
    (segments,) = set(found.segments.values())
    told = summary(study, found.segments)
    signals = 2 * 1921 * 8 * (25 * 53 + 3 + 3)
    assert f"keep: signals stores {signals / 1e6:.3g} MB" in told
    each = 2 * 1921 * 8 * segments
    assert f"keep: currents stores {(signals + each) / 1e6:.3g} MB" in told
    everywhere = changed(PYRAMIDAL, "probes:", "record: {v: {variable: v, at: all}}\nprobes:")
    told = summary(load_study(write(tmp_path, everywhere)), dict.fromkeys(found.segments, segments))
    assert "for each segment" in told  # the cases have other ids: their cells are not known
    ids = [case.id for case in load_study(tmp_path / "study.yaml").cases]
    told = summary(load_study(tmp_path / "study.yaml"), dict.fromkeys(ids, segments))
    assert f"keep: signals stores {(signals + each) / 1e6:.3g} MB" in told
    assert f"keep: currents stores {(signals + 2 * each) / 1e6:.3g} MB" in told


def test_sizes_of_variable_steps_are_told_per_step(tmp_path):
    study = load_study(write(tmp_path, changed(TINY, "dt_ms: 0.025", "variable_step: {atol: 1.0e-4}")))
    told = summary(study, inspect(study).segments)
    assert "sizes depend on the steps that the solver takes" in told
    assert f"keep: currents stores {2 * 8 * 12} bytes for each step that all cases take" in told


def test_mechanisms_of_mod_files_are_known(tmp_path, monkeypatch):
    monkeypatch.setenv("LFPTOOLS_CACHE", str(tmp_path / "cache"))
    mechanism = f"  mechanisms: {MOD_FILES}\n  membrane: [{{mechanism: arrayleak, parameters: {{e_arayleak: -70}}}}]\n"
    study = load_study(write(tmp_path, changed(TINY, "  passive:", f"{mechanism}  passive:")))
    (line,) = inspect(study).problems
    assert "unknown parameter of arrayleak 'e_arayleak'; did you mean 'e_arrayleak'?" in line


def test_what_takes_too_long_or_breaks_is_told(tmp_path, monkeypatch):
    study = load_study(write(tmp_path))
    found = inspect(study, time_limit_s=0.01)
    assert not found.segments and not found.problems
    assert "were not built within 0.01 s" in found.unknown[0]
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert "NEURON could not build its cells (exit code 1)" in inspect(study).unknown[0]


def test_extracellular_needs_backward_euler(tmp_path):
    text = changed(TINY, "  passive:", "  membrane: [{mechanism: extracellular}]\n  passive:")
    with pytest.raises(ConfigError, match=r"run\.second_order: NEURON's extracellular mechanism needs second_order: 0"):
        load_study(write(tmp_path, changed(text, "dt_ms: 0.025", "dt_ms: 0.025, second_order: 2")))


def test_asking_loads_no_neuron_here(tmp_path):
    code = (
        "import sys; from lfptools.study.inspection import inspect; from lfptools.study.load import load_study;"
        f"assert inspect(load_study({str(write(tmp_path))!r})).segments; assert 'neuron' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_section_that_hangs_on_nothing_is_found_before_anything_runs(tmp_path):
    axon = "add_sections: {axon: {length_um: 60, diameter_um: 1, parent: sona, direction: [0, -1, 0]}}"
    study = load_study(write(tmp_path, changed(PYRAMIDAL, "rotate_rad: {x: 1.5708}", axon)))
    found = inspect(study)
    assert len(found.problems) == 1 and not found.unknown
    assert "cell: section 'axon': unknown parent 'sona'; did you mean 'soma'?" in found.problems[0]
