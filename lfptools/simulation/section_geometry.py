"""Segments of NEURON sections: positions interpolated on the 3-D points."""

from collections.abc import Sequence

import numpy as np

from lfptools.geometry.polyline import arc
from lfptools.geometry.segments import Segments

_FAN_RAD = 0.4


def segments_of(tree) -> Segments:
    """Geometry of all segments of a section tree, in its order.

    Starts and ends lie on the polygon of 3-D points at the segments' arc lengths; diameters and areas are NEURON's.
    The 3-D points stay as they are. A section without any is given a straight line in the result (not in NEURON):
    a root along +x with its middle at the origin; a child continues where it hangs,
    siblings fanned out, as ``define_shape`` lays them out.

    Parameters
    ----------
    tree : SectionTree
        Sections and their names.
    """
    sections = tree.sections
    index = {section: k for k, section in enumerate(sections)}
    points = section_points(sections)
    ends = [_segment_ends(section, own) for section, own in zip(sections, points, strict=True)]
    start, end = (np.concatenate([pair[k] for pair in ends]) for k in (0, 1))
    segments = [segment for section in sections for segment in section]
    parents = [section.parentseg() for section in sections]
    return Segments(
        x=np.column_stack((start[:, 0], end[:, 0])),
        y=np.column_stack((start[:, 1], end[:, 1])),
        z=np.column_stack((start[:, 2], end[:, 2])),
        d=np.array([segment.diam for segment in segments]),
        area=np.array([segment.area() for segment in segments]),
        length=np.concatenate([np.full(section.nseg, section.L / section.nseg) for section in sections]),
        section=np.repeat(np.arange(len(sections)), [section.nseg for section in sections]),
        section_x=np.array([segment.x for segment in segments]),
        section_names=tree.names,
        section_parent=np.array([index.get(parent.sec, -1) if parent else -1 for parent in parents]),
        section_parent_x=np.array([parent.x if parent and parent.sec in index else np.nan for parent in parents]),
        points=points,
        **axial_resistances(sections),
    )


def axial_resistances(sections: Sequence) -> dict[str, np.ndarray]:
    """How sections hang on their parents, and NEURON's own axial resistances, as :class:`Segments` has them."""
    reverse = np.array([section.orientation() == 1 for section in sections])
    return {
        "section_reversed": reverse,
        "axial_resistance": np.array([segment.ri() for section in sections for segment in section]),
        "far_resistance": np.array(
            [section(0.0 if back else 1.0).ri() for section, back in zip(sections, reverse, strict=True)]
        ),
    }


def section_points(sections: Sequence) -> tuple[np.ndarray, ...]:
    """3-D points (m, 4) of every section: those it has, or a straight line, see :func:`segments_of`; parents first."""
    known = {section: _points_of(section) for section in sections if section.n3d() >= 2}
    waiting = [section for section in sections if section not in known]
    among = set(sections)
    while waiting:
        for section in list(waiting):
            parent = section.parentseg()
            if parent is None or parent.sec not in among:
                origin, direction = np.array([-section.L / 2, 0.0, 0.0]), np.array([1.0, 0.0, 0.0])
            elif parent.sec in known:
                origin, direction = _continuation(section, parent, known[parent.sec])
            else:
                continue
            known[section] = _straight(section, origin, direction)
            if section.orientation() == 1:  # hangs with its end 1, which lies at the parent
                known[section] = _straight(section, origin + section.L * direction, -direction)
            waiting.remove(section)
    return tuple(known[section] for section in sections)


def _points_of(section) -> np.ndarray:
    return np.array([[section.x3d(i), section.y3d(i), section.z3d(i), section.diam3d(i)] for i in range(section.n3d())])


def _straight(section, origin: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """A line as long as the section, with a point at each segment's middle where diameters differ."""
    diameters = np.array([segment.diam for segment in section])
    if np.ptp(diameters) == 0:
        knots, widths = np.array([0.0, 1.0]), diameters[[0, 0]]
    else:
        knots = np.concatenate(([0.0], (np.arange(section.nseg) + 0.5) / section.nseg, [1.0]))
        widths = np.concatenate((diameters[:1], diameters, diameters[-1:]))
    return np.column_stack((origin + knots[:, None] * section.L * direction, widths))


def _continuation(section, parent, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where a child begins and which way it goes.

    In the plane of x and y, as NEURON's ``define_shape`` lays sections out: on along its parent at its end, back at its
    start, across in between; siblings at one place, without those that have 3-D points, fan out over 0.8 rad in the
    order in which they were connected.
    """
    along = arc(points)
    origin = np.array([np.interp(parent.x * along[-1], along, points[:, k]) for k in range(3)])
    chord = points[-1] - points[0]
    angle = np.arctan2(chord[1], chord[0]) + {0.0: np.pi, 1.0: 0.0}.get(parent.x, np.pi / 2)
    children = [child for child in reversed(parent.sec.children()) if child.parentseg().x == parent.x]
    siblings = [child for child in children if child.n3d() < 2]  # others stand where their points are
    if len(siblings) > 1:
        angle += _FAN_RAD * (1 - 2 * siblings.index(section) / (len(siblings) - 1))
    return origin, np.array([np.cos(angle), np.sin(angle), 0.0])


def _segment_ends(section, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    along = arc(points)
    # LFPy rounds borders to a millionth of the section: without it potentials would differ from published ones at 1e-7.
    borders = np.linspace(0.0, 1.0, section.nseg + 1).round(6) * along[-1]
    at = np.column_stack([np.interp(borders, along, points[:, k]) for k in range(3)])
    return at[:-1], at[1:]
