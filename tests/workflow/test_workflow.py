"""The workflow as a user runs it: what is made, what an edit makes again, what a claim missed does."""

import json
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from lfptools import apply_steps, open_dataset, open_study

DOWNSTREAM = {"analyse", "figure", "report", "verdict", "all"}


@pytest.fixture
def edited(finished):
    """The finished copy; files that a test edits get their content back."""
    kept = {}

    def edit(file, old, new):
        path = finished.folder / file
        kept.setdefault(path, path.read_text(encoding="utf-8"))
        finished.edit(file, old, new)

    yield edit
    for path, text in kept.items():
        path.write_text(text, encoding="utf-8")


def test_a_study_is_made(finished):
    folder = finished.folder / "results/tiny"
    for name in ("index.json", "claims.json", "report.html", "verdict.txt", "figures/course.svg", "figures/course.csv"):
        assert (folder / name).stat().st_size > 0
    claims = json.loads((folder / "claims.json").read_text(encoding="utf-8"))
    assert [claim["met"] for claim in claims] == [True]
    assert finished.scheduled() == {}


def test_results_open_with_plain_xarray(finished):
    folder = finished.folder / "results/tiny"
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    with xr.open_dataset(folder / index["cases"][1]["paths"]["signal"]["lfp"]) as signal:
        assert signal["potential"].dims == ("contact", "t")
        assert signal["potential"].attrs["units"] == "mV"
        assert signal.sizes == {"contact": 2, "t": 201}
        assert json.loads(signal.attrs["config"])["inputs"]["epsp"]["weight_uS"] == 0.002
        assert len(signal.attrs["source_hash"]) == 64


def test_every_file_says_which_cases_it_serves_and_the_study(finished):
    folder = finished.folder / "results/tiny"
    ids = [case["id"] for case in json.loads((folder / "index.json").read_text(encoding="utf-8"))["cases"]]
    found = {}
    for path in sorted(folder.glob("*/**/*.nc")):
        if not {"data", ".store"} & set(path.parts):  # links with other names to the same files
            with xr.open_dataset(path) as dataset:
                assert json.loads(dataset.attrs["study_config"])["question"] == "Does it run?"
                found.setdefault(dataset.attrs["stage"], []).append(json.loads(dataset.attrs["cases"]))
    assert sorted(found) == ["build", "figure", "forward", "lead_field", "simulate"]
    for stage, cases in found.items():
        assert sorted(cases) == (sorted([[one] for one in ids]) if stage in ("simulate", "forward") else [ids])


def test_an_edited_kernel_runs_its_lead_fields_again_and_no_neuron(finished, edited):
    path = "lfptools/kernels/line.py"
    text = (finished.folder / path).read_text(encoding="utf-8")
    edited(path, text, text + "\n_EDITED = 1\n")
    assert set(finished.scheduled()) == {"lead_field", "forward", *DOWNSTREAM}


def test_an_edited_comment_or_docstring_runs_nothing(finished, edited):
    for path in ("lfptools/kernels/line.py", "lfptools/simulation/engine.py", "lfptools/study/plan.py"):
        text = (finished.folder / path).read_text(encoding="utf-8")
        edited(path, text, text.replace('"""', '"""Edited. ', 1) + "\n# an edited comment\n")
    assert finished.scheduled() == {}


def test_an_edited_engine_runs_neuron_again(finished, edited):
    path = "lfptools/simulation/engine.py"
    text = (finished.folder / path).read_text(encoding="utf-8")
    edited(path, text, text + "\n_EDITED = 1\n")
    found = set(finished.scheduled())
    assert "simulate" in found
    assert "lead_field" not in found or "build" in found


def test_a_new_probe_runs_no_neuron(finished, edited):
    edited("config/studies/tiny.yaml", "[[10, 50, 0], [50, 50, 0]]", "[[10, 50, 0], [70, 50, 0]]")
    assert set(finished.scheduled()) == {"index", "lead_field", "forward", *DOWNSTREAM}


def test_a_new_recording_runs_its_steps_and_no_more(finished, edited):
    edited(
        "config/studies/tiny.yaml", "sweep: {", "recordings: {pair: {signal: lfp, steps: [{step: bipolar}]}}\nsweep: {"
    )
    assert set(finished.scheduled()) == {"index", "recording", *DOWNSTREAM}


def test_a_new_claim_is_measured_and_no_more(finished, edited):
    edited("config/studies/tiny.yaml", "less_than: 1.0e-9", "less_than: 1.0e-8")
    assert set(finished.scheduled()) == {"index", "analyse", "report", "verdict", "all"}


def test_a_new_figure_is_drawn_and_no_more(finished, edited):
    edited("config/studies/tiny.yaml", 'case: "0.001"}', 'case: "0.002"}')
    # the index holds the study's file
    assert set(finished.scheduled()) == {"figure", "index", "analyse", "report", "verdict", "all"}


def test_an_edited_measure_runs_the_analysis_again(finished, edited):
    path = "lfptools/analysis/conservation.py"
    text = (finished.folder / path).read_text(encoding="utf-8")
    edited(path, text, text + "\n_EDITED = 1\n")
    assert set(finished.scheduled()) == {"analyse", "report", "verdict", "all"}


def test_the_same_bytes_with_one_core_and_with_two(finished, project):
    done = project.run(cores="1")
    assert done.returncode == 0, done.stdout + done.stderr
    one, two = project.data(), finished.data()
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []


