"""Sweeps, case ids, and the keys that decide what is computed once and what again."""

import itertools
import re

import pytest
from study_files import PYRAMIDAL, TINY, changed, write

from lfptools.errors import ConfigError
from lfptools.provenance.files import file_hash
from lfptools.study.files import portable
from lfptools.study.load import load_study
from lfptools.study.members import KEY_DIGITS
from lfptools.study.plan import Plan
from lfptools.study.sweep import Range, Sweep, points
from lfptools.study.workflow import figure_config, figure_sources


def _plan(folder, text=TINY, **more):
    return Plan(load_study(write(folder, text)), **more)


def _keys(plan):
    return {stage: set(members) for stage, members in plan.members.items()}


def test_points_of_grids_lists_and_both():
    assert points(None) == [{}]
    assert points({"a": [1, 2], "b": [3, 4]}) == [
        {"a": 1, "b": 3},
        {"a": 1, "b": 4},
        {"a": 2, "b": 3},
        {"a": 2, "b": 4},
    ]
    assert points([{"a": 1, "b": 2}, {"a": 3}]) == [{"a": 1, "b": 2}, {"a": 3}]
    assert points(Sweep(grid={"a": [1]}, list=[{"a": 7}])) == [{"a": 1}, {"a": 7}]
    assert points({"a": Range(start=0.1, stop=0.5, step=0.1)}) == [{"a": v} for v in (0.1, 0.2, 0.3, 0.4, 0.5)]
    assert [p["a"] for p in points({"a": Range(start=0, stop=1, number=3)})] == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("wrong", [{"step": 0}, {"step": -1}, {}, {"step": 1, "number": 3}])
def test_ranges_that_lead_nowhere(wrong):
    with pytest.raises(ValueError, match=r"range needs|does not lead"):
        Range(start=0, stop=1, **wrong)


def test_ids_are_readable_and_follow_the_content(tmp_path):
    first = load_study(write(tmp_path)).cases
    again = load_study(write(tmp_path)).cases
    other = load_study(write(tmp_path, changed(TINY, "t_stop_ms: 5", "t_stop_ms: 6"))).cases
    assert [case.id for case in first] == [case.id for case in again]
    assert not {case.id for case in first} & {case.id for case in other}
    assert first[0].id.startswith("main-0.001-")


def test_what_cases_share_is_computed_once(tmp_path):
    plan = _plan(tmp_path)
    counts = {stage: len(members) for stage, members in plan.members.items()}
    assert counts == {
        "compile": 0,
        "capture": 0,
        "build": 1,
        "lead_field": 1,
        "simulate": 2,
        "forward": 2,
        "recording": 0,
        "gather": 0,
        "analysis": 0,
    }


def test_a_new_probe_or_model_needs_no_new_run(tmp_path):
    before = _keys(_plan(tmp_path))
    text = changed(
        TINY,
        "signals: {lfp: {model: line, probe: row}}",
        "signals: {lfp: {model: line, probe: row}, p: {model: point, probe: row}}",
    )
    after = _keys(_plan(tmp_path, text))
    assert before["simulate"] == after["simulate"]
    assert before["build"] == after["build"]
    assert before["lead_field"] < after["lead_field"]
    assert before["forward"] < after["forward"]


def test_with_signals_kept_a_new_probe_needs_a_new_run(tmp_path):
    text = changed(TINY, "v_init_mV: -65}\ninputs", "v_init_mV: -65, keep: signals}\ninputs")
    before = _plan(tmp_path, text)
    after = _plan(tmp_path, changed(text, "[50, 50, 0]]", "[50, 50, 0], [90, 50, 0]]"))
    assert not _keys(before)["simulate"] & _keys(after)["simulate"]
    assert not before.members["forward"]
    paths = before.paths_of(before.study.cases[0])
    assert "simulate" in str(paths["signal"]["lfp"])


