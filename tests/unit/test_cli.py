"""The command ``lfptools``, without running a study."""

import io
import json
import subprocess

import pytest
from study_files import PYRAMIDAL, TINY, changed, with_own_cell, with_own_probe, write

from lfptools.cli import codes
from lfptools.cli.command import main
from lfptools.cli.lock import BusyError, clear_leftovers, held
from lfptools.cli.outcome import met, unmet
from lfptools.cli.run import _config_words
from lfptools.study.load import load_study


def test_check_tells_cases_and_sizes(tmp_path, capsys):
    assert main(["check", str(write(tmp_path, PYRAMIDAL))]) == 0
    told = capsys.readouterr().out
    assert "2 cases" in told
    assert "keep: currents stores" in told


def test_check_of_a_wrong_study_fails_and_names_the_place(tmp_path, capsys):
    assert main(["check", str(write(tmp_path, changed(PYRAMIDAL, "t_stop_ms", "t_stop")))]) == 1
    assert "study.yaml:4: run.t_stop: unknown key" in capsys.readouterr().err


def test_check_finds_the_projects_studies_from_anywhere(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["check", "quickstart"]) == 0
    assert "study quickstart: 3 cases" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["check", "run"])
def test_the_name_of_one_of_the_projects_studies_is_taken(tmp_path, capsys, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    assert main([command, str(write(tmp_path, changed(TINY, "study: tiny", "study: quickstart")))]) == 1
    told = capsys.readouterr().err
    assert "the name 'quickstart' is that of" in told
    assert "both would write results/quickstart" in told


def test_run_looks_up_neurons_names_before_anything_runs(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("lfptools.cli.run._PATIENCE_S", 60.0)  # the run waits for no more than seconds
    path = write(tmp_path, changed(TINY, "synapse: ExpSyn", "synapse: ExpSin"))
    assert main(["run", str(path)]) == 1
    told = capsys.readouterr().err
    assert "study.yaml:10: inputs.epsp.synapse: unknown point process 'ExpSin'; did you mean 'ExpSyn'?" in told
    assert not (tmp_path / "results").exists()


def test_errors_are_told_without_a_traceback(tmp_path, capsys):
    assert main(["show", str(tmp_path / "nothing.nc")]) == 1
    assert capsys.readouterr().err.startswith("lfptools: ")
    assert main(["check", "no_such_study"]) == 1


def test_snakemakes_arguments_belong_to_run(capsys):
    with pytest.raises(SystemExit):
        main(["check", "x", "--", "-n"])
    assert "belong to 'lfptools run'" in capsys.readouterr().err
    assert _config_words(["-n", "--config", "a=1", "b=2", "--quiet", "c=3"]) == ["a=1", "b=2"]


def test_show_and_export(tmp_path, capsys):
    import numpy as np
    import xarray as xr

    from lfptools.io.netcdf import write_dataset
    from lfptools.units import attrs

    t = np.arange(5) * 0.1
    run = xr.Dataset(
        {"net_current": ("t", np.zeros(5), attrs("net_current"))},
        {"t": ("t", t, attrs("t"))},
        {"variable_dt": 0, "dt_ms": 0.1, "t_start_ms": 0.0, "t_stop_ms": 0.4, "celsius_degC": 6.3, "v_init_mV": -65.0},
    )
    path = tmp_path / "run.nc"
    write_dataset(run, path, "run")
    assert main(["show", str(path)]) == 0
    assert "net_current" in capsys.readouterr().out
    assert main(["export", str(path), str(tmp_path / "run.csv")]) == 0
    assert (tmp_path / "run.csv").read_text(encoding="utf-8").startswith("t_ms,net_current (nA)\n0.0,0.0\n")


def test_one_run_at_a_time(tmp_path):
    with held(tmp_path), pytest.raises(BusyError, match="at work"), held(tmp_path):
        pass
    with held(tmp_path):
        pass


def test_a_stale_lock_and_temporary_folders_are_removed(tmp_path):
    lock = tmp_path / ".snakemake/locks/0.output.lock"
    partial = tmp_path / f"results/tiny/simulate/.abc.{'0' * 32}.tmp"
    file = tmp_path / f"results/tiny/figures/.course.svg.{'1' * 32}.tmp"
    kept = tmp_path / "results/tiny/figures/.mine.tmp"
    lock.parent.mkdir(parents=True)
    lock.write_text("results", encoding="utf-8")
    (partial / f".run.nc.{'2' * 32}.tmp").mkdir(parents=True)
    file.parent.mkdir(parents=True)
    file.write_text("", encoding="utf-8")
    kept.write_text("", encoding="utf-8")
    with held(tmp_path):
        clear_leftovers(tmp_path, tmp_path / "results")
    assert not lock.exists()
    assert not partial.exists()
    assert not file.exists()
    assert kept.exists()


def test_the_lock_is_not_inherited(tmp_path):
    with held(tmp_path):
        child = subprocess.Popen(["sleep", "30"])
    try:
        with held(tmp_path):
            pass
    finally:
        child.kill()
        child.wait()


def test_missed_claims_and_failed_cases_are_named(tmp_path, capsys):
    claim = {"name": "speed", "expected": "= 1 ± 0.1", "unit": "m s-1", "got": 2.0, "met": False, "error": None}
    (tmp_path / "claims.json").write_text(json.dumps([claim]), encoding="utf-8")
    (tmp_path / "failures.json").write_text("[]", encoding="utf-8")
    assert unmet("tiny", tmp_path, []) == codes.MOVED
    told = capsys.readouterr().out
    assert "tiny: claims missed; report" in told
    assert "speed: expected = 1 ± 0.1 m s-1, got 2 m s-1" in told
    failure = {"experiment": "main", "case": "0.1", "stage": "simulate", "message": "it diverged", "log": "a.log"}
    (tmp_path / "failures.json").write_text(json.dumps([failure]), encoding="utf-8")
    assert unmet("tiny", tmp_path, []) == codes.FAILED, "a number that could not be made is no missed one"
    assert "cases failed and claims missed" in capsys.readouterr().out


@pytest.mark.parametrize("cores", ["0", "-1", "abc", "1.5", ""])
def test_cores_that_are_no_number_are_refused_at_once(capsys, cores):
    assert main(["run", "quickstart", f"--cores={cores}"]) == 1
    assert f"--cores: expected a number of at least 1, or 'all', got {cores!r}" in capsys.readouterr().err


def test_export_writes_csv_only(tmp_path, capsys):
    assert main(["export", str(tmp_path / "run.nc"), str(tmp_path / "run.xlsx")]) == 1
    assert "ends in .csv" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("count", "text"), [(0, "claims no numbers"), (1, "its claim is met"), (2, "all 2 claims are met")]
)
def test_met_claims_are_counted_in_english(tmp_path, capsys, count, text):
    (tmp_path / "claims.json").write_text(json.dumps([{"met": True}] * count), encoding="utf-8")
    assert met("tiny", tmp_path, []) == codes.DONE
    assert f"tiny: {text}; report" in capsys.readouterr().out


def test_the_same_error_of_several_jobs_is_told_once(tmp_path):
    from lfptools.cli.watch import Watch

    logs = tmp_path / "results/tiny/logs"
    (logs / "figure").mkdir(parents=True)
    (logs / "simulate").mkdir()
    error = (
        'Traceback (most recent call last):\n  File "x.py", line 1\nlfptools.errors.SectionError: no section a\nnote\n'
    )
    for name in ("1", "2"):
        (logs / f"simulate/{name}.log").write_text(f"INFO: begins\n{error}", encoding="utf-8")
    (logs / "figure/map.log").write_text("Traceback (most recent call last):\nValueError: b\n", encoding="utf-8")
    told = io.StringIO()
    watch = Watch(told)
    for rule, name in (("simulate", "1"), ("simulate", "2"), ("figure", "map"), ("verdict", "verdict")):
        watch.line(f"Error in rule {rule}:\n")
        watch.line(f"    log: results/tiny/logs/{rule}/{name}.log (check log file(s) for error details)\n")
    for done in range(1, 21):
        watch.line(f"{done} of 20 steps ({5 * done}%) done\n")
    assert watch.reasons(tmp_path) == [
        "study tiny, simulate and 1 more: no section a\n  note\n  log: results/tiny/logs/simulate/1.log",
        "study tiny, figure map: ValueError: b\n  log: results/tiny/logs/figure/map.log",
    ]
    assert len(told.getvalue().splitlines()) == 11


@pytest.mark.parametrize("kind", ["study", "cell", "probe"])
def test_what_new_writes_is_sound(tmp_path, kind, capsys):
    assert main(["new", "study", "mine", "--folder", str(tmp_path)]) == 0
    if kind != "study":
        assert main(["new", kind, "own", "--folder", str(tmp_path)]) == 0
        text = (tmp_path / "mine.yaml").read_text(encoding="utf-8")
        text = with_own_cell(text, "own.yaml") if kind == "cell" else with_own_probe(text, "own.yaml")
        (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    study = load_study(tmp_path / "mine.yaml")
    assert study.name == "mine" and len(study.cases) == 2


def test_what_a_new_probe_proposes_in_comments_is_sound(tmp_path, capsys):
    for kind, name in (("study", "mine"), ("probe", "own")):
        assert main(["new", kind, name, "--folder", str(tmp_path)]) == 0
    probe, study = tmp_path / "own.yaml", tmp_path / "mine.yaml"
    title, *lines = probe.read_text(encoding="utf-8").splitlines()
    probe.write_text("\n".join([title, *(line.removeprefix("# ") for line in lines)]), encoding="utf-8")
    text = with_own_probe(study.read_text(encoding="utf-8"), "own.yaml")
    study.write_text(changed(text, "along: {model: line,", "along: {model: electrode,"), encoding="utf-8")
    own = load_study(study).cases[0].model.probes["own"]
    assert (own.shape, own.radius_um) == ("circle", 5)


def test_new_overwrites_nothing_and_refuses_names_that_are_none(tmp_path, capsys):
    assert main(["new", "cell", "mine", "--folder", str(tmp_path)]) == 0
    assert main(["new", "cell", "mine", "--folder", str(tmp_path)]) == 1
    assert main(["new", "study", "my study", "--folder", str(tmp_path)]) == 1
    err = capsys.readouterr().err
    assert "left as it is" in err and "letters, digits and underscores" in err
