"""LFPykit's functions of one contact: the same arguments, the electrodes' numbers, and errors."""

import inspect
import warnings

import numpy as np
import pytest

import lfptools
from lfptools import lfpcalc
from lfptools.errors import CellError, GeometryError, LfptoolsWarning
from lfptools.forward.electrode import RecExtElectrode
from lfptools.forward.slice import RecMEAElectrode
from lfptools.geometry.cell_geometry import CellGeometry

SLICES = [name for name in lfpcalc.__all__ if name.endswith("moi")]
NAMES = [name for name in lfpcalc.__all__ if name.startswith("calc") and name not in SLICES]
RNG = np.random.default_rng(0)
START, END = RNG.uniform(-90, 90, (2, 70, 3))
ENDS = [np.column_stack((START[:, k], END[:, k])) for k in range(3)]
LEAST = RNG.uniform(0.1, 0.4, 70)
PLACE = (12.0, -7.0, 31.0)


def conductivity(name: str) -> float | np.ndarray:
    return np.array([0.2, 0.3, 0.45]) if name.endswith("anisotropic") else 0.27


@pytest.mark.parametrize("name", NAMES)
def test_they_are_what_electrodes_compute(name):
    assert lfptools.lfpcalc is lfpcalc
    method = name.removeprefix("calc_lfp_").removesuffix("_anisotropic")
    roots = {"rootinds": [2, 69]} if method == "root_as_point" else {}
    got = getattr(lfpcalc, name)(*ENDS, *PLACE, conductivity(name), LEAST, **roots)
    x, y, z = ([v] for v in PLACE)
    electrode = RecExtElectrode(
        CellGeometry(*ENDS, 2 * LEAST), conductivity(name), x=x, y=y, z=z, method=method, **roots
    )
    np.testing.assert_array_equal(got, electrode.get_transformation_matrix()[0])


@pytest.mark.parametrize("name", SLICES)
def test_slices_are_what_electrodes_compute(name):
    method = name.removeprefix("calc_lfp_").removesuffix("_moi")
    roots = {"rootinds": [2, 69]} if method == "root_as_point" else {}
    x, y, z = ([v] for v in PLACE)
    electrode = RecMEAElectrode(
        CellGeometry(*ENDS, 2 * LEAST), 0.27, 1.2, 0.1, 250.0, -120.0, None, None, x, y, z, method=method, **roots
    )
    got = getattr(lfpcalc, name)(*ENDS, *PLACE, 0.27, 1.2, 0.1, None, 250.0, LEAST, z_shift=-120.0, **roots)
    np.testing.assert_array_equal(got, electrode.get_transformation_matrix()[0])
    with pytest.warns(LfptoolsWarning, match="3 orders of images leave out"):
        getattr(lfpcalc, name)(*ENDS, *PLACE, 0.27, 1.2, 0.1, 3, 250.0, LEAST, z_shift=-120.0, **roots)
    with pytest.raises(GeometryError, match="the cell must lie in the slice"):
        getattr(lfpcalc, name)(*ENDS, *PLACE, 0.27, 1.2, 0.1, None, 250.0, LEAST, **roots)


@pytest.mark.peer
@pytest.mark.parametrize("name", SLICES)
def test_slices_against_lfpykit(name):
    import lfpykit.lfpcalc

    theirs, ours = getattr(lfpykit.lfpcalc, name), getattr(lfpcalc, name)
    asked = [one for one, p in inspect.signature(theirs).parameters.items() if p.kind is not p.VAR_KEYWORD]
    assert asked == [*inspect.signature(ours).parameters][: len(asked)]
    ends = [*ENDS[:2], 100.0 + ENDS[2]]
    arguments = (*PLACE[:2], 0.0, 0.27, 1.2, 0.0, 300, 250.0, LEAST)
    given = [a.copy() for a in ends]  # it changes its arguments
    np.testing.assert_allclose(ours(*ends, *arguments), theirs(*given, *arguments, z_shift=0.0), rtol=1e-9)


