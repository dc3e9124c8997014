import csv

import datasets
import numpy as np
import pytest

from lfptools.errors import DatasetError
from lfptools.io.netcdf import write_dataset
from lfptools.io.table import describe, write_csv
from lfptools.schema.kinds import KINDS


def read(path):
    with path.open(newline="") as stream:
        return list(csv.reader(stream))


def test_traces_come_back_exactly(tmp_path):
    signal = datasets.signal()
    write_csv(signal, tmp_path / "s.csv")
    header, *lines = read(tmp_path / "s.csv")
    assert header == ["t_ms", *(f"current_dipole_moment {axis} (nA um)" for axis in "xyz")]
    numbers = np.array(lines, dtype=float).T
    assert np.array_equal(numbers[0], signal.t) and np.array_equal(numbers[1:], signal["current_dipole_moment"])


def test_one_variable(tmp_path):
    run = datasets.run(30)
    write_csv(run, tmp_path / "r.csv", "cai")
    header, *lines = read(tmp_path / "r.csv")
    assert header[:2] == ["t_ms", "cai soma[0](0.5) (mmol L-1)"] and len(header) == 5 and len(lines) == 30
    assert all(line[3] == "" for line in lines), "missing numbers stay empty"
    with pytest.raises(DatasetError, match="did you mean 'soma_potential'"):
        write_csv(run, tmp_path / "x.csv", "soma_potentail")
    assert not (tmp_path / "x.csv").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_a_table(tmp_path, kind):
    for name in ("a", "b"):
        write_csv(datasets.of_every_kind()[kind], tmp_path / name)
    header, *lines = read(tmp_path / "a")
    assert lines and all(len(line) == len(header) for line in lines)
    assert len(set(header)) == len(header)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_lines_without_time_carry_ids(tmp_path):
    write_csv(datasets.lead_field(), tmp_path / "m.csv")
    header, *lines = read(tmp_path / "m.csv")
    assert header[:2] == ["contact", "lead_field soma[0](0.5) (mV nA-1)"]
    assert [line[0] for line in lines] == ["0", "1", "2"]


@pytest.mark.parametrize("kind", KINDS)
def test_describe_says_what_is_in_the_file_and_where_it_comes_from(tmp_path, kind):
    dataset = datasets.of_every_kind()[kind]
    write_dataset(dataset, tmp_path / "f.nc", kind, datasets.PROVENANCE)
    text = describe(tmp_path / "f.nc")
    for name, variable in dataset.variables.items():
        line = next(line for line in text.splitlines() if line.split()[:1] == [name] and "=" not in line)
        assert variable.attrs.get("units", "") in line
    for word in (kind, "apical-0123456789", "0" * 40, "ab" * 32, '"numpy": "2.0"', '"cell.hoc"', "Ω", *dataset.dims):
        assert word in text, word


def test_describe_refuses_what_is_no_dataset(tmp_path):
    (tmp_path / "f.nc").write_text("no")
    with pytest.raises(DatasetError, match="truncated, or no NetCDF"):
        describe(tmp_path / "f.nc")
