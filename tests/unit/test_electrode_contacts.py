"""What RecExtElectrode takes and refuses; probes of probeinterface; the keys of the model ``electrode``."""

import inspect
import logging
from types import SimpleNamespace

import numpy as np
import probeinterface
import pydantic
import pytest

import lfptools
from lfptools.errors import CellError, GeometryError
from lfptools.forward.conductivity import conductivity
from lfptools.forward.electrode import ElectrodeParameters, RecExtElectrode
from lfptools.forward.leadfield import lead_field_dataset
from lfptools.forward.line import LineSourcePotential
from lfptools.forward.point import PointSourcePotential
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.segments import Segments
from lfptools.geometry.surfaces import Surfaces
from lfptools.io.probeinterface import contacts_from_probe

CELL = CellGeometry(x=[[0, 0], [0, 10]], y=[[0, 0], [0, 0]], z=[[-5, 5], [5, 30]], d=[10.0, 1.0])
PLACES = {"x": [50.0, 60.0], "y": [0.0, 0.0], "z": [0.0, 9.0]}


def test_positional_arguments_are_those_of_published_scripts():
    positional = [
        p.name for p in inspect.signature(RecExtElectrode).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    assert positional == [
        "cell", "sigma", "probe", "x", "y", "z", "N", "r", "n", "contact_shape", "method", "verbose", "seedvalue"
    ]  # fmt: skip
    assert lfptools.RecExtElectrode is RecExtElectrode


@pytest.mark.peer
def test_signature_is_lfpykits():
    import lfpykit

    theirs = inspect.signature(lfpykit.RecExtElectrode).parameters
    ours = inspect.signature(RecExtElectrode).parameters
    for name in set(theirs) - {"kwargs"}:
        assert theirs[name].default == ours[name].default, name


def test_attributes_of_published_scripts():
    electrode = RecExtElectrode(CELL, [0.3, 0.3, 0.45], **PLACES, N=[1, 0, 0], r=5.0, n=20)
    assert electrode.anisotropic and electrode.sigma == [0.3, 0.3, 0.45] and electrode.data is None
    assert (electrode.r, electrode.n, electrode.contact_shape, electrode.method) == (5.0, 20, "circle", "linesource")
    assert electrode.N.tolist() == [[1, 0, 0]] * 2 and electrode.recorded_points.shape == (2, 19, 3)
    assert electrode.x.tolist() == [50.0, 60.0] and electrode.probe is None
    assert not RecExtElectrode(None, [0.3] * 3, **PLACES).anisotropic
    for name in ("r", "N", "contact_shape", "probe"):  # would be without effect
        with pytest.raises(AttributeError):
            setattr(electrode, name, 3.0)


def test_contacts_may_be_moved_and_n_changed():
    electrode = RecExtElectrode(CELL, **PLACES, N=[1, 0, 0], r=5.0)
    before = electrode.get_transformation_matrix()
    electrode.x = np.array([70.0, 80.0])
    assert not np.array_equal(electrode.get_transformation_matrix(), before)
    electrode.n = 0
    with pytest.raises(GeometryError, match="whole number >= 1"):
        electrode.get_transformation_matrix()
    electrode.n, electrode.x = 20, np.array([70.0])
    with pytest.raises(GeometryError, match="one length"):
        electrode.get_transformation_matrix()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"x": [1.0]}, "one length"),
        ({"x": None}, "x, y and z of its contacts in µm; got y, z"),
        ({"x": [50.0, np.nan]}, r"indices \[1\]"),
        ({"x": [], "y": [], "z": []}, "at least 1"),
        ({"N": [1, 0, 0]}, "N without r"),
        ({"r": 5.0}, "r without N"),
        ({"n": 20}, "need the contacts' normals N and sizes r too"),
        ({"N": [1, 0, 0], "r": 0.0}, r"must be > 0.*indices \[0, 1\]"),
        ({"N": [1, 0, 0], "r": [5.0, -1.0]}, r"indices \[1\]"),
        ({"N": [1, 0, 0], "r": [5.0, 6.0, 7.0]}, "r must be the radius"),
        ({"N": [0, 0, 0], "r": 5.0}, "direction"),
        ({"N": [[1, 0, 0]] * 3, "r": 5.0}, r"\(2, 3\); got shape \(3, 3\)"),
        ({"N": [1, 0, 0], "r": 5.0, "contact_shape": "cirle"}, "did you mean 'circle'"),
        ({"N": [1, 0, 0], "r": 5.0, "contact_shape": "rect"}, "half width and half height"),
        ({"N": [1, 0, 0], "r": 5.0, "n": 2.5}, "whole number >= 1"),
        ({"method": "linesorce"}, "did you mean 'linesource'"),
        ({"clamp": "segmnt"}, "did you mean 'segment'"),
        ({"rootinds": [0]}, "for the method 'root_as_point', not for 'linesource'"),
        ({"minimum_distance": 0.0}, "minimum_distance"),
        ({"probe": object()}, "x, y, z cannot be given too"),
    ],
)
def test_impossible_electrodes(given, message):
    with pytest.raises((ValueError, TypeError), match=message):
        RecExtElectrode(CELL, **{**PLACES, **given})


