"""Stage figure: what it writes beside the picture."""

import csv

import numpy as np
from analytic_study import bump, case, run_dataset, study

from lfptools.io.netcdf import open_dataset
from lfptools.provenance.record import Provenance
from lfptools.study.stages.figure import figure

T = np.arange(801) * 0.05  # ms


def test_the_table_of_a_rate_curve_holds_the_curve(tmp_path):
    made = []
    for k, spikes in enumerate(((8.0,), (8.0, 28.0), (8.0, 18.0, 28.0))):
        soma = -65.0 + sum(bump(T, at) for at in spikes)
        values = {"inputs.i.amplitude_nA": float(k + 1)}
        made.append(case(tmp_path, str(k), run_dataset(T, soma_potential=soma), values))
    block = {
        "kind": "fi_curve", "title": "Rate", "sweep": "inputs.i.amplitude_nA", "threshold_mV": -20.0,
        "expected": [{"at": 2.0, "rate_Hz": 50.0}],
    }  # fmt: skip
    figure(study(*made), block, tmp_path / "figures/rate", Provenance(study="s", stage="figure"))
    with (tmp_path / "figures/rate.csv").open(encoding="utf-8", newline="") as stream:
        tables = "\n".join(",".join(row) for row in csv.reader(stream))
    with open_dataset(tmp_path / "figures/rate.nc", "figure_data") as numbers:
        for name in numbers.data_vars:
            assert str(name) in tables
            assert all(repr(float(value)) in tables for value in np.ravel(numbers[name].values))
    assert "stimulus (nA)" in tables
