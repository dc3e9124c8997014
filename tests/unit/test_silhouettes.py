"""What one sees of a cell: frusta cut at segments, their outlines in a plane, path lengths, branches side by side."""

import numpy as np
import pytest

from lfptools.errors import GeometryError
from lfptools.geometry.branch_order import branch_positions
from lfptools.geometry.paths import middle_distances, section_distances, segment_distances
from lfptools.geometry.pieces import disc_normals, pieces
from lfptools.geometry.section_types import section_types
from lfptools.geometry.segments import Segments
from lfptools.geometry.silhouettes import silhouettes


def area(polygon: np.ndarray) -> float:
    x, y = polygon.T
    return 0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


def cell(tree: dict[str, tuple], segments: int = 2, backwards: tuple[str, ...] = ()) -> Segments:
    """Sections by name: parent, place on it, 3-D points (m, 4)."""
    names = tuple(tree)
    ends, d, length, section, section_x, points = [], [], [], [], [], []
    for k, (_, _, given) in enumerate(tree.values()):
        line = np.array(given, dtype=float)
        along = np.concatenate(([0], np.cumsum(np.linalg.norm(np.diff(line[:, :3], axis=0), axis=1))))
        borders = np.linspace(0, along[-1], segments + 1)
        at = np.column_stack([np.interp(borders, along, line[:, i]) for i in range(4)])
        ends += list(zip(at[:-1, :3], at[1:, :3], strict=True))
        d += list(0.5 * (at[1:, 3] + at[:-1, 3]))
        length += [along[-1] / segments] * segments
        section += [k] * segments
        section_x += list((np.arange(segments) + 0.5) / segments)
        points.append(line)
    start, end = (np.array(side) for side in zip(*ends, strict=True))
    return Segments(
        **{axis: np.column_stack((start[:, i], end[:, i])) for i, axis in enumerate("xyz")}, d=np.array(d),
        area=np.pi * np.array(d) * length, length=np.array(length), section=np.array(section),
        section_x=np.array(section_x), section_names=names, points=tuple(points),
        section_parent=np.array([names.index(parent) if parent else -1 for parent, _, _ in tree.values()]),
        section_parent_x=np.array([np.nan if at is None else at for _, at, _ in tree.values()]),
        section_reversed=np.array([name in backwards for name in names]),
    )  # fmt: skip


def stick(start, end, d=2.0, segments=2) -> Segments:
    return cell({"stick": (None, None, [[*start, d], [*end, d]])}, segments)


def test_pieces_keep_length_and_surface_and_end_where_segments_end():
    rng = np.random.default_rng(4)
    points = np.column_stack((np.cumsum(rng.uniform(1, 9, (7, 3)), axis=0), rng.uniform(1, 5, 7)))
    found = pieces(cell({"dend": (None, None, points)}, segments=4))
    length = np.linalg.norm(found.chord, axis=1)
    total = np.linalg.norm(np.diff(points[:, :3], axis=0), axis=1)
    assert length.sum() == pytest.approx(total.sum())
    share = [length[found.segment == k].sum() / length.sum() for k in range(4)]
    assert share == pytest.approx([0.25] * 4, abs=1e-8)
    mean = 0.5 * (found.start_diameter + found.end_diameter)
    assert (length * mean).sum() == pytest.approx((total * 0.5 * (points[1:, 3] + points[:-1, 3])).sum(), rel=1e-6)
    assert np.array_equal(found.end[:-1], found.start[1:])


def test_a_cell_without_points_is_of_its_segments():
    plain = Segments.from_arrays([[0, 3.0], [3, 3]], [[0, 0.0], [0, 0]], [[0, 4.0], [4, 4]], [2.0, 1])
    object.__setattr__(plain, "points", (np.zeros((0, 4)), np.array([[3, 0, 4, 1.0], [3, 0, 4, 1]])))
    found = pieces(plain)
    assert found.segment.tolist() == [0, 1]
    assert np.linalg.norm(found.chord, axis=1).tolist() == [5.0, 0.0]
    assert found.start_diameter.tolist() == [2.0, 1.0]
    assert all(np.isfinite(polygon).all() for polygon in silhouettes(found).polygons)


@pytest.mark.parametrize(("plane", "flat", "sight"), [("xz", 5.0, 0.0), ("xy", 3.0, 4.0), ("zy", 4.0, 3.0)])
def test_a_cylinder_is_seen_as_its_rectangle_and_two_half_ellipses(plane, flat, sight):
    """Its ends are discs of radius 1, seen as ellipses with the half axes 1 and the cosine of the slope."""
    seen = silhouettes(pieces(stick((0, 0, 0), (3, 0, 4), segments=1)), plane)
    (polygon,) = seen.polygons
    corners = 9  # of each half ellipse: a polygon inscribed in it
    inscribed = (corners - 1) * np.sin(np.pi / (corners - 1))
    assert area(polygon) == pytest.approx(2 * flat + inscribed * sight / 5)
    (straight,) = silhouettes(pieces(stick((0, 0, 0), (3, 0, 4), segments=1)), plane, smallest_um=2.0).polygons
    assert area(straight) == pytest.approx(2 * flat)


