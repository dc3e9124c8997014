import datasets
import numpy as np
import pytest
import xarray as xr

from lfptools.errors import DatasetError
from lfptools.geometry.segments import Segments
from lfptools.io.geometry import geometry_dataset, segments_from_dataset
from lfptools.schema.kinds import KINDS, check
from lfptools.units import QUANTITIES, attrs


def test_a_grid_goes_on_and_holds_numbers():
    ds = datasets.grid_lead_field()
    with pytest.raises(DatasetError, match="'x': expected at least two numbers that increase"):
        check(ds.isel(x=[1, 0]), "grid_lead_field")
    with pytest.raises(DatasetError, match=r"'lead_field': expected finite numbers, got nan at index \[0, 1, 2, 3\]"):
        check(ds.assign(lead_field=ds.lead_field.where(ds.lead_field != ds.lead_field[0, 1, 2, 3])), "grid_lead_field")


@pytest.mark.parametrize("kind", KINDS)
def test_a_valid_dataset_of_each_kind_passes(kind):
    check(datasets.of_every_kind()[kind], kind)


def test_units_of_the_table_are_those_of_units():
    for kind in KINDS.values():
        for name, variable in kind.variables.items():
            if name in QUANTITIES and variable.units is not None:
                assert variable.units == QUANTITIES[name][0], name


def test_unknown_kind_names_the_nearest():
    with pytest.raises(DatasetError, match="did you mean 'lead_field'"):
        check(datasets.lead_field(), "leadfield")


def set_at(name, index, value):
    def change(ds):
        values = ds[name].values.copy()
        values[index] = value
        ds[name] = (ds[name].dims, values, ds[name].attrs)
        return ds

    return change


def set_attr(name, key, value):
    def change(ds):
        ds[name].attrs[key] = value
        return ds

    return change


