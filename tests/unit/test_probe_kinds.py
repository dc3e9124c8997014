"""Where the contacts of each kind are, which way they face, and that placing turns everything together."""

import numpy as np
import pydantic
import pytest
import yaml
from test_probes import EXAMPLES, contacts

from lfptools.errors import GeometryError
from lfptools.geometry.segments import rotation_matrix
from lfptools.geometry.ten_twenty import sites
from lfptools.probes.lead_models import LEAD_MODELS
from lfptools.probes.registry import PROBES
from lfptools.report.methods import signal_sentences


def across(made):
    """The direction along a surface's height."""
    return np.cross(made.surfaces.normal, made.surfaces.tangent)


@pytest.mark.parametrize("kind", sorted(PROBES))
def test_placing_turns_positions_normals_and_tangents_together(kind):
    own = contacts(kind, EXAMPLES[kind])
    where = ", rotate_rad: {x: 0.3, y: -1.2, z: 2}, position_um: {x: 10, y: -20, z: 30}}"
    placed = contacts(kind, EXAMPLES[kind][:-1] + where)
    turn = rotation_matrix(0.3, -1.2, 2.0)
    np.testing.assert_allclose(placed.positions, own.positions @ turn.T + [10, -20, 30], atol=1e-9)
    assert placed.ids == own.ids and placed.shanks == own.shanks
    if own.surfaces is not None:
        np.testing.assert_allclose(placed.surfaces.normal, own.surfaces.normal @ turn.T, atol=1e-14)
        np.testing.assert_allclose(placed.surfaces.tangent, own.surfaces.tangent @ turn.T, atol=1e-14)
        np.testing.assert_allclose(across(placed), across(own) @ turn.T, atol=1e-14)


def test_a_ring_faces_along_its_radii_with_widths_along_the_circle():
    ring = contacts("ring", EXAMPLES["ring"])
    np.testing.assert_allclose(ring.positions / 50, ring.surfaces.normal, atol=1e-15)
    step = np.roll(ring.positions, -1, axis=0) - np.roll(ring.positions, 1, axis=0)  # along the circle
    np.testing.assert_allclose(step / np.linalg.norm(step[0]), ring.surfaces.tangent, atol=1e-14)
    assert ring.surfaces.height.tolist() == [4.0] * 8
    inward = contacts("ring", "{ring_radius_um: 50, number: 8, facing: inward, start_rad: 1.5707963267948966}")
    np.testing.assert_allclose(inward.positions[0], [0, 50, 0], atol=1e-13)
    np.testing.assert_allclose(inward.surfaces.normal, -inward.positions / 50, atol=1e-15)


def test_shanks_columns_and_rows_of_a_laminar_probe():
    text = EXAMPLES["laminar"][:-1] + ", stagger_um: 10, shape: rect, width_um: 8, height_um: 12}"
    made = contacts("laminar", text)
    assert made.positions[:4].tolist() == [[0, 0, 0], [20, 0, 10], [0, 0, 25], [20, 0, 35]]
    assert made.ids[8] == "s1c0" and made.positions[8].tolist() == [250, 0, 0]
    assert made.shanks == ("0",) * 8 + ("1",) * 8
    assert (made.surfaces.normal == [0, -1, 0]).all() and (
        across(made) == [0, 0, 1]
    ).all()  # x right, z up, seen from −y
    assert contacts("laminar", "{number: 2, spacing_um: 25}").ids == ("0", "1")


def test_an_array_is_centred_and_numbered_as_seen_from_above():
    array = contacts("mea", EXAMPLES["mea"][:-1] + ', leave_out: ["1,1", "8,6"]}')
    at = dict(zip(array.ids, array.positions.tolist(), strict=True))
    assert len(array) == 46 and "1,1" not in at
    assert at["1,2"] == [-350, 300, 0] and at["2,1"] == [-250, 500, 0]
    np.testing.assert_allclose(contacts("mea", EXAMPLES["mea"]).positions.mean(axis=0), 0, atol=1e-12)
    assert (array.surfaces.normal == [0, 0, 1]).all()


def test_a_tetrode_is_a_square():
    made = contacts("tetrode", EXAMPLES["tetrode"])
    sides = np.linalg.norm(made.positions - np.roll(made.positions, 1, axis=0), axis=1)
    np.testing.assert_allclose(sides, 25.0)
    assert (made.surfaces.normal == [0, 0, -1]).all()