@pytest.mark.parametrize(
    ("old", "new", "same", "other"),
    [
        ("diameter_um: 2,", "diameter_um: 3,", set(), {"build", "lead_field", "simulate", "forward"}),
        ("t_stop_ms: 5", "t_stop_ms: 6", {"build", "lead_field"}, {"simulate", "forward"}),
        ("probe: row}", "probe: row, conductivity_S_per_m: 0.2}", {"build", "simulate"}, {"lead_field", "forward"}),
        ("question: Does it run?", "question: Why?", {"build", "lead_field", "simulate", "forward"}, set()),
    ],
)
def test_what_a_change_computes_again(tmp_path, old, new, same, other):
    before, after = _keys(_plan(tmp_path)), _keys(_plan(tmp_path, changed(TINY, old, new)))
    assert {stage for stage in before if before[stage] and before[stage] == after[stage]} == same
    assert {stage for stage in before if before[stage] and not before[stage] & after[stage]} == other


def test_an_edited_morphology_or_mod_file_is_another_cell(tmp_path):
    (tmp_path / "cell.swc").write_text("1 1 0 0 0 5 -1\n", encoding="utf-8")
    (tmp_path / "mods").mkdir()
    (tmp_path / "mods/leak.mod").write_text("NEURON { SUFFIX leak }\n", encoding="utf-8")
    text = changed(PYRAMIDAL, "neuron:demo/pyramid.nrn", "cell.swc, mechanisms: mods")
    keys = [_keys(_plan(tmp_path, text))]
    (tmp_path / "cell.swc").write_text("1 1 0 0 0 6 -1\n", encoding="utf-8")
    keys.append(_keys(_plan(tmp_path, text)))
    (tmp_path / "mods/leak.mod").write_text("NEURON { SUFFIX leek }\n", encoding="utf-8")
    keys.append(_keys(_plan(tmp_path, text)))
    for before, after in itertools.pairwise(keys):
        assert not any(before[stage] & after[stage] for stage in ("build", "simulate", "lead_field", "forward"))
    assert keys[0]["compile"] == keys[1]["compile"] != keys[2]["compile"]