BAD = {
    "missing": ("run", lambda ds: ds.drop_vars("net_current"), "'net_current' is missing"),
    "misspelt": ("run", lambda ds: ds.rename(soma_potential="soma_potentail"), "did you mean 'soma_potential'"),
    "dims": ("run", lambda ds: ds.transpose("t", ...), r"dimensions \('segment', 't'\), got \('t', 'segment'\)"),
    "single precision": ("signal", lambda ds: ds.astype("f4"), "expected f8, i8 or text, got float32"),
    "units": ("run", set_attr("membrane_current", "units", "pA"), "expected units 'nA', got 'pA'"),
    "units of t": ("run", set_attr("t", "units", "s"), "'t': expected units 'ms', got 's'"),
    "no units": ("run", lambda ds: ds.assign(gate=ds.gate.drop_attrs()), "'gate': expected an attribute 'units'"),
    "figure without units": ("figure_data", lambda ds: ds.assign(trace=ds.trace.drop_attrs()), "'trace'.*units"),
    "t goes back": ("run", lambda ds: ds.isel(t=[0, 2, 1]), "'t': expected strictly increasing.*0.2.* then 0.1"),
    "t stands still": ("run", lambda ds: ds.isel(t=[0, 1, 1]), "'t': expected strictly increasing"),
    "NaN in t": ("signal", lambda ds: ds.assign_coords(t=("t", np.full(2000, np.nan), attrs("t"))), "'t'.*finite.*nan"),
    "NaN in a position": ("run", set_at("contact_x", 1, np.nan), r"'contact_x': expected finite.*nan at index \[1\]"),
    "ids repeat": ("run", set_at("segment_id", 1, "soma[0](0.5)"), r"'segment_id': expected distinct.*soma\[0\]"),
    "id empty": ("signal", set_at("component_id", 1, ""), "'component_id': expected ids, got an empty one at index 1"),
    "index": ("run", set_at("electrode_segment", 1, 4), r"'electrode_segment': expected indices in 0\.\.3, got 4"),
    "label missing": ("run", lambda ds: ds.drop_vars("segment_id"), "'segment_id' is missing"),
    "attribute missing": ("run", lambda ds: ds.drop_attrs(deep=False), "attribute 'variable_dt' is missing"),
    "clamped": ("lead_field", lambda ds: ds.assign_attrs(clamped_pairs=-1), "'clamped_pairs'.* count >= 0, got -1"),
    "two signals": ("signal", lambda ds: ds.assign(potential=ds.current_dipole_moment.assign_attrs(units="mV")), "one"),
    "no signal": ("signal", lambda ds: ds.drop_vars("current_dipole_moment"), "expected one data variable, got"),
    "no lead field": ("lead_field", lambda ds: ds.drop_vars("lead_field"), r"\['lead_field'\], got \[\]"),
    "length": ("geometry", set_at("length", 2, 0.0), "'length': expected numbers > 0, got 0.0 at index 2"),
    "diameter": ("geometry", set_at("diameter", 2, -1.0), "'diameter': expected numbers > 0"),
    "NaN point": ("geometry", set_at("point_x", 0, np.nan), "'point_x': expected finite"),
    "parent": ("geometry", set_at("section_parent", 2, 3), r"'section_parent': expected indices in -1\.\.2, got 3"),
    "cycle": ("geometry", set_at("section_parent", slice(1, 3), [2, 1]), "'section_parent': .* a tree, got a cycle"),
    "point_section": ("geometry", set_at("point_section", 0, 7), "'point_section': expected indices"),
    "foreign section": ("geometry", set_at("section", 0, "axon"), "'section': expected names of section_name.*axon"),
    "resistance": ("geometry", set_at("axial_resistance", 1, 0.0), "'axial_resistance': expected numbers > 0"),
    "reversed": ("geometry", set_at("section_reversed", 1, 2), "'section_reversed': expected indices in .*got 2"),
    "empty": ("figure_data", lambda ds: ds.isel(row=slice(0)), "dimension 'row': expected at least one entry"),
    "nothing": ("figure_data", lambda ds: xr.Dataset(), "at least one data variable"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_named(name):
    kind, change, message = BAD[name]
    with pytest.raises(DatasetError, match=f"(?s)kind '{kind}'.*{message}"):
        check(change(datasets.of_every_kind()[kind]), kind)


def test_variable_step_may_repeat_times_but_not_go_back():
    ds = datasets.run(50, variable_dt=1)
    assert (np.diff(ds.t) == 0).any()
    check(ds, "run")
    with pytest.raises(DatasetError, match="nondecreasing"):
        check(ds.isel(t=slice(None, None, -1)), "run")


def test_a_vertex_lead_field_says_what_it_is_of():
    ds = datasets.vertex_lead_field()
    for wrong, message in (
        (ds.assign_attrs(quantity="current"), "expected one of .*, got 'current'"),
        (ds.assign_attrs(quantity="magnetic_field"), "expected units 'T nA-1 um-1', got 'mV nA-1 um-1'"),
        (ds.isel(component=[2, 1, 0]), "expected x, y, z"),
    ):
        with pytest.raises(DatasetError, match=message):
            check(wrong, "vertex_lead_field")


@pytest.mark.parametrize("kind", KINDS)
def test_every_required_variable_is_required(kind):
    ds = datasets.of_every_kind()[kind]
    for name, variable in KINDS[kind].variables.items():
        if variable.required and name in ds.variables:
            with pytest.raises(DatasetError):
                check(ds.drop_vars(name), kind)


def test_geometry_comes_back_exactly():
    segments = datasets.segments()
    again = segments_from_dataset(geometry_dataset(segments))
    for name in (
        "x", "y", "z", "d", "area", "length", "section", "section_x", "section_parent", "section_parent_x",
        "section_reversed", "axial_resistance", "far_resistance",
    ):  # fmt: skip
        assert np.array_equal(getattr(again, name), getattr(segments, name), equal_nan=True), name
    assert again.section_names == segments.section_names and again.ids == segments.ids
    assert all(np.array_equal(a, b) for a, b in zip(again.points, segments.points, strict=True))


def test_geometry_without_resistances_comes_back_without():
    segments = Segments.from_arrays([[0.0, 10.0]], [[0.0, 0.0]], [[0.0, 0.0]], [1.0])
    dataset = geometry_dataset(segments)
    assert "axial_resistance" not in dataset
    assert np.isnan(segments_from_dataset(dataset).axial_resistance).all()