def test_scalp_sites_follow_the_system():
    found = sites()
    assert len(found) == 69 and len(contacts("scalp", "{head_radius_um: 1, sites: 10-10}")) == 61

    def angle(a: str, b: str) -> float:
        return float(np.degrees(np.arccos(found[a] @ found[b])))

    assert angle("Fpz", "Oz") == pytest.approx(144) and angle("Fz", "Cz") == pytest.approx(36)
    assert angle("Cz", "C3") == pytest.approx(36) and angle("Cz", "T7") == pytest.approx(72)
    for name, v in found.items():  # the other side is the mirror image; the front is the back's
        assert np.linalg.norm(v) == pytest.approx(1, rel=1e-14)
        if name[-1] in "1357":
            np.testing.assert_allclose(found[name[:-1] + str(int(name[-1]) + 1)], v * [-1, 1, 1], atol=1e-14)
    for row in ("F", "P", "FC", "PO"):  # a row's sites lie in one plane, evenly along their circle
        ends = {"F": "F", "P": "P", "FC": "FT", "PO": "PO"}[row]
        p = np.array(
            [found[n] for n in (f"{ends}7", f"{row}5", f"{row}3", f"{row}1", f"{row}z", f"{row}2", f"{ends}8")]
        )
        assert np.linalg.matrix_rank(p - p[0], tol=1e-12) == 2
        np.testing.assert_allclose(np.diff(np.linalg.norm(np.diff(p[:6], axis=0), axis=1)), 0, atol=1e-13)


def test_scalp_sites_agree_with_published_spherical_angles():
    """BESA's inclinations and azimuths in degrees, for which the edge is at 92°."""
    wider = sites(float(np.radians(230)))
    for name, polar, azimuth in (("F3", 60, 129), ("P4", 60, -51), ("F8", 92, 36), ("C3", 46, 180), ("O2", 92, -72)):
        x, y, z = wider[name]
        assert np.degrees(np.arccos(z)) == pytest.approx(polar, abs=1.5)
        assert np.degrees(np.arctan2(y, x)) == pytest.approx(azimuth, abs=0.5)


@pytest.mark.parametrize("name", sorted(LEAD_MODELS))
def test_leads_have_their_contacts_where_the_table_says(name):
    model = LEAD_MODELS[name]
    made = contacts("lead", f"{{lead: {name}, direction: [1, 2, -2], turn_rad: 0.7, position_um: {{x: 5}}}}")
    axis = np.array([1, 2, -2]) / 3
    above = (made.positions - [5, 0, 0]) @ axis
    np.testing.assert_allclose(made.positions - [5, 0, 0], above[:, None] * axis, atol=1e-9)  # on the axis
    np.testing.assert_allclose(made.surfaces.tangent, np.tile(axis, (len(made), 1)), atol=1e-14)
    heights = np.unique(above.round(6))
    np.testing.assert_allclose(np.diff(heights), model.length + model.gap)
    assert heights[0] == pytest.approx(model.first + model.length / 2)
    arcs = made.surfaces.angle.reshape(-1)
    rings = [name for level in model.levels if len(level) == 1 for name in level]
    assert [made.ids[i] for i in np.flatnonzero(arcs == 2 * np.pi)] == rings
    for level in model.levels:
        if len(level) == 3:  # a third of a turn apart, right-handed about the axis
            a, b, c = made.surfaces.normal[[made.ids.index(one) for one in level]]
            np.testing.assert_allclose(a + b + c, 0, atol=1e-14)
            assert np.cross(a, b) @ axis == pytest.approx(np.sin(2 * np.pi / 3))
            assert a @ made.surfaces.normal[made.ids.index(rings[0])] == pytest.approx(1)
    assert model.name in signal_sentences({}, {"stn": {"kind": "lead", "lead": name}})[-1]


def test_the_marker_of_an_upright_lead_is_along_x_and_turns_with_it():
    def marker(text: str) -> np.ndarray:
        made = contacts("lead", f"{{lead: abbott_6172, {text}}}")
        return made.surfaces.normal[made.ids.index("2A")]

    np.testing.assert_allclose(marker("turn_rad: 0"), [1, 0, 0], atol=1e-15)
    np.testing.assert_allclose(marker(f"turn_rad: {np.pi / 2}"), [0, 1, 0], atol=1e-15)
    np.testing.assert_allclose(marker("direction: [1, 0, 0]"), [0, 0, -1], atol=1e-15)


def test_surfaces_of_grids_lines_and_points():
    line = contacts("line", EXAMPLES["line"][:-1] + ", shape: circle, radius_um: 7, normal: [0, 3, 0], shank: a}")
    assert line.surfaces.radius.tolist() == [7.0] * 16 and line.surfaces.normal[3].tolist() == [0, 1, 0]
    assert line.shanks == ("a",) * 16
    grid = contacts(
        "grid", "{x_um: [0, 1, 1], shape: rect, width_um: 2, height_um: 3, normal: [0, 0, 1], tangent: [1, 1, 0]}"
    )
    np.testing.assert_allclose(grid.surfaces.tangent, np.full((2, 3), [0.5**0.5, 0.5**0.5, 0]))
    assert contacts("grid", EXAMPLES["grid"]).surfaces is None  # as it was
    each = contacts(
        "points",
        "{points_um: [[0, 0, 0], [1, 0, 0]], shape: square, width_um: [2, 4], normal: [[1, 0, 0], [0, 1, 0]], "
        "shank: [a, b]}",
    )
    assert each.surfaces.height.tolist() == [2, 4] and each.surfaces.normal.tolist() == [[1, 0, 0], [0, 1, 0]]
    assert each.shanks == ("a", "b")
    facing = contacts("points", "{points_um: [[0, 0, 0], [1, 0, 0], [2, 0, 0]], normal: [0, 0, 2]}")
    assert set(facing.surfaces.shape) == {"point"} and facing.surfaces.normal.tolist() == [[0, 0, 1]] * 3


