"""Sections that a file's cell is given besides: an axon that was not reconstructed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lfptools.errors import CellError, unknown_name
from lfptools.geometry.polyline import arc
from lfptools.simulation.section_geometry import section_points
from lfptools.simulation.sections import INLINE_KEYS, cylinder, parent_x
from lfptools.simulation.sectiontree import SectionTree

_KEYS = (*INLINE_KEYS, "direction")


def add_sections(tree: SectionTree, specs: Mapping[str, Mapping[str, object]]) -> tuple[SectionTree, dict]:
    """A tree with cylinders added to it, and these by their names.

    They come after the tree's own sections, in their order. A cylinder is straight. Where it hangs on an end of its
    parent it begins there, and where it hangs between the ends at the parent's surface: half the parent's diameter from
    its axis. Ra and cm are its parent's.

    Parameters
    ----------
    tree : SectionTree
        Owned by its cell.
    specs : mapping of str to mapping
        Name to ``length_um``, ``diameter_um``, ``parent`` (the exact name of a section of the tree, or of an added
        one), ``parent_x`` (default 1), ``direction`` ((x, y, z) of any length but 0, in the file's coordinates; by
        default that of a parent that was added too) and ``segments``.

    Returns
    -------
    SectionTree
        The tree's own sections, unchanged, and the added ones.
    dict of str to NEURON section
        What was added.

    Raises
    ------
    CellError
        For a name that is taken, an unknown parent, a cycle, a missing direction or values that no section can have;
        names section and key.
    """
    known = dict(zip(tree.names, tree.sections, strict=True))
    points = dict(zip(tree.names, section_points(tree.sections), strict=True))
    directions: dict[str, np.ndarray] = {}
    added = {}
    for name in _parents_first(specs, known):
        spec = specs[name]
        section = cylinder(name, spec, _KEYS)
        parent, at = spec["parent"], parent_x(name, spec)
        directions[name] = direction = _direction(name, spec, directions.get(parent))
        start = _start(points[parent], at, direction)
        line = np.stack((start, start + section.L * direction))
        points[name] = np.column_stack((line, [section.diam, section.diam]))
        segments = section.nseg
        for point in points[name]:
            section.pt3dadd(*map(float, point))
        section.nseg = segments
        section.Ra, section.cm = known[parent].Ra, known[parent].cm
        section.connect(known[parent](at), 0)
        known[name] = added[name] = section
    new = {name: added[name] for name in specs}
    return replace(tree, sections=[*tree.sections, *new.values()], names=(*tree.names, *new)), new


def _parents_first(specs: Mapping[str, Mapping[str, object]], known: Mapping[str, object]) -> list[str]:
    """The names of what is to be added, each after its parent."""
    for name, spec in specs.items():
        if name in known:
            raise CellError(f"section {name!r} is to be added, and the file has a section of this name")
        parent = spec.get("parent")
        if parent is None:
            raise CellError(f"section {name!r}: its parent is needed, one of {_some([*known, *specs])}")
        if parent not in known and parent not in specs:
            raise CellError(unknown_name("parent", parent, [*known, *specs], f"section {name!r}"))
    order: list[str] = []
    while len(order) < len(specs):
        ready = [
            name
            for name, spec in specs.items()
            if name not in order and (spec["parent"] in known or spec["parent"] in order)
        ]
        if not ready:
            left = [name for name in specs if name not in order]
            raise CellError(f"sections {left} hang on each other: a tree has no cycles")
        order += ready
    return order


def _direction(name: str, spec: Mapping[str, object], of_parent: np.ndarray | None) -> np.ndarray:
    given = spec.get("direction")
    if given is None:
        if of_parent is None:
            raise CellError(f"section {name!r}: its direction is needed, as [x, y, z] in the file's coordinates")
        return of_parent
    try:
        vector = np.array(given, dtype=float)
    except (TypeError, ValueError):
        vector = np.zeros(0)
    if vector.shape != (3,) or not np.isfinite(vector).all() or not vector.any():
        raise CellError(f"section {name!r}: direction must be three finite numbers, not all 0, got {given!r}")
    return vector / np.linalg.norm(vector)


def _start(points: np.ndarray, at: float, direction: np.ndarray) -> np.ndarray:
    """Where a section begins that hangs at a fraction of its parent with these 3-D points (m, 4)."""
    along = arc(points)
    *axis, diameter = (np.interp(at * along[-1], along, points[:, k]) for k in range(4))
    return np.array(axis) + (0.5 * diameter * direction if 0.0 < at < 1.0 else 0.0)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:12]) + (f", … ({len(names)} in all)" if len(names) > 12 else "")
