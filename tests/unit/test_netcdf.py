import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import datasets
import numpy as np
import pytest
import xarray as xr

import lfptools
from lfptools.errors import DatasetError
from lfptools.io.netcdf import open_dataset, write_dataset
from lfptools.provenance.record import Provenance
from lfptools.schema.kinds import KINDS
from lfptools.units import attrs

HERE = Path(__file__).parent


def write_all(folder: Path) -> None:
    for kind, dataset in datasets.of_every_kind().items():
        write_dataset(dataset, folder / f"{kind}.nc", kind, datasets.PROVENANCE)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    write_all(folder)
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_comes_back_as_it_was(files, kind):
    expected = datasets.of_every_kind()[kind]
    with open_dataset(files / f"{kind}.nc", kind) as again:
        xr.testing.assert_equal(again.load(), expected)
        assert set(again.coords) == set(expected.coords)
        for name in expected.variables:
            assert again[name].attrs == expected[name].attrs, name
        assert expected.attrs.items() <= again.attrs.items() | {("kind", kind)}


@pytest.mark.parametrize("kind", KINDS)
def test_opens_with_plain_xarray(files, kind):
    with xr.open_dataset(files / f"{kind}.nc") as again:
        xr.testing.assert_equal(again.load(), datasets.of_every_kind()[kind])
        for variable in again.variables.values():
            assert "_FillValue" not in {**variable.attrs, **variable.encoding}


def test_is_read_lazily(files):
    with open_dataset(files / "run.nc", "run") as run:
        assert not run["membrane_current"].variable._in_memory
        assert run["membrane_current"].isel(t=slice(5, 7)).values.shape == (4, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_passes_the_cf_checker(files, kind):
    command = [shutil.which("compliance-checker", path=str(Path(sys.executable).parent)) or "compliance-checker"]
    done = subprocess.run(
        [*command, "--test", "cf:1.11", "--criteria", "strict", str(files / f"{kind}.nc")],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All tests passed!" in done.stdout, done.stdout


def test_title_and_history_tell_no_time(files):
    with xr.open_dataset(files / "lead_field.nc") as made:
        assert made.attrs["title"] == "quickstart: lead field"
        assert made.attrs["history"] == f"made by lfptools {lfptools.__version__}, stage simulate"


def test_two_processes_write_the_same_bytes(files, tmp_path):
    child = f"import sys; sys.path.insert(0, {str(HERE)!r}); import test_netcdf as t; t.write_all(t.Path(sys.argv[1]))"
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "7",
        "TZ": "Asia/Tokyo",
        "MALLOC_PERTURB_": "170",
        "OPENBLAS_NUM_THREADS": "1",
    }
    subprocess.run([sys.executable, "-c", child, str(tmp_path)], check=True, env=environment)
    for kind in KINDS:
        assert (tmp_path / f"{kind}.nc").read_bytes() == (files / f"{kind}.nc").read_bytes(), kind


def test_bytes_do_not_depend_on_the_order_of_variables_or_attributes(files, tmp_path):
    run = datasets.run()
    turned = xr.Dataset(
        {name: run[name].variable for name in reversed(list(run.data_vars))},
        {name: run[name].variable for name in reversed(list(run.coords))},
        dict(reversed(run.attrs.items())),
    )
    write_dataset(turned, tmp_path / "run.nc", "run", datasets.PROVENANCE)
    assert (tmp_path / "run.nc").read_bytes() == (files / "run.nc").read_bytes()


def test_copying_a_file_gives_the_same_bytes(files, tmp_path):
    with open_dataset(files / "run.nc") as run:
        write_dataset(run, tmp_path / "run.nc", "run")
    assert (tmp_path / "run.nc").read_bytes() == (files / "run.nc").read_bytes()


def test_provenance_is_stamped(files):
    with open_dataset(files / "signal.nc") as signal:
        assert signal.attrs["Conventions"] == "CF-1.11" and signal.attrs["kind"] == "signal"
        assert signal.attrs["case"] == "apical-0123456789" and signal.attrs["git_dirty"] == 0
        assert signal.attrs["config"] == r'{"run":{"dt_ms":0.1},"\u00b5":"\u03a9"}'


def test_a_long_config_fits(tmp_path):
    long = Provenance(config={"times_ms": [float(i) / 3 for i in range(20_000)]})
    write_dataset(datasets.signal(10), tmp_path / "s.nc", "signal", long)
    with xr.open_dataset(tmp_path / "s.nc") as signal:
        assert json.loads(signal.attrs["config"]) == long.config


@pytest.mark.parametrize("value", [None, {"a": 1}, object()])
def test_attributes_that_netcdf_cannot_hold_are_refused(tmp_path, value):
    with pytest.raises(DatasetError, match="attribute 'extra': expected text or a number"):
        write_dataset(datasets.signal().assign_attrs(extra=value), tmp_path / "x.nc", "signal")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "kind, name, index",
    [
        ("run", "net_current", 2999),
        ("signal", "current_dipole_moment", (1, 1500)),
        ("lead_field", "lead_field", (2, 1)),
    ],
)
def test_nan_is_refused_and_located(tmp_path, kind, name, index):
    dataset = datasets.of_every_kind()[kind]
    dataset[name].values[index] = np.nan
    where = list(index) if isinstance(index, tuple) else [index]
    with pytest.raises(DatasetError) as raised:
        write_dataset(dataset, tmp_path / "x.nc", kind)
    assert f"{name!r}: expected finite numbers, got nan at index {where}" in str(raised.value)
    assert not list(tmp_path.iterdir())


