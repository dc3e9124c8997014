import numpy as np
import pydantic
import pytest
import yaml

from lfptools.config.parameters import Parameters
from lfptools.config.registry import load
from lfptools.errors import GeometryError
from lfptools.geometry.contacts import Contacts
from lfptools.probes.axis import positions
from lfptools.probes.registry import PROBES

EXAMPLES = {
    "arc": "{arc_radius_um: 90000, stop_deg: 180, number: 19}",
    "cap": "{cap_radius_um: 90000, number: 64, shape: circle, radius_um: 5000}",
    "grid": "{x_um: [-300, 300, 25], z_um: [-300, 1000, 25], y_um: 0}",
    "line": "{start_um: [0, 0, 0], stop_um: [0, 0, 1500], spacing_um: 100}",
    "points": "{points_um: [[0, 0, 0], [10, 0, 20]], ids: [tip, shank]}",
    "ring": "{ring_radius_um: 50, number: 8, shape: square, width_um: 4}",
    "laminar": "{number: 4, spacing_um: 25, columns: 2, column_spacing_um: 20, shanks: 2, shank_spacing_um: 250}",
    "tetrode": "{spacing_um: 25, shape: circle, radius_um: 6}",
    "mea": "{columns: 8, rows: 6, pitch_um: [100, 200], shape: circle, radius_um: 15}",
    "scalp": "{head_radius_um: 9.0e4}",
    "lead": "{lead: boston_DB2202, direction: [0, 1, 2]}",
    "rays": "{directions: {side: [2, 0, 0], up: [0, 0, 1]}, nearest_um: 20, farthest_um: 2000, number: 5}",
    "probeinterface": "{neuropixels: NP2014, first: 20}",
}
UNITLESS = {
    "ids", "number", "shape", "normal", "tangent", "shank", "columns", "rows", "leave_out", "shanks", "facing", "sites",
    "lead", "direction", "directions", "scale", "file", "probe", "neuropixels", "generator", "arguments", "plane",
    "first", "contacts",
}  # fmt: skip
"""Keys of numbers end in their unit; these are names, counts and directions."""


def contacts(kind: str, text: str) -> Contacts:
    probe = load(PROBES[kind])
    return probe(probe.Parameters.model_validate(yaml.safe_load(text)))


@pytest.mark.parametrize("kind", sorted(PROBES))
def test_every_kind_makes_contacts_from_yaml(kind):
    made = contacts(kind, EXAMPLES[kind])
    assert isinstance(made, Contacts) and len(made) == len(set(made.ids)) > 1
    assert all(a.dtype == np.float64 for a in (made.x, made.y, made.z))
    probe = load(PROBES[kind])
    assert issubclass(probe.Parameters, Parameters)
    for name, field in probe.Parameters.model_fields.items():
        assert name.endswith(("_um", "_rad", "_deg")) or name in UNITLESS, name
        assert field.description, name
    with pytest.raises(pydantic.ValidationError, match="shank_um"):
        contacts(kind, EXAMPLES[kind][:-1] + ", shank_um: 3}")


def test_grid_includes_both_ends_and_names_contacts_by_position():
    grid = contacts("grid", EXAMPLES["grid"])
    assert len(grid) == 25 * 53
    assert (grid.x.min(), grid.x.max(), grid.z.min(), grid.z.max()) == (-300, 300, -300, 1000)
    assert grid.ids[0] == "-300,0,-300" and grid.ids[1] == "-300,0,-275"
    assert np.unique(np.diff(np.unique(grid.x))).tolist() == [25.0]


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        (5.0, [5]), ((0, 0.3, 0.1), [0, 0.1, 0.2, 0.3]), ((0, 1, 0.4), [0, 0.4, 0.8]), ((3, 0, -1), [3, 2, 1, 0]),
        ((2, 2, 1), [2]), ((-1e6, -1e6 + 0.3, 0.1), [-1e6, -1e6 + 0.1, -1e6 + 0.2, -1e6 + 0.3]),
    ],
)  # fmt: skip
def test_positions_along_an_axis(axis, expected):
    np.testing.assert_allclose(positions(axis), expected, rtol=1e-15, atol=1e-15)
    if isinstance(axis, tuple) and len(expected) == 4:
        assert positions(axis)[-1] == axis[1]


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("grid", "{x_um: [0, 100, -10]}", "must be positive"),
        ("grid", "{x_um: [100, 0, 10]}", "must be negative"),
        ("grid", "{x_um: [0, 100, 0]}", "must be positive"),
        ("grid", "{x_um: [0, 100]}", "x_um"),
        ("grid", "{x_um: .nan}", "finite"),
        ("grid", "{x_um: [0, .inf, 1]}", "finite"),
        ("grid", "{x_um: [0, 1e9, 1e-3]}", "more than"),
        ("grid", "{x_um: [0, 1000, 1], y_um: [0, 1000, 1]}", "larger than"),
        ("line", "{start_um: [0, 0, 0], stop_um: [0, 0, 1]}", "one of the keys"),
        ("line", "{start_um: [0, 0, 0], stop_um: [0, 0, 1], number: 2, spacing_um: 1}", "one of the keys"),
        ("line", "{start_um: [0, 0, 0], stop_um: [0, 0, 0], number: 2}", "must differ"),
        ("line", "{start_um: [0, 0], stop_um: [0, 0, 1], number: 2}", "start_um"),
        ("line", "{start_um: [0, 0, 0], stop_um: [0, 0, 1], number: 0}", "number"),
        ("line", "{start_um: [0, 0, 0], stop_um: [0, 0, 1], spacing_um: -1}", "spacing_um"),
        ("line", "{start_um: [0, 0, .nan], stop_um: [0, 0, 1], number: 2}", "finite"),
        ("line", "{start_um: [0, 0, 0], stop_um: [0, 0, 1e9], spacing_um: 1e-3}", "more than"),
        ("points", "{points_um: []}", "points_um"),
        ("points", "{points_um: [[0, 0, .nan]]}", "finite"),
        ("points", "{points_um: [[0, 0]]}", "points_um"),
        ("points", "{points_um: [[0, 0, 0]], ids: [a, b]}", "one per contact"),
        ("points", "{points_um: [[0, 0, 0], [0, 0, 1]], ids: [a, a]}", "repeated: \\['a'\\]"),
    ],
)
def test_impossible_probes(kind, text, message):
    with pytest.raises(pydantic.ValidationError, match=message):
        contacts(kind, text)