def test_a_cable_seen_along_its_axis_is_a_disc():
    for polygon in silhouettes(pieces(stick((0, 0, 0), (0, 9, 0))), "xz").polygons:
        assert np.linalg.norm(polygon, axis=1) == pytest.approx(1.0)


def test_pieces_of_a_segment_are_one_polygon_and_meet_their_neighbours():
    bent = cell({"dend": (None, None, [[0, 0, 0, 2], [10, 0, 0, 2], [10, 0, 10, 2], [20, 0, 10, 4]])}, segments=3)
    seen = silhouettes(pieces(bent), "xz", smallest_um=0.1)
    assert seen.segment.tolist() == [0, 1, 2]
    for a, b in zip(seen.polygons[:-1], seen.polygons[1:], strict=True):
        shared = {tuple(np.round(corner, 9)) for corner in a} & {tuple(np.round(corner, 9)) for corner in b}
        assert len(shared) == 2
    first, last = disc_normals(pieces(bent))
    assert np.linalg.norm(np.vstack((first, last)), axis=1) == pytest.approx(1.0)
    assert sum(map(area, seen.polygons)) == pytest.approx(20 + 20 + 30, rel=0.02)


def test_the_nearer_is_drawn_later():
    """Right and up span the plane; what lies towards right × up is nearer to the viewer."""
    for plane, near in (("xy", (0, 0, 5)), ("xz", (0, -5, 0)), ("yz", (5, 0, 0)), ("zx", (0, 5, 0))):
        two = cell({"far": (None, None, [[0, 0, 0, 1], [1, 1, 1, 1]]),
                    "near": (None, None, [[*near, 1], [*(np.array(near) + 1), 1]])}, 1)  # fmt: skip
        nearness = silhouettes(pieces(two), plane).nearness
        assert nearness[1] > nearness[0], plane


TREE = cell(
    {
        "soma": (None, None, [[0, 0, -10, 20], [0, 0, 10, 20]]),
        "up": ("soma", 1.0, [[0, 0, 10, 2], [0, 0, 110, 2]]),
        "left": ("up", 1.0, [[0, 0, 110, 1], [-50, 0, 110, 1]]),
        "right": ("up", 0.0, [[80, 0, 110, 1], [0, 0, 110, 1]]),
        "side": ("up", 0.5, [[0, 0, 60, 1], [30, 0, 60, 1]]),
        "down": ("soma", 0.0, [[0, 0, -10, 2], [0, 0, -40, 2]]),
    },
    backwards=("right",),
)


def test_path_lengths():
    object.__setattr__(TREE, "section_parent_x", np.array([np.nan, 1.0, 1.0, 1.0, 0.5, 0.0]))
    near, far = section_distances(TREE)
    assert near.tolist() == [10, 10, 110, 110, 60, 10]
    assert far.tolist() == [10, 110, 160, 190, 90, 40]
    assert middle_distances(TREE).tolist() == [5, 5, 35, 85, 122.5, 147.5, 170, 130, 67.5, 82.5, 17.5, 32.5]
    assert segment_distances(TREE)[6].tolist() == [190, 150], "a section that hangs with its 1 end"
    loop = cell({"a": ("b", 1.0, [[0, 0, 0, 1], [1, 0, 0, 1]]), "b": ("a", 1.0, [[0, 0, 0, 1], [1, 0, 0, 1]])})
    with pytest.raises(GeometryError, match="hang on themselves"):
        section_distances(loop)


def test_path_lengths_agree_with_neuron():
    lfptools = pytest.importorskip("lfptools")
    from neuron import h

    with lfptools.Cell(lfptools.example_morphology("ball_and_sticks"), passive=True) as cell:
        middle = middle_distances(cell.segments)
        origin = cell.soma_location()
        assert middle == pytest.approx([h.distance(origin, segment) for segment in cell.neuron_segments()], abs=1e-6)


def test_no_branch_crosses_another():
    position = dict(zip(TREE.section_names, branch_positions(TREE), strict=True))
    tips = sorted(position[name] for name in ("left", "right", "side", "down"))
    assert tips == [0, 1, 2, 3]
    assert position["up"] == 0.5 * (position["left"] + position["right"])
    assert position["side"] < position["left"], "what hangs on the inside stands to the left"
    assert position["soma"] == 0.5 * (position["up"] + position["down"])
    only = branch_positions(TREE, np.array([True, True, True, True, True, False]))
    assert np.isnan(only[5]) and only[0] == only[1]


def test_branches_of_a_thousand_sections_in_a_row():
    chain = {"s0": (None, None, [[0, 0, 0, 1], [1, 0, 0, 1]])}
    chain |= {f"s{k}": (f"s{k - 1}", 1.0, [[k, 0, 0, 1], [k + 1, 0, 0, 1]]) for k in range(1, 1200)}
    assert not branch_positions(cell(chain, segments=1)).any()


def test_types_of_sections():
    assert section_types(["Soma[0]", "apic[3]", "dend[1]", "axon", "glia"]) == (
        "soma", "apical dendrite", "basal dendrite", "axon", "other",
    )  # fmt: skip
    assert section_types(["soma", "dend[1]"]) == ("soma", "dendrite")
    assert section_types(["a1", "b1"], {"first": ["a"]}) == ("first", "other")
    with pytest.raises(GeometryError, match="unknown part of sections' names 'dned'"):
        section_types(["dend"], {"first": ["dned"]})