def test_a_missed_claim_keeps_the_report_and_fails_the_command(project):
    other = project.folder / "config/studies/other.yaml"
    text = project.study.read_text(encoding="utf-8")
    other.write_text(text.replace("study: tiny", "study: other"), encoding="utf-8")
    project.edit("config/studies/tiny.yaml", "less_than: 1.0e-9", "greater_than: 1.0")
    done = project.run("tiny", "other")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "tiny: claims missed; report: results/tiny/report.html" in done.stdout
    assert "conserved: expected > 1 nA, got" in done.stdout
    results = project.folder / "results"
    assert (results / "tiny/report.html").is_file()
    assert (results / "tiny/figures/course.svg").is_file()
    assert not (results / "tiny/verdict.txt").exists()
    assert (results / "other/verdict.txt").is_file(), "one study's miss does not stop the others"


def test_an_earlier_verdict_is_not_told_as_this_runs(project):
    assert project.run().returncode == 0
    project.edit("config/studies/tiny.yaml", "section: dend, fraction: 0.9", "section: dend, fraction: 0.8")
    project.edit("lfptools/study/stages/simulate.py", 'run = config["run"]', 'raise RuntimeError("it is spoiled")')
    done = project.run()
    assert done.returncode != 0
    assert "tiny: not finished; logs: results/tiny/logs" in done.stdout
    assert "it is spoiled" in done.stderr


def test_signals_kept_while_running_are_those_of_the_currents(finished, project):
    project.edit("config/studies/tiny.yaml", "v_init_mV: -65}\ninputs", "v_init_mV: -65, keep: signals}\ninputs")
    steps = [{"step": "bipolar"}, {"step": "decimate", "factor": 4}]
    chain = f"recordings: {{pair: {{signal: lfp, steps: {json.dumps(steps)}}}}}\nsweep: {{"
    project.edit("config/studies/tiny.yaml", "sweep: {", chain)
    elsewhere = project.folder.parent / "somewhere else.yaml"
    project.study.rename(elsewhere)
    done = project.run(str(elsewhere))
    assert done.returncode == 0, done.stdout + done.stderr
    found = []
    for made in (finished, project):
        folder = made.folder / "results/tiny"
        index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        with xr.open_dataset(folder / index["cases"][0]["paths"]["signal"]["lfp"]) as signal:
            found.append(signal["potential"].load())
        with xr.open_dataset(folder / index["cases"][0]["paths"]["run"]) as run:
            assert ("membrane_current" in run) == (made is finished)
    xr.testing.assert_identical(found[0], found[1])
    paths = index["cases"][0]["paths"]["signal"]
    with open_dataset(folder / paths["lfp"]) as lfp, xr.open_dataset(folder / paths["pair"]) as pair:
        assert json.loads(pair.attrs["steps"]) == steps and pair.attrs["stage"] == "recording"
        assert pair["contact_id"].values.tolist() == ["0-1"] and pair.sizes["t"] == 51
        np.testing.assert_array_equal(pair["potential"].values, apply_steps(lfp, steps)["potential"].values)


def test_buckets_share_a_job_and_cases_do_not_touch_each_other(finished, project):
    done = project.run("--", "--config", "batch=2")
    assert done.returncode == 0, done.stdout + done.stderr
    values = [
        {path.rsplit("/", 1)[-1]: content for path, content in made.data().items() if "/figures/" not in path}
        for made in (finished, project)
    ]
    assert values[0] == values[1]


def test_another_lfptools_is_refused(finished, project, tmp_path):
    code = f"import sys; sys.path.insert(0, {str(finished.folder)!r}); import lfptools.provenance.source;"
    code += f"from lfptools.study.workflow import prepare; prepare({str(project.folder)!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode != 0
    assert "the lfptools that runs is" in done.stderr


def test_a_case_that_fails_stops_no_other_and_a_grown_sweep_computes_what_is_new(project):
    """Both in one copy of the project: a conductance that overflows, then one value more."""
    project.edit("config/studies/tiny.yaml", "[0.001, 0.002]", "[0.001, 1.0e+308]")
    done = project.run()
    folder = project.folder / "results/tiny"
    assert done.returncode == 1
    assert "cases failed" in done.stdout, done.stdout + done.stderr
    (failure,) = json.loads((folder / "failures.json").read_text(encoding="utf-8"))
    assert failure["case"] == "1e+308" and failure["stage"] == "simulate"
    assert (project.folder / failure["log"]).is_file()
    assert "1 of 2 cases failed" in (folder / "report.html").read_text(encoding="utf-8")
    assert (folder / "data/main/0.001/lfp.nc").is_file() and not (folder / "data/main/1e+308/lfp.nc").exists()
    assert not (folder / "verdict.txt").exists()

    made = {path: path.stat().st_mtime_ns for path in folder.glob(".store/simulate/*/*.nc")}
    assert len(made) == 1
    project.edit("config/studies/tiny.yaml", "[0.001, 1.0e+308]", "[0.003, 0.001, 0.002]")
    done = project.run("--", "--config", "batch=8")
    assert done.returncode == 0, done.stdout + done.stderr
    again = {path: path.stat().st_mtime_ns for path in folder.glob(".store/simulate/*/*.nc")}
    assert len(again) == 3 and made.items() <= again.items(), "what was made before is not made again"
    assert len(list(folder.glob("simulate/*"))) >= 1
    assert open_study(folder)["lfp"].sizes["weight_uS"] == 3

    project.edit("config/studies/tiny.yaml", "[0.003, 0.001, 0.002]", "[0.003, 0.001]")
    done = project.command("lfptools.cli", "prune", "tiny")
    assert done.returncode == 0 and "tiny: 2 results removed" in done.stdout, done.stdout + done.stderr
    assert len(list(folder.glob(".store/simulate/*"))) == 2