def test_lines():
    by_number = contacts("line", "{start_um: [0, 0, -100], stop_um: [30, 0, 0], number: 16}")
    assert len(by_number) == 16 and by_number.positions[-1].tolist() == [30, 0, 0]
    np.testing.assert_allclose(np.linalg.norm(np.diff(by_number.positions, axis=0), axis=1), np.hypot(100, 30) / 15)
    by_spacing = contacts("line", "{start_um: [0, 0, 0], stop_um: [0, 0, 0.35], spacing_um: 0.1}")
    np.testing.assert_allclose(by_spacing.z, [0, 0.1, 0.2, 0.3])
    assert len(contacts("line", "{start_um: [0, 0, 0], stop_um: [0, 0, 0.3], spacing_um: 0.1}")) == 4
    assert len(contacts("line", "{start_um: [0, 0, 5], stop_um: [0, 0, 5], number: 1}")) == 1


def test_arcs():
    arc = contacts("arc", EXAMPLES["arc"])
    assert arc.ids[:3] == ("0", "10", "20") and arc.ids[-1] == "180"
    np.testing.assert_allclose(arc.positions[3], [45e3, 0, 90e3 * np.sqrt(0.75)], rtol=1e-12)
    np.testing.assert_allclose(arc.positions, 90e3 * arc.surfaces.normal, atol=1e-9)
    turned = "azimuth_deg: 90, position_um: {x: 1, z: 5}"
    side = contacts("arc", f"{{arc_radius_um: 2, start_deg: -90, stop_deg: 90, number: 3, {turned}}}")
    np.testing.assert_allclose(side.positions, [[1, -2, 5], [1, 0, 7], [1, 2, 5]], atol=1e-12)
    for wrong in ("stop_deg: 0", "start_deg: -180, stop_deg: 180", "stop_deg: 400"):
        with pytest.raises(pydantic.ValidationError, match="less than"):
            contacts("arc", f"{{arc_radius_um: 1, number: 4, {wrong}}}")


def test_caps():
    cap = contacts("cap", "{cap_radius_um: 10, opening_deg: 60, number: 500, position_um: {z: 3}}")
    from_centre = cap.positions - [0, 0, 3]
    np.testing.assert_allclose(np.linalg.norm(from_centre, axis=1), 10)
    np.testing.assert_allclose(cap.surfaces.normal, from_centre / 10, atol=1e-12)
    assert cap.positions[0].tolist() == [0, 0, 13] and from_centre[-1, 2] == pytest.approx(5)
    # Evenly spread: a cap of a quarter of the area holds a quarter of the contacts, and no side has more.
    assert np.mean(from_centre[:, 2] > 8.75) == pytest.approx(0.25, abs=0.005)
    assert np.abs(from_centre[:, :2].mean(axis=0)).max() < 0.1
    nearest = np.sort(np.linalg.norm(from_centre[:, None] - from_centre, axis=2), axis=1)[:, 1]
    assert nearest.min() > 0.5 * np.sqrt(4 * np.pi * 100 / 4 / 500)
    assert len(contacts("cap", "{cap_radius_um: 1, number: 1}")) == 1


def test_points_keep_their_names_or_are_numbered():
    assert contacts("points", EXAMPLES["points"]).ids == ("tip", "shank")
    assert contacts("points", "{points_um: [[1, 2, 3], [4, 5, 6]]}").ids == ("0", "1")


def test_contacts_closer_than_their_ids_tell_apart():
    with pytest.raises(GeometryError, match="repeated"):
        contacts("grid", "{x_um: [1000, 1000.0000003, 1.0e-7]}")
