"""Studies that choose CoreNEURON: what is refused before anything runs, what is compiled, and what a job gives."""

import subprocess
import sys
from pathlib import Path

import pytest
from study_files import TINY, changed, write

from lfptools.errors import ConfigError
from lfptools.study.inspection import inspect
from lfptools.study.load import load_study
from lfptools.study.plan import Plan

RUN = "run: {t_stop_ms: 5, dt_ms: 0.025, v_init_mV: -65}"
CORE = "run: {t_stop_ms: 5, dt_ms: 0.025, v_init_mV: -65, engine: coreneuron}"
MOD_FILES = Path(__file__).parents[1] / "data" / "mechanisms"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (CORE, CORE.replace("}", ", variable_step: {atol: 0.001}}"), "CoreNEURON takes fixed steps"),
        ("coreneuron}", "corenrn}", "run.engine: "),
        (
            "inputs:\n",
            "inputs:\n  clamp: {electrode: VClamp, at: {section: soma}, parameters: {dur: [1], amp: [-60]}}\n",
            "inputs.clamp.electrode: VClamp is no mechanism of CoreNEURON's: use SEClamp",
        ),
        (
            "  passive: {",
            "  membrane: [{mechanism: extracellular}]\n  passive: {",
            "cell.membrane[0].mechanism: extracellular is no mechanism of CoreNEURON's: use run.engine: neuron",
        ),
    ],
    ids=["variable step", "unknown engine", "VClamp", "extracellular"],
)
def test_what_coreneuron_cannot_do_is_told_with_its_key(tmp_path, old, new, message):
    with pytest.raises(ConfigError) as told:
        load_study(write(tmp_path, changed(changed(TINY, RUN, CORE), old, new)))
    assert message in str(told.value), told.value


def test_what_neuron_alone_knows_is_told_before_a_run(tmp_path):
    text = changed(changed(TINY, RUN, CORE), "record: {", "record: {width: {variable: diam, at: {section: dend}}, ")
    told = inspect(load_study(write(tmp_path, text)))
    assert told.problems == (
        f"{tmp_path / 'study.yaml'}:8: run.engine: CoreNEURON cannot run this: width cannot be recorded: it is no "
        "potential, current or variable of a mechanism in a segment",
    )
    clean = changed(TINY, RUN, CORE)
    assert inspect(load_study(write(tmp_path, clean))).problems == ()


def test_a_mod_file_that_is_not_thread_safe_is_told_before_a_run(tmp_path):
    (tmp_path / "mods").mkdir()
    (tmp_path / "mods/bad.mod").write_text(
        "NEURON { SUFFIX bad NONSPECIFIC_CURRENT i GLOBAL q }\nASSIGNED { v i q }\nBREAKPOINT { q = v i = 0 * q }\n"
    )
    text = changed(changed(TINY, RUN, CORE), "cell:\n", "cell:\n  mechanisms: mods\n")
    (told,) = inspect(load_study(write(tmp_path, text))).problems
    assert "cell.mechanisms: " in told and "bad.mod: not thread-safe" in told


def test_mod_files_are_compiled_once_per_engine_and_globals_have_processes_of_their_own(tmp_path):
    both = changed(TINY, "sweep: {", "sweep: {run.engine: [neuron, coreneuron], ")
    mods = changed(both, "cell:\n", f"cell:\n  mechanisms: {MOD_FILES}\n")
    plan = Plan(load_study(write(tmp_path, mods)), batch=4)
    compiled = {member.config.get("engine", "neuron"): member for member in plan.members["compile"].values()}
    assert sorted(compiled) == ["coreneuron", "neuron"]
    for member in plan.members["simulate"].values():
        wanted = {"neuron", member.config["run"]["engine"]}
        assert {one.config.get("engine", "neuron") for one in member.all_inputs()} == wanted
    globals_too = changed(mods, "sweep: {", "sweep: {run.globals.usetable_hh: [0, 1], ")
    runs = Plan(load_study(write(tmp_path, globals_too)), batch=8)
    of_engine = {"neuron": {}, "coreneuron": {}}
    for member in runs.members["simulate"].values():
        run = member.config["run"]
        of_engine[run["engine"]].setdefault(runs.bucket(member), set()).add(run["globals"]["usetable_hh"])
    assert all(len(values) == 1 for values in of_engine["coreneuron"].values())
    assert any(len(values) == 2 for values in of_engine["neuron"].values())


JOBS = """
import sys
from pathlib import Path
import numpy as np
from lfptools.io.netcdf import open_dataset
from lfptools.study.load import load_study
from lfptools.study.plan import Plan
from lfptools.study.stages.build import build
from lfptools.study.stages.lead_field import lead_field
from lfptools.study.stages.simulate import simulate

folder = Path.cwd()
plan = Plan(load_study(folder / "study.yaml"))
def make(member, stage, inputs):
    path = folder / f"{member.key}.nc"
    stage(member.config, inputs, member.files, path, None)
    return path
found = {}
for case in plan.study.cases:
    made = plan.of_case[case.id]
    geometry = make(made["build"], build, {})
    (field,) = made["lead_field"].values()
    fields = {field.key: make(field, lead_field, {"geometry": geometry})}
    run = make(made["simulate"], simulate, {"lead_fields": fields})
    found[case.config["run"]["engine"]] = (run, run.with_name(f"{run.stem}.{field.key}.nc"))
for k, name in enumerate(("v_dend", "potential")):
    with open_dataset(found["neuron"][k]) as a, open_dataset(found["coreneuron"][k]) as b:
        assert k == 1 or (a.attrs["engine"], b.attrs["engine"]) == ("neuron", "coreneuron")
        assert a[name].dims == b[name].dims and a.coords.keys() == b.coords.keys()
        assert np.abs(a[name] - b[name]).max() < 1e-9 * np.abs(a[name]).max()
"""


def test_both_engines_write_the_same_datasets(tmp_path):
    text = changed(TINY, "sweep: {inputs.epsp.weight_uS: [0.001, 0.002]}", "sweep: {run.engine: [neuron, coreneuron]}")
    text = changed(text, 'case: "0.001"', "case: neuron")
    write(tmp_path, changed(text, RUN, RUN.replace("}", ", keep: signals}")))
    done = subprocess.run([sys.executable, "-c", JOBS], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