@pytest.mark.parametrize(
    ("kind", "more", "message"),
    [
        ("line", "shape: circle, normal: [0, 1, 0]", "a contact of shape circle has radius_um, got none"),
        ("line", "shape: circle, radius_um: 3", "of shape circle need their normal"),
        ("line", "shape: circle, radius_um: 3, normal: [0, 0, 0]", "must not be"),
        ("line", "radius_um: 3", "shape point has no size, got radius_um"),
        ("line", "tangent: [1, 0, 0]", "with a tangent need their normal"),
        (
            "points",
            "shape: circle, radius_um: [1, 2, 3], normal: [0, 0, 1]",
            "radius_um must be one per contact, got 3",
        ),
        ("points", "normal: [[0, 0, 1]]", "normal must be one per contact"),
        ("laminar", "shanks: 1", "shank_spacing_um belongs to several shanks"),
        ("mea", 'leave_out: ["9,1"]', "did you mean"),
        ("scalp", "sites: [Cz, FZ]", "did you mean 'Fz'"),
        ("scalp", "sites: [Cz, Cz]", "different"),
        ("lead", "lead: medtronic_3388", "did you mean 'medtronic_338"),
        ("probeinterface", "file: a.json", "exactly one of"),
        ("probeinterface", "arguments: {r: 3}", "arguments belongs to generator"),
        ("probeinterface", "contacts: [e0]", "give one of them"),
    ],
)
def test_what_cannot_be_is_said_with_its_key(kind, more, message):
    given = yaml.safe_load(EXAMPLES[kind]) | yaml.safe_load(f"{{{more}}}")
    with pytest.raises(pydantic.ValidationError, match=message):
        contacts(kind, yaml.safe_dump(given))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{neuropixels: NP1009}", "unknown Neuropixels part number 'NP1009'; did you mean"),
        ("{neuropixels: NP1000, contacts: [e0, e960]}", "unknown contact 'e960'"),
        ("{generator: tetrode, first: 5}", "has 4 contacts"),
        ("{generator: linear, arguments: {num_elecs: 3}}", "did you mean 'num_elec'"),
        ("{generator: linear, arguments: {num_elec: 3, contact_shapes: rect}}", "probeinterface refuses"),
    ],
)
def test_what_probeinterface_has_not(text, message):
    with pytest.raises(GeometryError, match=message):
        contacts("probeinterface", text)


def test_generators_and_neuropixels():
    made = contacts("probeinterface", "{generator: multi_shank, arguments: {num_shank: 2, num_columns: 1}, plane: xy}")
    assert made.shanks == ("0",) * 10 + ("1",) * 10 and (made.surfaces.normal == [0, 0, 1]).all()
    chosen = contacts("probeinterface", "{neuropixels: NP1000, contacts: [e383, e1]}")
    assert chosen.ids == ("e383", "e1") and chosen.positions[1].tolist() == [48, 0, 0]
    assert set(chosen.surfaces.shape) == {"square"} and chosen.surfaces.width.tolist() == [12, 12]
    assert chosen.positions[0, 2] == 191 * 20  # imec: 2 contacts a row, rows 20 µm apart


def test_rays_have_the_same_distances_along_every_direction():
    made = contacts("rays", EXAMPLES["rays"])
    assert made.shanks == ("side",) * 5 + ("up",) * 5
    assert made.ids[0] == "side:20" and made.ids[9] == "up:2000"
    far = np.linalg.norm(made.positions, axis=1)
    np.testing.assert_allclose(far[:5] / 20, 100 ** (np.arange(5) / 4), rtol=1e-14)
    assert (far[:5] == far[5:]).all() and far[4] == 2000.0
    assert (made.positions[:5, 1:] == 0).all() and (made.positions[5:, :2] == 0).all() and (made.x[:5] > 0).all()
    even = contacts("rays", EXAMPLES["rays"][:-1] + ", scale: linear}")
    np.testing.assert_allclose(even.x[:5], [20, 515, 1010, 1505, 2000])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{directions: {a: [0, 0, 0]}, nearest_um: 1, farthest_um: 2, number: 2}", r"must not be \[0, 0, 0\]"),
        ("{directions: {a: [1, 0, 0]}, nearest_um: 3, farthest_um: 2, number: 2}", "nearest_um must be less than"),
        ("{directions: {}, nearest_um: 1, farthest_um: 2, number: 2}", "at least 1"),
        ("{directions: {a: [1, 0, 0], b: [0, 1, 0]}, nearest_um: 1, farthest_um: 2, number: 600000}", "more than"),
    ],
)
def test_rays_that_cannot_be_are_refused(text, message):
    with pytest.raises(pydantic.ValidationError, match=message):
        contacts("rays", text)
