"""All cases of a study as one labelled object."""

import json

import numpy as np
import pytest
import xarray as xr
from analytic_study import case, potential_dataset, run_dataset

from lfptools import open_study, power_law, power_spectrum
from lfptools.errors import DatasetError

T = np.arange(11) * 0.5


def write(folder, cases, analyses=None):
    """Write cases and their index as a study's results; a case is (label, values, t, number of contacts, factor)."""
    entries = []
    for label, values, t, contacts, factor in cases:
        signal = factor * (np.arange(contacts)[:, None] + t)
        lfp = potential_dataset(np.arange(contacts), np.zeros(contacts), np.zeros(contacts), t, signal)
        far = potential_dataset([1e3], [0.0], [0.0], t, signal[:1] * 10)
        made = case(
            folder,
            label,
            run_dataset(t, soma_potential=factor * t),
            values,
            analyses=analyses and analyses(lfp),
            lfp=lfp,
            far=far,
        )
        named = {kind: {name: str(p) for name, p in made.paths[kind].items()} for kind in ("signal", "analysis")}
        paths = {"run": str(made.paths["run"]), **named}
        about = {"id": label, "experiment": "main", "label": label, "values": values, "config": {}}
        entries.append({**about, "paths": paths})
    index = {"study": "s", "title": "S", "config": {}, "cases": entries}
    (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")
    return entries


GRID = [
    (f"{a}, {b}", {"cell.Ra_ohm_cm": a, "run.name": b}, T, 3, a * (2 if b == "x" else 5))
    for a in (1.0, 2.0, 3.0) for b in ("x", "y")
]  # fmt: skip


def test_a_grid_has_the_swept_keys_as_dimensions(tmp_path):
    write(tmp_path, GRID[::-1])
    found = open_study(tmp_path)
    assert dict(found.sizes) == {"Ra_ohm_cm": 3, "name": 2, "lfp_contact": 3, "far_contact": 1, "t": 11}
    assert found["lfp"].dims == ("Ra_ohm_cm", "name", "lfp_contact", "t") and found["lfp"].attrs["units"] == "mV"
    assert found["Ra_ohm_cm"].attrs["sweep_key"] == "cell.Ra_ohm_cm"
    np.testing.assert_array_equal(found["lfp"].sel(Ra_ohm_cm=2.0, name="y"), 10 * (np.arange(3)[:, None] + T))
    np.testing.assert_array_equal(found["soma_potential"].sel(name="x")[:, -1], found["Ra_ohm_cm"] * 10)
    far = found["far"].isel(t=[3, 1]).sel(name="x", Ra_ohm_cm=[3.0, 1.0])
    np.testing.assert_array_equal(far[:, 0], [[90, 30], [30, 10]])
    assert found["case_label"].sel(Ra_ohm_cm=1.0, name="y").item() == "1.0, y"


def test_numbers_are_read_when_they_are_looked_at(tmp_path):
    entries = write(tmp_path, GRID)
    found = open_study(tmp_path, variables=["lfp"])
    assert set(found.data_vars) == {"lfp"}
    (tmp_path / entries[0]["paths"]["signal"]["lfp"]).unlink()
    assert found["lfp"].sel(Ra_ohm_cm=3.0, name="y").values.shape == (3, 11)
    with pytest.raises(FileNotFoundError):
        found["lfp"].load()


def test_a_list_has_its_cases_along_one_dimension(tmp_path):
    write(tmp_path, [GRID[0], GRID[3], GRID[4]])
    found = open_study(tmp_path)
    assert found["lfp"].dims[0] == "case" and found["case"].values.tolist() == ["1.0, x", "2.0, y", "3.0, x"]
    assert found["Ra_ohm_cm"].dims == ("case",) and found["name"].values.tolist() == ["x", "y", "x"]
    np.testing.assert_array_equal(found["lfp"].sel(case="2.0, y"), 10 * (np.arange(3)[:, None] + T))


def test_a_case_of_a_list_that_has_no_number_has_nan(tmp_path):
    write(tmp_path, [("a", {"cell.Ra_ohm_cm": 100.0}, T, 3, 1.0), ("b", {"run.name": "x"}, T, 3, 2.0)])
    found = open_study(tmp_path)
    np.testing.assert_array_equal(found["Ra_ohm_cm"], [100.0, np.nan])


def test_partial_results_open_too(tmp_path):
    entries = write(tmp_path, GRID)
    (tmp_path / entries[5]["paths"]["run"]).unlink()
    found = open_study(tmp_path)
    assert found.sizes["case"] == 5 and found.attrs["missing_cases"] == ["3.0, y"]
    for entry in entries:
        (tmp_path / entry["paths"]["run"]).unlink(missing_ok=True)
    with pytest.raises(DatasetError, match="none of its 6 cases has been made"):
        open_study(tmp_path)


def spectra(lfp):
    """Analyses with other frequencies, and of one and of several variables."""
    return {
        "psd": power_spectrum(lfp, segment_ms=10), "coarse": power_spectrum(lfp, segment_ms=5),
        "line": power_law(lfp, segment_ms=10, band_Hz=[200, 900]),
    }  # fmt: skip


def test_analyses_are_there_by_their_names(tmp_path):
    entries = write(tmp_path, [(label, at, np.arange(41) * 0.5, n, by) for label, at, _, n, by in GRID], spectra)
    found = open_study(tmp_path)
    psd, coarse = found["psd"], found["coarse"]
    assert psd.dims == ("Ra_ohm_cm", "name", "lfp_contact", "psd_frequency") and psd.attrs["units"] == "mV2 Hz-1"
    assert found["psd_frequency"].values.tolist() == [100.0 * k for k in range(11)]
    assert found["coarse_frequency"].values.tolist() == [200.0 * k for k in range(6)]
    ratio = psd.sel(name="y", Ra_ohm_cm=2.0) / psd.sel(name="x", Ra_ohm_cm=1.0)
    np.testing.assert_allclose(ratio[1:, 1:9], 25.0, rtol=1e-9)  # factors 10 and 2, squared
    assert {"line.exponent", "line.standard_error"} <= set(found.data_vars) and coarse.shape[:3] == (3, 2, 3)
    assert set(open_study(tmp_path, variables=["psd"]).data_vars) == {"psd"}
    (tmp_path / entries[1]["paths"]["analysis"]["psd"]).unlink()
    found = open_study(tmp_path)
    assert found.attrs["missing_analyses"] == ["psd"] and "psd" not in found and found["lfp"].sizes["name"] == 2
    with pytest.raises(DatasetError, match=r"unknown variable 'psd'.*not made in all cases: psd"):
        open_study(tmp_path, variables=["psd"])


def test_cases_with_other_axes_are_a_tree(tmp_path):
    short, long = (
        ("short", {"run.t_stop_ms": 5.0}, T, 3, 1.0),
        ("long", {"run.t_stop_ms": 9.0}, np.arange(19) * 0.5, 3, 1),
    )
    write(tmp_path, [short, long])
    found = open_study(tmp_path)
    assert isinstance(found, xr.DataTree) and list(found.children) == ["short", "long"]
    assert found["long"]["soma_potential"].sizes == {"t": 19}
    assert found["long"]["t_stop_ms"].item() == 9.0 and found["long"]["t_stop_ms"].attrs["sweep_key"] == "run.t_stop_ms"
    assert {"soma_potential", "lfp", "far"} <= set(found.attrs["differing_variables"])


def test_one_case_has_no_dimension_of_its_own(tmp_path):
    write(tmp_path, [("main", {}, T, 2, 1.0)])
    assert open_study(tmp_path)["lfp"].dims == ("lfp_contact", "t")


def write_signals(folder, cases):
    """A study whose cases are (swept values, positions of three contacts and their potential by signal)."""
    entries = []
    for values, signals in cases:
        label = str(len(entries))
        lfps = {
            name: potential_dataset(x, [0.0] * 3, [0.0] * 3, T[:3], np.full((3, 3), u))
            for name, (x, u) in signals.items()
        }
        made = case(folder, label, run_dataset(T[:3], soma_potential=T[:3]), values, **lfps)
        paths = {"run": str(made.paths["run"]), "signal": {name: str(p) for name, p in made.paths["signal"].items()}}
        about = {"id": label, "experiment": "main", "label": label, "values": values, "config": {}}
        entries.append({**about, "paths": paths})
    (folder / "index.json").write_text(json.dumps({"study": "s", "title": "S", "config": {}, "cases": entries}))


NEAR, FAR = [1.0, 2.0, 3.0], [10.0, 20.0, 30.0]


def test_probes_whose_contacts_have_the_same_ids_keep_their_positions(tmp_path):
    """All have contacts 0, 1 and 2, one in other places."""
    write_signals(tmp_path, [({}, {"near": (NEAR, 1.0), "again": (NEAR, 1.0), "far": (FAR, 1.0)})])
    found = open_study(tmp_path)
    assert found["near"].dims == found["again"].dims == ("near_contact", "t") and found["far"].dims[0] == "far_contact"
    assert found["near_contact_x"].values.tolist() == NEAR and found["far_contact_x"].values.tolist() == FAR


def test_a_probe_that_is_moved_has_its_positions_in_each_case(tmp_path):
    write_signals(
        tmp_path, [({"probes.p.position_um.x": x}, {"lfp": (np.array(NEAR) + x, x)}) for x in (7.0, 0.0, 5.0)]
    )
    found = open_study(tmp_path)
    assert found["lfp"].dims == ("x", "contact", "t") and found["contact_x"].dims == ("x", "contact")
    assert found["contact_y"].dims == ("contact",)
    for x in (0.0, 5.0, 7.0):
        assert found["contact_x"].sel(x=x).values.tolist() == [1 + x, 2 + x, 3 + x]
        assert (found["lfp"].sel(x=x) == x).all()


def test_a_synapse_that_is_moved_is_the_same_synapse(tmp_path):
    entries = []
    for fraction, at in ((0.25, "soma[0](0.25)"), (0.75, "soma[0](0.75)")):
        run = run_dataset(T, synapse_current=np.full((1, T.size), fraction))
        run["synapse_at"] = ("synapse", np.array([at], dtype=object), {"long_name": "segment"})
        made = case(tmp_path, at, run, {"inputs.epsp.at.fraction": fraction})
        about = {"id": at, "experiment": "main", "label": at, "values": made.values, "config": {}}
        entries.append({**about, "paths": {"run": str(made.paths["run"]), "signal": {}}})
    (tmp_path / "index.json").write_text(json.dumps({"study": "s", "title": "S", "config": {}, "cases": entries}))
    found = open_study(tmp_path)
    assert found["synapse_current"].dims == ("fraction", "synapse", "t")
    assert found["synapse_at"].sel(fraction=0.75).values.tolist() == ["soma[0](0.75)"]


def test_probes_that_stand_together_in_one_case_alone_are_told_apart(tmp_path):
    both = [({"probes.p.position_um.x": x}, {"still": (NEAR, x), "moved": (np.array(NEAR) + x, x)}) for x in (0.0, 9.0)]
    write_signals(tmp_path, both)
    found = open_study(tmp_path)
    assert found["still_contact_x"].values.tolist() == NEAR
    assert found["moved_contact_x"].values.tolist() == [NEAR, [10.0, 11.0, 12.0]]


def test_a_signal_that_some_cases_have_alone_is_found(tmp_path):
    write_signals(
        tmp_path, [({"a.b": 1.0}, {"lfp": (NEAR, 1.0)}), ({"a.b": 2.0}, {"lfp": (NEAR, 2.0), "more": (FAR, 2.0)})]
    )
    found = open_study(tmp_path)
    assert found.attrs["differing_variables"] == ["more"] and "more" in found["1"] and "more" not in found["0"]
    assert open_study(tmp_path, variables=["lfp"])["lfp"].dims == ("b", "contact", "t")
    assert list(open_study(tmp_path, variables=["more"])["1"].data_vars) == ["more"]


def test_what_an_attribute_says_of_some_cases_alone_is_left_out(tmp_path):
    write_signals(tmp_path, [({"run.dt_ms": x}, {"lfp": (NEAR, x)}) for x in (0.5, 0.25)])
    path = next(tmp_path.rglob("*lfp*.nc"))
    with xr.open_dataset(path) as dataset:
        dataset = dataset.load()
    dataset["potential"].attrs["condition_number"] = 7.0
    dataset.to_netcdf(path)
    attrs = open_study(tmp_path)["lfp"].attrs
    assert attrs["units"] == "mV" and "condition_number" not in attrs


def test_wrong_names_are_told(tmp_path):
    write(tmp_path, GRID)
    with pytest.raises(DatasetError, match="unknown variable 'lpf'; did you mean 'lfp'"):
        open_study(tmp_path, variables=["lpf"])
    with pytest.raises(DatasetError, match="unknown experiment 'mian'; did you mean 'main'"):
        open_study(tmp_path, experiment="mian")
    with pytest.raises(DatasetError, match="run the study first"):
        open_study(tmp_path / "nowhere")
