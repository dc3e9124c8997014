"""Contacts of probes that probeinterface describes (Garcia et al. 2022, Front Neuroinform 16:823056)."""

from collections.abc import Sequence

import numpy as np

from lfptools.errors import GeometryError
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.surfaces import Surfaces

MICROMETRES = {"um": 1.0, "mm": 1e3, "m": 1e6}
_WANTED = ("contact_positions", "contact_plane_axes", "contact_shapes", "contact_shape_params")


def probe_contacts(probe: object) -> Contacts:
    """Positions, ids, surfaces and shanks of the contacts of a probeinterface ``Probe`` or ``ProbeGroup``.

    Parameters
    ----------
    probe : probeinterface.Probe or probeinterface.ProbeGroup
        Three-dimensional: of a flat one, ``probe.to_3d(axes="xz")`` says in which plane it lies. Of a group the
        contacts of all probes, in order.

    Returns
    -------
    Contacts
        In µm. Contacts are as wide along the first plane axis, and high along the second, as their shape says. Ids are
        the probe's, "0", "1", … where it has none; where probes of a group share ids, ``"<probe>:<id>"``.

    Raises
    ------
    TypeError
        If it is neither.
    GeometryError
        For a probe without contacts, a flat one, or other units than um, mm and m.
    """
    probes = list(getattr(probe, "probes", [probe]))
    missing = [name for one in probes for name in _WANTED if not hasattr(one, name)]
    if missing or not probes:
        hint = "" if not hasattr(probe, "positions") else "; give the positions of another library's probe as x, y, z"
        raise TypeError(f"a probe must be a probeinterface Probe or ProbeGroup, got {type(probe).__name__}{hint}")
    positions, frames, sizes = (list(part) for part in zip(*map(_parts, probes), strict=True))
    normal, tangent = (np.concatenate([frame[k] for frame in frames]) for k in range(2))
    surfaces = Surfaces.make(
        tuple(str(shape) for one in probes for shape in one.contact_shapes), normal, len(normal), tangent,
        **{name: np.concatenate([size[name] for size in sizes]) for name in ("radius", "width", "height")},
    )  # fmt: skip
    x, y, z = np.concatenate(positions).T.copy()
    return Contacts(x, y, z, _distinct([_names(one.contact_ids, one) for one in probes]), surfaces, _shanks(probes))


def _parts(probe: object) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray], dict[str, np.ndarray]]:
    """Positions (n, 3), normals and tangents (n, 3), and sizes (n,), in µm."""
    if probe.contact_positions is None or not len(probe.contact_positions):
        raise GeometryError("the probe has no contacts")
    if probe.ndim != 3:
        raise GeometryError(
            "the probe is flat: say in which plane it lies with probe.to_3d(axes='xy'), 'xz' or 'yz', and move and "
            "rotate it from there"
        )
    if probe.si_units not in MICROMETRES:
        raise GeometryError(f"the probe's positions must be in {', '.join(MICROMETRES)}, got {probe.si_units!r}")
    scale = MICROMETRES[probe.si_units]
    along, across = np.moveaxis(np.asarray(probe.contact_plane_axes, dtype=float), 1, 0)
    sizes = {name: np.zeros(len(along)) for name in ("radius", "width", "height")}
    for i, (shape, given) in enumerate(zip(probe.contact_shapes, probe.contact_shape_params, strict=True)):
        for name, value in given.items():
            if name in sizes:
                sizes[name][i] = scale * float(value)
        if shape == "square":
            sizes["height"][i] = sizes["width"][i]
    return scale * np.asarray(probe.contact_positions, dtype=float), (np.cross(along, across), along), sizes


def _names(names: Sequence[object] | None, probe: object) -> list[str]:
    if names is None or not any(str(name) for name in names):
        return [str(i) for i in range(len(probe.contact_positions))]
    return [str(name) for name in names]


def _distinct(names: list[list[str]]) -> tuple[str, ...]:
    flat = [name for own in names for name in own]
    if len(set(flat)) == len(flat):
        return tuple(flat)
    return tuple(f"{k}:{name}" for k, own in enumerate(names) for name in own)


def _shanks(probes: list[object]) -> tuple[str, ...] | None:
    shanks = [one.shank_ids for one in probes]
    if len(probes) == 1 and (shanks[0] is None or not any(str(name) for name in shanks[0])):
        return None
    each = [s if s is not None else [""] * len(p.contact_positions) for s, p in zip(shanks, probes, strict=True)]
    if len(probes) == 1:
        return tuple(str(name) for name in each[0])
    return tuple(f"{k}:{name}" if str(name) else str(k) for k, own in enumerate(each) for name in own)
