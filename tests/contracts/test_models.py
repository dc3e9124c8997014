"""What every entry of MODELS must be: a new model joins by its line in the registry."""

import inspect
import re
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pydantic
import pytest
import xarray as xr
from arrangements import ARRANGEMENTS, Arrangement

from lfptools.config.parameters import Parameters
from lfptools.config.registry import load
from lfptools.errors import DatasetError, LfptoolsError
from lfptools.forward.apply import apply_lead_field
from lfptools.forward.leadfield import lead_field_dataset
from lfptools.forward.registry import MODELS
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.leadfield import LeadField, row_matrix
from lfptools.geometry.segments import Segments, rotation_matrix
from lfptools.schema.kinds import check
from lfptools.units import QUANTITIES, attrs

UNIT = re.compile(r"_(um|mm|ms|mV|nA|uS|S_per_m|S_per_cm2|degC|rad|deg|Hz|mA|uA|mS|V_per_m)$")
SYMMETRIC = [(name, s) for name in sorted(MODELS) for s in sorted(load(MODELS[name]).symmetries)]


def run_dataset(segments: Segments, currents: np.ndarray) -> xr.Dataset:
    return xr.Dataset(
        {"membrane_current": (("segment", "t"), currents, attrs("membrane_current"))},
        {"t": ("t", np.arange(currents.shape[1]) * 0.1, attrs("t")), "segment_id": ("segment", list(segments.ids))},
    )


def test_shape_and_protocol(setting, model_name):
    model = setting.model(model_name)
    matrix = row_matrix(model)
    if model.is_sparse:
        matrix = matrix.toarray()
    np.testing.assert_array_equal(model.get_transformation_matrix().reshape(-1, len(setting.segments)), matrix)
    rows = {len(values) for values in model.row_coords.values()}
    assert isinstance(model, LeadField)
    assert matrix.dtype == np.float64 and matrix.flags.c_contiguous and np.isfinite(matrix).all()
    assert rows == {matrix.shape[0]} and matrix.shape[1] == len(setting.segments)
    assert f"{model.row_dim}_id" in model.row_coords
    assert model.data is None and isinstance(model.clamped_pairs, int)
    assert {model.quantity, model.matrix_quantity} <= set(QUANTITIES)


def test_parameters_are_closed_described_and_carry_units(model_name):
    cls = load(MODELS[model_name])
    assert issubclass(cls.Parameters, Parameters) and cls.model == model_name
    for name, field in cls.Parameters.model_fields.items():
        numeric = re.search(r"\b(float|int)\b", str(field.annotation))
        known = name.startswith(("number", "order", "relative")) or name.endswith("indices")
        assert not numeric or UNIT.search(name) or known, name
        assert field.description, name
    with pytest.raises(pydantic.ValidationError, match="conductivty"):
        cls.Parameters(conductivty=0.3)


def test_parameters_survive(setting, model_name):
    model = setting.model(model_name)
    assert model.parameters == setting.parameters(model_name)


@pytest.mark.parametrize("value", [0, -0.3, float("nan"), float("inf"), "much"])
def test_refuses_impossible_conductivities(model_name, value):
    fields = [name for name in load(MODELS[model_name]).Parameters.model_fields if name.startswith("conductivity")]
    for name in set(fields) - (insulators(model_name) if value == 0 else set()):
        with pytest.raises(pydantic.ValidationError, match=name):
            load(MODELS[model_name]).Parameters(**{name: value})


def insulators(model_name: str) -> frozenset[str]:
    return ARRANGEMENTS.get(model_name, Arrangement()).insulators


INSULATED = [(model, name) for model in sorted(MODELS) for name in sorted(insulators(model))]


@pytest.mark.parametrize(("model_name", "insulator"), INSULATED)
def test_a_medium_around_the_sources_may_insulate(setting, model_name, insulator):
    """No current gets into it: the limit of ever smaller conductivities."""
    matrix, limit = (
        setting.model(model_name, parameters=setting.parameters(model_name, **{insulator: value}))
        .get_transformation_matrix()
        for value in (0.0, 1e-9)
    )  # fmt: skip
    np.testing.assert_allclose(matrix, limit, rtol=1e-6)
    assert np.isfinite(matrix).all()


@pytest.mark.filterwarnings("ignore:.*pairs are nearer")
def test_same_bits_again_and_for_any_number_of_threads(setting, model_name):
    from lfptools.kernels.compile import set_threads

    model = setting.model(model_name, contacts=setting.contacts(model_name, 1201))
    before = set_threads(10**6)
    try:
        several = model.get_transformation_matrix(), model.clamped_pairs
        set_threads(1)
        one = model.get_transformation_matrix(), model.clamped_pairs
    finally:
        set_threads(before)
    assert several[0].tobytes() == one[0].tobytes() and several[1] == one[1]


def test_columns_depend_on_their_segment_alone(setting, model_name):
    matrix = setting.model(model_name).get_transformation_matrix()
    keep = np.r_[68:70, 3:7]
    s = setting.segments
    part = Segments.from_arrays(s.x[keep], s.y[keep], s.z[keep], s.d[keep])
    np.testing.assert_array_equal(
        setting.model(model_name, segments=part).get_transformation_matrix(), matrix[..., keep]
    )


def test_direction_of_a_segment_does_not_matter(setting, model_name):
    s = setting.segments
    turned = replace(s, x=s.x[:, ::-1], y=s.y[:, ::-1], z=s.z[:, ::-1])
    np.testing.assert_allclose(
        setting.model(model_name, segments=turned).get_transformation_matrix(),
        setting.model(model_name).get_transformation_matrix(), rtol=1e-12, atol=1e-15,
    )  # fmt: skip