@pytest.mark.peer
@pytest.mark.parametrize("name", [name for name in lfpcalc.__all__ if name not in SLICES])
def test_against_lfpykit(name):
    import lfpykit.lfpcalc

    theirs, ours = getattr(lfpykit.lfpcalc, name), getattr(lfpcalc, name)
    assert [*inspect.signature(theirs).parameters] == [*inspect.signature(ours).parameters][
        : len(inspect.signature(theirs).parameters)
    ]
    if name == "return_dist_from_segments":
        arguments = (*START.T, *END.T, np.array(PLACE))
        for mine, other in zip(ours(*arguments), theirs(*arguments), strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-9)
        return
    arguments = (*ENDS, *PLACE, conductivity(name), LEAST)
    np.testing.assert_allclose(ours(*arguments), theirs(*arguments), rtol=1e-9)


def test_distances_from_segments():
    """Beside, beyond either end, at the end, and from a segment of length 0."""
    start, end = np.zeros((5, 3)), np.tile([0.0, 0, 10], (5, 1))
    end[4] = 0
    start += [[3, 4, -5], [3, 4, 2], [3, 4, -22], [3, 4, 0], [3, 4, 12]]
    end += [[3, 4, -5], [3, 4, 2], [3, 4, -22], [3, 4, 0], [3, 4, 12]]
    distance, closest = lfpcalc.return_dist_from_segments(*start.T, *end.T, [0, 0, 0])
    np.testing.assert_allclose(distance, [5, np.sqrt(29), 13, 5, 13], rtol=1e-15)
    np.testing.assert_array_equal(closest, [[3] * 5, [4] * 5, [0, 2, -12, 0, 12]])


def test_short_segments_are_points():
    same = [np.zeros((1, 2))] * 3
    for name in NAMES:
        got = getattr(lfpcalc, name)(*same, 3.0, 4.0, 12.0, 0.3 if not name.endswith("pic") else [0.3] * 3, 1.0)
        np.testing.assert_allclose(got, 1 / (4 * np.pi * 0.3 * 13), rtol=1e-15)


def test_near_contacts_are_said_once():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for y in (0.0, 0.01, 0.02):
            lfpcalc.calc_lfp_linesource([[0, 9]], [[0, 0]], [[0, 0]], 4.0, y, 0.0, 0.3, 1.0)
    assert len(caught) == 1 and "nearer to segments than r_limit" in str(caught[0].message)


@pytest.mark.parametrize(
    ("name", "changes", "error", "message"),
    [
        ("calc_lfp_linesource", {"sigma": [0.3] * 3}, TypeError, "one number"),
        ("calc_lfp_pointsource", {"sigma": -1.0}, ValueError, "> 0"),
        ("calc_lfp_linesource_anisotropic", {"sigma": [0.3, 0.3, 0]}, ValueError, "> 0"),
        ("calc_lfp_linesource", {"r_limit": 0.0}, GeometryError, "r_limit must be finite and > 0 µm, got 0"),
        ("calc_lfp_linesource", {"r_limit": [1.0, 2.0]}, GeometryError, "one for each of 70 segments"),
        ("calc_lfp_linesource", {"cell_x": np.zeros((69, 2))}, GeometryError, "shape"),
        ("calc_lfp_linesource", {"x": np.nan}, GeometryError, "NaN"),
        ("calc_lfp_linesource", {"x": [1, 2], "y": [1, 2], "z": [1, 2]}, GeometryError, "one contact's, got 2"),
        ("calc_lfp_root_as_point", {"rootinds": [70]}, CellError, "from 0 to 69"),
        ("calc_lfp_root_as_point", {"rootinds": []}, CellError, "at least one"),
    ],
)
def test_errors(name, changes, error, message):
    given = dict(zip(("cell_x", "cell_y", "cell_z"), ENDS, strict=True)) | dict(zip("xyz", PLACE, strict=True))
    with pytest.raises(error, match=message):
        getattr(lfpcalc, name)(**{**given, "sigma": conductivity(name), "r_limit": LEAST, **changes})