@pytest.mark.parametrize(
    ("sigma", "error", "message"),
    [
        (0.0, ValueError, "> 0"), (-0.3, ValueError, "> 0"), (np.nan, ValueError, "finite"),
        ("0.3", TypeError, "number"), (True, TypeError, "number"),
        ([0.3, 0.3], TypeError, r"tensor \(3, 3\)"), (None, TypeError, "number"),
        ([0.3, 0.3, 0.0], ValueError, "> 0 S/m along x, y and z"), ([0.3, np.inf, 0.3], ValueError, "finite"),
        ([[0.3, 0.1, 0], [0, 0.3, 0], [0, 0, 0.3]], ValueError, r"sigma\[0\]\[1\] is 0.1 and sigma\[1\]\[0\] 0"),
        ([[0.3, 0.4, 0], [0.4, 0.3, 0], [0, 0, 0.3]], ValueError, "positive-definite; its least eigenvalue is -0.1"),
        (np.eye(3) * 0.3j, TypeError, "number"),
    ],
)  # fmt: skip
def test_impossible_conductivities(sigma, error, message):
    with pytest.raises(error, match=message):
        RecExtElectrode(CELL, sigma, **PLACES)
    electrode = RecExtElectrode(CELL, **PLACES)
    electrode.sigma = sigma
    with pytest.raises(error, match=message):
        electrode.get_transformation_matrix()


def test_conductivities():
    assert (
        conductivity([0.3, 0.3, 0.3])
        == conductivity(0.3 * np.eye(3))
        == conductivity(np.float32(0.3)) - (np.float32(0.3) - 0.3)
    )
    np.testing.assert_array_equal(conductivity([1, 2, 3]), np.diag([1.0, 2, 3]))


def test_roots_that_are_none():
    for roots in ([2], [-1], [0.5], [], "a"):
        with pytest.raises(CellError, match="rootinds must be"):
            RecExtElectrode(CELL, **PLACES, method="root_as_point", rootinds=roots).get_transformation_matrix()
    unknown = RecExtElectrode(CELL, **PLACES, method="root_as_point")
    with pytest.raises(CellError, match="which segments are the soma's"):
        unknown.get_transformation_matrix()
    unknown.cell = SimpleNamespace(x=CELL.x, y=CELL.y, z=CELL.z, d=CELL.d, somaidx=[7])
    with pytest.raises(CellError, match="from 0 to 1"):
        unknown.get_transformation_matrix()


def test_points_and_lines_refuse_contacts_with_surfaces():
    contacts = Contacts(np.zeros(1), np.zeros(1), np.zeros(1), ("a",), Surfaces.make("circle", [0, 0, 1], 1, radius=5))
    for model in (PointSourcePotential, LineSourcePotential):
        with pytest.raises(GeometryError, match=r"have surfaces \(circle\): the model 'electrode'"):
            model.from_parameters(model.Parameters(), CELL, contacts)
    assert RecExtElectrode.from_parameters(ElectrodeParameters(), CELL, contacts).points()[1].shape == (1, 19)


def test_parameters_reach_the_model_and_come_back():
    contacts = Contacts.from_positions([50.0], [0.0], [0.0], ["tip"])
    tensor = ((0.3, 0.01, 0.0), (0.01, 0.3, 0.0), (0.0, 0.0, 0.45))
    for sigma in (0.4, (0.3, 0.3, 0.45), tensor):
        p = ElectrodeParameters(
            conductivity_S_per_m=sigma, method="root_as_point", number_of_points=7, minimum_distance_um=2.0,
            clamp="segment", root_indices=[0],
        )  # fmt: skip
        model = RecExtElectrode.from_parameters(p, CELL, contacts)
        assert model.parameters == p == ElectrodeParameters.model_validate_json(p.model_dump_json())
        assert (model.n, model.method, model.clamp, model.ids) == (7, "root_as_point", "segment", ("tip",))
    with pytest.raises(CellError, match="needs a probe"):
        RecExtElectrode.from_parameters(ElectrodeParameters(), CELL, None)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"conductivity_S_per_m": [0.3, 0.3, -0.1]}, "> 0 S/m along x, y and z"),
        ({"conductivity_S_per_m": [[0.3, 0.1, 0], [0, 0.3, 0], [0, 0, 0.3]]}, "must be symmetric"),
        ({"conductivity_S_per_m": [0.3, 0.3]}, "conductivity_S_per_m"),
        ({"root_indices": [0]}, "are for the method root_as_point"),
        ({"number_of_points": 0}, "number_of_points"),
    ],
)
def test_impossible_parameters(given, message):
    with pytest.raises(pydantic.ValidationError, match=message):
        ElectrodeParameters(**given)