@pytest.mark.parametrize(("name", "symmetry"), SYMMETRIC)
def test_moving_cell_and_contacts_together(setting, name, symmetry):
    signal = setting.model(name).get_transformation_matrix() @ setting.currents
    turn, shift = np.eye(3), np.zeros(3)
    if symmetry == "rotation":
        turn = rotation_matrix(x=0.3, y=-1.1, z=2.0)
    elif symmetry == "horizontal":
        turn, shift = rotation_matrix(z=2.0), np.array([130.0, -70.0, 0.0])
    else:
        shift = np.array([130.0, -70.0, 41.5])
    segments = setting.segments.rotated(turn).moved(*shift)
    contacts = Contacts.from_positions(*(setting.contacts(name).positions @ turn.T + shift).T)
    model = setting.model(name, segments=segments, contacts=contacts)
    expected = turn @ signal if model.row_dim == "component" else signal
    np.testing.assert_allclose(
        model.get_transformation_matrix() @ setting.currents, expected, atol=1e-11 * np.abs(signal).max()
    )


def test_plain_arrays_and_a_cell_that_comes_later(setting, model_name):
    s = setting.segments
    model = setting.model(model_name)
    matrix = model.get_transformation_matrix()
    later = setting.model(model_name, segments=None)
    with pytest.raises(LfptoolsError, match="no cell"):
        later.get_transformation_matrix()
    later.cell = SimpleNamespace(x=s.x, y=s.y, z=s.z, d=s.d)
    np.testing.assert_array_equal(later.get_transformation_matrix(), matrix)
    later.cell = s.moved(dz=10.0)
    assert not np.array_equal(later.get_transformation_matrix(), matrix)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"d": None}, "has no d"),
        ({"x": np.zeros((3, 2))}, "shape"),
        ({"x": np.zeros(70)}, "shape"),
        ({"y": np.full((70, 2), np.nan)}, r"indices \[0, 1, 2"),
        ({"d": np.r_[np.ones(69), 0.0]}, r"> 0 µm: indices \[69\]"),
        ({"z": [["a", "b"]] * 70}, "numbers"),
        ({"x": np.zeros((0, 2)), "y": np.zeros((0, 2)), "z": np.zeros((0, 2)), "d": np.zeros(0)}, "at least one"),
    ],
)
def test_impossible_cells(setting, model_name, changes, message):
    s = setting.segments
    model = setting.model(model_name, segments=SimpleNamespace(**{"x": s.x, "y": s.y, "z": s.z, "d": s.d, **changes}))
    with pytest.raises(ValueError, match=message):
        model.get_transformation_matrix()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": [0.0, np.nan]}, r"indices \[1\]"), ({"x": [0.0]}, "one length"),
        ({"x": [], "y": [], "z": []}, "at least 1"),
        ({"x": [[0.0, 1.0]]}, "one length"), ({"sigma": 0.0}, "> 0"), ({"sigma": -1}, "> 0"),
        ({"sigma": float("nan")}, "finite"), ({"sigma": "0.3"}, "one number"), ({"sigma": [0.3, 0.3]}, "one number"),
    ],
)  # fmt: skip
def test_impossible_contacts_and_conductivities(setting, model_name, changes, message):
    cls = load(MODELS[model_name])
    legal = set(inspect.signature(cls).parameters)
    arguments = {"cell": setting.segments, "x": [0.0, 1.0], "y": [0.0, 1.0], "z": [0.0, 1.0], **changes}
    if cls.needs_contacts and set(arguments) <= legal:
        with pytest.raises((ValueError, TypeError), match=message):
            cls(**arguments)
    else:  # a model without contacts takes none of these names, or means something else by x, y, z
        with pytest.raises((ValueError, TypeError)):
            cls(**arguments)


def test_unknown_keywords_are_refused(setting, model_name):
    cls = load(MODELS[model_name])
    with pytest.raises(TypeError):
        cls(setting.segments, sigmma=0.3)


def test_labelled_dataset(setting, model_name):
    model = setting.model(model_name)
    dataset = lead_field_dataset(model)
    check(dataset, "lead_field")
    assert dataset["lead_field"].attrs["units"] == QUANTITIES[model.matrix_quantity][0]
    assert dataset.attrs["model"] == model_name and dataset.attrs["quantity"] == model.quantity
    assert type(model).Parameters.model_validate_json(dataset.attrs["parameters"]) == model.parameters.portable()
    assert tuple(dataset["segment_id"].values) == setting.segments.ids


def test_applied_to_a_run(setting, model_name):
    model = setting.model(model_name)
    dataset = lead_field_dataset(model)
    signal = apply_lead_field(dataset, run_dataset(setting.segments, setting.currents))
    check(signal, "signal")
    assert signal[model.quantity].dims == (model.row_dim, "t")
    np.testing.assert_allclose(
        signal[model.quantity].values, row_matrix(model) @ setting.currents, rtol=1e-12, atol=1e-15
    )
    twice = apply_lead_field(dataset, run_dataset(setting.segments, 2 * setting.currents))
    np.testing.assert_array_equal(twice[model.quantity].values, 2 * signal[model.quantity].values)


def test_segments_without_partner_are_an_error(setting, model_name):
    dataset = lead_field_dataset(setting.model(model_name))
    run = run_dataset(setting.segments, setting.currents)
    for wrong in (run.isel(segment=slice(0, 69)), run.isel(segment=slice(None, None, -1))):
        with pytest.raises(DatasetError, match="segments"):
            apply_lead_field(dataset, wrong)


def test_nothing_heavy_is_imported_before_a_matrix_is_asked_for():
    code = (
        "import sys; from lfptools.config.registry import load; from lfptools.forward.registry import MODELS;"
        "models = [load(e) for e in MODELS.values()];"
        "print([m for m in ('numba', 'neuron', 'matplotlib', 'snakemake') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
