"""Contacts from and to probeinterface: its probes, its JSON files, its Neuropixels tables. Nothing is downloaded.

https://probeinterface.readthedocs.io
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from lfptools.errors import GeometryError, unknown_name
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.surfaces import SIZES, Surfaces
from lfptools.io.atomic import atomic_path

if TYPE_CHECKING:
    from probeinterface import Probe, ProbeGroup

PLANES: Final = {"xy": (0, 1), "xz": (0, 2), "yz": (1, 2)}
_WANTED: Final = ("contact_positions", "contact_plane_axes", "contact_shapes", "contact_shape_params")
_MICROMETRES: Final = {"um": 1.0, "mm": 1e3, "m": 1e6}
_MANTLE: Final = ("mantle_radius_um", "mantle_height_um", "mantle_angle_rad")
"""Annotations of contacts that keep what probeinterface has no word for; 0 where a contact is no part of a mantle."""


def contacts_from_probe(probe: "Probe | ProbeGroup", plane: str | None = None) -> Contacts:
    """The contacts of a probeinterface probe, or of all probes of a group, in order.

    Parameters
    ----------
    probe : probeinterface.Probe or probeinterface.ProbeGroup
        In µm, mm or m.
    plane : {"xz", "xy", "yz"}, optional
        Where the two axes of a flat probe go; its contacts face the first axis × the second. With "xz" the probe stands
        upright and its contacts face −y. A flat probe needs it, another one does not look at it.

    Returns
    -------
    Contacts
        In the order of the probe's contacts (that of recording channels, which the probe's wiring maps, is another),
        with the probe's shapes; one on its back faces the other way; a circle of radius 0 is a point. Ids are the
        probe's, "0", "1", … where it has none; where probes of a group share ids, ``"<probe>:<id>"``.

    Raises
    ------
    TypeError
        If it is neither.
    GeometryError
        For a probe without contacts, a flat one without a plane, axes of contacts that are not at right angles, or an
        unknown plane or unit.
    """
    probes = list(getattr(probe, "probes", [probe]))
    if not probes or not all(hasattr(one, name) for one in probes for name in _WANTED):
        hint = "" if not hasattr(probe, "positions") else "; give the positions of another library's probe as x, y, z"
        raise TypeError(f"a probe must be a probeinterface Probe or ProbeGroup, got {type(probe).__name__}{hint}")
    parts = [_one(one, plane) for one in probes]
    if len(parts) == 1:
        return parts[0]
    ids = [name for part in parts for name in part.ids]
    if len(set(ids)) < len(ids):
        ids = [f"{k}:{name}" for k, part in enumerate(parts) for name in part.ids]
    shanks = [
        str(k) if name is None or not name else f"{k}:{name}"
        for k, part in enumerate(parts)
        for name in part.shanks or [None] * len(part)
    ]
    x, y, z = (np.concatenate([getattr(part, axis) for part in parts]) for axis in "xyz")
    return Contacts(x, y, z, tuple(ids), Surfaces.joined([part.surfaces for part in parts]), tuple(shanks))


def probe_from_contacts(contacts: Contacts, name: str | None = None) -> "Probe":
    """A probeinterface probe in three dimensions, in µm, with the contacts' ids, shanks and surfaces.

    probeinterface knows circles, squares and rectangles. Points become circles of radius 0. A part of a cylinder's
    mantle becomes a rectangle as one sees it from the side, a ring's on the axis; its true surface is kept in
    annotations of the contacts, where :func:`contacts_from_probe` finds it. Contacts without surfaces become points
    that face −y.

    Parameters
    ----------
    contacts : Contacts
    name : str, optional
        Of the probe.

    Raises
    ------
    GeometryError
        If two contacts are at one place, which probeinterface refuses.
    """
    from probeinterface import Probe

    n = len(contacts)
    surfaces = contacts.surfaces or Surfaces.make("point", np.array([0.0, -1.0, 0.0]), n, np.array([1.0, 0.0, 0.0]))
    shapes, sizes = zip(*(_described(surfaces, i) for i in range(n)), strict=True)
    positions = contacts.positions + _from_axis(surfaces)
    repeated = [group for group in _same_places(positions) if len(group) > 1]
    if repeated:
        pairs = "; ".join(", ".join(contacts.ids[i] for i in group) for group in repeated[:5])
        raise GeometryError(f"a probe of probeinterface cannot have several contacts at one place: {pairs}")
    axes = np.stack((surfaces.tangent, np.cross(surfaces.normal, surfaces.tangent)), axis=1)
    probe = Probe(ndim=3, si_units="um", name=name, model_name="", manufacturer="")
    probe.set_contacts(
        positions, shapes=list(shapes), shape_params=list(sizes), plane_axes=axes, contact_ids=list(contacts.ids),
        shank_ids=None if contacts.shanks is None else list(contacts.shanks),
    )  # fmt: skip
    cylinder = np.array([shape == "cylinder" for shape in surfaces.shape])
    if cylinder.any():
        mantle = (surfaces.radius, surfaces.height, surfaces.angle)
        probe.annotate_contacts(**{k: np.where(cylinder, v, 0.0) for k, v in zip(_MANTLE, mantle, strict=True)})
    return probe


def read_probeinterface(path: Path | str, probe: int | None = None, plane: str | None = None) -> Contacts:
    """The contacts of the probes in a probeinterface JSON file.

    Parameters
    ----------
    path : path-like
    probe : int, optional
        Of one of several, from 0; all of them if not given.
    plane : {"xz", "xy", "yz"}, optional
        As :func:`contacts_from_probe`.

    Raises
    ------
    GeometryError
        If the file is not there, is none of probeinterface, or holds no such probe; or as :func:`contacts_from_probe`.
        Names the file.
    """
    import probeinterface

    path = Path(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise GeometryError(f"{path}: no readable JSON file ({error})") from error
    if not isinstance(content, dict) or content.get("specification") != "probeinterface" or not content.get("probes"):
        raise GeometryError(
            f'{path}: not a file of probeinterface (no "specification": "probeinterface", or no probes)'
        )
    if not 0 <= (probe or 0) < len(content["probes"]):
        raise GeometryError(f"{path}: holds the probes 0 to {len(content['probes']) - 1}, got probe {probe}")
    try:
        group = probeinterface.ProbeGroup.from_dict(content)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, AssertionError) as error:
        raise GeometryError(f"{path}: damaged ({type(error).__name__}: {error})") from error
    try:
        return contacts_from_probe(group if probe is None else group.probes[probe], plane)
    except GeometryError as error:
        raise GeometryError(f"{path}: {error}") from error


def write_probeinterface(contacts: Contacts, path: Path | str, name: str | None = None) -> None:
    """Write contacts as a probeinterface JSON file, complete or not at all; see :func:`probe_from_contacts`."""
    import probeinterface

    with atomic_path(Path(path)) as partial:
        probeinterface.write_probeinterface(partial, probe_from_contacts(contacts, name))


def neuropixels_parts() -> tuple[str, ...]:
    """Part numbers of the Neuropixels probes that probeinterface has the dimensions of."""
    from probeinterface.neuropixels_tools import _load_np_probe_features

    return tuple(sorted(_load_np_probe_features()["neuropixels_probes"]))


def neuropixels(part: str, plane: str = "xz") -> Contacts:
    """All contacts of a Neuropixels probe, from the tables that probeinterface ships.

    Parameters
    ----------
    part : str
        imec's part number, for example ``"NP1000"`` (1.0) or ``"NP2014"`` (2.0 with four shanks).
    plane : {"xz", "xy", "yz"}
        As :func:`contacts_from_probe`.

    Raises
    ------
    GeometryError
        For an unknown part number; says the nearest.
    """
    from probeinterface.neuropixels_tools import build_neuropixels_probe

    if part not in neuropixels_parts():
        raise GeometryError(unknown_name("Neuropixels part number", part, neuropixels_parts()))
    return contacts_from_probe(build_neuropixels_probe(part), plane)


def _one(probe: "Probe", plane: str | None) -> Contacts:
    if probe.contact_positions is None or not len(probe.contact_positions):
        raise GeometryError("the probe has no contacts: probe.set_contacts(…)")
    if probe.si_units not in _MICROMETRES:
        raise GeometryError(unknown_name("unit of the probe", probe.si_units, _MICROMETRES))
    scale = _MICROMETRES[probe.si_units]
    positions = scale * _three(np.asarray(probe.contact_positions, dtype=float), plane)
    surfaces = _surfaces(probe, _three(np.asarray(probe.contact_plane_axes, dtype=float), plane), scale)
    ids, shanks = _names(probe.contact_ids), _names(probe.shank_ids)
    ids = ids or tuple(str(i) for i in range(len(positions)))
    return Contacts(*(positions - _from_axis(surfaces)).T.copy(), ids, surfaces, shanks)


def _three(values: np.ndarray, plane: str | None) -> np.ndarray:
    """Vectors (…, 2) in a plane as (…, 3); those of three components as they are."""
    if values.shape[-1] == 3:
        return values
    if plane is None:
        raise GeometryError(
            "the probe is flat: say in which plane it lies with plane='xz', 'xy' or 'yz', or with "
            "probe.to_3d(axes='xz'), and move and rotate it from there"
        )
    if plane not in PLANES:
        raise GeometryError(unknown_name("plane", plane, PLANES))
    found = np.zeros((*values.shape[:-1], 3))
    found[..., PLANES[plane]] = values
    return found


def _names(names: Sequence[object] | None) -> tuple[str, ...] | None:
    """A probe's names as text; None where it has none."""
    found = () if names is None else tuple(map(str, names))
    return found if any(found) else None


