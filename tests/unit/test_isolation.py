"""Cases that share a process do not see each other: in whatever order they are made, their files are the same bytes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

STUDY = """\
study: crowd
question: Does a case see the cases before it?
experiments:
  passive: &base
    cell: &cell
      sections:
        soma: {length_um: 20, diameter_um: 20}
        dend: {length_um: 200, diameter_um: 2, segments: 5, parent: soma}
      passive: {g_pas_S_per_cm2: 1.0e-4, e_pas_mV: -65}
    run: &run {t_stop_ms: 10, dt_ms: 0.025, v_init_mV: -65}
    inputs: &inputs
      epsp: {synapse: ExpSyn, at: {section: dend, fraction: 0.9}, weight_uS: 0.01, tau_ms: 1, e_mV: 0, times_ms: [1, 4]}
    record: &record {v_dend: {variable: v, at: {section: dend, fraction: 0.5}}}
    probes: &probes {row: {kind: points, points_um: [[10, 50, 0], [50, 50, 0]]}}
    signals: &signals {lfp: {model: line, probe: row}, dipole: {model: dipole}}
    sweep: {cell.passive.e_pas_mV: [-65, -70], run.dt_ms: [0.025, 0.0125]}
  squid:
    cell: &active {<<: *cell, membrane: [{mechanism: hh}]}
    run: {<<: *run, keep: signals}
    inputs: *inputs
    record: *record
    probes: *probes
    signals: *signals
    sweep:
      - {label: cold, run.celsius_degC: 6.3}
      - {label: warm, run.celsius_degC: 18.5}
      - {label: exact, run.globals: {usetable_hh: 0}}
      - {label: second order, run.second_order: 2}
      - {label: variable, run.variable_step: {atol: 1.0e-4}}
      - {label: late, run.t_start_ms: -5}
  clamped:
    cell: *active
    run: *run
    inputs: {<<: *inputs, step: {electrode: IClamp, at: {section: soma}, amplitude_nA: 1, delay_ms: 2, duration_ms: 2}}
    record: *record
    probes: *probes
    signals: *signals
  wrapped:
    cell: {<<: *cell, membrane: [{mechanism: hh}, {mechanism: extracellular}]}
    run: *run
    inputs: *inputs
    record: *record
    probes: *probes
    signals: *signals
  reconstructed:
    cell: {morphology: lfptools:ball_and_sticks, passive: {g_pas_S_per_cm2: 1.0e-3, e_pas_mV: -70}}
    run: *run
    probes: *probes
    signals: *signals
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The files of three orders, by their names."""
    folder = tmp_path_factory.mktemp("crowd")
    (folder / "crowd.yaml").write_text(STUDY, encoding="utf-8")
    script = Path(__file__).with_name("shuffled_cases.py")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sys.path))}
    found = []
    for seed in range(3):
        out = folder / str(seed)
        command = [sys.executable, str(script), str(folder / "crowd.yaml"), str(out), str(seed)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        found.append({str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*.nc"))})
    return found


def test_the_order_of_cases_in_a_process_does_not_change_a_bit(made):
    first, *others = made
    assert len([name for name in first if "/simulate/" in name]) >= 13
    for other in others:
        assert list(other) == list(first)
        assert [name for name in first if first[name] != other[name]] == []


def test_the_cases_differ_from_each_other(made):
    """Otherwise equal bits would show nothing."""
    runs = [content for name, content in made[0].items() if "/simulate/" in name]
    assert len(set(runs)) == len(runs)
