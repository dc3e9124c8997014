"""The command ``lfptools``, without running a study."""

import json
import subprocess

import pytest
from study_files import PYRAMIDAL, changed, write

from lfptools.cli.command import main
from lfptools.cli.lock import BusyError, clear_leftovers, held
from lfptools.cli.run import _config_words


def test_check_tells_cases_and_sizes(tmp_path, capsys):
    assert main(["check", str(write(tmp_path, PYRAMIDAL))]) == 0
    told = capsys.readouterr().out
    assert "2 cases" in told
    assert "keep: currents stores" in told


def test_check_of_a_wrong_study_fails_and_names_the_place(tmp_path, capsys):
    assert main(["check", str(write(tmp_path, changed(PYRAMIDAL, "t_stop_ms", "t_stop")))]) == 1
    assert "study.yaml:4: run.t_stop: unknown key" in capsys.readouterr().err


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
    partial = tmp_path / "results/tiny/simulate/.abc.0123.tmp"
    lock.parent.mkdir(parents=True)
    lock.write_text("results", encoding="utf-8")
    partial.mkdir(parents=True)
    with held(tmp_path):
        clear_leftovers(tmp_path, tmp_path / "results")
    assert not lock.exists()
    assert not partial.exists()


def test_the_lock_is_not_inherited(tmp_path):
    with held(tmp_path):
        child = subprocess.Popen(["sleep", "30"])
    try:
        with held(tmp_path):
            pass
    finally:
        child.kill()
        child.wait()


def test_missed_claims_are_named(tmp_path, capsys):
    from lfptools.cli.run import _tell

    claim = {"name": "speed", "expected": "= 1 ± 0.1", "unit": "m s-1", "got": 2.0, "met": False, "error": None}
    (tmp_path / "claims.json").write_text(json.dumps([claim]), encoding="utf-8")
    (tmp_path / "report.html").write_text("", encoding="utf-8")
    _tell("tiny", tmp_path, False)
    told = capsys.readouterr().out
    assert "claims missed" in told
    assert "speed: expected = 1 ± 0.1 m s-1, got 2 m s-1" in told
