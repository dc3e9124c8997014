"""The tree of axial resistances between the segments of a cell, and what follows from it, as sparse matrices.

Its nodes are the segments' centres and nodes without membrane: the far end of every section, the near end of a root.
A section hangs, by the near half of its first segment, on the far-end node of its parent; on the centre of a segment
where it is attached between the ends; and, attached to its parent's near end, on the node that the parent hangs on.
Nothing here knows NEURON or looks sections up by name; the resistances are part of
:class:`~lfptools.geometry.segments.Segments`.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array, csr_array

from lfptools.errors import GeometryError
from lfptools.geometry.segments import Segments


@dataclass(frozen=True, eq=False)
class AxialTree:
    """Who hangs on whom, with which conductance.

    The current from its parent into segment k is

    .. math:: i_k = g_k (V_{node} - V_k), \\quad V_{node} = \\sum_j g_j V_j / \\sum_j g_j

    with :math:`g_k = 1/r_k` and, where several segments meet in a node without membrane, the node's potential by
    Kirchhoff's law over all that meet there, the parent with the resistance of its far half included.

    Parameters
    ----------
    segments : Segments
        With known axial resistances.
    parent : numpy.ndarray
        Shape (n,), int: the segment that each hangs on; −1 for the first segment of a root.
    node : numpy.ndarray
        Shape (n,), int: number of the node without membrane between a segment and its parent; −1 where it hangs on its
        parent's centre.

    References
    ----------
    Hagen et al. (2018), Front Neuroinform 12:92, https://doi.org/10.3389/fninf.2018.00092
    """

    segments: Segments
    parent: np.ndarray
    node: np.ndarray

    @classmethod
    def of(cls, segments: Segments) -> "AxialTree":
        """The tree of a cell's segments.

        Raises
        ------
        GeometryError
            If sections have no segments or are no tree.
        """
        return cls(segments, *_hang(segments))

    @cached_property
    def child(self) -> np.ndarray:
        """Shape (m,), int: the segments that hang on another one: all but the first of a root, ascending."""
        return np.flatnonzero(self.parent >= 0)

    @cached_property
    def currents(self) -> csr_array:
        """Shape (m, n), µS: membrane potentials (mV) to the currents (nA) from parent to ``child``.

        Raises
        ------
        GeometryError
            Where a resistance is unknown or not > 0.
        """
        child, n = self.child, len(self.segments)
        g = self._conductance(child)
        row, between = np.arange(child.size), self.node[child] >= 0
        direct = row[~between]
        rows, columns, values = [direct], [self.parent[child[direct]]], [g[direct]]
        if between.any():
            meeting, total = self._nodes()
            branch = row[between]
            there = meeting[self.node[child[branch]]].tocoo()
            others = there.coords[1] != child[branch][there.coords[0]]
            at = there.coords[0][others]
            rows.append(branch[at])
            columns.append(there.coords[1][others])
            values.append((g[branch] / total[self.node[child[branch]]])[at] * there.data[others])
        from_others = coo_array(
            (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(child.size, n)
        )
        # The weight of the segment itself is what the others leave, so that equal potentials give no current.
        into_itself = coo_array((-from_others.sum(axis=1), (row, child)), shape=(child.size, n))
        return csr_array(from_others + into_itself)

    @cached_property
    def membrane(self) -> csr_array:
        """Shape (n, n), µS: membrane potentials (mV) to what the tree delivers to each segment (nA).

        This is the membrane current minus what an electrode injects there. It is the symmetric conductance matrix
        :math:`\\hat G = A - B C^{-1} B^T` with all nodes without membrane eliminated: rows sum to zero, since equal
        potentials drive no current, and columns too, since no current is lost. Applied to potentials *outside* the
        cell it gives the injected currents that act on the membrane as these do.
        """
        m, n = self.child.size, len(self.segments)
        arrives = csr_array((np.ones(m), (np.arange(m), self.child)), shape=(m, n))
        leaves = csr_array((np.ones(m), (np.arange(m), self.parent[self.child])), shape=(m, n))
        return csr_array((arrives - leaves).T @ self.currents)

    @property
    def dipoles(self) -> csr_array:
        """Shape (6 m, n), nA·µm/mV: membrane potentials to the dipole moments of :meth:`elements`.

        x, y and z of one piece after the other. A lead field of dipoles times this matrix is a lead field of membrane
        potentials: moments need not be kept.
        """
        vectors, _ = self.elements()
        m = self.child.size
        along = csr_array((vectors.T.ravel(), (np.arange(6 * m), np.repeat(np.arange(m), 6))), shape=(6 * m, m))
        return csr_array(along @ self.currents)

    def elements(self) -> tuple[np.ndarray, np.ndarray]:
        """The two straight pieces on which each of :attr:`currents` flows: parent's middle to near end to middle.

        Returns
        -------
        vectors : numpy.ndarray
            Shape (3, 2 m), µm: in the direction of the current, the two pieces of one child one after the other.
        positions : numpy.ndarray
            Shape (2 m, 3), µm: their middles.
        """
        s, child = self.segments, self.child
        end_is_near = s.section_reversed[s.section[child]][:, None]
        bend = np.where(end_is_near, s.end[child], s.start[child])
        path = np.stack((s.midpoints[self.parent[child]], bend, s.midpoints[child]), axis=1)
        vectors = np.diff(path, axis=1).reshape(-1, 3)
        return np.ascontiguousarray(vectors.T), (0.5 * (path[:, 1:] + path[:, :-1])).reshape(-1, 3)

    def _nodes(self) -> tuple[csr_array, np.ndarray]:
        """Conductances (nodes, n) of the segments that meet in each node without membrane, and their sums."""
        s, sections = self.segments, len(self.segments.section_names)
        hanging = np.flatnonzero(self.node >= 0)
        far = np.unique(self.node[hanging])
        far = far[far < sections]
        child = np.flatnonzero(np.isin(self.node, far))
        owner = np.empty(sections, dtype=np.int64)
        owner[self.node[child]] = self.parent[child]
        bad = far[~(s.far_resistance[far] > 0) | ~np.isfinite(s.far_resistance[far])]
        if bad.size:
            raise GeometryError(
                "axial resistances to the far ends of sections are unknown or not > 0 MΩ: sections "
                f"{[(s.section_names[k], float(s.far_resistance[k])) for k in bad[:10]]}"
            )
        node = np.concatenate((self.node[hanging], far))
        segment = np.concatenate((hanging, owner[far]))
        g = np.concatenate((self._conductance(hanging), 1 / s.far_resistance[far]))
        meeting = csr_array((g, (node, segment)), shape=(2 * sections, len(s)))
        return meeting, np.asarray(meeting.sum(axis=1)).ravel()

    def _conductance(self, which: np.ndarray) -> np.ndarray:
        resistance = self.segments.axial_resistance[which]
        bad = which[~(resistance > 0) | ~np.isfinite(resistance)]
        if bad.size:
            raise GeometryError(
                f"axial resistances are unknown or not > 0 MΩ: segments {bad[:10].tolist()} have "
                f"{self.segments.axial_resistance[bad[:10]].tolist()}"
            )
        return 1 / resistance


def _hang(segments: Segments) -> tuple[np.ndarray, np.ndarray]:
    """Parent and node of every segment. Nodes: section k's far end is k, the near end of a root k is sections + k."""
    sections, reverse = len(segments.section_names), segments.section_reversed
    count = np.bincount(segments.section, minlength=sections)
    if (count == 0).any():
        raise GeometryError(
            f"sections without segments: {[segments.section_names[k] for k in np.flatnonzero(count == 0)[:10]]}"
        )
    order = np.lexsort((segments.section_x, segments.section))
    low = np.cumsum(count) - count
    near, far = (np.where(reverse, a, b) for a, b in ((low + count - 1, low), (low, low + count - 1)))
    at, x = _resolved(segments)
    parent, node = np.empty(len(segments), dtype=np.int64), np.full(len(segments), -1)
    parent[order] = np.where(reverse[segments.section[order]], np.roll(order, -1), np.roll(order, 1))

    root = at < 0
    at_far, at_near = (~root & (x == np.where(reverse[at], *ends)) for ends in ((0.0, 1.0), (1.0, 0.0)))
    inside = low[at] + np.minimum((np.nan_to_num(x) * count[at]).astype(np.int64), count[at] - 1)
    parent[order[near]] = np.select(
        (root, at_far, at_near), (np.full(sections, -1), order[far[at]], order[near[at]]), order[inside]
    )
    node[order[near]] = np.select(
        (root, at_far, at_near), (sections + np.arange(sections), at, sections + at), np.full(sections, -1)
    )
    return parent, node


def _resolved(segments: Segments) -> tuple[np.ndarray, np.ndarray]:
    """Section and place that each section hangs on: what is attached to a near end hangs where that section hangs."""
    parent, parent_x = segments.section_parent, segments.section_parent_x
    above = parent
    for _ in range(int(np.ceil(np.log2(len(parent)))) + 1):  # twice as far up the tree each time
        above = np.where(above >= 0, above[above], -1)
    if (above >= 0).any():
        names = [segments.section_names[k] for k in np.flatnonzero(above >= 0)[:10]]
        raise GeometryError(f"sections must be a tree; these hang on themselves: {names}")
    at, x = parent, parent_x
    while True:
        onward = (at >= 0) & (x == np.where(segments.section_reversed[at], 1.0, 0.0)) & (parent[at] >= 0)
        if not onward.any():
            return at, x
        at, x = np.where(onward, parent[at], at), np.where(onward, parent_x[at], x)