def test_a_wrong_dataset_leaves_the_old_file(tmp_path):
    path = tmp_path / "run.nc"
    path.write_text("old")
    with pytest.raises(DatasetError, match="net_current"):
        write_dataset(datasets.run().drop_vars("net_current"), path, "run")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("part", [0.0, 0.001, 0.3, 0.9, 0.9999])
def test_a_truncated_file_is_refused(files, tmp_path, part):
    whole = (files / "run.nc").read_bytes()
    (tmp_path / "run.nc").write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(DatasetError, match=r"run\.nc: truncated, or no NetCDF file.*run again"):
        open_dataset(tmp_path / "run.nc")


def test_foreign_files_are_refused(tmp_path):
    (tmp_path / "text.nc").write_text("t_ms,potential\n0,1\n")
    with pytest.raises(DatasetError, match=r"text\.nc: truncated, or no NetCDF"):
        open_dataset(tmp_path / "text.nc")
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf(tmp_path / "foreign.nc")
    with pytest.raises(DatasetError, match=r"foreign\.nc: not written by lfptools.*xarray\.open_dataset"):
        open_dataset(tmp_path / "foreign.nc")
    with pytest.raises(DatasetError, match=r"absent\.nc: there is no such file"):
        open_dataset(tmp_path / "absent.nc")


def test_another_kind_is_refused(files):
    with pytest.raises(DatasetError, match="expected a dataset of kind 'run', got 'signal'"):
        open_dataset(files / "signal.nc", "run")
    with pytest.raises(DatasetError, match="did you mean 'signal'"):
        open_dataset(files / "signal.nc", "signals")


def test_a_file_changed_by_others_is_checked(files, tmp_path):
    with xr.open_dataset(files / "signal.nc") as signal:
        signal.load().drop_vars("component_id").to_netcdf(tmp_path / "signal.nc")
    with pytest.raises(DatasetError, match=r"signal\.nc: dataset of kind 'signal'.*component_id"):
        open_dataset(tmp_path / "signal.nc", "signal")


def test_a_replaced_file_is_read_anew(tmp_path):
    path = tmp_path / "signal.nc"
    for scale in (1.0, 2.0, 3.0):
        write_dataset(scaled(scale), path, "signal")
        signal = open_dataset(path)  # left open on purpose
        expected = scale * datasets.signal()["current_dipole_moment"].values
        assert np.array_equal(signal["current_dipole_moment"].values, expected)


def scaled(scale: float) -> xr.Dataset:
    signal = datasets.signal()
    signal["current_dipole_moment"].values[:] *= scale
    return signal


FULL = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import datasets, lfptools.io.layout as layout
from lfptools.errors import DatasetError
from lfptools.io.netcdf import open_dataset, write_dataset
from lfptools.io.stream import RunWriter

folder, way, look_first = Path(sys.argv[2]), sys.argv[3], sys.argv[4] == "1"
if not look_first:
    layout.refuse_if_too_large = lambda final, needed: None
small, large, path = datasets.run(200), datasets.run(40_000), folder / "run.nc"
write_dataset(small, path, "run")
before = path.read_bytes()
names = list(large.data_vars)
for attempt in range(2):
    try:
        if way == "write":
            write_dataset(large, path, "run")
        else:
            variables = {name: (large[name].dims, large[name].attrs) for name in names}
            n_t = large.sizes["t"] if way == "stream" else None
            with RunWriter(path, "run", large.drop_vars([*names, "t"]), variables, n_t=n_t) as writer:
                for k in range(0, large.sizes["t"], 1000):
                    piece = large.isel(t=slice(k, k + 1000))
                    writer.append({name: piece[name].values for name in names}, t=piece.t.values)
    except DatasetError as error:
        assert str(path) in str(error) and "disk full" in str(error), error
    else:
        raise SystemExit("the disk was not full")
    assert [file.name for file in folder.iterdir()] == ["run.nc"], list(folder.iterdir())
    assert path.read_bytes() == before
    with open_dataset(path, "run") as run:
        assert run.sizes["t"] == 200 and run.load().equals(small)