def a_probe(n: int = 4, **shape: float) -> probeinterface.Probe:
    probe = probeinterface.Probe(ndim=2, si_units="um")
    kind = shape.pop("kind", "rect")
    probe.set_contacts(np.column_stack((np.zeros(n), 25.0 * np.arange(n))), shapes=kind, shape_params=shape)
    return probe


def test_probes_of_probeinterface():
    probe = a_probe(width=8.0, height=20.0).to_3d(axes="xz")
    contacts = contacts_from_probe(probe)
    assert contacts.z.tolist() == [0, 25, 50, 75] and contacts.x.tolist() == [0] * 4
    assert set(contacts.surfaces.shape) == {"rect"} and set(contacts.surfaces.height) == {20.0}
    np.testing.assert_allclose(np.abs(contacts.surfaces.normal), [[0, 1, 0]] * 4, atol=1e-15)
    np.testing.assert_allclose(np.abs(contacts.surfaces.tangent), [[1, 0, 0]] * 4, atol=1e-15)
    points = RecExtElectrode(CELL, probe=probe, n=100).recorded_points[1]
    assert 7.4 < np.ptp(points[:, 0]) < 8 and np.ptp(points[:, 1]) < 1e-12 and 18 < np.ptp(points[:, 2]) < 20


def test_a_probe_says_what_x_y_z_N_r_say():
    probe = a_probe(kind="circle", radius=7.0).to_3d(axes="xz")
    probe.move([30.0, 5.0, -20.0])
    here = np.asarray(probe.contact_positions).T
    own = dict(zip("xyz", here, strict=True))
    got = RecExtElectrode(CELL, probe=probe).get_transformation_matrix()
    expected = RecExtElectrode(CELL, **own, N=[0, 1, 0], r=7.0, n=400).get_transformation_matrix()
    np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_turned_probes_stand_as_they_are_turned():
    probe = a_probe(kind="square", width=10.0).to_3d(axes="xz")
    probe.rotate(90, center=[0, 0, 0], axis=[0, 0, 1])
    contacts = contacts_from_probe(probe)
    np.testing.assert_allclose(np.abs(contacts.surfaces.normal), [[1, 0, 0]] * 4, atol=1e-12)
    np.testing.assert_allclose(contacts.surfaces.width, contacts.surfaces.height)


def test_groups_of_probes_and_other_units():
    group = probeinterface.ProbeGroup()
    for k in range(2):
        probe = a_probe(kind="circle", radius=7.0).to_3d(axes="xz")
        probe.move([100.0 * k, 0, 0])
        probe.set_contact_ids([f"{k}{i}" for i in range(4)])
        group.add_probe(probe)
    contacts = contacts_from_probe(group)
    assert len(contacts) == 8 and contacts.ids[:2] == ("00", "01") and contacts.x[4:].tolist() == [100.0] * 4
    assert len(set(contacts.shanks)) == 2
    millimetres = probeinterface.Probe(ndim=3, si_units="mm")
    millimetres.set_contacts([[0, 0, 0.1]], shapes="circle", shape_params={"radius": 0.005},
                             plane_axes=[[[1, 0, 0], [0, 1, 0]]])  # fmt: skip
    contacts = contacts_from_probe(millimetres)
    assert contacts.z[0] == pytest.approx(100.0) and contacts.surfaces.radius[0] == pytest.approx(5.0)


def test_what_is_no_probe():
    with pytest.raises(GeometryError, match=r"flat.*to_3d"):
        RecExtElectrode(CELL, probe=a_probe(width=8.0, height=20.0))
    with pytest.raises(TypeError, match="must be a probeinterface Probe or ProbeGroup, got dict"):
        RecExtElectrode(CELL, probe={"x": 3})
    with pytest.raises(TypeError, match="give the positions of another library's probe as x, y, z"):
        RecExtElectrode(CELL, probe=SimpleNamespace(positions=np.zeros((3, 3))))
    with pytest.raises(GeometryError, match="no contacts"):
        RecExtElectrode(CELL, probe=probeinterface.Probe(ndim=3))


def test_surfaces_are_labelled_in_the_lead_field():
    electrode = RecExtElectrode(Segments.from_arrays(CELL.x, CELL.y, CELL.z, CELL.d), **PLACES, N=[1, 0, 0], r=5.0)
    dataset = lead_field_dataset(electrode)
    assert dataset["contact_radius"].values.tolist() == [5.0, 5.0] and dataset.attrs["model"] == "electrode"
    assert dataset["contact_shape"].values.tolist() == ["circle", "circle"]


def test_verbose_says_what_the_contacts_are(caplog):
    with caplog.at_level(logging.INFO, "lfptools"):
        RecExtElectrode(CELL, **PLACES, verbose=True)
    assert "contact_x" in caplog.text and "50.0" in caplog.text