def test_files_that_others_load_have_a_part_in_the_keys(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "mods").mkdir()
    files = {
        "cell.hoc": 'load_file("nrngui.hoc")\nload_file("parts/shape.hoc")\n// load_file("unused.hoc")\n',
        "unused.hoc": "",
        "parts/shape.hoc": 'create soma\nxopen("parts/sizes.hoc")\nxopen("near.hoc")\n',
        "parts/sizes.hoc": "soma.L = 10\n",
        "parts/near.hoc": "soma.diam = 10\n",
        "mods/leak.mod": 'INCLUDE "leak.inc"\n  INCLUDE "numbers.txt"\n',
        "mods/leak.inc": "NEURON { SUFFIX leak }\n",
        "mods/numbers.txt": "PARAMETER { g = 1 }\n",
        "mods/readme.txt": "",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    study = changed(PYRAMIDAL, "neuron:demo/pyramid.nrn", "cell.hoc, mechanisms: mods")
    before = _keys(_plan(tmp_path, study))
    for name, text in files.items():
        (tmp_path / name).write_text(text + "\n", encoding="utf-8")
        after = _keys(_plan(tmp_path, study))
        (tmp_path / name).write_text(text, encoding="utf-8")
        matters = name not in ("unused.hoc", "mods/readme.txt")
        assert (before["build"] != after["build"]) == matters, name
        assert (before["compile"] != after["compile"]) == (matters and name.startswith("mods/")), name


def test_where_the_files_lie_has_no_part_in_the_keys(tmp_path):
    keys = []
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cell.swc").write_text("1 1 0 0 0 5 -1\n", encoding="utf-8")
        keys.append(_keys(_plan(tmp_path / name, changed(PYRAMIDAL, "neuron:demo/pyramid.nrn", "cell.swc"))))
    assert keys[0] == keys[1]


def test_absolute_paths_stay_out_of_keys_ids_and_configurations(tmp_path):
    found = []
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        for cell in ("a.swc", "b.swc"):
            (tmp_path / name / cell).write_text("1 1 0 0 0 5 -1\n", encoding="utf-8")
        text = changed(PYRAMIDAL, "neuron:demo/pyramid.nrn", str(tmp_path / name / "a.swc"))
        text = changed(text, 'inputs.epsp.at.section: ["dendrite_1[29]", "dendrite_4[3]"]',
                       f"cell.morphology: [{tmp_path / name}/a.swc, {tmp_path / name}/b.swc]")  # fmt: skip
        text = text.replace('case: "dendrite_1[29]"', "case: a.swc").replace('case: "dendrite_4[3]"', "case: b.swc")
        plan = _plan(tmp_path / name, text)
        configs = [dict(member.config) for members in plan.members.values() for member in members.values()]
        assert str(tmp_path) not in repr((configs, portable(plan.study.config())))
        found.append((_keys(plan), [(case.id, case.label) for case in plan.study.cases]))
    assert found[0] == found[1]
    assert [label for _, label in found[0][1]] == ["a.swc", "b.swc"]


def test_every_result_has_the_hashes_of_its_files_and_the_cases_it_serves(tmp_path):
    (tmp_path / "cell.swc").write_text("1 1 0 0 0 5 -1\n", encoding="utf-8")
    plan = _plan(tmp_path, changed(PYRAMIDAL, "neuron:demo/pyramid.nrn", "cell.swc"))
    hashes = {"morphology": file_hash(tmp_path / "cell.swc")}
    ids = [case.id for case in plan.study.cases]
    for stage in ("build", "lead_field", "simulate", "forward"):
        for member in plan.members[stage].values():
            assert member.config["files"] == hashes
            assert plan.cases_of(member) in ([ids] if stage in ("build", "lead_field") else [ids[:1], ids[1:]])
    assert figure_sources(plan, figure_config(plan, "map")) == (ids, hashes)
    assert plan.file_hashes(["elsewhere"]) == {}


def test_buckets_hold_members_by_the_start_of_their_key(tmp_path):
    text = changed(TINY, "[0.001, 0.002]", "{start: 0.001, stop: 0.04, step: 0.001}").replace(
        'case: "0.001"', 'case: "0.002"'
    )
    whole, short = _plan(tmp_path, text, batch=1), _plan(tmp_path, text, batch=10)
    buckets = {short.bucket(member) for member in short.members["simulate"].values()}
    assert buckets == {"b00", "b01", "b10", "b11"}
    assert sum(len(short.in_bucket("simulate", bucket)) for bucket in buckets) == 40
    member = next(iter(whole.members["simulate"].values()))
    assert len(whole.bucket(member)) == KEY_DIGITS
    assert whole.path(member).name == f"{member.key}.nc"
    few, many = _plan(tmp_path), _plan(tmp_path, text)
    assert len({few.bucket(m) for m in few.members["simulate"].values()}) == 2, "few have a job each"
    assert 4 <= len({many.bucket(m) for m in many.members["simulate"].values()}) <= 8, "small ones share few"


@pytest.mark.parametrize(("t_stop_ms", "jobs"), [(20, 4), (15_000, 8), (40_000, 12)])
def test_jobs_of_a_stage_are_as_many_as_its_work_is_worth(tmp_path, t_stop_ms, jobs):
    text = changed(TINY, "[0.001, 0.002]", "{start: 0.001, stop: 0.012, step: 0.001}").replace(
        'case: "0.001"', 'case: "0.002"'
    )
    text = re.sub(r"t_stop_ms: [\d.]+", f"t_stop_ms: {t_stop_ms}", text)
    plan = _plan(tmp_path, text)
    runs = plan.members["simulate"].values()
    assert len(runs) == 12
    assert len({plan.bucket(m) for m in runs}) <= jobs
    assert len({plan.bucket(m) for m in runs}) > jobs / 2
    assert plan.members["build"], "a stage without work"
    assert len({_plan(tmp_path, text, batch=1).bucket(m) for m in runs}) == 12, "a batch size said is the user's"


@pytest.mark.parametrize("batch", [None, 1, 3, 1000])
def test_no_job_waits_for_itself(tmp_path, batch):
    """Recordings may be made of recordings: those of one job must not be."""
    chain = "".join(f"  {name}: {{signal: {of}, steps: [{{step: decimate, factor: 2}}]}}\n" for name, of in
                    (("one", "lfp"), ("two", "one"), ("three", "two"), ("other", "lfp")))  # fmt: skip
    text = changed(TINY, "signals:", f"recordings:\n{chain}signals:").replace("t_stop_ms: 5", "t_stop_ms: 50")
    plan = _plan(tmp_path, text, batch=batch)
    assert len(plan.members["recording"]) == 6, "one and other are the same"
    for stage, members in plan.members.items():
        for member in members.values():
            own = str(plan.directory(member))
            waiting, seen = [own], set()
            of_folder = {str(plan.directory(one)): (one.stage, plan.bucket(one)) for ones in plan.members.values()
                         for one in ones.values()}  # fmt: skip
            while waiting:
                for folder in plan.inputs_of(*of_folder[waiting.pop()]):
                    assert folder != own, f"{stage} {plan.bucket(member)} waits for itself"
                    if folder not in seen:
                        seen.add(folder)
                        waiting.append(folder)


def test_one_job_loads_one_library_of_mechanisms(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "leak.mod").write_text(f": {name}\nNEURON {{ SUFFIX leak }}\n", encoding="utf-8")
    text = changed(TINY, "  passive:", "  mechanisms: one\n  passive:")
    text = changed(text, "sweep: {", "sweep: {cell.mechanisms: [one, two], ").replace(
        'case: "0.001"', 'case: "one, 0.001"'
    )
    plan = _plan(tmp_path, text, batch=1000)
    assert len({plan.bucket(member) for member in plan.members["simulate"].values()}) == 2
    for bucket in {plan.bucket(member) for member in plan.members["simulate"].values()}:
        assert len({m.config["files"]["mechanisms"] for m in plan.in_bucket("simulate", bucket)}) == 1


def test_a_sweep_reaches_lists_and_names_of_ones_own(tmp_path):
    text = changed(
        TINY, "  passive: {g_pas_S_per_cm2: 1.0e-4, e_pas_mV: -65}",
        "  membrane: [{mechanism: hh, parameters: {gnabar_hh: 0.12}}]",
    )  # fmt: skip
    text = changed(
        text,
        "sweep: {inputs.epsp.weight_uS: [0.001, 0.002]}",
        "sweep: {cell.membrane.0.parameters.gnabar_hh: [0.001, 0.2]}",
    )
    cases = load_study(write(tmp_path, text)).cases
    assert [case.config["cell"]["membrane"][0]["parameters"]["gnabar_hh"] for case in cases] == [0.001, 0.2]


def test_a_case_may_have_an_entry_more_or_one_less(tmp_path):
    text = changed(
        TINY,
        "sweep: {inputs.epsp.weight_uS: [0.001, 0.002]}",
        """sweep:
  - {label: rest, inputs.epsp: null}
  - {label: "0.001"}
  - label: clamped
    inputs.step: {electrode: IClamp, at: {section: soma}, amplitude_nA: 0.1, delay_ms: 1, duration_ms: 2}""",
    )
    cases = load_study(write(tmp_path, text)).cases
    assert [list(case.config["inputs"]) for case in cases] == [[], ["epsp"], ["epsp", "step"]]
    for wrong in ("inputs.step: {electrode: IClamp}", "inputs.ebsp: null", "inputs.step: 3"):
        with pytest.raises(
            ConfigError, match=r"inputs.step.at: this key is needed|did you mean 'epsp'|unknown sweep key 'step'"
        ):
            load_study(write(tmp_path, changed(text, "label: rest, inputs.epsp: null", f"label: rest, {wrong}")))