write_dataset(small, path, "run")
print("nothing half-written")
"""


@pytest.mark.parametrize("way", ["write", "stream", "stream of unknown length"])
@pytest.mark.parametrize("look_first", [True, False])
def test_a_full_disk_leaves_nothing_half_written(tmp_path, way, look_first):
    script, folder = tmp_path / "full.py", tmp_path / "disk"
    script.write_text(FULL)
    folder.mkdir()
    run = [sys.executable, str(script), str(HERE), str(folder), way, str(int(look_first))]
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode == 0:
        mount = 'mount -t tmpfs -o size=1m tmpfs "$1" && shift && exec "$@"'
        command = ["unshare", "-rm", "sh", "-c", mount, "sh", str(folder), *run]
    else:
        command = ["bash", "-c", 'ulimit -f 1024 && exec "$@"', "bash", *run]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == "nothing half-written\n" and done.stderr == ""


@pytest.mark.parametrize("way", ["write", "stream", "stream of unknown length"])
@pytest.mark.parametrize("look_first", [True, False])
def test_a_file_size_limit_is_like_a_full_disk(tmp_path, way, look_first):
    script, folder = tmp_path / "full.py", tmp_path / "disk"
    script.write_text(FULL)
    folder.mkdir()
    run = [sys.executable, str(script), str(HERE), str(folder), way, str(int(look_first))]
    command = ["bash", "-c", 'ulimit -f 1024 && exec "$@"', "bash", *run]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match=r"file/run\.nc could not be written: (Not a directory|File exists)"):
        write_dataset(datasets.run(5), tmp_path / "file" / "run.nc", "run")


def test_no_time_host_user_or_path_inside(files):
    import getpass
    import socket

    for kind in KINDS:
        content = (files / f"{kind}.nc").read_bytes()
        for secret in (socket.gethostname(), str(files), str(HERE), str(Path.home())):
            assert len(secret) < 4 or secret.encode() not in content, (kind, secret)
        assert getpass.getuser().encode() + b"/" not in content
    assert len({hashlib.sha256((files / f"{kind}.nc").read_bytes()).hexdigest() for kind in KINDS}) == len(KINDS)


def test_scalars_and_labels_of_nothing_come_back(tmp_path):
    figure = datasets.figure_data().assign(peak=((), np.float64(3.0), attrs("potential")))
    figure = figure.assign_coords(name=((), "apical"), left=("left", datasets.text("a", "µ")))
    write_dataset(figure, tmp_path / "f.nc", "figure_data")
    with open_dataset(tmp_path / "f.nc") as again, xr.open_dataset(tmp_path / "f.nc") as plain:
        assert set(again.coords) == {"t", "name", "left"}
        xr.testing.assert_equal(again.load(), figure)
        xr.testing.assert_equal(plain.load(), figure)
    static = datasets.run(5).drop_vars(list(datasets.run(5).data_vars))
    run = static.assign(net_current=datasets.run(5)["net_current"])
    write_dataset(run, tmp_path / "r.nc", "run")
    with open_dataset(tmp_path / "r.nc", "run") as again:
        assert set(again.coords) == set(run.coords) and list(again.data_vars) == ["net_current"]


def test_units_survive(files):
    with open_dataset(files / "signal.nc") as signal:
        assert signal["current_dipole_moment"].attrs == attrs("current_dipole_moment")


def test_a_file_open_twice_survives_that_one_is_closed(tmp_path):
    """netCDF4 alone fails at the last of these, or crashes: ids are text."""
    write_dataset(datasets.run(), tmp_path / "run.nc", "run")
    write_dataset(datasets.signal(), tmp_path / "signal.nc", "signal")
    (tmp_path / "link.nc").symlink_to("run.nc")
    first = open_dataset(tmp_path / "run.nc")
    with open_dataset(tmp_path / "link.nc") as second:
        assert second["segment_id"].values.tolist() == first["segment_id"].values.tolist()
    other = open_dataset(tmp_path / "signal.nc")
    third = open_dataset(tmp_path / "link.nc")
    assert np.array_equal(third["soma_potential"], first["soma_potential"])
    assert other["component_id"].values.tolist() == ["x", "y", "z"]


def test_a_file_that_has_been_replaced_is_read_anew(tmp_path):
    path = tmp_path / "run.nc"
    write_dataset(datasets.run(seed=1), path, "run")
    before = open_dataset(path)
    write_dataset(datasets.run(seed=2), path, "run")
    after = open_dataset(path)
    assert not np.array_equal(before["soma_potential"], after["soma_potential"])
