"""Every command with what a user can get wrong: one clear message and an exit code, never a traceback."""

import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr
from study_files import TINY, write

from lfptools.cli import codes
from lfptools.cli.command import main
from lfptools.cli.run import studies_config
from lfptools.errors import ConfigError
from lfptools.io.netcdf import write_dataset
from lfptools.units import attrs

ROOT = Path(__file__).parents[2]


def run_dataset():
    t = np.arange(5) * 0.1
    return xr.Dataset(
        {"net_current": ("t", np.zeros(5), attrs("net_current"))},
        {"t": ("t", t, attrs("t"))},
        {"variable_dt": 0, "dt_ms": 0.1, "t_start_ms": 0.0, "t_stop_ms": 0.4, "celsius_degC": 6.3, "v_init_mV": -65.0},
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with files that are not what they are taken for."""
    monkeypatch.chdir(tmp_path)
    write_dataset(run_dataset(), "good.nc", "run")
    Path("cut.nc").write_bytes(Path("good.nc").read_bytes()[:3000])
    Path("text.nc").write_text("hello", encoding="utf-8")
    Path("empty.nc").write_bytes(b"")
    with netCDF4.Dataset("other.nc", "w") as other:
        other.createDimension("x", 3)
    Path("loop.nc").symlink_to("loop.nc")
    for name in ("folder", "folder.nc", "folder.csv", "folder.png", "folder.json", "folder.zip", "folder.yaml"):
        Path(name).mkdir()
    Path("file").write_text("", encoding="utf-8")
    Path("zero.yaml").write_bytes(b"study: a\nquestion: b\x00\n")
    Path("bytes.yaml").write_bytes(b"\xff\xfe\x00\x80")
    Path("itself.yaml").write_text("study: &one {cell: *one}\n", encoding="utf-8")
    Path("deep.yaml").write_text("study: " + "[" * 3000 + "]" * 3000, encoding="utf-8")
    Path("list.yaml").write_text("[1, 2]\n", encoding="utf-8")
    write(tmp_path, TINY)
    return tmp_path


WRONG = [
    ("show absent.nc", "absent.nc: there is no such file"),
    ("show folder.nc", "folder.nc: expected a file of results, results/STUDY or results"),
    ("show text.nc", "text.nc: truncated, or no NetCDF file"),
    ("show empty.nc", "empty.nc: truncated, or no NetCDF file"),
    ("show cut.nc", "cut.nc: truncated, or no NetCDF file"),
    ("show other.nc", "not written by lfptools"),
    ("show loop.nc", "loop.nc: there is no such file"),
    (f"show {'x' * 300}.nc", "File name too long"),
    ("export cut.nc a.csv", "cut.nc: truncated"),
    ("export good.nc folder.csv", "folder.csv: is a folder; expected the name of a file to write"),
    ("export good.nc file/a.csv", "file/a.csv: cannot be written: file is a file, expected a folder"),
    ("export good.nc file/inner/a.csv", "file/inner/a.csv: cannot be written: file is a file"),
    ("export good.nc a.csv --variable net_curent", "unknown variable 'net_curent'; did you mean 'net_current'?"),
    ("export good.nc a.csv --variable q", "unknown variable 'q'. Legal: net_current."),
    ("plot absent morphology a.png", "absent: there is no such file or folder"),
    ("plot folder morphology folder.png", "folder.png: is a folder"),
    ("plot folder morphology file/a.png", "file/a.png: cannot be written: file is a file"),
    ("plot folder morphology a.png", "folder: no folder of a case's results"),
    ("plot folder morpholgy a.png", "unknown kind 'morpholgy'; did you mean 'morphology'?"),
    ("plot folder morphology a.txt", "a.txt: a morphology is written as .svg, .pdf, .png"),
    ("plot folder morphology a.png plane", "'plane': expected key=value"),
    ("plot folder morphology a.png plane=[1", "'[1' is not YAML: expected ',' or ']'"),
    ("plot folder morphology a.png plain=xz", "kind morphology: unknown key 'plain'; did you mean 'plane'?"),
    ("probe study.yaml row folder.json", "folder.json: is a folder"),
    ("probe study.yaml row file/a.json", "file/a.json: cannot be written: file is a file"),
    ("probe study.yaml rows a.json", "unknown probe 'rows'; did you mean 'row'?"),
    ("probe study.yaml row a.json --case q", "unknown case of study 'tiny' 'q'. Legal: 0.001, 0.002."),
    ("check quikstart", "unknown study 'quikstart'; did you mean 'quickstart'?"),
    ("check absent.yaml", "there is no study file 'absent.yaml'"),
    ("check folder.yaml", "folder.yaml: is a folder; expected a study's file"),
    ("check good.nc", "good.nc: is no study: expected a file that ends in .yaml"),
    ("check ./absent", "./absent: is no study: expected a file that ends in .yaml"),
    ("check zero.yaml", "zero.yaml:2: is not YAML: the character '\\x00' is not allowed"),
    ("check bytes.yaml", "bytes.yaml: cannot be read"),
    ("check itself.yaml", "itself.yaml: is nested too deeply, or an alias"),
    ("check deep.yaml", "deep.yaml: is nested too deeply"),
    ("check list.yaml", "list.yaml: expected a mapping of keys to values, got a list"),
    ("run folder.yaml", "folder.yaml: is a folder"),
    ("run quikstart", "did you mean 'quickstart'?"),
    ("run study.yaml --cores x", "--cores: expected a number of at least 1, or 'all', got 'x'"),
    ("run study.yaml -- --config study=quickstart", "studies are named twice"),
    ("prune folder.yaml", "folder.yaml: is a folder"),
    ("compare absent folder", "absent: there is no such file or folder"),
    ("compare folder folder", "folder: holds no results of a study (no index.json)"),
    ("baseline folder folder.json", "folder.json: is a folder"),
    ("baseline folder file/a.json", "file/a.json: cannot be written: file is a file"),
    ("baseline folder a.txt", "expected a name that ends in .json"),
    ("archive study.yaml --output folder.zip", "folder.zip: is a folder"),
    ("archive quikstart", "did you mean 'quickstart'?"),
    ("verify absent.zip", "absent.zip: there is no such file"),
    ("verify text.nc", "text.nc: expected an archive"),
    ("new study mine --folder file", "cannot be written: file is a file, expected a folder"),
    ("new study mine --folder file/inner", "cannot be written: file is a file, expected a folder"),
    ("new study quickstart", "the name 'quickstart' is that of"),
    ("new cell study", "there is a file study.yaml already, which is left as it is"),
    ("new probe 1x", "letters, digits and underscores, a letter first; got '1x'"),
]


@pytest.mark.parametrize(("line", "message"), WRONG, ids=[line[:60] for line, _ in WRONG])
def test_one_message_and_exit_code_1(folder, capsys, line, message):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if not path.is_symlink()}
    assert main(line.split()) == codes.FAILED
    out, err = capsys.readouterr()
    assert message in err
    assert err.count(message) == 1
    assert "Traceback" not in err
    assert not out
    after = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if not path.is_symlink()}
    assert after == before, "nothing is written"


@pytest.mark.parametrize(
    "line",
    [
        "show", "show good.nc more", "export good.nc", "plot", "probe study.yaml row", "check",
        "run --nosuch",
        "run study.yaml --cores", "prune --all", "compare folder", "compare folder folder --rtol x", "baseline folder",
        "archive", "verify", "new study", "new picture mine", "completion fish", "completion", "nosuch", "--nosuch", "",
    ],
)  # fmt: skip
def test_arguments_that_there_are_not_are_exit_code_2(folder, capsys, line):
    with pytest.raises(SystemExit) as ended:
        main(line.split())
    assert ended.value.code == codes.USAGE
    assert "error: " in capsys.readouterr().err


@pytest.mark.parametrize("names", [[""], ["quickstart", " "]])
def test_an_empty_name_does_not_mean_the_studies_of_the_configuration(names):
    with pytest.raises(ConfigError, match="a study's name is empty"):
        studies_config(ROOT, names, ())


@contextmanager
def _not_root():
    """Permissions do not bind root: be somebody else meanwhile."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)


def test_permissions_are_told(capsys, monkeypatch):
    with tempfile.TemporaryDirectory() as name:  # pytest's own folder hides from others what lies in it
        monkeypatch.chdir("/")
        there = Path(name)
        for one in ("good.nc", "shut.nc"):
            write_dataset(run_dataset(), there / one, "run")
        (there / "shut.yaml").write_text(TINY, encoding="utf-8")
        (there / "dark").mkdir()
        # What they import is read before somebody else runs them.
        assert main(["export", f"{there}/good.nc", f"{there}/dark/a.csv"]) == codes.DONE
        assert main(["check", f"{there}/shut.yaml"]) == codes.DONE
        assert main(["new", "probe", "mine", "--folder", f"{there}/dark"]) == codes.DONE
        capsys.readouterr()
        for shut in ("shut.nc", "shut.yaml", "dark"):
            (there / shut).chmod(0)
        (there / "good.nc").chmod(0o644)
        there.chmod(0o555)
        try:
            for line, message in (
                (f"show {there}/shut.nc", "shut.nc: no permission to read it"),
                (f"show {there}/dark/a.nc", "dark/a.nc: Permission denied"),
                (f"check {there}/shut.yaml", "shut.yaml: cannot be read: [Errno 13] Permission denied"),
                (f"export {there}/good.nc {there}/a.csv", f"no permission to write in {there}"),
                (f"export {there}/good.nc {there}/new/a.csv", f"no permission to write in {there}"),
                (f"new probe mine --folder {there}", f"no permission to write in {there}"),
            ):
                with _not_root():
                    assert main(line.split()) == codes.FAILED
                assert message in capsys.readouterr().err
        finally:
            there.chmod(0o755)
            (there / "dark").chmod(0o755)


def test_a_file_that_is_there_is_replaced_whole(folder, capsys):
    Path("a.csv").write_text("x" * 10_000, encoding="utf-8")
    assert main(["export", "good.nc", "a.csv"]) == codes.DONE
    assert Path("a.csv").read_text(encoding="utf-8").startswith("t_ms,net_current (nA)\n")
    assert "xx" not in Path("a.csv").read_text(encoding="utf-8")
    assert not list(folder.glob(".*.tmp"))


def test_a_reader_that_has_gone_is_no_error(folder):
    command = f"'{sys.executable}' -m lfptools.cli show good.nc | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", f"sleep 0 & wait; {command}"], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=30,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.returncode == codes.UNREAD
