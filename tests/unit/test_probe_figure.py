"""Contacts as drawn: their surfaces in pieces, and the figure kind ``probe``."""

import numpy as np
import pytest
from analytic_study import bump, case, potential_dataset, run_dataset, study
from test_probes import EXAMPLES, contacts

from lfptools.config.registry import load
from lfptools.errors import DatasetError
from lfptools.geometry.contacts import Contacts
from lfptools.io.contacts import contacts_from_dataset
from lfptools.plots.contacts import patches
from lfptools.plots.registry import FIGURES
from lfptools.schema.labels import row_label_attrs

AREAS = {
    "ring": 16.0, "tetrode": np.pi * 36, "lead": 2 * np.pi * 650 * 1500, "laminar": 0.0,
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(AREAS))
def test_pieces_have_the_area_and_face_as_the_contact(kind):
    made = contacts(kind, EXAMPLES[kind][:-1] + ", rotate_rad: {x: 0.4, z: 1}}")
    corners, outward = patches(made, 0)
    a, b = corners[:, 1:-1] - corners[:, :1], corners[:, 2:] - corners[:, :1]
    normal = 0.5 * np.cross(a, b).sum(axis=1)
    assert np.linalg.norm(normal, axis=1).sum() == pytest.approx(AREAS[kind], rel=5e-3)
    np.testing.assert_allclose(np.abs((normal * outward).sum(axis=1)), np.linalg.norm(normal, axis=1), rtol=1e-9)
    if kind == "lead":
        np.testing.assert_allclose(outward.sum(axis=0), 0, atol=1e-9)  # all around
        segment = patches(made, 1)[1]
        np.testing.assert_allclose(segment.mean(axis=0) @ made.surfaces.normal[1], np.sinc(1 / 4), rtol=2e-3)


def signal_of(made: Contacts):
    t = np.linspace(0.0, 5.0, 11)
    values = np.tile(bump(t, 2.5), (len(made), 1))
    signal = potential_dataset(made.x, made.y, made.z, t, values)
    labels = {
        name: (
            "contact",
            np.asarray(v, dtype=object if isinstance(v[0], str) else float),
            row_label_attrs(name, "contact"),
        )
        for name, v in made.labels().items()
    }
    return t, signal.assign_coords(labels)


@pytest.mark.parametrize("kind", ["lead", "laminar", "line"])
def test_figures_show_the_contacts_that_a_signal_stores(kind, tmp_path):
    made = contacts(kind, EXAMPLES[kind])
    t, signal = signal_of(made)
    results = study(case(tmp_path, "one", run_dataset(t), lfp=signal))
    found = contacts_from_dataset(results.cases[0].signal("lfp"))
    assert found.ids == made.ids and found.shanks == made.shanks
    np.testing.assert_array_equal(found.positions, made.positions)
    if made.surfaces is not None:
        np.testing.assert_allclose(found.surfaces.angle, made.surfaces.angle)
    figure_kind = load(FIGURES["probe"])
    figure, numbers = figure_kind(results, figure_kind.Parameters(signal="lfp", views=("xz", "yz", "xy")))
    assert len(figure.axes) == 3
    written = [{text.get_text() for text in axes.texts} for axes in figure.axes]
    if kind == "lead":  # rings from everywhere, segments that face the viewer
        assert all({"1", "8"} <= names < set(made.ids) for names in written)
    else:  # not where contacts are behind each other
        assert written == [set(made.ids), set() if kind == "laminar" else set(made.ids), set()]
    np.testing.assert_array_equal(numbers["position_z"].values, made.z)
    assert f"{len(made)} contacts" in numbers.attrs["caption"]


def test_rows_that_are_no_contacts(tmp_path):
    with pytest.raises(DatasetError, match="rows are no contacts"):
        contacts_from_dataset(run_dataset(np.linspace(0, 1, 3)))
