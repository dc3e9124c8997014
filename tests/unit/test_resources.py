"""What jobs ask of a cluster: more for more and longer runs, twice as much in each attempt; profiles that parse."""

from pathlib import Path

import pytest
import yaml
from study_files import TINY, changed, write

from lfptools.study.load import load_study
from lfptools.study.members import STAGES
from lfptools.study.plan import Plan
from lfptools.study.resources import (
    BASE_MB,
    FEW_SEGMENTS,
    SEGMENTS,
    WORK_S,
    memory_mb,
    runtime_min,
    segments,
    steps,
    work_s,
)

ROOT = Path(__file__).parents[2]


def _members(folder, stage, text=TINY):
    return list(Plan(load_study(write(folder, text))).members[stage].values())


def test_every_rule_has_an_estimate():
    rules = {
        line.split()[1].rstrip(":")
        for path in (ROOT / "workflow/rules").glob("*.smk")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("rule ")
    }
    assert rules == set(BASE_MB) and set(STAGES) <= rules


def test_longer_runs_take_longer_and_more_of_them_too(tmp_path):
    short = _members(tmp_path, "simulate")
    long = _members(tmp_path, "simulate", changed(TINY, "t_stop_ms: 5", "t_stop_ms: 500000"))
    assert [steps(one) for one in short] == [200, 200] and steps(long[0]) == 20_000_000
    assert runtime_min("simulate", short[:1]) == 11 < runtime_min("simulate", long[:1]) == 111
    assert runtime_min("simulate", long) == 211
    assert memory_mb("simulate", long) == memory_mb("simulate", short), "a run is streamed: its length costs no memory"


def test_work_grows_with_the_run_and_the_cell(tmp_path):
    assert set(WORK_S) == set(STAGES)
    small, long = (
        _members(tmp_path, "forward", changed(TINY, "t_stop_ms: 5", f"t_stop_ms: {stop}"))[0] for stop in (5, 5000)
    )
    fine = _members(tmp_path, "forward", changed(TINY, "segments: 5", "segments: 500"))[0]
    assert (segments(small), segments(fine)) == (6, 501)
    assert WORK_S["forward"] < work_s(small) < work_s(fine) < work_s(long)
    inline = TINY[TINY.index("  sections:") : TINY.index("  passive:")]
    (tmp_path / "few.swc").write_text("1 1 0 0 0 5 -1\n2 3 0 0 9 1 1\n")
    (tmp_path / "many.swc").write_bytes(b"#" * 1_000_000)
    found = {}
    for name in ("few", "many"):
        text = changed(TINY, inline, f"  morphology: {name}.swc\n").replace("section: dend", "section: 'soma[0]'")
        found[name] = segments(_members(tmp_path, "forward", text)[0])
    assert found == {"few": FEW_SEGMENTS, "many": 2000}
    hoc = _members(tmp_path, "simulate", changed(TINY, inline, "  hoc_model: {file: few.swc}\n"))
    assert segments(hoc[0]) == SEGMENTS


def test_stages_that_hold_a_signal_need_memory_for_it(tmp_path):
    section = "analyses: {psd: {analysis: power_spectrum, of: lfp, segment_ms: 2}}\nsweep"
    text = changed(TINY, "sweep", section)
    short = _members(tmp_path, "analysis", text)
    long = _members(tmp_path, "analysis", changed(text, "t_stop_ms: 5", "t_stop_ms: 50000"))
    more = memory_mb("analysis", long) - memory_mb("analysis", short)
    assert more == pytest.approx(4 * 100 * 2_000_000 * 8e-6, rel=0.01)


def test_each_attempt_asks_for_twice_as_much(tmp_path):
    members = _members(tmp_path, "simulate")
    assert [memory_mb("simulate", members, k) for k in (1, 2, 3)] == [1500, 3000, 6000]
    assert [runtime_min("report", [], k) for k in (1, 2)] == [10, 20]


@pytest.mark.parametrize("name", ["default", "slurm", "cluster-generic", "kubernetes"])
def test_profiles_are_options_of_snakemake(name):
    """Options of executors that are not installed begin with the executor's name."""
    from snakemake.cli import get_argument_parser

    profile = yaml.safe_load((ROOT / "profiles" / name / "config.yaml").read_text(encoding="utf-8"))
    known = {option.lstrip("-") for action in get_argument_parser()._actions for option in action.option_strings}
    own = profile.get("executor", "none")
    assert {key for key in profile if key not in known and not key.startswith(own)} == set()
