import itertools
import signal
import subprocess
import sys
import tracemalloc
from pathlib import Path

import datasets
import numpy as np
import pytest
import xarray as xr

from lfptools.errors import DatasetError
from lfptools.io.atomic import leftovers
from lfptools.io.netcdf import open_dataset, write_dataset
from lfptools.io.stream import RunWriter, iter_blocks
from lfptools.units import attrs

SAMPLES = 2600
CUTS = {
    "at once": [],
    "in blocks": [1024, 2048],
    "one by one at first": [1, 2, 3, 1000],
    "with empty pieces": [0, 700, 700, SAMPLES],
}


def parts(run: xr.Dataset) -> tuple[xr.Dataset, dict]:
    names = list(run.data_vars)
    return run.drop_vars([*names, "t"]), {name: (run[name].dims, run[name].attrs) for name in names}


def append(writer: RunWriter, run: xr.Dataset, cuts=()) -> None:
    edges = [0, *cuts, run.sizes["t"]]
    for a, b in itertools.pairwise(edges):
        writer.append({name: run[name].values[..., a:b] for name in run.data_vars}, t=run.t.values[a:b])


@pytest.mark.parametrize("variable_dt", [0, 1])
@pytest.mark.parametrize("n_t", [SAMPLES, None])
@pytest.mark.parametrize("cuts", CUTS)
def test_same_bytes_as_written_at_once(tmp_path, cuts, n_t, variable_dt):
    run = datasets.run(SAMPLES, variable_dt)
    write_dataset(run, tmp_path / "a.nc", "run", datasets.PROVENANCE)
    with RunWriter(tmp_path / "b.nc", "run", *parts(run), n_t=n_t, provenance=datasets.PROVENANCE) as writer:
        append(writer, run, CUTS[cuts])
        assert not (tmp_path / "b.nc").exists()
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()
    with open_dataset(tmp_path / "b.nc", "run") as again:
        xr.testing.assert_equal(again.load(), run)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("n_t", [300, None])
def test_an_error_leaves_nothing(tmp_path, n_t):
    run = datasets.run(300)
    with pytest.raises(KeyboardInterrupt), RunWriter(tmp_path / "b.nc", "run", *parts(run), n_t=n_t) as writer:
        append(writer, run)
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
import test_stream as t
run = t.datasets.run(3000)
with t.RunWriter(sys.argv[2], "run", *t.parts(run), n_t=3000 if sys.argv[3] == "known" else None) as writer:
    t.append(writer, run)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("length", ["known", "unknown"])
def test_a_killed_process_leaves_no_file_that_looks_whole(tmp_path, length):
    path = tmp_path / "b.nc"
    command = [sys.executable, "-c", KILLED, str(Path(__file__).parent), str(path), length]
    assert subprocess.run(command).returncode == -signal.SIGKILL
    assert not path.exists() and list(tmp_path.iterdir()) == leftovers(tmp_path)
    assert len(leftovers(tmp_path)) == (length == "known")
    write_dataset(datasets.run(30), path, "run")
    with open_dataset(path, "run") as run:
        assert run.sizes["t"] == 30


@pytest.mark.parametrize("n_t, got", [(301, 300), (299, 300)])
def test_samples_are_counted(tmp_path, n_t, got):
    run = datasets.run(300)
    with (
        pytest.raises(DatasetError, match=rf"b\.nc: expected {n_t} samples, got.* {got}"),
        RunWriter(tmp_path / "b.nc", "run", *parts(run), n_t=n_t) as writer,
    ):
        append(writer, run, [100])
    assert not list(tmp_path.iterdir())


def test_no_sample_at_all(tmp_path):
    with (
        pytest.raises(DatasetError, match="expected at least 1 samples, got 0"),
        RunWriter(tmp_path / "b.nc", "run", *parts(datasets.run(3))),
    ):
        pass
    assert not list(tmp_path.iterdir())