def _surfaces(probe: "Probe", axes: np.ndarray, scale: float) -> Surfaces:
    """Surfaces as the probe's shapes and axes say; cylinders as the annotations of the contacts say."""
    tangent, across = axes[:, 0], axes[:, 1]
    normal = np.cross(tangent, across)
    skew = (np.abs((tangent * across).sum(axis=1)) > 1e-6) | (np.linalg.norm(normal, axis=1) == 0)
    if skew.any():
        raise GeometryError(
            f"the axes of contacts must be at right angles to each other: indices {np.flatnonzero(skew).tolist()}"
        )
    if probe.contact_sides is not None:
        normal[np.asarray(probe.contact_sides) == "back"] *= -1
    shapes = [str(shape) for shape in probe.contact_shapes]
    given = [{key: scale * float(value) for key, value in one.items()} for one in probe.contact_shape_params]
    mantles = zip(*(probe.contact_annotations.get(key, np.zeros(len(shapes))) for key in _MANTLE), strict=True)
    for i, (radius, height, angle) in enumerate(mantles):
        if angle:
            shapes[i], given[i] = "cylinder", {"radius": radius, "height": height, "angle": angle}
        elif shapes[i] == "square":
            given[i]["height"] = given[i]["width"]
        elif shapes[i] == "circle" and given[i]["radius"] == 0:
            shapes[i], given[i] = "point", {}
    each = {size: np.array([one.get(size, 0.0) for one in given]) for size in SIZES}
    return Surfaces.make(tuple(shapes), normal, len(shapes), tangent, **each)


