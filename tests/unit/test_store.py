"""The store of what has been computed, the tasks that are left for jobs, and failures as data."""

import os
import shutil

import pytest
from study_files import write

from lfptools.errors import CaseFailed
from lfptools.io.failures import Failure, failure_of, first_failure, write_failure
from lfptools.study.load import load_study
from lfptools.study.plan import Plan
from lfptools.study.store import Store, link_files
from lfptools.study.task import VARIABLE, publish, published


def test_an_entry_is_there_whole_or_not_at_all(tmp_path):
    store = Store(tmp_path / ".store")
    entry = store.entry("simulate", "0123", "abcd")
    with pytest.raises(ValueError, match="half-way"), store.making(entry) as folder:
        (folder / "a.nc").write_text("half")
        raise ValueError("half-way")
    assert not entry.exists() and not list(entry.parent.iterdir())
    with store.making(entry) as folder:
        (folder / "a.nc").write_text("whole")
    assert (entry / "a.nc").read_text() == "whole"
    with store.making(entry) as folder:  # another process was as quick: the first one's stays
        (folder / "a.nc").write_text("again")
    assert (entry / "a.nc").read_text() == "whole" and len(list(entry.parent.iterdir())) == 1


def test_links_are_second_names_and_survive_a_file_system_without_them(tmp_path, monkeypatch):
    entry, one, two = (tmp_path / name for name in ("entry", "one", "two"))
    for folder in (entry, one, two):
        folder.mkdir()
    (entry / "a.nc").write_text("numbers")
    link_files(entry, one)
    assert (one / "a.nc").stat().st_ino == (entry / "a.nc").stat().st_ino
    monkeypatch.setattr(os, "link", lambda *names: (_ for _ in ()).throw(OSError("no links here")))
    link_files(entry, two)
    shutil.rmtree(entry)
    assert (one / "a.nc").read_text() == (two / "a.nc").read_text() == "numbers"


def test_what_nothing_refers_to_is_pruned(tmp_path):
    store = Store(tmp_path)
    kept, gone = store.entry("build", "a", "1"), store.entry("build", "b", "1")
    for entry in (kept, gone):
        with store.making(entry) as folder:
            (folder / "x").write_text("1234")
    assert store.prune([kept]) == (1, 4)
    assert kept.is_dir() and not gone.exists()


def test_tasks_are_left_for_the_jobs_of_the_process(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    plan = Plan(load_study(write(tmp_path)), tmp_path / "results")
    assert published("tiny") is None
    publish(plan.tasks(), tmp_path / "tasks")
    found = published("tiny")
    assert set(found.of) == {(stage, plan.bucket(m)) for stage, ms in plan.members.items() for m in ms.values()}
    (member, *_) = plan.members["forward"].values()
    (task,) = found.of["forward", plan.bucket(member)]
    assert task.key == member.key and set(task.input_paths()) == {plan.path(m) for m in member.all_inputs()}
    assert found.config["question"] == "Does it run?"
    publish(plan.tasks(), tmp_path / "tasks")
    assert len(list((tmp_path / "tasks").iterdir())) == 1
    next((tmp_path / "tasks").iterdir()).write_bytes(b"damaged")
    assert published("tiny") is None


def test_another_batch_size_has_tasks_of_its_own(tmp_path, monkeypatch):
    """The same members, in other buckets: jobs found no task of theirs in what an earlier run had left."""
    monkeypatch.delenv(VARIABLE, raising=False)
    for batch in (1, 2):
        plan = Plan(load_study(write(tmp_path)), tmp_path / "results", batch)
        publish(plan.tasks(), tmp_path / "tasks")
        buckets = {(stage, plan.bucket(m)) for stage, ms in plan.members.items() for m in ms.values()}
        assert set(published("tiny").of) == buckets
    assert len(list((tmp_path / "tasks").iterdir())) == 2


def test_stamps_follow_the_source_of_a_member_and_of_what_it_is_made_from(tmp_path, monkeypatch):
    from lfptools.study import plan as plan_module

    def stamps(changed_stage):
        real = plan_module.source
        with monkeypatch.context() as patched:
            patched.setattr(
                plan_module, "source", lambda stage, configs: {**real(stage, configs), "edited": stage == changed_stage}
            )
            plan = Plan(load_study(write(tmp_path)))
            return {stage: [plan.stamp(m) for m in members.values()] for stage, members in plan.members.items()}

    before, kernel, engine = stamps(None), stamps("lead_field"), stamps("simulate")
    differs = lambda a, b: {stage for stage in a if a[stage] != b[stage]}  # noqa: E731
    assert differs(before, kernel) == {"lead_field", "forward"}
    assert differs(before, engine) == {"simulate", "forward"}


def test_failures_stand_in_the_place_of_results(tmp_path):
    failure = Failure("simulate", "it diverged", "logs/simulate/b.log")
    write_failure(failure, tmp_path / "0123.nc")
    assert failure_of(tmp_path / "0123.4567.nc") == failure, "a signal of the same run"
    assert failure_of(tmp_path / "89.nc") is None
    assert first_failure([tmp_path / "89.nc", tmp_path / "0123.nc"]) == failure


def test_a_case_that_failed_says_why_and_others_go_on(tmp_path):
    from lfptools.analysis.measure import CaseSelector, select

    plan = Plan(load_study(write(tmp_path)), tmp_path / "results")
    bad = plan.results.cases[0]
    path = plan.paths_of(plan.study.cases[0])["run"]
    path.parent.mkdir(parents=True)
    write_failure(Failure("simulate", "it diverged", "some.log"), path)
    assert bad.failure.message == "it diverged"
    with pytest.raises(CaseFailed, match=r"case '0.001' .* failed \(simulate\): it diverged; log: some.log"):
        _ = bad.run
    assert [case.label for case in select(plan.results, CaseSelector())] == ["0.002"]
    with pytest.raises(CaseFailed, match="all 1 cases failed"):
        select(plan.results, CaseSelector(case="0.001"))


def test_a_signal_that_failed_leaves_the_rest_of_its_case(tmp_path):
    from lfptools.analysis.extrema import extremum
    from lfptools.analysis.measure import CaseSelector, select

    plan = Plan(load_study(write(tmp_path)), tmp_path / "results")
    path = plan.paths_of(plan.study.cases[0])["signal"]["lfp"]
    path.parent.mkdir(parents=True)
    write_failure(Failure("forward", "no such contact", "some.log"), path)
    assert len(select(plan.results, CaseSelector())) == 2
    of_lfp = extremum.Parameters(signal="lfp", which="min", unit="uV")
    assert [case.label for case in select(plan.results, of_lfp)] == ["0.002"]