def test_times_are_checked(tmp_path):
    run = datasets.run(300)
    run = run.assign_coords(t=("t", run.t.values[::-1].copy(), attrs("t")))
    with (
        pytest.raises(DatasetError, match="'t': expected strictly increasing"),
        RunWriter(tmp_path / "b.nc", "run", *parts(run), n_t=300) as writer,
    ):
        append(writer, run)
    assert not list(tmp_path.iterdir())


def test_nan_is_located_in_the_whole_run(tmp_path):
    run = datasets.run(300)
    run["membrane_current"].values[2, 250] = np.nan
    with (
        pytest.raises(DatasetError, match=r"'membrane_current': expected finite numbers, got nan at index \[2, 250\]"),
        RunWriter(tmp_path / "b.nc", "run", *parts(run), n_t=300) as writer,
    ):
        append(writer, run, [100, 200])
    assert not list(tmp_path.iterdir())


def test_what_cannot_become_a_run_is_refused_before_it_starts(tmp_path):
    static, variables = parts(datasets.run(10))
    with pytest.raises(DatasetError, match="'net_current' is missing"):
        RunWriter(tmp_path / "b.nc", "run", static, {"soma_potential": variables["soma_potential"]}, n_t=10)
    with pytest.raises(DatasetError, match="unknown dimension 'segments'; did you mean 'segment'"):
        RunWriter(tmp_path / "b.nc", "run", static, variables | {"cai": (("segments", "t"), {"units": "1"})}, n_t=10)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "values, message",
    [({}, "expected values of"), ({"net_current": np.ones((2, 5))}, r"expected a block of shape \(5,\), got \(2, 5\)")],
)
def test_wrong_blocks_are_refused(tmp_path, values, message):
    static = xr.Dataset(attrs=datasets.run(5).attrs)
    variables = {"net_current": (("t",), attrs("net_current"))}
    with pytest.raises(DatasetError, match=message), RunWriter(tmp_path / "b.nc", "run", static, variables) as writer:
        writer.append(values, t=np.arange(5.0))
    with pytest.raises(DatasetError, match="inside 'with"):
        writer.append({"net_current": np.ones(5)}, t=np.arange(5.0))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("known", [True, False])
def test_memory_is_that_of_a_block(tmp_path, known):
    segments, samples, block = 500, 12 * 1024, 1024
    static = xr.Dataset(
        coords={"segment_id": ("segment", np.array([f"s({i})" for i in range(segments)], dtype=object))},
        attrs=datasets.run(5).attrs,
    )
    variables = {
        "net_current": (("t",), attrs("net_current")),
        "membrane_current": (("segment", "t"), attrs("membrane_current")),
    }
    tracemalloc.start()
    with RunWriter(tmp_path / "b.nc", "run", static, variables, n_t=samples if known else None) as writer:
        for k in range(0, samples, block):
            t = np.arange(k, k + block) * 0.1
            writer.append({"net_current": t, "membrane_current": np.broadcast_to(t, (segments, block))}, t=t)
    total = 0.0
    with open_dataset(tmp_path / "b.nc", "run") as run:
        for where, values in iter_blocks(run, "membrane_current"):
            assert values.shape == (segments, block) and values[7, 0] == run.t.values[where.start]
            total += values[0].sum()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == pytest.approx((np.arange(samples) * 0.1).sum())
    assert peak < 5 * 8 * segments * block, f"{peak} bytes; the whole is {8 * segments * samples}"


def test_blocks_cover_the_run_and_names_are_checked():
    run = datasets.run(2500)
    blocks = list(iter_blocks(run, "membrane_potential"))
    assert [where for where, _ in blocks] == [slice(0, 1024), slice(1024, 2048), slice(2048, 2500)]
    assert np.array_equal(np.concatenate([v for _, v in blocks], axis=-1), run["membrane_potential"].values)
    with pytest.raises(DatasetError, match="did you mean 'membrane_current'"):
        next(iter_blocks(run, "membrane_curent"))