def _described(surfaces: Surfaces, i: int) -> tuple[str, dict[str, float]]:
    """Shape and sizes of a contact in probeinterface's words."""
    shape, radius = surfaces.shape[i], float(surfaces.radius[i])
    if shape == "point":
        return "circle", {"radius": 0.0}
    if shape == "circle":
        return "circle", {"radius": radius}
    width, height = float(surfaces.width[i]), float(surfaces.height[i])
    if shape == "cylinder":  # its axis is the first of the contact's axes
        return "rect", {"width": height, "height": 2 * radius * float(np.sin(min(0.5 * surfaces.angle[i], np.pi / 2)))}
    if shape == "square" and width == height:
        return "square", {"width": width}
    return "rect", {"width": width, "height": height}


def _from_axis(surfaces: Surfaces) -> np.ndarray:
    """From the positions of contacts to where probeinterface has them: a segment of a lead is on the mantle, (n, 3)."""
    arc = np.array([shape == "cylinder" for shape in surfaces.shape]) & (surfaces.angle < 2 * np.pi * (1 - 1e-9))
    return np.where(arc[:, None], surfaces.radius[:, None] * surfaces.normal, 0.0)


def _same_places(positions: np.ndarray) -> list[Sequence[int]]:
    groups: dict[tuple, list[int]] = {}
    for i, place in enumerate(positions.tolist()):
        groups.setdefault(tuple(place), []).append(i)
    return list(groups.values())
