"""Surfaces of contacts: what they may be, and their labels on datasets."""

import numpy as np
import pytest

from lfptools.errors import GeometryError
from lfptools.forward.line import LineSourcePotential
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.quadrature import quadrature
from lfptools.geometry.surfaces import Surfaces, any_tangent
from lfptools.schema.labels import is_row_label, row_label_attrs


def test_directions_become_an_orthonormal_pair():
    normals = np.random.default_rng(0).normal(size=(50, 3)) * 7
    surfaces = Surfaces.make("rect", normals, 50, tangent=[1.0, 2.0, 3.0], width=10.0, height=np.arange(1.0, 51))
    np.testing.assert_allclose(np.linalg.norm(surfaces.normal, axis=1), 1.0, rtol=1e-14)
    np.testing.assert_allclose(np.linalg.norm(surfaces.tangent, axis=1), 1.0, rtol=1e-14)
    np.testing.assert_allclose((surfaces.normal * surfaces.tangent).sum(axis=1), 0.0, atol=1e-14)
    np.testing.assert_allclose((any_tangent(normals) * normals).sum(axis=1), 0.0, atol=1e-13)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"shape": "cirle"}, "did you mean 'circle'"),
        ({"shape": "circle"}, r"radius .* must be > 0.*indices \[0, 1\]"),
        ({"shape": "circle", "radius": [1.0, np.nan]}, r"indices \[1\]"),
        ({"shape": "circle", "radius": 5.0, "height": 3.0}, "the shape has none"),
        ({"shape": "cylinder", "radius": 5.0, "height": 3.0, "angle": 7.0}, "2π"),
        ({"shape": "circle", "radius": 5.0, "normal": [0.0, 0.0, 0.0]}, "direction"),
        ({"shape": "rect", "width": 5.0, "height": 5.0, "tangent": [0.0, 0.0, 2.0]}, "parallel"),
        ({"shape": "circle", "radius": 5.0, "thickness": 3.0}, "unknown size of a contact 'thickness'"),
        ({"shape": ("circle",), "radius": 5.0}, "one shape or 2"),
    ],
)
def test_impossible_surfaces(given, message):
    given = {"normal": [0.0, 0.0, 1.0], **given}
    with pytest.raises(GeometryError, match=message):
        Surfaces.make(given.pop("shape"), given.pop("normal"), 2, **given)


def test_labels_of_contacts():
    surfaces = Surfaces.make(("circle", "rect"), [0.0, 1.0, 0.0], 2, radius=[5, 0], width=[0, 4], height=[0, 8])
    contacts = Contacts(np.zeros(2), np.zeros(2), np.arange(2.0), ("a", "b"), surfaces, ("s0", "s0"))
    labels = contacts.labels()
    assert labels["contact_shape"] == ["circle", "rect"] and labels["contact_shank"] == ["s0", "s0"]
    assert all(is_row_label(name, "contact") for name in labels)
    assert row_label_attrs("contact_radius", "contact")["units"] == "um"
    with pytest.raises(GeometryError, match="2 contacts need as many shanks"):
        Contacts(np.zeros(2), np.zeros(2), np.zeros(2), ("a", "b"), None, ("s0",))
    with pytest.raises(GeometryError, match="as many surfaces"):
        Contacts(np.zeros(3), np.zeros(3), np.zeros(3), ("a", "b", "c"), surfaces)


def test_a_probe_without_surfaces_has_the_labels_it_had():
    model = LineSourcePotential(None, [1.0], [2.0], [3.0])
    assert list(model.row_coords) == ["contact_id", "contact_x", "contact_y", "contact_z"]


@pytest.mark.parametrize("kind", ["circle", "rect", "cylinder", "ring", "point"])
def test_distances_are_those_of_the_nearest_of_many_points(kind):
    sizes = {"circle": {"radius": 9.0}, "rect": {"width": 8.0, "height": 20.0}, "point": {}}.get(
        kind, {"radius": 9.0, "height": 12.0, "angle": 2 * np.pi if kind == "ring" else 1.7}
    )
    surfaces = Surfaces.make("cylinder" if kind == "ring" else kind, [0.3, -0.5, 0.8], 1, tangent=[1, 2, 3], **sizes)
    rng = np.random.default_rng(0)
    centre, places = np.array([3.0, 4.0, -5.0]), rng.uniform(-30, 30, (60, 3))
    points, _ = quadrature(surfaces, centre[None], 40_000)
    nearest = np.linalg.norm(places[:, None] - points, axis=2).min(axis=1)
    got = surfaces.distances(0, centre, places)
    assert (got <= nearest + 1e-12).all()
    np.testing.assert_allclose(got, nearest, atol=0.12)
